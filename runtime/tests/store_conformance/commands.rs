//! What was answered to commands that carry an id: with its change or not at all, once, and for a while.

use std::time::Duration;

use engine::Timestamp;
use runtime::store::AnsweredCommand;
use serde_json::json;

use crate::Place;
use crate::workbench::{Workbench, define, moment, step};

fn answered(actor: &str, id: &str, at: Timestamp) -> AnsweredCommand {
    AnsweredCommand {
        actor: actor.into(),
        id: id.into(),
        at,
        content: format!("2:hash of what {actor} asked"),
        answer: json!({"für": "„wen“", "nul": "\u{0}"}).to_string(),
    }
}

fn started(id: i64) -> Workbench {
    Workbench::started(id, define("Asked for", &[step("a", &[])]))
}

pub async fn an_answer_is_found_under_its_actor_and_id_alone(place: &dyn Place) {
    let store = place.open().await;
    let all = [
        answered("ada", "one", moment()),
        answered("ada", "ONE ", moment()),
        answered("bob", "one", moment().plus(Duration::from_micros(1))),
    ];
    let mut bench = started(1);
    store.commit(&[bench.change()], &all[..2]).await.unwrap();
    // What is asked of a workflow may change nothing, and is answered all the same.
    store.commit(&[], &all[2..]).await.unwrap();
    drop(store);
    let store = place.open().await;
    for one in &all {
        let found = store.command(&one.actor, &one.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(one));
    }
    for (actor, id) in [("bob", "ONE "), ("ada", "on"), ("", "one"), ("one", "ada")] {
        assert_eq!(
            store.command(actor, id).await.unwrap(),
            None,
            "{actor} {id}"
        );
    }
}

pub async fn an_answer_is_written_with_its_change_or_not_at_all(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = started(1);
    bench.write(store.as_ref()).await;
    let mut bad = started(1).change();
    bad.record.rev += 5;
    let command = answered("ada", "one", moment());
    let refused = store.commit(&[bad], std::slice::from_ref(&command)).await;
    assert!(refused.is_err());
    assert_eq!(store.command("ada", "one").await.unwrap(), None);
    store.commit(&[], &[command]).await.unwrap();
}

pub async fn a_command_that_is_known_is_not_answered_again(place: &dyn Place) {
    let store = place.open().await;
    let mut bench = started(1);
    let first = answered("ada", "one", moment());
    let commands = std::slice::from_ref(&first);
    store.commit(&[bench.change()], commands).await.unwrap();
    let again = AnsweredCommand {
        answer: "another".into(),
        ..first.clone()
    };
    let new = answered("ada", "two", moment());
    let before = bench.workflow.clone();
    bench.start(0);
    for commands in [[new.clone(), again], [new.clone(), new]] {
        let mut other = started(2);
        let changes = [bench.change(), other.change()];
        let refused = store.commit(&changes, &commands).await.unwrap_err();
        assert!(refused.is_contradiction(), "{refused:?}");
        assert!(store.load(other.id()).await.unwrap().is_none());
        assert_eq!(store.command("ada", "two").await.unwrap(), None);
        assert_eq!(
            store.command("ada", "one").await.unwrap().as_ref(),
            Some(&first)
        );
        bench.workflow = before.clone();
        bench.assert_kept(store.as_ref()).await;
        bench.start(0);
    }
}

pub async fn what_was_answered_long_ago_is_forgotten_and_the_rest_stays(place: &dyn Place) {
    let store = place.open().await;
    let at = |micros| moment().plus(Duration::from_micros(micros));
    let all = [
        answered("ada", "old", at(0)),
        answered("bob", "old", at(1)),
        answered("ada", "on the moment", at(2)),
        answered("ada", "new", at(3)),
    ];
    store.commit(&[], &all).await.unwrap();
    assert_eq!(store.forget_commands(at(0)).await.unwrap(), 0);
    assert_eq!(store.forget_commands(at(2)).await.unwrap(), 2);
    assert_eq!(store.forget_commands(at(2)).await.unwrap(), 0);
    for (one, is_known) in all.iter().zip([false, false, true, true]) {
        let found = store.command(&one.actor, &one.id).await.unwrap();
        assert_eq!(found.is_some(), is_known, "{one:?}");
    }
    // What is forgotten may be asked anew.
    store.commit(&[], &all[..1]).await.unwrap();
}
