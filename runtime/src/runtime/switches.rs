//! What the owner allows steps to do, kept in the database.

use async_trait::async_trait;
use engine::orchestrator::{Answer, FixedSwitches, StepSwitches, SwitchedOff};
use engine::{
    Actor, Handler, JobOrchestratorError, Role, Switches, WorkflowDefinition, WorkflowId,
    WorkflowStatus,
};

use super::{Runtime, read_fault, require};
use crate::committer::Message;
use crate::fault;
use crate::health::Ask;
use crate::store::{Store, StoreError};

const COMMANDS: &str = "commands";
/// Why steps of a type that panicked again and again do not start.
const BROKEN: &str = "steps of this type broke three times within a minute; an owner can allow them \
                      again by saving the settings of step types";
const PRIVATE_ADDRESSES: &str = "private_addresses";
/// Why nobody can switch off what the program was started with.
const COMMANDS_FIXED: &str = "steps may start programs because the server was started with \
                              --allow-commands; start it without to change this here";
const PRIVATE_ADDRESSES_FIXED: &str = "HTTP steps may reach this machine and private networks because \
                                       the server was started with --allow-private-addresses; start \
                                       it without to change this here";

/// What the database says, or was allowed when the program was started.
pub(super) async fn load(
    store: &dyn Store,
    allow: StepSwitches,
) -> Result<StepSwitches, StoreError> {
    let is_on = |value: Option<String>| value.as_deref() == Some("on");
    Ok(StepSwitches {
        commands: allow.commands || is_on(store.setting(COMMANDS).await?),
        private_addresses: allow.private_addresses
            || is_on(store.setting(PRIVATE_ADDRESSES).await?),
    })
}

fn fixed(allow: StepSwitches) -> FixedSwitches {
    FixedSwitches {
        commands: allow.commands.then_some(COMMANDS_FIXED),
        private_addresses: allow.private_addresses.then_some(PRIVATE_ADDRESSES_FIXED),
    }
}

impl Runtime {
    /// Refuses to start what cannot be carried out as the switches stand now.
    pub(super) fn may_start(&self, definition: &WorkflowDefinition) -> Answer<()> {
        let (registry, switches) = (self.inner.handlers.registry(), self.inner.switches.get());
        let steps = definition.steps().iter().enumerate();
        let off: Vec<_> = steps
            .filter(|(_, step)| step.handler == Handler::StepType)
            .filter_map(|(task, step)| {
                let broken = self.inner.health.is_disabled(&step.task_type);
                let why = registry.switched_off(&step.task_type, switches);
                let why = why.or(broken.then_some(BROKEN))?;
                let name = step.name.clone();
                Some(SwitchedOff { task, name, why })
            })
            .collect();
        if off.is_empty() {
            return Ok(());
        }
        Err(JobOrchestratorError::SwitchedOff(off))
    }

    /// The same for a workflow that was created earlier. One that is paused goes on: it may be past
    /// the steps that are switched off.
    pub(super) async fn may_be_started(&self, id: WorkflowId) -> Answer<()> {
        let stored = self.stored(id).await?;
        match stored.workflow.status() {
            WorkflowStatus::Pending => self.may_start(stored.workflow.definition()),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Switches for Runtime {
    async fn switches(&self, actor: &Actor) -> Answer<StepSwitches> {
        require(actor, Role::Viewer)?;
        Ok(self.inner.switches.get())
    }

    async fn fixed_switches(&self, actor: &Actor) -> Answer<FixedSwitches> {
        require(actor, Role::Viewer)?;
        Ok(fixed(self.inner.allow))
    }

    async fn set_switches(&self, actor: &Actor, switches: StepSwitches) -> Answer<()> {
        require(actor, Role::Owner)?;
        self.is_possible(Ask::Change)?;
        let store = &self.inner.store;
        let word = |on| if on { "on" } else { "off" };
        let fixed = fixed(self.inner.allow);
        let wanted = [
            (COMMANDS, switches.commands, fixed.commands),
            (
                PRIVATE_ADDRESSES,
                switches.private_addresses,
                fixed.private_addresses,
            ),
        ];
        let refused = wanted.iter().find_map(|(_, on, why)| why.filter(|_| !on));
        if let Some(why) = refused {
            return Err(JobOrchestratorError::Conflict(why.to_owned()));
        }
        // What is fixed says nothing about what the owner wants when it is not.
        for (name, on, _) in wanted.into_iter().filter(|(.., why)| why.is_none()) {
            let set = store.set_setting(name, word(on)).await;
            set.map_err(|cause| {
                self.inner.health.store_failed(&cause);
                fault::of_store("writing a setting", &cause)
            })?;
        }
        let kept = load(store.as_ref(), self.inner.allow).await;
        self.inner
            .switches
            .set(kept.map_err(|cause| read_fault(&cause))?);
        if self.inner.health.allow_step_types() {
            // An engine that is gone has nothing to start.
            drop(self.inner.outbox.send(Message::LookAgain));
        }
        Ok(())
    }
}
