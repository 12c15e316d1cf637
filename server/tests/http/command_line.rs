//! The command line, as a person or a script uses it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row};

use crate::examined::Examined;
use crate::fixture::{PATIENCE, Server, failing, program, quick, run, waiting};
use crate::quarantine::{change, kill};

const README: &str = include_str!("../../../README.md");

fn write(folder: &Path, name: &str, definition: &serde_json::Value) -> String {
    let file = folder.join(name);
    std::fs::write(&file, definition.to_string()).unwrap();
    file.to_str().unwrap().to_owned()
}

fn signal(pid: u32, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .status();
    assert!(status.unwrap().success());
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_token_stands_alone_on_standard_output_and_works_at_once() {
    let folder = Examined::new();
    // Before any owner exists and before any server ran; the folder after the command.
    let output = program()
        .args([
            "token", "create", "--name", "ci", "--role", "owner", "--data",
        ])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    let token = text(&output.stdout);
    assert_eq!(token.lines().count(), 1);
    assert!(!text(&output.stderr).contains(token.trim()));
    let server = Server::start_with(folder, &[]);
    for token in [token.trim().to_owned(), server.token("viewer")] {
        let request = server
            .request(Method::GET, "/api/v1/workflows")
            .bearer_auth(token);
        crate::fixture::ask(request).await.ok();
    }
    let database = std::fs::read(server.folder.path().join("accounts.db")).unwrap();
    let token = token.trim().as_bytes();
    assert!(!database.windows(token.len()).any(|window| window == token));
}

#[test]
fn the_data_folder_may_be_named_by_a_variable() {
    let folder = Examined::new();
    let output = program()
        .args(["token", "create", "--name", "ci", "--role", "viewer"])
        .env("JOB_ORCHESTRATOR_DATA", folder.path().join("new"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(folder.path().join("new/accounts.db").exists());
}

#[test]
fn wrong_usage_ends_with_2_and_says_why() {
    let folder = Examined::new();
    let cases: [(&[&str], &str); 7] = [
        (
            &["token", "create", "--name", "x", "--role", "king"],
            "viewer, operator, editor",
        ),
        (
            &["token", "create", "--name", "", "--role", "owner"],
            "--name",
        ),
        (&["token", "remove", "--name", "nobody"], "nobody"),
        (
            &[
                "user",
                "create",
                "--name",
                "x",
                "--role",
                "owner",
                "--password-stdin",
            ],
            "8 characters",
        ),
        (&["serve", "--listen", "nowhere"], "--listen"),
        (&["validate", "/nothing/here.json"], "/nothing/here.json"),
        (&["nothing"], "nothing"),
    ];
    for (words, said) in cases {
        let output = run(folder.path(), words, "short\n");
        assert_eq!(output.status.code(), Some(2), "{words:?}: {output:?}");
        assert!(text(&output.stderr).contains(said), "{words:?}: {output:?}");
        assert!(output.stdout.is_empty());
    }
    std::fs::write(folder.path().join("job-orchestrator.toml"), "listn = 1").unwrap();
    let output = run(folder.path(), &["serve"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("listn"), "{output:?}");
    let version = run(folder.path(), &["--version"], "");
    assert!(text(&version.stdout).starts_with("job-orchestrator 0."));
}

#[test]
fn a_file_is_checked_with_every_problem_at_its_field() {
    let folder = Examined::new();
    let good = write(folder.path(), "good.json", &quick());
    assert_eq!(
        run(folder.path(), &["validate", &good], "").status.code(),
        Some(0)
    );
    let bad = json!({"name": "", "steps": [{"name": "S", "task_type": "nothing"}], "x": 1});
    let bad = write(folder.path(), "bad.json", &bad);
    let output = run(folder.path(), &["validate", &bad], "");
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.contains("#/name: ") && said.contains("#/x: "),
        "{said}"
    );
}

#[test]
fn a_run_ends_with_the_code_of_its_outcome() {
    let folder = Examined::new();
    let data = folder.path().join("data");
    let good = write(folder.path(), "good.json", &quick());
    let output = run(&data, &["run", &good], "");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        text(&output.stderr).contains("100% completed, 2/2 steps"),
        "{output:?}"
    );
    let bad = write(folder.path(), "bad.json", &failing());
    let output = run(&data, &["run", &bad], "");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        text(&output.stderr).contains("step \"Bad\" failed: "),
        "{output:?}"
    );
    let invalid = write(folder.path(), "invalid.json", &json!({"name": "N"}));
    assert_eq!(run(&data, &["run", &invalid], "").status.code(), Some(2));
    assert_eq!(
        run(&data, &["run", &good, "--parameter", "x=1"], "")
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn a_run_with_a_parameter_hands_it_to_its_steps() {
    let folder = Examined::new();
    let definition = json!({"name": "N", "parameters": {"word": "none"}, "steps": [{
        "name": "S", "task_type": "command", "max_retries": 0, "config": {
            "program": "test", "args": ["{{ parameters.word }}", "=", "a b"]
        }
    }]});
    let file = write(folder.path(), "d.json", &definition);
    let with = run(
        folder.path(),
        &["run", &file, "--parameter", "word=a b"],
        "",
    );
    assert_eq!(with.status.code(), Some(0), "{with:?}");
    assert_eq!(
        run(folder.path(), &["run", &file], "").status.code(),
        Some(1)
    );
}

#[test]
fn what_only_looks_makes_neither_the_folder_nor_anything_in_it() {
    let folder = Examined::new();
    let data = folder.path().join("none");
    let cases: [(&[&str], i32); 10] = [
        (&["doctor"], 1),
        (&["doctor", "--json"], 1),
        (&["doctor", "--release", "1"], 1),
        (&["user", "list"], 0),
        (&["user", "disable", "--name", "x"], 2),
        (&["user", "enable", "--name", "x"], 2),
        (&["token", "list"], 0),
        (&["token", "remove", "--name", "x"], 2),
        (&["validate", "/nothing/here.json"], 2),
        (&["run", "/nothing/here.json"], 2),
    ];
    for (words, code) in cases {
        let output = run(&data, words, "");
        assert_eq!(output.status.code(), Some(code), "{words:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{words:?}: {output:?}");
        assert!(!data.exists(), "{words:?} made the folder");
    }
    std::fs::create_dir(&data).unwrap();
    for (words, code) in cases {
        let output = run(&data, words, "");
        assert_eq!(output.status.code(), Some(code), "{words:?}: {output:?}");
        let made: Vec<_> = std::fs::read_dir(&data).unwrap().collect();
        assert!(made.is_empty(), "{words:?} made {made:?}");
    }
}

#[test]
fn accounts_and_tokens_are_listed_without_what_is_secret() {
    let folder = Examined::new();
    let did = |words: &[&str], input: &str| {
        let output = run(folder.path(), words, input);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
        text(&output.stdout)
    };
    for (name, role) in [("ada", "owner"), ("bo b", "viewer")] {
        let words = ["user", "create", "--name", name, "--role", role];
        did(
            &[&words[..], &["--password-stdin"]].concat(),
            "correct horse",
        );
    }
    did(&["user", "disable", "--name", "bo b"], "");
    let token = did(&["token", "create", "--name", "ci", "--role", "editor"], "");
    let listed = did(&["user", "list"], "");
    let rows: Vec<Vec<_>> = listed
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows.len(), 2, "{listed}");
    assert_eq!(rows[0][..3], ["ada", "owner", "enabled"]);
    assert_eq!(rows[1][..3], ["bo b", "viewer", "disabled"]);
    assert!(
        rows.iter()
            .all(|row| row.len() == 4 && row[3].ends_with('Z'))
    );
    let listed = did(&["token", "list"], "");
    assert!(
        listed.starts_with("ci\teditor\t2") && listed.lines().count() == 1,
        "{listed}"
    );
    assert!(!listed.contains(token.trim()));
}

#[test]
fn the_only_owner_can_neither_be_disabled_nor_be_made_less() {
    let folder = Examined::new();
    let user = |words: &[&str]| {
        let words = [&["user"], words].concat();
        let output = run(folder.path(), &words, "correct horse");
        (output.status.code(), text(&output.stderr))
    };
    let set = |name, role| user(&["create", "--name", name, "--role", role, "--password-stdin"]);
    assert_eq!(set("ada", "owner").0, Some(0));
    for (code, said) in [user(&["disable", "--name", "ada"]), set("ada", "viewer")] {
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("\"ada\" is the only owner"), "{said}");
    }
    assert_eq!(set("bo", "owner").0, Some(0));
    assert_eq!(user(&["disable", "--name", "ada"]).0, Some(0));
}

/// A run of `definition` that was killed while its first step ran.
fn killed_run(folder: &Path, definition: &serde_json::Value) {
    let file = write(folder, "killed.json", definition);
    let (mut child, mut lines) = running(folder, &file);
    assert!(lines.any(|line| line.unwrap().contains("running, 0/")));
    signal(child.id(), "KILL");
    child.wait().unwrap();
}

/// A run that was killed when its first step had begun to wait for its moment, which its rows say.
async fn killed_run_that_waits(folder: &Path) {
    let file = write(folder, "killed.json", &waiting(600.0));
    let (mut child, mut lines) = running(folder, &file);
    assert!(lines.any(|line| line.unwrap().contains("running, 0/")));
    let rows = SqliteConnectOptions::new().filename(folder.join("data/job-orchestrator.db"));
    let mut connection = rows.read_only(true).connect().await.unwrap();
    let begun = Instant::now();
    let waits = "SELECT 1 FROM events WHERE instr(body, 'TaskWaiting')";
    while sqlx::query(waits)
        .fetch_optional(&mut connection)
        .await
        .unwrap()
        .is_none()
    {
        assert!(begun.elapsed() < PATIENCE, "it never waits");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    signal(child.id(), "KILL");
    child.wait().unwrap();
}

#[test]
fn a_run_says_what_goes_on_of_an_earlier_one_that_it_is_waited_for_and_how_it_ends() {
    let folder = Examined::new();
    let go = folder.path().join("go");
    let started = folder.path().join("started");
    let script = format!(
        "touch '{}'$JOB_ORCHESTRATOR_ATTEMPT_NUMBER; until [ -e '{}' ]; do sleep 0.05; done; exit 3",
        started.display(),
        go.display()
    );
    // The name holds a sign that would turn the rest of the line around.
    let held = json!({"name": "Held\u{202e}", "steps": [{"name": "Hold", "task_type": "command",
        "max_retries": 0, "config": {"program": "sh", "args": ["-c", script]}}]});
    killed_run(folder.path(), &held);
    // It is over once what was killed runs again.
    let script = format!("until [ -e '{}2' ]; do sleep 0.05; done", started.display());
    let asked = json!({"name": "Asked", "steps": [{"name": "Look", "task_type": "command",
        "config": {"program": "sh", "args": ["-c", script]}}]});
    let file = write(folder.path(), "asked.json", &asked);
    let mut child = program()
        .arg("--data")
        .arg(folder.path().join("data"))
        .args(["run", &file])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    for line in lines {
        said.push(line.unwrap());
        if said
            .last()
            .unwrap()
            .starts_with("waiting up to 30 s for what runs of workflow 1")
        {
            std::fs::write(&go, "").unwrap();
        }
    }
    // The exit code is that of the file that was asked for.
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said:#?}");
    let at = |text: &str| {
        let found = said.iter().position(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("{text} was not said: {said:#?}"))
    };
    let places = [
        at("workflow 1 of an earlier run goes on: \"Held\\u{202e}\""),
        at("workflow 2 runs"),
        at("100% completed, 1/1 steps"),
        at("waiting up to 30 s"),
        at("workflow 1 of an earlier run failed: step \"Hold\" failed: "),
    ];
    assert!(places.is_sorted(), "{said:#?}");
}

/// `run` of this file in the folder, and what it says, line by line.
fn running(folder: &Path, file: &str) -> (Child, Lines<BufReader<ChildStderr>>) {
    let mut child = program()
        .arg("--data")
        .arg(folder.join("data"))
        .args(["run", file])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    (child, lines)
}

#[test]
fn a_signal_while_a_run_waits_for_an_earlier_one_stops_that_and_the_code_is_its_own() {
    let folder = Examined::new();
    let started = folder.path().join("started");
    let script = format!(
        "touch '{}'$JOB_ORCHESTRATOR_ATTEMPT_NUMBER; exec sleep 600",
        started.display()
    );
    let stays = json!({"name": "Stays", "steps": [{"name": "Stay", "task_type": "command",
        "config": {"program": "sh", "args": ["-c", script]}}]});
    killed_run(folder.path(), &stays);
    // It is over once what was killed runs again.
    let script = format!("until [ -e '{}2' ]; do sleep 0.05; done", started.display());
    let asked = json!({"name": "Asked", "steps": [{"name": "Look", "task_type": "command",
        "config": {"program": "sh", "args": ["-c", script]}}]});
    let file = write(folder.path(), "asked.json", &asked);
    let (mut child, mut lines) = running(folder.path(), &file);
    let waits = |line: std::io::Result<String>| line.unwrap().starts_with("waiting up to 30 s");
    assert!(lines.any(waits));
    let asked = Instant::now();
    signal(child.id(), "INT");
    let said: Vec<_> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said:#?}");
    // Unasked it waits for 30 s.
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}: {said:#?}");
    let left = "workflow 1 of an earlier run is not over; it goes on";
    assert!(said.iter().any(|line| line.contains(left)), "{said:#?}");
}

#[tokio::test]
async fn an_earlier_run_that_cannot_be_read_does_not_hide_how_the_run_itself_ended() {
    for (code, last) in [(0, "true"), (1, "false")] {
        let folder = Examined::new();
        killed_run(folder.path(), &waiting(600.0));
        let go = folder.path().join("go");
        let script = format!(
            "until [ -e '{}' ]; do sleep 0.05; done; {last}",
            go.display()
        );
        let asked = json!({"name": "Asked", "steps": [{"name": "Look", "task_type": "command",
            "max_retries": 0, "config": {"program": "sh", "args": ["-c", script]}}]});
        let file = write(folder.path(), "asked.json", &asked);
        let (mut child, mut lines) = running(folder.path(), &file);
        assert!(lines.any(|line| line.unwrap().contains("running, 0/1")));
        folder.is_damaged("the row of a workflow is gone");
        // Nobody can tell any more what becomes of it.
        let gone = "DELETE FROM workflows WHERE id = 1";
        change(&folder.path().join("data"), gone).await;
        std::fs::write(&go, "").unwrap();
        let said: Vec<_> = lines.map(Result::unwrap).collect();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{said:#?}");
        let told = "what becomes of workflow 1 of an earlier run cannot be told: ";
        let times = said.iter().filter(|line| line.contains(told)).count();
        assert_eq!(times, 1, "{said:#?}");
    }
}

#[tokio::test]
async fn a_run_does_not_wait_for_an_earlier_one_that_only_waits_and_says_that_it_is_not_over() {
    let folder = Examined::new();
    killed_run_that_waits(folder.path()).await;
    let file = write(folder.path(), "quick.json", &quick());
    let output = run(&folder.path().join("data"), &["run", &file], "");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("workflow 1 of an earlier run goes on: \"Waiting\""),
        "{said}"
    );
    assert!(!said.contains("waiting up to"), "{said}");
    assert!(
        said.contains("workflow 1 of an earlier run is not over"),
        "{said}"
    );
}

#[test]
fn a_run_says_why_a_step_is_tried_again() {
    let folder = Examined::new();
    let seen = folder.path().join("seen");
    let script = format!(
        "test -e '{0}' || {{ touch '{0}'; exit 7; }}",
        seen.display()
    );
    let flaky = json!({"name": "F", "steps": [{"name": "Flaky", "task_type": "command",
        "config": {"program": "sh", "args": ["-c", script]}}]});
    let file = write(folder.path(), "flaky.json", &flaky);
    let output = run(&folder.path().join("data"), &["run", &file], "");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let why = "attempt 1 of step \"Flaky\" failed, another follows: exit code 7";
    assert_eq!(said.matches(why).count(), 1, "{said}");
}

#[test]
fn a_misspelt_variable_is_warned_of_with_the_nearest_name_and_each_documented_one_is_known() {
    let folder = Examined::new();
    let said = |name: &str, words: &[&str]| {
        let mut command = program();
        command.arg("--data").arg(folder.path()).args(words);
        let output = command.env(name, "127.0.0.1:0").output().unwrap();
        text(&output.stderr)
    };
    for words in [&["token", "list"][..], &["serve", "--listen", "nowhere"]] {
        let told = said("JOB_ORCHESTRATOR_LISTNE", words);
        let warning = "warning: the variable JOB_ORCHESTRATOR_LISTNE means nothing here; did you mean \
                       JOB_ORCHESTRATOR_LISTEN?";
        assert!(told.contains(warning), "{told}");
    }
    let told = said("JOB_ORCHESTRATOR_\u{1b}[2J", &["token", "list"]);
    assert!(
        told.contains("JOB_ORCHESTRATOR_\\u{1b}[2J means nothing"),
        "{told:?}"
    );
    let words = README.split(|c: char| c != '_' && !c.is_ascii_uppercase());
    let documented: BTreeSet<_> = words
        .filter(|word| word.starts_with("JOB_ORCHESTRATOR_"))
        .collect();
    assert!(documented.len() > 10, "{documented:?}");
    for name in documented {
        let told = said(name, &["token", "list"]);
        assert!(!told.contains("warning"), "{name}: {told}");
    }
}

/// The commands that a help lists.
fn offered(help: &str) -> BTreeSet<&str> {
    let (_, list) = help.split_once("Commands:\n").unwrap_or_default();
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").collect()
}

#[test]
fn the_readme_names_every_command_and_what_it_says_of_each_is_there() {
    let help = |words: &[&str]| {
        let output = program().args(words).arg("--help").output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
        text(&output.stdout)
    };
    let (_, readme) = README.split_once("```text\njob-orchestrator ").unwrap();
    let (synopsis, _) = readme.split_once("```").unwrap();
    let mut named = BTreeSet::new();
    for line in synopsis.split("job-orchestrator ") {
        let line = line.replace("[--data DIR]", "");
        let mut words = line.split_whitespace();
        let command = words.next().unwrap();
        let told = help(&[command]);
        named.insert(command.to_owned());
        let words: Vec<_> = words.map(|word| word.trim_matches(['[', ']'])).collect();
        let flags = words.iter().filter(|word| word.starts_with("--"));
        for flag in flags {
            assert!(
                told.contains(&format!("{flag} ")),
                "{command} {flag}: {told}"
            );
        }
        let is_command = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
        let below: BTreeSet<_> = words.into_iter().filter(is_command).collect();
        assert_eq!(below, offered(&told), "{command}");
    }
    let all = help(&[]);
    let named: BTreeSet<_> = named.iter().map(String::as_str).collect();
    assert_eq!(named, offered(&all));
}

#[test]
fn what_a_step_wrote_does_nothing_to_the_terminal_of_a_run() {
    let folder = Examined::new();
    let script = r"printf 'x\033[2J\302\2331m\n' >&2; exit 7";
    let evil = json!({"name": "F", "steps": [{"name": "Bad", "task_type": "command",
        "max_retries": 0, "config": {"program": "sh", "args": ["-c", script]}}]});
    let unknown = json!({"name": "F", "steps": [], "\u{1b}[2J\u{9b}1m": 1});
    for (word, definition) in [("run", &evil), ("validate", &unknown), ("run", &unknown)] {
        let file = write(folder.path(), "evil.json", definition);
        let output = run(&folder.path().join("data"), &[word, &file], "");
        let said = text(&output.stderr);
        let is_obeyed = |c: char| c.is_control() && c != '\n';
        assert!(!said.contains(is_obeyed), "{said:?}");
        assert!(said.contains("\\u{1b}[2J\\u{9b}1m"), "{said}");
    }
}

#[test]
fn a_signal_cancels_a_run() {
    let folder = Examined::new();
    let file = write(folder.path(), "d.json", &waiting(600.0));
    let mut child = program()
        .arg("--data")
        .arg(folder.path())
        .args(["run", &file])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("running")));
    signal(child.id(), "TERM");
    lines.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(4));
}

