//! What a store could not do.

use engine::WorkflowId;

/// Result codes of SQLite that say more than "it failed", without their extensions.
mod code {
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    /// The first page is none of a database.
    pub(super) const NO_DATABASE: i32 = 26;
    /// The index of the write-ahead log could not grow, with its extension: there is no room for it.
    pub(super) const INDEX_FULL: i32 = 4_874;
    pub(super) const ROWS: [i32; 5] = [
        1,  // a statement that does not fit the tables
        18, // too big
        19, // a constraint
        20, // a wrong type
        25, // a parameter out of range
    ];
}

/// What a store could not do. The text names the cause; nothing was written, unless it is not known
/// (see [`StoreError::may_be_written`]).
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer moved the workflow on.
    #[error("workflow {0} was moved on by another writer")]
    Stale(WorkflowId),
    /// A row does not hold what it should.
    #[error("{what} cannot be read: {cause}")]
    Corrupt {
        /// The row.
        what: String,
        /// What is wrong with it.
        cause: String,
    },
    /// It contradicts what is there already.
    #[error("{0}")]
    Contradiction(String),
    /// A page of the file is damaged: what lies on it cannot be read or written, all else can.
    #[error("a page of the database's file is damaged ({0})")]
    DamagedPage(String),
    /// The file is damaged, so that nothing in it can be relied on.
    #[error("the database's file is damaged ({0})")]
    Damaged(String),
    /// The file that is written to is no longer where it was.
    #[error(
        "{0} was deleted or replaced while the server runs; put it back, or restart the server to \
         go on with what is there"
    )]
    Gone(String),
    /// The database refused or is away.
    #[error("the database: {0}")]
    Database(sqlx::Error),
    /// The database refused a batch, or is away.
    #[error("the database: {0}")]
    Batch(rusqlite::Error),
    /// The thread that writes has ended.
    #[error("the thread that writes to the database has ended")]
    NoWriter,
}

/// Where a failure comes from, which says whom else it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// What was to be written or read: everything else may go well.
    Rows,
    /// The disk has no room: nothing can be written, everything can be read.
    Disk,
    /// The database: nothing else would go better just now.
    Database,
}

impl StoreError {
    /// Where it comes from.
    #[must_use]
    pub fn concern(&self) -> Concern {
        match self {
            Self::Stale(_)
            | Self::Corrupt { .. }
            | Self::Contradiction(_)
            | Self::DamagedPage(_) => Concern::Rows,
            Self::Gone(_) | Self::NoWriter | Self::Damaged(_) => Concern::Database,
            Self::Database(error) => of_sqlx(error),
            Self::Batch(error) => of_rusqlite(error),
        }
    }

    /// The same of a database that is not the workflows'.
    #[must_use]
    pub fn concern_of(error: &sqlx::Error) -> Concern {
        of_sqlx(error)
    }

    /// Whether it may have been written nevertheless, so that only reading can tell. A row that is
    /// refused, a page that is damaged or a disk that is full ends the transaction before it is
    /// written.
    #[must_use]
    pub fn may_be_written(&self) -> bool {
        self.concern() == Concern::Database && !matches!(self, Self::Damaged(_))
    }
}

/// Whether it says that a page does not hold what SQLite wrote there.
const fn is_damage(code: i32) -> bool {
    code & 0xff == code::CORRUPT
}

