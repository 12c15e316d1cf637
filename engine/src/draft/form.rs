//! A posted builder form ↔ a draft.
//!
//! The form is flat. One hidden field carries the whole draft as JSON, and the fields of the shown
//! step and of the definition itself stand beside it and win over it. So a form of 5,000 steps
//! posts a few dozen fields, nothing depends on nested names, and every press of a button posts
//! everything that was typed.

use super::{DefinitionDraft, DraftEdit};
use crate::id::StepIndex;
use crate::step_form::StepSpec;

/// The names of the form's fields.
pub mod names {
    /// The whole draft as it was when the page was drawn, as JSON.
    pub const DRAFT: &str = "draft";
    /// The version the draft is based on; empty for a new definition.
    pub const BASE: &str = "base";
    /// The position of the step whose fields are shown.
    pub const SHOWN: &str = "shown";
    /// The name of every button; its value says what is asked.
    pub const PRESS: &str = "press";
    /// The definition as JSON, to replace the draft by.
    pub const JSON: &str = "json";
    /// What is looked for in the list of steps.
    pub const FIND: &str = "find";
    /// The definition's name.
    pub const NAME: &str = "name";
    /// The definition's recovery budget.
    pub const MAX_RECOVERY_ATTEMPTS: &str = "max_recovery_attempts";
    /// What happens when a step fails.
    pub const ON_FAILURE: &str = "on_failure";
    /// The definition's parameters.
    pub const PARAMETERS: &str = "parameters";
    /// The shown step's name.
    pub const STEP_NAME: &str = "step.name";
    /// The shown step's key.
    pub const STEP_KEY: &str = "step.key";
    /// The shown step's kind.
    pub const STEP_TASK_TYPE: &str = "step.task_type";
    /// Tries after the first.
    pub const STEP_MAX_RETRIES: &str = "step.max_retries";
    /// Longest an attempt may take.
    pub const STEP_TIMEOUT: &str = "step.timeout";
    /// How long it usually takes.
    pub const STEP_ESTIMATED_DURATION: &str = "step.estimated_duration";
    /// When it runs.
    pub const STEP_RUN_IF: &str = "step.run_if";
    /// What must be true for it to run.
    pub const STEP_CONDITION: &str = "step.condition";
    /// How often an attempt may be lost.
    pub const STEP_MAX_LOST: &str = "step.max_lost";
    /// What an attempt with an unknown end means.
    pub const STEP_MODE: &str = "step.mode";
    /// A step that the shown one runs after; once for each ticked box.
    pub const STEP_AFTER: &str = "step.after";
    /// Present when the check boxes were on the page, so that none ticked means none.
    pub const STEP_AFTER_SHOWN: &str = "step.after.shown";
    /// What a configuration field's name is put behind.
    pub const CONFIG_PREFIX: &str = "step.config.";
}

/// What a posted form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Press {
    /// Draw the page again with what was typed.
    Update,
    /// Change the draft.
    Edit(DraftEdit),
    /// Look for problems.
    Check,
    /// Show the draft as JSON.
    ShowJson,
    /// Replace the draft by the JSON that was typed.
    UseJson,
    /// Save.
    Save {
        /// Whether a workflow of it is started.
        start: bool,
        /// Whether it may replace a version that somebody else saved meanwhile.
        over: Option<u32>,
    },
}

impl Press {
    /// The value of the button that asks for it.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Update => "update".into(),
            Self::Edit(edit) => edit.to_string(),
            Self::Check => "check".into(),
            Self::ShowJson => "show_json".into(),
            Self::UseJson => "use_json".into(),
            Self::Save { start, over } => {
                let word = if *start { "save_and_start" } else { "save" };
                over.map_or_else(|| word.into(), |version| format!("{word}:{version}"))
            }
        }
    }

    /// Reads the value of a button. Anything unknown, also none, only draws the page again.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let (word, of) = text.split_once(':').unwrap_or((text, ""));
        let save = |start| Self::Save {
            start,
            over: of.parse().ok(),
        };
        match word {
            "check" => Self::Check,
            "show_json" => Self::ShowJson,
            "use_json" => Self::UseJson,
            "save" => save(false),
            "save_and_start" => save(true),
            _ => DraftEdit::from_text(text).map_or(Self::Update, Self::Edit),
        }
    }
}

/// A form as it was posted: everything that was typed, and what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedForm {
    /// What was typed.
    pub draft: DefinitionDraft,
    /// The version it is based on; none for a new definition.
    pub base: Option<u32>,
    /// The step whose fields were shown.
    pub shown: StepIndex,
    /// The button that was pressed.
    pub press: Press,
    /// What was typed as JSON.
    pub json: String,
    /// What is looked for in the list of steps.
    pub find: String,
}

