//! How large a database is.

use std::path::Path;

use rusqlite::Connection;

use crate::Outcome;

/// The bytes of all its pages, wherever they stand now.
pub fn bytes(file: &Path) -> Outcome<u64> {
    let connection = Connection::open(file)?;
    let pages: u32 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let page: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok(u64::from(pages) * u64::from(page))
}
