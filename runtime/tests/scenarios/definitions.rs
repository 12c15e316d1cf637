//! What is said about definitions that are wrong.

use engine::orchestrator::{DefinitionSource, NewWorkflowRequest, StepSwitches, WorkflowFilter};
use engine::progress::WorkflowState;
use engine::{
    Actor, Definitions, JobId, JobOrchestrator, JobOrchestratorError, Switches, WorkflowDefinition,
    WorkflowStatus, Workflows,
};
use serde_json::{Map, json};

use crate::workbench::{Workbench, define, noop, shell};

#[tokio::test]
async fn a_definition_that_is_wrong_in_many_ways_lists_every_problem_at_its_field() {
    let bench = Workbench::new().await;
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
        .save(&Actor::program(), None, &definition, None)
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
    assert_eq!(bench.runtime.check(&definition).await, Ok(problems));
}

#[tokio::test]
async fn a_version_that_somebody_else_saved_meanwhile_is_not_overwritten() {
    let bench = Workbench::new().await;
    let of = |name| json!({"name": name, "steps": [{"name": "A", "task_type": "noop"}]});
    let actor = Actor::program();
    let first = bench
        .runtime
        .save(&actor, None, &of("One"), None)
        .await
        .unwrap();
    let id = first.definition_id;
    bench
        .runtime
        .save(&actor, Some((id, 1)), &of("Two"), None)
        .await
        .unwrap();
    let late = bench
        .runtime
        .save(&actor, Some((id, 1)), &of("Three"), None)
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
    let bench = Workbench::new().await;
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
        command_id: None,
    };
    let next = bench
        .runtime
        .submit(&Actor::program(), request)
        .await
        .unwrap();
    assert_eq!(next.summary.job_id, JobId(JobId::LARGEST + 1));
}

#[tokio::test]
async fn what_no_attempt_could_carry_out_is_refused_when_it_is_saved() {
    let bench = Workbench::new().await;
    let mut definition = json!({"name": "N", "parameters": {"p": "x"}, "steps": [
        {"name": "A", "task_type": "command",
         "config": {"program": "sh", "args": ["a\0b"], "env": {"A=B": "1"}}},
        {"name": "B", "task_type": "http_request", "config": {
            "method": "GE T", "url": "ftp://example.com/", "headers": {"X": "1\r\nY: 2"},
        }},
    ]});
    let problems = bench.runtime.check(&definition).await.unwrap();
    let pointers: Vec<_> = problems.iter().map(|p| p.pointer.as_str()).collect();
    let expected = [
        "#/steps/0/config/args/0",
        "#/steps/0/config/env/A=B",
        "#/steps/1/config/method",
        "#/steps/1/config/url",
        "#/steps/1/config/headers/X",
    ];
    assert_eq!(pointers, expected, "{problems:#?}");
    // What a reference gives is known when the step starts.
    definition["steps"][0]["config"] = json!({"program": "sh", "args": ["{{ parameters.p }}\0"]});
    definition["steps"][1]["config"] = json!({
        "method": "GET", "url": "{{ parameters.p }}", "headers": {"X": "{{ parameters.p }}\r\nY"},
    });
    assert_eq!(bench.runtime.check(&definition).await, Ok(Vec::new()));
    let definition = WorkflowDefinition::from_json(&definition).unwrap();
    let id = bench.start(&definition).await;
    let failed = bench.until_status(id, WorkflowStatus::Failed).await;
    let told = |task: usize| failed.tasks[task].error_message.clone().unwrap();
    assert!(told(0).starts_with("the configuration is wrong: #/args/0: must not hold a NUL"));
    assert!(told(1).starts_with("the configuration is wrong: #/url: must be a whole address"));
    assert_eq!(failed.tasks[0].attempt, 1, "another try cannot help");
}

#[tokio::test]
async fn a_workflow_whose_steps_are_switched_off_may_be_kept_but_not_started() {
    let bench = Workbench::of_its_owner().await;
    let owner = Actor::program();
    let switch = async |commands| {
        let switches = StepSwitches {
            commands,
            private_addresses: true,
        };
        bench.runtime.set_switches(&owner, switches).await.unwrap();
    };
    switch(false).await;
    let definition = define(&[noop("Join", &[]), shell("Build", "true", &[])]);
    let json = definition.to_json();
    bench.runtime.save(&owner, None, &json, None).await.unwrap();
    let told =
        "\"Build\" cannot run here: command steps are switched off; an owner can switch them on";
    let refused = |answer: Result<WorkflowState, JobOrchestratorError>| {
        let error = answer.unwrap_err();
        assert_eq!(error.to_string(), told);
        let JobOrchestratorError::SwitchedOff(steps) = error else {
            panic!("{error:?}")
        };
        assert_eq!(steps.iter().map(|step| step.task).collect::<Vec<_>>(), [1]);
    };
    let request = |start| NewWorkflowRequest {
        definition: DefinitionSource::Inline(definition.to_json()),
        job_id: None,
        parameters: Map::new(),
        metadata: Map::new(),
        start,
        command_id: None,
    };
    refused(bench.runtime.submit(&owner, request(true)).await);
    assert_eq!(
        bench
            .runtime
            .list(&owner, &WorkflowFilter::default())
            .await
            .unwrap()
            .items,
        []
    );
    let kept = bench.runtime.submit(&owner, request(false)).await.unwrap();
    let id = kept.id;
    refused(bench.runtime.start_workflow(id).await);
    refused(bench.runtime.execute_workflow(id, &definition).await);
    assert_eq!(
        bench.progress(id).await.summary.status,
        WorkflowStatus::Pending
    );
    switch(true).await;
    bench.runtime.start_workflow(id).await.unwrap();
    bench.until_status(id, WorkflowStatus::Completed).await;
}

#[tokio::test]
async fn a_step_that_is_switched_off_while_its_workflow_runs_fails_for_good() {
    let bench = Workbench::of_its_owner().await;
    let go = bench.path("go");
    let script = format!("until test -e {}; do sleep 0.02; done", go.display());
    let definition = define(&[shell("Wait", &script, &[]), shell("Build", "true", &[0])]);
    let id = bench.start(&definition).await;
    let switches = StepSwitches::default();
    let owner = Actor::program();
    bench.runtime.set_switches(&owner, switches).await.unwrap();
    std::fs::write(go, "").unwrap();
    let failed = bench.until_status(id, WorkflowStatus::Failed).await;
    let told = "command steps are switched off; an owner can switch them on";
    assert_eq!(failed.tasks[1].error_message.as_deref(), Some(told));
    assert_eq!(failed.tasks[1].attempt, 1);
}

#[tokio::test]
async fn what_the_program_was_started_with_cannot_be_switched_off_while_it_runs() {
    let bench = Workbench::new().await;
    let owner = Actor::program();
    let fixed = bench.runtime.fixed_switches(&owner).await.unwrap();
    let off = |commands, private_addresses| StepSwitches {
        commands,
        private_addresses,
    };
    for (wanted, why) in [
        (off(false, true), fixed.commands.unwrap()),
        (off(true, false), fixed.private_addresses.unwrap()),
    ] {
        let refused = bench.runtime.set_switches(&owner, wanted).await;
        let JobOrchestratorError::Conflict(told) = refused.unwrap_err() else {
            panic!("it is a conflict")
        };
        assert_eq!(told, why);
        let now = bench.runtime.switches(&owner).await.unwrap();
        assert_eq!(now, off(true, true));
    }
    // Saving what is there changes nothing and is no mistake.
    let saved = bench.runtime.set_switches(&owner, off(true, true)).await;
    saved.unwrap();
}
