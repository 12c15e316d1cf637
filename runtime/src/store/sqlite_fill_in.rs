//! What a migration cannot say in SQL: rows of older versions are brought to what their events give.
//! Two columns came later than the rows that have them now, and a workflow could end while an attempt
//! that a recovery had stopped was still dying.
//!
//! It is done before the migration that notes it, one workflow in one transaction, so that a start
//! that was killed in the middle is made up for by the next one. A workflow whose rows or events
//! cannot be read is left as it is: the doctor tells of it, and all others are not held up.

use engine::event::{AttemptOutcome, Event, EventRecord};
use engine::progress::Progress;
use engine::{Attempt, StepIndex, Timestamp, Workflow, WorkflowId};
use futures::TryStreamExt;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row};
use tracing::{info, warn};

use super::sqlite_examine::{self as rows, Found};
use super::{StoreError, row};

/// The migration that notes that it was done.
pub(crate) const NOTED_BY: i64 = 10;

/// Workflows are counted off this many at a time.
const PAGE: u32 = 200;
/// Events are read up to so many bytes at a time: older ones carried outputs of any size.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Whether any event of a workflow may leave something that older rows do not say. Most have none,
/// and need not be folded.
const MAY_DIFFER: &str = "SELECT EXISTS (SELECT 1 FROM events WHERE workflow_id = $1 AND (
        instr(body, 'TaskLost') OR instr(body, 'TaskInterrupted') OR instr(body, 'TaskCancelled')
        OR instr(body, 'TaskReset') OR instr(body, 'AttemptEnded') OR instr(body, 'timed_out')
        OR instr(body, 'outcome_unknown') OR instr(body, 'poison'))) AS may_differ";

/// Fills in every workflow, if that was not done before.
///
/// # Errors
/// When the database is away, or the disk is full.
pub(crate) async fn fill_in(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> Result<(), StoreError> {
    if is_noted(connection).await? {
        return Ok(());
    }
    let mut filled = 0_u64;
    let mut last = WorkflowId(i64::MIN);
    loop {
        let page = rows::numbers(connection, last, PAGE).await?;
        let Some(end) = page.last() else { break };
        last = *end;
        for id in page {
            match of_workflow(connection, id, now).await {
                Err(fault) if fault.is_of_a_row() => {
                    warn!(%fault, workflow = id.0, "rows of an older version cannot be filled in");
                }
                done => filled += u64::from(done?),
            }
        }
    }
    if filled > 0 {
        info!(
            workflows = filled,
            "rows of an older version were filled in from their events"
        );
    }
    Ok(())
}

async fn is_noted(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM _sqlx_migrations WHERE version = $1) AS is_noted",
    )
    .bind(NOTED_BY)
    .fetch_one(connection)
    .await?;
    Ok(row.try_get("is_noted")?)
}

/// Whether something was filled in.
async fn of_workflow(
    connection: &mut SqliteConnection,
    id: WorkflowId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = sqlx::query(MAY_DIFFER)
        .bind(id.0)
        .fetch_one(&mut *connection)
        .await?;
    if !row.try_get::<bool, _>("may_differ")? {
        return Ok(false);
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let Some(found) = rows::workflow(&mut transaction, id).await? else {
        return Ok(false);
    };
    let mut filling = Filling {
        connection: &mut transaction,
        id,
        changed: 0,
    };
    let Some(mut folded) = filling.fold(&found).await? else {
        return Ok(false);
    };
    filling.doubts(&folded).await?;
    filling.quiet_end(&mut folded, now).await?;
    let is_changed = filling.changed > 0;
    transaction.commit().await?;
    Ok(is_changed)
}

/// One workflow, in its transaction.
struct Filling<'a> {
    connection: &'a mut SqliteConnection,
    id: WorkflowId,
    /// How many rows were changed.
    changed: u64,
}

