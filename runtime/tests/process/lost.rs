//! Trees whose server or runner is gone.

use super::*;

#[tokio::test]
async fn dropping_the_command_kills_its_tree() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("drop"));
    let runner = runner(folder.path());
    let mut command = runner.start(&attempt, shell(TREE)).await.unwrap();
    until_line(&mut command, "ready").await;
    until_tree_stands(&attempt);
    let begun = Instant::now();
    drop(command);
    runner.prove_dead(&attempt, LIMIT).await.unwrap();
    println!(
        "tree proven dead {:?} after the command was dropped",
        begun.elapsed()
    );
    assert_eq!(marked(ATTEMPT_VARIABLE, &attempt), [0; 0]);
    assert!(locks(folder.path()).is_empty());
}

#[tokio::test]
async fn a_killed_runner_is_reported_and_what_it_left_is_swept() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("lost"));
    // One of them wiped its environment: it is found below its parent.
    let length = format!("604.{}", std::process::id());
    let script = format!("env -i /bin/sleep {length} & {TREE}");
    let mut command = runner(folder.path())
        .start(&attempt, shell(&script))
        .await
        .unwrap();
    until_line(&mut command, "ready").await;
    until_tree_stands(&attempt);
    let line = format!("/bin/sleep\0{length}\0").into_bytes();
    let wiped = || {
        pids().find(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ"));
            let runs = fs::read(format!("/proc/{pid}/cmdline"));
            runs.is_ok_and(|runs| runs == line) && environment.is_ok_and(|bytes| bytes.is_empty())
        })
    };
    // The tree may stand before it does.
    until("the process without an environment runs", LIMIT, || {
        wiped().is_some()
    });
    let wiped = wiped().unwrap();
    signal(command.runner_pid().unwrap(), "-KILL");
    let begun = Instant::now();
    let record = follow(&mut command).await;
    println!(
        "orphans gone {:?} after the runner was killed",
        begun.elapsed()
    );
    let facts = record.facts();
    assert!(
        matches!(facts.outcome, Outcome::RunnerLost { .. }),
        "{facts:?}"
    );
    assert!(facts.killed && !facts.stopped);
    assert_eq!(marked(ATTEMPT_VARIABLE, &attempt), [0; 0]);
    assert!(!alive(wiped));
}

#[tokio::test]
async fn a_runner_that_is_stopped_cannot_keep_its_tree_alive() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("hung"));
    let runner = runner(folder.path());
    let mut command = runner.start(&attempt, shell(TREE)).await.unwrap();
    until_line(&mut command, "ready").await;
    until_tree_stands(&attempt);
    signal(command.runner_pid().unwrap(), "-STOP");
    drop(command);
    let refused = runner.prove_dead(&attempt, Duration::ZERO).await;
    assert!(
        matches!(refused, Err(ProcessError::StillAlive { .. })),
        "{refused:?}"
    );
    assert!(!marked(ATTEMPT_VARIABLE, &attempt).is_empty());
    // A busy machine may need more than one try; each kills the runner after half its time.
    let begun = Instant::now();
    while let Err(refused) = runner.prove_dead(&attempt, Duration::from_secs(2)).await {
        assert!(begun.elapsed() < LIMIT, "{refused}");
    }
    assert_eq!(marked(ATTEMPT_VARIABLE, &attempt), [0; 0]);
}

/// Played by a second process of this test program: a server that is about to be killed.
#[tokio::test]
#[ignore = "started by the test that kills it"]
async fn hold_a_tree_until_killed() {
    let (Ok(folder), Ok(attempt)) = (std::env::var("HOLD_FOLDER"), std::env::var("HOLD_ATTEMPT"))
    else {
        return;
    };
    let command = runner(Path::new(&folder))
        .start(&attempt, shell(TREE))
        .await
        .unwrap();
    std::future::pending::<()>().await;
    drop(command);
}

#[tokio::test]
async fn when_the_server_is_killed_its_trees_die_with_it() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("server"));
    let mut server = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "lost::hold_a_tree_until_killed"])
        .env("HOLD_FOLDER", folder.path())
        .env("HOLD_ATTEMPT", &attempt)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until_tree_stands(&attempt);
    server.kill().unwrap();
    let gone = until("the tree is gone", LIMIT, || {
        marked(ATTEMPT_VARIABLE, &attempt).is_empty()
    });
    println!("tree gone {gone:?} after the server was killed");
    server.wait().unwrap();
    assert_eq!(locks(folder.path()).len(), 1);
    runner(folder.path())
        .prove_dead(&attempt, LIMIT)
        .await
        .unwrap();
    assert!(locks(folder.path()).is_empty());
}

#[tokio::test]
async fn what_is_left_when_runner_and_server_are_killed_is_found_by_its_mark() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("both"));
    let mut server = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "lost::hold_a_tree_until_killed"])
        .env("HOLD_FOLDER", folder.path())
        .env("HOLD_ATTEMPT", &attempt)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until_tree_stands(&attempt);
    let lock = fs::read_to_string(&locks(folder.path())[0]).unwrap();
    let runner_pid: u32 = lock.split(' ').next().unwrap().parse().unwrap();
    signal(runner_pid, "-KILL");
    server.kill().unwrap();
    server.wait().unwrap();
    // Nobody is left to end them, so they are alive until the proof is asked for.
    until("the runner is gone", LIMIT, || !alive(runner_pid));
    assert_eq!(
        marked_running(ATTEMPT_VARIABLE, &attempt, "sleep").len(),
        SLEEPERS_IN_TREE
    );
    let begun = Instant::now();
    runner(folder.path())
        .prove_dead(&attempt, LIMIT)
        .await
        .unwrap();
    println!("tree without a runner proven dead in {:?}", begun.elapsed());
    assert_eq!(marked(ATTEMPT_VARIABLE, &attempt), [0; 0]);
    assert!(locks(folder.path()).is_empty());
}

#[tokio::test]
async fn a_folder_in_the_place_of_a_lock_file_is_told_and_keeps_nothing_from_being_proven_dead() {
    let (folder, attempt) = (TempDir::new().unwrap(), unique("folder"));
    let place = folder.path().join(format!("locks/{attempt}.lock"));
    fs::create_dir_all(&place).unwrap();
    let runner = runner(folder.path());
    let refused = runner.start(&attempt, shell("true")).await.unwrap_err();
    let told = refused.to_string();
    let is_told = told.contains(&format!("{}", place.display())) && told.contains("a folder lies");
    assert!(is_told, "{told}");
    runner.prove_dead(&attempt, LIMIT).await.unwrap();

    // Also where it took the place of one that is held: the mark tells what is left.
    let attempt = unique("replaced");
    let mut command = runner.start(&attempt, shell(TREE)).await.unwrap();
    until_line(&mut command, "ready").await;
    until_tree_stands(&attempt);
    let place = folder.path().join(format!("locks/{attempt}.lock"));
    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    signal(command.runner_pid().unwrap(), "-KILL");
    runner.prove_dead(&attempt, LIMIT).await.unwrap();
    assert_eq!(marked(ATTEMPT_VARIABLE, &attempt), [0; 0]);
    assert!(place.is_dir());
}
