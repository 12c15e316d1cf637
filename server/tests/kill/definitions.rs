//! What the workflows do that are killed.

use std::path::Path;

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::witness::script;

/// A step that runs a piece of shell with a witness. It is never lost too often.
pub fn command(folder: &Path, name: &str, work: &str, needs: &[usize], mode: &str) -> Value {
    let args = ["-c".to_owned(), script(folder, work)];
    json!({
        "name": name, "task_type": "command", "config": {"program": "sh", "args": args},
        "dependencies": needs, "mode": mode, "max_lost": 100,
    })
}

/// A step that calls a witness.
pub fn call(witness: &str, name: &str, needs: &[usize], mode: &str) -> Value {
    json!({
        "name": name, "task_type": "http_request",
        "config": {"method": "POST", "url": witness},
        "dependencies": needs, "mode": mode, "max_lost": 100,
    })
}

pub fn delay(name: &str, seconds: f64, needs: &[usize]) -> Value {
    json!({"name": name, "task_type": "delay", "config": {"seconds": seconds},
           "dependencies": needs, "max_lost": 100})
}

pub fn noop(name: &str, needs: &[usize]) -> Value {
    json!({"name": name, "task_type": "noop", "config": {}, "dependencies": needs,
           "max_lost": 100})
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

fn any_step(folder: &Path, witness: &str, dice: &mut Dice, index: usize, needs: &[usize]) -> Value {
    let name = format!("Step {index}");
    let mode = ["retry", "once"][usize::from(dice.chance(25))];
    let shell = |work: &str| command(folder, &name, work, needs, mode);
    let tried = folder.join("tried-$key");
    let tried = tried.display();
    match dice.roll(10) {
        0..3 => shell(":"),
        // A tree, part of which left its session.
        3 => shell("setsid sleep 0.1 & sleep 0.05 & wait"),
        4 => shell("sleep 0.3"),
        // The first try of its key fails.
        5 => shell(&format!("[ -e {tried} ] || {{ : >{tried}; exit 7; }}")),
        6..8 => call(witness, &name, needs, mode),
        8 => {
            #[expect(clippy::cast_precision_loss, reason = "a handful of milliseconds")]
            let seconds = dice.roll(300) as f64 / 1000.0;
            delay(&name, seconds, needs)
        }
        _ => noop(&name, needs),
    }
}
