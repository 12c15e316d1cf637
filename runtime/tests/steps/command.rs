use std::fs;

use engine::orchestrator::{LogStream, StepSwitches};
use runtime::step::{StepError, StepOutput};
use serde_json::{Value, json};

use super::{Bench, permanent, transient, unknown};

fn shell(script: &str) -> Value {
    json!({"program": "sh", "args": ["-c", script]})
}

#[tokio::test]
async fn json_on_the_last_line_becomes_the_output_and_every_line_is_in_the_log() {
    let bench = Bench::new();
    let script = "echo first; echo trouble >&2; printf 'half '; printf 'line\\n\\n'; \
                  printf '{\"count\": 3}\\n \\n'";
    assert_eq!(
        bench.output("command", shell(script)).await,
        json!({"count": 3})
    );
    let lines = bench.lines().await;
    let of = |stream| {
        let lines = lines.iter().filter(move |(from, _)| *from == stream);
        lines.map(|(_, text)| text.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(
        of(LogStream::Stdout),
        ["first", "half line", "", "{\"count\": 3}", " "]
    );
    assert_eq!(of(LogStream::Stderr), ["trouble"]);
}

#[tokio::test]
async fn words_are_no_output_and_the_exit_code_stands_in() {
    let bench = Bench::new();
    assert_eq!(
        bench.output("command", shell("echo done")).await,
        json!({"exit_code": 0})
    );
    let mut config = shell("exit 3");
    config["success_codes"] = json!([0, 3]);
    assert_eq!(
        bench.output("command", config).await,
        json!({"exit_code": 3})
    );
}

#[tokio::test]
async fn json_in_the_named_file_becomes_the_output() {
    let bench = Bench::new();
    let script = "printf '[1, 2]' > \"$JOB_ORCHESTRATOR_OUTPUT\"; echo '{\"not\": \"this\"}'";
    assert_eq!(bench.output("command", shell(script)).await, json!([1, 2]));
    let failed = bench
        .run("command", shell("echo nonsense > $JOB_ORCHESTRATOR_OUTPUT"))
        .await;
    let Err(StepError::Unknown(told)) = failed else {
        panic!("{failed:?}")
    };
    assert!(
        told.starts_with("the output file does not hold JSON: "),
        "{told}"
    );
    let failed = bench
        .run(
            "command",
            shell("ln -s /etc/passwd $JOB_ORCHESTRATOR_OUTPUT"),
        )
        .await;
    assert_eq!(failed, unknown("the output file is not a plain file"));
}

#[tokio::test]
async fn a_whole_number_of_more_than_64_bits_is_kept_rounded_and_the_log_says_so() {
    let told = "the output holds whole numbers of more than 64 bits, such as 18446744073709551616; \
                they are kept rounded, so send them as text where every digit counts";
    for to in ["", " > $JOB_ORCHESTRATOR_OUTPUT"] {
        for (number, is_told) in [("18446744073709551615", 0), ("18446744073709551616", 1)] {
            let bench = Bench::new();
            let script = format!("echo '{{\"number\": {number}, \"text\": \"{number}\"}}'{to}");
            let output = bench.output("command", shell(&script)).await;
            assert_eq!(output["text"], number);
            assert_eq!(output["number"].is_u64(), is_told == 0, "{output}");
            let lines = bench.lines().await;
            let remarks = lines
                .iter()
                .filter(|line| **line == (LogStream::Engine, told.to_owned()));
            assert_eq!(remarks.count(), is_told, "{lines:?}");
        }
    }
}

#[tokio::test]
async fn an_output_above_the_limit_is_a_failure() {
    let bench = Bench::new();
    let large = "head -c 1100000 /dev/zero | tr '\\0' 1";
    for script in [
        format!("{large} > $JOB_ORCHESTRATOR_OUTPUT"),
        format!("printf '['; {large}; echo ']'"),
    ] {
        let failed = bench.run("command", shell(&script)).await;
        let Err(StepError::Unknown(told)) = failed else {
            panic!("{failed:?}")
        };
        assert!(
            told.starts_with("the output is larger than 1 MiB"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn the_last_line_counts_however_much_comes_before_it() {
    let bench = Bench::new();
    let script =
        "yes 'a line of some length to fill the log with' | head -c 12000000; echo; echo 7";
    assert_eq!(bench.output("command", shell(script)).await, json!(7));
    bench.log.flush().await;
    let lines = bench
        .log
        .read(super::WORKFLOW, 5, 0, 1_000_000)
        .await
        .unwrap()
        .lines;
    let notice =
        "more than 10 MiB of output, each line counted with 64 bytes more; the rest is not kept";
    assert_eq!(lines.iter().filter(|line| line.text == notice).count(), 1);
}

#[tokio::test]
async fn another_exit_code_fails_with_the_last_words_of_the_program() {
    let bench = Bench::new();
    let failed = bench
        .run("command", shell("echo one >&2; echo boom >&2; exit 3"))
        .await;
    assert_eq!(failed, transient("exit code 3: boom"));
    assert_eq!(
        bench.run("command", shell("exit 4")).await,
        transient("exit code 4")
    );
    let failed = bench.run("command", shell("kill -9 $$")).await;
    assert_eq!(failed, unknown("killed by signal 9 (SIGKILL)"));
}

#[tokio::test]
async fn a_program_that_is_not_there_fails_for_good() {
    let bench = Bench::new();
    let failed = bench
        .run("command", json!({"program": "no-such-program-here"}))
        .await;
    let Err(StepError::Permanent(told)) = failed else {
        panic!("{failed:?}")
    };
    assert!(
        told.starts_with("there is no program \"no-such-program-here\" in PATH ("),
        "{told}"
    );
    let config = json!({"program": "true", "working_dir": "/no/such/folder"});
    let failed = bench.run("command", config).await;
    assert!(matches!(failed, Err(StepError::Permanent(_))), "{failed:?}");
}

#[tokio::test]
async fn nothing_starts_while_command_steps_are_switched_off() {
    let bench = Bench::new();
    bench.switches.set(StepSwitches {
        commands: false,
        private_addresses: true,
    });
    let mark = bench.folder.path().join("mark");
    let config = json!({"program": "touch", "args": [mark]});
    let told = "command steps are switched off; an owner can switch them on";
    assert_eq!(bench.run("command", config).await, permanent(told));
    assert!(!mark.exists());
}

#[tokio::test]
async fn a_command_is_told_who_it_is_and_gets_path_home_and_lang_but_nothing_else() {
    let bench = Bench::new();
    let config = json!({
        "program": "env", "env": {"MINE": "a b", "JOB_ORCHESTRATOR_STEP": "forged"},
    });
    bench.output("command", config).await;
    let lines = bench.lines().await;
    let value = |name: &str| {
        let begin = format!("{name}=");
        lines
            .iter()
            .find_map(|(_, line)| line.strip_prefix(&begin))
            .map(str::to_owned)
    };
    let key = bench.context().idempotency_key().to_string();
    assert_eq!(value("JOB_ORCHESTRATOR_IDEMPOTENCY_KEY"), Some(key));
    assert_eq!(value("JOB_ORCHESTRATOR_WORKFLOW_ID").as_deref(), Some("12"));
    assert_eq!(value("JOB_ORCHESTRATOR_JOB_ID").as_deref(), Some("34"));
    assert_eq!(value("JOB_ORCHESTRATOR_STEP").as_deref(), Some("5"));
    assert_eq!(
        value("JOB_ORCHESTRATOR_ATTEMPT_NUMBER").as_deref(),
        Some("2")
    );
    assert_eq!(value("MINE").as_deref(), Some("a b"));
    for name in ["PATH", "HOME", "LANG"] {
        assert_eq!(value(name), std::env::var(name).ok(), "{name}");
    }
    assert_eq!(value("CARGO_MANIFEST_DIR"), None);
}

#[tokio::test]
async fn every_argument_arrives_as_it_is() {
    let bench = Bench::new();
    let hostile = [
        "a b",
        "$(touch x)",
        "; rm -rf /",
        "'\"`\\",
        "-n",
        "",
        "ü\t\n🚀",
        "*",
    ];
    let script = "for argument do printf '%s\\0' \"$argument\"; done > \"$TO\"";
    let mut args = vec!["-c", script, "sh"];
    args.extend(hostile);
    let to = bench.folder.path().join("arguments");
    let config = json!({"program": "sh", "args": args, "env": {"TO": to}});
    bench.output("command", config).await;
    let wanted: String = hostile.iter().map(|text| format!("{text}\0")).collect();
    assert_eq!(fs::read_to_string(to).unwrap(), wanted);
}

#[tokio::test]
async fn a_command_reads_what_it_is_given() {
    let bench = Bench::new();
    let config = json!({"program": "cat", "stdin": "line\n{\"read\": true}"});
    assert_eq!(bench.output("command", config).await, json!({"read": true}));
    assert_eq!(
        bench.output("command", json!({"program": "cat"})).await,
        json!({"exit_code": 0})
    );
}

#[tokio::test]
async fn a_command_runs_in_an_empty_folder_that_is_gone_afterwards() {
    let bench = Bench::new();
    bench
        .output("command", shell("ls -A; pwd; touch left; mkdir -p deep/er"))
        .await;
    let lines = bench.lines().await;
    assert_eq!(lines.len(), 1, "the folder was not empty: {lines:?}");
    assert!(lines[0].1.contains("w12-t5-a2"), "{lines:?}");
    let left = fs::read_dir(bench.folder.path().join("work"))
        .unwrap()
        .count();
    assert_eq!(left, 0);
    // Also when it fails.
    assert!(
        bench
            .run("command", shell("touch left; exit 1"))
            .await
            .is_err()
    );
    assert_eq!(
        fs::read_dir(bench.folder.path().join("work"))
            .unwrap()
            .count(),
        0
    );
    let elsewhere = json!({"program": "pwd", "working_dir": "/"});
    bench.output("command", elsewhere).await;
    assert_eq!(bench.lines().await.last().unwrap().1, "/");
}

#[tokio::test]
async fn output_is_in_the_log_while_the_command_runs_and_a_stop_ends_the_whole_tree() {
    let bench = Bench::new();
    let mark = format!("mark-{}", bench.folder.path().display());
    let script = "sleep 600 & setsid sleep 601 & echo ready; wait";
    let mut config = shell(script);
    config["env"] = json!({"TREE_MARK": mark});
    let stop = async {
        bench.until_line("ready").await;
        assert!(!alive(&mark).is_empty());
        bench.stop.cancel();
    };
    let (ended, ()) = tokio::join!(bench.run("command", config), stop);
    assert_eq!(ended, Err(StepError::Stopped));
    assert_eq!(alive(&mark), Vec::<String>::new());
}

#[tokio::test]
async fn a_number_from_a_reference_may_be_an_argument() {
    let bench = Bench::new();
    let config = json!({"program": "echo", "args": [3, {"a": 1}], "env": {"N": 4}});
    assert!(matches!(
        bench.run("command", config).await,
        Ok(StepOutput::Done(_))
    ));
    assert_eq!(bench.lines().await[0].1, "3 {\"a\":1}");
}

/// The command lines of living processes whose environment carries the mark.
fn alive(mark: &str) -> Vec<String> {
    let wanted = format!("TREE_MARK={mark}");
    let processes = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let carries = |environment: Vec<u8>| {
        environment
            .split(|byte| *byte == 0)
            .any(|entry| entry == wanted.as_bytes())
    };
    let marked = processes.filter(|path| fs::read(path.join("environ")).is_ok_and(carries));
    marked
        .filter_map(|path| fs::read(path.join("cmdline")).ok())
        .filter(|line| !line.is_empty())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .collect()
}
