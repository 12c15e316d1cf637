//! Lists, searches and numbers.

use engine::orchestrator::{WorkflowFilter, WorkflowSelection};
use engine::{
    Action, DefinitionId, FailureKind, JobId, Progress, StepDefinition, WorkflowId, WorkflowStatus,
};
use runtime::store::{LastNumbers, Store};
use serde_json::json;

use crate::Place;
use crate::workbench::{Workbench, define, failed, moment, step};

fn filter(selection: WorkflowSelection) -> WorkflowFilter {
    WorkflowFilter {
        selection,
        limit: 200,
        ..WorkflowFilter::default()
    }
}

fn search(text: &str) -> WorkflowFilter {
    WorkflowFilter {
        query: Some(text.to_owned()),
        ..filter(WorkflowSelection::All)
    }
}

async fn numbers(store: &dyn Store, filter: &WorkflowFilter) -> Vec<i64> {
    let found = store.list(filter, moment()).await.unwrap();
    found.iter().map(|state| state.id.0).collect()
}

/// One workflow in every state: 1 pending, 2 running, 3 paused, 4 completed, 5 failed,
/// 6 failed without budget, 7 cancelled, 8 recovering.
pub fn one_in_each_state() -> Vec<Workbench> {
    let mut once = step("a", &[]);
    once.max_retries = 0;
    let definition = define("States", &[once]);
    let spent = definition.clone().with_max_recovery_attempts(0);
    let mut all = vec![Workbench::new(1, definition.clone())];
    all.extend((2..=5).map(|id| Workbench::started(id, definition.clone())));
    all.push(Workbench::started(6, spent));
    all.extend((7..=8).map(|id| Workbench::started(id, definition.clone())));
    all[2].act(Action::Pause);
    all[3].succeed(0, json!(1));
    all[4].run(0, failed(FailureKind::Error, "x"));
    all[5].run(0, failed(FailureKind::Error, "x"));
    all[6].act(Action::Cancel);
    all[7].run(0, failed(FailureKind::Error, "x"));
    all[7].act(Action::recover(0));
    all
}

pub async fn workflows_are_selected_by_state(place: &dyn Place) {
    use WorkflowSelection as S;
    use WorkflowStatus as W;
    let store = place.open().await;
    let changes: Vec<_> = one_in_each_state()
        .iter_mut()
        .map(Workbench::change)
        .collect();
    store.commit(&changes, &[]).await.unwrap();
    let expected: [(S, &[i64]); 11] = [
        (S::All, &[8, 7, 6, 5, 4, 3, 2, 1]),
        (S::Active, &[8, 3, 2]),
        (S::Failed, &[6, 5]),
        (S::Recoverable, &[5]),
        (S::Status(W::Pending), &[1]),
        (S::Status(W::Running), &[2]),
        (S::Status(W::Paused), &[3]),
        (S::Status(W::Completed), &[4]),
        (S::Status(W::Failed), &[6, 5]),
        (S::Status(W::Cancelled), &[7]),
        (S::Status(W::Recovering), &[8]),
    ];
    for (selection, wanted) in expected {
        let found = numbers(store.as_ref(), &filter(selection)).await;
        assert_eq!(found, wanted, "{selection:?}");
    }
    let active = store.active().await.unwrap();
    assert_eq!(active, [WorkflowId(2), WorkflowId(3), WorkflowId(8)]);
}

pub async fn a_list_is_walked_page_by_page_without_loss_or_repetition(place: &dyn Place) {
    let store = place.open().await;
    let definition = define("Pages", &[step("a", &[])]);
    let changes: Vec<_> = (1..=11)
        .map(|id| Workbench::started(id, definition.clone()).change())
        .collect();
    store.commit(&changes, &[]).await.unwrap();
    for selection in [WorkflowSelection::All, WorkflowSelection::Active] {
        let mut walked = Vec::new();
        let mut page = filter(selection);
        page.limit = 3;
        loop {
            let found = numbers(store.as_ref(), &page).await;
            page.before = found.last().map(|id| WorkflowId(*id));
            if found.is_empty() {
                break;
            }
            walked.extend(found);
            assert!(walked.len() <= 11, "a page comes again: {walked:?}");
        }
        assert_eq!(walked, (1..=11).rev().collect::<Vec<_>>());
    }
}

