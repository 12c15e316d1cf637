//! The runner as a program of its own, for programs that embed the runtime and cannot start
//! themselves again. See `runtime::process`.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::process::runner_main()
}