/// The hidden draft is not one: it was cut off or made up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the form's hidden field `draft` cannot be read: {0}")]
pub struct UnreadableForm(String);

impl PostedForm {
    /// Reads the pairs of a posted form, in their order.
    ///
    /// # Errors
    /// The hidden draft cannot be read.
    pub fn read(pairs: &[(String, String)], specs: &[StepSpec]) -> Result<Self, UnreadableForm> {
        // Of fields with one name the last one counts: a ticked box stands behind its `off`.
        let value = |name: &str| {
            let found = pairs.iter().rev().find(|(n, _)| n == name);
            found.map(|(_, value)| value.as_str())
        };
        let mut draft = match value(names::DRAFT) {
            None | Some("") => DefinitionDraft::default(),
            Some(json) => {
                serde_json::from_str(json).map_err(|error| UnreadableForm(error.to_string()))?
            }
        };
        draft.forget_unknown_dependencies();
        let shown = value(names::SHOWN)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        draft.merge(pairs, shown, specs);
        Ok(Self {
            draft,
            base: value(names::BASE).and_then(|text| text.parse().ok()),
            shown,
            press: Press::from_text(value(names::PRESS).unwrap_or_default()),
            json: value(names::JSON).map(unix_lines).unwrap_or_default(),
            find: value(names::FIND).unwrap_or_default().to_owned(),
        })
    }
}

impl DefinitionDraft {
    /// Puts the visible fields of a form over this draft.
    pub fn merge(&mut self, pairs: &[(String, String)], shown: StepIndex, specs: &[StepSpec]) {
        let mut after = Vec::new();
        let mut after_shown = false;
        let mut kind = None;
        for (name, typed) in pairs {
            match name.as_str() {
                names::NAME => keep(&mut self.name, typed),
                names::MAX_RECOVERY_ATTEMPTS => keep(&mut self.max_recovery_attempts, typed),
                names::ON_FAILURE => keep(&mut self.on_failure, typed),
                names::PARAMETERS => keep(&mut self.parameters, typed),
                names::STEP_TASK_TYPE => kind = Some(typed.clone()),
                names::STEP_AFTER => after.extend(typed.parse::<StepIndex>()),
                names::STEP_AFTER_SHOWN => after_shown = true,
                other => {
                    if let Some(field) = self.step_text(shown, other) {
                        keep(field, typed);
                    }
                }
            }
        }
        if after_shown && let Some(step) = self.steps.get_mut(shown) {
            step.dependencies = after;
            self.forget_unknown_dependencies();
        }
        if let Some(kind) = kind {
            self.change_kind(shown, &kind, specs);
        }
        self.follow_keys();
    }

    /// The text of the shown step that the form's field `name` stands for.
    fn step_text(&mut self, shown: StepIndex, name: &str) -> Option<&mut String> {
        let step = self.steps.get_mut(shown)?;
        Some(match name {
            names::STEP_NAME => &mut step.name,
            names::STEP_KEY => &mut step.key,
            names::STEP_MAX_RETRIES => &mut step.max_retries,
            names::STEP_TIMEOUT => &mut step.timeout,
            names::STEP_ESTIMATED_DURATION => &mut step.estimated_duration,
            names::STEP_RUN_IF => &mut step.run_if,
            names::STEP_CONDITION => &mut step.condition,
            names::STEP_MAX_LOST => &mut step.max_lost,
            names::STEP_MODE => &mut step.mode,
            other => {
                let field = other.strip_prefix(names::CONFIG_PREFIX)?;
                step.config.entry(field.to_owned()).or_default()
            }
        })
    }

    /// Drops dependencies on steps that do not exist, on the step itself, and doubles: a form
    /// that was made up may hold them.
    fn forget_unknown_dependencies(&mut self) {
        let count = self.steps.len();
        for (index, step) in self.steps.iter_mut().enumerate() {
            step.dependencies
                .retain(|other| *other < count && *other != index);
            step.dependencies.sort_unstable();
            step.dependencies.dedup();
        }
    }
}

/// Takes what was typed, unless only its line ends differ: browsers post every line end as CRLF.
fn keep(text: &mut String, typed: &str) {
    let typed = unix_lines(typed);
    if unix_lines(text) != typed {
        *text = typed;
    }
}

fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::super::StepDraft;
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.into(), value.into())
    }

    fn two_steps() -> DefinitionDraft {
        let mut draft = DefinitionDraft::default();
        draft.add_step(None, StepDraft::new("One", "noop"));
        draft.add_step(Some(0), StepDraft::new("Two", "noop"));
        draft.follow_keys();
        draft
    }

    fn hidden(draft: &DefinitionDraft) -> (String, String) {
        pair(names::DRAFT, &serde_json::to_string(draft).unwrap())
    }

    #[test]
    fn visible_fields_win_over_the_hidden_draft() {
        let pairs = [
            hidden(&two_steps()),
            pair(names::SHOWN, "1"),
            pair(names::BASE, "7"),
            pair(names::NAME, "Dataset"),
            pair(names::STEP_NAME, "</textarea><script>"),
            pair("step.config.args", "a\r\nb"),
            pair(names::STEP_TIMEOUT, "soon"),
            pair(names::PRESS, "save_and_start:8"),
        ];
        let form = PostedForm::read(&pairs, &[]).unwrap();
        assert_eq!(form.draft.name, "Dataset");
        assert_eq!(form.draft.steps[0].name, "One");
        assert_eq!(form.draft.steps[1].name, "</textarea><script>");
        assert_eq!(form.draft.steps[1].field("args"), "a\nb");
        assert_eq!(form.draft.steps[1].timeout, "soon");
        assert_eq!(form.draft.steps[1].dependencies, [0]);
        assert_eq!(form.base, Some(7));
        let save = Press::Save {
            start: true,
            over: Some(8),
        };
        assert_eq!(form.press, save);
    }

    #[test]
    fn no_box_ticked_means_none_only_when_the_boxes_were_shown() {
        let mut pairs = vec![hidden(&two_steps()), pair(names::SHOWN, "1")];
        let form = PostedForm::read(&pairs, &[]).unwrap();
        assert_eq!(form.draft.steps[1].dependencies, [0]);
        pairs.push(pair(names::STEP_AFTER_SHOWN, "1"));
        let form = PostedForm::read(&pairs, &[]).unwrap();
        assert!(form.draft.steps[1].dependencies.is_empty());
        pairs.push(pair(names::STEP_AFTER, "0"));
        pairs.push(pair(names::STEP_AFTER, "99"));
        pairs.push(pair(names::STEP_AFTER, "1"));
        let form = PostedForm::read(&pairs, &[]).unwrap();
        assert_eq!(form.draft.steps[1].dependencies, [0]);
    }

    #[test]
    fn line_ends_that_the_browser_changed_are_no_change() {
        let mut draft = two_steps();
        let typed = "a\r\nb".to_owned();
        draft.steps[0].config.insert("stdin".into(), typed.clone());
        let pairs = [hidden(&draft), pair("step.config.stdin", "a\r\nb")];
        let form = PostedForm::read(&pairs, &[]).unwrap();
        assert_eq!(form.draft, draft);
    }

    #[test]
    fn a_new_key_or_name_is_followed_by_the_references_of_other_steps() {
        let mut draft = two_steps();
        let reference = "{{ steps.one.output }}".to_owned();
        draft.steps[1].config.insert("args".into(), reference);
        let mut pairs = vec![hidden(&draft), pair(names::STEP_NAME, "First")];
        let form = PostedForm::read(&pairs, &[]).unwrap();
        let expected = "{{ steps.first.output }}";
        assert_eq!(form.draft.steps[1].field("args"), expected);
        pairs.push(pair(names::STEP_KEY, "head"));
        let form = PostedForm::read(&pairs, &[]).unwrap();
        let expected = "{{ steps.head.output }}";
        assert_eq!(form.draft.steps[1].field("args"), expected);
    }

    #[test]
    fn of_fields_with_one_name_the_last_one_counts() {
        let pairs = [
            hidden(&two_steps()),
            pair("step.config.follow", "off"),
            pair("step.config.follow", "on"),
        ];
        let form = PostedForm::read(&pairs, &[]).unwrap();
        assert_eq!(form.draft.steps[0].field("follow"), "on");
    }

    #[test]
    fn every_button_is_read_as_what_it_says() {
        let presses = [
            Press::Update,
            Press::Edit(DraftEdit::Select(3)),
            Press::Edit(DraftEdit::Add("delay".into())),
            Press::Edit(DraftEdit::Copy(4)),
            Press::Edit(DraftEdit::Remove(0)),
            Press::Edit(DraftEdit::Undo),
            Press::Edit(DraftEdit::Up(2)),
            Press::Edit(DraftEdit::Down(2)),
            Press::Edit(DraftEdit::Example(2)),
            Press::Edit(DraftEdit::AfterAll(2)),
            Press::Edit(DraftEdit::AfterNone(2)),
            Press::Check,
            Press::ShowJson,
            Press::UseJson,
            Press::Save {
                start: false,
                over: None,
            },
        ];
        for press in presses {
            assert_eq!(Press::from_text(&press.to_text()), press);
        }
        assert_eq!(Press::from_text("remove:x"), Press::Update);
    }

    #[test]
    fn a_hidden_draft_that_was_cut_off_is_refused() {
        let pairs = [pair(names::DRAFT, "{\"name\":")];
        assert!(PostedForm::read(&pairs, &[]).is_err());
    }
}
