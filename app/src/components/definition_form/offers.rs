//! Drafts that can be brought back: none is lost before somebody drops it.

use leptos::prelude::*;

use super::kept::{self, Kept};
use super::state::BuilderState;

/// A draft that can be brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offered {
    /// It was not saved the last time.
    Unsaved(Kept),
    /// It stood in the form until another was brought back.
    Replaced(Kept),
}

impl Offered {
    const fn kept(&self) -> &Kept {
        match self {
            Self::Unsaved(kept) | Self::Replaced(kept) => kept,
        }
    }
}

impl BuilderState {
    /// Offers what was kept in this tab. A draft that came back with the page, because it was posted
    /// and not saved, is the one in the form.
    pub(super) fn offer_kept(self, posted: bool) {
        let path = self.path();
        match kept::kept(&path) {
            Some(kept) if posted && kept.draft == self.draft.get_untracked() => {}
            Some(kept) if posted => kept::put_aside(&path, &kept),
            Some(kept) if kept.draft != self.draft.get_untracked() => {
                return self.offered.set(Some(Offered::Unsaved(kept)));
            }
            _ => {}
        }
        if posted {
            self.is_touched.set(true);
            kept::keep(&path, &self.present());
        }
        self.offer_next();
    }

    /// Keeps the unsaved draft in this tab, and beside it the one that is offered and that it would
    /// take the place of.
    pub(super) fn keep(self) {
        let path = self.path();
        self.offered.with_untracked(|offered| {
            if let Some(offered) = offered {
                kept::put_aside(&path, offered.kept());
            }
        });
        kept::keep(&path, &self.present());
    }

    /// Puts the offered draft into the form, and offers what was typed there instead.
    pub(super) fn bring_back(self) {
        let Some(offered) = self.offered.get_untracked() else {
            return;
        };
        let kept = offered.kept().clone();
        let typed = self.is_touched.get_untracked().then(|| self.present());
        if let (Some((id, _)), Some(base)) = (self.replaces.get_untracked(), kept.base) {
            self.replaces.set(Some((id, base)));
        }
        kept::drop_aside(&self.path(), &kept);
        match typed {
            Some(typed) => self.offered.set(Some(Offered::Replaced(typed))),
            None => self.offer_next(),
        }
        self.replace(kept.draft);
    }

    /// Drops the offered draft.
    pub(super) fn drop_offer(self) {
        let path = self.path();
        let offered = self.offered.get_untracked();
        if let Some(offered) = &offered {
            kept::drop_aside(&path, offered.kept());
        }
        // What was typed since stands where the offered one stood before.
        if matches!(offered, Some(Offered::Unsaved(_))) && !self.is_touched.get_untracked() {
            kept::forget(&path);
        }
        self.offer_next();
    }

    /// Offers the newest of what is kept beside the form.
    fn offer_next(self) {
        let next = kept::aside(&self.path()).pop();
        self.offered.set(next.map(Offered::Unsaved));
    }

    /// The draft as it stands.
    fn present(self) -> Kept {
        Kept {
            draft: self.draft.get_untracked(),
            base: self.replaces.get_untracked().map(|(_, base)| base),
        }
    }
}
