//! Versions of saved definitions.

use std::sync::Arc;

use engine::{DefinitionId, WorkflowDefinition};
use runtime::store::{NewVersion, SaveError, Store};
use serde_json::json;

use crate::Place;
use crate::workbench::{define, moment, step};

fn named(name: &str) -> WorkflowDefinition {
    define(name, &[step("Schritt ä", &[])])
}

async fn save(
    store: &dyn Store,
    replaces: Option<(i64, u32)>,
    name: &str,
    by: &str,
) -> Result<(i64, u32), SaveError> {
    let replaces = replaces.map(|(id, version)| (DefinitionId(id), version));
    let sent = json!({"name": name, "steps": [{"name": "Schritt ä", "task_type": "noop"}]});
    let new = NewVersion {
        replaces,
        definition: &named(name),
        sent: &sent,
        by,
        now: moment(),
        command_id: None,
    };
    let saved = store.save(new).await?;
    assert_eq!(saved.sent, sent);
    let kept = store.definition(saved.definition_id, None).await?;
    assert_eq!(
        kept.as_ref(),
        Some(&saved),
        "what is kept is what was answered"
    );
    assert_eq!(saved.definition, named(name).to_json());
    assert_eq!((saved.saved_by.as_str(), saved.saved_at), (by, moment()));
    Ok((saved.definition_id.0, saved.version))
}

pub async fn versions_follow_each_other_and_all_stay(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(
        save(store.as_ref(), None, "One", "ada").await.unwrap(),
        (1, 1)
    );
    assert_eq!(
        save(store.as_ref(), None, "Two", "bob").await.unwrap(),
        (2, 1)
    );
    assert_eq!(
        save(store.as_ref(), Some((1, 1)), "One, better", "bob")
            .await
            .unwrap(),
        (1, 2)
    );
    drop(store);

    let store = place.open().await;
    let read = async |id, version| {
        let found = store.definition(DefinitionId(id), version).await.unwrap();
        found.map(|saved| {
            (
                saved.version,
                saved.definition["name"].clone(),
                saved.saved_by,
            )
        })
    };
    let (ada, bob) = ("ada".to_owned(), "bob".to_owned());
    assert_eq!(
        read(1, None).await,
        Some((2, "One, better".into(), bob.clone()))
    );
    assert_eq!(read(1, Some(1)).await, Some((1, "One".into(), ada)));
    assert_eq!(read(2, Some(1)).await, Some((1, "Two".into(), bob)));
    assert_eq!(read(1, Some(3)).await, None);
    assert_eq!(read(3, None).await, None);
}

pub async fn an_outdated_version_is_refused_with_who_was_faster(place: &dyn Place) {
    let store = place.open().await;
    save(store.as_ref(), None, "One", "ada").await.unwrap();
    save(store.as_ref(), Some((1, 1)), "Faster", "bob")
        .await
        .unwrap();
    for based_on in [1, 3] {
        let refused = save(store.as_ref(), Some((1, based_on)), "Slower", "ada").await;
        let expected = matches!(&refused, Err(SaveError::Outdated { latest: 2, saved_by }) if saved_by == "bob");
        assert!(expected, "{refused:?}");
    }
    let latest = store
        .definition(DefinitionId(1), None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (latest.version, latest.definition["name"].as_str()),
        (2, Some("Faster"))
    );
}

pub async fn an_unknown_definition_is_not_replaced(place: &dyn Place) {
    let store = place.open().await;
    let refused = save(store.as_ref(), Some((4, 1)), "Nobody", "ada").await;
    assert!(
        matches!(refused, Err(SaveError::Unknown(DefinitionId(4)))),
        "{refused:?}"
    );
    assert_eq!(store.definitions(10, None).await.unwrap(), []);
}

pub async fn definitions_are_listed_newest_first_in_their_latest_version(place: &dyn Place) {
    let store = place.open().await;
    for name in ["One", "Two", "Three"] {
        save(store.as_ref(), None, name, "ada").await.unwrap();
    }
    save(store.as_ref(), Some((2, 1)), "Two, better", "ada")
        .await
        .unwrap();
    let list = async |limit, before: Option<i64>| {
        let found = store
            .definitions(limit, before.map(DefinitionId))
            .await
            .unwrap();
        let told = found
            .into_iter()
            .map(|saved| (saved.definition_id.0, saved.version));
        told.collect::<Vec<_>>()
    };
    assert_eq!(list(10, None).await, [(3, 1), (2, 2), (1, 1)]);
    assert_eq!(list(2, None).await, [(3, 1), (2, 2)]);
    assert_eq!(list(2, Some(2)).await, [(1, 1)]);
    assert_eq!(list(2, Some(1)).await, []);
}

pub async fn what_is_saved_again_under_the_same_id_is_saved_once(place: &dyn Place) {
    let store = place.open().await;
    let under = async |replaces: Option<(i64, u32)>, name: &str, by: &str| {
        let sent = json!({"name": name, "steps": [{"name": "Schritt ä", "task_type": "noop"}]});
        let new = NewVersion {
            replaces: replaces.map(|(id, version)| (DefinitionId(id), version)),
            definition: &named(name),
            sent: &sent,
            by,
            now: moment(),
            command_id: Some("once"),
        };
        let saved = store.save(new).await;
        saved.map(|saved| (saved.definition_id.0, saved.version))
    };
    assert_eq!(under(None, "One", "ada").await.unwrap(), (1, 1));
    assert_eq!(under(None, "One", "ada").await.unwrap(), (1, 1));
    // An id belongs to whoever gave it.
    assert_eq!(under(None, "One", "bob").await.unwrap(), (2, 1));
    let later = save(store.as_ref(), Some((1, 1)), "One, better", "ada").await;
    assert_eq!(later.unwrap(), (1, 2));
    assert_eq!(under(None, "One", "ada").await.unwrap(), (1, 1));
    for other in [
        under(None, "Another", "ada").await,
        under(Some((1, 2)), "One", "ada").await,
        under(Some((9, 1)), "One", "ada").await,
    ] {
        assert!(
            matches!(other, Err(SaveError::CommandIdReused)),
            "{other:?}"
        );
    }
    assert_eq!(store.definitions(10, None).await.unwrap().len(), 2);
}

pub async fn a_definition_that_many_bring_is_held_once(place: &dyn Place) {
    let store = place.open().await;
    let copies: Vec<_> = (0..3).map(|_| Arc::new(named("Same"))).collect();
    let held: Vec<_> = copies
        .iter()
        .map(|copy| store.shared("hash of it", copy))
        .collect();
    assert!(held.iter().all(|one| Arc::ptr_eq(one, &held[0])));
    assert_eq!(*held[0], named("Same"));
    let other = Arc::new(named("Other"));
    assert_eq!(*store.shared("another hash", &other), *other);
}
