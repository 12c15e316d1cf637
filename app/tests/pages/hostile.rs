//! Texts that somebody else wrote stay text.

use engine::Role;
use engine::obeyed::is_obeyed;
use leptos::prelude::*;

use super::drawing::{draw, draw_view};
use super::fake::Fake;

const SCRIPT: &str = "</script><script>alert(1)</script>";

#[tokio::test]
async fn an_error_text_with_a_script_in_it_stays_text() {
    let fake = Fake::new("failed", "failed", SCRIPT);
    let page = draw(fake, Role::Owner, "/workflows/7").await;
    // Neither in the markup nor in the data that the browser's code is given.
    assert!(!page.html.contains(SCRIPT));
    assert!(!page.html.contains("<script>alert"));
    assert!(
        page.text()
            .contains("&lt;script&gt;alert(1)&lt;/script&gt;")
    );
}

/// There, the text of an error stood as it was in the script that hands errors to the browser, so
/// that a `</script>` in it ended that script and what came after it was markup.
#[tokio::test]
async fn leptos_4747_error_closes_script() {
    let broken = || Err::<String, _>(std::io::Error::other(SCRIPT));
    let boundary = move || {
        let fallback = |_| "It broke.";
        view! { <ErrorBoundary fallback>{broken()}</ErrorBoundary> }.into_any()
    };
    let of_the_renderer = draw_view(boundary).await;
    assert!(of_the_renderer.html.contains("__SERIALIZED_ERRORS"));
    let fake = Fake::new("failed", "failed", "").with_refusal(SCRIPT);
    let of_ours = draw(fake, Role::Owner, "/workflows/7").await;
    assert!(of_ours.text().contains("This page cannot be shown"));
    for page in [of_the_renderer, of_ours] {
        assert!(page.html.contains("alert(1)"), "{}", page.html);
        assert!(!page.html.contains(SCRIPT), "{}", page.html);
        assert!(!page.html.contains("<script>alert"), "{}", page.html);
    }
}

#[tokio::test]
async fn a_log_line_with_markup_in_it_stays_text() {
    let fake = Fake::new("running", "running", "").with_log(&[
        SCRIPT,
        "<img src=x onerror=alert(2)>",
        "</textarea><b>bold</b>",
    ]);
    let page = draw(fake, Role::Viewer, "/workflows/7?step=1").await;
    assert!(!page.html.contains(SCRIPT));
    assert!(!page.html.contains("<img"));
    assert!(!page.html.contains("<b>bold"));
    assert!(page.text().contains("&lt;img src=x onerror=alert(2)&gt;"));
}

/// Turned around, hidden, painted: and what people write in their own scripts.
const OBEYED: &str = "a\u{202e}gpj.exe \u{2066}b\u{200b}\u{feff}\u{1b}[31m\u{9b}c\u{e0061}";
const SCRIPTS: &str = "שלום مرحبا می\u{200c}خواهم 👩\u{200d}👧 ❤\u{fe0f}";

#[tokio::test]
async fn what_turns_or_hides_a_text_is_written_out_on_every_page_and_every_script_stays_readable() {
    let text = format!("{OBEYED} {SCRIPTS}");
    for url in [
        "/",
        "/workflows",
        "/workflows/7?step=1",
        "/workflows/7/recover",
        "/workflows/7/cancel",
        "/definitions",
        "/definitions/1",
        "/definitions/1/start?form=x",
        "/definitions/1/edit",
    ] {
        let page = draw(Fake::full_of(&text), Role::Owner, url).await;
        let said = page.text();
        let raw: Vec<_> = said.match_indices(is_obeyed).collect();
        assert_eq!(raw, [], "{url}: {said}");
        let title = page.html.split("<title>").nth(1).unwrap();
        let title = title.split("</title>").next().unwrap_or_default();
        assert!(!title.contains(is_obeyed), "{url}: {title:?}");
        for shown in ["\\u{202e}gpj.exe", SCRIPTS] {
            assert!(said.contains(shown), "{url}: {shown}: {said}");
        }
    }
    let page = draw(Fake::full_of(&text), Role::Owner, "/workflows/7?step=1").await;
    // JSON is shown as JSON has it.
    assert!(page.text().contains("\\u202egpj.exe"));
}

#[tokio::test]
async fn a_filter_with_markup_in_it_stays_in_its_field() {
    let fake = Fake::new("completed", "completed", "");
    let url = "/workflows?q=%22%3E%3Cscript%3Ealert(3)%3C/script%3E";
    let page = draw(fake, Role::Viewer, url).await;
    assert!(!page.html.contains("<script>alert(3)"));
}

#[tokio::test]
async fn no_page_has_a_style_in_its_markup() {
    for url in [
        "/",
        "/workflows",
        "/workflows/7",
        "/workflows/7/recover",
        "/workflows/7/cancel",
    ] {
        let fake = Fake::new("failed", "failed", "broke").with_log(&["one", "two"]);
        let page = draw(fake, Role::Owner, url).await;
        assert!(!page.html.contains(" style="), "{url}");
        assert!(!page.html.contains("<style"), "{url}");
        assert!(!page.html.contains(" onclick="), "{url}");
    }
}

#[test]
fn no_textarea_is_given_children_that_change() {
    // The renderer does not escape what stands between the tags of a text area.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open = vec![folder];
    let mut seen = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let elements = text.split("<textarea").skip(1).zip(text.split("<textarea"));
                // Where one begins a line it is an element, elsewhere it is part of a text.
                let elements = elements.filter(|(_, before)| {
                    before
                        .rsplit('\n')
                        .next()
                        .is_some_and(|line| line.trim().is_empty())
                });
                for (element, _) in elements {
                    let (tag, _) = element.split_once("</textarea>").unwrap();
                    let (_, inside) = tag.rsplit_once('>').unwrap();
                    assert!(inside.trim().is_empty(), "{}: {inside}", path.display());
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 0);
}
