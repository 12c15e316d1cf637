//! Makes sure that the folder the site is embedded from exists, and that a release is built
//! again when the site changed.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/site");
    fs::create_dir_all(&site)?;
    println!("cargo:rerun-if-changed=build.rs");
    // A development build reads the site from the folder while it runs: nothing to build again.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed={}", site.display());
    }
    Ok(())
}
