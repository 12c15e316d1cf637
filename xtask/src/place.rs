//! Where things lie.

use std::path::{Path, PathBuf};

/// The top folder of the checkout.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
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
