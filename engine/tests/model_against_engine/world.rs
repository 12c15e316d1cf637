//! Both sides under one schedule.

use crate::coverage::Coverage;
use crate::engine_side::EngineSide;
use crate::model_side;
use crate::reference_model::{Ask, End, Input, State, Verb, Workflow, step};
use crate::scenario::Dice;
use crate::{definition, event_words, invariants, schedule};

const BEGINNING: i64 = 1_704_067_200_000_000;

pub struct World {
    seed: u64,
    dice: Dice,
    now: i64,
    model: Workflow,
    engine: EngineSide,
    next_id: u64,
    /// The percentage that was seen last since the last recovery.
    percent: u8,
    /// What happened so far, with its moment and the model's answer.
    actions: Vec<String>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let model = definition::random(&mut dice);
        Self {
            engine: EngineSide::new(definition::told_to_the_engine(&model), BEGINNING),
            seed,
            dice,
            now: BEGINNING,
            model,
            next_id: 0,
            percent: 0,
            actions: Vec::new(),
        }
    }

    /// 20 to 400 actions, more often few than many.
    pub fn run(&mut self, coverage: &mut Coverage) -> Result<(), String> {
        self.put(&Input::Create, coverage)?;
        let most = self.dice.pick(&[20, 60, 120, 250, 400]);
        let count = 20 + self.dice.roll(most - 19);
        let mut last = None;
        let mut after_completion = 12;
        for number in 0..count {
            // Completed is final: a few more commands show that.
            after_completion -= i32::from(self.model.state == State::Completed);
            if after_completion <= 0 && number >= 20 {
                break;
            }
            let time = schedule::time_step(&mut self.dice);
            self.now += time;
            coverage.simulated_micros += schedule::passed(time);
            self.model.now = self.now;
            if time < 0 {
                self.note_what_was_reached(self.now - time, coverage)?;
            }
            self.never_falls()?;
            if self.dice.chance(1) {
                self.crash(coverage)?;
                continue;
            }
            let input = match last {
                // A report that comes twice, a double click, or the next person's same wish.
                Some(input) if self.dice.chance(8) => self.again(input),
                _ => schedule::input(&mut self.dice, &self.model, &mut self.next_id),
            };
            self.put(&input, coverage)?;
            last = Some(input);
            let interrupts = matches!(
                input,
                Input::Ask(Ask {
                    verb: Verb::Pause { interrupt: true },
                    ..
                })
            );
            if interrupts && self.dice.chance(60) {
                for end in schedule::ends(&self.model, End::Interrupted) {
                    self.put(&end, coverage)?;
                }
            }
            self.never_falls()?;
        }
        let folded = self.engine.fold();
        folded.map_err(|why| self.differ("I1: the rows and the fold of the events", "", &why))
    }

    /// The clock was set back: what running steps had reached is reported, as the server does.
    fn note_what_was_reached(
        &mut self,
        before: i64,
        coverage: &mut Coverage,
    ) -> Result<(), String> {
        let ours = self.model.fallen_behind(before);
        let theirs = self.engine.reached(before, self.now);
        let is_same = |(a, b): (&(usize, u32, f64), &(usize, u32, f64))| {
            (a.0, a.1) == (b.0, b.1) && (a.2 - b.2).abs() < 1e-9
        };
        if ours.len() != theirs.len() || !ours.iter().zip(&theirs).all(is_same) {
            let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
            return Err(self.differ("what was reached", &ours, &theirs));
        }
        for (task, attempt, share) in theirs {
            let reached = Input::Progress {
                task,
                attempt,
                share,
            };
            self.put(&reached, coverage)?;
        }
        Ok(())
    }

    /// I14, whichever way the clock is set.
    fn never_falls(&mut self) -> Result<(), String> {
        let (before, now) = (self.percent, self.engine.percent(self.now));
        self.percent = now;
        if now < before {
            let (before, now) = (format!("{before} % before"), format!("{now} %"));
            return Err(self.differ("I14: the percentages of two moments", &before, &now));
        }
        Ok(())
    }

    fn again(&mut self, input: Input) -> Input {
        match input {
            Input::Ask(mut ask) => {
                match self.dice.roll(20) {
                    0..8 => {
                        self.next_id += 1;
                        ask.id = Some(self.next_id);
                    }
                    // Something else under the same id, as nobody should.
                    8..11 => ask.verb = schedule::verb(&mut self.dice, &self.model),
                    _ => {}
                }
                Input::Ask(ask)
            }
            other => other,
        }
    }

    /// The server dies: only rows are left, and what ran is lost. In the middle of it, sometimes it
    /// dies again.
    fn crash(&mut self, coverage: &mut Coverage) -> Result<(), String> {
        self.actions.push("the server dies".into());
        self.engine.restart();
        for loss in schedule::ends(&self.model, End::Lost) {
            self.put(&loss, coverage)?;
            if self.dice.chance(10) {
                self.engine.restart();
            }
        }
        Ok(())
    }

    /// Puts one input to both sides and compares everything.
    fn put(&mut self, input: &Input, coverage: &mut Coverage) -> Result<(), String> {
        let before = self.model.clone();
        let (after, said) = step(&before, self.now, input);
        let second = (self.now - BEGINNING) as f64 / 1e6;
        self.actions
            .push(format!("{second:>12.3} s  {input:?} -> {said:?}"));
        self.model = after;
        if self.model.recovery_attempts > before.recovery_attempts {
            self.percent = 0;
        }
        let look = self.engine.look();
        let (engine_said, events) = self.engine.step(self.now, input);
        if let Err(broken) = self.engine.check(&look, &events) {
            return Err(self.differ("the engine's own checks", "", &broken));
        }
        if said != engine_said {
            return Err(self.differ(
                "the answers",
                &format!("{said:?}"),
                &format!("{engine_said:?}"),
            ));
        }
        let (ours, theirs) = (model_side::kinds(&self.model), event_words::kinds(&events));
        if ours != theirs {
            return Err(self.differ("the rows", &format!("{ours:?}"), &format!("{theirs:?}")));
        }
        for (task, attempt, theirs) in event_words::outcomes(&events) {
            let ours = model_side::outcome(&self.model, task, attempt);
            if ours != theirs {
                return Err(self.differ("the outcomes of an attempt", ours, theirs));
            }
        }
        let (ours, theirs) = (model_side::seen(&self.model), self.engine.seen());
        if ours != theirs {
            return Err(self.differ("the states", &format!("{ours:#?}"), &format!("{theirs:#?}")));
        }
        let (ours, theirs) = (self.model.percents(), self.engine.percent(self.now));
        if !ours.contains(&theirs) {
            return Err(self.differ("the percentages", &format!("{ours:?}"), &theirs.to_string()));
        }
        if let Err(broken) = invariants::hold_all(&before, input, said, &self.model) {
            return Err(self.differ("the invariants", &broken, "agrees with the model"));
        }
        coverage.count(&before, input, said, &self.model);
        Ok(())
    }

    fn differ(&self, what: &str, model: &str, engine: &str) -> String {
        let mut text = format!("{what} differ; MODEL_SEED={} runs it again\n", self.seed);
        for (index, step) in self.model.steps.iter().enumerate() {
            text.push_str(&format!("step {index}: {step:?}\n"));
        }
        text.push_str(&format!("stop: {}\n", self.model.stop));
        text.push_str(&self.actions.join("\n"));
        text.push('\n');
        let is_short = model.lines().count() == 1;
        let (theirs, ours): (Vec<_>, Vec<_>) = (engine.lines().collect(), model.lines().collect());
        for line in 0..ours.len().max(theirs.len()) {
            let (model, engine) = (ours.get(line), theirs.get(line));
            let mark = if model == engine { ' ' } else { '!' };
            if is_short || mark == '!' || model.is_some_and(|l| l.contains("state:")) {
                text.push_str(&format!("{mark} model {model:?} engine {engine:?}\n"));
            }
        }
        text
    }

    pub fn print(&self) {
        for (index, step) in self.model.steps.iter().enumerate() {
            println!("step {index}: {step:?}");
        }
        println!("stop: {}", self.model.stop);
        println!("{}", self.actions.join("\n"));
    }

    /// The engine's events as they are written.
    pub fn log(&self) -> String {
        let line = |event| serde_json::to_string(event).unwrap();
        let lines: Vec<String> = self.engine.events.iter().map(line).collect();
        lines.join("\n")
    }
}
