//! The few pages that need neither styles nor scripts nor anybody signed in.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use engine::obeyed::on_a_page;

/// A page with a heading, a sentence and a link. The heading is ours: nothing a visitor sent may
/// stand in it; sentence and link are escaped.
pub fn page(status: StatusCode, heading: &str, sentence: &str, link: (&str, &str)) -> Response {
    let (address, words) = link;
    let (address, sentence) = (escaped(address), escaped(&on_a_page(sentence)));
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{heading} · Job Orchestrator</title></head>\
         <body><main><h1>{heading}</h1><p>{sentence}</p>\
         <p><a href=\"{address}\">{words}</a></p></main></body></html>\n"
    );
    (status, Html(body)).into_response()
}

/// Gives back a form whose sender is not signed in any more: every field is in it, hidden, to be
/// posted to `path` again.
pub fn keep_form(path: &str, login: &str, fields: &[(String, String)]) -> Response {
    let hidden: String = fields
        .iter()
        .map(|(name, value)| {
            format!(
                "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
                escaped(name),
                escaped(value)
            )
        })
        .collect();
    let (path, login) = (escaped(path), escaped(login));
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>Signed out · Job Orchestrator</title></head>\
         <body><main><h1>Your session has ended</h1>\
         <p>Nothing was done, and nothing you typed is lost: this page holds it.</p>\
         <ol><li><a href=\"{login}\" target=\"_blank\">Sign in in a new tab</a>.</li>\
         <li>Come back to this one and go on.</li></ol>\
         <form method=\"post\" action=\"{path}\">{hidden}\
         <button type=\"submit\">Go on</button></form></main></body></html>\n"
    );
    (StatusCode::UNAUTHORIZED, Html(body)).into_response()
}

/// Says that one has to sign in again.
pub fn signed_out(status: StatusCode, login: &str) -> Response {
    page(
        status,
        "Signed out",
        "Nothing was changed. Sign in again, and you are led back to the page you came from.",
        (login, "Sign in"),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}
