//! SQL stands only in stores, and what the engine decides about is written in one place alone.

use super::finding::Finding;
use super::source::Source;

/// How a statement begins, in capitals as everywhere in this project.
const STATEMENTS: [&str; 11] = [
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "PRAGMA ",
    "BEGIN IMMEDIATE",
    "WITH RECURSIVE ",
];

/// What the engine decides about is written by the commit of a batch alone.
const OF_THE_COMMIT: [&str; 4] = ["workflows", "tasks", "attempts", "events"];
/// Who may: the commit, the deletion of a workflow, whoever puts a workflow aside, which no event tells of, and what brings a file
/// of an older version up to date before anything is decided.
const WRITERS: [&str; 4] = [
    "store/sqlite_commit.rs",
    "store/sqlite_deleted.rs",
    "store/sqlite_quarantine.rs",
    "store/sqlite_fill_in.rs",
];

/// Finds statements that change what only the commit may change.
fn writes_beside_the_commit(source: &Source) -> Vec<Finding> {
    if WRITERS.iter().any(|path| source.path.ends_with(path)) {
        return Vec::new();
    }
    let what = "writes a table that only the commit of a batch may write; let the core decide";
    let strings = source.parts.strings.iter();
    strings
        .filter(|(_, text)| changes_a_table_of_the_commit(text))
        .map(|(line, _)| source.finding(*line, what))
        .collect()
}

fn changes_a_table_of_the_commit(text: &str) -> bool {
    let words: Vec<_> = text.split_whitespace().collect();
    let is_of_it = |place: usize| {
        let word = words.get(place).copied().unwrap_or_default();
        let table = word.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
        OF_THE_COMMIT.contains(&table.into_iter().next().unwrap_or_default())
    };
    words.iter().enumerate().any(|(place, word)| match *word {
        // What stands between says what becomes of a row that is there already.
        "UPDATE" if words.get(place + 1) == Some(&"OR") => is_of_it(place + 3),
        "UPDATE" | "INTO" => is_of_it(place + 1),
        "FROM" => place > 0 && words[place - 1] == "DELETE" && is_of_it(place + 1),
        _ => false,
    })
}

/// Finds the libraries that speak SQL, and statements, outside the files that may have them.
pub fn check(source: &Source) -> Vec<Finding> {
    if source.is_under("store") || source.path.ends_with("runtime/src/database.rs") {
        return writes_beside_the_commit(source);
    }
    let mend = "only files under a folder named `store` and runtime/src/database.rs may; move it";
    let library = source
        .lines()
        .filter(|(_, line)| line.contains("sqlx::") || line.contains("rusqlite::"))
        .map(|(line, _)| source.finding(line, format!("names an SQL library, which {mend}")));
    let statements = source
        .parts
        .strings
        .iter()
        .filter(|(_, text)| {
            STATEMENTS
                .iter()
                .any(|begin| text.trim_start().starts_with(begin))
        })
        .map(|(line, _)| source.finding(*line, format!("holds an SQL statement, which {mend}")));
    library.chain(statements).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "use sqlx::Row;\nconst Q: &str = \"SELECT 1\";\n// sqlx::x SELECT\n";

    #[test]
    fn sql_outside_a_store_is_found_with_its_line() {
        let found = check(&Source::new("server/src/router.rs", TEXT));
        assert_eq!(
            found.iter().map(|finding| finding.line).collect::<Vec<_>>(),
            [1, 2]
        );
    }

    #[test]
    fn stores_may_speak_sql() {
        assert!(check(&Source::new("runtime/src/store/sqlite.rs", TEXT)).is_empty());
        assert!(check(&Source::new("runtime/src/database.rs", TEXT)).is_empty());
    }

    #[test]
    fn only_the_commit_writes_what_the_engine_decides_about() {
        let text = "const Q: [&str; 6] = [\"UPDATE tasks SET status = ?\",\n\
                    \"UPDATE OR IGNORE tasks SET task = 1\",\n\
                    \"INSERT OR IGNORE INTO events (seq) VALUES (1)\",\n\
                    \"INSERT INTO settings VALUES (1)\",\n\
                    \"DELETE FROM events\\n WHERE seq > 3\",\n\"SELECT id FROM tasks\"];\n";
        let found = check(&Source::new("runtime/src/store/sqlite_lists.rs", text));
        let lines: Vec<_> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1, 2, 3, 5]);
        assert!(check(&Source::new("runtime/src/store/sqlite_commit.rs", text)).is_empty());
    }
}
