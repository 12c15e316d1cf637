//! Kills at random moments, over and over on one data folder, while workflows of every shape run and
//! people pause, cancel and recover them.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::folder::{Folder, PATIENCE};
use crate::life::Life;
use crate::{definitions, figures, is_long, remains, verdict, witness};

/// Workflows that are kept going at a time.
const AT_A_TIME: usize = 8;
/// Places at which some of the servers end themselves, so that the rare moments come, too.
const PLACES: [&str; 12] = [
    "c0",
    "c1",
    "c2",
    "c2-runner",
    "c4",
    "c5",
    "c6",
    "c6-whole",
    "c7",
    "c8",
    "c9",
    "c9-page",
];

/// What was asked for so far.
struct Load<'a> {
    folder: &'a Folder,
    witness: String,
    dice: Dice,
    /// Each definition that was sent, under the id of its command.
    sent: Vec<Value>,
    /// The workflows of those that were answered.
    answered: Vec<Option<i64>>,
    commands: usize,
}

impl Load<'_> {
    /// Sends workflows and commands until the server does not answer any more.
    async fn go_on(&mut self, life: &Life) {
        loop {
            let Some(()) = self.send_again(life).await else {
                return;
            };
            let path = "/workflows?status=active&limit=200";
            let asked = self.folder.ask(life, Method::GET, path, None, None).await;
            let Some((_, list)) = asked else { return };
            let active = list["items"].as_array().map_or(0, Vec::len);
            if active < AT_A_TIME {
                let definition =
                    definitions::any(self.folder.path(), &self.witness, &mut self.dice);
                self.sent.push(definition);
                self.answered.push(None);
            } else if self.command(life).await.is_none() {
                return;
            }
        }
    }

    /// What was not answered is sent again under its id, also what a server did just before its
    /// end.
    async fn send_again(&mut self, life: &Life) -> Option<()> {
        for index in 0..self.sent.len() {
            if self.answered[index].is_none() {
                let id = format!("workflow-{index}");
                let made = self.folder.create(life, &self.sent[index], &id).await?;
                self.answered[index] = Some(made);
            }
        }
        Some(())
    }

    /// Somebody does something to a workflow; most of it is refused.
    async fn command(&mut self, life: &Life) -> Option<()> {
        let recent = self.answered.len().saturating_sub(2 * AT_A_TIME);
        let id = (*self.dice.pick(&self.answered[recent..])?)?;
        let from_step = self.dice.roll(4);
        let (verb, body) = match self.dice.roll(12) {
            0..2 => ("pause", json!({})),
            2 => ("pause", json!({"interrupt": true})),
            3..7 => ("resume", json!({})),
            7 => ("cancel", json!({})),
            8..11 => ("recover", json!({"from_step": from_step})),
            _ => ("recover", json!({"from_step": from_step, "force": true})),
        };
        self.commands += 1;
        let command_id = format!("command-{}", self.commands);
        let path = format!("/workflows/{id}/{verb}");
        let sent = self
            .folder
            .ask(life, Method::POST, &path, Some(&body), Some(&command_id));
        let (status, answer) = sent.await?;
        assert!(
            !status.is_server_error() || status == 503,
            "{verb}: {answer}"
        );
        // People are not that quick; everything has to get a chance to happen.
        tokio::time::sleep(Duration::from_millis(self.dice.roll(30))).await;
        Some(())
    }

    /// Lets everything come to its end.
    async fn settle(&mut self, life: &Life) {
        self.send_again(life).await.unwrap();
        let begun = Instant::now();
        loop {
            let list = self
                .folder
                .get(life, "/workflows?status=active&limit=200")
                .await;
            let items = list["items"].as_array().unwrap();
            if items.is_empty() {
                return;
            }
            for item in items.iter().filter(|item| item["status"] == "paused") {
                let path = format!("/workflows/{}/resume", item["workflow_id"]);
                let asked = self.folder.ask(life, Method::POST, &path, None, None);
                asked.await.unwrap();
            }
            assert!(begun.elapsed() < PATIENCE, "stuck: {list}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// One server from its start to its kill; true if it ended itself at one of the places.
async fn one_life(load: &mut Load<'_>) -> bool {
    let place = load.dice.chance(25).then(|| {
        let place = load.dice.pick(&PLACES).unwrap();
        format!("{place}:{}", 1 + load.dice.roll(6))
    });
    // Some are killed while they start, most while they work.
    let spares_the_start = load.dice.chance(80);
    let moment = Duration::from_millis(load.dice.roll(400));
    let mut life = Life::begin(load.folder, place.as_deref());
    if spares_the_start {
        life.listens().await;
    }
    let work = async {
        if life.listens().await {
            load.go_on(&life).await;
        }
    };
    drop(tokio::time::timeout(moment, work).await);
    let ended_itself = life.is_over();
    life.kill();
    ended_itself
}

#[tokio::test]
async fn nothing_is_lost_doubled_or_stuck_however_often_the_server_is_killed() {
    let kills = if is_long() { 1_000 } else { 100 };
    let seed = std::env::var("JOB_ORCHESTRATOR_KILL_SEED").ok();
    let seed = seed.map_or_else(
        || u64::from(std::process::id()),
        |seed| seed.parse().unwrap(),
    );
    println!("random kills: JOB_ORCHESTRATOR_KILL_SEED={seed} rolls these dice again");
    let begun = Instant::now();
    let folder = &Folder::new();
    let mut load = Load {
        folder,
        witness: witness::serve(folder.path()),
        dice: Dice::new(seed),
        sent: Vec::new(),
        answered: Vec::new(),
        commands: 0,
    };
    let (mut at_places, mut slowest) = (0, Duration::ZERO);
    for _ in 0..kills {
        at_places += usize::from(one_life(&mut load).await);
        slowest = slowest.max(remains::none(folder).await);
    }
    let mut last = Life::start(folder).await;
    load.settle(&last).await;
    last.stop().await;
    remains::none(folder).await;

    let found = verdict::of(folder).await;
    assert_eq!((found.open, found.under_way), (0, 0), "stuck: {found:?}");
    let mut answered: Vec<_> = load.answered.iter().map(|id| id.unwrap()).collect();
    answered.sort_unstable();
    answered.dedup();
    assert_eq!(
        answered.len(),
        load.sent.len(),
        "two commands, one workflow"
    );
    assert_eq!(found.workflows, load.sent.len(), "a command, two workflows");
    // A run in which nothing happened shows nothing.
    assert!(found.lost > 0 && found.repeated > 0, "{found:?}");
    assert!(found.found + found.absent > 0, "{found:?}");
    figures::tell(format!(
        "random kills: {kills} ({at_places} of them at named places), {} workflows ({} completed, {} \
         failed, {} cancelled), {} commands, {} events, {} attempts ({} lost), {} effects ({} \
         repeated, each told), asked {} times ({} done, {} not, {} untold), {} poison, {} unknown; lost 0, doubled or missing 0, stuck 0, once \
         twice 0, alive after 2 s 0 (slowest {slowest:?}); {:.0?}, seed {seed}",
        found.workflows,
        found.completed,
        found.failed,
        found.cancelled,
        load.commands,
        found.events,
        found.attempts,
        found.lost,
        found.effects,
        found.repeated,
        found.found + found.absent + found.untold,
        found.found,
        found.absent,
        found.untold,
        found.poison,
        found.unknown,
        begun.elapsed(),
    ));
}
