//! What is refused of a definition, every problem at once, and what another definition is.

use std::time::Duration;

use engine::{Definitions, JobOrchestrator as Contract};
use runtime::{
    JobId, JobOrchestratorError, Mode, OnFailure, RunIf, Runtime, StepOutput, WorkflowDefinition,
    WorkflowStatus, WorkflowStep, json,
};

use crate::workbench::{execute, on_both};

fn done(name: &str) -> WorkflowStep {
    WorkflowStep::new(name, "any", |_cx| async { Ok(()) })
}

fn pointers(refused: JobOrchestratorError) -> Vec<String> {
    let JobOrchestratorError::Invalid(problems) = refused else {
        panic!("{refused:?}")
    };
    problems
        .into_iter()
        .map(|problem| problem.pointer)
        .collect()
}

#[tokio::test]
async fn every_problem_of_a_definition_is_in_the_refusal() {
    on_both(async |engine| {
        let definition = WorkflowDefinition::new("")
            .max_recovery_attempts(101)
            .parameter("no-name", 1)
            .step(done("A").dependencies([1]))
            .step(done("B").dependencies([0]))
            .step(done("C").key("a").dependencies([9]).max_retries(1_000))
            .step(done("D").key("a").timeout(Duration::ZERO).max_lost(0))
            .step(
                done("E")
                    .estimated_duration(Duration::MAX)
                    .run_if(RunIf::Failed),
            )
            .step(done("F").config(5).mode(Mode::Probe))
            .step(WorkflowStep::of_type("G", "no_such_type", json!({})))
            .step(WorkflowStep::of_type(
                "H",
                "delay",
                json!({"seconds": "{{ nope }}"}),
            ));
        let refused = engine.create_workflow(JobId(1), &definition, None).await;
        let found = pointers(refused.unwrap_err());
        let wanted = [
            "#/name",
            "#/max_recovery_attempts",
            "#/parameters/no-name",
            "#/steps/0/dependencies",
            "#/steps/2/dependencies/0",
            "#/steps/2/max_retries",
            "#/steps/3/key",
            "#/steps/3/timeout",
            "#/steps/3/max_lost",
            "#/steps/4/estimated_duration",
            "#/steps/4/run_if",
            "#/steps/5/config",
            "#/steps/5/mode",
            "#/steps/6/task_type",
            "#/steps/7/config/seconds",
        ];
        assert_eq!(found, wanted);
        assert_eq!(engine.get_workflow_by_job(JobId(1)).await.unwrap(), None);
        let refused = engine.register(&definition).unwrap_err();
        assert!(pointers(refused).contains(&"#/name".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_definition_without_steps_and_a_job_without_a_number_are_refused() {
    on_both(async |engine| {
        let empty = WorkflowDefinition::new("Empty");
        let refused = engine.create_workflow(JobId(1), &empty, None).await;
        assert_eq!(pointers(refused.unwrap_err()), ["#/steps"]);
        let refused = engine
            .create_workflow(JobId(0), empty.step(done("A")), None)
            .await;
        assert_eq!(pointers(refused.unwrap_err()), ["#/job_id"]);
    })
    .await;
}

#[tokio::test]
async fn another_definition_is_refused_and_other_closures_are_not_another_definition() {
    on_both(async |engine| {
        let definition = WorkflowDefinition::new("Same").step(done("A"));
        let created = engine.create_workflow(JobId(1), &definition, None).await;
        let id = created.unwrap().id;
        let others = [
            definition.clone().step(done("B")),
            definition.clone().on_failure(OnFailure::Stop),
            definition.clone().parameter("x", 1),
            WorkflowDefinition::new("Same").step(WorkflowStep::of_type("A", "noop", json!({}))),
        ];
        for other in others {
            let refused = engine.execute_workflow(id, &other).await.unwrap_err();
            assert!(
                matches!(refused, JobOrchestratorError::Conflict(_)),
                "{refused:?}"
            );
        }
        let same = WorkflowStep::new("A", "any", |_cx| async { Ok(json!("the second")) });
        let same = WorkflowDefinition::new("Same").step(same);
        let over = engine.execute_workflow(id, &same).await.unwrap();
        assert_eq!(over.status, WorkflowStatus::Completed);
        let output = crate::workbench::output(&engine, id, 0).await;
        assert_eq!(output, json!("the second"));
    })
    .await;
}

#[tokio::test]
async fn the_contract_takes_the_same_definition_as_data() {
    on_both(async |engine| {
        let definition = WorkflowDefinition::new("As data")
            .step(done("A"))
            .step(WorkflowStep::of_type("B", "noop", json!({})).dependencies(["a"]));
        engine.register(&definition).unwrap();
        let contract: &dyn Contract = &engine;
        let data = definition.to_engine().unwrap();
        let created = contract
            .create_workflow(JobId(1), data.as_ref().clone(), None)
            .await;
        let over = contract.execute_workflow(created.unwrap().id, &data).await;
        assert_eq!(over.unwrap().status, WorkflowStatus::Completed);
        // Taken up as data and built on.
        let more = WorkflowDefinition::from(data.as_ref()).step(done("C").dependencies([1]));
        assert_eq!(more.problems(), []);
        assert_eq!(more.to_engine().unwrap().steps().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn nobody_but_a_program_can_say_that_a_closure_carries_a_step_out() {
    let engine = Runtime::builder().in_memory().start().await.unwrap();
    let definition = WorkflowDefinition::new("Sent").step(done("A"));
    let sent = definition.to_engine().unwrap().to_json();
    let problems = engine.check(&sent).await.unwrap();
    let found: Vec<_> = problems
        .iter()
        .map(|problem| problem.pointer.as_str())
        .collect();
    assert_eq!(found, ["#/steps/0/handler"]);
}

#[tokio::test]
async fn a_definition_of_five_thousand_closures_runs() {
    let engine = Runtime::builder().in_memory().start().await.unwrap();
    let wide = (1..4_999).map(|n| {
        let step = WorkflowStep::new(format!("Step {n}"), "any", move |_cx| async move {
            Ok(StepOutput::from(json!(n)))
        });
        step.dependencies([0])
    });
    let definition = WorkflowDefinition::new("Wide")
        .step(done("First"))
        .steps(wide)
        .step(
            WorkflowStep::new("Last", "any", |cx| async move {
                let sum: u64 = (1..4_999).filter_map(|n| cx.output(n).ok()?.as_u64()).sum();
                Ok(json!(sum))
            })
            .dependencies(1..4_999),
        );
    let over = execute(&engine, &definition).await;
    assert_eq!(over.status, WorkflowStatus::Completed);
    let sum = crate::workbench::output(&engine, over.id, 4_999).await;
    assert_eq!(sum, json!(4_998 * 4_999 / 2));
}
