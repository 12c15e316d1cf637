//! One suite for every store. A new store becomes one more `Place` and one more line of `places!`.
//!
//! Every call of a store's traits, and the topics that hold it to its promise:
//!
//! | call | topics |
//! |---|---|
//! | `commit` | commits, refused, rows, attempts, commands |
//! | `command` | commands |
//! | `forget_commands` | commands |
//! | `shared` | definitions |
//! | `load` | rows |
//! | `load_all` | rows |
//! | `standing` | standings |
//! | `state` | standings, quarantine |
//! | `active` | lists, commits, quarantine |
//! | `rev` | rows, commits, refused |
//! | `events` | commits, rows |
//! | `attempts` | attempts, rows |
//! | `attempt` | attempts |
//! | `latest_of_job` | lists |
//! | `list` | lists, standings, quarantine |
//! | `last_numbers` | lists, deleted |
//! | `probe` | probe |
//! | `save` | definitions |
//! | `definition` | definitions |
//! | `definitions` | definitions |
//! | `setting` | settings |
//! | `set_setting` | settings |
//! | `begin_boot` | boots |
//! | `mark_boot` | boots |
//! | `put_aside` | quarantine |
//! | `aside` | quarantine |
//! | `remains` | quarantine |
//! | `delete` | deleted |
//! | `leftovers` | deleted |
//! | `left_nothing` | deleted |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

mod attempts;
mod boots;
mod commands;
mod commits;
mod definitions;
mod deleted;
mod lists;
mod probe;
mod quarantine;
mod refused;
mod rows;
mod settings;
mod standings;
mod workbench;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use runtime::database::Database;
use runtime::store::Store;
use runtime::store::memory::MemoryStore;
use runtime::store::sqlite::SqliteStore;

/// Where a store keeps its things.
#[async_trait(?Send)]
pub trait Place {
    /// Opens the store; drop the one that was opened before.
    async fn open(&self) -> Arc<dyn Store>;
}

/// Memory is opened again by looking at it again.
#[derive(Default)]
struct Memory(Arc<MemoryStore>);

#[async_trait(?Send)]
impl Place for Memory {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::clone(&self.0) as Arc<dyn Store>
    }
}

struct Sqlite {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Default for Sqlite {
    fn default() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jobs.db");
        Self {
            _folder: folder,
            file,
        }
    }
}

#[async_trait(?Send)]
impl Place for Sqlite {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::new(Database::open(&self.file).await.unwrap()))
    }
}

/// Every test on every place.
macro_rules! places {
    ($($place:ident: $module:ident),* ; $tests:tt) => {
        $(places!(@one $place $module $tests);)*
    };
    (@one $place:ident $module:ident { $($topic:ident: $($test:ident)*;)* }) => {
        mod $module {
            $($(
                #[tokio::test]
                async fn $test() {
                    crate::$topic::$test(&crate::$place::default()).await;
                }
            )*)*
        }
    };
}

