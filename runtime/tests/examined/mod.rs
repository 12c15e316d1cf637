//! The folder of a test, which a doctor looks through when the test is over: folding the events of each
//! workflow gives its rows, and all else that must always hold does. Every database in it is looked at,
//! so that no test can forget to; one that damages its files on purpose says so, and why. The server's
//! tests use this file too.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::{fs, io, thread};

use runtime::doctor::{Told, examine};
use runtime::health::{Disk, Space};
use runtime::{Runtime, RuntimeBuilder};
use tempfile::TempDir;

/// What lies beside a database of workflows: a doctor only asks whether these are whole.
const OTHERS: [&str; 2] = ["logs.db", "accounts.db"];

/// See the module.
pub struct Examined {
    folder: TempDir,
    damaged: OnceLock<&'static str>,
}

impl Examined {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            damaged: OnceLock::new(),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The test damages what lies here, because of this: no doctor is asked.
    #[allow(
        dead_code,
        reason = "not every suite that uses this file damages anything"
    )]
    pub fn is_damaged(&self, because: &'static str) {
        // Said more than once, the first reason stays.
        let _ = self.damaged.set(because);
    }
}

impl Drop for Examined {
    fn drop(&mut self) {
        if self.damaged.get().is_some() || thread::panicking() {
            return;
        }
        for file in databases(self.path()) {
            let ailments = ailments(file.clone());
            assert!(ailments.is_empty(), "{}: {ailments:#?}", file.display());
        }
    }
}

/// What opens an engine that finds room on its disk, however much is left on this machine's: too little is
/// for those tests that say themselves how much there is.
#[allow(
    dead_code,
    reason = "not every suite that uses this file opens an engine"
)]
pub fn roomy() -> RuntimeBuilder {
    Runtime::builder().disk(Arc::new(Roomy))
}

struct Roomy;

impl Disk for Roomy {
    fn space(&self) -> io::Result<Space> {
        let total = 1 << 40;
        Ok(Space { free: total, total })
    }
}

/// The databases of workflows in a folder and the folders within.
fn databases(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        let is_other = OTHERS.iter().any(|other| entry.file_name() == *other);
        if kind.is_dir() {
            found.extend(databases(&path));
        } else if path.extension() == Some(OsStr::new("db")) && !is_other {
            found.push(path);
        }
    }
    found
}

/// What a doctor says of a file, also while an engine still has it. On a thread of its own: the test's
/// runtime may be the one that is waiting here, and its clock may stand still.
fn ailments(file: PathBuf) -> Vec<String> {
    let look = move || {
        let others = OTHERS.map(|other| file.with_file_name(other));
        let mut ailments = Vec::new();
        let mut tell = |told| match told {
            Told::Finding(ailment) => {
                ailments.push(format!("{:?}: {}", ailment.workflow, ailment.finding));
            }
            Told::Quarantined(aside) => ailments.push(format!("in quarantine: {aside:?}")),
            Told::Begins { .. } | Told::Progress { .. } => {}
        };
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let looked = tokio.block_on(examine(&file, &others, &mut tell));
        if let Err(error) = looked {
            ailments.push(error.to_string());
        }
        ailments
    };
    thread::spawn(look).join().unwrap()
}
