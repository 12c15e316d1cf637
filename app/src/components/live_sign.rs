//! Says how fresh the page is.

use engine::Timestamp;
use leptos::prelude::*;

use crate::components::moment::Moment;
use crate::format;
use crate::live::Link;
use crate::paths;

/// Live, reconnecting, offline; without scripts the moment of the snapshot and a link.
#[component]
pub fn LiveSign(
    /// How the page comes by its data.
    #[prop(into)]
    link: Signal<Link>,
    /// When the data was true.
    #[prop(into)]
    at: Signal<Timestamp>,
    /// The page's own URL, for the link that loads it again.
    href: String,
) -> impl IntoView {
    // A list draws itself anew with what it says. What was drawn before may be told once more, when its
    // values are gone already.
    let link = move || link.try_get().unwrap_or(Link::Snapshot);
    let at = move || at.try_get().unwrap_or_default();
    let slug = move || match link() {
        Link::Snapshot => "snapshot",
        Link::Live => "live",
        Link::Reconnecting => "reconnecting",
        Link::Offline(_) => "offline",
        Link::Asking => "asking",
        Link::SignedOut => "signed-out",
        Link::Gone => "gone",
    };
    let words = move || {
        let href = href.clone();
        match link() {
            Link::Snapshot => view! {
                "Snapshot at "
                <Moment at=at() text=format!("{} UTC", format::time_of_day(at()))/>
                " – "
                // The browser loads it, whether scripts are there or not.
                <a href=href rel="external">"Refresh"</a>
            }
            .into_any(),
            Link::Live => "Live".into_any(),
            Link::Reconnecting => "Reconnecting…".into_any(),
            Link::Offline(heard) => format!(
                "Offline, showing data of {} UTC",
                format::time_of_day(heard)
            )
            .into_any(),
            Link::Asking => format!("Updated {} UTC", format::time_of_day(at())).into_any(),
            Link::SignedOut => view! {
                "Signed out – "
                <a href=paths::login(&href) rel="external">"Sign in"</a>
            }
            .into_any(),
            Link::Gone => view! {
                "This workflow was deleted – "
                <a href=paths::WORKFLOWS>"All workflows"</a>
            }
            .into_any(),
        }
    };
    view! {
        <p class="live-sign" data-link=slug>
            <span class="live-sign-dot" aria-hidden="true"></span>
            <span>{words}</span>
        </p>
    }
}
