//! People who may sign in.

use engine::{Actor, ActorKind, Role, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Accounts, StoreError};

/// Somebody who may sign in.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its number.
    pub id: i64,
    /// The name and role events show.
    pub actor: Actor,
    /// The password's argon2id hash in PHC form.
    pub password: String,
    /// Whether it may not sign in any more.
    pub disabled: bool,
}

/// An account as a list of them shows it.
#[derive(Debug, Clone)]
pub struct ListedAccount {
    /// Its name and role.
    pub actor: Actor,
    /// Whether it may not sign in any more.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What happened when an account was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// There was none of this name.
    Created,
    /// There was one: it has the new password and role, and was signed out everywhere.
    Changed,
    /// Nothing: it is the only owner who may sign in, and would not be one any more.
    OnlyOwner,
}

/// What happened when an account was to be forbidden or allowed to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabling {
    /// It is so now.
    Done,
    /// There is none of this name.
    NoAccount,
    /// Nothing: it is the only owner who may sign in.
    OnlyOwner,
}

/// Why the first owner was not made: there is an account already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountExists;

/// Reads a role; what is stored was checked by the table.
pub(super) fn role_of(row: &SqliteRow) -> Result<Role, StoreError> {
    let word: String = row.try_get("role")?;
    word.parse()
        .map_err(|error: engine::role::UnknownRole| StoreError::Decode(Box::new(error)))
}

/// Reads somebody of this kind: their name and role.
pub(super) fn actor_of(kind: ActorKind, row: &SqliteRow) -> Result<Actor, StoreError> {
    Ok(Actor {
        kind,
        name: row.try_get("name")?,
        role: role_of(row)?,
    })
}

/// Reads when something was made.
pub(super) fn made_at(row: &SqliteRow) -> Result<Timestamp, StoreError> {
    row.try_get("created_at").map(Timestamp::from_micros)
}

/// Whether without this account there would be no owner who may sign in.
async fn is_only_owner(connection: &mut SqliteConnection, name: &str) -> Result<bool, StoreError> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM accounts WHERE role = 'owner' AND disabled = 0 AND name = $1)
            AND NOT EXISTS
                (SELECT 1 FROM accounts WHERE role = 'owner' AND disabled = 0 AND name <> $1)",
    )
    .bind(name)
    .fetch_one(connection)
    .await
}

async fn end_sessions(connection: &mut SqliteConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM sessions WHERE account_id IN (SELECT id FROM accounts WHERE name = $1)",
    )
    .bind(name)
    .execute(connection)
    .await?;
    Ok(())
}

