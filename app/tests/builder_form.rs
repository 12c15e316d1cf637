//! The builder's form: what is drawn and posted back is what was typed, whatever it was.
#![cfg(feature = "ssr")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

mod form_reader;

use app::api::definitions::builder::BuilderPage;
use app::components::definition_form::DefinitionForm;
use engine::draft::form::{PostedForm, Press, names};
use engine::draft::{DefinitionDraft, DraftEdit, StepDraft};
use engine::step_form::{FieldKind, FieldSpec, StepSpec};
use engine::{DefinitionId, Problem};
use form_reader::{Form, read_form};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::Router;
use leptos_router::location::RequestUrl;
use serde_json::json;

const HOSTILE: [&str; 7] = [
    "</textarea><script>alert(1)</script>",
    "\"' onfocus=alert(1) x=\"",
    "&lt;b&gt; &amp;amp; &#60;",
    "\n\nleading and trailing lines\n\n",
    "{{ steps.a.output }} <!-- --> ]]> \\n \\u0000",
    "tabs\tand   spaces ",
    "ünï © 🙂 \u{202e}",
];

fn field(name: &str, kind: FieldKind) -> FieldSpec {
    FieldSpec {
        name: name.into(),
        label: format!("Label {name}"),
        help: "Help <b>".into(),
        required: false,
        default: Some(json!("x")),
        unit: None,
        kind,
    }
}

/// A step type with a field of every kind.
fn specs() -> Vec<StepSpec> {
    let number = FieldKind::Number {
        min: None,
        max: Some(9.0),
        whole: true,
    };
    let choice = FieldKind::Choice {
        options: vec!["GET".into(), "POST".into()],
    };
    let numbers = FieldKind::Numbers {
        min: None,
        max: None,
    };
    let fields = vec![
        field("text", FieldKind::Text),
        field("long", FieldKind::LongText),
        field("number", number),
        field("toggle", FieldKind::Toggle),
        field("choice", choice),
        field("lines", FieldKind::Lines),
        field("numbers", numbers),
        field("pairs", FieldKind::KeyValues),
        field("json", FieldKind::Json),
    ];
    let spec = |task_type: &str, fields| StepSpec {
        task_type: task_type.into(),
        title: format!("Title of {task_type}"),
        help: "What it does.".into(),
        output_help: "What it gives.".into(),
        default_timeout: 60.0,
        only_waits: false,
        switched_off: None,
        example: json!({"text": "example"}),
        fields,
        modes: Vec::new(),
        probe_field: None,
    };
    vec![spec("everything", fields), spec("nothing", Vec::new())]
}

/// Three steps; every text of the middle one is `text`.
fn draft(text: &str) -> DefinitionDraft {
    let mut draft = DefinitionDraft::default();
    for name in ["First", "Middle", "Last"] {
        let after = draft.steps.len().checked_sub(1);
        draft.add_step(after, StepDraft::new(name, "everything"));
    }
    // One line of text has no line breaks: no browser lets them be typed.
    let line = text.replace('\n', " ");
    draft.name = line.clone();
    draft.parameters = text.into();
    draft.max_recovery_attempts = line.clone();
    let step = &mut draft.steps[1];
    for several in ["long", "lines", "pairs", "json"] {
        step.config.insert(several.into(), text.into());
    }
    for one in ["text", "number", "numbers", "choice", "unknown"] {
        step.config.insert(one.into(), line.clone());
    }
    step.config.insert("toggle".into(), "on".into());
    step.kept.insert("kept".into(), text.into());
    step.name = line.clone();
    step.key = line.clone();
    step.timeout = line.clone();
    step.estimated_duration = line.clone();
    step.max_retries = line.clone();
    step.condition = line.clone();
    step.max_lost = line;
    draft
}

fn page(draft: DefinitionDraft) -> BuilderPage {
    let mut page = BuilderPage::of(draft, specs(), "id".to_owned());
    page.shown = 1;
    page.replaces = Some((DefinitionId(7), 3));
    page
}

fn html(page: &BuilderPage) -> String {
    let page = page.clone();
    let owner = Owner::new();
    owner.with(|| {
        provide_meta_context();
        provide_context(RequestUrl::new("/definitions/7/edit"));
        let form = move || {
            let save = Action::new(|_: &_| async { Err(app::api::ApiError::Stopping) });
            let check = Action::new(|_: &_| async { Err(app::api::ApiError::Stopping) });
            view! { <DefinitionForm page=page.clone() save check/> }
        };
        view! { <Router>{form()}</Router> }.to_html()
    })
}

fn drawn(page: &BuilderPage) -> Form {
    read_form(&html(page), "builder")
}

/// The draft as it was typed, without the keys that its references were last written with: a
/// reading of the form works them out.
fn as_typed(mut draft: DefinitionDraft) -> DefinitionDraft {
    draft
        .steps
        .iter_mut()
        .for_each(|step| step.known_as.clear());
    draft
}

#[test]
fn what_is_drawn_and_posted_is_what_was_typed() {
    for text in HOSTILE {
        let draft = draft(text);
        let form = drawn(&page(draft.clone()));
        let pairs = form.posted("save");
        let posted = PostedForm::read(&pairs, &specs()).unwrap();
        assert_eq!(as_typed(posted.draft), draft, "{text:?}");
        assert_eq!((posted.base, posted.shown), (Some(3), 1));
        let save = Press::Save {
            start: false,
            over: None,
        };
        assert_eq!(posted.press, save);
    }
}

