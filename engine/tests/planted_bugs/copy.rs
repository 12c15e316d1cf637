//! A copy of the engine that may be broken.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Copy {
    root: PathBuf,
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

/// The workspace's manifest with the engine as its only member.
fn manifest(whole: &str) -> String {
    let line = |line: &str| match line.split_once(' ') {
        Some(("members", _)) => "members = [\"engine\"]".to_owned(),
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
    pub fn of_the_engine(folder: &str) -> Self {
        let engine = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = engine.parent().unwrap();
        let root = workspace.join("target").join(folder);
        if root.join("engine").exists() {
            fs::remove_dir_all(root.join("engine")).unwrap();
        }
        for folder in ["src", "tests", "benches"] {
            copy_folder(&engine.join(folder), &root.join("engine").join(folder));
        }
        fs::copy(engine.join("Cargo.toml"), root.join("engine/Cargo.toml")).unwrap();
        fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
        let whole = fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
        fs::write(root.join("Cargo.toml"), manifest(&whole)).unwrap();
        Self { root }
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root.join("engine").join(file)).unwrap()
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.root.join("engine").join(file), text).unwrap();
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

    /// Builds the comparison of the copy.
    pub fn build(&self) {
        let built = self.cargo(&["--no-run"]).output().expect("cargo starts");
        let told = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "the copy does not build:\n{told}");
    }

    /// Compares the copy, with this bug, with the model.
    pub fn compare(&self, schedules: u64, bug: Option<usize>) -> Ran {
        let mut comparison = self.cargo(&["the_engine_does_what_the_model_says"]);
        comparison.env("MODEL_SCHEDULES", schedules.to_string());
        if let Some(bug) = bug {
            comparison.env("PLANTED_BUG", bug.to_string());
        }
        let ran = comparison.output().expect("cargo starts");
        if ran.status.success() {
            return Ran::Agrees;
        }
        let told = [ran.stdout, ran.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        let shows =
            |line: &&str| line.contains("; MODEL_SEED=") || line.contains("a fault of the engine");
        match told.lines().find(shows) {
            Some(line) => Ran::Differs(line.trim().to_owned()),
            None => Ran::Breaks(told.into_owned()),
        }
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo(&["test", "--offline", "--package", "engine"]);
        command
            .args(["--test", "model_against_engine"])
            .args(arguments)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env_remove("MODEL_SEED")
            .env_remove("PLANTED_BUG")
            // What a broken copy reaches is no figure.
            .env_remove("FIGURES_FILE");
        command
    }
}
