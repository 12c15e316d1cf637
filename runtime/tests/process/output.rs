//! What a command reads, writes and ends with.

use super::*;

#[tokio::test]
async fn output_arrives_in_order_on_its_stream_with_the_exit_code() {
    let script = "for i in $(seq 1 500); do echo out $i; echo err $i >&2; done; exit 7";
    let record = run(shell(script)).await;
    let expected = |word: &str| {
        (1..=500)
            .map(|i| format!("{word} {i}\n"))
            .collect::<String>()
    };
    assert_eq!(record.stdout, expected("out"));
    assert_eq!(record.stderr, expected("err"));
    let facts = ExitFacts {
        outcome: Outcome::Exited { code: 7 },
        stopped: false,
        killed: false,
        output_truncated: false,
    };
    assert_eq!(record.facts(), &facts);
    assert_eq!(record.facts().code(), Some(7));
}

#[tokio::test]
async fn a_command_that_dies_of_a_signal_says_which() {
    let record = run(shell("kill -USR1 $$")).await;
    assert_eq!(record.facts().outcome, Outcome::Signalled { signal: 10 });
    assert!(!record.facts().stopped);
}

#[tokio::test]
async fn a_command_that_signals_its_own_group_does_not_reach_the_runner() {
    let record = run(shell("echo before; kill -KILL 0")).await;
    assert_eq!(record.stdout, "before\n");
    assert_eq!(record.facts().outcome, Outcome::Signalled { signal: 9 });
}

#[tokio::test]
async fn a_line_is_shown_before_its_end_is_written() {
    let folder = TempDir::new().unwrap();
    let spec = shell("printf 'name? '; read name; echo hello $name");
    let fifo = folder.path().join("answer");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let mut spec = CommandSpec {
        args: spec.args,
        ..spec
    };
    spec.args[1] = format!("exec < {}; {}", fifo.display(), spec.args[1]);
    let answer =
        tokio::task::spawn_blocking(move || fs::OpenOptions::new().write(true).open(fifo).unwrap());
    let mut command = runner(folder.path()).start("prompt", spec).await.unwrap();
    let prompt = tokio::time::timeout(LIMIT, command.next()).await.unwrap();
    let text = "name? ".to_owned();
    assert_eq!(
        prompt,
        Some(ProcessEvent::Output {
            stream: OutputStream::Stdout,
            text
        })
    );
    std::io::Write::write_all(&mut answer.await.unwrap(), b"Ada\n").unwrap();
    assert_eq!(follow(&mut command).await.stdout, "hello Ada\n");
}

#[tokio::test]
async fn bytes_that_are_no_text_do_not_stop_the_output() {
    let record = run(shell(
        r"printf 'a\377b\n'; printf '\342\202'; printf '\254\n'",
    ))
    .await;
    assert_eq!(record.stdout, "a\u{FFFD}b\n€\n");
}

#[tokio::test]
async fn input_reaches_the_command_and_is_empty_without_a_text() {
    let text = "ä line\n".repeat(50_000);
    let mut spec = shell("cat");
    spec.stdin = Some(text.clone());
    assert_eq!(run(spec).await.stdout, text);

    assert_eq!(run(shell("wc -c")).await.stdout.trim(), "0");

    // A command that does not read its input ends all the same.
    let mut spec = shell("exit 3");
    spec.stdin = Some(text);
    assert_eq!(run(spec).await.facts().code(), Some(3));
}

#[tokio::test]
async fn output_beyond_the_cap_is_dropped_and_the_command_goes_on() {
    let folder = TempDir::new().unwrap();
    let done = folder.path().join("done");
    let mut spec = shell(&format!(
        "head -c 3000000 /dev/zero | tr '\\0' x; touch {}",
        done.display()
    ));
    spec.output_cap_bytes = 1_000_000;
    let record = run(spec).await;
    assert_eq!(record.stdout.len(), 1_000_000);
    assert_eq!(record.notices.len(), 1, "{:?}", record.notices);
    assert!(record.facts().output_truncated);
    assert_eq!(record.facts().code(), Some(0));
    assert!(done.exists());
}

#[tokio::test]
async fn the_end_is_that_of_the_last_descendant() {
    let folder = TempDir::new().unwrap();
    let gate = folder.path().join("gate");
    let script = format!(
        "(setsid sh -c 'until [ -e {} ]; do sleep 0.02; done; echo last' &); echo first",
        gate.display()
    );
    let mut command = runner(folder.path())
        .start("last", shell(&script))
        .await
        .unwrap();
    let mut record = Record::default();
    let read = async {
        while let Some(event) = command.next().await {
            // It is said that somebody still runs: then the last one may end.
            if matches!(event, ProcessEvent::Notice(_)) {
                fs::write(&gate, "").unwrap();
            }
            record.add(event);
        }
    };
    tokio::time::timeout(LIMIT, read)
        .await
        .expect("the command ends in time");
    assert_eq!(record.stdout, "first\nlast\n");
    assert_eq!(record.facts().code(), Some(0));
    assert_eq!(record.notices.len(), 1, "{:?}", record.notices);
    assert!(record.notices[0].contains("are still running"));
}

#[tokio::test]
async fn a_hundred_commands_leave_neither_processes_nor_files() {
    let folder = TempDir::new().unwrap();
    let runner = runner(folder.path());
    let mut runners = Vec::new();
    let begun = Instant::now();
    for number in 0..100 {
        let attempt = format!("quick-{number}");
        let mut command = runner
            .start(&attempt, shell(&format!("exit {number}")))
            .await
            .unwrap();
        runners.extend(command.runner_pid());
        assert_eq!(follow(&mut command).await.facts().code(), Some(number));
    }
    println!("{:?} per command", begun.elapsed() / 100);
    assert!(locks(folder.path()).is_empty());
    // A zombie would still be in the process table.
    assert_eq!(runners.len(), 100);
    runners.retain(|pid| Path::new(&format!("/proc/{pid}")).exists());
    assert_eq!(runners, [0; 0]);
}

#[tokio::test]
async fn the_two_streams_keep_the_order_in_which_their_lines_were_written() {
    // Each line waits until the one before it is here.
    let folder = TempDir::new().unwrap();
    let seen_lines = folder.path().join("seen");
    let script = format!(
        "said=0; until_seen() {{ said=$((said + 1)); until [ -e {0}-$said ]; do sleep 0.01; done; }}; \
         for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; until_seen; echo $i >&2; until_seen; done",
        seen_lines.display()
    );
    let mut command = runner(folder.path())
        .start("order", shell(&script))
        .await
        .unwrap();
    let mut seen = Vec::new();
    let read = async {
        while let Some(event) = command.next().await {
            if let ProcessEvent::Output { stream, text } = event {
                seen.push((stream, text));
                fs::write(format!("{}-{}", seen_lines.display(), seen.len()), "").unwrap();
            }
        }
    };
    tokio::time::timeout(LIMIT, read)
        .await
        .expect("the command ends in time");
    let both = |i: u32| [OutputStream::Stdout, OutputStream::Stderr].map(|s| (s, format!("{i}\n")));
    assert_eq!(seen, (1..=10).flat_map(both).collect::<Vec<_>>());
}
