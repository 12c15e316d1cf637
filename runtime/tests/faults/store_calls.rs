//! The n-th call of the store fails, for every n, in scripted scenarios: afterwards everything comes
//! to the same end as without the fault, the events fold to the rows, every attempt ran once and has
//! one outcome, and a command that was sent again under its id has one effect.

use engine::action::{Action, Instead};
use engine::{TaskStatus as T, WorkflowStatus as S};
use serde_json::json;

use crate::examined::Examined;
use crate::faulty::{Kind, Plan};
use crate::figures;
use crate::is_tier_b;
use crate::scenario::{Op, Scenario, Step, recover, run, run_in_a_file};

const fn quick(after: &'static [usize]) -> Step {
    Step {
        fails: 0,
        seconds: 0.2,
        after,
        retries: 0,
    }
}

/// Long enough for whatever is asked while it runs, also where the fault delays that.
const fn long(after: &'static [usize]) -> Step {
    Step {
        seconds: 40.0,
        ..quick(after)
    }
}

/// Fails so often and has as many retries.
const fn flaky(fails: u32, after: &'static [usize]) -> Step {
    Step {
        fails,
        retries: fails,
        ..quick(after)
    }
}

/// Fails so often and has no retry.
const fn broken(fails: u32, after: &'static [usize]) -> Step {
    Step {
        fails,
        ..quick(after)
    }
}

fn scenario(name: &str, steps: &[Step], ops: &[Op], ends: S) -> Scenario {
    Scenario {
        name: name.into(),
        steps: steps.to_vec(),
        stop: false,
        copies: 1,
        slots: 100,
        ops: ops.to_vec(),
        ends,
    }
}

/// Those of tier A: each verb and each way a step can end.
fn chosen() -> Vec<Scenario> {
    let mut all = left_alone();
    all.extend(paused_or_cancelled());
    all.extend(mended());
    all
}

fn left_alone() -> Vec<Scenario> {
    let diamond = [quick(&[]), quick(&[0]), quick(&[0]), quick(&[1, 2])];
    let two = [quick(&[]), quick(&[0])];
    let flaky = [flaky(2, &[]), quick(&[0])];
    let restarted = [Op::Workflow(S::Completed), Op::Restart];
    let amid = [RUNS, Op::Restart];
    vec![
        scenario("a diamond", &diamond, &[], S::Completed),
        scenario("retries", &flaky, &[], S::Completed),
        scenario("a restart", &two, &restarted, S::Completed),
        Scenario {
            copies: 2,
            ..scenario("two at once", &two, &[], S::Completed)
        },
        // Read together when the server starts again.
        Scenario {
            copies: 3,
            ..scenario(
                "a restart amid three",
                &[long(&[]), quick(&[0])],
                &amid,
                S::Completed,
            )
        },
        // The end of one workflow's step and the start of another's are one commit.
        Scenario {
            copies: 3,
            slots: 1,
            ..scenario("one slot for three", &two, &[], S::Completed)
        },
    ]
}

const RUNS: Op = Op::Task(0, T::Running);

fn paused_or_cancelled() -> Vec<Scenario> {
    let ask = Op::Ask;
    let steps = [long(&[]), quick(&[0])];
    let paused = [RUNS, ask(Action::Pause), ask(Action::Resume)];
    let interrupted = [
        RUNS,
        ask(Action::PauseAndInterrupt),
        Op::Task(0, T::Queued),
        ask(Action::Resume),
    ];
    let cancelled = [RUNS, ask(Action::Cancel)];
    let waits = [Op::Task(0, T::Retrying), ask(Action::Cancel)];
    vec![
        scenario("pause", &steps, &paused, S::Completed),
        scenario("pause that interrupts", &steps, &interrupted, S::Completed),
        scenario("cancel", &steps, &cancelled, S::Cancelled),
        scenario(
            "cancel while a retry waits",
            &[flaky(8, &[])],
            &waits,
            S::Cancelled,
        ),
    ]
}

fn mended() -> Vec<Scenario> {
    let ask = Op::Ask;
    let over = Op::Workflow(S::Failed);
    let once = [broken(1, &[]), quick(&[0])];
    let always = [broken(9, &[]), quick(&[0])];
    let beside = [broken(9, &[]), long(&[]), quick(&[0, 1])];
    let output = || json!({"by": "hand"});
    let recovered = [over.clone(), ask(Action::recover(0))];
    let instead = [over, recover(0, false, Some(Instead::Output(output())))];
    let forced = [Op::Task(1, T::Running), recover(0, true, None)];
    let failed = Op::Task(0, T::Failed);
    let skipped = [failed.clone(), ask(Action::Skip { task: 0 })];
    let (task, output) = (0, output());
    let marked = [failed, ask(Action::MarkDone { task, output })];
    vec![
        scenario("recover", &once, &recovered, S::Completed),
        scenario("recover with an output", &always, &instead, S::Completed),
        scenario(
            "recover with force",
            &[quick(&[]), long(&[0])],
            &forced,
            S::Completed,
        ),
        scenario("skip what failed", &beside, &skipped, S::Completed),
        scenario("mark done what failed", &beside, &marked, S::Completed),
    ]
}

