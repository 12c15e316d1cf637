//! Signals to everything below the runner. Because the runner is the reaper of its descendants,
//! whatever loses its parent becomes its child, so nothing can leave the tree.

use std::collections::BTreeSet;

use rustix::process::{Signal, getpid};

use super::signal::send;
use super::table::{Process, descendants, snapshot};

/// Scans after which a tree that keeps growing is first frozen, then killed.
const QUICK_PASSES: u32 = 3;
/// Scans spent on freezing before the kill is sent anyway.
const FREEZING_PASSES: u32 = 50;

/// Everything alive below this process.
fn tree() -> Vec<Process> {
    let own = getpid().as_raw_nonzero().get();
    // An unreadable table yields nothing; the caller asks again until nothing is left to reap.
    snapshot()
        .map(|all| descendants(&all, [own]))
        .unwrap_or_default()
}

/// How many processes are alive below this one.
pub(super) fn count() -> usize {
    tree().len()
}

/// Asks the whole tree to end; wakes what is stopped so that it can.
pub(super) fn terminate() {
    let found = tree();
    for process in &found {
        send(process, Signal::TERM);
    }
    for process in &found {
        send(process, Signal::CONT);
    }
}

/// Kills the whole tree, once; to be repeated until there is nothing left to reap. Killing frees
/// places in the process table that a fork bomb fills at once, so after a few passes the tree is
/// stopped first: what is stopped does not fork.
///
/// Answers how many processes were signalled.
pub(super) fn kill(pass: u32) -> usize {
    if pass >= QUICK_PASSES {
        freeze(tree);
    }
    let found = tree();
    for process in &found {
        send(process, Signal::KILL);
    }
    found.len()
}

/// Stops everything `find` yields, again and again until it yields nothing new.
pub(super) fn freeze(find: impl Fn() -> Vec<Process>) {
    let mut stopped = BTreeSet::new();
    for _ in 0..FREEZING_PASSES {
        let mut grew = false;
        for process in find() {
            if stopped.insert((process.pid, process.started)) {
                grew = true;
                send(&process, Signal::STOP);
            }
        }
        if !grew {
            return;
        }
    }
}
