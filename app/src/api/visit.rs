//! Who looks at the page: known before anything is drawn, and the same on both sides.

use std::sync::Arc;

use engine::{Actor, Role, Service, Trouble};
use leptos::prelude::{SharedValue, provide_context, use_context};
use serde::{Deserialize, Serialize};

/// One page load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Who is signed in.
    pub user: Option<Actor>,
    /// The version of the program that drew the page.
    pub version: String,
    /// What was wrong with the service when the page was drawn; nothing for strangers.
    pub troubles: Vec<Trouble>,
}

impl Visit {
    /// Whether the visitor is signed in with at least this role. Only decides what is shown; the
    /// service decides what is done.
    #[must_use]
    pub fn may(&self, needed: Role) -> bool {
        self.user.as_ref().is_some_and(|user| user.may(needed))
    }
}

/// Puts the visit into context: the server writes it into the page, the browser reads it there.
pub fn provide_visit() {
    let visit = SharedValue::new(|| {
        let user = use_context::<Actor>();
        let service = use_context::<Arc<dyn Service>>().filter(|_| user.is_some());
        Visit {
            user,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            troubles: service
                .map(|service| service.troubles())
                .unwrap_or_default(),
        }
    });
    provide_context(visit.into_inner());
}

/// The visit, for anything that is drawn inside the application.
#[must_use]
pub fn use_visit() -> Visit {
    use_context::<Visit>().unwrap_or_else(|| Visit {
        user: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        troubles: Vec::new(),
    })
}
