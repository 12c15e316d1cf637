//! The first visit: the owner is made by whoever can read the console. The page is the
//! application's; its form is posted here.
//!
//! A refused form leads back to the page with `problem` (`name`, `short`, `long`, `common`,
//! `code`, `ended`), `code`, `name` and `commands` in the query.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use engine::orchestrator::StepSwitches;
use engine::{Actor, Role};
use tower_sessions::Session;

use crate::access::Audience;
use crate::form::{Fields, with_query};
use crate::moment::now;
use crate::password::{self, Unacceptable};
use crate::problem::ApiProblem;
use crate::setup_code::Shown;
use crate::shared::Shared;
use crate::{account_name, console, paths, plain_page, session};

/// Prints the link that makes the first owner, unless somebody has an account.
///
/// # Errors
/// When the accounts cannot be read or the system gives no randomness.
pub async fn announce(shared: &Shared) -> Result<(), ApiProblem> {
    if shared.accounts.any().await? {
        return Ok(());
    }
    let code = shared.setup_code.renew();
    let code = code.map_err(|error| ApiProblem::from_fault(&error))?;
    let link = with_query(paths::SETUP, &[("code", &code)]);
    console::say("Make the owner's account (once, within 30 minutes):");
    console::say(&format!("  {}{link}", shared.hosts.address()));
    Ok(())
}

/// The layer: once somebody has an account there is no set-up page.
pub async fn gate(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let asks = request.uri().path() == paths::SETUP
        && matches!(*request.method(), Method::GET | Method::HEAD);
    if !asks {
        return next.run(request).await;
    }
    match shared.accounts.any().await {
        Ok(true) => Redirect::to(paths::LOGIN).into_response(),
        Ok(false) => next.run(request).await,
        Err(error) => ApiProblem::from(error).answered_to(Audience::Person),
    }
}

/// `POST /setup` with `code`, `name`, `password` and `commands`.
pub async fn create_owner(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    session: Session,
    fields: Fields,
) -> Response {
    match make(&shared, &session, &fields).await {
        Ok(()) => Redirect::to(paths::HOME).into_response(),
        Err(Refused::Exists) => exists(),
        Err(Refused::Fault(problem)) => problem.answered_to(Audience::Person),
        Err(Refused::Field(problem)) => {
            tracing::warn!(%peer, problem, "the owner's account was not made");
            let commands = if fields.is_ticked("commands") {
                "on"
            } else {
                "off"
            };
            let query = [
                ("problem", problem),
                ("code", fields.text("code")),
                ("name", fields.text("name")),
                ("commands", commands),
            ];
            Redirect::to(&with_query(paths::SETUP, &query)).into_response()
        }
    }
}

/// Why the owner was not made.
enum Refused {
    /// The word for the page.
    Field(&'static str),
    /// Somebody has an account.
    Exists,
    /// A fault of ours.
    Fault(ApiProblem),
}

impl<E: Into<ApiProblem>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

async fn make(shared: &Shared, session: &Session, fields: &Fields) -> Result<(), Refused> {
    if shared.accounts.any().await? {
        return Err(Refused::Exists);
    }
    let (name, password) = (fields.text("name").trim(), fields.text("password"));
    let wrong = |problem| Err(Refused::Field(problem));
    if account_name::accept(name).is_err() {
        return wrong("name");
    }
    match password::accept(password, name) {
        Ok(()) => {}
        Err(Unacceptable::Short) => return wrong("short"),
        Err(Unacceptable::Long) => return wrong("long"),
        Err(Unacceptable::Common) => return wrong("common"),
    }
    // Last, because it uses the code up.
    match shared.setup_code.show(fields.text("code")) {
        Shown::Right => {}
        Shown::Wrong => return wrong("code"),
        Shown::Ended => {
            announce(shared).await?;
            return wrong("ended");
        }
    }
    let kept = shared.passwords.hash(password).await;
    let kept = kept.map_err(|error| ApiProblem::from_fault(&error))?;
    let Ok(account) = shared.accounts.create_first(name, &kept, now()).await? else {
        return Err(Refused::Exists);
    };
    tracing::info!(name = %name, "the owner's account was made");
    if fields.is_ticked("commands") {
        let owner = Actor::person(name, Role::Owner);
        let present = shared.service.switches(&owner).await?;
        let switches = StepSwitches {
            commands: true,
            ..present
        };
        shared.service.set_switches(&owner, switches).await?;
    }
    Ok(session::begin(session, account).await?)
}

fn exists() -> Response {
    plain_page::page(
        StatusCode::CONFLICT,
        "Already set up",
        "The owner's account was made before, so nothing was done.",
        (paths::LOGIN, "Sign in"),
    )
}
