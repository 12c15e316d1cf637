//! A long history, quickly: copies of one workflow that really ran.

use std::path::Path;

use rusqlite::Connection;

use crate::Outcome;

/// Copies made in one transaction.
const PORTION: i64 = 20_000;

/// The numbers of one portion, above `?2`.
const NUMBERS: &str = "WITH RECURSIVE copies (n) AS
    (SELECT ?2 + 1 UNION ALL SELECT n + 1 FROM copies WHERE n < ?3) ";

/// Adds `count` copies of the finished workflow `template`, each of a job of its own. One of fifty
/// failed, and every other one of these may be recovered.
pub fn fill(file: &Path, template: i64, count: i64) -> Outcome<()> {
    let mut connection = Connection::open(file)?;
    for (pragma, value) in [("journal_mode", "off"), ("synchronous", "off")] {
        connection.pragma_update(None, pragma, value)?;
    }
    connection.pragma_update(None, "cache_size", -200_000)?;
    let mut last: i64 =
        connection.query_row("SELECT max(id) FROM workflows", (), |row| row.get(0))?;
    let end = last + count;
    while last < end {
        let to = end.min(last + PORTION);
        let transaction = connection.transaction()?;
        for table in ["workflows", "tasks", "attempts", "events"] {
            let columns = columns(&transaction, table)?;
            let values: Vec<_> = columns.iter().map(|name| value(table, name)).collect();
            let key = if table == "workflows" {
                "id"
            } else {
                "workflow_id"
            };
            let text = format!(
                "INSERT INTO {table} ({}) {NUMBERS} SELECT {} FROM copies, {table} WHERE {key} = ?1
                 ORDER BY n",
                columns.join(", "),
                values.join(", "),
            );
            transaction.execute(&text, (template, last, to))?;
        }
        transaction.commit()?;
        last = to;
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    Ok(())
}

fn columns(connection: &Connection, table: &str) -> Outcome<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?)")?;
    let names = statement.query_map((table,), |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// What a copy has in this column.
fn value(table: &str, column: &str) -> String {
    match (table, column) {
        ("workflows", "id" | "job_id") | (_, "workflow_id") => "n".into(),
        ("workflows", "status") => "iif(n % 50 = 0, 'failed', status)".into(),
        ("workflows", "recovery_attempts") => {
            "iif(n % 100 = 0, max_recovery_attempts, recovery_attempts)".into()
        }
        ("workflows", "summary") => "json_set(summary, '$.workflow_id', n, '$.job_id', n,
            '$.status', iif(n % 50 = 0, 'failed', status))"
            .into(),
        // The numbers of tasks go on from those of the workflow before.
        ("tasks", "id") => {
            "id + (n - ?1) * (SELECT count(*) FROM tasks WHERE workflow_id = ?1)".into()
        }
        _ => column.to_owned(),
    }
}
