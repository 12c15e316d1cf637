//! One server, from its start to its sudden end.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::folder::{Folder, PATIENCE, program};

const SIGKILL: i32 = 9;

pub struct Life {
    child: Child,
    greeting: Receiver<String>,
    address: Option<String>,
}

impl Life {
    /// Starts a server that ends itself at a place of `runtime/src/crash_point.rs`, if one is named.
    pub fn begin(folder: &Folder, crash_at: Option<&str>) -> Self {
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.file("log"));
        let mut command = program();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .args(["--allow-commands", "--allow-private-addresses"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.unwrap());
        if let Some(place) = crash_at {
            command.env("JOB_ORCHESTRATOR_CRASH_AT", place);
        }
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (say, greeting) = channel();
        thread::spawn(move || {
            // Read to its end, so that what the program prints has a place to go.
            for line in output.lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("listens on ") {
                    let _ = say.send(address.trim().to_owned());
                }
            }
        });
        Self {
            child,
            greeting,
            address: None,
        }
    }

    /// Starts one that has to come to listen.
    pub async fn start(folder: &Folder) -> Self {
        let mut life = Self::begin(folder, None);
        assert!(life.listens().await, "{}", log_of(folder));
        life
    }

    /// Waits until it listens; false when it ends before.
    pub async fn listens(&mut self) -> bool {
        let begun = Instant::now();
        while self.address.is_none() {
            assert!(
                begun.elapsed() < PATIENCE,
                "the server neither listens nor ends"
            );
            match self.greeting.try_recv() {
                Ok(address) => self.address = Some(address),
                Err(_) if self.is_over() => return false,
                Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
        true
    }

    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub fn kill(&mut self) {
        // It may have ended itself a moment ago.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    /// Waits until it is killed, and asserts that this was its end.
    pub async fn until_killed(&mut self, by: &str) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "the server never came to {by}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        assert_eq!(status.signal(), Some(SIGKILL), "{by}: {status:?}");
    }

    pub fn ask_to_stop(&self) {
        let mut kill = std::process::Command::new("kill");
        let pid = self.child.id().to_string();
        assert!(kill.args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Ends it in order, and asserts that it did.
    pub async fn stop(&mut self) {
        self.ask_to_stop();
        let begun = Instant::now();
        while !self.is_over() {
            assert!(begun.elapsed() < PATIENCE, "the server does not stop");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What the servers of a folder said, for a message of a failure.
pub fn log_of(folder: &Folder) -> String {
    std::fs::read_to_string(folder.file("log")).unwrap_or_default()
}
