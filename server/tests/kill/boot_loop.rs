//! A step that takes the server down with it is given up after three times, and the server stays.

use serde_json::{Value, json};

use crate::definitions::{Way, command};
use crate::folder::Folder;
use crate::life::Life;
use crate::{remains, verdict};

/// Kills the server: the parent of the runner that is the parent of the step.
const MURDER: &str = "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat); sleep 600";

fn only(step: Value) -> Value {
    json!({"name": "Deadly", "steps": [step]})
}

/// Gives the folder a workflow of this step, and a server that dies while it runs.
async fn first_death(folder: &Folder, step: Value) {
    let mut life = Life::start(folder).await;
    let id = folder.create(&life, &only(step), "one").await;
    assert!(id.is_none_or(|id| id == 1));
    life.until_killed("its end by a step").await;
    remains::none(folder).await;
}

/// Starts servers until one lets the workflow come to its end; answers how many died before.
async fn until_one_stays(folder: &Folder) -> (u32, Value) {
    for deaths in 0..10 {
        let mut life = Life::begin(folder, None);
        if life.listens().await {
            while !life.is_over() {
                let asked = folder.ask(
                    &life,
                    reqwest::Method::GET,
                    "/workflows/1/progress",
                    None,
                    None,
                );
                if let Some((_, progress)) = asked.await
                    && progress["status"] == "failed"
                {
                    life.stop().await;
                    return (deaths, progress["tasks"][0].clone());
                }
            }
        }
        remains::none(folder).await;
    }
    panic!("no server stays up");
}

fn assert_poison(task: &Value, why: &str) {
    let error = task["error_message"].as_str().unwrap();
    assert!(
        error.contains(why) && error.ends_with(", so it is not tried again"),
        "{error}"
    );
}

#[tokio::test]
async fn a_step_that_takes_the_server_down_three_times_is_poison_and_the_server_stays_up() {
    // The second one would be lost a hundred times, for all its author cares.
    for limit in [3, 100] {
        let folder = Folder::new();
        let mut deadly = command(folder.path(), "Deadly", MURDER, &[], Way::Retry);
        deadly["max_lost"] = limit.into();
        first_death(&folder, deadly).await;
        let (deaths, task) = until_one_stays(&folder).await;
        assert_eq!((1 + deaths, &task["attempt"]), (3, &json!(3)), "{task}");
        assert_poison(&task, "three times in a row");
        let found = verdict::of(&folder).await;
        assert_eq!(
            (found.poison, found.lost, found.effects),
            (1, 3, 3),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn an_attempt_that_no_start_gets_to_give_up_is_poison_as_well() {
    let folder = Folder::new();
    let deadly = command(folder.path(), "Deadly", MURDER, &[], Way::Retry);
    first_death(&folder, deadly).await;
    // It is proven dead; before that is recorded, the server is gone again.
    for _ in 0..2 {
        Life::begin(&folder, Some("c9")).until_killed("c9").await;
    }
    let (deaths, task) = until_one_stays(&folder).await;
    assert_eq!((deaths, &task["attempt"]), (0, &json!(1)), "{task}");
    assert_poison(&task, "three times in a row");
    assert_eq!(verdict::of(&folder).await.poison, 1);
}

#[tokio::test]
async fn a_step_that_runs_once_is_given_up_without_a_word_that_it_had_no_effect() {
    let folder = Folder::new();
    let deadly = command(folder.path(), "Deadly", MURDER, &[], Way::Once);
    first_death(&folder, deadly).await;
    for _ in 0..2 {
        Life::begin(&folder, Some("c9")).until_killed("c9").await;
    }
    let (_, task) = until_one_stays(&folder).await;
    let error = task["error_message"].as_str().unwrap();
    assert!(error.contains("three times in a row"), "{error}");
    assert!(
        error.ends_with("because it may have taken effect"),
        "{error}"
    );
    let found = verdict::of(&folder).await;
    assert_eq!((found.unknown, found.effects), (1, 1), "{found:?}");
}

#[tokio::test]
async fn a_stop_that_was_asked_for_is_no_part_of_a_loop() {
    let folder = Folder::new();
    let deadly = command(folder.path(), "Long", "sleep 600", &[], Way::Retry);
    let mut life = Life::start(&folder).await;
    folder.create(&life, &only(deadly), "one").await.unwrap();
    until_attempt(&folder, &life, 1).await;
    life.kill();
    let mut life = Life::start(&folder).await;
    until_attempt(&folder, &life, 2).await;
    // Asked to stop, and then killed for being slow.
    life.ask_to_stop();
    while folder
        .ask(&life, reqwest::Method::GET, "/workflows/1", None, None)
        .await
        .is_some()
    {}
    life.kill();
    let mut life = Life::start(&folder).await;
    until_attempt(&folder, &life, 3).await;
    life.kill();
    let mut life = Life::start(&folder).await;
    until_attempt(&folder, &life, 4).await;
    life.kill();
    remains::none(&folder).await;
    let found = verdict::of(&folder).await;
    assert_eq!((found.poison, found.lost), (0, 3), "{found:?}");
}

async fn until_attempt(folder: &Folder, life: &Life, attempt: u64) {
    let begun = std::time::Instant::now();
    loop {
        let progress = folder.get(life, "/workflows/1/progress").await;
        let task = &progress["tasks"][0];
        if task["status"] == "running" && task["attempt"] == attempt {
            return;
        }
        assert!(begun.elapsed() < crate::folder::PATIENCE, "{progress}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
