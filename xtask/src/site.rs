//! The site: the browser's code, the styles and the icon, ready to be served.
//!
//! It ends up in `target/site`, where the server embeds it from (a release) or reads it from
//! (development):
//!
//! ```text
//! manifest.json                            the two names below, for the server
//! favicon.svg                              and whatever else lies in style/assets
//! pkg/job-orchestrator-<hash>.js           glue between browser and WebAssembly
//! pkg/job-orchestrator-<hash>_bg.wasm      the pages' code
//! pkg/job-orchestrator-<hash>.css          every style
//! pkg/snippets/…                           JavaScript that a Rust library brings
//! ```
//!
//! each as `.br` and as `.gz` only, if that is smaller. The hash is in the name, so a browser keeps a file
//! for ever and still never sees an old one.

mod bind;
mod compress;
mod manifest;
mod style;
mod trim;
mod wasm;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use self::manifest::Manifest;
use crate::setup::wasm_target;
use crate::{place, program};

/// What every file of the browser's code and the styles begins with.
const NAME: &str = "job-orchestrator";

/// For whom the site is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Quickly, for development and the tests.
    Dev,
    /// Small, to be shipped.
    Release,
}

/// Brings `target/site` up to date. What did not change is neither built nor written again.
///
/// # Errors
/// When the target cannot be added, the code or the styles do not compile, or a file cannot be
/// written.
pub fn build(kind: Kind) -> Result<()> {
    let compiler = wasm_target::ensure()?;
    program::say(match kind {
        Kind::Dev => "building the browser's code (profile wasm-dev)",
        Kind::Release => "building the browser's code, small (profile wasm-release; minutes)",
    });
    let module = wasm::build(&compiler, kind)?;
    let site = place::site();
    let _alone = alone(&site.with_file_name("site.lock"))?;
    assemble(&site, &module, kind)
}

/// Waits until no other command writes the site; ours to write until the file is dropped.
fn alone(lock: &Path) -> Result<fs::File> {
    let failed = || format!("{} could not be locked", place::shown(lock));
    if let Some(folder) = lock.parent() {
        fs::create_dir_all(folder).with_context(failed)?;
    }
    let file = fs::File::create(lock).with_context(failed)?;
    file.lock().with_context(failed)?;
    Ok(file)
}

/// Puts the site together from the compiled module and the sources of the styles.
fn assemble(site: &Path, module: &Path, kind: Kind) -> Result<()> {
    let pkg = site.join("pkg");
    fs::create_dir_all(&pkg).with_context(|| format!("{} could not be made", pkg.display()))?;
    let mut kept = BTreeSet::new();

    let output_name = format!("{NAME}-{}", bind::hash(module, kind)?);
    kept.extend(bind::bind(module, &output_name, &pkg, kind)?);

    let css = style::bundle(&place::root().join("style/main.css"))?;
    let stylesheet = format!(
        "{NAME}-{}.css",
        manifest::hash(&[css.as_bytes(), kind.tag()])
    );
    kept.extend(compress::write(
        &pkg.join(&stylesheet),
        css.as_bytes(),
        kind,
    )?);

    kept.extend(assets(site, kind)?);
    if kind == Kind::Release {
        tell_sizes(&pkg.join(format!("{output_name}_bg.wasm")), &kept)?;
    }
    let manifest = Manifest {
        output_name,
        stylesheet,
    };
    kept.insert(manifest.write(site)?);
    sweep(site, &kept)
}

/// Says what a browser loads: the module, and all files of a first visit.
fn tell_sizes(module: &Path, kept: &BTreeSet<PathBuf>) -> Result<()> {
    let (plain, small) = compress::sizes(module)?;
    let mut whole = 0;
    for file in kept {
        if file.extension().is_none_or(|ending| ending != "gz") {
            whole += fs::metadata(file)?.len();
        }
    }
    let kilobytes = |bytes: u64| bytes.div_ceil(1000);
    program::say(format!(
        "the browser's code: {} kB, {} kB on the wire (brotli); all files of a first visit: {} kB",
        kilobytes(plain),
        kilobytes(small),
        kilobytes(whole)
    ));
    Ok(())
}

impl Kind {
    /// Goes into the hashes: the two kinds compress differently.
    fn tag(self) -> &'static [u8] {
        match self {
            Kind::Dev => b"dev",
            Kind::Release => b"release",
        }
    }
}

/// Copies `style/assets` (the icon) to the top of the site.
fn assets(site: &Path, kind: Kind) -> Result<Vec<PathBuf>> {
    let folder = place::root().join("style/assets");
    let mut written = Vec::new();
    for file in files(&folder)? {
        let name = file.strip_prefix(&folder)?;
        let content = fs::read(&file)?;
        written.extend(compress::write(&site.join(name), &content, kind)?);
    }
    Ok(written)
}

/// Every file under `folder`, in a fixed order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder)
        .with_context(|| format!("the folder {} is unreadable", place::shown(folder)))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Removes what an earlier build left behind, so that it is neither served nor embedded.
fn sweep(site: &Path, kept: &BTreeSet<PathBuf>) -> Result<()> {
    for file in files(site)? {
        if !kept.contains(&file) {
            fs::remove_file(&file)
                .with_context(|| format!("{} could not be removed", place::shown(&file)))?;
        }
    }
    Ok(())
}

/// Says how long `work` took, when it took noticeably long.
fn timed<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let result = work()?;
    program::say(format!("{what} ({:.1} s)", start.elapsed().as_secs_f32()));
    Ok(result)
}
