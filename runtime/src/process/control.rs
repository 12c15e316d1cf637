//! What reaches the runner from outside: words on the lifeline, its end, and signals.

use std::io::BufRead;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::runner::Happening;

/// The word on the lifeline that asks for an end, followed by the grace in milliseconds.
const STOP: &str = "stop";

/// The line that asks the runner to end the tree.
pub(super) fn stop_line(grace: Duration) -> String {
    format!("{STOP} {}\n", grace.as_millis())
}

fn parse_stop(line: &str) -> Option<Duration> {
    let (word, millis) = line.trim_end().split_once(' ')?;
    (word == STOP).then_some(Duration::from_millis(millis.parse().ok()?))
}

/// Reads the lifeline until it closes. Words it does not know are passed over.
pub(super) fn follow_lifeline(mut lifeline: impl BufRead, happenings: &Sender<Happening>) {
    let mut line = String::new();
    loop {
        line.clear();
        match lifeline.read_line(&mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {
                if let Some(grace) = parse_stop(&line) {
                    drop(happenings.send(Happening::Stop(grace)));
                }
            }
        }
    }
    drop(happenings.send(Happening::LifelineClosed));
}

/// Turns SIGTERM, SIGINT and SIGHUP into requests to stop. The handlers are in place when `ready`
/// gets its answer, which is the fault if they could not be put there.
pub(super) fn follow_signals(
    grace: Duration,
    ready: &Sender<std::io::Result<()>>,
    happenings: &Sender<Happening>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(fault) => return drop(ready.send(Err(fault))),
    };
    runtime.block_on(async {
        let (mut terminate, mut interrupt, mut hang_up) = match handlers() {
            Ok(handlers) => handlers,
            Err(fault) => return drop(ready.send(Err(fault))),
        };
        drop(ready.send(Ok(())));
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hang_up.recv() => {}
            }
            if happenings.send(Happening::Stop(grace)).is_err() {
                return;
            }
        }
    });
}

fn handlers() -> std::io::Result<(Signal, Signal, Signal)> {
    Ok((
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
        signal(SignalKind::hangup())?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_line_says_its_grace_and_other_lines_say_nothing() {
        let grace = Duration::from_millis(200);
        assert_eq!(parse_stop(&stop_line(grace)), Some(grace));
        assert_eq!(parse_stop("stop soon"), None);
        assert_eq!(parse_stop("renew 200"), None);
    }
}
