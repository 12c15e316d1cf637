//! Passwords: which are accepted, and what is kept of them.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Fewest characters.
pub const LEAST: usize = 8;
/// Most bytes; hashing time does not grow with it, but memory for a form does.
const MOST: usize = 1024;

/// What people type first; compared without regard to case.
const COMMON: [&str; 30] = [
    "password",
    "password1",
    "password123",
    "passw0rd",
    "p@ssw0rd",
    "12345678",
    "123456789",
    "1234567890",
    "87654321",
    "11111111",
    "00000000",
    "qwertyui",
    "qwerty12",
    "qwerty123",
    "qwertyuiop",
    "1q2w3e4r",
    "1qaz2wsx",
    "zaq12wsx",
    "abcd1234",
    "abc12345",
    "asdfghjk",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "trustno1",
    "letmein1",
    "changeme",
];

/// Why a password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unacceptable {
    /// Fewer than [`LEAST`] characters.
    #[error("the password needs at least {LEAST} characters")]
    Short,
    /// Far too long.
    #[error("the password may have at most {MOST} bytes")]
    Long,
    /// Everybody's first guess.
    #[error("this password is one of the first that anybody guesses")]
    Common,
}

/// Checks a password that somebody chose.
///
/// # Errors
/// Why it is not accepted.
pub fn accept(password: &str, name: &str) -> Result<(), Unacceptable> {
    if password.chars().count() < LEAST {
        return Err(Unacceptable::Short);
    }
    if password.len() > MOST {
        return Err(Unacceptable::Long);
    }
    let lower = password.to_lowercase();
    if COMMON.contains(&lower.as_str()) || lower == name.to_lowercase() {
        return Err(Unacceptable::Common);
    }
    Ok(())
}

/// Hashing or checking did not work.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed: {0}")]
pub struct HashingFailed(String);

/// Hashes and checks, a few at a time: each takes tens of megabytes.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// Checked when there is no such account, so that the answer takes as long.
    nobody: Arc<str>,
}

/// Leave to hash or check one password.
#[derive(Debug)]
pub struct Turn<'a>(#[expect(dead_code, reason = "held until dropped")] SemaphorePermit<'a>);

impl Passwords {
    /// Takes a moment: it hashes once.
    ///
    /// # Errors
    /// When hashing does not work.
    pub async fn new() -> Result<Self, HashingFailed> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let nobody = hash_now("nobody has this password").await?;
        Ok(Self {
            turns: Arc::new(Semaphore::new((cores / 2).max(1))),
            nobody: nobody.into(),
        })
    }

    /// Waits until it is one's turn.
    ///
    /// # Errors
    /// Never while the program runs.
    pub async fn turn(&self) -> Result<Turn<'_>, HashingFailed> {
        let permit = self.turns.acquire().await;
        permit
            .map(Turn)
            .map_err(|error| HashingFailed(error.to_string()))
    }

    /// What is kept of `password`.
    ///
    /// # Errors
    /// When hashing does not work.
    pub async fn hash(&self, password: &str) -> Result<String, HashingFailed> {
        let _turn = self.turn().await?;
        hash_now(password).await
    }

    /// Whether `password` is the one that `kept` was made from. With nothing kept it is not, and
    /// that takes as long.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    pub async fn matches(
        &self,
        _turn: &Turn<'_>,
        password: &str,
        kept: Option<&str>,
    ) -> Result<bool, HashingFailed> {
        let known = kept.is_some();
        let kept = kept.unwrap_or(&self.nobody).to_owned();
        let password = password.to_owned();
        let check = move || {
            let parsed = PasswordHash::new(&kept).map_err(|e| HashingFailed(e.to_string()))?;
            Ok(hasher()?
                .verify_password(password.as_bytes(), &parsed)
                .is_ok())
        };
        let same = in_the_background(check).await?;
        Ok(same && known)
    }
}

async fn hash_now(password: &str) -> Result<String, HashingFailed> {
    let password = password.to_owned();
    in_the_background(move || {
        let hash = hasher()?.hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string())
            .map_err(|error| HashingFailed(error.to_string()))
    })
    .await
}

async fn in_the_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HashingFailed> + Send + 'static,
) -> Result<T, HashingFailed> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| HashingFailed(error.to_string()))?
}

/// Argon2id with 64 MiB and three passes.
fn hasher() -> Result<Argon2<'static>, HashingFailed> {
    let params =
        Params::new(64 * 1024, 3, 1, None).map_err(|error| HashingFailed(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_common_passwords_are_refused() {
        assert_eq!(accept("1234567", "ada"), Err(Unacceptable::Short));
        assert_eq!(accept("äöüäöüä", "ada"), Err(Unacceptable::Short));
        assert_eq!(accept("PassWord", "ada"), Err(Unacceptable::Common));
        assert_eq!(accept("lovelace1", "Lovelace1"), Err(Unacceptable::Common));
        assert_eq!(accept("correct horse", "ada"), Ok(()));
    }

    #[tokio::test]
    async fn a_password_matches_only_itself_and_never_nobody() {
        let passwords = Passwords::new().await.unwrap();
        let kept = passwords.hash("correct horse").await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
        let turn = passwords.turn().await.unwrap();
        let matches = async |word, kept| passwords.matches(&turn, word, kept).await.unwrap();
        assert!(matches("correct horse", Some(&kept)).await);
        assert!(!matches("correct Horse", Some(&kept)).await);
        assert!(!matches("nobody has this password", None).await);
    }
}
