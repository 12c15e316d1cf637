//! How a call of the store fails, and which ones do: by plan or by chance.

use std::collections::BTreeMap;
use std::io::{Error as IoError, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use runtime::store::StoreError;

use crate::dice::Dice;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The database is away before anything is done.
    Away,
    /// It is done, and the answer is lost on its way.
    AnswerLost,
    /// The rows themselves cannot be written or read.
    Row,
    /// The disk has no room.
    Full,
}

impl Kind {
    /// What the caller is told.
    pub fn error(self) -> StoreError {
        match self {
            Self::Away => io(ErrorKind::ConnectionRefused),
            Self::AnswerLost => io(ErrorKind::ConnectionReset),
            Self::Full => io(ErrorKind::StorageFull),
            Self::Row => corrupt(),
        }
    }
}

pub fn corrupt() -> StoreError {
    let (what, cause) = ("a row".into(), "it is planned to fail".into());
    StoreError::Corrupt { what, cause }
}

fn io(kind: ErrorKind) -> StoreError {
    StoreError::Database(sqlx::Error::Io(IoError::new(kind, "it is planned to fail")))
}

/// Which calls fail, and how.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub kind: Kind,
    /// The first that fails, counted from 0.
    pub first: u64,
    /// How many fail in a row.
    pub count: u64,
}

impl Plan {
    pub const fn fault_of(self, number: u64) -> Option<Kind> {
        if self.first <= number && number < self.first + self.count {
            Some(self.kind)
        } else {
            None
        }
    }
}

/// How many of a thousand calls fail in each way, and how many take long.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    pub away: u64,
    pub answer_lost: u64,
    pub row: u64,
    pub full: u64,
    pub slow: u64,
}

/// The longest that a slow call takes, in milliseconds.
const SLOW_MOST: u64 = 30_000;

/// What becomes of one call.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fate {
    /// How long it takes before anything is done, and after it is.
    pub before: Duration,
    pub after: Duration,
    pub kind: Option<Kind>,
}

/// Calls fail by chance.
pub struct Chance {
    dice: Dice,
    rates: Rates,
}

impl Chance {
    pub const fn new(seed: u64, rates: Rates) -> Self {
        let dice = Dice::new(seed);
        Self { dice, rates }
    }

    pub fn fate(&mut self) -> Fate {
        let mut fate = Fate::default();
        if self.dice.roll(1_000) < self.rates.slow {
            let length = Duration::from_millis(self.dice.roll(SLOW_MOST));
            if self.dice.chance(50) {
                fate.before = length;
            } else {
                fate.after = length;
            }
        }
        let Rates {
            away,
            answer_lost,
            row,
            full,
            ..
        } = self.rates;
        let mut rolled = self.dice.roll(1_000);
        let kinds = [
            (Kind::Away, away),
            (Kind::AnswerLost, answer_lost),
            (Kind::Row, row),
            (Kind::Full, full),
        ];
        for (kind, rate) in kinds {
            if rolled < rate {
                fate.kind = Some(kind);
                break;
            }
            rolled -= rate;
        }
        fate
    }
}

/// How often calls met each kind of fault, and how often one took long. Clones are the same.
#[derive(Clone, Default)]
pub struct Met(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Met {
    pub fn note(&self, what: &'static str) {
        *self.lock().entry(what).or_default() += 1;
    }

    pub fn note_fate(&self, fate: Fate) {
        if !(fate.before + fate.after).is_zero() {
            self.note("slow");
        }
        if let Some(kind) = fate.kind {
            self.note(match kind {
                Kind::Away => "away",
                Kind::AnswerLost => "answer lost",
                Kind::Row => "row refused",
                Kind::Full => "disk full",
            });
        }
    }

    pub fn count(&self, what: &str) -> u64 {
        self.lock().get(what).copied().unwrap_or_default()
    }

    /// All of it, in words.
    pub fn told(&self) -> String {
        let counts = self.lock();
        let told = counts.iter().map(|(what, count)| format!("{what} {count}"));
        told.collect::<Vec<_>>().join(", ")
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
