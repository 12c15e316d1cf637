//! A program needs no crate beside `runtime` to name what its calls take and give.

use std::fs;

/// What the contract's files declare for the engine's own use, and no call takes or gives.
const NOT_NAMED: [&str; 2] = ["Origin", "Told"];

/// Every public type of these files stands in a signature of the contract, or in a field of one that
/// does.
const FILES: [&str; 13] = [
    "action.rs",
    "event.rs",
    "event/ending.rs",
    "id.rs",
    "orchestrator.rs",
    "orchestrator/error.rs",
    "orchestrator/job_orchestrator.rs",
    "orchestrator/request.rs",
    "orchestrator/switched_off.rs",
    "orchestrator/trouble.rs",
    "orchestrator/workflows.rs",
    "progress.rs",
    "step_form.rs",
];

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
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/src/");
    let face = include_str!("../../src/lib.rs");
    let named: Vec<_> = face.split(|c: char| !c.is_alphanumeric()).collect();
    let mut seen = 0;
    let mut missing = Vec::new();
    for file in FILES {
        let source = fs::read_to_string(format!("{folder}{file}")).unwrap();
        for name in declared(&source) {
            seen += 1;
            if !named.contains(&name) && !NOT_NAMED.contains(&name) {
                missing.push(format!("{file}: {name}"));
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
