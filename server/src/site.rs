//! The site's files: the browser's code, the styles and the icon.
//!
//! `cargo xtask` puts them into `target/site`, each compressed once. A release carries them
//! inside; a development build reads them from that folder at each request, so that a new style
//! needs no new server. A file that compresses well is there in its compressed forms only; who
//! takes neither gets it unpacked. No file of the system outside that folder can be reached.

use std::borrow::Cow;
use std::io::Read;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

#[derive(RustEmbed)]
#[folder = "../target/site/"]
struct Files;

/// For names that carry a hash of their content: what they stand for never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// For all other names: keep it, but ask each time whether it is still right.
const ASK: &str = "no-cache";

/// The names in `target/site/manifest.json`, which the page's head needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SiteNames {
    /// What `.js` and `_bg.wasm` are put behind, under `/pkg/`. It is Leptos' `output_name`.
    pub output_name: String,
    /// The style sheet's name under `/pkg/`.
    pub stylesheet: String,
}

impl Default for SiteNames {
    /// The names that cargo-leptos gives, which writes no manifest.
    fn default() -> Self {
        Self {
            output_name: "job-orchestrator".to_owned(),
            stylesheet: "job-orchestrator.css".to_owned(),
        }
    }
}

impl SiteNames {
    /// Reads the names of the site as it is now. A development build may see other names at the
    /// next call.
    pub fn read() -> Self {
        Self::of::<Files>()
    }

    fn of<F: RustEmbed>() -> Self {
        F::get("manifest.json")
            .and_then(|file| serde_json::from_slice(&file.data).ok())
            .unwrap_or_default()
    }

    /// Whether a file directly under `/pkg/` carries a hash in its name.
    fn fixes(&self, name: &str) -> bool {
        let plain = Self::default();
        let bound = self.output_name != plain.output_name && name.starts_with(&self.output_name);
        bound || (self.stylesheet != plain.stylesheet && name == self.stylesheet)
    }
}

/// The routes of the site: everything under `pkg` (for example `/pkg`), and the icon at `icon`
/// (for example `/favicon.svg`).
///
/// Answers GET and HEAD. 404 for whatever is not a file of the site; a path is compared as it
/// was sent, nothing in it is decoded.
pub fn site_router<S>(pkg: &'static str, icon: &'static str) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router_of::<Files, S>(pkg, icon)
}

fn router_of<F, S>(pkg: &'static str, icon: &'static str) -> Router<S>
where
    F: RustEmbed + 'static,
    S: Clone + Send + Sync + 'static,
{
    let serve = move |request: Request| async move {
        let path = request.uri().path();
        let name = match path
            .strip_prefix(pkg)
            .and_then(|rest| rest.strip_prefix('/'))
        {
            Some(rest) => format!("pkg/{rest}"),
            None => path.trim_start_matches('/').to_owned(),
        };
        answer::<F>(&name, request.headers())
    };
    Router::new()
        .route(&format!("{pkg}/{{*file}}"), get(serve))
        .route(icon, get(serve))
}

/// Whether `path`, as it was sent, is that of a file under `pkg`.
pub fn has_file(pkg: &str, path: &str) -> bool {
    let name = path
        .strip_prefix(pkg)
        .and_then(|rest| rest.strip_prefix('/'));
    name.map(|name| format!("pkg/{name}"))
        .is_some_and(|name| content_type(&name).is_some() && exists::<Files>(&name))
}

/// The answer to a request for the site's file of this name.
fn answer<F: RustEmbed>(name: &str, headers: &HeaderMap) -> Response {
    let Some(content_type) = content_type(name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some((encoding, file)) = pick::<F>(name, headers) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let fixed = name
        .strip_prefix("pkg/")
        .is_some_and(|rest| SiteNames::of::<F>().fixes(rest));
    let tag = tag(&file, encoding);
    let unchanged = holds(headers, &tag);
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match content(file.data, encoding) {
            Ok(content) => Response::new(Body::from(content)),
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    let answer = response.headers_mut();
    if !unchanged {
        answer.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Encoding::Sent(encoding) = encoding {
            answer.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
    }
    answer.insert(
        CACHE_CONTROL,
        HeaderValue::from_static(if fixed { FOR_EVER } else { ASK }),
    );
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.insert(ETAG, tag);
    }
    response
}

/// The type of a file that may be asked for; none for the compressed forms, the manifest and
/// names that are no plain path downwards.
fn content_type(name: &str) -> Option<&'static str> {
    if name
        .split('/')
        .any(|part| part.is_empty() || part.starts_with('.'))
    {
        return None;
    }
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "wasm" => Some("application/wasm"),
        _ => None,
    }
}

