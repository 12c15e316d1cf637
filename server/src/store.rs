//! What the server keeps beside the engine: accounts, tokens and sessions, in `accounts.db`.
//!
//! Nothing outside `store/` names the database's library.

mod account;
mod accounts;
mod database;
mod hindrance;
mod session;
mod token;

pub use account::{Account, Disabling, Named};
pub use accounts::Accounts;
pub use database::{Database, StoreError, open};
pub use hindrance::{hindrance, hindrance_of_session};
pub use session::{ACCOUNT_KEY, SessionLimits, Sessions};
