//! In debug builds, which all tests are, the database itself refuses a state that no arrow of the
//! engine's tables leads to, and a workflow's row that changes without a new number.

use rusqlite::Connection;

use super::arrows::{OF_TASKS, OF_WORKFLOWS, Pairs};

/// Lays the triggers over the tables as this connection sees them; the file does not change.
pub(crate) fn guard(connection: &Connection) -> Result<(), rusqlite::Error> {
    let workflows = listed(&OF_WORKFLOWS, |status| status.as_str());
    let tasks = listed(&OF_TASKS, |status| status.as_str());
    connection.execute_batch(&format!(
        "CREATE TEMP TRIGGER workflows_move_along_arrows BEFORE UPDATE ON main.workflows
         WHEN OLD.status || '>' || NEW.status NOT IN ({workflows}) OR NEW.rev <= OLD.rev
         BEGIN SELECT RAISE(ABORT, 'no arrow leads to this state of a workflow'); END;
         CREATE TEMP TRIGGER tasks_move_along_arrows BEFORE UPDATE ON main.tasks
         WHEN (OLD.generation = NEW.generation
               AND OLD.status || '>' || NEW.status NOT IN ({tasks}))
             OR NEW.generation < OLD.generation OR NEW.attempt < OLD.attempt
         BEGIN SELECT RAISE(ABORT, 'no arrow leads to this state of a task'); END;"
    ))
}

/// As a list for SQL.
fn listed<S>(pairs: &Pairs<S>, word: impl Fn(&S) -> &'static str) -> String {
    let pair = |(from, to): &(S, S)| format!("'{}>{}'", word(from), word(to));
    let pairs: Vec<_> = pairs.iter().map(pair).collect();
    pairs.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with one workflow and one task, as far as the triggers look at them.
    fn file(workflow: &str, task: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let tables = format!(
            "CREATE TABLE workflows (status TEXT, rev INTEGER);
             CREATE TABLE tasks (status TEXT, generation INTEGER, attempt INTEGER);
             INSERT INTO workflows VALUES ('{workflow}', 7);
             INSERT INTO tasks VALUES ('{task}', 1, 2);"
        );
        connection.execute_batch(&tables).unwrap();
        guard(&connection).unwrap();
        connection
    }

    fn is_taken(connection: &Connection, update: &str) -> bool {
        connection.execute(update, ()).is_ok()
    }

    #[test]
    fn a_task_that_is_settled_moves_only_with_a_new_generation() {
        let again = "UPDATE tasks SET status = 'running', attempt = 3";
        assert!(!is_taken(&file("running", "completed"), again));
        assert!(is_taken(&file("running", "queued"), again));
        let reset = "UPDATE tasks SET status = 'running', attempt = 3, generation = 2";
        assert!(is_taken(&file("running", "completed"), reset));
        let back = "UPDATE tasks SET attempt = 1";
        assert!(!is_taken(&file("running", "running"), back));
    }

    #[test]
    fn a_workflow_moves_along_arrows_and_with_a_new_number() {
        let over = "UPDATE workflows SET status = 'failed', rev = 8";
        assert!(is_taken(&file("running", "failed"), over));
        assert!(!is_taken(&file("completed", "failed"), over));
        let still = "UPDATE workflows SET status = 'failed'";
        assert!(!is_taken(&file("running", "failed"), still));
    }
}