async fn named(place: &dyn Place, names: &[&str]) -> std::sync::Arc<dyn Store> {
    let store = place.open().await;
    let changes: Vec<_> = (1..)
        .zip(names)
        .map(|(id, name)| Workbench::of_job(id, 100, define(name, &[step("a", &[])])).change())
        .collect();
    store.commit(&changes, &[]).await.unwrap();
    store
}

pub async fn names_are_found_by_any_part_in_any_case(place: &dyn Place) {
    let store = named(place, &["Dataset Build", "Ägyptische Öfen", "other"]).await;
    let store = store.as_ref();
    for text in ["set b", "DATASET", "  Build  "] {
        assert_eq!(numbers(store, &search(text)).await, [1], "{text}");
    }
    for text in ["Ägypt", "ägypt", "ÖFEN", "öf"] {
        assert_eq!(numbers(store, &search(text)).await, [2], "{text}");
    }
    assert_eq!(
        numbers(store, &search("   ")).await,
        [3, 2, 1],
        "blank is no search"
    );
    assert!(numbers(store, &search("nothing")).await.is_empty());
}

/// Where many bear a name, or are of a definition, they are looked for in another way than where few do.
pub async fn what_is_looked_for_is_found_whether_few_or_many_have_it(place: &dyn Place) {
    use WorkflowSelection as S;
    const MANY: i64 = 2_100;
    let store = place.open().await;
    let mut once = step("a", &[]);
    once.max_retries = 0;
    let (common, rare) = (define("Common", &[once.clone()]), define("Rare", &[once]));
    let mut all: Vec<_> = (1..=MANY + 3)
        .map(|id| {
            Workbench::of_job(
                id,
                id + 10_000,
                if id <= 3 { &rare } else { &common }.clone(),
            )
        })
        .collect();
    for bench in &mut all {
        bench.header.source = Some((DefinitionId(1), 1));
    }
    for failed_one in [2, 50] {
        let bench = &mut all[failed_one - 1];
        bench.act(Action::Start);
        bench.run(0, failed(FailureKind::Error, "x"));
    }
    let changes: Vec<_> = all.iter_mut().map(Workbench::change).collect();
    store.commit(&changes, &[]).await.unwrap();
    let latest: Vec<_> = (MANY - 196..=MANY + 3).rev().collect();
    let expected: [(&str, S, &[i64]); 8] = [
        ("rare", S::All, &[3, 2, 1]),
        ("rare", S::Failed, &[2]),
        ("common", S::All, &latest),
        ("common", S::Failed, &[50]),
        ("m", S::Recoverable, &[50]),
        ("r", S::Status(WorkflowStatus::Pending), &[3, 1]),
        ("10060", S::All, &[60]),
        ("neither", S::All, &[]),
    ];
    for (text, selection, wanted) in expected {
        for definition in [None, Some(DefinitionId(1))] {
            let asked = WorkflowFilter {
                selection,
                definition,
                ..search(text)
            };
            let found = numbers(store.as_ref(), &asked).await;
            assert_eq!(found, wanted, "{text}, {selection:?}, {definition:?}");
        }
    }
    let failed_ones = WorkflowFilter {
        definition: Some(DefinitionId(1)),
        ..filter(S::Failed)
    };
    assert_eq!(numbers(store.as_ref(), &failed_ones).await, [50, 2]);
}

pub async fn numbers_find_a_workflow_and_the_workflows_of_a_job(place: &dyn Place) {
    let store = named(place, &["a", "b", "c 2"]).await;
    assert_eq!(numbers(store.as_ref(), &search("1")).await, [1]);
    assert_eq!(
        numbers(store.as_ref(), &search("2")).await,
        [3, 2],
        "its number, or its name"
    );
    assert_eq!(
        numbers(store.as_ref(), &search("100")).await,
        [3, 2, 1],
        "the job's number"
    );
}

pub async fn signs_in_a_query_mean_themselves(place: &dyn Place) {
    let store = named(place, &["100 % sure", "a_b", "it's \"so\"", "plain"]).await;
    for (text, wanted) in [("%", 1), ("_", 2), ("'", 3), ("\"so\"", 3)] {
        assert_eq!(
            numbers(store.as_ref(), &search(text)).await,
            [wanted],
            "{text}"
        );
    }
}

