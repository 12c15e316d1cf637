//! Only the engine gives something a status.

use super::finding::Finding;
use super::source::Source;

/// Names that make a `status` one of a workflow or a task, and not one of HTTP.
const TYPES: [&str; 2] = ["WorkflowStatus", "TaskStatus"];

/// Finds assignments to a field named `status` outside the engine, in files that know the
/// statuses of workflows and tasks at all.
pub fn check(source: &Source) -> Vec<Finding> {
    let knows = source
        .lines()
        .any(|(_, code)| TYPES.iter().any(|name| code.contains(name)));
    if source.is_of("engine") || !knows {
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

    #[test]
    fn the_status_of_an_answer_is_another_matter() {
        assert!(
            check(&Source::new(
                "app/src/posted/start.rs",
                "page.status = 422;\n"
            ))
            .is_empty()
        );
    }
}
