//! A message in its place on the page: a problem, a warning, a remark.

use leptos::prelude::*;

use crate::api::ApiError;
use crate::format;

/// How loud a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Something is worth knowing.
    #[default]
    Info,
    /// Something wants attention.
    Warning,
    /// Something was refused or failed.
    Problem,
    /// Something was done.
    Success,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Info => "notice notice-info",
            Self::Warning => "notice notice-warning",
            Self::Problem => "notice notice-problem",
            Self::Success => "notice notice-success",
        }
    }
}

/// A message. A problem is announced to screen readers at once.
#[component]
pub fn Notice(
    /// How loud it is.
    #[prop(default = Tone::Info)]
    tone: Tone,
    /// Its first line.
    #[prop(into)]
    title: String,
    /// What follows: sentences, links, buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let role = (tone == Tone::Problem).then_some("alert");
    view! {
        <div class=tone.class() role=role>
            <p class="notice-title">{format::visible(&title)}</p>
            {children.map(|children| view! { <div class="notice-body">{children()}</div> })}
        </div>
    }
}

/// What a server function answered instead of doing what was asked.
#[component]
pub fn ErrorNotice(
    /// The answer.
    error: ApiError,
) -> impl IntoView {
    let problems = match &error {
        ApiError::Invalid(problems) => problems.clone(),
        _ => Vec::new(),
    };
    let lines = problems
        .into_iter()
        .map(|problem| view! { <li>{format::visible(&problem.to_string())}</li> })
        .collect_view();
    view! {
        <Notice tone=Tone::Problem title=sentence(&error.to_string())>
            <ul class="plain">{lines}</ul>
        </Notice>
    }
}

/// The text with a capital letter and a full stop, as a page shows it. A name that begins it stays as it is
/// spelt.
#[must_use]
pub fn sentence(text: &str) -> String {
    let text = format::visible(text.trim());
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    let mut out = String::with_capacity(text.len() + 1);
    if begins_with_name(&text) {
        out.push(first);
    } else {
        out.extend(first.to_uppercase());
    }
    out.push_str(letters.as_str());
    if !text.ends_with(['.', '!', '?', '…', ':']) {
        out.push('.');
    }
    out
}

/// Whether the first word is no word but something quoted: `steps.zz.output:`, `max_retries`, `7`.
fn begins_with_name(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    let plain = word.trim_end_matches([',', ';', '.', '!', '?', '…']);
    plain
        .chars()
        .any(|c| !c.is_alphabetic() && !"'’-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn a_sentence_has_a_capital_and_a_full_stop() {
        assert_eq!(
            sentence("there is no workflow 7"),
            "There is no workflow 7."
        );
        assert_eq!(sentence("What now?"), "What now?");
        assert_eq!(sentence("too long, by 3"), "Too long, by 3.");
        assert_eq!(sentence("well-known"), "Well-known.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn a_name_that_begins_a_sentence_stays_as_it_is_spelt() {
        assert_eq!(
            sentence("steps.zz.output: there is no step `zz`"),
            "steps.zz.output: there is no step `zz`."
        );
        assert_eq!(sentence("zz: unknown"), "zz: unknown.");
        assert_eq!(
            sentence("max_retries must be a number"),
            "max_retries must be a number."
        );
    }
}
