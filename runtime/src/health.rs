//! What troubles the engine just now, and what it therefore leaves undone.
//!
//! One small state machine per trouble, each a file of its own that reads no clock and does no
//! work; its watch feeds them once a second, the committer tells what it meets, and whoever is about
//! to do something asks here first.

mod ballast;
mod clock_watch;
mod damage;
mod database_watch;
mod disk;
mod disk_watch;
mod limits;
mod log_watch;
mod memory;
mod memory_watch;
mod panic_watch;
mod room;
mod slowness;
mod told;
pub(crate) mod watch;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::Action;
use engine::orchestrator::{Hindrance, Trouble};
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::log::LogFault;
use crate::store::{Concern, StoreError};

pub(crate) use ballast::Ballast;
pub(crate) use clock_watch::CLOCKS_DIFFER_BY;
pub use disk::{Disk, DiskOfFolder};
pub use disk_watch::Space;
pub(crate) use limits::LogLimit;
pub use memory::{Memory, MemoryOfProcess};
pub(crate) use room::{Place, Room};

use damage::{Damage, DamageWatch};
use database_watch::DatabaseWatch;
use disk_watch::{DiskWatch, Room as DiskRoom};
use log_watch::LogWatch;
use memory_watch::MemoryWatch;
use panic_watch::PanicWatch;
use slowness::Slowness;
use told::Jump;

/// Everything that is known. Clones are the same.
#[derive(Clone)]
pub(crate) struct Health(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    ballast: Ballast,
    log_limit: LogLimit,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    database: DatabaseWatch,
    damage: DamageWatch,
    slowness: Slowness,
    disk: DiskWatch,
    log: LogWatch,
    memory: MemoryWatch,
    panics: PanicWatch,
    jump: Option<Jump>,
    jumps: u64,
}

/// What somebody is about to ask of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A new workflow.
    Create,
    /// To cancel or to delete one, which a full disk does not keep anybody from trying.
    GiveUp,
    /// Anything else that is written down.
    Change,
}

impl Ask {
    /// What an action is about to ask.
    pub(crate) const fn of(action: &Action) -> Self {
        match action {
            Action::Cancel | Action::Delete => Self::GiveUp,
            _ => Self::Change,
        }
    }
}

/// How many attempts may start now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claims {
    /// As many as there are slots.
    All,
    /// Half as many.
    Half,
    /// None.
    None,
}

