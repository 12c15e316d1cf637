//! `user`

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use clap::Subcommand;
use engine::{Actor, Role};

use super::{Ending, WrongUsage, accounts_kept};
use crate::data_folder::DataFolder;
use crate::moment::now;
use crate::password::Passwords;
use crate::store::{self, Accounts, Disabling, Named};
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
    /// Prints every account, a line each: name, role, enabled or disabled, when it was made; with tabs
    /// between them
    List,
    /// Signs an account out everywhere and lets it sign in no more. The only owner stays
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
    match command {
        Command::Create { name, role, .. } => create(data, &name, role).await?,
        Command::List => list(data).await?,
        Command::Disable { name } => set_disabled(data, &name, true).await?,
        Command::Enable { name } => set_disabled(data, &name, false).await?,
    }
    Ok(Ending::Done)
}

async fn create(data: &Path, name: &str, role: Role) -> Result<()> {
    let folder = DataFolder::at(data)?;
    let accounts = Accounts::new(store::open(&folder.accounts_file()).await?);
    account_name::accept(name).map_err(|error| WrongUsage(format!("--name: {error}")))?;
    let mut text = String::new();
    std::io::stdin()
        .take(READ_MOST)
        .read_to_string(&mut text)
        .context("the password could not be read from standard input")?;
    let password = text.lines().next().unwrap_or_default();
    password::accept(password, name).map_err(|error| WrongUsage(error.to_string()))?;
    let kept = Passwords::new().await?.hash(password).await?;
    match accounts.set(name, &kept, role, now()).await? {
        Named::Created => eprintln!("The account \"{name}\" ({role}) was made."),
        Named::Changed => {
            eprintln!("The account \"{name}\" has a new password, is {role} and was signed out.");
        }
        Named::OnlyOwner => return Err(only_owner(name).into()),
    }
    Ok(())
}

async fn list(data: &Path) -> Result<()> {
    let Some(accounts) = accounts_kept(data).await? else {
        return Ok(());
    };
    for account in accounts.all().await? {
        let Actor { name, role, .. } = account.actor;
        let word = word(account.disabled);
        println!("{name}\t{role}\t{word}\t{}", account.created_at);
    }
    Ok(())
}

async fn set_disabled(data: &Path, name: &str, disabled: bool) -> Result<()> {
    let done = match accounts_kept(data).await? {
        Some(accounts) => accounts.set_disabled(name, disabled).await?,
        None => Disabling::NoAccount,
    };
    match done {
        Disabling::Done => {}
        Disabling::NoAccount => {
            return Err(WrongUsage(format!("there is no account \"{name}\"")).into());
        }
        Disabling::OnlyOwner => return Err(only_owner(name).into()),
    }
    let word = word(disabled);
    eprintln!("The account \"{name}\" is {word}.");
    Ok(())
}

/// Nobody could switch steps on and off any more.
fn only_owner(name: &str) -> WrongUsage {
    WrongUsage(format!(
        "\"{name}\" is the only owner who may sign in, so nothing was changed; make another owner \
         first, or give this one a new password, which signs it out everywhere (user create)"
    ))
}

const fn word(disabled: bool) -> &'static str {
    if disabled { "disabled" } else { "enabled" }
}
