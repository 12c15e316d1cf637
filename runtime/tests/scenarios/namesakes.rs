//! Two that are called alike and are not the same: a person and a program with a token. What one asks
//! under an id is not what the other asks under it.

use engine::orchestrator::{ActionRequest, DefinitionSource, NewWorkflowRequest};
use engine::{Action, Actor, ActorKind, Definitions, Role, Seq, WorkflowId, Workflows};
use runtime::Runtime;
use serde_json::{Map, Value, json};

use crate::ailments::ailments;
use crate::examined::{Examined, roomy};
use crate::rows::Rows;
use crate::workbench::Sound;

const ID: &str = "once";

fn waiting() -> Value {
    json!({"name": "Waits", "steps": [
        {"name": "Only", "task_type": "delay", "config": {"seconds": 600}},
    ]})
}

fn creation() -> NewWorkflowRequest {
    NewWorkflowRequest {
        definition: DefinitionSource::Inline(waiting()),
        job_id: None,
        parameters: Map::new(),
        metadata: Map::new(),
        start: true,
        command_id: Some(ID.into()),
    }
}

/// A person, a token and the program, all of one name.
fn namesakes() -> [Actor; 3] {
    let program = Actor {
        name: "robin".into(),
        ..Actor::program()
    };
    [
        Actor::person("robin", Role::Owner),
        Actor::token("robin", Role::Owner),
        program,
    ]
}

async fn open(folder: &Examined) -> Sound {
    let builder = roomy().sqlite(folder.path().join("jobs.db"));
    builder.start().await.unwrap().into()
}

/// A new workflow and a new definition under the id.
async fn made(runtime: &Runtime, actor: &Actor) -> (i64, i64) {
    let workflow = runtime.submit(actor, creation()).await.unwrap();
    let saved = runtime.save(actor, None, &waiting(), Some(ID)).await;
    (workflow.id.0, saved.unwrap().definition_id.0)
}

#[tokio::test]
async fn an_id_is_of_a_person_or_of_a_token_of_the_same_name() {
    let folder = Examined::new();
    let runtime = open(&folder).await;
    for _ in ["asked", "repeated"] {
        for (number, actor) in (1..).zip(&namesakes()) {
            assert_eq!(made(&runtime, actor).await, (number, number), "{actor:?}");
            let known = runtime.workflow_of_command(actor, ID).await.unwrap();
            assert_eq!(known, Some(WorkflowId(number)), "{actor:?}");
        }
    }
    // Also of the same workflow, where each has an effect of its own that follows on another.
    let asked = |action: Action| ActionRequest {
        command_id: Some("again".into()),
        ..action.into()
    };
    let [person, token, program] = namesakes();
    let id = WorkflowId(1);
    for (actor, action) in [
        (&person, Action::Pause),
        (&token, Action::Resume),
        (&program, Action::Pause),
    ] {
        let done = runtime.act(actor, id, asked(action)).await;
        assert!(done.is_ok(), "{actor:?}: {done:?}");
    }
    let events = runtime.events(&person, id, Seq::default(), 100).await;
    let asked: Vec<_> = events
        .unwrap()
        .into_iter()
        .filter(|event| event.command_id.as_deref() == Some("again"))
        .map(|event| event.actor_kind)
        .collect();
    let kinds = [ActorKind::Person, ActorKind::Token, ActorKind::Program];
    assert_eq!(asked, kinds.map(Some));
    assert_eq!(runtime.quarantined(), []);
}

#[tokio::test]
async fn what_was_asked_before_kinds_of_actors_were_told_apart_is_answered_again() {
    for actor in namesakes() {
        let folder = Examined::new();
        let runtime = open(&folder).await;
        let first = made(&runtime, &actor).await;
        runtime.shutdown().await;
        drop(runtime);
        let file = folder.path().join("jobs.db");
        let rows = Rows::of(&file).await;
        for (table, column) in [("commands", "id"), ("definitions", "command_id")] {
            let plain = format!("UPDATE {table} SET {column} = '{ID}'");
            assert_eq!(rows.change(&plain).await.unwrap(), 1, "{table}");
        }
        let events = "UPDATE events SET body = json_remove(body, '$.actor_kind')";
        assert!(rows.change(events).await.unwrap() > 0);
        drop(rows);
        assert_eq!(ailments(&file).await, [""; 0]);
        let runtime = open(&folder).await;
        assert_eq!(made(&runtime, &actor).await, first, "{actor:?}");
    }
}
