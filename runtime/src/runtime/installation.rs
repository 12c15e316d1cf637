//! What this installation is called: part of the key of every effect, so that a database that was
//! deleted and made anew, or another one beside it, is not told "already done" of what the first had
//! done under the same numbers.

use uuid::Uuid;

use crate::store::{INSTALLATION, Store, StoreError};

/// The name, which a store without workflows gets now. One that has workflows and no name is older
/// than such names, and stays without: under another key, what is under way would be done twice.
pub(super) async fn of(store: &dyn Store, wanted: Option<String>) -> Result<String, StoreError> {
    if let Some(name) = store.setting(INSTALLATION).await? {
        return Ok(name);
    }
    if store.last_numbers().await?.workflow > 0 {
        return Ok(String::new());
    }
    let name = wanted.unwrap_or_else(|| Uuid::new_v4().to_string());
    store.set_setting(INSTALLATION, &name).await?;
    Ok(name)
}
