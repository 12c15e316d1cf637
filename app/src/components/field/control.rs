//! The control of a field: the one place that draws each kind.

use engine::step_form::{FieldKind, is_reference};
use leptos::prelude::*;
use serde_json::Value;

/// Whether the field is drawn as a check box. A reference cannot stand in one, so it is text.
pub(super) fn is_switch(kind: &FieldKind, text: &str) -> bool {
    *kind == FieldKind::Toggle && !is_reference(text)
}

/// Draws the control. Numbers are text fields too: a number field would drop what is no number.
#[component]
pub(super) fn Control(
    /// What may be entered.
    kind: FieldKind,
    /// Its name in the posted form.
    name: String,
    /// Its id.
    id: String,
    /// What is typed.
    text: String,
    /// What stands in for it when it is empty.
    default: Option<Value>,
    /// Whether it must be given.
    required: bool,
    /// The ids of help and problems.
    described: String,
    /// What is wrong.
    problems: Signal<Vec<String>>,
) -> impl IntoView {
    let wrong = move || {
        problems
            .with(|problems| !problems.is_empty())
            .then_some("true")
    };
    let is_text = is_reference(&text);
    match kind {
        FieldKind::LongText => {
            view! { <TextArea name id text described problems/> }.into_any()
        }
        FieldKind::Lines | FieldKind::KeyValues | FieldKind::Json => {
            view! { <TextArea name id text described problems is_code=true/> }.into_any()
        }
        FieldKind::Toggle if !is_text => {
            let on = match text.trim() {
                "" => default == Some(Value::Bool(true)),
                typed => matches!(typed, "on" | "true" | "yes"),
            };
            view! {
                // A box that is not ticked posts nothing, so `off` stands before it.
                <input type="hidden" name=name.clone() value="off"/>
                <input type="checkbox" id=id name=name value="on" checked=on aria-describedby=described aria-invalid=wrong/>
            }
            .into_any()
        }
        FieldKind::Choice { options } if !is_text => {
            let options = choices(options, &text, required);
            view! {
                <select id=id name=name aria-describedby=described aria-invalid=wrong>
                    {options}
                </select>
            }
            .into_any()
        }
        FieldKind::Number { .. } if !is_text => view! {
            <input type="text" class="field-number" inputmode="decimal" id=id name=name value=text autocomplete="off" aria-describedby=described aria-invalid=wrong/>
        }
        .into_any(),
        _ => view! {
            <input type="text" id=id name=name value=text autocomplete="off" aria-describedby=described aria-invalid=wrong/>
        }
        .into_any(),
    }
}

/// The options, with an empty one when nothing need be chosen or nothing was, and with what was
/// typed when it is none of them.
fn choices(mut options: Vec<String>, text: &str, required: bool) -> impl IntoView {
    if !text.is_empty() && !options.iter().any(|option| option == text) {
        options.insert(0, text.to_owned());
    }
    if !required || text.is_empty() {
        options.insert(0, String::new());
    }
    let text = text.to_owned();
    options
        .into_iter()
        .map(|option| {
            let label = if option.is_empty() {
                "(not chosen)".to_owned()
            } else {
                option.clone()
            };
            let selected = option == text;
            view! { <option value=option selected=selected>{label}</option> }
        })
        .collect_view()
}

/// Several lines of text.
#[component]
pub fn TextArea(
    /// Its name in the posted form.
    name: String,
    /// Its id.
    id: String,
    /// What is typed.
    text: String,
    /// The ids of help and problems.
    described: String,
    /// What is wrong.
    problems: Signal<Vec<String>>,
    /// Whether each character counts.
    #[prop(optional)]
    is_code: bool,
    /// The least number of lines shown.
    #[prop(default = 2)]
    rows: usize,
) -> impl IntoView {
    let wrong = move || {
        problems
            .with(|problems| !problems.is_empty())
            .then_some("true")
    };
    let class = if is_code { "field-code" } else { "" };
    let rows = (text.lines().count() + 1).clamp(rows, 16);
    view! {
        <textarea
            id=id
            name=name
            class=class
            rows=rows
            spellcheck=is_code.then_some("false")
            aria-describedby=described
            aria-invalid=wrong
            inner_html=inside_textarea(&text)
        ></textarea>
    }
}

/// The text as the content of a `<textarea>`: escaped, because the framework does not do it there,
/// and with the one line break that parsers of whole pages drop at the beginning. (What the browser
/// sets by itself is parsed without dropping one; while it takes a page over it sets nothing.)
fn inside_textarea(text: &str) -> String {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    if cfg!(feature = "ssr") && escaped.starts_with('\n') {
        format!("\n{escaped}")
    } else {
        escaped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_textarea() {
        assert_eq!(
            inside_textarea("</textarea><script>&lt;"),
            "&lt;/textarea&gt;&lt;script&gt;&amp;lt;"
        );
        #[cfg(feature = "ssr")]
        assert_eq!(inside_textarea("\nx"), "\n\nx");
    }
}
