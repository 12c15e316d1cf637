//! Places at which a test makes this process end itself, as by `kill -9`: nothing is flushed,
//! closed or unwound. Only a development build has them.
//!
//! `JOB_ORCHESTRATOR_CRASH_AT=c6` ends the process when it comes to that place for the first time,
//! `c6:3` when it does for the third time. The places, in the order in which an attempt passes:
//!
//! | place | what is on disk, and what is not |
//! |---|---|
//! | `c0` | an attempt is decided; nothing of it is written |
//! | `c1` | its start is written; nobody was told to carry it out |
//! | `c2` | somebody was; the handler has not begun |
//! | `c2-runner` | its runner exists, and has not been told what to run |
//! | `c3` | the effect is under way: the command has said something, the answer to a call begins |
//! | `c4` | the handler has ended; its report is not sent |
//! | `c5` | what follows is decided; nothing of it is written |
//! | `c6` | some rows are written, in a transaction that is open |
//! | `c6-whole` | all are; the transaction is open |
//! | `c7` | it is committed; nobody was answered, nothing that follows was begun |
//! | `c8` | everybody was answered; whoever waits for events was not woken |
//! | `c9` | an attempt of the last server is proven dead; that it is lost is not said |
//! | `c9-page` | a page of active workflows is in memory; the next one is not |
//! | `c10` | within a migration; counted in instructions of SQLite |

#[cfg(debug_assertions)]
pub(crate) use armed::{is_awaited, reach};

/// The same call in a release, where it is nothing.
#[cfg(not(debug_assertions))]
pub(crate) const fn reach(_place: &str) {}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use rustix::process::{Signal, getpid, kill_process};

    const VARIABLE: &str = "JOB_ORCHESTRATOR_CRASH_AT";

    struct Armed {
        place: String,
        /// Passages until the end.
        left: AtomicU64,
    }

    static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| read(&std::env::var(VARIABLE).ok()?));

    fn read(text: &str) -> Option<Armed> {
        let (place, passage) = text.split_once(':').unwrap_or((text, "1"));
        Some(Armed {
            place: place.to_owned(),
            left: AtomicU64::new(passage.parse().ok()?),
        })
    }

    /// Ends the process if this is the place, and this the passage, that was asked for.
    pub(crate) fn reach(place: &str) {
        let Some(armed) = ARMED.as_ref().filter(|armed| armed.place == place) else {
            return;
        };
        if armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            // Nothing can be done about a signal that is not sent, and no test would pass then.
            let _ = kill_process(getpid(), Signal::KILL);
            loop {
                std::thread::park();
            }
        }
    }

    /// Whether the process will end at this place.
    pub(crate) fn is_awaited(place: &str) -> bool {
        ARMED.as_ref().is_some_and(|armed| armed.place == place)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_place_is_read_with_its_passage() {
            let read = |text| read(text).map(|armed| (armed.place, armed.left.into_inner()));
            assert_eq!(read("c6-whole"), Some(("c6-whole".into(), 1)));
            assert_eq!(read("c10:250"), Some(("c10".into(), 250)));
            assert_eq!(read("c1:soon"), None);
        }
    }
}
