//! A program needs no crate beside `runtime` to name what its calls take and give.

use std::fs;
use std::path::{Path, PathBuf};

/// What the contract's files declare for the engine's own use, and no call takes or gives.
const NOT_NAMED: [&str; 3] = ["Hole", "Origin", "Told"];

/// The engine's modules whose types are its own, or which a program names through `runtime::engine` because it
/// has another word for the same. Every public type of all others stands in a signature of the contract, or
/// in a field of one that does.
const OWN: [&str; 11] = [
    "allowed",
    "command",
    "definition",
    "draft",
    "graph",
    "invariant",
    "role",
    "task_status",
    "time",
    "workflow",
    "workflow_status",
];

/// The files of the contract's modules.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src");
    let root = fs::read_to_string(folder.join("lib.rs")).unwrap();
    let modules = root.lines().filter_map(|line| {
        let line = line.strip_prefix("pub mod ")?;
        line.strip_suffix(';')
    });
    let (own, theirs): (Vec<_>, Vec<_>) = modules.partition(|module| OWN.contains(module));
    assert_eq!(own, OWN, "each is there");
    let mut files = Vec::new();
    for module in theirs {
        files.push(folder.join(module).with_extension("rs"));
        let mut open = vec![folder.join(module)];
        while let Some(folder) = open.pop() {
            // A module of one file has none.
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                let kept = if path.is_dir() { &mut open } else { &mut files };
                kept.push(path);
            }
        }
    }
    files
}

fn declared(source: &str) -> Vec<&str> {
    let kinds = ["pub struct ", "pub enum ", "pub trait ", "pub type "];
    source
        .lines()
        .filter_map(|line| kinds.iter().find_map(|kind| line.strip_prefix(kind)))
        .filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next())
        .collect()
}

#[test]
fn every_type_of_the_contract_is_named_by_runtime() {
    let face = include_str!("../../src/lib.rs");
    let named: Vec<_> = face.split(|c: char| !c.is_alphanumeric()).collect();
    let mut seen = 0;
    let mut missing = Vec::new();
    for file in files() {
        let source = fs::read_to_string(&file).unwrap();
        for name in declared(&source) {
            seen += 1;
            if !named.contains(&name) && !NOT_NAMED.contains(&name) {
                missing.push(format!("{}: {name}", file.display()));
            }
        }
    }
    assert!(seen > 40, "{seen}");
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn no_example_names_the_engine() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/library");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = fs::read_to_string(&path).unwrap();
        assert!(!source.contains("engine::"), "{}", path.display());
    }
}
