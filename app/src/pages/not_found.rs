//! What is shown when there is nothing at a URL.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::page_header::PageHeader;
use crate::paths;

/// The page for a URL that leads nowhere; the response's status is 404.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found"/>
        <PageHeader title="There is no such page"/>
        <p>"The address may be mistyped, or what was here has moved."</p>
        <p><a class="button" href=paths::HOME>"Go to Home"</a></p>
    }
}
