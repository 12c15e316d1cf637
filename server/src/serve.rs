//! A running server, from its listener to its orderly end.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use engine::TroubleKind;
use runtime::Runtime;
use tokio::net::TcpListener;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::events::{Crowd, Tails};
use crate::hosts::Hosts;
use crate::password::Passwords;
use crate::setup_code::SetupCode;
use crate::shared::{Parts, Shared};
use crate::shutdown::StopSignals;
use crate::sign_in_limit::SignInLimit;
use crate::store::{self, Accounts, Sessions};
use crate::{accept, console, router, setup};

/// Requests under way when the server stops get this long.
const LAST_REQUESTS: Duration = Duration::from_secs(5);
/// How often what is over is removed.
const SWEEP_EVERY: Duration = Duration::from_secs(10 * 60);
/// How often streams are ended while memory is short.
const SHED_EVERY: Duration = Duration::from_secs(1);

/// Takes the address. It comes before the engine starts: a server that cannot be reached must not
/// take up workflows.
///
/// # Errors
/// When the address is taken or not this machine's.
pub async fn listen(config: &Config) -> Result<TcpListener> {
    TcpListener::bind(&config.listen).await.with_context(|| {
        format!(
            "the address {} (setting listen) cannot be used",
            config.listen
        )
    })
}

/// Serves until a signal, then ends in order: streams close, the listener stops, running steps get
/// time to end.
///
/// # Errors
/// When the address or a file cannot be used, or the server breaks.
pub async fn until_stopped(
    config: &Config,
    folder: &DataFolder,
    listener: TcpListener,
    engine: Runtime,
) -> Result<()> {
    let mut signals = StopSignals::listen().context("signals cannot be listened for")?;
    let hosts = Hosts::new(listener.local_addr()?, config.public.clone());
    let stopping = CancellationToken::new();
    let shared = share(config, folder, &engine, hosts, stopping.clone()).await?;
    let app = router::build(&shared)?;
    let server = accept::serve(listener, app, accept::HEAD_LIMIT, stopping.clone());
    let server = tokio::spawn(server);
    let sweeper = tokio::spawn(sweep(shared.clone()));
    let shedder = tokio::spawn(shed(shared.clone()));
    console::say(&format!(
        "Job Orchestrator listens on {}",
        shared.hosts.address()
    ));
    if setup::announce(&shared).await.is_err() {
        anyhow::bail!("the accounts cannot be read; the log says why");
    }
    warn_about_plain_http(&shared.hosts);

    signals.next().await;
    tracing::info!("stopping; a second signal stops at once");
    let impatient = tokio::spawn(async move {
        signals.next().await;
        tracing::warn!("stopped at once");
        std::process::exit(1);
    });
    // Requests and steps share one time, which begins here: the whole stop has an end.
    engine.note_stop().await;
    stopping.cancel();
    if timeout(LAST_REQUESTS, server).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    engine.shutdown().await;
    sweeper.abort();
    shedder.abort();
    impatient.abort();
    tracing::info!("stopped");
    Ok(())
}

async fn share(
    config: &Config,
    folder: &DataFolder,
    engine: &Runtime,
    hosts: Hosts,
    stopping: CancellationToken,
) -> Result<Shared> {
    let database = store::open(&folder.accounts_file()).await?;
    Ok(Shared::new(Parts {
        service: Arc::new(engine.clone()),
        accounts: Accounts::new(database.clone()),
        sessions: Sessions::new(database, config.sessions),
        passwords: Passwords::new().await?,
        limit: SignInLimit::default(),
        setup_code: SetupCode::default(),
        hosts,
        session_limit: config.sessions.absolute,
        streams: Arc::new(Crowd::new(config.streams)),
        tails: Tails::default(),
        stopping,
    }))
}

/// Ends streams for as long as the engine says that memory is short.
async fn shed(shared: Shared) {
    let mut tick = interval(SHED_EVERY);
    loop {
        tick.tick().await;
        let troubles = shared.service.troubles();
        let is_short = troubles
            .iter()
            .any(|trouble| trouble.kind == TroubleKind::Memory);
        if is_short && let shed @ 1.. = shared.streams.shed() {
            tracing::warn!(shed, "event streams were ended, because memory is short");
        }
    }
}

async fn sweep(shared: Shared) {
    let mut tick = interval(SWEEP_EVERY);
    loop {
        tick.tick().await;
        shared.limit.sweep();
        if let Err(error) = shared.sessions.remove_ended().await {
            tracing::warn!(%error, "ended sessions could not be removed");
        }
    }
}

fn warn_about_plain_http(hosts: &Hosts) {
    if !hosts.is_loopback() && !hosts.is_https() {
        tracing::warn!(
            "other machines can reach this server without https: passwords and tokens cross the \
             network in the clear; put a proxy with https in front and name it (public_address)"
        );
    }
}
