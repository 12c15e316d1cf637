//! The server's side: starting a runner.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use super::error::ProcessError;
use super::lock_file;
use super::prove::prove_dead;
use super::running::RunningCommand;
use super::spec::{CommandSpec, Instruction};
use crate::crash_point;

/// How long what was left behind may take to die before its runner is helped (half of it) and the
/// log tells of it. A runner whose lifeline closed needs milliseconds.
const LEFT_BEHIND_LIMIT: Duration = Duration::from_secs(4);
/// How long until it is tried again.
const LEFT_BEHIND_AGAIN: Duration = Duration::from_secs(1);

/// The program whose `main` calls [`runner_main`](super::runner_main), and what it must be told
/// to do so.
#[derive(Debug, Clone)]
pub struct RunnerProgram {
    /// The program. `/proc/self/exe` stays right when the file is replaced by an update.
    pub program: PathBuf,
    /// Its arguments, such as the name of a sub-command.
    pub args: Vec<OsString>,
}

/// Starts commands, and proves that earlier ones are dead.
#[derive(Debug, Clone)]
pub struct ProcessRunner {
    program: RunnerProgram,
    lock_dir: PathBuf,
}

impl ProcessRunner {
    /// `lock_dir` holds one small file per attempt that is not proven dead. It must be on a local
    /// file system and the same after a restart; it is made when first needed.
    pub fn new(program: RunnerProgram, lock_dir: PathBuf) -> Self {
        Self { program, lock_dir }
    }

    /// Starts a runner for this attempt. That the command itself cannot be started is no error
    /// here but the first and last event of the answer.
    ///
    /// `attempt_id` is one to 120 letters, digits, `-`, `_` or `.`, and never used again in this
    /// folder. Needs a tokio runtime with its drivers on.
    ///
    /// # Errors
    /// The name is not usable, the attempt exists, its lock file cannot be made, or the runner
    /// cannot be started. Unless the attempt exists, nothing of it is alive then.
    pub async fn start(
        &self,
        attempt_id: &str,
        command: CommandSpec,
    ) -> Result<RunningCommand, ProcessError> {
        let lock_file = lock_file::path(&self.lock_dir, attempt_id)?;
        let attempt_id = attempt_id.to_owned();
        let instruction = Instruction {
            attempt_id,
            lock_file,
            command,
        };
        let mut line = serde_json::to_vec(&instruction)?;
        line.push(b'\n');
        let lock_file = instruction.lock_file;
        let lock = lock_file::create(&lock_file, &instruction.attempt_id)?;
        match self.spawn(Stdio::from(lock), &line).await {
            Ok(child) => RunningCommand::new(child, lock_file).map_err(|source| self.fault(source)),
            Err(source) => {
                // Without its whole instruction a runner starts nothing, so the name is free.
                lock_file::remove(&lock_file)?;
                Err(self.fault(source))
            }
        }
    }

    async fn spawn(&self, lock: Stdio, instruction: &[u8]) -> io::Result<Child> {
        // The runner gets no environment: what is secret there is nobody's business below it.
        let mut child = Command::new(&self.program.program)
            .args(&self.program.args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(lock)
            .spawn()?;
        crash_point::reach("c2-runner");
        if let Some(lifeline) = &mut child.stdin {
            lifeline.write_all(instruction).await?;
        }
        Ok(child)
    }

    fn fault(&self, source: io::Error) -> ProcessError {
        ProcessError::Runner {
            program: self.program.program.clone(),
            source,
        }
    }

    /// Waits until no process of the attempt can be alive, then removes its lock file. Ends what
    /// it finds: a runner that does not let go of its lock within half of `limit` is killed, and
    /// everything that carries the attempt's mark is killed with all its descendants. So this is
    /// for attempts that nobody follows any more, and may be repeated.
    ///
    /// What a killed runner left behind is found by the mark, or as a descendant of something
    /// marked. A process that wiped the mark from its environment *and* lost its parent is not.
    ///
    /// # Errors
    /// Something is still alive after `limit`, or the file or the process table is not usable.
    pub async fn prove_dead(&self, attempt_id: &str, limit: Duration) -> Result<(), ProcessError> {
        let path = lock_file::path(&self.lock_dir, attempt_id)?;
        prove_dead(&path, attempt_id, limit).await
    }

    /// Waits, for ever if need be, until nothing is alive of an attempt of this process that was
    /// given up before its end was seen. There is nothing to wait for where the end was seen, or
    /// no command was ever started: the lock file is not there then.
    pub(crate) async fn prove_left_behind(&self, attempt_id: &str) {
        while lock_file::is_there(&self.lock_dir, attempt_id) {
            if let Err(fault) = self.prove_dead(attempt_id, LEFT_BEHIND_LIMIT).await {
                tracing::error!(%fault, attempt = attempt_id, "what an attempt left still lives");
                tokio::time::sleep(LEFT_BEHIND_AGAIN).await;
            }
        }
    }
}