/// Whether a file could not be opened because it does not hold a database, or no longer.
#[must_use]
pub fn is_no_sound_file(cause: &(dyn std::error::Error + 'static)) -> bool {
    let causes = std::iter::successors(Some(cause), |cause| cause.source());
    let mut codes = causes.filter_map(|cause| {
        let sqlx = || cause.downcast_ref::<sqlx::Error>()?.as_database_error();
        let rusqlite = || cause.downcast_ref::<rusqlite::Error>()?.sqlite_error();
        sqlx()
            .and_then(code_of)
            .or_else(|| rusqlite().map(|failure| failure.extended_code))
    });
    codes.any(|code| is_damage(code) || code & 0xff == code::NO_DATABASE)
}

fn code_of(error: &dyn sqlx::error::DatabaseError) -> Option<i32> {
    error.code().and_then(|code| code.parse().ok())
}

/// By a result code of SQLite.
fn of_code(code: i32) -> Concern {
    // The upper bytes tell where in SQLite it happened.
    match code & 0xff {
        _ if code == code::INDEX_FULL => Concern::Disk,
        code::FULL => Concern::Disk,
        code if code::ROWS.contains(&code) => Concern::Rows,
        _ => Concern::Database,
    }
}

fn of_rusqlite(error: &rusqlite::Error) -> Concern {
    match error.sqlite_error() {
        Some(failure) => of_code(failure.extended_code),
        // Everything else is about a value that does not fit.
        None => Concern::Rows,
    }
}

fn of_sqlx(error: &sqlx::Error) -> Concern {
    use sqlx::Error as E;
    match error {
        E::Database(error) => code_of(&**error).map_or(Concern::Database, of_code),
        E::Io(cause) if cause.kind() == std::io::ErrorKind::StorageFull => Concern::Disk,
        E::RowNotFound
        | E::TypeNotFound { .. }
        | E::ColumnIndexOutOfBounds { .. }
        | E::ColumnNotFound(_)
        | E::ColumnDecode { .. }
        | E::Encode(_)
        | E::Decode(_) => Concern::Rows,
        _ => Concern::Database,
    }
}

impl From<&StoreError> for Concern {
    fn from(fault: &StoreError) -> Self {
        fault.concern()
    }
}

impl From<&super::SaveError> for Concern {
    fn from(fault: &super::SaveError) -> Self {
        match fault {
            super::SaveError::Store(fault) => fault.concern(),
            _ => Self::Rows,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    /// What was read and is not what it should be is a matter of its row, not of the database.
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { index, source } => Self::Corrupt {
                what: format!("the column {index}"),
                cause: source.to_string(),
            },
            sqlx::Error::Decode(source) => Self::Corrupt {
                what: "a row".into(),
                cause: source.to_string(),
            },
            sqlx::Error::Database(error) if code_of(&*error).is_some_and(is_damage) => {
                Self::DamagedPage(error.to_string())
            }
            other => Self::Database(other),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            Some(failure) if is_damage(failure.extended_code) => {
                Self::DamagedPage(error.to_string())
            }
            _ => Self::Batch(error),
        }
    }
}

impl StoreError {
    /// Whether it is a matter of one row: its neighbours can be read and written.
    #[must_use]
    pub const fn is_of_a_row(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::DamagedPage(_))
    }

    /// Whether the database refused what was to be written because of what it is: it contradicts what
    /// is there, or fits no column. It would be refused every time.
    #[must_use]
    pub fn is_contradiction(&self) -> bool {
        use rusqlite::ErrorCode as E;
        let refused = match self {
            Self::Contradiction(_) => return true,
            Self::Batch(refused) => refused,
            _ => return false,
        };
        matches!(
            refused.sqlite_error_code(),
            Some(E::ConstraintViolation | E::TooBig | E::TypeMismatch | E::ParameterOutOfRange)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_code(code: i32) -> StoreError {
        let failure = rusqlite::ffi::Error::new(code);
        rusqlite::Error::SqliteFailure(failure, None).into()
    }

    #[test]
    fn a_batch_that_met_a_damaged_page_was_not_written_and_concerns_its_own_rows() {
        // Also where SQLite says more precisely where: an index, a sequence.
        for code in [11, 779, 523] {
            let fault = of_code(code);
            assert!(!fault.may_be_written(), "{fault:?}");
            assert_eq!(fault.concern(), Concern::Rows);
            assert!(fault.is_of_a_row());
        }
        for code in [18, 19, 20, 25] {
            assert!(of_code(code).is_contradiction(), "{code}");
        }
        for code in [13, 4_874] {
            let full = of_code(code);
            assert_eq!(full.concern(), Concern::Disk, "{code}");
            assert!(
                !full.may_be_written(),
                "nobody sees what the index does not name"
            );
        }
        let io = of_code(10);
        assert!(io.may_be_written() && !io.is_of_a_row());
    }
}
