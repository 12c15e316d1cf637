//! Figures that tests reach: each is printed, and put down for the end of `cargo xtask test`, because a
//! runner of tests keeps what a test that passed has printed to itself. The other crates' tests use
//! this file too.

use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write;

/// The variable that names the file they are put down in.
const FILE: &str = "FIGURES_FILE";

/// Tells a figure, in one line that begins with what it is about.
pub fn tell(figure: impl Display) {
    let line = format!("{figure}\n");
    print!("{line}");
    if let Some(path) = std::env::var_os(FILE) {
        // In one piece: several tests write at a time.
        let file = OpenOptions::new().append(true).create(true).open(path);
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        assert!(written.is_ok(), "{FILE}: {written:?}");
    }
}
