//! What the workflows do that are killed.

use std::path::Path;

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::witness;

/// What becomes of a step of which nobody knows how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is done again.
    Retry,
    /// It is given up.
    Once,
    /// The outside is asked whether it was done.
    Probe,
    /// The outside is asked and cannot tell.
    Untold,
}

impl Way {
    const fn mode(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Once => "once",
            Self::Probe | Self::Untold => "probe",
        }
    }
}

/// A step that is never lost too often.
fn step(name: &str, task_type: &str, config: Value, needs: &[usize]) -> Value {
    json!({"name": name, "task_type": task_type, "config": config, "dependencies": needs,
           "max_lost": 100})
}

/// A step whose effect a witness sees. One that asks in vain does so twice before it is given up.
fn effect(mut step: Value, way: Way) -> Value {
    step["mode"] = way.mode().into();
    if way == Way::Untold {
        step["max_retries"] = 1.into();
    }
    step
}

/// A step that runs a piece of shell with a witness.
pub fn command(folder: &Path, name: &str, work: &str, needs: &[usize], way: Way) -> Value {
    let shell = |script| json!(["-c", script]);
    let mut config = json!({"program": "sh", "args": shell(witness::script(folder, work))});
    let check = match way {
        Way::Retry | Way::Once => None,
        Way::Probe => Some(witness::check(folder)),
        Way::Untold => Some(witness::silent_check(folder)),
    };
    if let Some(check) = check {
        config["check_program"] = "sh".into();
        config["check_args"] = shell(check);
    }
    effect(step(name, "command", config, needs), way)
}

/// A step that calls a witness.
pub fn call(witness: &str, name: &str, needs: &[usize], way: Way) -> Value {
    let mut config = json!({"method": "POST", "url": witness});
    match way {
        Way::Retry | Way::Once => {}
        Way::Probe => config["check_url"] = witness.into(),
        Way::Untold => config["check_url"] = witness::silent(witness).into(),
    }
    effect(step(name, "http_request", config, needs), way)
}

pub fn delay(name: &str, seconds: f64, needs: &[usize]) -> Value {
    step(name, "delay", json!({"seconds": seconds}), needs)
}

pub fn noop(name: &str, needs: &[usize]) -> Value {
    step(name, "noop", json!({}), needs)
}

/// Any of a number of shapes, with any kind of step in them.
pub fn any(folder: &Path, witness: &str, dice: &mut Dice) -> Value {
    let edges: &[&[usize]] = match dice.roll(3) {
        0 => &[&[], &[0], &[1], &[2]],
        1 => &[&[], &[0], &[0], &[1, 2]],
        _ => &[&[], &[], &[0], &[0, 1], &[2, 3]],
    };
    let steps: Vec<_> = edges
        .iter()
        .enumerate()
        .map(|(index, needs)| any_step(folder, witness, dice, index, needs))
        .collect();
    let stop = ["finish_branches", "stop"][usize::from(dice.chance(30))];
    json!({"name": "Killed", "steps": steps, "on_failure": stop, "max_recovery_attempts": 5})
}

fn any_way(dice: &mut Dice) -> Way {
    match dice.roll(20) {
        0..10 => Way::Retry,
        10..15 => Way::Once,
        15..19 => Way::Probe,
        _ => Way::Untold,
    }
}

fn any_step(folder: &Path, witness: &str, dice: &mut Dice, index: usize, needs: &[usize]) -> Value {
    let name = format!("Step {index}");
    let way = any_way(dice);
    let shell = |work: &str| command(folder, &name, work, needs, way);
    let tried = folder.join("tried-$key");
    let tried = tried.display();
    match dice.roll(10) {
        0..3 => shell(":"),
        // A tree, part of which left its session.
        3 => shell("setsid sleep 0.1 & sleep 0.05 & wait"),
        4 => shell("sleep 0.3"),
        // The first try of its key fails.
        5 => shell(&format!("[ -e {tried} ] || {{ : >{tried}; exit 7; }}")),
        6..8 => call(witness, &name, needs, way),
        8 => {
            #[expect(clippy::cast_precision_loss, reason = "a handful of milliseconds")]
            let seconds = dice.roll(300) as f64 / 1000.0;
            delay(&name, seconds, needs)
        }
        _ => noop(&name, needs),
    }
}