pub async fn a_list_shows_the_progress_of_now(place: &dyn Place) {
    let store = place.open().await;
    let mut all = one_in_each_state();
    // A step that still runs while its workflow is paused goes on counting.
    let slow = StepDefinition {
        estimated_duration: Some(100.0),
        ..step("Slow", &[])
    };
    let mut draining = Workbench::started(9, define("Draining", &[slow]));
    draining.start(0);
    draining.act(Action::Pause);
    all.push(draining);
    let changes: Vec<_> = all.iter_mut().map(Workbench::change).collect();
    store.commit(&changes, &[]).await.unwrap();
    let later = moment().plus(std::time::Duration::from_secs(60));
    let listed = store
        .list(&filter(WorkflowSelection::All), later)
        .await
        .unwrap();
    for (state, bench) in listed.iter().rev().zip(&all) {
        assert_eq!(state.summary, Progress::of(&bench.workflow, later).summary);
        assert_eq!(state.name, bench.workflow.definition().name());
        let record = bench.workflow.record();
        assert_eq!(
            (&state.metadata, &state.parameters),
            (&record.metadata, &record.parameters)
        );
        assert_eq!(state.created_at, record.created_at);
    }
    assert_eq!(listed[0].summary.progress, 60);
}

pub async fn workflows_of_one_definition_are_found_whatever_else_is_asked(place: &dyn Place) {
    use WorkflowSelection as S;
    let store = place.open().await;
    let mut all = one_in_each_state();
    for (bench, source) in all.iter_mut().zip([
        Some((3, 1)),
        Some((3, 2)),
        None,
        Some((4, 1)),
        Some((3, 2)),
        Some((3, 2)),
        None,
        Some((3, 1)),
    ]) {
        bench.header.source = source.map(|(id, version)| (DefinitionId(id), version));
    }
    let changes: Vec<_> = all.iter_mut().map(Workbench::change).collect();
    store.commit(&changes, &[]).await.unwrap();
    let expected: [(S, &[i64]); 5] = [
        (S::All, &[8, 6, 5, 2, 1]),
        (S::Active, &[8, 2]),
        (S::Failed, &[6, 5]),
        (S::Recoverable, &[5]),
        (S::Status(WorkflowStatus::Pending), &[1]),
    ];
    let of = |id, selection| WorkflowFilter {
        definition: Some(DefinitionId(id)),
        ..filter(selection)
    };
    for (selection, wanted) in expected {
        let found = numbers(store.as_ref(), &of(3, selection)).await;
        assert_eq!(found, wanted, "{selection:?}");
    }
    assert_eq!(numbers(store.as_ref(), &of(4, S::All)).await, [4]);
    assert_eq!(numbers(store.as_ref(), &of(5, S::All)).await, [0; 0]);
    let mut page = of(3, S::All);
    page.before = Some(WorkflowId(6));
    page.limit = 2;
    assert_eq!(numbers(store.as_ref(), &page).await, [5, 2]);
    page.query = Some("1".to_owned());
    assert_eq!(numbers(store.as_ref(), &page).await, [1]);
}

pub async fn the_latest_workflow_of_a_job_is_known(place: &dyn Place) {
    let store = place.open().await;
    for (id, job) in [(1, 5), (2, 6), (3, 5)] {
        let mut bench = Workbench::of_job(id, job, define("Job", &[step("a", &[])]));
        bench.write(store.as_ref()).await;
    }
    assert_eq!(
        store.latest_of_job(JobId(5)).await.unwrap(),
        Some(WorkflowId(3))
    );
    assert_eq!(
        store.latest_of_job(JobId(6)).await.unwrap(),
        Some(WorkflowId(2))
    );
    assert_eq!(store.latest_of_job(JobId(7)).await.unwrap(), None);
}

pub async fn the_last_numbers_are_known(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.last_numbers().await.unwrap(), LastNumbers::default());
    let steps = [step("a", &[]), step("b", &[]), step("c", &[])];
    for (id, job) in [(1, 70), (2, 6)] {
        let mut bench = Workbench::of_job(id, job, define("Numbers", &steps));
        bench.write(store.as_ref()).await;
    }
    let last = LastNumbers {
        workflow: 2,
        job: 70,
        task: 202,
    };
    assert_eq!(store.last_numbers().await.unwrap(), last);
}
