//! Random definitions out of a small seeded generator: the same number gives the same walk.

use engine::definition::{OnFailure, RunIf};
use engine::{StepDefinition, WorkflowDefinition};

/// `SplitMix64`: one number in, an endless stream of numbers out.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Seeds are small and close together; one multiplication sets them far apart.
        Self(seed.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// 0 to `sides` - 1.
    pub fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.next() % sides.max(1) as u64).unwrap()
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }

    /// 0 to 1.
    pub fn share(&mut self) -> f64 {
        self.roll(1_001) as f64 / 1_000.0
    }
}

/// 1 to 8 steps that depend on each other without a circle, with every limit and rule there is.
pub fn definition(dice: &mut Dice) -> WorkflowDefinition {
    let count = 1 + dice.roll(8);
    // Work flows along this order, which need not be the order in which the steps are written.
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, dice.roll(last + 1));
    }
    let estimated = dice.pick(&[0, 0, 50, 100]);
    let mut steps = vec![StepDefinition::new("", "noop"); count];
    for (place, &index) in order.iter().enumerate() {
        let step = &mut steps[index];
        step.name = format!("step {index}");
        for &upstream in &order[..place] {
            if dice.chance(35) {
                step.dependencies.push(upstream);
            }
        }
        let rules = [
            RunIf::Ok,
            RunIf::Ok,
            RunIf::Ok,
            RunIf::Ok,
            RunIf::Always,
            RunIf::Failed,
        ];
        step.run_if = dice.pick(&rules);
        if step.run_if == RunIf::Failed && step.dependencies.is_empty() {
            step.run_if = RunIf::Ok;
        }
        step.max_retries = u32::try_from(dice.roll(3)).unwrap();
        step.max_lost = u32::try_from(1 + dice.roll(3)).unwrap();
        step.estimated_duration = dice
            .chance(estimated)
            .then(|| dice.pick(&[0.5, 1.0, 10.0, 100.0]));
    }
    let on_failure = dice.pick(&[OnFailure::FinishBranches, OnFailure::Stop]);
    WorkflowDefinition::new("Walk", &steps)
        .unwrap()
        .with_on_failure(on_failure)
        .with_max_recovery_attempts(u32::try_from(dice.roll(4)).unwrap())
}
