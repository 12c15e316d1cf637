//! The program. As `job-orchestrator runner` it is the small process around one command step;
//! otherwise the command line decides.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == server::start::RUNNER_WORD)
    {
        return runtime::process::runner_main();
    }
    server::cli::main()
}