impl Accounts {
    /// Whether anybody has an account.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn any(&self) -> Result<bool, StoreError> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM accounts)")
            .fetch_one(self.pool())
            .await
    }

    /// The account of this name, in any case of letters.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn by_name(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let row =
            sqlx::query("SELECT id, name, password, role, disabled FROM accounts WHERE name = $1")
                .bind(name)
                .fetch_optional(self.pool())
                .await?;
        row.map(|row| {
            Ok(Account {
                id: row.try_get("id")?,
                actor: actor_of(ActorKind::Person, &row)?,
                password: row.try_get("password")?,
                disabled: row.try_get("disabled")?,
            })
        })
        .transpose()
    }

    /// Every account, in the order in which they were made.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn all(&self) -> Result<Vec<ListedAccount>, StoreError> {
        let rows = sqlx::query("SELECT name, role, disabled, created_at FROM accounts ORDER BY id")
            .fetch_all(self.pool())
            .await?;
        let read = |row: &SqliteRow| {
            Ok(ListedAccount {
                actor: actor_of(ActorKind::Person, row)?,
                disabled: row.try_get("disabled")?,
                created_at: made_at(row)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Makes the first owner and answers its number, unless there is an account already.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn create_first(
        &self,
        name: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<Result<i64, AccountExists>, StoreError> {
        let made = sqlx::query(
            "INSERT INTO accounts (name, password, role, created_at)
             SELECT $1, $2, 'owner', $3 WHERE NOT EXISTS (SELECT 1 FROM accounts)",
        )
        .bind(name)
        .bind(password)
        .bind(now.as_micros())
        .execute(self.pool())
        .await?;
        Ok(match made.rows_affected() {
            0 => Err(AccountExists),
            _ => Ok(made.last_insert_rowid()),
        })
    }

    /// Makes an account, or gives the one of this name another password and role, allows it
    /// again and signs it out everywhere. The only owner stays one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set(
        &self,
        name: &str,
        password: &str,
        role: Role,
        now: Timestamp,
    ) -> Result<Named, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        if role != Role::Owner && is_only_owner(&mut transaction, name).await? {
            return Ok(Named::OnlyOwner);
        }
        let changed = sqlx::query(
            "UPDATE accounts SET password = $1, role = $2, disabled = 0 WHERE name = $3",
        )
        .bind(password)
        .bind(role.as_str())
        .bind(name)
        .execute(&mut *transaction)
        .await?;
        let named = if changed.rows_affected() > 0 {
            end_sessions(&mut transaction, name).await?;
            Named::Changed
        } else {
            sqlx::query(
                "INSERT INTO accounts (name, password, role, created_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(name)
            .bind(password)
            .bind(role.as_str())
            .bind(now.as_micros())
            .execute(&mut *transaction)
            .await?;
            Named::Created
        };
        transaction.commit().await?;
        Ok(named)
    }

    /// Forbids or allows an account to sign in, and signs it out everywhere, so that allowing it
    /// again brings back no session of before. The only owner is not forbidden to.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set_disabled(&self, name: &str, disabled: bool) -> Result<Disabling, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        if disabled && is_only_owner(&mut transaction, name).await? {
            return Ok(Disabling::OnlyOwner);
        }
        let changed = sqlx::query("UPDATE accounts SET disabled = $1 WHERE name = $2")
            .bind(disabled)
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        end_sessions(&mut transaction, name).await?;
        transaction.commit().await?;
        Ok(match changed.rows_affected() {
            0 => Disabling::NoAccount,
            _ => Disabling::Done,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::now;
    use crate::store::open;

    #[tokio::test]
    async fn only_the_first_account_is_made_an_owner_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Accounts::new(open(&folder.path().join("accounts.db")).await.unwrap());
        assert!(!accounts.any().await.unwrap());
        let first = accounts.create_first("ada", "x", now()).await.unwrap();
        assert!(first.is_ok());
        let second = accounts.create_first("eve", "x", now()).await.unwrap();
        assert_eq!(second, Err(AccountExists));
        let ada = accounts.by_name("Ada").await.unwrap().unwrap();
        assert_eq!(ada.actor.role, Role::Owner);
        assert!(accounts.by_name("eve").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn an_owner_who_may_sign_in_always_remains() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Accounts::new(open(&folder.path().join("accounts.db")).await.unwrap());
        let set = async |name, role| accounts.set(name, "x", role, now()).await.unwrap();
        let disable = async |name| accounts.set_disabled(name, true).await.unwrap();
        assert_eq!(set("ada", Role::Owner).await, Named::Created);
        assert_eq!(set("eve", Role::Editor).await, Named::Created);
        assert_eq!(disable("eve").await, Disabling::Done);
        assert_eq!(disable("nobody").await, Disabling::NoAccount);
        // Names are the same in any case of letters.
        for name in ["ada", "ADA"] {
            assert_eq!(disable(name).await, Disabling::OnlyOwner);
            assert_eq!(set(name, Role::Editor).await, Named::OnlyOwner);
        }
        assert!(!accounts.by_name("ada").await.unwrap().unwrap().disabled);
        assert_eq!(set("ada", Role::Owner).await, Named::Changed);

        assert_eq!(set("bo", Role::Owner).await, Named::Created);
        assert_eq!(disable("ada").await, Disabling::Done);
        assert_eq!(disable("bo").await, Disabling::OnlyOwner);
        let roles: Vec<_> = accounts.all().await.unwrap();
        let roles: Vec<_> = roles
            .iter()
            .map(|one| (one.actor.role, one.disabled))
            .collect();
        let expected = [
            (Role::Owner, true),
            (Role::Editor, true),
            (Role::Owner, false),
        ];
        assert_eq!(roles, expected);
    }
}
