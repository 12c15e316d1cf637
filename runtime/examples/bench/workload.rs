//! One workflow, or many side by side, from the call that asks for it to its end.

use std::time::{Duration, Instant};

use engine::orchestrator::{DefinitionSource, NewWorkflowRequest};
use engine::{Actor, Definitions, WorkflowId, Workflows};
use runtime::{Runtime, WorkflowDefinition};
use serde_json::Map;
use tokio::task::JoinSet;

use crate::place::Place;
use crate::{Outcome, definitions, machine};

/// What one workload took.
pub struct Measured {
    pub name: String,
    /// Steps of all its workflows.
    pub steps: usize,
    /// How long each workflow took, shortest first.
    pub times: Vec<Duration>,
    /// How long all of them took.
    pub took: Duration,
    pub cpu: Duration,
    pub commits: u64,
    pub peak_kib: u64,
}

impl Measured {
    pub fn steps_s(&self) -> f64 {
        self.steps as f64 / self.took.as_secs_f64()
    }

    pub fn step(&self) -> Duration {
        self.took.div_f64(self.steps as f64)
    }

    /// The time that this share of the workflows kept to.
    pub fn at(&self, share: f64) -> Duration {
        let last = self.times.len().saturating_sub(1);
        let place = (last as f64 * share) as usize;
        self.times.get(place).copied().unwrap_or_default()
    }
}

/// A definition that is saved, and how it is asked for.
#[derive(Clone)]
pub struct Asked {
    definition: WorkflowDefinition,
    steps: usize,
    request: NewWorkflowRequest,
}

impl Asked {
    pub async fn save(runtime: &Runtime, definition: engine::WorkflowDefinition) -> Outcome<Self> {
        let saved = runtime
            .save(&Actor::program(), None, &definition.to_json(), None)
            .await?;
        let request = NewWorkflowRequest {
            definition: DefinitionSource::Saved(saved.definition_id),
            job_id: None,
            parameters: Map::new(),
            metadata: Map::new(),
            start: true,
            command_id: None,
        };
        Ok(Self {
            steps: definition.steps().len(),
            definition: definition.into(),
            request,
        })
    }

    /// Starts a workflow.
    pub async fn submit(self, runtime: Runtime) -> Outcome<WorkflowId> {
        let made = runtime.submit(&Actor::program(), self.request).await?;
        Ok(made.id)
    }

    /// Starts a workflow and waits until it is over.
    pub async fn run(self, runtime: Runtime) -> Outcome<Duration> {
        let started = Instant::now();
        let definition = self.definition.clone();
        let id = self.submit(runtime.clone()).await?;
        let done = runtime.execute_workflow(id, &definition).await?;
        if done.progress == 100 {
            Ok(started.elapsed())
        } else {
            Err(format!("a workflow ended {}", done.status).into())
        }
    }
}

pub async fn chain(place: &Place, length: usize) -> Outcome<Measured> {
    let asked = Asked::save(&place.runtime, definitions::chain(length)?).await?;
    run(&place.runtime, &format!("chain-{length}"), &asked, 1).await
}

pub async fn fan(place: &Place, width: usize, name: &str) -> Outcome<Measured> {
    let asked = Asked::save(&place.runtime, definitions::fan(width)?).await?;
    run(&place.runtime, name, &asked, 1).await
}

/// A fan, from the call that asks for it until somebody who follows it was given its last event.
pub async fn follow(place: &Place, width: usize, name: &str) -> Outcome<Measured> {
    let runtime = &place.runtime;
    let asked = Asked::save(runtime, definitions::fan(width)?).await?;
    machine::forget_peak();
    let (cpu, commits) = (machine::cpu_time()?, runtime.commits());
    let started = Instant::now();
    let id = asked.clone().submit(runtime.clone()).await?;
    let mut events = runtime.follow(id, 0);
    while events.next().await?.is_some() {}
    let took = started.elapsed();
    Ok(Measured {
        name: name.to_owned(),
        steps: asked.steps,
        times: vec![took],
        took,
        cpu: machine::cpu_time()?.saturating_sub(cpu),
        commits: runtime.commits() - commits,
        peak_kib: machine::peak_kib()?,
    })
}

/// Runs `count` workflows side by side.
pub async fn run(runtime: &Runtime, name: &str, asked: &Asked, count: usize) -> Outcome<Measured> {
    machine::forget_peak();
    let (cpu, commits) = (machine::cpu_time()?, runtime.commits());
    let started = Instant::now();
    let mut under_way = JoinSet::new();
    for _ in 0..count {
        under_way.spawn(asked.clone().run(runtime.clone()));
    }
    let mut times = Vec::with_capacity(count);
    while let Some(ended) = under_way.join_next().await {
        times.push(ended??);
    }
    let took = started.elapsed();
    times.sort_unstable();
    Ok(Measured {
        name: name.to_owned(),
        steps: asked.steps * count,
        times,
        took,
        cpu: machine::cpu_time()?.saturating_sub(cpu),
        commits: runtime.commits() - commits,
        peak_kib: machine::peak_kib()?,
    })
}
