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

/// Who of the tree was asked to end. Each process is asked once.
#[derive(Debug, Default)]
pub(super) struct Asked {
    begun: bool,
    told: BTreeSet<(i32, u64)>,
}

impl Asked {
    /// Asks the whole tree to end, and wakes what is stopped so that it can; asked again, those
    /// who have joined it since. The first time the tree is stopped before, so that nobody is born
    /// unseen. A later child of somebody who was asked and still lives is left alone: it may be
    /// the clean-up. Once its parent is gone it is asked as well.
    pub(super) fn ask(&mut self) {
        if !self.begun {
            self.begun = true;
            freeze(tree);
        }
        let newcomers = self.newcomers(&tree());
        for process in &newcomers {
            send(process, Signal::TERM);
        }
        for process in &newcomers {
            send(process, Signal::CONT);
        }
    }

    /// Those to be asked now; `found` names parents before their children.
    fn newcomers(&mut self, found: &[Process]) -> Vec<Process> {
        let mut left_alone = BTreeSet::new();
        let mut newcomers = Vec::new();
        for process in found {
            let name = (process.pid, process.started);
            if self.told.contains(&name) || left_alone.contains(&process.parent) {
                left_alone.insert(process.pid);
            } else {
                newcomers.push(*process);
            }
        }
        let names = newcomers
            .iter()
            .map(|process| (process.pid, process.started));
        self.told.extend(names);
        newcomers
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

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, parent: i32) -> Process {
        Process {
            pid,
            parent,
            started: 1,
            zombie: false,
        }
    }

    fn asked(asked: &mut Asked, found: &[Process]) -> Vec<i32> {
        let newcomers = asked.newcomers(found);
        newcomers.iter().map(|process| process.pid).collect()
    }

    #[test]
    fn each_is_asked_once_and_the_clean_up_of_one_who_lives_is_left_alone() {
        let mut list = Asked::default();
        let runner = 1;
        let first = [process(2, runner), process(3, 2)];
        assert_eq!(asked(&mut list, &first), [2, 3]);
        // 2 cleans up with 4, which starts 5; 6 was left behind by one that is gone.
        let second = [
            process(2, runner),
            process(6, runner),
            process(4, 2),
            process(5, 4),
        ];
        assert_eq!(asked(&mut list, &second), [6]);
        assert_eq!(asked(&mut list, &second), [0; 0]);
        // 2 is gone, so 4 is a child of the runner. A number that comes back is somebody else.
        let mut again = process(3, runner);
        again.started = 2;
        let third = [process(4, runner), again, process(5, 4)];
        assert_eq!(asked(&mut list, &third), [4, 3, 5]);
    }
}
