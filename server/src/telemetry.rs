//! Where the log goes: standard error, one line for each entry. What others wrote stands in it as text
//! that no terminal obeys.

use std::fmt::{self, Debug};
use std::io::IsTerminal;

use engine::obeyed::on_one_line;
use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

/// The variable that says what is logged, such as `info` or `server=debug,warn`.
pub const VARIABLE: &str = "JOB_ORCHESTRATOR_LOG";

/// Starts logging; `otherwise` is what is logged when nothing is said.
pub fn start(otherwise: &str) {
    let said = std::env::var(VARIABLE).ok();
    let filter = said.and_then(|said| EnvFilter::try_new(said).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(otherwise));
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .fmt_fields(debug_fn(write_field).delimited(" "))
        .try_init();
    if let Err(error) = logging {
        eprintln!("logging could not be started: {error}");
    }
}

/// Writes one field of an entry; the sentence of the entry is the one called `message`.
fn write_field(to: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    let text = format!("{value:?}");
    let text = on_one_line(&text);
    match field.name() {
        "message" => write!(to, "{text}"),
        name => write!(to, "{}={text}", name.trim_start_matches("r#")),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_entry_is_one_line_that_no_terminal_obeys_whatever_others_wrote() {
        let written = Written::default();
        let to = written.clone();
        let logging = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || to.clone())
            .fmt_fields(debug_fn(write_field).delimited(" "))
            .finish();
        let evil = "x\u{1b}[2J\r\n2026-01-01 INFO forged \u{9b}1m\u{202e}";
        tracing::subscriber::with_default(logging, || {
            let error = io::Error::other(evil);
            tracing::warn!(%error, name = evil, debugged = ?evil, "a step of {evil} failed");
            let _inside = tracing::warn_span!("inside", what = %evil).entered();
            tracing::warn!(number = 7, "told");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text:?}");
        for line in &lines {
            assert!(on_one_line(line) == *line, "{line:?}");
        }
        let told = "a step of x\\u{1b}[2J\\r\\n2026-01-01 INFO forged \\u{9b}1m\\u{202e} failed";
        assert!(lines[0].contains(told), "{text}");
        assert!(lines[0].contains(" error=x\\u{1b}[2J\\r\\n"), "{text}");
        assert!(lines[1].contains("told number=7"), "{text}");
    }
}
