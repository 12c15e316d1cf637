//! What the pages ask about step types.

use engine::orchestrator::StepSwitches;
use engine::step_form::StepSpec;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Answer, ApiError};
#[cfg(feature = "ssr")]
use super::{answer, current_user, go_back_to, service};

/// The owner's switches as one visitor sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchesView {
    /// What is allowed now.
    pub switches: StepSwitches,
    /// Whether the visitor may change it.
    pub may_change: bool,
    /// Why nobody can change whether steps start programs, when that is so.
    pub commands_fixed: Option<String>,
    /// Why nobody can change whether private addresses are reached, when that is so.
    pub private_addresses_fixed: Option<String>,
}

/// What each step type is and which fields it has.
#[server(prefix = "/fn", endpoint = "step-types", output = Answer)]
pub async fn list_step_types() -> Result<Vec<StepSpec>, ApiError> {
    let user = current_user()?;
    answer(service()?.step_types(&user).await)
}

/// What steps may do on this server, and whether whoever looks may change it.
#[server(prefix = "/fn", endpoint = "step-switches", output = Answer)]
pub async fn read_step_switches() -> Result<SwitchesView, ApiError> {
    let user = current_user()?;
    let service = service()?;
    let switches = answer(service.switches(&user).await)?;
    let fixed = answer(service.fixed_switches(&user).await)?;
    Ok(SwitchesView {
        switches,
        may_change: user.may(engine::Role::Owner),
        commands_fixed: fixed.commands.map(str::to_owned),
        private_addresses_fixed: fixed.private_addresses.map(str::to_owned),
    })
}

/// Allows or forbids; a box that is not ticked is not sent.
#[server(prefix = "/fn", endpoint = "step-switches/set", output = Answer)]
pub async fn set_step_switches(
    #[server(default)] commands: Option<String>,
    #[server(default)] private_addresses: Option<String>,
) -> Result<(), ApiError> {
    let user = current_user()?;
    let switches = StepSwitches {
        commands: commands.is_some(),
        private_addresses: private_addresses.is_some(),
    };
    answer(service()?.set_switches(&user, switches).await)?;
    go_back_to(crate::paths::STEP_TYPES_SAVED);
    Ok(())
}