fn shapes() -> [(&'static str, Vec<Step>); 5] {
    let fan = [
        long(&[]),
        quick(&[0]),
        flaky(1, &[0]),
        quick(&[0]),
        quick(&[1, 2, 3]),
    ];
    [
        ("one step", vec![long(&[])]),
        ("a chain", vec![long(&[]), quick(&[0]), flaky(1, &[1])]),
        ("a fan", fan.to_vec()),
        ("two branches", vec![long(&[]), quick(&[]), flaky(2, &[1])]),
        ("a late retry", vec![long(&[]), flaky(3, &[])]),
    ]
}

fn scripts() -> [(&'static str, Vec<Op>, S); 8] {
    let ask = Op::Ask;
    let twice = [Action::Pause, Action::Resume, Action::Pause, Action::Start];
    let twice = std::iter::once(RUNS).chain(twice.map(ask)).collect();
    let interrupted = vec![
        RUNS,
        ask(Action::PauseAndInterrupt),
        Op::Task(0, T::Queued),
        ask(Action::Resume),
    ];
    let recovered = vec![
        RUNS,
        ask(Action::Cancel),
        Op::Workflow(S::Cancelled),
        ask(Action::recover(0)),
    ];
    let paused = vec![RUNS, ask(Action::Pause), ask(Action::Cancel)];
    let max_recovery_attempts = 9;
    let raised = ask(Action::RaiseBudget {
        max_recovery_attempts,
    });
    [
        ("left alone", vec![], S::Completed),
        ("paused twice", twice, S::Completed),
        ("interrupted", interrupted, S::Completed),
        ("cancelled", vec![RUNS, ask(Action::Cancel)], S::Cancelled),
        ("cancelled while paused", paused, S::Cancelled),
        ("cancelled and recovered", recovered, S::Completed),
        (
            "recovered with force",
            vec![RUNS, recover(0, true, None)],
            S::Completed,
        ),
        ("given a larger budget", vec![RUNS, raised], S::Completed),
    ]
}

/// Each definition under each script: with the chosen ones more than fifty.
fn combined() -> Vec<Scenario> {
    let mut all = Vec::new();
    for (shape, steps) in shapes() {
        for (script, ops, ends) in scripts() {
            all.push(scenario(&format!("{shape}, {script}"), &steps, &ops, ends));
        }
    }
    all
}

/// Every call of one scenario, under every fault. Says how many runs that were.
async fn fail_every_call(scenario: &Scenario, plans: &[(Kind, u64)]) -> u64 {
    let calls = match run(scenario, None).await {
        Ok(calls) => calls,
        Err(why) => panic!("{}, without a fault: {why}", scenario.name),
    };
    assert!(calls >= 5, "{}: {calls} calls", scenario.name);
    let mut runs = 0;
    for (kind, count) in plans.iter().copied() {
        // The first calls open the store: a server that cannot do that does not start.
        for first in 0..calls {
            let plan = Plan { kind, first, count };
            if let Err(why) = run(scenario, Some(plan)).await {
                panic!("{}, {plan:?}: {why}", scenario.name);
            }
            runs += 1;
        }
    }
    runs
}

#[tokio::test(start_paused = true)]
async fn whichever_call_of_the_store_fails_everything_comes_to_the_same_end_once() {
    let mut plans = vec![
        (Kind::Away, 1),
        (Kind::AnswerLost, 1),
        (Kind::Row, 1),
        (Kind::AnswerLost, 3),
    ];
    let mut scenarios = chosen();
    if is_tier_b() {
        plans.extend([
            (Kind::Full, 1),
            (Kind::Away, 5),
            (Kind::AnswerLost, 8),
            (Kind::Full, 4),
        ]);
        scenarios.extend(combined());
    }
    let mut runs = 0;
    for scenario in &scenarios {
        runs += fail_every_call(scenario, &plans).await;
    }
    figures::tell(format!(
        "n-th store call fails: every n of {} scenarios under {} faults, {runs} runs, 0 breaches",
        scenarios.len(),
        plans.len()
    ));
}

/// Those that a file is asked for as well: a join, a retry with a restart, a recovery.
fn in_a_file() -> Vec<Scenario> {
    let names = [
        "a diamond",
        "a restart",
        "recover",
        "cancel while a retry waits",
    ];
    let is_one = |scenario: &Scenario| names.contains(&scenario.name.as_str());
    let found: Vec<_> = chosen().into_iter().filter(is_one).collect();
    assert_eq!(found.len(), names.len());
    found
}

#[tokio::test(start_paused = true)]
async fn whichever_call_fails_of_a_store_in_a_file_everything_comes_to_the_same_end_once() {
    let mut plans = vec![(Kind::AnswerLost, 1), (Kind::Away, 1)];
    let mut scenarios = in_a_file();
    if is_tier_b() {
        plans.extend([(Kind::Row, 1), (Kind::Full, 1), (Kind::AnswerLost, 3)]);
        scenarios = chosen();
    }
    let mut runs = 0;
    for scenario in &scenarios {
        let folder = Examined::new();
        let mut files = (0..).map(|n: u64| folder.path().join(format!("{n}.db")));
        let mut run = async |plan| run_in_a_file(scenario, &files.next().unwrap(), plan).await;
        let calls = run(None).await.unwrap();
        for (kind, count) in plans.iter().copied() {
            for first in 0..calls {
                let plan = Plan { kind, first, count };
                if let Err(why) = run(Some(plan)).await {
                    panic!("{}, {plan:?}: {why}", scenario.name);
                }
                runs += 1;
            }
        }
    }
    figures::tell(format!(
        "n-th call of a store in a file fails: every n of {} scenarios under {} faults, {runs} runs, 0 \
         breaches",
        scenarios.len(),
        plans.len()
    ));
}
