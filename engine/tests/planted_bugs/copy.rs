//! A copy of a crate that may be broken, with the crates it needs. The runtime's tests use this file too.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is copied and asked.
pub struct Plan {
    /// The crates that are copied, the one that may be broken first, each with its folders.
    pub crates: &'static [(&'static str, &'static [&'static str])],
    /// Folders beside them.
    pub beside: &'static [&'static str],
    /// The test that has to find what is broken.
    pub test: &'static str,
    pub case: &'static str,
    /// What a line holds that tells of something found.
    pub signs: &'static [&'static str],
}

pub struct Copy {
    root: PathBuf,
    plan: Plan,
}

pub enum Ran {
    Agrees,
    /// What differs, with its seed.
    Differs(String),
    /// It ends badly, and not because of a difference.
    Breaks(String),
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// The workspace's manifest with these crates as its only members.
fn manifest(whole: &str, plan: &Plan) -> String {
    let members: Vec<_> = plan
        .crates
        .iter()
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    let line = |line: &str| match line.split_once(' ') {
        Some(("members", _)) => format!("members = [{}]", members.join(", ")),
        Some(("default-members", _)) => String::new(),
        _ => line.to_owned(),
    };
    let lines: Vec<String> = whole.lines().map(line).collect();
    lines.join("\n")
}

fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments);
    command
}

impl Copy {
    /// A fresh copy under `target/`, in a folder of this name; what was built of an earlier one is
    /// kept.
    pub fn of(plan: Plan, folder: &str) -> Self {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let root = workspace.join("target").join(folder);
        for (name, folders) in plan.crates {
            if root.join(name).exists() {
                fs::remove_dir_all(root.join(name)).unwrap();
            }
            for folder in *folders {
                let place = Path::new(name).join(folder);
                copy_folder(&workspace.join(&place), &root.join(&place));
            }
            let manifest = Path::new(name).join("Cargo.toml");
            fs::copy(workspace.join(&manifest), root.join(&manifest)).unwrap();
        }
        for folder in plan.beside {
            copy_folder(&workspace.join(folder), &root.join(folder));
        }
        fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
        let whole = fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
        fs::write(root.join("Cargo.toml"), manifest(&whole, &plan)).unwrap();
        Self { root, plan }
    }

    /// The folder of the crate that may be broken.
    fn broken(&self) -> PathBuf {
        self.root.join(self.plan.crates[0].0)
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.broken().join(file)).unwrap()
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.broken().join(file), text).unwrap();
    }

    /// What cargo says of the manifests, when they do not go together with what was copied.
    pub fn misfit(&self) -> Option<String> {
        let read = cargo(&["metadata", "--offline", "--no-deps", "--format-version=1"])
            .current_dir(&self.root)
            .output()
            .expect("cargo starts");
        let told = String::from_utf8_lossy(&read.stderr).into_owned();
        (!read.status.success()).then_some(told)
    }

    /// Builds the test of the copy.
    pub fn build(&self) {
        let built = self.cargo(&["--no-run"]).output().expect("cargo starts");
        let told = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "the copy does not build:\n{told}");
    }

    /// Asks the copy, with this bug, what the test finds; the variables say how long it looks.
    pub fn ask(&self, variables: &[(&str, String)], bug: Option<usize>) -> Ran {
        let mut asked = self.cargo(&[self.plan.case]);
        asked.envs(variables.iter().map(|(name, value)| (name, value)));
        if let Some(bug) = bug {
            asked.env("PLANTED_BUG", bug.to_string());
        }
        let ran = asked.output().expect("cargo starts");
        if ran.status.success() {
            return Ran::Agrees;
        }
        let told = [ran.stdout, ran.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        let shows = |line: &&str| self.plan.signs.iter().any(|sign| line.contains(sign));
        match told.lines().find(shows) {
            Some(line) => Ran::Differs(line.trim().to_owned()),
            None => Ran::Breaks(told.into_owned()),
        }
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo(&["test", "--offline", "--package", self.plan.crates[0].0]);
        command
            .args(["--test", self.plan.test])
            .args(arguments)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env_remove("MODEL_SEED")
            .env_remove("FAULT_SEED")
            .env_remove("PLANTED_BUG")
            // What a broken copy reaches is no figure.
            .env_remove("FIGURES_FILE");
        command
    }
}
