//! References written to do harm: the step fails with a sentence, and everything else goes on.

use engine::{StepDefinition, WorkflowStatus};
use serde_json::json;

use crate::workbench::{Workbench, define, shell, step};

/// The error of the last step, which has to fail the workflow.
async fn told_by_the_last(bench: &Workbench, steps: &[StepDefinition]) -> String {
    let id = bench.start(&define(steps)).await;
    let progress = bench.until_status(id, WorkflowStatus::Failed).await;
    let last = progress.tasks.last().unwrap();
    last.error_message.clone().unwrap()
}

fn echo(arguments: Vec<String>, dependencies: &[usize]) -> StepDefinition {
    let config = json!({"program": "echo", "args": arguments});
    step("Echo", "command", config, dependencies)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_library_breaks_at_fails_the_step() {
    let bench = Workbench::new().await;
    let expression = "{{ 'abc'[::-9223372036854775808] }}".to_owned();
    let told = told_by_the_last(&bench, &[echo(vec![expression], &[])]).await;
    assert!(told.contains("cannot be worked out"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_that_is_written_out_many_times_fails_the_step() {
    let bench = Workbench::new().await;
    let large = r#"printf '"'; head -c 900000 /dev/zero | tr '\0' x; printf '"\n'"#;
    let many = "{{ steps.large.output }}".repeat(900);
    let steps = [shell("Large", large, &[]), echo(vec![many], &[0])];
    let told = told_by_the_last(&bench, &steps).await;
    assert!(told.contains("larger than 8388608 bytes"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn filling_in_has_the_time_limit_of_the_step() {
    let bench = Workbench::new().await;
    let numbers = r#"echo "[$(seq -s , 40000)]""#;
    // Each takes a moment, all together many times the limit.
    let slow = "{{ steps.numbers.output | length }}".to_owned();
    let mut last = echo(vec![slow; 999], &[0]);
    last.timeout = Some(0.1);
    last.max_retries = 0;
    let steps = [shell("Numbers", numbers, &[]), last];
    let told = told_by_the_last(&bench, &steps).await;
    assert_eq!(told, "timed out after 0.1 s");
}
