//! Saved definitions in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::DefinitionId;
use engine::orchestrator::SavedDefinition;

use super::memory::MemoryStore;
use super::{DefinitionStore, NewVersion, SaveError, StoreError};

#[async_trait]
impl DefinitionStore for MemoryStore {
    async fn save(&self, new: NewVersion<'_>) -> Result<SavedDefinition, SaveError> {
        let mut contents = self.contents();
        let contents = &mut *contents;
        let key = new.command_id.map(|id| (new.by.to_owned(), id.to_owned()));
        let before = key.as_ref().and_then(|key| contents.saves.get(key));
        if let Some(kept) = before.and_then(|place| contents.definitions.get(place)) {
            return new.repeated(kept.clone());
        }
        let definitions = &mut contents.definitions;
        let (definition_id, version) = match new.replaces {
            None => {
                let last = definitions.keys().next_back().map_or(0, |(id, _)| id.0);
                (DefinitionId(last + 1), 1)
            }
            Some((id, based_on)) => {
                let versions = definitions.range((id, 0)..=(id, u32::MAX));
                let Some((_, latest)) = versions.last() else {
                    return Err(SaveError::Unknown(id));
                };
                if latest.version != based_on {
                    let (latest, saved_by) = (latest.version, latest.saved_by.clone());
                    return Err(SaveError::Outdated { latest, saved_by });
                }
                (id, based_on + 1)
            }
        };
        let saved = SavedDefinition {
            definition_id,
            version,
            saved_at: new.now,
            saved_by: new.by.to_owned(),
            definition: new.definition.to_json(),
            sent: new.sent.clone(),
        };
        definitions.insert((definition_id, version), saved.clone());
        if let Some(key) = key {
            contents.saves.insert(key, (definition_id, version));
        }
        Ok(saved)
    }

    async fn definition(
        &self,
        id: DefinitionId,
        version: Option<u32>,
    ) -> Result<Option<SavedDefinition>, StoreError> {
        let contents = self.contents();
        let mut versions = contents.definitions.range((id, 0)..=(id, u32::MAX));
        Ok(match version {
            Some(version) => contents.definitions.get(&(id, version)).cloned(),
            None => versions.next_back().map(|(_, saved)| saved.clone()),
        })
    }

    async fn definitions(
        &self,
        limit: usize,
        before: Option<DefinitionId>,
    ) -> Result<Vec<SavedDefinition>, StoreError> {
        let contents = self.contents();
        let latest: BTreeMap<_, _> = contents
            .definitions
            .iter()
            .map(|((id, _), saved)| (*id, saved))
            .collect();
        let below = latest
            .into_iter()
            .rev()
            .filter(|(id, _)| before.is_none_or(|b| *id < b));
        Ok(below.take(limit).map(|(_, saved)| saved.clone()).collect())
    }
}
