//! One of a few words, each shown as what it means.

use leptos::prelude::*;

use super::field::FieldProblems;
use super::notice::sentence;
use crate::plain_words::Words;

/// A select whose options say what the words mean; posted is the word.
#[component]
pub fn WordChoice(
    /// Its label.
    label: &'static str,
    /// Its name in the posted form.
    name: &'static str,
    /// Its id.
    id: String,
    /// The word that is chosen when it is drawn; one that is not among them is offered too.
    text: String,
    /// The words.
    words: Words,
    /// What stands for no word, where none need be chosen.
    #[prop(optional)]
    unless: &'static str,
    /// A sentence under it.
    #[prop(optional)]
    help: &'static str,
    /// What is wrong, as sentences.
    #[prop(into)]
    problems: Signal<Vec<String>>,
) -> impl IntoView {
    let known = words.iter().any(|(word, _)| *word == text);
    let is_empty = text.is_empty();
    let none = (!unless.is_empty() || is_empty).then(|| {
        let shown = if unless.is_empty() {
            "(not chosen)"
        } else {
            unless
        };
        view! { <option value="" selected=is_empty>{shown}</option> }
    });
    let unknown = (!known && !is_empty).then(|| {
        view! { <option value=text.clone() selected=true>{text.clone()}</option> }
    });
    let options = words
        .iter()
        .map(|(word, meaning)| {
            let selected = *word == text;
            let meaning = sentence(meaning);
            let meaning = meaning.trim_end_matches('.').to_owned();
            view! { <option value=*word selected=selected>{meaning}</option> }
        })
        .collect_view();
    let (help_id, problem_id) = (format!("{id}-help"), format!("{id}-problem"));
    let described = format!("{help_id} {problem_id}");
    let wrong = move || problems.with(|told| !told.is_empty()).then_some("true");
    view! {
        <div class="field word-choice" class:field-wrong=move || wrong().is_some()>
            <label for=id.clone()>{label}</label>
            <div class="field-control">
                <select id=id name=name aria-describedby=described aria-invalid=wrong>{none}{unknown}{options}</select>
            </div>
            <p class="field-help" id=help_id>{help}</p>
            <FieldProblems id=problem_id problems/>
        </div>
    }
}
