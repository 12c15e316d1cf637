//! What the commands say about themselves.

use anyhow::{Result, bail};

const OVERVIEW: &str = "\
Commands of this project. Each sets up what it needs and says so before it does.

  cargo xtask run [-- OPTIONS]       build everything and start the server on ./data
  cargo xtask dev [-- OPTIONS]       the same, built and started again on every change
  cargo xtask build [--release]      build the site and the server, do not start it
  cargo xtask check [--boundaries]   format, lints, documentation, and the walls between the crates
  cargo xtask test [OPTIONS] [NAME]  every test there is, in Rust and in a browser
  cargo xtask bench                  measure the engine

`cargo xtask COMMAND --help` says more about one of them.";

const RUN: &str = "\
cargo xtask run [-- OPTIONS]

Builds the browser's code, the styles and the server (quick, unoptimised) and starts
`job-orchestrator serve` on the folder ./data. What did not change is not built again.
Words after `--` go to the server, for example:

  cargo xtask run -- --listen 127.0.0.1:8080

Needs: rustup, a C compiler, git. The target wasm32-unknown-unknown is added if missing.";

const DEV: &str = "\
cargo xtask dev [-- OPTIONS]

Like `run`, and watches the sources: after a change it builds what the change touches.
A change of the styles or of the pages' looks needs a reload in the browser; the server
starts again when its own code changed. When a build fails, the old server goes on.";

const BUILD: &str = "\
cargo xtask build [--release]

Builds the site into target/site and the server into target/debug/job-orchestrator, which
reads the site from there. With --release the browser's code is made small, every file is
compressed once with brotli and gzip, and target/release/job-orchestrator carries the whole
site inside: that one file is the product.";

const CHECK: &str = "\
cargo xtask check [--boundaries]

`cargo fmt --check`, `cargo clippy` for the server and for the browser with every warning
an error, `cargo doc` of the library likewise, and the project's own rules: which crate may
know what, where SQL and URLs may stand, how long a file may be. With --boundaries only the
project's own rules.";

const TEST: &str = "\
cargo xtask test [--nightly] [--coverage] [NAME]

Sets up what is missing (wasm target, Chromium, npm packages), then runs, in this order and
to the end even if one of them fails: format and boundaries, lints, documentation, Rust
tests, doc tests, the types of the end-to-end tests, and these tests in a real browser
against the real program. Then it says what passed and failed, which figures the tests
reached (also in figures.txt of the target folder), and repeats the lines with which the
runners closed.

  NAME         only tests whose name contains NAME (in Rust and in the browser), no lints
  --nightly    the long run: JOB_ORCHESTRATOR_TIER=B for every test, and the ignored ones
  --coverage   instead, run the tests of engine/ and print how many of its lines they reach;
               less than 95 % is a failure (cargo-llvm-cov from crates.io and rustup's
               llvm-tools are added if missing)

Needs: rustup, a C compiler, Node.js 20 or later; root or sudo if Chromium is missing.";

const BENCH: &str = "\
cargo xtask bench [--quick] [WORKLOAD…]
cargo xtask bench --micro [NAME]

Runs runtime/examples/bench/ in release mode, on a real file below target/: first the machine's own
limits (the disk, one durable commit, the least SQL that would do), then one line of JSON for each
workload with its goal, the ratio to these limits, and whether the goal is met. docs/speed.md says
what the numbers mean. Leave the machine alone meanwhile: only ratios of one run compare. A missed
goal makes it end with exit code 1 and is named last.

  --quick    smaller counts: about a minute
  --micro    instead, the core alone at 10, 1,000 and 5,000 steps
  WORKLOAD   only workloads whose name begins so: chain, fan, follow, many, growth, recover, waiting";

/// Prints the help of `command`, or the overview when it is empty.
///
/// # Errors
/// When there is no such command.
pub fn print(command: &str) -> Result<()> {
    let text = match command {
        "" | "help" | "--help" | "-h" => OVERVIEW,
        "run" => RUN,
        "dev" => DEV,
        "build" => BUILD,
        "check" => CHECK,
        "test" => TEST,
        "bench" => BENCH,
        other => bail!("there is no command `{other}`; `cargo xtask help` lists them"),
    };
    println!("{text}");
    Ok(())
}
