//! `user`

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use clap::Subcommand;
use engine::Role;

use super::{Ending, WrongUsage};
use crate::data_folder::DataFolder;
use crate::moment::now;
use crate::password::Passwords;
use crate::store::{self, Accounts, Named};
use crate::{account_name, password};

/// Most bytes that are read as a password.
const READ_MOST: u64 = 4096;

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes an account, or gives the one of this name a new password and role and signs it out
    Create {
        /// The name to sign in with
        #[arg(long)]
        name: String,
        /// viewer, operator, editor or owner
        #[arg(long)]
        role: Role,
        /// Reads the password from standard input, up to the end of its first line
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Signs an account out everywhere and lets it sign in no more
    Disable {
        /// The account's name
        #[arg(long)]
        name: String,
    },
    /// Lets a disabled account sign in again
    Enable {
        /// The account's name
        #[arg(long)]
        name: String,
    },
}

/// Does it; a running server knows at once.
pub async fn command(data: &Path, command: Command) -> Result<Ending> {
    let folder = DataFolder::at(data)?;
    let accounts = Accounts::new(store::open(&folder.accounts_file()).await?);
    match command {
        Command::Create { name, role, .. } => {
            let named = create(&accounts, &name, role).await?;
            match named {
                Named::Created => eprintln!("The account \"{name}\" ({role}) was made."),
                Named::Changed => eprintln!(
                    "The account \"{name}\" has a new password, is {role} and was signed out."
                ),
            }
        }
        Command::Disable { name } => set_disabled(&accounts, &name, true).await?,
        Command::Enable { name } => set_disabled(&accounts, &name, false).await?,
    }
    Ok(Ending::Done)
}

async fn create(accounts: &Accounts, name: &str, role: Role) -> Result<Named> {
    account_name::accept(name).map_err(|error| WrongUsage(format!("--name: {error}")))?;
    let mut text = String::new();
    std::io::stdin()
        .take(READ_MOST)
        .read_to_string(&mut text)
        .context("the password could not be read from standard input")?;
    let password = text.lines().next().unwrap_or_default();
    password::accept(password, name).map_err(|error| WrongUsage(error.to_string()))?;
    let kept = Passwords::new().await?.hash(password).await?;
    Ok(accounts.set(name, &kept, role, now()).await?)
}

async fn set_disabled(accounts: &Accounts, name: &str, disabled: bool) -> Result<()> {
    if !accounts.set_disabled(name, disabled).await? {
        return Err(WrongUsage(format!("there is no account \"{name}\"")).into());
    }
    let word = if disabled { "disabled" } else { "enabled" };
    eprintln!("The account \"{name}\" is {word}.");
    Ok(())
}
