//! Only the engine gives something a status.

use super::finding::Finding;
use super::source::Source;

/// Finds assignments to a field named `status` outside the engine.
pub fn check(source: &Source) -> Vec<Finding> {
    if source.is_of("engine") {
        return Vec::new();
    }
    source
        .lines()
        .filter(|(_, code)| code.contains(".status = "))
        .map(|(line, _)| {
            source.finding(
                line,
                "assigns a status; only the engine does, by applying an event",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_found_and_a_comparison_is_not() {
        let text = "task.status = TaskStatus::Running;\nif task.status == other {}\n";
        let found = check(&Source::new("runtime/src/a.rs", text));
        assert_eq!(
            found.iter().map(|finding| finding.line).collect::<Vec<_>>(),
            [1]
        );
        assert!(check(&Source::new("engine/src/workflow.rs", text)).is_empty());
    }
}
