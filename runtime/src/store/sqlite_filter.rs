//! What a list of workflows asks for, as SQL that a long history does not slow down. Where few
//! workflows bear the name that is looked for, they are read one by one; where many do, there are some
//! among the latest, and a look from there on soon fills a page.

use engine::WorkflowId;
use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::{DefinitionId, WorkflowStatus};
use sqlx::{QueryBuilder, Sqlite, SqlitePool};

use super::StoreError;

/// So many workflows are read one by one.
const FEW: i64 = 2_000;
/// So many different names are looked through.
const NAMES: i64 = 10_000;

/// Every different name, by the index alone; a row that holds the text, and the last one of all that
/// are looked through.
const NAMES_WITH: &str = "WITH RECURSIVE names (place, lower) AS (
        SELECT 1, min(name_lower) FROM workflows
        UNION ALL
        SELECT place + 1, (SELECT min(name_lower) FROM workflows WHERE name_lower > lower)
        FROM names WHERE lower IS NOT NULL AND place < $2)
    SELECT place, lower FROM names
    WHERE lower IS NOT NULL AND (place = $2 OR instr(lower, $1) > 0)";

const BEARING: &str = "SELECT id FROM (SELECT id FROM workflows
        WHERE name_lower IN (SELECT value FROM json_each($1)) LIMIT $3)
    UNION SELECT id FROM (SELECT id FROM workflows WHERE job_id = $2 LIMIT $3)
    UNION SELECT id FROM workflows WHERE id = $2";

const SOME_OF_DEFINITION: &str = "SELECT count(*) FROM
    (SELECT 1 FROM workflows WHERE definition_id = $1 LIMIT $2)";

/// Where a page begins.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Below(WorkflowId),
    At(WorkflowId),
}

/// Which workflows have the text that is looked for.
enum Found {
    /// Nothing is looked for.
    All,
    /// Those of this JSON list.
    Among(String),
    /// It has to be read in each.
    WhoeverHas(String, Option<i64>),
}

/// By what the rows are read.
#[derive(PartialEq, Eq)]
enum By {
    Id,
    Status,
    Definition,
}

/// A filter, and how it is best asked for.
pub(super) struct SqliteFilter {
    selection: WorkflowSelection,
    definition: Option<DefinitionId>,
    found: Found,
    by: By,
}

impl SqliteFilter {
    pub(super) async fn of(
        filter: &WorkflowFilter,
        readers: &SqlitePool,
    ) -> Result<Self, StoreError> {
        let found = match found(filter, readers).await {
            // Without the index each workflow is read, past the damage.
            Err(StoreError::DamagedPage(_)) => whoever_has(filter),
            found => found?,
        };
        let by = match (&found, filter.definition) {
            (Found::Among(_), _) => By::Id,
            (_, Some(definition)) => {
                match is_read_by(definition, filter.selection, readers).await {
                    Ok(true) => By::Definition,
                    // The states are asked for where the definitions cannot be.
                    Ok(false) | Err(StoreError::DamagedPage(_)) => By::Status,
                    Err(fault) => return Err(fault),
                }
            }
            (_, None) => By::Status,
        };
        Ok(Self {
            selection: filter.selection,
            definition: filter.definition,
            found,
            by,
        })
    }

    /// The rows of a page, the latest workflow first.
    pub(super) fn rows(&self, place: Place, limit: usize) -> QueryBuilder<Sqlite> {
        let mut sql = QueryBuilder::new("SELECT * FROM workflows WHERE id ");
        match place {
            Place::Below(id) => sql.push("< ").push_bind(id.0),
            Place::At(id) => sql.push("= ").push_bind(id.0),
        };
        self.select(&mut sql);
        if let Some(definition) = self.definition {
            sql.push(format!(
                " AND {}definition_id = ",
                self.mark(By::Definition)
            ));
            sql.push_bind(definition.0);
        }
        match &self.found {
            Found::All => {}
            Found::Among(ids) => {
                sql.push(" AND id IN (SELECT value FROM json_each(");
                sql.push_bind(ids.clone()).push("))");
            }
            Found::WhoeverHas(text, number) => {
                sql.push(" AND (instr(name_lower, ").push_bind(text.clone());
                sql.push(") > 0 OR id = ").push_bind(*number);
                sql.push(" OR job_id = ").push_bind(*number).push(")");
            }
        }
        sql.push(" ORDER BY id DESC LIMIT ");
        sql.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        sql
    }

    fn select(&self, sql: &mut QueryBuilder<Sqlite>) {
        // Words and no parameters: indexes hold only some of the states.
        let states = match self.selection {
            WorkflowSelection::All => return,
            WorkflowSelection::Active => "IN ('running', 'paused', 'recovering')".to_owned(),
            WorkflowSelection::Failed | WorkflowSelection::Recoverable => "= 'failed'".to_owned(),
            WorkflowSelection::Status(status) => format!("= '{}'", status.as_str()),
        };
        sql.push(format!(" AND {}status {states}", self.mark(By::Status)));
        if self.selection == WorkflowSelection::Recoverable {
            sql.push(" AND recovery_attempts < max_recovery_attempts");
        }
    }

    /// A plus keeps SQLite from reading by a column.
    fn mark(&self, column: By) -> &'static str {
        if self.by == column { "" } else { "+" }
    }
}

/// The text that is looked for, in lower case.
fn text(filter: &WorkflowFilter) -> Option<String> {
    let text = filter.query.as_ref()?.trim().to_lowercase();
    (!text.is_empty()).then_some(text)
}

fn whoever_has(filter: &WorkflowFilter) -> Found {
    match text(filter) {
        Some(text) => {
            let number = text.parse().ok();
            Found::WhoeverHas(text, number)
        }
        None => Found::All,
    }
}

async fn found(filter: &WorkflowFilter, readers: &SqlitePool) -> Result<Found, StoreError> {
    let Some(text) = text(filter) else {
        return Ok(Found::All);
    };
    let number: Option<i64> = text.parse().ok();
    let names: Vec<(i64, String)> = sqlx::query_as(NAMES_WITH)
        .bind(&text)
        .bind(NAMES)
        .fetch_all(readers)
        .await?;
    if names.last().is_some_and(|(place, _)| *place == NAMES) {
        return Ok(Found::WhoeverHas(text, number));
    }
    let names: Vec<_> = names.into_iter().map(|(_, name)| name).collect();
    let ids: Vec<i64> = sqlx::query_scalar(BEARING)
        .bind(serde_json::json!(names).to_string())
        .bind(number)
        .bind(FEW + 1)
        .fetch_all(readers)
        .await?;
    Ok(if ids.len() as i64 > FEW {
        Found::WhoeverHas(text, number)
    } else {
        Found::Among(serde_json::json!(ids).to_string())
    })
}

/// Whether the workflows of a definition are read and their states looked at, and not the other way
/// round: where they are few, or most of them are asked for.
async fn is_read_by(
    definition: DefinitionId,
    selection: WorkflowSelection,
    readers: &SqlitePool,
) -> Result<bool, StoreError> {
    let most = WorkflowSelection::Status(WorkflowStatus::Completed);
    if selection == WorkflowSelection::All || selection == most {
        return Ok(true);
    }
    let some: i64 = sqlx::query_scalar(SOME_OF_DEFINITION)
        .bind(definition.0)
        .bind(FEW + 1)
        .fetch_one(readers)
        .await?;
    Ok(some <= FEW)
}
