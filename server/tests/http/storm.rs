//! Many readers, cut off together again and again while events come: each one's sequence has to
//! equal the table.
//!
//! Tier A: 500 readers, 10 cuts; tier B (`JOB_ORCHESTRATOR_TIER=B`): 2,000 readers, 50 cuts. In both ten
//! follow each workflow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::event_table;
use crate::figures;
use crate::fixture::{Api, PATIENCE, Server};
use crate::frames::{Frames, stream};

/// Events a second, if nothing but the waiting of the steps took time. Their commits do, and what is
/// to be reached is 500.
const PACE: f64 = 800.0;

/// How much is done.
struct Tier {
    readers: usize,
    cuts: usize,
    workflows: usize,
    steps: usize,
}

impl Tier {
    fn asked() -> Self {
        if std::env::var("JOB_ORCHESTRATOR_TIER").is_ok_and(|tier| tier == "B") {
            return Self {
                readers: 2_000,
                cuts: 50,
                workflows: 200,
                steps: 60,
            };
        }
        Self {
            readers: 500,
            cuts: 10,
            workflows: 50,
            steps: 20,
        }
    }

    /// Each step waits so long, with four events, that all together come to [`PACE`].
    fn definition(&self) -> Value {
        let seconds = 4.0 * self.workflows as f64 / PACE;
        let step = |number: usize| {
            let before = number.checked_sub(1);
            json!({
                "name": format!("Step {number}"), "task_type": "delay",
                "config": {"seconds": seconds},
                "dependencies": before.into_iter().collect::<Vec<_>>(),
            })
        };
        json!({"name": "Storm", "steps": (0..self.steps).map(step).collect::<Vec<_>>()})
    }
}

/// One reader: reads until the workflow completed, and connects again after the last number it has
/// whenever it is cut off. It reads on to its share of the events before each cut and then waits for it,
/// while the server goes on to send. Answers all it read.
async fn read(
    request: RequestBuilder,
    shares: Vec<usize>,
    mut cuts: watch::Receiver<usize>,
    received: Arc<AtomicUsize>,
) -> Vec<(u64, String)> {
    let mut got = Vec::<(u64, String)>::new();
    for number in 1.. {
        let last = got.last().map_or(0, |(id, _)| *id);
        let request = request.try_clone().unwrap();
        let mut frames = Frames::open(request.header("last-event-id", last.to_string())).await;
        let share = shares.get(number - 1);
        while share.is_none_or(|share| got.len() < *share) {
            let block = frames.block().await.expect("the server ended a stream");
            let Some((id, data)) = parts(&block) else {
                continue;
            };
            got.push((id, data.to_owned()));
            received.fetch_add(1, Ordering::Relaxed);
            if block.contains("event: WorkflowCompleted\n") {
                assert_eq!(share, None, "completed before the last cut");
                return got;
            }
        }
        cuts.wait_for(|cut| *cut >= number).await.unwrap();
    }
    unreachable!("it returns when its workflow is completed");
}

/// The number and the data of a frame; none of a comment.
fn parts(block: &str) -> Option<(u64, &str)> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    Some((field("id: ")?.parse().unwrap(), field("data: ")?))
}

async fn create_all(api: &Api<'_>, tier: &Tier) -> Vec<i64> {
    let definition = tier.definition();
    let mut ids = Vec::new();
    for _ in 0..tier.workflows {
        ids.push(api.create(&definition, false).await);
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reader_that_is_cut_off_again_and_again_gets_what_the_table_holds() {
    let tier = Tier::asked();
    let server = Server::start_set(&format!("streams_per_caller = {}", 2 * tier.readers));
    let api = server.api("editor");
    let ids = create_all(&api, &tier).await;
    // Created, started, four for each step, completed.
    let events = 3 + 4 * tier.steps;
    let shares: Vec<_> = (1..=tier.cuts)
        .map(|number| events * number / (tier.cuts + 1))
        .collect();
    let (cut, cuts) = watch::channel(0);
    let received = Arc::<AtomicUsize>::default();
    let readers: Vec<_> = (0..tier.readers)
        .map(|reader| {
            let id = ids[reader % ids.len()];
            let (request, received) = (stream(&api, id, ""), Arc::clone(&received));
            let reading = read(request, shares.clone(), cuts.clone(), received);
            (id, tokio::spawn(reading))
        })
        .collect();
    drop(cuts);
    let begun = Instant::now();
    for id in &ids {
        api.verb(*id, "start").await.ok();
    }
    // All are cut off together, as soon as the last of them has its share.
    for (number, share) in (1..).zip(&shares) {
        while received.load(Ordering::Relaxed) < tier.readers * share {
            assert!(begun.elapsed() < 10 * PATIENCE, "too little arrives");
            let gave_up = readers.iter().any(|(_, reader)| reader.is_finished());
            assert!(!gave_up, "a reader gave up");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        cut.send(number).unwrap();
    }
    let mut told = Vec::new();
    for (id, reader) in readers {
        told.push((id, reader.await.unwrap()));
    }
    let took = begun.elapsed().as_secs_f64();
    let table = event_table::read(&server).await;
    for (id, got) in &told {
        let numbers: Vec<_> = got.iter().map(|(number, _)| *number).collect();
        let stored: Vec<_> = table[id].iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, stored, "workflow {id}");
        for ((number, data), (_, event)) in got.iter().zip(&table[id]) {
            let data: Value = serde_json::from_str(data).unwrap();
            assert_eq!(&data, event, "event {number} of workflow {id}");
        }
    }
    let events: usize = table.values().map(Vec::len).sum();
    figures::tell(format!(
        "event streams: {} readers of {} workflows, cut off together {} times, {events} \
         events in {took:.1} s ({:.0}/s): 0 missing, 0 doubled",
        tier.readers,
        tier.workflows,
        tier.cuts,
        events as f64 / took
    ));
}
