//! Draws one page as the server does.

use std::sync::Arc;

use app::{App, shell};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use engine::{Actor, Role, Service};
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_axum::{generate_route_list, render_app_async_with_context};
use tokio::sync::Mutex;

use super::fake::Fake;

/// One page is drawn at a time: what draws belongs to the whole process, and each test has a runtime of
/// its own, which takes with it what it was to wake for another one.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// The answer to one request.
pub struct Drawn {
    /// Its status.
    pub status: StatusCode,
    /// The whole document.
    pub html: String,
}

impl Drawn {
    /// The text between the document's tags, so that a test reads it as a person does.
    pub fn text(&self) -> String {
        let body = self.html.split("<body>").nth(1).unwrap_or_default();
        let body = body.split("<script").next().unwrap_or_default();
        let mut out = String::new();
        let mut is_tag = false;
        for letter in body.chars() {
            match letter {
                '<' => is_tag = true,
                '>' => {
                    is_tag = false;
                    out.push(' ');
                }
                other if !is_tag => out.push(other),
                _ => {}
            }
        }
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Draws `url` for somebody with `role`.
pub async fn draw(fake: Fake, role: Role, url: &str) -> Drawn {
    let _alone = ONE_AT_A_TIME.lock().await;
    // Prepares the executor that resources run on.
    generate_route_list(App);
    let service: Arc<dyn Service> = Arc::new(fake);
    let context = move || {
        provide_context(service.clone());
        provide_context(Actor::person("ada", role));
    };
    let options = options();
    let render = render_app_async_with_context(context, move || shell(options.clone(), "site.css"));
    let request = Request::get(url).body(Body::empty()).unwrap();
    drawn(render(request).await).await
}

/// Draws a view in a document of its own.
pub async fn draw_view(view: impl Fn() -> AnyView + Clone + Send + Sync + 'static) -> Drawn {
    let _alone = ONE_AT_A_TIME.lock().await;
    generate_route_list(App);
    let document = move || {
        view! {
            <!DOCTYPE html>
            <html>
                <head>
                    <HydrationScripts options=options()/>
                </head>
                <body>{view()}</body>
            </html>
        }
    };
    let render = render_app_async_with_context(|| {}, document);
    let request = Request::get("/").body(Body::empty()).unwrap();
    drawn(render(request).await).await
}

fn options() -> LeptosOptions {
    LeptosOptions::builder().output_name("site").build()
}

async fn drawn(response: axum::response::Response) -> Drawn {
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Drawn {
        status,
        html: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}
