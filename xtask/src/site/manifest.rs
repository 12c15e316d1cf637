//! The names that the server has to know.

use std::path::{Path, PathBuf};

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::compress;

/// `target/site/manifest.json`, which the server reads.
pub struct Manifest {
    /// What `.js` and `_bg.wasm` are put behind: Leptos' `output_name`.
    pub output_name: String,
    /// The name of the style sheet.
    pub stylesheet: String,
}

impl Manifest {
    /// Writes it and returns where it lies.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, site: &Path) -> Result<PathBuf> {
        let path = site.join("manifest.json");
        let content = serde_json::json!({
            "output_name": self.output_name,
            "stylesheet": self.stylesheet,
        });
        compress::put(&path, format!("{content:#}\n").as_bytes())?;
        Ok(path)
    }
}

/// Sixteen hexadecimal digits that stand for `parts` in a file's name.
pub fn hash(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    digest
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn a_hash_follows_its_content() {
        assert_eq!(hash(&[b"a", b"b"]).len(), 16);
        assert_eq!(hash(&[b"a"]), hash(&[b"a"]));
        assert_ne!(hash(&[b"a"]), hash(&[b"b"]));
    }
}
