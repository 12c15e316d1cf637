//! `serve`

use std::path::Path;

use anyhow::Result;
use clap::Args;

use super::Ending;
use crate::config::{Config, Flags, LimitFlags};
use crate::data_folder::DataFolder;
use crate::start::{self, Allowed};
use crate::{serve, telemetry};

/// What `serve` may be told; each also as `JOB_ORCHESTRATOR_...` or in `job-orchestrator.toml` in
/// the data folder.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The address to listen on [default: 127.0.0.1:3000]
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// How people reach it through a proxy, such as https://jobs.example.org
    #[arg(long, value_name = "URL")]
    public_address: Option<String>,
    /// Lets steps start programs on this machine, whatever the owner switched
    #[arg(long)]
    allow_commands: bool,
    /// Lets HTTP steps reach loopback and private addresses, whatever the owner switched
    #[arg(long)]
    allow_private_addresses: bool,
    #[command(flatten, next_help_heading = "Limits")]
    limits: LimitFlags,
}

/// Serves until it is stopped.
pub async fn command(data: &Path, arguments: Arguments) -> Result<Ending> {
    telemetry::start("info,sqlx=warn,tower_sessions=warn");
    let flags = Flags {
        listen: arguments.listen,
        public_address: arguments.public_address,
        allow_commands: arguments.allow_commands,
        allow_private_addresses: arguments.allow_private_addresses,
        limits: arguments.limits,
    };
    let config = Config::read(data, flags)?;
    let folder = DataFolder::at(&config.data)?;
    let allowed = Allowed {
        commands: config.allow_commands,
        private_addresses: config.allow_private_addresses,
    };
    let _alone = start::alone(&folder).await?;
    let listener = serve::listen(&config).await?;
    let engine = start::engine(&folder, allowed, config.limits).await?;
    let served = serve::until_stopped(&config, &folder, listener, engine.clone()).await;
    if served.is_err() {
        // It has taken up workflows: their steps end in order, and the start counts as no crash.
        engine.shutdown().await;
    }
    served.map(|()| Ending::Done)
}
