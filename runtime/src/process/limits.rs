//! What the runner may use of the machine, and with it everything it starts.

use rustix::io;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Most open files of one process. Some systems allow a thousand million, and programs that close
/// whatever may be open then count for minutes.
const OPEN_FILES_MAX: u64 = 65_536;

/// Restricts this process before it starts the command: no core files, which hold whatever was in
/// memory, and a sane number of open files. A smaller limit that is in force stays.
///
/// The number of processes is not limited here: that limit counts all processes of the user, the
/// server among them, so a command that reaches it would keep the server from starting steps, and
/// it does not hold for root at all. The service manager can limit it (`TasksMax=`).
pub(super) fn restrict() -> io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    let files = getrlimit(Resource::Nofile);
    let current = Some(at_most(files.current, OPEN_FILES_MAX));
    setrlimit(Resource::Nofile, Rlimit { current, ..files })
}

fn at_most(limit: Option<u64>, most: u64) -> u64 {
    limit.map_or(most, |limit| limit.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_becomes_one_and_a_smaller_one_stays() {
        assert_eq!(at_most(None, 8), 8);
        assert_eq!(at_most(Some(9), 8), 8);
        assert_eq!(at_most(Some(7), 8), 7);
    }
}
