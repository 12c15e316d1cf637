//! Every trouble in sentences: what it means and what mends it.

use std::time::Duration;

use engine::Timestamp;
use engine::orchestrator::{Trouble, TroubleKind};

use super::State;
use super::damage::Damage;
use super::disk_watch::Room;
use super::log_watch::LogTrouble;

/// How long a jump of the clock is told.
const JUMP_TOLD_FOR: Duration = Duration::from_secs(600);

/// The wall clock was set.
#[derive(Clone, Copy)]
pub(super) struct Jump {
    pub(super) at: Timestamp,
    pub(super) micros: i64,
}

/// All that is wrong, the worst first.
pub(super) fn all(state: &State, now: Timestamp) -> Vec<Trouble> {
    let mut all = Vec::new();
    let mut tell = |kind, since, text: String| all.push(Trouble { kind, since, text });
    if let Some(away) = state.database.away() {
        let text = "The database cannot be written to. Running steps go on and what they come to is \
                    kept; nothing new starts and nothing can be changed until it is back.";
        tell(TroubleKind::DatabaseAway, away.since, text.into());
    }
    if let Some((damage, since)) = state.damage.known() {
        let text = match damage {
            Damage::Pages => {
                "The database is damaged in some places. Workflows that this concerns are put into \
                 quarantine when they are met; everything else goes on. Restore a copy of it."
            }
            Damage::Whole => {
                "The database is damaged, so that nothing can be relied on. Stop the server and \
                 restore a copy of it."
            }
        };
        tell(TroubleKind::DatabaseDamaged, since, text.into());
    }
    match state.disk.room() {
        (Room::None, since) => {
            let text = "The disk is full. Running steps go on and what they come to is kept; nothing \
                        new starts, and workflows can only be cancelled. Free some room.";
            tell(TroubleKind::DiskFull, since, text.into());
        }
        (Room::Little, since) => {
            let text = "The disk is nearly full. No new workflow can be created and logs of steps are \
                        cut short. Free some room.";
            tell(TroubleKind::DiskNearlyFull, since, text.into());
        }
        (Room::Ample, _) => {}
    }
    if let Some((trouble, since)) = state.log.known() {
        let text = match trouble {
            LogTrouble::Gone => {
                "The log of steps cannot be read or kept. Everything else goes on. Put logs.db back, or \
                 restart the server, which begins a new one."
            }
            LogTrouble::Stuck => {
                "The log of steps cannot be read or written just now, and what steps write meanwhile may \
                 be lost. Everything else goes on. The log of the server says why; this goes away by \
                 itself."
            }
        };
        tell(TroubleKind::LogAway, since, text.into());
    }
    if let Some(since) = state.memory.since() {
        let text = "The server uses more memory than it may. No step starts until it uses less, and pages \
                    follow with pauses.";
        tell(TroubleKind::Memory, since, text.into());
    }
    if let Some(since) = state.slowness.since() {
        let text = "The database answers slowly. Fewer steps start at once and pages follow with a \
                    delay.";
        tell(TroubleKind::DatabaseSlow, since, text.into());
    }
    for (name, since) in state.panics.disabled() {
        let text = format!(
            "Steps of type {name} broke three times within a minute and are not started any more. \
             An owner allows them again by saving the settings of step types."
        );
        tell(TroubleKind::StepTypeDisabled, since, text);
    }
    if let Some(jump) = state.jump.filter(|jump| jump.is_recent(now)) {
        tell(TroubleKind::ClockJump, jump.at, jump.told());
    }
    all
}

impl Jump {
    fn is_recent(self, now: Timestamp) -> bool {
        now.since(self.at) < JUMP_TOLD_FOR
    }

    fn told(self) -> String {
        let direction = if self.micros < 0 { "back" } else { "forward" };
        let seconds = self.micros.unsigned_abs() / 1_000_000;
        format!(
            "The machine's clock was set {direction} by {seconds} s. Steps that wait are counted on \
             another clock and are not held up."
        )
    }
}
