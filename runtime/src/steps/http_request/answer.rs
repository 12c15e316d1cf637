//! What an answer gives to later steps, or why it is a failure.

use engine::definition::limits::OUTPUT_BYTES_MAX;
use engine::json_text::why_unreadable;
use serde_json::{Value, json};

use super::call::Reply;
use crate::log::TaskLog;
use crate::step::{StepError, rounded};

/// The output of an accepted answer: its JSON, else its status and text.
pub(super) fn output(reply: &Reply, log: &TaskLog) -> Result<Value, StepError> {
    let output = match json_of(reply)? {
        Some(value) => {
            rounded::tell(&String::from_utf8_lossy(&reply.body), log);
            value
        }
        None => json!({ "status": reply.status, "text": String::from_utf8_lossy(&reply.body) }),
    };
    if reply.body.len() > OUTPUT_BYTES_MAX || output.to_string().len() > OUTPUT_BYTES_MAX {
        let refusal = "the answer is larger than 1 MiB, more than an output may be".to_owned();
        return Err(StepError::Permanent(refusal));
    }
    Ok(output)
}

fn json_of(reply: &Reply) -> Result<Option<Value>, StepError> {
    let kind = reply
        .content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    // not a URL: the end of a content type
    let says_json = kind.ends_with("/json") || kind.ends_with("+json");
    let blank = reply.body.iter().all(u8::is_ascii_whitespace);
    if blank {
        return Ok(None);
    }
    match serde_json::from_slice::<Value>(&reply.body) {
        Ok(value) if says_json => Ok(Some(value)),
        // Many servers call their JSON a text, or nothing; a bare word or number stays a text.
        Ok(value) => Ok((value.is_object() || value.is_array()).then_some(value)),
        // It was accepted, so it took effect.
        Err(fault) if says_json => Err(StepError::Unknown(format!(
            "the answer says it is JSON but is not: {}",
            why_unreadable(&fault)
        ))),
        Err(_) => Ok(None),
    }
}

/// Why an answer whose status is not accepted is a failure, and whether another try may help.
pub(super) fn refusal(reply: &Reply) -> StepError {
    const SHOWN: usize = 300;
    let text = String::from_utf8_lossy(&reply.body);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = &text[..text.floor_char_boundary(SHOWN)];
    let said = if text.is_empty() {
        String::new()
    } else {
        format!(": {text}")
    };
    let sentence = format!("status {} is not accepted{said}", reply.status);
    match reply.status {
        408 | 425 | 429 => StepError::Transient(sentence),
        // It failed while it dealt with the request, or does not know what became of it (502, 504).
        500..=599 => StepError::Unknown(sentence),
        _ => StepError::Permanent(sentence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, content_type: &str, body: &str) -> Reply {
        let content_type = content_type.to_owned();
        Reply {
            status,
            content_type,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn json_becomes_the_output_and_text_is_wrapped() {
        let of = |kind: &str, body: &str| output(&reply(200, kind, body), &TaskLog::silent());
        assert_eq!(of("application/json", "3"), Ok(json!(3)));
        assert_eq!(
            of("application/problem+json; charset=utf-8", "{}"),
            Ok(json!({}))
        );
        assert_eq!(of("", "[1]"), Ok(json!([1])));
        assert_eq!(
            of("text/plain", "3"),
            Ok(json!({"status": 200, "text": "3"}))
        );
        assert_eq!(
            of("application/json", ""),
            Ok(json!({"status": 200, "text": ""}))
        );
        assert!(matches!(
            of("application/json", "{"),
            Err(StepError::Unknown(_))
        ));
        let large = "x".repeat(OUTPUT_BYTES_MAX + 1);
        assert!(matches!(
            of("text/plain", &large),
            Err(StepError::Permanent(_))
        ));
    }

    #[test]
    fn only_statuses_that_may_change_are_tried_again() {
        for status in [408, 425, 429] {
            assert!(matches!(
                refusal(&reply(status, "", "")),
                StepError::Transient(_)
            ));
        }
        for status in [500, 502, 503, 504] {
            assert!(matches!(
                refusal(&reply(status, "", "")),
                StepError::Unknown(_)
            ));
        }
        for status in [301, 400, 404, 410] {
            assert!(matches!(
                refusal(&reply(status, "", "")),
                StepError::Permanent(_)
            ));
        }
        let told = refusal(&reply(404, "", "no such\n  thing")).to_string();
        assert_eq!(told, "status 404 is not accepted: no such thing");
    }
}
