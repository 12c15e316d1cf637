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
/// Looks at the runner's own children that follow each look at the whole tree.
const CHILD_LOOKS: u32 = 100;

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
    found.len() + kill_children()
}

/// Kills the runner's own children, the adopted ones too, a number of times. A process that forks
/// and ends all the time is mostly gone when a look at the whole table has found it; but each of
/// them becomes a child of the runner, and those are listed in one small file.
fn kill_children() -> usize {
    let own = getpid().as_raw_nonzero().get();
    // Adopted children belong to the first thread, whose number is the process's.
    let list = format!("/proc/{own}/task/{own}/children");
    let mut killed = 0;
    for _ in 0..CHILD_LOOKS {
        // A kernel without the list: the look at the whole table has to do.
        let Ok(children) = std::fs::read_to_string(&list) else {
            break;
        };
        if children.is_empty() {
            break;
        }
        let children = children
            .split_ascii_whitespace()
            .filter_map(|pid| pid.parse().ok());
        for child in children
            .filter_map(Process::read)
            .filter(|child| !child.zombie)
        {
            send(&child, Signal::KILL);
            killed += 1;
        }
    }
    killed
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
