//! The command's output on its way to the server: cut into readable pieces, and up to a cap.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::frame::{OutputStream, ProcessEvent};

/// Bytes read at once.
const READ_BYTES: usize = 32 * 1024;
/// A line longer than this is passed on in pieces.
const LONGEST_PIECE: usize = 64 * 1024;
/// How long the beginning of a line waits for its end, such as a prompt or a progress bar.
const LINE_WAIT: Duration = Duration::from_millis(200);
/// How often silent streams are looked after, in case something outside the tree holds one open.
const IDLE_WAIT: Duration = Duration::from_secs(1);

/// What both streams of one command share.
pub(super) struct Shared {
    /// Bytes that may still be relayed.
    pub left: AtomicU64,
    /// Set with the first byte that is dropped.
    pub truncated: AtomicBool,
    /// Set when nothing of the tree is alive: what is not in the pipe by then never comes.
    pub tree_gone: AtomicBool,
}

/// One of the two pipes.
pub(super) struct Source {
    pipe: File,
    stream: OutputStream,
    /// What was read and is not passed on yet.
    held: Vec<u8>,
    /// When something was read last.
    read_at: Instant,
    ended: bool,
}

impl Source {
    pub(super) fn new(pipe: OwnedFd, stream: OutputStream) -> Self {
        Self {
            pipe: pipe.into(),
            stream,
            held: Vec::new(),
            read_at: Instant::now(),
            ended: false,
        }
    }

    fn read(&mut self, buffer: &mut [u8]) {
        match self.pipe.read(buffer) {
            Ok(0) => self.ended = true,
            Ok(count) => {
                self.held
                    .extend_from_slice(buffer.get(..count).unwrap_or_default());
                self.read_at = Instant::now();
            }
            Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
            Err(_) => self.ended = true,
        }
    }

    /// How much of what is held is to be passed on now.
    fn due(&self) -> usize {
        if self.ended {
            return self.held.len();
        }
        let lines = complete_lines(&self.held);
        let waited = self.read_at.elapsed() >= LINE_WAIT;
        if waited || self.held.len() - lines > LONGEST_PIECE {
            return complete_characters(&self.held);
        }
        lines
    }
}

/// Relays until all streams have ended, or the tree is gone and they are empty. One thread reads
/// them all, so what is read first is passed on first: as far as two pipes can tell, the lines keep
/// the order in which they were written.
pub(super) fn relay(mut sources: Vec<Source>, shared: &Shared, frames: &SyncSender<ProcessEvent>) {
    let mut buffer = vec![0; READ_BYTES];
    while !sources.is_empty() {
        let gone = shared.tree_gone.load(Ordering::Acquire);
        let ready = readable(&sources, gone);
        let over = gone && !ready.contains(&true);
        for (source, is_ready) in sources.iter_mut().zip(ready) {
            if is_ready {
                source.read(&mut buffer);
            }
            source.ended |= over;
            pass_on(source, shared, frames);
        }
        sources.retain(|source| !source.ended);
    }
}

/// Waits for something to read, or an end, and answers for each whether it is so. None is when the
/// wait was in vain.
fn readable(sources: &[Source], gone: bool) -> Vec<bool> {
    let within_line = sources.iter().any(|source| !source.held.is_empty());
    let wait = match (gone, within_line) {
        (true, _) => Duration::ZERO,
        (false, true) => LINE_WAIT,
        (false, false) => IDLE_WAIT,
    };
    let wait = Timespec::try_from(wait).ok();
    let watch = |source| PollFd::new(source, PollFlags::IN);
    let mut watched: Vec<_> = sources.iter().map(|source| watch(&source.pipe)).collect();
    match poll(&mut watched, wait.as_ref()) {
        Ok(_) => watched.iter().map(|fd| !fd.revents().is_empty()).collect(),
        Err(Errno::INTR) => vec![false; sources.len()],
        // A poll that fails otherwise is answered by the reads that follow.
        Err(_) => vec![true; sources.len()],
    }
}

/// Sends what is due of a stream, within the cap.
fn pass_on(source: &mut Source, shared: &Shared, frames: &SyncSender<ProcessEvent>) {
    let stream = source.stream;
    let piece: Vec<u8> = source.held.drain(..source.due()).collect();
    if piece.is_empty() {
        return;
    }
    let allowed = take(&shared.left, piece.len());
    let whole = allowed == piece.len();
    let text = String::from_utf8_lossy(piece.get(..allowed).unwrap_or_default()).into_owned();
    if !text.is_empty() {
        drop(frames.send(ProcessEvent::Output { stream, text }));
    }
    if !whole && !shared.truncated.swap(true, Ordering::AcqRel) {
        let text = "The output has reached its limit. The command goes on, what it writes from \
                    here on is not kept.";
        drop(frames.send(ProcessEvent::Notice(text.to_owned())));
    }
}

/// Takes up to `wanted` from what is left and answers how much that was.
fn take(left: &AtomicU64, wanted: usize) -> usize {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let before = left.update(Ordering::AcqRel, Ordering::Acquire, |now| {
        now.saturating_sub(wanted)
    });
    usize::try_from(before.min(wanted)).unwrap_or(usize::MAX)
}

/// Up to and with the last line feed.
fn complete_lines(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1)
}

/// Everything but the beginning of a character whose end is still to come.
fn complete_characters(bytes: &[u8]) -> usize {
    for (back, byte) in bytes.iter().rev().take(3).enumerate() {
        let length = match byte {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF7 => 4,
            0x80..=0xBF => continue,
            _ => break,
        };
        if length > back + 1 {
            return bytes.len() - back - 1;
        }
        break;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_not_cut_in_two() {
        let text = "a€😀".as_bytes();
        assert_eq!(complete_characters(text), 8);
        assert_eq!(complete_characters(&text[..7]), 4);
        assert_eq!(complete_characters(&text[..5]), 4);
        assert_eq!(complete_characters(&text[..3]), 1);
        assert_eq!(complete_characters(&[0x80, 0x80, 0x80, 0x80]), 4);
    }

    #[test]
    fn the_cap_is_shared_out_to_the_last_byte() {
        let left = AtomicU64::new(10);
        assert_eq!([take(&left, 4), take(&left, 9), take(&left, 1)], [4, 6, 0]);
    }
}
