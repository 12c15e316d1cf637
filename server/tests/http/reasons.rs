//! Who asked and why stands in the events, whatever an operator asks for; and what cannot be told
//! from anything else has to be said.

use serde_json::{Value, json};

use crate::double_submits::{ALL, Ask};
use crate::event_table;
use crate::fixture::Server;

#[tokio::test]
async fn whatever_an_operator_asks_for_the_event_says_who_asked_and_why() {
    let server = Server::start();
    let api = &server.api("editor");
    let verbs = ALL.into_iter().filter(|ask| *ask != Ask::Create);
    let mut asked = Vec::new();
    for ask in verbs {
        let id = ask.ready(api).await.unwrap();
        let (verb, mut body) = ask.verb();
        body["reason"] = format!("{ask:?} was wanted").into();
        let answer = api.post(&format!("/workflows/{id}/{verb}"), &body).await;
        answer.ok();
        asked.push((ask, id));
    }
    let table = event_table::read(&server).await;
    for (ask, id) in asked {
        let why = Value::from(format!("{ask:?} was wanted"));
        let mut events = table[&id].iter().map(|(_, event)| event);
        let effect = events.find(|event| event["because"] == why);
        let effect = effect.unwrap_or_else(|| panic!("{ask:?}: {:#?}", table[&id]));
        assert_eq!(effect["kind"], ask.effect(), "{ask:?}");
        // The name of the token.
        assert_eq!(effect["actor"], "tester", "{ask:?}");
    }
}

#[tokio::test]
async fn a_step_is_settled_only_with_a_reason_and_marked_done_only_with_an_output() {
    let server = Server::start();
    let api = &server.api("editor");
    let id = Ask::Skip.ready(api).await.unwrap();
    let task = |verb: &str| format!("/workflows/{id}/tasks/1/{verb}");
    let long = "x".repeat(1_001);
    for reason in ["", " \n", &long] {
        let body = json!({"reason": reason, "output": 1});
        let told = api.post(&task("mark-done"), &body).await;
        assert_eq!(told.pointers(), ["#/reason"], "{reason:?}");
        let told = api.post(&task("skip"), &json!({ "reason": reason })).await;
        assert_eq!(told.pointers(), ["#/reason"], "{reason:?}");
    }
    for body in [json!({}), json!({"reason": null, "expected_rev": 1})] {
        let told = api.post(&task("skip"), &body).await;
        assert_eq!(told.pointers(), ["#/reason"]);
        let told = api.post(&task("mark-done"), &body).await;
        assert_eq!(told.pointers(), ["#/output", "#/reason"]);
    }
    for instead in [json!("skip"), json!({"output": 1})] {
        // To settle the step a recovery begins with is the same decision.
        let body = json!({"from_step": 1, "force": true, "instead": instead});
        let told = api.post(&format!("/workflows/{id}/recover"), &body).await;
        assert_eq!(told.pointers(), ["#/reason"]);
    }
    let told = api.post(&task("skip"), &json!({"reason": 5})).await;
    assert_eq!(told.pointers(), ["#/reason"], "told once");
    let told = api
        .post(&task("mark-done"), &json!({"reason": "done"}))
        .await;
    assert_eq!(told.pointers(), ["#/output"]);
    // Nothing to give is something to say.
    let nothing = json!({"reason": "done by hand", "output": null});
    api.post(&task("mark-done"), &nothing).await.ok();
    let detail = api.get(&format!("/workflows/{id}/tasks/1")).await.ok();
    assert_eq!(detail["output"], Value::Null);
    let progress = api.get(&format!("/workflows/{id}/progress")).await.ok();
    assert_eq!(progress["tasks"][1]["status"], "completed");
}
