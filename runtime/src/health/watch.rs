//! Looks after everything once a second, for as long as the engine is in use.

use std::sync::{Arc, Weak};
use std::time::Duration;

use engine::WorkflowId;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, error, info, warn};

use super::clock_watch::ClockWatch;
use super::disk_watch::Room as DiskRoom;
use super::{Claims, Disk, Health, Memory};
use crate::committer::Message;
use crate::runtime::Inner;
use crate::settings::Settings;
use crate::store::Store;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);

/// Watches over the engine until nobody uses it any more.
pub(crate) fn start(inner: &Arc<Inner>, disk: Option<Arc<dyn Disk>>, memory: Arc<dyn Memory>) {
    let watch = Watch {
        clocks: ClockWatch::new(inner.clock.now(), inner.clock.steady()),
        claims: Claims::All,
        probe: None,
        log_probe: None,
        disk,
        memory,
    };
    drop(tokio::spawn(watch.run(Arc::downgrade(inner))));
}

struct Watch {
    clocks: ClockWatch,
    /// What was allowed when it looked last.
    claims: Claims,
    /// The question to the store that is not answered yet.
    probe: Option<JoinHandle<()>>,
    /// The same of the log of steps.
    log_probe: Option<JoinHandle<()>>,
    disk: Option<Arc<dyn Disk>>,
    memory: Arc<dyn Memory>,
}

impl Watch {
    async fn run(mut self, inner: Weak<Inner>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(inner) = inner.upgrade() else { return };
            if inner.outbox.is_closed() {
                return;
            }
            self.look_at_clocks(&inner);
            self.look_at_disk(&inner.health, &inner.settings);
            self.look_at_memory(&inner.health, &inner.settings);
            inner.health.log_is_there(inner.log().check());
            inner.health.judge_slowness();
            self.ask_store(&inner);
            self.ask_log(&inner);
            self.wake_committer(&inner);
        }
    }

    fn look_at_clocks(&mut self, inner: &Inner) {
        let (now, steady) = (inner.clock.now(), inner.clock.steady());
        if let Some(jump) = self.clocks.compare(now, steady) {
            inner.health.clock_was_set(jump);
            // An engine that is gone has no due times.
            drop(inner.outbox.send(Message::ClockWasSet));
        }
    }

    fn look_at_disk(&self, health: &Health, settings: &Settings) {
        let Some(disk) = &self.disk else { return };
        match disk.space() {
            Ok(space) => health.measured(space, settings),
            Err(error) => warn!(%error, "how much room is left on the disk is not known"),
        }
    }

    fn look_at_memory(&self, health: &Health, settings: &Settings) {
        let Some(limit) = settings.memory else { return };
        match self.memory.resident() {
            Ok(resident) => health.memory_measured(resident, limit),
            Err(error) => warn!(%error, "how much memory this process uses is not known"),
        }
    }

    /// Asks one question at a time: a store that does not answer is not asked again and again.
    fn ask_store(&mut self, inner: &Inner) {
        if is_open(self.probe.as_ref()) {
            return;
        }
        let (store, health) = (inner.store(), inner.health.clone());
        self.probe = Some(tokio::spawn(async move { health.probe(&*store).await }));
    }

    /// Reads the log again if that did not go well. Whether it can be written is seen by its writer.
    fn ask_log(&mut self, inner: &Inner) {
        if !inner.health.log_is_unread() || is_open(self.log_probe.as_ref()) {
            return;
        }
        let (log, health) = (inner.log().clone(), inner.health.clone());
        self.log_probe = Some(tokio::spawn(async move {
            let read = log.read(WorkflowId(0), 0, 0, 1).await;
            health.log_was_read(read.as_ref().map(drop));
        }));
    }

    /// What may start again is started by the committer, which does not look by itself.
    fn wake_committer(&mut self, inner: &Inner) {
        let claims = inner.health.claims();
        if std::mem::replace(&mut self.claims, claims) != claims {
            drop(inner.outbox.send(Message::LookAgain));
        }
    }
}

/// Whether a question is not answered yet.
fn is_open(asked: Option<&JoinHandle<()>>) -> bool {
    asked.is_some_and(|asked| !asked.is_finished())
}

impl Health {
    fn measured(&self, space: super::Space, settings: &Settings) {
        let now = self.0.clock.now();
        let changed = self.state().disk.measured(space, &settings.disk, now);
        if !changed {
            return;
        }
        let free_mib = space.free / (1024 * 1024);
        match self.state().disk.room().0 {
            DiskRoom::Little => error!(
                free_mib,
                "disk nearly full: no new workflow can be created, and logs of steps are cut short"
            ),
            _ => info!(free_mib, "there is enough room on the disk again"),
        }
        self.adjust_log();
    }

    /// Asks the store whether it can be written to. While the last answer was bad, only writing
    /// something counts as a good one.
    async fn probe(&self, store: &dyn Store) {
        let (is_suspect, is_full) = {
            let state = self.state();
            let is_full = state.disk.room().0 == DiskRoom::None;
            (state.database.is_suspect(), is_full)
        };
        match store.probe(is_suspect || is_full).await {
            Ok(true) => self.probed_well(is_full),
            Ok(false) => {}
            Err(fault) => self.store_failed(&fault),
        }
    }

    fn probed_well(&self, was_full: bool) {
        self.store_worked();
        if !was_full {
            return;
        }
        if let Err(error) = self.0.ballast.make() {
            // Once a second for as long as it lasts: that it is full was said.
            debug!(%error, "the disk has room for a little, but not for the ballast yet");
            return;
        }
        let now = self.0.clock.now();
        if self.state().disk.has_room_again(now) {
            info!("the disk has room again: what waited is written first, then steps start again");
        }
        self.adjust_log();
    }

    fn judge_slowness(&self) {
        let (now, steady) = (self.0.clock.now(), self.0.clock.steady());
        let mut state = self.state();
        if !state.slowness.judge(steady, now) {
            return;
        }
        match state.slowness.since() {
            Some(_) => warn!("database slow: half as many steps start at once"),
            None => info!("the database is quick again"),
        }
    }

    fn memory_measured(&self, resident: u64, limit: u64) {
        let now = self.0.clock.now();
        let mut state = self.state();
        if !state.memory.measured(resident, limit, now) {
            return;
        }
        let resident_mib = resident / (1024 * 1024);
        match state.memory.since() {
            Some(_) => error!(
                resident_mib,
                "memory: over the limit, no step starts and event streams are ended"
            ),
            None => info!(resident_mib, "memory: well below the limit again"),
        }
    }
}
