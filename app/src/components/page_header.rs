//! The top of a page: where one is, its one heading, its buttons.

use leptos::prelude::*;

use crate::arrival::take_up_keyboard;
use crate::format;

/// A page's heading with the way to it above and its buttons beside it.
#[component]
pub fn PageHeader(
    /// The page's only `h1`.
    #[prop(into)]
    title: Signal<String>,
    /// A line under the heading.
    #[prop(optional, into)]
    subtitle: Option<String>,
    /// The pages above this one, outermost first: label and URL.
    #[prop(optional)]
    trail: Vec<(String, String)>,
    /// Buttons and links.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    take_up_keyboard();
    let trail = (!trail.is_empty()).then(|| {
        let links = trail
            .into_iter()
            .map(|(label, url)| view! { <li><a href=url>{format::visible(&label)}</a></li> })
            .collect_view();
        view! { <nav class="trail" aria-label="Where you are"><ol>{links}</ol></nav> }
    });
    view! {
        <header class="page-header">
            {trail}
            <div class="page-header-line">
                <h1>{move || title.with(|title| format::visible(title))}</h1>
                {children.map(|children| view! { <div class="page-header-actions">{children()}</div> })}
            </div>
            {subtitle.map(|text| view! { <p class="page-subtitle">{format::visible(&text)}</p> })}
        </header>
    }
    .into_any()
}
