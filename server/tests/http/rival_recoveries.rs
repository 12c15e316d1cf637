//! Several people recover the same workflow at once: one of them does, and nobody overruns its
//! budget.

use std::time::Instant;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::event_table;
use crate::examined::Examined;
use crate::figures;
use crate::fixture::{Answer, Api, PATIENCE, Server, failing};
use crate::gate::Gate;

const ROUNDS: usize = 40;
const BUDGET: usize = 3;

async fn recover(api: &Api<'_>, id: i64, key: String) -> Answer {
    let path = format!("/workflows/{id}/recover");
    api.keyed(&path, &key, &json!({"from_step": 0})).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_recoveries_at_once_one_wins_and_the_other_is_refused() {
    let gate = Gate::start().await;
    let folder = Examined::new();
    let server = Server::start_with(folder, &["--allow-private-addresses"]);
    let api = &server.api("editor");
    let (mut first_won, mut ids) = (0, Vec::new());
    for round in 0..ROUNDS {
        let door = format!("door-{round}");
        let definition = json!({"name": "Twice", "steps": [gate.failing_first(&door)]});
        let id = api.create(&definition, true).await;
        api.until(id, "failed").await;
        let asked = |who: &str| recover(api, id, format!("{who}-{round}"));
        let (ada, bob) = tokio::join!(asked("ada"), asked("bob"));
        let ada_won = ada.status.is_success();
        let (won, lost) = if ada_won { (ada, bob) } else { (bob, ada) };
        assert_eq!(won.ok()["recovery_attempts"], 1);
        let refused = lost.problem(409);
        assert_eq!(
            (&refused["state"], &refused["trigger"]),
            (&json!("recovering"), &json!("recover"))
        );
        first_won += usize::from(ada_won);
        gate.until_called(&door).await;
        gate.open(&door);
        let done = api.until(id, "completed").await;
        assert_eq!(done["recovery_attempts"], 1);
        ids.push(id);
    }
    let table = event_table::read(&server).await;
    for id in ids {
        assert_eq!(event_table::count(&table[&id], "RecoveryStarted"), 1);
    }
    figures::tell(format!(
        "races of the program: {ROUNDS} pairs of recoveries: the first won {first_won} times, the \
         second {}; the other was refused each time",
        ROUNDS - first_won
    ));
}

/// Recovers again and again until the budget is spent; answers how often that was taken.
async fn recover_until_spent(api: &Api<'_>, id: i64, who: usize) -> usize {
    let (mut taken, begun) = (0, Instant::now());
    for number in 0.. {
        assert!(begun.elapsed() < PATIENCE, "it is never spent");
        let answer = recover(api, id, format!("{id}-{who}-{number}")).await;
        if answer.status.is_success() {
            taken += 1;
        } else if says_spent(&answer.problem(409)) {
            break;
        }
    }
    taken
}

fn says_spent(problem: &Value) -> bool {
    let detail = problem["detail"].as_str().unwrap();
    detail.contains("recovery budget is spent")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_recover_at_once_the_budget_is_not_overrun() {
    const PEOPLE: usize = 8;
    let server = Server::start();
    let api = &server.api("editor");
    let mut definition = failing();
    definition["max_recovery_attempts"] = json!(BUDGET);
    let mut ids = Vec::new();
    for _ in 0..10 {
        let id = api.create(&definition, true).await;
        api.until(id, "failed").await;
        let people = (0..PEOPLE).map(|who| recover_until_spent(api, id, who));
        let taken: usize = join_all(people).await.into_iter().sum();
        assert_eq!(taken, BUDGET);
        let failed = api.until(id, "failed").await;
        assert_eq!(failed["recovery_attempts"], BUDGET);
        ids.push(id);
    }
    let table = event_table::read(&server).await;
    for id in &ids {
        assert_eq!(event_table::count(&table[id], "RecoveryStarted"), BUDGET);
    }
    figures::tell(format!(
        "races of the program: {PEOPLE} people recover each of {} workflows: {BUDGET} recoveries of \
         {BUDGET} each",
        ids.len()
    ));
}
