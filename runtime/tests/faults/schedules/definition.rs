//! One random definition: its graph, its modes, retries, limits, and what each try of its steps does.

use serde_json::{Value, json};

use crate::dice::Dice;

/// What one try does.
fn word(dice: &mut Dice) -> String {
    let letter = dice.pick(&[
        's', 's', 's', 's', 's', 's', 'f', 'f', 'f', 'x', 'u', 'p', 'e', 'w', 'n',
    ]);
    let length = match dice.roll(10) {
        0..5 => dice.roll(300),
        5..9 => dice.roll(6_000),
        _ => dice.roll(40_000),
    };
    let stubborn = if dice.chance(20) { "!" } else { "" };
    format!("{letter}{length}{stubborn}")
}

fn step(index: usize, stage: u64, dice: &mut Dice) -> Value {
    let mode = dice.pick(&["retry", "retry", "retry", "once", "probe"]);
    let words: Vec<_> = (0..1 + dice.roll(4)).map(|_| word(dice)).collect();
    let mut config = json!({"stage": stage, "part": words.join(" "), "mode": mode});
    if mode == "probe" {
        config["asked"] = json!("yes");
    }
    let density = dice.pick(&[20, 50, 80]);
    let dependencies: Vec<_> = (0..index).filter(|_| dice.chance(density)).collect();
    let mut run_if = dice.pick(&["ok", "ok", "ok", "ok", "always", "failed"]);
    if dependencies.is_empty() && run_if == "failed" {
        run_if = "ok";
    }
    let mut step = json!({
        "name": format!("Step {index}"),
        "task_type": "player",
        "config": config,
        "dependencies": dependencies,
        "max_retries": dice.roll(4),
        "max_lost": 1 + dice.roll(4),
        "run_if": run_if,
        "mode": mode,
    });
    if dice.chance(40) {
        step["timeout"] = json!(dice.pick(&[0.5, 2.0, 10.0]));
    }
    if dice.chance(30) {
        step["estimated_duration"] = json!(dice.pick(&[0.5, 5.0, 60.0]));
    }
    step
}

/// 1 to 7 steps that depend on each other without a circle.
pub fn random(stage: u64, dice: &mut Dice) -> (Value, usize) {
    let count = usize::try_from(1 + dice.roll(7)).unwrap();
    let steps: Vec<_> = (0..count).map(|index| step(index, stage, dice)).collect();
    let on_failure = dice.pick(&["stop", "finish_branches", "finish_branches"]);
    let definition = json!({
        "name": "Schedule",
        "steps": steps,
        "on_failure": on_failure,
        "max_recovery_attempts": dice.roll(4),
    });
    (definition, count)
}
