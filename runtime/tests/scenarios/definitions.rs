//! What is said about definitions that are wrong.

use engine::orchestrator::{DefinitionSource, NewWorkflowRequest};
use engine::{Actor, Definitions, JobId, JobOrchestrator, JobOrchestratorError, Workflows};
use serde_json::{Map, json};

use crate::bench::{Bench, define, noop};

#[tokio::test]
async fn a_definition_that_is_wrong_in_many_ways_lists_every_problem_at_its_field() {
    let bench = Bench::new().await;
    let definition = json!({
        "name": "",
        "steps": [
            {"name": "A", "task_type": "delay", "config": {"secnds": 1}},
            {"name": "B", "task_type": "nope", "timeout": -1, "dependencies": ["q"]},
            {"name": "C", "task_type": "command",
             "config": {"program": "echo", "args": ["{{ steps.gone.output }}", "{{ open"]}},
            {"name": "D", "task_type": "delay", "config": {"seconds": "{{ steps.a.output.n }}"}},
            {"name": "E", "task_type": "noop", "dependencies": ["f"]},
            {"name": "F", "task_type": "noop", "dependencies": ["e"]},
        ],
    });
    let saved = bench
        .runtime
        .save(&Actor::program(), None, &definition)
        .await;
    let Err(JobOrchestratorError::Invalid(problems)) = saved else {
        panic!("{saved:?}")
    };
    let pointers: Vec<_> = problems
        .iter()
        .map(|problem| problem.pointer.as_str())
        .collect();
    let expected = [
        "#/name",
        "#/steps/0/config/seconds",
        "#/steps/0/config/secnds",
        "#/steps/1/task_type",
        "#/steps/1/dependencies/0",
        "#/steps/1/timeout",
        "#/steps/2/config/args/0",
        "#/steps/2/config/args/1",
        "#/steps/3/config/seconds",
        "#/steps/4/dependencies",
    ];
    assert_eq!(pointers, expected, "{problems:#?}");
    assert_eq!(bench.runtime.check(&definition).await, problems);
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

#[tokio::test]
async fn a_job_number_out_of_bounds_is_refused_and_the_largest_leaves_room_for_the_next() {
    let bench = Bench::new().await;
    let definition = define(&[noop("Only", &[])]);
    for bad in [i64::MIN, -1, 0, JobId::LARGEST + 1, i64::MAX] {
        let created = bench
            .runtime
            .create_workflow(JobId(bad), definition.clone(), None)
            .await;
        assert!(
            matches!(created, Err(JobOrchestratorError::Invalid(_))),
            "{bad}: {created:?}"
        );
    }
    let largest = JobId(JobId::LARGEST);
    bench
        .runtime
        .create_workflow(largest, definition.clone(), None)
        .await
        .unwrap();
    let request = NewWorkflowRequest {
        definition: DefinitionSource::Inline(definition.to_json()),
        job_id: None,
        parameters: Map::new(),
        metadata: Map::new(),
        start: false,
    };
    let next = bench
        .runtime
        .submit(&Actor::program(), request)
        .await
        .unwrap();
    assert_eq!(next.summary.job_id, JobId(JobId::LARGEST + 1));
}
