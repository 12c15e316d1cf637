//! Finding one of many steps in the list.

use engine::draft::form::names;
use leptos::prelude::*;

use super::state::BuilderState;
use super::step_list::StepRow;
use crate::format;

/// With so few steps one sees them all.
const FEW: usize = 10;

/// What is looked for among so many steps, ready to be compared: nothing while they are few.
pub fn needle(find: &str, steps: usize) -> String {
    if steps <= FEW {
        return String::new();
    }
    find.trim().to_lowercase()
}

/// Whether a step is shown: `needle` stands in its title or in what its type is called, in any case
/// of letters.
pub fn is_found(row: &StepRow, needle: &str) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(needle);
    needle.is_empty() || holds(&row.title) || holds(&row.kind)
}

/// The field, once there are many steps.
#[component]
pub fn StepSearch(
    /// All lines of the list.
    rows: Memo<Vec<StepRow>>,
    /// What is looked for among them.
    needle: Memo<String>,
    /// The builder.
    state: BuilderState,
) -> impl IntoView {
    let are_many = Memo::new(move |_| rows.with(|rows| rows.len() > FEW));
    let said = move || {
        let needle = needle.get();
        let found = |rows: &Vec<StepRow>| {
            let found = rows.iter().filter(|row| is_found(row, &needle)).count();
            format!("{found} of {}", format::count(rows.len(), "step"))
        };
        (!needle.is_empty()).then(|| rows.with(found))
    };
    view! {
        <Show when=move || are_many.get()>
            <div class="step-search">
                <label for="find-step">"Find a step"</label>
                <div class="field-control">
                    <input type="search" id="find-step" name=names::FIND value=state.find.get_untracked()
                        autocomplete="off" maxlength="200"/>
                    <noscript>
                        <button type="submit" class="button button-small" name=names::PRESS value="update">"Find"</button>
                    </noscript>
                </div>
            </div>
        </Show>
        <p class="step-search-said" role="status">{said}</p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: usize) -> Vec<StepRow> {
        let row = |number| StepRow {
            title: format!("Label {number}"),
            kind: "Run a program".to_owned(),
            problems: 0,
        };
        (1..=count).map(row).collect()
    }

    fn found(rows: &[StepRow], find: &str) -> usize {
        let needle = needle(find, rows.len());
        rows.iter().filter(|row| is_found(row, &needle)).count()
    }

    #[test]
    fn a_step_is_found_by_name_or_type_in_any_case() {
        let rows = rows(12);
        assert_eq!(found(&rows, " label 1"), 4);
        assert_eq!(found(&rows, "PROGRAM"), 12);
        assert_eq!(found(&rows, "store"), 0);
        assert_eq!(found(&rows, " "), 12);
    }

    #[test]
    fn among_few_steps_none_is_hidden() {
        assert_eq!(found(&rows(10), "store"), 10);
    }
}
