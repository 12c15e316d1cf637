//! Signals that end `cargo xtask dev`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Which signals came.
pub struct Ending {
    interrupted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
}

impl Ending {
    /// From now on signals are noted and no longer end the program.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn watch() -> Result<Self> {
        let noted = |signal| {
            let came = Arc::new(AtomicBool::new(false));
            flag::register(signal, Arc::clone(&came)).context("signals cannot be watched for")?;
            Ok::<_, anyhow::Error>(came)
        };
        Ok(Self {
            interrupted: noted(SIGINT)?,
            terminated: noted(SIGTERM)?,
        })
    }

    /// Whether Ctrl-C was pressed. The terminal sent it to the server as well; a second signal
    /// would keep that from ending in order.
    pub fn told_the_server(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Whether somebody asked only this program to end.
    pub fn is_asked(&self) -> bool {
        self.terminated.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_signal_is_noted_and_does_not_end_the_program() {
        let ending = Ending::watch().unwrap();
        assert!(!ending.is_asked() && !ending.told_the_server());
        let me = std::process::id().to_string();
        for (name, came) in [
            ("-TERM", Ending::is_asked as fn(&Ending) -> bool),
            ("-INT", Ending::told_the_server),
        ] {
            assert!(
                Command::new("kill")
                    .args([name, &me])
                    .status()
                    .unwrap()
                    .success()
            );
            while !came(&ending) {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
}
