//! Steps of kinds that the owner has switched off.

use crate::id::StepIndex;

/// Most steps that are named for one reason.
const NAMED_MAX: usize = 3;

/// A step that cannot run on this server now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchedOff {
    /// Its position, from 0.
    pub task: StepIndex,
    /// Its name.
    pub name: String,
    /// What is switched off and who can switch it on, without a full stop.
    pub why: &'static str,
}

/// All of them in a sentence without its full stop: `"Build" and "Test" cannot run here: command
/// steps are switched off; an owner can switch them on`.
pub(super) fn sentence(steps: &[SwitchedOff]) -> String {
    let mut reasons: Vec<&str> = Vec::new();
    for step in steps {
        if !reasons.contains(&step.why) {
            reasons.push(step.why);
        }
    }
    let told: Vec<_> = reasons
        .into_iter()
        .map(|why| {
            let names: Vec<_> = steps
                .iter()
                .filter(|step| step.why == why)
                .map(|step| format!("\"{}\"", step.name))
                .collect();
            format!("{} cannot run here: {why}", list(&names))
        })
        .collect();
    told.join(". ")
}

/// `a`, `a and b`, `a, b and c`, `a, b, c and 4 more steps`.
fn list(names: &[String]) -> String {
    let shown = &names[..names.len().min(NAMED_MAX)];
    match (names.len() - shown.len(), shown) {
        (0, [before @ .., one, last]) => {
            let before: String = before.iter().map(|name| format!("{name}, ")).collect();
            format!("{before}{one} and {last}")
        }
        (0, shown) => shown.concat(),
        (1, shown) => format!("{} and 1 more step", shown.join(", ")),
        (more, shown) => format!("{} and {more} more steps", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off(names: &[&str], why: &'static str) -> Vec<SwitchedOff> {
        let one = |(task, name): (usize, &&str)| SwitchedOff {
            task,
            name: (*name).to_owned(),
            why,
        };
        names.iter().enumerate().map(one).collect()
    }

    #[test]
    fn steps_are_named_until_there_are_too_many() {
        for (names, told) in [
            (&["A"][..], "\"A\" cannot run here: off"),
            (&["A", "B"], "\"A\" and \"B\" cannot run here: off"),
            (
                &["A", "B", "C"],
                "\"A\", \"B\" and \"C\" cannot run here: off",
            ),
            (
                &["A", "B", "C", "D"],
                "\"A\", \"B\", \"C\" and 1 more step cannot run here: off",
            ),
            (
                &["A", "B", "C", "D", "E"],
                "\"A\", \"B\", \"C\" and 2 more steps cannot run here: off",
            ),
        ] {
            assert_eq!(sentence(&off(names, "off")), told);
        }
    }

    #[test]
    fn each_reason_has_a_sentence_of_its_own() {
        let mut steps = off(&["A"], "x is off");
        steps.extend(off(&["B"], "y is off"));
        let told = "\"A\" cannot run here: x is off. \"B\" cannot run here: y is off";
        assert_eq!(sentence(&steps), told);
    }
}
