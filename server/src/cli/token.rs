//! `token`

use std::path::Path;

use anyhow::Result;
use clap::Subcommand;
use engine::{Actor, Role};

use super::{Ending, WrongUsage, accounts_kept};
use crate::data_folder::DataFolder;
use crate::moment::now;
use crate::store::{self, Accounts};
use crate::{account_name, secret};

/// What every token begins with, so that one can be found where it does not belong.
const PREFIX: &str = "jo_";

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prints a new token, alone, on standard output. It is shown only now
    Create {
        /// The name that events will show
        #[arg(long)]
        name: String,
        /// viewer, operator, editor or owner
        #[arg(long)]
        role: Role,
    },
    /// Prints every token's name and role and when it was made, a line each with tabs between them;
    /// never the token
    List,
    /// Takes back every token of a name
    Remove {
        /// The name it was made with
        #[arg(long)]
        name: String,
    },
}

/// Does it; a running server knows at once.
pub async fn command(data: &Path, command: Command) -> Result<Ending> {
    match command {
        Command::Create { name, role } => {
            account_name::accept(&name).map_err(|error| WrongUsage(format!("--name: {error}")))?;
            let token = format!("{PREFIX}{}", secret::generate()?);
            let hash = secret::hash(&token);
            let folder = DataFolder::at(data)?;
            let accounts = Accounts::new(store::open(&folder.accounts_file()).await?);
            accounts.add_token(&hash, &name, role, now()).await?;
            println!("{token}");
            eprintln!("This token for \"{name}\" ({role}) is shown only now.");
        }
        Command::List => {
            let accounts = accounts_kept(data).await?;
            let tokens = match &accounts {
                Some(accounts) => accounts.tokens().await?,
                None => Vec::new(),
            };
            for (Actor { name, role, .. }, made) in tokens {
                println!("{name}\t{role}\t{made}");
            }
        }
        Command::Remove { name } => {
            let removed = match accounts_kept(data).await? {
                Some(accounts) => accounts.remove_tokens(&name).await?,
                None => 0,
            };
            if removed == 0 {
                return Err(WrongUsage(format!("there is no token of the name \"{name}\"")).into());
            }
            eprintln!("Tokens taken back: {removed}");
        }
    }
    Ok(Ending::Done)
}