places! {
    Memory: memory, Sqlite: sqlite; {
        rows:
            a_new_workflow_is_read_as_it_was_written
            every_field_of_every_task_is_read_as_it_was_written
            what_is_not_there_is_answered_with_nothing
            many_are_read_at_once_as_each_is_by_itself
            what_was_written_is_there_after_opening_again;
        commits:
            events_are_read_in_order_and_in_pages
            a_commit_that_others_overtook_is_refused_and_writes_nothing
            an_epoch_that_is_over_writes_nothing
            a_number_that_is_taken_is_not_created_again
            one_bad_change_keeps_its_neighbours_from_being_written
            many_workflows_are_written_in_one_commit;
        refused:
            an_attempt_does_not_start_twice
            a_task_that_has_no_row_is_not_written
            an_event_that_is_there_is_not_written_again
            a_state_that_no_arrow_leads_to_is_not_written
            two_changes_of_one_workflow_are_written_in_their_order;
        commands:
            an_answer_is_found_under_its_actor_and_id_alone
            an_answer_is_written_with_its_change_or_not_at_all
            a_command_that_is_known_is_not_answered_again
            what_was_answered_long_ago_is_forgotten_and_the_rest_stays;
        standings:
            a_standing_tells_what_its_row_tells
            a_standing_goes_on_with_every_change
            a_state_is_that_of_the_moment_asked_for_and_the_same_as_in_a_list
            a_state_of_what_is_over_stays;
        probe:
            a_store_that_can_be_written_to_says_so_and_keeps_nothing_of_it;
        attempts:
            each_try_is_told_with_its_end
            a_try_under_way_has_no_end
            a_retry_that_is_given_up_keeps_the_end_of_its_try
            a_try_that_a_cancel_ended_keeps_its_end_when_a_recovery_comes_with_it
            what_comes_too_late_is_kept_with_its_try
            what_a_try_gave_is_kept_with_it_when_its_task_is_done_again;
        lists:
            workflows_are_selected_by_state
            a_list_is_walked_page_by_page_without_loss_or_repetition
            names_are_found_by_any_part_in_any_case
            what_is_looked_for_is_found_whether_few_or_many_have_it
            numbers_find_a_workflow_and_the_workflows_of_a_job
            signs_in_a_query_mean_themselves
            a_list_shows_the_progress_of_now
            workflows_of_one_definition_are_found_whatever_else_is_asked
            the_latest_workflow_of_a_job_is_known
            the_last_numbers_are_known;
        definitions:
            versions_follow_each_other_and_all_stay
            an_outdated_version_is_refused_with_who_was_faster
            an_unknown_definition_is_not_replaced
            what_is_saved_again_under_the_same_id_is_saved_once
            a_definition_that_many_bring_is_held_once
            definitions_are_listed_newest_first_in_their_latest_version;
        settings:
            a_setting_keeps_the_last_value;
        boots:
            a_start_is_told_how_the_ones_before_it_ended
            a_start_finds_what_the_last_one_left_under_way
            only_the_last_starts_are_remembered;
        quarantine:
            what_is_put_aside_is_known_by_number_also_after_opening_again
            what_is_aside_already_stays_as_it_is
            what_is_aside_is_listed_as_failed_and_not_taken_up
            what_happened_to_it_stays_and_so_do_its_neighbours
            a_list_can_show_what_remains_of_a_workflow
            a_workflow_without_a_row_can_be_put_aside;
        deleted:
            nothing_is_left_of_a_deleted_workflow_and_its_neighbours_stay
            the_numbers_of_a_deleted_workflow_stay_given_out
            a_deletion_that_others_overtook_deletes_nothing
            an_answer_is_kept_with_its_deletion_or_neither
            what_is_aside_is_deleted_with_what_was_noted_of_it
            leftovers_are_told_until_nothing_is_left;
    }
}

/// The files in which the traits of a store stand.
const TRAITS: [&str; 4] = [
    include_str!("../../src/store.rs"),
    include_str!("../../src/store/boots.rs"),
    include_str!("../../src/store/deleted.rs"),
    include_str!("../../src/store/quarantined.rs"),
];

/// The names of all calls of the traits.
fn calls() -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for text in TRAITS {
        let traits = text.split("\n#[async_trait]\npub trait ").skip(1);
        for body in traits.filter_map(|rest| rest.split("\n}\n").next()) {
            for line in body.lines() {
                let call = line.strip_prefix("    async fn ");
                let call = call.or_else(|| line.strip_prefix("    fn "));
                let name = call.and_then(|call| call.split('(').next());
                calls.extend(name.map(str::to_owned));
            }
        }
    }
    calls
}

#[test]
fn every_call_of_a_store_stands_in_the_table_with_topics_that_there_are() {
    let own = include_str!("main.rs");
    let mut told = BTreeSet::new();
    for row in own.lines().filter_map(|line| line.strip_prefix("//! | `")) {
        let (call, topics) = row.split_once("` | ").unwrap();
        told.insert(call.to_owned());
        for topic in topics.trim_end_matches(" |").split(", ") {
            let in_places = own.contains(&format!("\n        {topic}:\n"));
            assert!(in_places, "{call}: no topic {topic}");
        }
    }
    assert!(told.len() > 20);
    assert_eq!(told, calls());
}