impl Health {
    /// Nothing is known to be wrong yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, ballast: Ballast) -> Self {
        Self(Arc::new(Inner {
            clock,
            ballast,
            log_limit: LogLimit::default(),
            state: Mutex::default(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves nothing half done here: every change is one assignment.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stands in the way of this, if anything does.
    pub(crate) fn hinders(&self, ask: Ask) -> Option<Hindrance> {
        let state = self.state();
        if state.database.away().is_some() {
            return Some(Hindrance::DatabaseAway);
        }
        match (state.disk.room().0, ask) {
            (DiskRoom::None, Ask::Create | Ask::Change) => Some(Hindrance::DiskFull),
            (DiskRoom::Little, Ask::Create) => Some(Hindrance::DiskNearlyFull),
            _ => None,
        }
    }

    /// How many attempts may start now.
    pub(crate) fn claims(&self) -> Claims {
        let state = self.state();
        let is_full = state.disk.room().0 == DiskRoom::None;
        if state.database.away().is_some() || is_full || state.memory.since().is_some() {
            Claims::None
        } else if state.slowness.since().is_some() {
            Claims::Half
        } else {
            Claims::All
        }
    }

    /// Whether the database cannot be written to just now.
    pub(crate) fn is_away(&self) -> bool {
        self.state().database.away().is_some()
    }

    /// Whether no attempt of this step type may start.
    pub(crate) fn is_disabled(&self, task_type: &str) -> bool {
        self.state().panics.is_disabled(task_type)
    }

    /// A commit was written, and took so long.
    pub(crate) fn committed(&self, length: Duration) {
        let steady = self.0.clock.steady();
        let mut state = self.state();
        state.slowness.took(length, steady);
        drop(state);
        self.store_worked();
    }

    /// The store did what it was asked.
    fn store_worked(&self) {
        let mut state = self.state();
        if state.database.worked() {
            state.damage.is_readable_again();
            drop(state);
            told_back();
        }
    }

    /// The file is damaged.
    fn damaged(&self, damage: Damage, told: &dyn fmt::Display) {
        let now = self.0.clock.now();
        if self.state().damage.met(damage, now) {
            error!(%told, "the database is damaged; restore a copy of it. \"job-orchestrator \
                doctor\" says what it concerns");
        }
    }

    /// The file was looked through, and this is wrong with it.
    pub(crate) fn looked_through(&self, problems: &[String]) {
        if let Some(first) = problems.first() {
            self.damaged(Damage::Pages, first);
        }
    }

    /// The store could not do what it was asked. Rows that cannot be written say nothing about it,
    /// unless the file itself is damaged.
    pub(crate) fn store_failed(&self, fault: &StoreError) {
        let now = self.0.clock.now();
        match fault {
            StoreError::DamagedPage(_) => self.damaged(Damage::Pages, fault),
            StoreError::Damaged(_) => self.damaged(Damage::Whole, fault),
            _ => {}
        }
        match fault.concern() {
            Concern::Rows => {}
            Concern::Disk => self.ran_out_of_room(fault),
            Concern::Database => {
                if self.state().database.failed(now, &fault.to_string()) {
                    error!(%fault, "database away: nothing new starts, nothing is changed by \
                        people, and what steps come to waits in memory");
                }
            }
        }
    }

    fn ran_out_of_room(&self, fault: &StoreError) {
        let now = self.0.clock.now();
        if self.state().disk.ran_out(now) {
            error!(%fault, "disk full: nothing new starts, workflows can only be cancelled, and \
                what steps come to waits in memory");
        }
        self.adjust_log();
    }

    /// Gives the room that is kept for it to a commit that found none. True when that may help.
    pub(crate) fn make_room(&self) -> bool {
        match self.0.ballast.drop() {
            Ok(dropped) => dropped,
            Err(error) => {
                error!(%error, "the ballast cannot be removed from the full disk");
                false
            }
        }
    }

    /// How much of its output an attempt may keep.
    pub(crate) fn log_limit(&self) -> LogLimit {
        self.0.log_limit.clone()
    }

    /// Whether the log of steps was read.
    pub(crate) fn log_was_read(&self, read: Result<(), &LogFault>) {
        let now = self.0.clock.now();
        let news = self.state().log.was_read(read.is_ok(), now);
        match (read, news) {
            (Err(fault), Some(_)) => error!(%fault, "the log of steps cannot be read"),
            (Ok(()), Some(_)) => info!("the log of steps can be read again"),
            (_, None) => {}
        }
    }

    /// Whether the log of steps was written.
    pub(crate) fn log_was_written(&self, written: Result<(), &LogFault>) {
        let now = self.0.clock.now();
        let news = self.state().log.was_written(written.is_ok(), now);
        match (written, news) {
            (Err(fault), Some(_)) => error!(%fault, "the log of steps cannot be written"),
            (Ok(()), Some(_)) => info!("the log of steps can be written again"),
            (_, None) => {}
        }
    }

    /// Whether the last one who read the log of steps could not.
    fn log_is_unread(&self) -> bool {
        self.state().log.is_unread()
    }

    /// Whether the file of that log is where it was.
    fn log_is_there(&self, there: Result<(), LogFault>) {
        let now = self.0.clock.now();
        let is_new = self.state().log.is_there(there.is_ok(), now);
        if let (Err(fault), true) = (there, is_new) {
            error!(%fault, "the log of steps is lost at the next start");
        }
    }

    /// A panic in an attempt of this step type was caught.
    pub(crate) fn panicked(&self, task_type: &str) {
        let (now, steady) = (self.0.clock.now(), self.0.clock.steady());
        if self.state().panics.panicked(task_type, steady, now) {
            error!(
                task_type,
                "the step type panicked three times within a minute and is not started any more, \
                 until an owner saves the settings of steps or the server starts anew"
            );
        }
    }

    /// An owner allows every step type again. True when one was disabled.
    pub(crate) fn allow_step_types(&self) -> bool {
        self.state().panics.allow_all()
    }

    /// The wall clock was set forward by so many microseconds, or back.
    fn clock_was_set(&self, micros: i64) {
        let at = self.0.clock.now();
        let mut state = self.state();
        state.jumps += 1;
        state.jump = Some(Jump { at, micros });
        warn!(
            seconds = micros / 1_000_000,
            jumps = state.jumps,
            "clock_jump: the machine's clock was set; due times are read again"
        );
    }

    /// What is wrong just now.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        told::all(&self.state(), self.0.clock.now())
    }

    /// As the room on the disk allows it, logs are kept whole, cut or not at all.
    fn adjust_log(&self) {
        let room = self.state().disk.room().0;
        self.0.log_limit.set(match room {
            DiskRoom::Ample => limits::WHOLE,
            DiskRoom::Little => limits::CUT,
            DiskRoom::None => 0,
        });
    }
}

fn told_back() {
    info!("the database is back: what waited is written first, then steps start again");
}
