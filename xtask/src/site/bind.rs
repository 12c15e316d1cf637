//! Binding: the compiled module becomes one that a browser can load, with its JavaScript.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::{Kind, compress, files, manifest, timed, trim};
use crate::place;

/// Changes when the way of binding does, so that files bound in the old way are not taken for
/// new ones.
const WAY: &[u8] = b"wasm-bindgen 0.2.130, web, 5";

/// What the names of the bound files carry: it changes when the module or the binding does.
///
/// # Errors
/// When the module is unreadable.
pub fn hash(module: &Path, kind: Kind) -> Result<String> {
    let bytes = fs::read(module)
        .with_context(|| format!("cargo did not leave a module at {}", module.display()))?;
    Ok(manifest::hash(&[&bytes, WAY, kind.tag()]))
}

/// Binds `module` into `pkg` under `name`, unless that was done before. Returns every file that
/// belongs to it.
///
/// # Errors
/// When the module cannot be bound or a file cannot be written.
pub fn bind(module: &Path, name: &str, pkg: &Path, kind: Kind) -> Result<Vec<PathBuf>> {
    let list = place::site().with_file_name("site-bound.txt");
    if let Some(files) = bound_before(&list, name, pkg) {
        return Ok(files);
    }
    let work = place::site().with_file_name("site-work");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    timed("bound the browser's code to its JavaScript", || {
        generate(module, name, &work)
    })?;
    let written = timed("compressed it", || {
        let mut written = Vec::new();
        for file in files(&work)? {
            let target = pkg.join(file.strip_prefix(&work)?);
            written.extend(compress::write(&target, &fs::read(&file)?, kind)?);
        }
        Ok(written)
    })?;
    fs::remove_dir_all(&work)?;
    let mut lines = vec![name.to_owned()];
    lines.extend(
        written
            .iter()
            .filter_map(|file| file.strip_prefix(pkg).ok())
            .map(|file| file.display().to_string()),
    );
    compress::put(&list, lines.join("\n").as_bytes())?;
    Ok(written)
}

/// The files of an earlier binding, if it was under the same name and all are still there. The
/// list is written last, so what it names is whole.
fn bound_before(list: &Path, name: &str, pkg: &Path) -> Option<Vec<PathBuf>> {
    let text = fs::read_to_string(list).ok()?;
    let rest = text.strip_prefix(name)?.strip_prefix('\n')?;
    let found: Vec<PathBuf> = rest.lines().map(|line| pkg.join(line)).collect();
    found.iter().all(|file| file.is_file()).then_some(found)
}

fn generate(module: &Path, name: &str, folder: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_module(name, trim::trimmed(module)?)
        .out_name(name)
        .typescript(false)
        .web(true)
        .and_then(|bindgen| bindgen.generate(folder))
        .context("the browser's code could not be bound to its JavaScript")
}
