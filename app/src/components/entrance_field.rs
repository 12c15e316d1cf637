//! A field of the two forms that stand before the door: set-up and sign-in.

use leptos::prelude::*;

/// A required line of text with its label and, under it, what to know about it.
#[component]
pub fn EntranceField(
    /// Its label.
    label: &'static str,
    /// Its name in the posted form, also its id.
    name: &'static str,
    /// What the browser may fill in.
    autocomplete: &'static str,
    /// Whether nobody may read over the shoulder.
    #[prop(optional)]
    is_secret: bool,
    /// What stands in it when it is drawn.
    #[prop(optional)]
    value: String,
    /// At least so many characters.
    #[prop(optional)]
    least: Option<u16>,
    /// At most so many characters.
    #[prop(optional)]
    most: Option<u16>,
    /// Whether one types here first.
    #[prop(optional)]
    autofocus: bool,
    /// A sentence under it.
    #[prop(optional)]
    help: Option<&'static str>,
) -> impl IntoView {
    let help_id = help.map(|_| format!("{name}-help"));
    let described = help_id.clone();
    let kind = if is_secret { "password" } else { "text" };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                required
                minlength=least
                maxlength=most
                autofocus=autofocus
                aria-describedby=described
                value=(!is_secret).then_some(value)
            />
            {help.map(|help| view! { <p class="field-help" id=help_id>{help}</p> })}
        </div>
    }
}
