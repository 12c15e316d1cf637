//! What a command gives to later steps.

use engine::json_text::why_unreadable;
use std::io;
use std::path::Path;

use engine::definition::limits::OUTPUT_BYTES_MAX;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use super::follow::Finished;
use crate::log::TaskLog;
use crate::step::{StepError, rounded};

const TOO_LARGE: &str = "the output is larger than 1 MiB; write large results to a file of your \
                         own and give its path";

/// The JSON in the file, else that on the last line, else the exit code. The program ended well, so
/// whatever is wrong with its output, it may have taken effect.
pub(super) async fn read(file: &Path, done: &Finished, log: &TaskLog) -> Result<Value, StepError> {
    match from_file(file, log).await? {
        Some(value) => Ok(value),
        None => match &done.last_line {
            Some(line) => from_line(line, done.code, log),
            None => Ok(exit_code(done.code)),
        },
    }
}

async fn from_file(file: &Path, log: &TaskLog) -> Result<Option<Value>, StepError> {
    let unreadable =
        |fault: io::Error| StepError::Unknown(format!("the output file cannot be read: {fault}"));
    // Only a plain file is read: a pipe would wait for ever, a link may lead anywhere.
    match tokio::fs::symlink_metadata(file).await {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(unreadable(fault)),
        Ok(facts) if !facts.is_file() => {
            let refusal = "the output file is not a plain file".to_owned();
            return Err(StepError::Unknown(refusal));
        }
        Ok(_) => {}
    }
    let opened = tokio::fs::File::open(file).await.map_err(unreadable)?;
    let mut text = Vec::new();
    let limit = OUTPUT_BYTES_MAX as u64 + 1;
    opened
        .take(limit)
        .read_to_end(&mut text)
        .await
        .map_err(unreadable)?;
    if text.len() > OUTPUT_BYTES_MAX {
        return Err(StepError::Unknown(TOO_LARGE.to_owned()));
    }
    let value = serde_json::from_slice(&text).map_err(|fault| {
        StepError::Unknown(format!(
            "the output file does not hold JSON: {}",
            why_unreadable(&fault)
        ))
    })?;
    rounded::tell(&String::from_utf8_lossy(&text), log);
    Ok(Some(value))
}

fn from_line(line: &str, code: i32, log: &TaskLog) -> Result<Value, StepError> {
    let line = line.trim();
    if line.len() > OUTPUT_BYTES_MAX {
        // Cut short, so nobody can tell what it would have been; but words are no output.
        return if line.starts_with(['{', '[', '"']) {
            Err(StepError::Unknown(TOO_LARGE.to_owned()))
        } else {
            Ok(exit_code(code))
        };
    }
    let Ok(value) = serde_json::from_str(line) else {
        return Ok(exit_code(code));
    };
    rounded::tell(line, log);
    Ok(value)
}

fn exit_code(code: i32) -> Value {
    json!({ "exit_code": code })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_line(line: &str, code: i32) -> Result<Value, StepError> {
        super::from_line(line, code, &TaskLog::silent())
    }

    #[test]
    fn json_on_the_last_line_is_the_output_and_words_are_not() {
        assert_eq!(from_line(" {\"a\": 1} ", 0), Ok(json!({"a": 1})));
        assert_eq!(from_line("42", 0), Ok(json!(42)));
        for words in ["done", "{a: 1}", "[1, 2", "3 files"] {
            assert_eq!(from_line(words, 2), Ok(json!({"exit_code": 2})), "{words}");
        }
    }

    #[test]
    fn a_last_line_above_the_limit_is_refused_when_it_begins_like_json() {
        let long = "1,".repeat(OUTPUT_BYTES_MAX);
        assert!(from_line(&format!("[{long}"), 0).is_err());
        assert_eq!(from_line(&long, 0), Ok(json!({"exit_code": 0})));
    }
}