#[tokio::test]
async fn a_folder_in_use_is_refused_with_3() {
    let server = Server::start();
    let file = write(server.folder.path(), "d.json", &quick());
    for words in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["run", &file][..],
    ] {
        let output = run(server.folder.path(), words, "");
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(text(&output.stderr).contains("use"), "{output:?}");
    }
}

#[tokio::test]
async fn a_folder_in_use_is_refused_also_when_somebody_removed_the_lock_file() {
    let server = Server::start();
    let file = write(server.folder.path(), "d.json", &quick());
    std::fs::remove_file(server.folder.path().join("job-orchestrator.lock")).unwrap();
    for words in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["run", &file][..],
        &["doctor", "--release", "1"][..],
    ] {
        let output = run(server.folder.path(), words, "");
        assert_eq!(output.status.code(), Some(3), "{output:?}");
    }
    let id = server.api("editor").create(&quick(), true).await;
    server.api("editor").until(id, "completed").await;
}

#[tokio::test]
async fn the_signal_of_a_file_that_grew_too_large_ends_a_command_and_not_the_server() {
    let server = Server::start();
    let sent = std::process::Command::new("kill")
        .args(["-XFSZ", &server.pid().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let api = server.api("editor");
    let definition = json!({"name": "Large", "steps": [
        {"name": "One", "task_type": "command", "max_retries": 0,
         "config": {"program": "sh", "args": ["-c", "kill -XFSZ $$; exit 7"]}},
    ]});
    let id = api.create(&definition, true).await;
    api.until(id, "failed").await;
    let progress = api.get(&format!("/workflows/{id}/progress")).await.ok();
    let said = progress["tasks"][0]["error_message"].as_str().unwrap();
    assert!(said.contains("signal"), "{progress}");
}

/// axum's graceful shutdown waits until every answer has been sent, so one open stream kept servers
/// alive for ever. Ours have to end with the server.
#[tokio::test]
async fn axum_2673_shutdown_with_sse() {
    let mut server = Server::start_set("streams_per_caller = 60");
    let api = server.api("editor");
    let id = api.create(&waiting(600.0), true).await;
    let mut streams = Vec::new();
    for _ in 0..50 {
        let request = api.request(Method::GET, &format!("/workflows/{id}/events"));
        let mut stream = request.send().await.unwrap();
        assert!(stream.chunk().await.unwrap().is_some());
        streams.push(stream);
    }
    drop(api);
    let asked = Instant::now();
    signal(server.pid(), "TERM");
    for mut stream in streams {
        while let Ok(Some(_)) = stream.chunk().await {}
    }
    // Their promise is one second; a busy machine gets more, and for ever is what it must not be.
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(server.wait(), Some(0));
    assert!(asked.elapsed() < PATIENCE);
}

#[tokio::test]
async fn a_server_whose_pages_cannot_start_ends_in_order_what_its_engine_has_begun() {
    let server = Server::start();
    server.api("editor").create(&waiting(600.0), true).await;
    let folder = kill(server);
    folder.is_damaged("a folder stands where the accounts should be");
    // Where the accounts should be is something that is none.
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.path().join(format!("accounts.db{end}")));
    }
    std::fs::create_dir(folder.path().join("accounts.db")).unwrap();
    let output = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"], "");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("accounts.db"), "{output:?}");
    // Asked to stop, it counts as no crash.
    let file = SqliteConnectOptions::new().filename(folder.path().join("job-orchestrator.db"));
    let mut connection = file.connect().await.unwrap();
    let boots = "SELECT was_stopped FROM boots ORDER BY number DESC";
    let boots = sqlx::query(boots).fetch_all(&mut connection).await.unwrap();
    let boots: Vec<bool> = boots.iter().map(|boot| boot.get(0)).collect();
    assert_eq!(boots, [true, false], "the first server was killed");
}