impl Filling<'_> {
    /// The workflow as its events leave it; on the way, what came too late is put where it belongs.
    /// Nothing when the rows tell of another moment than the events.
    async fn fold(&mut self, found: &Found) -> Result<Option<Workflow>, StoreError> {
        let (Ok(record), Ok(definition)) = (&found.record, &found.definition) else {
            return Ok(None);
        };
        let mut folded: Option<Workflow> = None;
        loop {
            let after = folded.as_ref().map_or(0, Workflow::rev);
            let page = self.events(after).await?;
            let Some(first) = page.first() else { break };
            let workflow = folded.get_or_insert_with(|| {
                Workflow::new(found.as_new(self.id, definition, first), first.at)
            });
            for record in &page {
                let applied = workflow.apply(record);
                applied.map_err(|why| row::corrupt("an event", &why))?;
                self.late_output(&record.event).await?;
            }
        }
        Ok(folded.filter(|folded| folded.rev() == record.rev))
    }

    /// The next events, of which not all are in memory at once.
    async fn events(&mut self, after: u64) -> Result<Vec<EventRecord>, StoreError> {
        let mut rows =
            sqlx::query("SELECT body FROM events WHERE workflow_id = $1 AND seq > $2 ORDER BY seq")
                .bind(self.id.0)
                .bind(i64::try_from(after).unwrap_or(i64::MAX))
                .fetch(&mut *self.connection);
        let mut page = Vec::new();
        let mut bytes = 0;
        while bytes < PAGE_BYTES
            && let Some(found) = rows.try_next().await?
        {
            // An event in memory is larger than its text.
            bytes += found.try_get::<&str, _>("body")?.len() + size_of::<EventRecord>();
            page.push(row::event(&found)?);
        }
        Ok(page)
    }

    async fn late_output(&mut self, event: &Event) -> Result<(), StoreError> {
        let Some(told) = event.attempt() else {
            return Ok(());
        };
        let Some(output) = told.late_output else {
            return Ok(());
        };
        let filled = sqlx::query(
            "UPDATE attempts SET output = $4
             WHERE workflow_id = $1 AND task = $2 AND attempt = $3 AND output IS NULL",
        )
        .bind(self.id.0)
        .bind(position(told.task))
        .bind(told.attempt)
        .bind(row::json_text(output)?)
        .execute(&mut *self.connection)
        .await?;
        self.changed += filled.rows_affected();
        Ok(())
    }

    /// Whether earlier attempts may have taken effect.
    async fn doubts(&mut self, folded: &Workflow) -> Result<(), StoreError> {
        for (task, known) in folded.tasks().iter().enumerate() {
            if !known.record().in_doubt {
                continue;
            }
            let filled = sqlx::query(
                "UPDATE tasks SET in_doubt = 1
                 WHERE workflow_id = $1 AND task = $2 AND in_doubt = 0",
            )
            .bind(self.id.0)
            .bind(position(task))
            .execute(&mut *self.connection)
            .await?;
            self.changed += filled.rows_affected();
        }
        Ok(())
    }

    /// Ends the attempts that were still dying when their workflow ended: an end is quiet now, and
    /// nobody looks for attempts of what is over. No server has the file, and with a server the
    /// trees of its attempts end.
    async fn quiet_end(&mut self, folded: &mut Workflow, now: Timestamp) -> Result<(), StoreError> {
        if !folded.status().is_terminal() {
            return Ok(());
        }
        let dying = |(task, known): (StepIndex, &engine::workflow::Task)| {
            Some((task, known.record().superseded?))
        };
        let tasks = folded.tasks().iter().enumerate();
        let dying: Vec<_> = tasks.filter_map(dying).collect();
        for (task, attempt) in &dying {
            let record = EventRecord {
                seq: folded.rev() + 1,
                at: now,
                actor: None,
                actor_kind: None,
                reason: None,
                command_id: None,
                event: Event::AttemptEnded {
                    task: *task,
                    attempt: *attempt,
                    outcome: AttemptOutcome::Superseded,
                    output: None,
                },
            };
            let applied = folded.apply(&record);
            applied.map_err(|why| row::corrupt("the end of an attempt", &why))?;
            self.ended(&record, *task, *attempt).await?;
        }
        if dying.is_empty() {
            return Ok(());
        }
        // A workflow that was put aside has no summary.
        let summary = Progress::of(folded, now).summary;
        let moved = sqlx::query(
            "UPDATE workflows SET rev = $2, summary = iif(summary IS NULL, NULL, $3) WHERE id = $1",
        )
        .bind(self.id.0)
        .bind(number(folded.rev()))
        .bind(row::json_text(&summary)?)
        .execute(&mut *self.connection)
        .await?;
        self.changed += moved.rows_affected();
        Ok(())
    }

    /// The rows of the end of one attempt.
    async fn ended(
        &mut self,
        record: &EventRecord,
        task: StepIndex,
        attempt: Attempt,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO events (workflow_id, seq, body) VALUES ($1, $2, $3)")
            .bind(self.id.0)
            .bind(number(record.seq))
            .bind(row::json_text(record)?)
            .execute(&mut *self.connection)
            .await?;
        sqlx::query("UPDATE tasks SET superseded = NULL WHERE workflow_id = $1 AND task = $2")
            .bind(self.id.0)
            .bind(position(task))
            .execute(&mut *self.connection)
            .await?;
        sqlx::query(
            "UPDATE attempts SET outcome = $4, ended_at = $5
             WHERE workflow_id = $1 AND task = $2 AND attempt = $3",
        )
        .bind(self.id.0)
        .bind(position(task))
        .bind(attempt)
        .bind(AttemptOutcome::Superseded.as_str())
        .bind(record.at.as_micros())
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }
}

fn position(task: StepIndex) -> i64 {
    i64::try_from(task).unwrap_or(i64::MAX)
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
