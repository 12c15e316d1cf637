//! What is known of damage to the database's file. Nothing mends it while the server runs, so it is
//! told until the next start.

use engine::Timestamp;

/// How far it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Damage {
    /// What lies on some pages cannot be read.
    Pages,
    /// Nothing can be relied on.
    Whole,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct DamageWatch(Option<(Damage, Timestamp)>);

impl DamageWatch {
    /// Damage was met. True when it goes farther than what was known.
    pub(super) fn met(&mut self, damage: Damage, now: Timestamp) -> bool {
        let is_new = self.0.is_none_or(|(known, _)| known < damage);
        if is_new {
            self.0 = Some((damage, now));
        }
        is_new
    }

    /// The file can be relied on again, as far as anybody sees.
    pub(super) fn is_readable_again(&mut self) {
        if let Some((damage, _)) = &mut self.0 {
            *damage = Damage::Pages;
        }
    }

    /// What is known, and since when.
    pub(super) const fn known(&self) -> Option<(Damage, Timestamp)> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEN: Timestamp = Timestamp::from_micros(1);
    const LATER: Timestamp = Timestamp::from_micros(2);

    #[test]
    fn damage_is_new_once_and_once_more_when_it_goes_farther() {
        let mut watch = DamageWatch::default();
        assert!(watch.met(Damage::Pages, THEN));
        assert!(!watch.met(Damage::Pages, LATER));
        assert_eq!(watch.known(), Some((Damage::Pages, THEN)));
        assert!(watch.met(Damage::Whole, LATER));
        assert!(!watch.met(Damage::Pages, LATER));
        assert_eq!(watch.known(), Some((Damage::Whole, LATER)));
        watch.is_readable_again();
        assert_eq!(
            watch.known(),
            Some((Damage::Pages, LATER)),
            "it is not mended"
        );
    }
}
