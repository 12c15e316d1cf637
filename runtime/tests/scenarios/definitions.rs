//! What is said about definitions that are wrong.

use engine::{Actor, Definitions, JobOrchestratorError};
use serde_json::json;

use crate::bench::Bench;

#[tokio::test]
async fn a_definition_that_is_wrong_in_many_ways_lists_every_problem_at_its_field() {
    let bench = Bench::new().await;
    let definition = json!({
        "name": "",
        "steps": [
            {"name": "A", "task_type": "delay", "config": {"secnds": 1}},
            {"name": "B", "task_type": "nope", "timeout": -1, "dependencies": ["q"]},
        ],
    });
    let saved = bench
        .runtime
        .save(&Actor::program(), None, &definition)
        .await;
    let Err(JobOrchestratorError::Invalid(problems)) = saved else {
        panic!("{saved:?}")
    };
    let mut pointers: Vec<_> = problems
        .iter()
        .map(|problem| problem.pointer.as_str())
        .collect();
    pointers.sort_unstable();
    let expected = [
        "#/name",
        "#/steps/0/config/secnds",
        "#/steps/0/config/seconds",
        "#/steps/1/dependencies/0",
        "#/steps/1/task_type",
        "#/steps/1/timeout",
    ];
    assert_eq!(pointers, expected);
}

#[tokio::test]
async fn a_version_that_somebody_else_saved_meanwhile_is_not_overwritten() {
    let bench = Bench::new().await;
    let of = |name| json!({"name": name, "steps": [{"name": "A", "task_type": "noop"}]});
    let actor = Actor::program();
    let first = bench.runtime.save(&actor, None, &of("One")).await.unwrap();
    let id = first.definition_id;
    bench
        .runtime
        .save(&actor, Some((id, 1)), &of("Two"))
        .await
        .unwrap();
    let late = bench
        .runtime
        .save(&actor, Some((id, 1)), &of("Three"))
        .await;
    assert!(
        matches!(late, Err(JobOrchestratorError::Conflict(_))),
        "{late:?}"
    );
    let latest = bench.runtime.definition(&actor, id, None).await.unwrap();
    assert_eq!(
        (latest.version, &latest.definition["name"]),
        (2, &json!("Two"))
    );
}
