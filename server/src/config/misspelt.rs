//! Variables of the environment that look like ours and mean nothing, because they are misspelt.

use std::fmt;

use runtime::process::{ATTEMPT_VARIABLE, LOCK_VARIABLE};

use super::source::PREFIX;

/// What a command of a step is given, in which somebody may start this program.
const OF_STEPS: [&str; 6] = [
    "ATTEMPT_NUMBER",
    "IDEMPOTENCY_KEY",
    "JOB_ID",
    "OUTPUT",
    "STEP",
    "WORKFLOW_ID",
];
/// What builds and tests of this project read.
const OF_TESTS: [&str; 5] = ["BIN", "CRASH_AT", "KILL_SEED", "TIER", "WASM"];
/// So many letters may be wrong in a short name; in a longer one every third.
const WRONG_MOST: usize = 2;

/// A variable that means nothing.
#[derive(Debug, PartialEq, Eq)]
pub struct Misspelt {
    name: String,
    nearest: Option<String>,
}

impl fmt::Display for Misspelt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the variable {} means nothing here", self.name)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

/// Those among the `names` of variables that begin like ours and are none of `known`, in order.
pub fn misspelt(names: impl Iterator<Item = String>, known: &[String]) -> Vec<Misspelt> {
    let mut found: Vec<_> = names.filter_map(|name| judge(name, known)).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn judge(name: String, known: &[String]) -> Option<Misspelt> {
    let said = name.strip_prefix(PREFIX)?;
    let is_mark = name == ATTEMPT_VARIABLE || name == LOCK_VARIABLE;
    let is_other = is_mark || OF_STEPS.contains(&said) || OF_TESTS.contains(&said);
    if is_other || known.iter().any(|known| known == said) {
        return None;
    }
    let far = |known: &String| distance(said, known);
    let nearest = known.iter().min_by_key(|known| far(known));
    let nearest = nearest.filter(|nearest| far(nearest) <= WRONG_MOST.max(nearest.len() / 3));
    let nearest = nearest.map(|nearest| format!("{PREFIX}{nearest}"));
    Some(Misspelt { name, nearest })
}

/// How many letters have to be put in, left out or changed to make one of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.chars().enumerate() {
        let mut above_left = place;
        let mut left = place + 1;
        for (there, column) in other.iter().zip(1..) {
            let Some(above) = row.get(column).copied() else {
                break;
            };
            let changed = above_left + usize::from(*there != letter);
            row[column - 1] = left;
            left = changed.min(above + 1).min(left + 1);
            above_left = above;
        }
        row[other.len()] = left;
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_counts_letters() {
        for (one, other, letters) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("LISTNE", "LISTEN", 2),
            ("LISTEN", "LISTEN", 0),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(distance(one, other), letters, "{one} {other}");
        }
    }

    #[test]
    fn a_variable_that_is_nearly_one_of_ours_is_told_with_that_one() {
        let known = ["DATA", "LISTEN", "LOG", "SESSION_HOURS"].map(str::to_owned);
        let of = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned());
            misspelt(names, &known)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        let listen = "the variable JOB_ORCHESTRATOR_LISTNE means nothing here; did you mean \
                      JOB_ORCHESTRATOR_LISTEN?";
        let hours = "the variable JOB_ORCHESTRATOR_SESION_HOUR means nothing here; did you mean \
                     JOB_ORCHESTRATOR_SESSION_HOURS?";
        let port = "the variable JOB_ORCHESTRATOR_TCP_PORT_NUMBER means nothing here";
        assert_eq!(
            of(&[
                "PATH",
                "JOB_ORCHESTRATOR_TCP_PORT_NUMBER",
                "JOB_ORCHESTRATOR_LISTNE",
                "JOB_ORCHESTRATOR_SESION_HOUR",
                "JOB_ORCHESTRATOR_LISTEN",
                "JOB_ORCHESTRATOR_DATA",
                "JOB_ORCHESTRATOR_OUTPUT",
                "JOB_ORCHESTRATOR_ATTEMPT",
                "JOB_ORCHESTRATOR_ATTEMPT_LOCK",
                "JOB_ORCHESTRATOR_TIER",
                "JOB_ORCHESTRATORS",
            ]),
            [listen, hours, port]
        );
    }
}
