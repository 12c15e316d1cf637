//! How a command comes to life, or why it does not.

use std::collections::BTreeMap;

use super::*;

#[tokio::test]
async fn the_environment_is_exactly_what_was_given_and_the_mark() {
    let mut spec = CommandSpec::new("/usr/bin/env", Vec::<String>::new());
    spec.env
        .insert("GIVEN".into(), "a value with = and spaces".into());
    let record = run(spec).await;
    let mut names: Vec<&str> = record
        .stdout
        .lines()
        .map(|line| &line[..line.find('=').unwrap()])
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "GIVEN",
            "JOB_ORCHESTRATOR_ATTEMPT",
            "JOB_ORCHESTRATOR_ATTEMPT_LOCK"
        ]
    );
    assert!(record.stdout.contains("GIVEN=a value with = and spaces\n"));
    assert!(record.stdout.contains("JOB_ORCHESTRATOR_ATTEMPT=one\n"));
}

#[test]
fn path_and_home_of_the_server_are_in_the_base_environment() {
    let base = base_environment();
    assert_eq!(base.get("PATH"), std::env::var("PATH").ok().as_ref());
    assert_eq!(base.get("HOME"), std::env::var("HOME").ok().as_ref());
    assert!(!base.contains_key("CARGO_MANIFEST_DIR"));
}

#[tokio::test]
async fn a_program_without_a_slash_is_found_in_the_given_path_only() {
    let folder = TempDir::new().unwrap();
    let tool = folder.path().join("greet-the-tester");
    fs::write(&tool, "#!/bin/sh\necho \"greetings $1\"\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&tool, mode).unwrap();
    let mut spec = CommandSpec::new("greet-the-tester", ["a  b"]);
    let search = format!("/nowhere:{}:/usr/bin:/bin", folder.path().display());
    spec.env.insert("PATH".into(), search);
    assert_eq!(run(spec.clone()).await.stdout, "greetings a  b\n");

    spec.env = BTreeMap::from([("PATH".into(), "/nowhere:/usr/bin:/bin".into())]);
    let record = run(spec).await;
    let Outcome::NotStarted { reason, text } = &record.facts().outcome else {
        panic!("{record:?}")
    };
    assert_eq!(*reason, NotStarted::NotFound);
    let told = "there is no program \"greet-the-tester\" in PATH (3 folders searched)";
    assert_eq!(text, told);
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let folder = TempDir::new().unwrap();
    let plain = folder.path().join("plain.txt");
    fs::write(&plain, "no program").unwrap();
    let orphan = folder.path().join("orphan");
    fs::write(&orphan, "#!/no/such/interpreter\n").unwrap();
    fs::set_permissions(&orphan, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = |path: &Path| CommandSpec::new(path.to_str().unwrap(), Vec::<String>::new());
    let mut nowhere = shell("true");
    nowhere.working_dir = Some("/no/such/folder".into());
    let mut zero = shell("true");
    zero.args.push("a\0b".into());
    let long = CommandSpec::new("/bin/echo", vec!["x".repeat(100_000); 100]);
    let cases = [
        (
            path(Path::new("/no/such/program")),
            NotStarted::NotFound,
            "/no/such/program",
        ),
        (path(&plain), NotStarted::NoPermission, "not executable"),
        (path(folder.path()), NotStarted::NoPermission, "folder"),
        (path(&orphan), NotStarted::NotFound, "interpreter"),
        (nowhere, NotStarted::NotFound, "/no/such/folder"),
        (zero, NotStarted::Invalid, "cannot be started"),
        (
            CommandSpec::new("", Vec::<String>::new()),
            NotStarted::Invalid,
            "no program",
        ),
        (long, NotStarted::Other, "too long"),
    ];
    for (spec, expected, word) in cases {
        let record = run(spec).await;
        let Outcome::NotStarted { reason, text } = &record.facts().outcome else {
            panic!("{word}: {record:?}")
        };
        assert_eq!(*reason, expected, "{text}");
        assert!(text.contains(word), "{text}");
    }
}

#[tokio::test]
async fn the_working_folder_is_where_the_command_runs() {
    let folder = TempDir::new().unwrap();
    let mut spec = shell("pwd -P");
    spec.working_dir = Some(folder.path().to_owned());
    let expected = folder.path().canonicalize().unwrap();
    assert_eq!(
        run(spec).await.stdout.trim_end(),
        expected.to_str().unwrap()
    );
}

#[tokio::test]
async fn an_attempt_is_started_once_until_it_is_proven_dead() {
    let folder = TempDir::new().unwrap();
    let runner = runner(folder.path());
    let command = runner.start("twice", shell("sleep 600")).await.unwrap();
    let second = runner.start("twice", shell("true")).await;
    assert!(matches!(second, Err(ProcessError::AttemptExists(_))));
    drop(command);
    runner.prove_dead("twice", LIMIT).await.unwrap();
    // Proven once more, and for something that never was, it is as true.
    runner.prove_dead("twice", LIMIT).await.unwrap();
    runner.prove_dead("never", LIMIT).await.unwrap();
    let bad = runner.start("../escape", shell("true")).await;
    assert!(matches!(bad, Err(ProcessError::AttemptName(_))));
}

#[tokio::test]
async fn a_runner_program_that_does_not_exist_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let program = PathBuf::from("/no/such/runner");
    let runner = ProcessRunner::new(
        RunnerProgram {
            program,
            args: vec![],
        },
        folder.path().join("locks"),
    );
    let refused = runner.start("one", shell("true")).await;
    assert!(matches!(refused, Err(ProcessError::Runner { .. })));
    assert!(locks(folder.path()).is_empty());
}

#[tokio::test]
async fn a_command_cannot_gain_privileges_nor_see_the_servers_environment() {
    // The runner's own environment is readable to root only, and empty even then.
    let script = "grep NoNewPrivs /proc/self/status | tr -d '\\t'; \
                  { wc -c < /proc/$PPID/environ || echo 0; } 2>/dev/null";
    let record = run(shell(script)).await;
    assert_eq!(record.stdout, "NoNewPrivs:1\n0\n", "{record:?}");
}

/// Root may look into everything, so this says something only where the tests run as somebody.
#[tokio::test]
async fn a_command_cannot_write_frames_in_the_runners_name() {
    let script = "test $(id -u) = 0 || { echo '{\"notice\":\"forged\"}' > /proc/$PPID/fd/1; }";
    let record = run(shell(script)).await;
    assert_eq!(record.notices, [""; 0]);
}

#[tokio::test]
async fn a_command_writes_no_core_files_and_has_a_sane_number_of_open_files() {
    let folder = TempDir::new().unwrap();
    // A server that may write core files, and open as many files as the system lets it.
    let script = "ulimit -Sc $(ulimit -Hc); ulimit -Sn $(ulimit -Hn); exec \"$0\"";
    let own = env!("CARGO_BIN_EXE_job-orchestrator-runner");
    let program = RunnerProgram {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into(), own.into()],
    };
    let runner = ProcessRunner::new(program, folder.path().join("locks"));
    let limits = shell("ulimit -Sc; ulimit -Hc; ulimit -Sn");
    let mut command = runner.start("limits", limits).await.unwrap();
    let record = follow(&mut command).await;
    let limits: Vec<u64> = record
        .stdout
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    assert_eq!(limits[..2], [0, 0]);
    assert!((1..=65_536).contains(&limits[2]), "{limits:?}");
}
