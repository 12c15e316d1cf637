//! The system's process table, as far as it is needed to find a tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use rustix::process::Pid;

/// One living process. The start time tells it from a later process with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Process {
    pub pid: i32,
    pub parent: i32,
    /// Clock ticks after the system's start.
    pub started: u64,
    /// Ended already, and only waiting to be reaped.
    pub zombie: bool,
}

impl Process {
    /// The process with this number, or `None` if there is none.
    pub fn read(pid: i32) -> Option<Self> {
        Self::parse(pid, &fs::read(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Reads `pid (name) state ppid ...`; the name may hold anything, also spaces and brackets,
    /// so the fields are counted from its last closing bracket.
    fn parse(pid: i32, stat: &[u8]) -> Option<Self> {
        let name_end = stat.iter().rposition(|byte| *byte == b')')?;
        let rest = std::str::from_utf8(stat.get(name_end + 1..)?).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        Some(Self {
            pid,
            parent: fields.get(1)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
            zombie: matches!(*fields.first()?, "Z" | "X" | "x"),
        })
    }

    /// This number in the form system calls want.
    pub fn id(&self) -> Option<Pid> {
        Pid::from_raw(self.pid)
    }

    /// Whether the environment it was started with holds exactly this `NAME=value`. Unreadable
    /// means no: processes of other users carry no mark of ours.
    pub fn carries(&self, variable: &str) -> bool {
        fs::read(format!("/proc/{}/environ", self.pid)).is_ok_and(|environment| {
            environment
                .split(|byte| *byte == 0)
                .any(|entry| entry == variable.as_bytes())
        })
    }
}

/// Everything that is in the process table now. Processes that come or go meanwhile may or may
/// not be in it.
pub(super) fn snapshot() -> io::Result<Vec<Process>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        // A process that ends while its folder is read is no error.
        let Ok(entry) = entry else { continue };
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok());
        found.extend(pid.and_then(Process::read));
    }
    Ok(found)
}

/// The processes below `roots`, without them: parents before their children, zombies left out but
/// looked through.
pub(super) fn descendants(all: &[Process], roots: impl IntoIterator<Item = i32>) -> Vec<Process> {
    let mut children: BTreeMap<i32, Vec<&Process>> = BTreeMap::new();
    for process in all {
        children.entry(process.parent).or_default().push(process);
    }
    let mut waiting: Vec<i32> = roots.into_iter().collect();
    let mut seen: BTreeSet<i32> = waiting.iter().copied().collect();
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(parent) = waiting.get(next).copied() {
        next += 1;
        for child in children.get(&parent).into_iter().flatten() {
            if seen.insert(child.pid) {
                waiting.push(child.pid);
                if !child.zombie {
                    found.push(**child);
                }
            }
        }
    }
    found
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

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let stat = b"7 (a) Z (b) S 3 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 991 1 1\n";
        let read = Process::parse(7, stat).unwrap();
        assert_eq!(
            read,
            Process {
                pid: 7,
                parent: 3,
                started: 991,
                zombie: false
            }
        );
    }

    #[test]
    fn descendants_are_found_through_zombies_and_without_their_root() {
        let mut dead = process(3, 2);
        dead.zombie = true;
        let all = [
            process(9, 1),
            process(4, 3),
            dead,
            process(2, 1),
            process(5, 4),
        ];
        let found: Vec<i32> = descendants(&all, [2])
            .iter()
            .map(|process| process.pid)
            .collect();
        assert_eq!(found, [4, 5]);
    }

    #[test]
    fn this_process_is_in_the_table() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(
            snapshot()
                .unwrap()
                .iter()
                .any(|process| process.pid == own && !process.zombie)
        );
    }
}