/// In which form a file is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// As it is.
    Plain,
    /// Compressed in this way.
    Sent(&'static str),
    /// It is there as gzip only, and unpacked for this client.
    Unpacked,
}

/// The forms a file may be there in, smallest first, with what they end in.
const FORMS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];

/// The smallest form of the file that the client takes.
fn pick<F: RustEmbed>(name: &str, headers: &HeaderMap) -> Option<(Encoding, EmbeddedFile)> {
    for (encoding, ending) in FORMS {
        if accepts(headers, encoding)
            && let Some(file) = F::get(&format!("{name}.{ending}"))
        {
            return Some((Encoding::Sent(encoding), file));
        }
    }
    let plain = F::get(name).map(|file| (Encoding::Plain, file));
    plain.or_else(|| F::get(&format!("{name}.gz")).map(|file| (Encoding::Unpacked, file)))
}

/// Whether the file is there in any form.
fn exists<F: RustEmbed>(name: &str) -> bool {
    F::get(name).is_some() || F::get(&format!("{name}.gz")).is_some()
}

/// What is sent of a file's form.
fn content(data: Cow<'static, [u8]>, encoding: Encoding) -> std::io::Result<Cow<'static, [u8]>> {
    if encoding != Encoding::Unpacked {
        return Ok(data);
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&*data).read_to_end(&mut plain)?;
    Ok(plain.into())
}

/// Whether `Accept-Encoding` names `encoding` without refusing it (`;q=0`). `*` is not taken as a
/// wish for any of ours: who sends it gets the plain file.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let lines = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts.any(|part| {
            let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            weight.is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0))
        });
        named && !refused
    })
}

/// A strong tag: each form of a file has its own, because its bytes differ.
fn tag(file: &EmbeddedFile, encoding: Encoding) -> String {
    let form = match encoding {
        Encoding::Unpacked => "-plain",
        Encoding::Plain | Encoding::Sent(_) => "",
    };
    let hash = file.metadata.sha256_hash();
    let digits: String = hash
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{digits}{form}\"")
}

