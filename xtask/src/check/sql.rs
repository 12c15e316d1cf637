//! SQL stands only in stores.

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

/// Finds the libraries that speak SQL, and statements, outside the files that may have them.
pub fn check(source: &Source) -> Vec<Finding> {
    if source.is_under("store") || source.path.ends_with("runtime/src/database.rs") {
        return Vec::new();
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
}
