//! Ending a tree that runs.

use super::*;

#[tokio::test]
async fn stop_ends_the_whole_tree_also_what_left_the_session() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("stop"));
    let mut command = runner(folder.path())
        .start(&attempt, shell(TREE))
        .await
        .unwrap();
    until_line(&mut command, "ready").await;
    until_tree_stands(&attempt);
    let begun = Instant::now();
    command.stop(LONG);
    command.stop(LONG);
    let record = follow(&mut command).await;
    println!("tree gone {:?} after stop", begun.elapsed());
    assert_eq!(marked(ATTEMPT_VARIABLE, &attempt), [0; 0]);
    assert!(record.facts().stopped);
    assert!(!record.facts().killed, "SIGTERM was enough: {record:?}");
    assert_eq!(record.facts().outcome, Outcome::Signalled { signal: 15 });
}

#[tokio::test]
async fn what_ignores_the_request_is_killed_after_the_grace() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("deaf"));
    let script = "trap '' TERM; (setsid sleep 600 &); echo ready; while :; do sleep 600; done";
    let mut command = runner(folder.path())
        .start(&attempt, shell(script))
        .await
        .unwrap();
    until_line(&mut command, "ready").await;
    let begun = Instant::now();
    command.stop(GRACE);
    let record = follow(&mut command).await;
    println!(
        "deaf tree gone {:?} after stop with a grace of {GRACE:?}",
        begun.elapsed()
    );
    assert!(begun.elapsed() >= GRACE);
    assert_eq!(marked(ATTEMPT_VARIABLE, &attempt), [0; 0]);
    let facts = record.facts();
    assert!(facts.stopped && facts.killed, "{facts:?}");
    assert_eq!(facts.outcome, Outcome::Signalled { signal: 9 });
}

#[tokio::test]
async fn a_second_stop_can_only_shorten_the_grace() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("shorter"));
    let script = "trap '' TERM; echo ready; while :; do sleep 600; done";
    let mut command = runner(folder.path())
        .start(&attempt, shell(script))
        .await
        .unwrap();
    until_line(&mut command, "ready").await;
    command.stop(LONG);
    command.stop(GRACE);
    command.stop(LONG);
    assert!(follow(&mut command).await.facts().killed);
}

#[tokio::test]
async fn a_stopped_process_is_woken_so_that_it_can_end() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("frozen"));
    let script = "trap 'echo bye; exit 5' TERM; echo ready; kill -STOP $$; sleep 600 & wait";
    let mut command = runner(folder.path())
        .start(&attempt, shell(script))
        .await
        .unwrap();
    until_line(&mut command, "ready").await;
    until("it has stopped itself", LIMIT, || {
        let shells = marked_running(ATTEMPT_VARIABLE, &attempt, "sh");
        shells.into_iter().any(|pid| state(pid) == Some('T'))
    });
    command.stop(LONG);
    let record = follow(&mut command).await;
    assert_eq!(
        (record.stdout.as_str(), record.facts().code()),
        ("bye\n", Some(5))
    );
}

#[tokio::test]
async fn a_process_that_forks_away_all_the_time_is_caught() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("hopper"));
    // That the request is ignored is inherited, so none of them is caught before it could say so.
    let hop = folder.path().join("hop.sh");
    fs::write(&hop, "setsid sh \"$0\" &\n").unwrap();
    let script = format!("trap '' TERM; sh {} & echo ready; wait", hop.display());
    let mut command = runner(folder.path())
        .start(&attempt, shell(&script))
        .await
        .unwrap();
    until_line(&mut command, "ready").await;
    let begun = Instant::now();
    command.stop(GRACE);
    let record = follow(&mut command).await;
    println!(
        "hopping tree gone {:?} after its grace",
        begun.elapsed().saturating_sub(GRACE)
    );
    assert!(record.facts().killed);
    assert_eq!(marked(ATTEMPT_VARIABLE, &attempt), [0; 0]);
}

#[tokio::test]
async fn a_signal_to_the_runner_is_a_request_to_stop() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("term"));
    let mut command = runner(folder.path())
        .start(&attempt, shell(TREE))
        .await
        .unwrap();
    until_line(&mut command, "ready").await;
    until_tree_stands(&attempt);
    signal(command.runner_pid().unwrap(), "-TERM");
    let record = follow(&mut command).await;
    assert!(record.facts().stopped);
    assert_eq!(record.facts().outcome, Outcome::Signalled { signal: 15 });
    assert_eq!(marked(ATTEMPT_VARIABLE, &attempt), [0; 0]);
}

#[tokio::test]
async fn what_is_born_while_the_tree_ends_is_asked_to_end_too() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("newborn"));
    // On its way out it leaves somebody behind, who leaves somebody behind. Whoever sleeps says itself that
    // it is there: what a shell has only just forked loses a signal.
    let script = "heir='trap \"sleep 600 & exit 0\" TERM; sleep 600 & wait'; \
                  trap 'sh -c \"$heir\" & exit 0' TERM; \
                  sh -c 'echo ready; exec sleep 600' & wait";
    let mut command = runner(folder.path())
        .start(&attempt, shell(script))
        .await
        .unwrap();
    until_line(&mut command, "ready").await;
    command.stop(Duration::from_secs(600));
    let record = follow(&mut command).await;
    assert!(!record.facts().killed, "SIGTERM was enough: {record:?}");
    assert_eq!(record.facts().code(), Some(0));
    assert_eq!(marked(ATTEMPT_VARIABLE, &attempt), [0; 0]);
}

#[tokio::test]
async fn what_a_command_starts_to_clean_up_is_let_to_finish() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("cleaner"));
    // Longer than newcomers stay unasked.
    let script = "trap 'sh -c \"sleep 0.6; echo clean\"; exit 0' TERM; \
         sh -c 'echo ready; exec sleep 600' & wait";
    let mut command = runner(folder.path())
        .start(&attempt, shell(script))
        .await
        .unwrap();
    until_line(&mut command, "ready").await;
    command.stop(Duration::from_secs(600));
    let record = follow(&mut command).await;
    assert_eq!(
        (record.stdout.as_str(), record.facts().code()),
        ("clean\n", Some(0))
    );
}
