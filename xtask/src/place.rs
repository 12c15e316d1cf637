//! Where things lie.

use std::path::{Path, PathBuf};

/// The top folder of the checkout.
///
/// Cargo names this crate's folder when it runs us; what was compiled in is the second choice,
/// because two checkouts may share one target folder and so one compiled program.
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent()
        .map_or_else(|| here.clone(), Path::to_path_buf)
}

/// Where the site is put together and where the server takes it from, whatever
/// `CARGO_TARGET_DIR` says: the server's crate names this folder when it is compiled.
pub fn site() -> PathBuf {
    root().join("target/site")
}

/// `path` as seen from the top of the checkout, for messages.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}
