//! A progress bar on standard error: one line that moves on a terminal, a line for each change
//! elsewhere.

use std::io::{IsTerminal, Write};

use engine::obeyed::on_one_line;
use engine::{Progress, TaskStatus};

/// Characters of the bar.
const WIDTH: usize = 30;

/// Where the progress is drawn.
#[derive(Debug)]
pub struct Terminal {
    moves: bool,
    last: String,
}

impl Terminal {
    /// Standard error.
    pub fn new() -> Self {
        Self {
            moves: std::io::stderr().is_terminal(),
            last: String::new(),
        }
    }

    /// Says something beside the bar, whatever others wrote into it.
    pub fn say(&mut self, text: &str) {
        self.erase();
        eprintln!("{}", on_one_line(text));
        self.last.clear();
    }

    /// Draws the bar, if it changed.
    pub fn draw(&mut self, progress: &Progress) {
        let line = line(progress);
        if line == self.last {
            return;
        }
        if self.moves {
            self.erase();
            eprint!("{line}");
            // A bar that cannot be drawn is no reason to stop.
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{line}");
        }
        self.last = line;
    }

    /// Ends the moving line.
    pub fn end(&mut self, progress: &Progress) {
        self.draw(progress);
        if self.moves {
            eprintln!();
        }
    }

    fn erase(&self) {
        if self.moves {
            eprint!("\r\u{1b}[2K");
        }
    }
}

fn line(progress: &Progress) -> String {
    let summary = &progress.summary;
    let full = usize::from(summary.progress) * WIDTH / 100;
    let bar = format!("{}{}", "█".repeat(full), "░".repeat(WIDTH - full));
    let running = progress
        .tasks
        .iter()
        .filter(|t| t.status == TaskStatus::Running);
    let names: Vec<_> = running
        .take(3)
        .map(|task| on_one_line(&task.name))
        .collect();
    let done = format!("{}/{} steps", summary.completed_tasks, summary.total_tasks);
    let status = summary.status;
    let line = format!("{bar} {:>3}% {status}, {done}", summary.progress);
    if names.is_empty() {
        line
    } else {
        format!("{line}: {}", names.join(", "))
    }
}
