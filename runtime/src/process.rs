//! A user's command as a process tree that can be proven dead.
//!
//! The server never starts a user's command itself. For every attempt it starts a *runner*: a
//! small process that becomes the reaper of all its descendants, starts the command, relays its
//! output, and ends only when nothing of the tree is alive. Three things hold the two together:
//!
//! * **The lock file** of the attempt. The server locks it before the runner exists and hands it
//!   over as the runner's standard error, so there is no moment at which a runner exists without
//!   the lock. Whoever obtains that lock knows that no runner of the attempt is alive.
//! * **The lifeline**, the runner's standard input. When it closes, the server is gone and the
//!   whole tree is killed at once.
//! * **The mark**, two variables in the environment of everything the command starts
//!   ([`ATTEMPT_VARIABLE`], [`LOCK_VARIABLE`]). If the runner itself was killed, a sweep finds
//!   what it left behind by this mark.
//!
//! [`ProcessRunner`] and [`RunningCommand`] are the server's side, [`runner_main`] is the other.

mod control;
mod end_tree;
mod environment;
mod error;
mod exit_facts;
mod file_limit;
mod frame;
mod hide;
mod launch;
mod limits;
mod locate;
mod lock_file;
mod prove;
mod reap;
mod relay;
mod runner;
mod running;
mod signal;
mod spec;
mod table;

pub use environment::base_environment;
pub use error::ProcessError;
pub use exit_facts::{ExitFacts, NotStarted, Outcome};
pub use file_limit::outlive_file_limit;
pub use frame::{OutputStream, ProcessEvent};
pub use hide::hide;
pub use launch::{ProcessRunner, RunnerProgram};
pub use runner::runner_main;
pub use running::RunningCommand;
pub use spec::{ATTEMPT_VARIABLE, CommandSpec, LOCK_VARIABLE};