/// Whether the client says that it has what `tag` stands for.
fn holds(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|held| {
            // A proxy that compresses may have made our tag a weak one; for this question it counts.
            held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag
        })
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use tower::ServiceExt;

    use super::*;

    #[derive(RustEmbed)]
    #[folder = "tests/site/"]
    struct Fixture;

    const SCRIPT: &str = "/pkg/job-orchestrator-0123456789abcdef.js";

    async fn get(path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let router: Router = router_of::<Fixture, ()>("/pkg", "/favicon.svg");
        router
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    }

    async fn text(response: Response) -> String {
        let bytes = to_bytes(response.into_body(), 10_000).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap().trim().to_owned()
    }

    fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn the_smallest_form_that_the_client_takes_is_sent() {
        let cases = [
            ("gzip, deflate, br", Some("br"), "brotli form"),
            ("gzip;q=1.0, br;q=0", Some("gzip"), "gzip form"),
            ("GZIP", Some("gzip"), "gzip form"),
            ("identity", None, "export const plain = 1;"),
            ("*", None, "export const plain = 1;"),
        ];
        for (accepted, encoding, content) in cases {
            let response = get(SCRIPT, &[("accept-encoding", accepted)]).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(
                header(&response, "content-encoding"),
                encoding,
                "{accepted}"
            );
            assert_eq!(header(&response, "vary"), Some("accept-encoding"));
            assert_eq!(
                header(&response, "content-type"),
                Some("text/javascript; charset=utf-8")
            );
            assert_eq!(header(&response, "x-content-type-options"), Some("nosniff"));
            assert_eq!(text(response).await, content);
        }
    }

    #[tokio::test]
    async fn a_file_that_is_there_compressed_only_is_unpacked_for_those_who_do_not_compress() {
        let path = "/pkg/packed.js";
        let packed = get(path, &[("accept-encoding", "gzip")]).await;
        assert_eq!(header(&packed, "content-encoding"), Some("gzip"));
        let tag = header(&packed, "etag").unwrap().to_owned();

        let plain = get(path, &[("if-none-match", &tag)]).await;
        assert_eq!(plain.status(), StatusCode::OK, "other bytes, another tag");
        assert_eq!(header(&plain, "content-encoding"), None);
        assert_eq!(text(plain).await, "export const packed = 1;");
        assert!(exists::<Fixture>("pkg/packed.js"));
        assert!(!exists::<Fixture>("pkg/missing.js"));
    }

    #[tokio::test]
    async fn a_hashed_name_is_kept_for_ever_and_any_other_asked_for() {
        let cases = [
            (SCRIPT, FOR_EVER),
            ("/pkg/job-orchestrator-0123456789abcdef_bg.wasm", FOR_EVER),
            ("/pkg/job-orchestrator-fedcba9876543210.css", FOR_EVER),
            ("/pkg/snippets/lib-0/inline0.js", ASK),
            ("/favicon.svg", ASK),
        ];
        for (path, expected) in cases {
            let response = get(path, &[]).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(header(&response, "cache-control"), Some(expected), "{path}");
        }
        let module = get("/pkg/job-orchestrator-0123456789abcdef_bg.wasm", &[]).await;
        assert_eq!(header(&module, "content-type"), Some("application/wasm"));
    }

    #[tokio::test]
    async fn what_the_client_has_is_not_sent_again() {
        let first = get(SCRIPT, &[("accept-encoding", "br")]).await;
        let tag = header(&first, "etag").unwrap().to_owned();
        for held in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let headers = [("accept-encoding", "br"), ("if-none-match", held.as_str())];
            let again = get(SCRIPT, &headers).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{held}");
            assert_eq!(header(&again, "etag"), Some(tag.as_str()));
            assert_eq!(header(&again, "cache-control"), Some(FOR_EVER));
            assert_eq!(text(again).await, "");
        }
        // The plain form has other bytes and so another tag.
        let plain = get(SCRIPT, &[("if-none-match", &tag)]).await;
        assert_eq!(plain.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn whatever_is_no_file_of_the_site_is_not_found() {
        let paths = [
            "/pkg/missing.js",
            "/pkg/",
            "/pkg/snippets",
            "/pkg/../manifest.json",
            "/pkg/%2e%2e/manifest.json",
            "/pkg//job-orchestrator-0123456789abcdef.js",
            "/pkg/./job-orchestrator-0123456789abcdef.js",
            "/pkg/job-orchestrator-0123456789abcdef%2ejs",
            "/pkg/job-orchestrator-0123456789abcdef.js.br",
            "/pkg/job-orchestrator-0123456789abcdef.js/",
            "/pkg/.hidden.js",
            "/pkg/../../../Cargo.toml",
            "/manifest.json",
            "/favicon.svg/",
            "/Pkg/job-orchestrator-0123456789abcdef.js",
        ];
        for path in paths {
            assert_eq!(
                get(path, &[]).await.status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }

    #[test]
    fn the_names_come_from_the_manifest() {
        let names = SiteNames::of::<Fixture>();
        assert_eq!(names.output_name, "job-orchestrator-0123456789abcdef");
        assert_eq!(names.stylesheet, "job-orchestrator-fedcba9876543210.css");
    }

    #[test]
    fn names_without_a_hash_are_never_fixed() {
        assert!(!SiteNames::default().fixes("job-orchestrator.js"));
        assert!(!SiteNames::default().fixes("job-orchestrator.css"));
    }
}
