//! What the keys of effects tell apart, and what they stay the same over: a receiver that honours a key
//! it has seen answers "already done", so a key that comes again for something else loses an effect.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use runtime::step::Effect;
use runtime::{
    JobOrchestrator, Runtime, StepError, WorkflowDefinition, WorkflowId, WorkflowState,
    WorkflowStatus, WorkflowStep,
};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::examined::{Examined, roomy};
use crate::workbench::{close, execute, until, within};

/// The keys that were sent, in order.
type Keys = Arc<Mutex<Vec<String>>>;

/// Sends its key, and fails.
fn sender(keys: &Keys) -> WorkflowDefinition {
    let keys = Arc::clone(keys);
    let step = WorkflowStep::new("Send", "send", move |cx| {
        keys.lock().unwrap().push(cx.idempotency_key().to_string());
        async { Err::<(), _>(StepError::permanent("no answer")) }
    });
    WorkflowDefinition::new("Sender")
        .step(step.max_retries(0))
        .max_recovery_attempts(9)
}

async fn open(file: &Path, definition: &WorkflowDefinition) -> Runtime {
    let builder = roomy().sqlite(file).register(definition);
    within(builder.start()).await.unwrap()
}

/// Sends the key of a new workflow.
async fn send(file: &Path, definition: &WorkflowDefinition) -> WorkflowState {
    let runtime = open(file, definition).await;
    let sent = execute(&runtime, definition).await;
    close(runtime).await;
    sent
}

/// Sends the key of the first workflow once more.
async fn send_again(file: &Path, definition: &WorkflowDefinition) {
    let runtime = open(file, definition).await;
    runtime.recover_workflow(WorkflowId(1), 0).await.unwrap();
    until(&runtime, WorkflowId(1), |progress| {
        progress.summary.status == WorkflowStatus::Failed
    })
    .await;
    close(runtime).await;
}

fn sent(keys: &Keys) -> Vec<String> {
    std::mem::take(&mut *keys.lock().unwrap())
}

/// Does it to the file behind the engine's back.
async fn sql(file: &Path, statements: &[&str]) {
    let options = SqliteConnectOptions::new().filename(file);
    let mut connection = options.connect().await.unwrap();
    for statement in statements {
        let query = sqlx::query(AssertSqlSafe((*statement).to_owned()));
        query.execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// As the version before names of installations leaves a file; later tables make no difference to it.
const FORMER: [&str; 2] = [
    "DELETE FROM settings WHERE name = 'installation'",
    "DELETE FROM _sqlx_migrations WHERE version = 11",
];

#[tokio::test]
async fn files_of_one_program_and_one_made_anew_in_the_place_of_a_deleted_one_share_no_key() {
    let keys = Keys::default();
    let definition = sender(&keys);
    let mut numbers = BTreeSet::new();
    for _ in 0..2 {
        let folder = Examined::new();
        for name in ["first/jobs.db", "second/jobs.db"] {
            let sent = send(&folder.path().join(name), &definition).await;
            numbers.insert(sent.id);
        }
        let runtime = within(Runtime::builder().start()).await.unwrap();
        numbers.insert(execute(&runtime, &definition).await.id);
        close(runtime).await;
    }
    assert_eq!(numbers, BTreeSet::from([WorkflowId(1)]));
    let sent = sent(&keys);
    let different: BTreeSet<_> = sent.iter().collect();
    assert_eq!((sent.len(), different.len()), (6, 6), "{sent:?}");
}

#[tokio::test]
async fn a_key_stays_over_restarts_and_in_a_copy_in_which_what_is_new_gets_keys_of_its_own() {
    let folder = Examined::new();
    let (file, copy) = (
        folder.path().join("jobs.db"),
        folder.path().join("copy/jobs.db"),
    );
    let keys = Keys::default();
    let definition = sender(&keys);
    send(&file, &definition).await;
    std::fs::create_dir(folder.path().join("copy")).unwrap();
    sql(&file, &[&format!("VACUUM INTO '{}'", copy.display())]).await;
    for file in [&file, &file, &copy] {
        send_again(file, &definition).await;
    }
    let of_first = sent(&keys);
    assert_eq!(of_first.len(), 4);
    assert!(
        of_first.iter().all(|key| *key == of_first[0]),
        "{of_first:?}"
    );
    for file in [&file, &copy] {
        assert_eq!(send(file, &definition).await.id, WorkflowId(2));
    }
    let of_second = sent(&keys);
    assert_ne!(
        of_second[0], of_second[1],
        "the same number for something else"
    );
}

#[tokio::test]
async fn a_file_of_the_version_before_keeps_its_keys_and_one_without_workflows_gets_a_name() {
    let folder = Examined::new();
    let keys = Keys::default();
    let definition = sender(&keys);
    let key = |workflow_id, state: &WorkflowState| {
        let effect = Effect {
            installation: "",
            workflow_id: WorkflowId(workflow_id),
            created_at: state.created_at,
            task: 0,
            redo: 0,
        };
        effect.idempotency_key().to_string()
    };
    let file = folder.path().join("old/jobs.db");
    let first = send(&file, &definition).await;
    sql(&file, &FORMER).await;
    sent(&keys);
    send_again(&file, &definition).await;
    let second = send(&file, &definition).await;
    assert_eq!(sent(&keys), [key(1, &first), key(2, &second)]);

    let file = folder.path().join("empty/jobs.db");
    close(open(&file, &definition).await).await;
    sql(&file, &FORMER).await;
    let first = send(&file, &definition).await;
    send_again(&file, &definition).await;
    let sent = sent(&keys);
    assert_eq!(sent[0], sent[1]);
    assert_ne!(sent[0], key(1, &first));
}