#[test]
fn nothing_typed_becomes_markup() {
    for text in HOSTILE {
        let form = drawn(&page(draft(text)));
        let is_foreign = |name: &&String| name.starts_with("on") || name.contains("script");
        let foreign: Vec<_> = form.markup.iter().filter(is_foreign).collect();
        // The one place for browsers without scripts is ours.
        assert!(
            foreign.iter().all(|name| name.ends_with("noscript")),
            "{text:?} {foreign:?}"
        );
    }
}

#[test]
fn the_fields_alone_hold_the_open_step_too() {
    // What the browser reads from the page before it comes alive is the visible fields.
    for text in HOSTILE {
        let typed = draft(text);
        let mut pairs = drawn(&page(typed.clone())).posted("update");
        let mut bare = typed.clone();
        bare.steps[1] = StepDraft::new("", "everything");
        bare.steps[1].dependencies.clear();
        bare.steps[1].kept = typed.steps[1].kept.clone();
        let hidden = pairs.iter_mut().find(|(name, _)| name == names::DRAFT);
        hidden.unwrap().1 = serde_json::to_string(&bare).unwrap();
        let posted = PostedForm::read(&pairs, &specs()).unwrap();
        assert_eq!(as_typed(posted.draft), typed, "{text:?}");
    }
}

#[test]
fn enter_saves_nothing() {
    let form = drawn(&page(draft("x")));
    let first = form.buttons.first().map(|(_, value)| value.as_str());
    assert_eq!(first, Some("update"));
}

#[test]
fn every_edit_has_a_button_that_works_without_scripts() {
    let form = drawn(&page(draft("x")));
    let values: Vec<_> = form
        .buttons
        .iter()
        .map(|(_, value)| value.as_str())
        .collect();
    for edit in [
        DraftEdit::Select(0),
        DraftEdit::Select(2),
        DraftEdit::Add("nothing".into()),
        DraftEdit::Up(1),
        DraftEdit::Down(1),
        DraftEdit::Remove(1),
        DraftEdit::Example(1),
        DraftEdit::AfterAll(1),
        DraftEdit::AfterNone(1),
    ] {
        assert!(values.contains(&edit.to_string().as_str()), "{edit}");
    }
    for press in ["save", "save_and_start", "check", "show_json", "use_json"] {
        assert!(values.contains(&press), "{press}");
    }
}

#[test]
fn a_box_that_would_close_a_circle_cannot_be_ticked_and_says_why() {
    let html = html(&page(draft("x")));
    let last = html.find("id=\"after-2\"").unwrap();
    let tag = &html[html[..last].rfind('<').unwrap()..];
    let tag = &tag[..tag.find('>').unwrap()];
    assert!(tag.contains("disabled"), "{tag}");
    assert!(html.contains("Last already runs after x: x → Last"));
}

#[test]
fn a_problem_is_told_at_the_top_and_at_its_field() {
    let mut page = page(draft("x"));
    page.problems = vec![
        Problem::new("#/steps/1/config/number", "must be a whole number"),
        Problem::new("#/steps/2/name", "must not be blank"),
    ];
    let html = html(&page);
    assert!(html.contains("There are 2 problems"));
    assert!(html.contains("href=\"#at-steps-1-config-number\""));
    let at = html.find("id=\"at-steps-1-config-number\"").unwrap();
    let tag = &html[at..at + html[at..].find('>').unwrap()];
    assert!(tag.contains("aria-invalid=\"true\""), "{tag}");
    assert!(tag.contains("at-steps-1-config-number-problem"), "{tag}");
    // The other step's form is not open: a button opens it, so that nothing typed is lost.
    let form = read_form(&html, "builder");
    let opens = form.buttons.iter().filter(|(_, value)| value == "select:2");
    assert_eq!(opens.count(), 2);
}

#[test]
fn a_problem_of_the_open_steps_name_leads_to_its_field() {
    let mut page = page(draft("x"));
    page.problems = vec![Problem::new("#/steps/1/name", "must not be blank")];
    let html = html(&page);
    assert!(html.contains("href=\"#step-name\""));
    assert!(html.contains("id=\"step-name\""));
}

#[test]
fn a_step_that_only_waits_is_offered_no_time_limit_but_may_lose_one() {
    let mut page = page(draft(""));
    let has_limit = |page: &BuilderPage| html(page).contains("Stop after");
    assert!(has_limit(&page));
    page.specs[0].only_waits = true;
    assert!(!has_limit(&page));
    page.draft.steps[1].timeout = "5".to_owned();
    let html = html(&page);
    assert!(html.contains("Stop after"));
    assert!(html.contains("what it waits does not count"));
}

#[test]
fn a_definition_of_thousands_of_steps_posts_only_the_open_ones_fields() {
    let mut draft = DefinitionDraft::default();
    for index in 0..2_000_usize {
        let step = StepDraft::new(&format!("Step {index}"), "everything");
        draft.add_step(index.checked_sub(1), step);
    }
    let pairs = drawn(&page(draft.clone())).posted("update");
    assert!(pairs.len() < 40, "{}", pairs.len());
    let posted = PostedForm::read(&pairs, &specs()).unwrap();
    // Drawn boxes say `off` where nothing was said; nothing else may differ.
    let mut posted = as_typed(posted.draft);
    posted.steps[1]
        .config
        .retain(|_, text| !text.is_empty() && text != "off");
    assert_eq!(posted, draft);
}
