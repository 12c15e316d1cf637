//! The command's output on its way to the server: cut into readable pieces, and up to a cap.

use std::io::Read;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::frame::{OutputStream, ProcessEvent};

/// Bytes read at once.
const READ_BYTES: usize = 32 * 1024;
/// A line longer than this is passed on in pieces.
const LONGEST_PIECE: usize = 64 * 1024;
/// How long the beginning of a line waits for its end, such as a prompt or a progress bar.
const LINE_WAIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};
/// How often a silent stream is looked after, in case something outside the tree holds it open.
const IDLE_WAIT: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

/// What both streams of one command share.
pub(super) struct Shared {
    /// Bytes that may still be relayed.
    pub left: AtomicU64,
    /// Set with the first byte that is dropped.
    pub truncated: AtomicBool,
    /// Set when nothing of the tree is alive: what is not in the pipe by then never comes.
    pub tree_gone: AtomicBool,
}

/// Relays until the stream ends, or the tree is gone and the stream is empty.
pub(super) fn relay(
    mut source: impl Read + AsFd,
    stream: OutputStream,
    shared: &Shared,
    frames: &SyncSender<ProcessEvent>,
) {
    let mut buffer = vec![0; READ_BYTES];
    let mut held = Vec::new();
    loop {
        let gone = shared.tree_gone.load(Ordering::Acquire);
        if !readable(&source, !held.is_empty(), gone) {
            if gone {
                break;
            }
            pass_on(&mut held, complete_characters, stream, shared, frames);
            continue;
        }
        match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => held.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(fault) if fault.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        }
        pass_on(&mut held, complete_lines, stream, shared, frames);
        if held.len() > LONGEST_PIECE {
            pass_on(&mut held, complete_characters, stream, shared, frames);
        }
    }
    pass_on(&mut held, <[u8]>::len, stream, shared, frames);
}

/// Waits for something to read, or the end; false when the wait was in vain.
fn readable(source: &impl AsFd, within_line: bool, gone: bool) -> bool {
    let wait = match (gone, within_line) {
        (true, _) => Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        },
        (false, true) => LINE_WAIT,
        (false, false) => IDLE_WAIT,
    };
    let mut watched = [PollFd::new(source, PollFlags::IN)];
    // A poll that fails is answered by the read that follows.
    poll(&mut watched, Some(&wait)).map_or(true, |ready| ready > 0)
}

/// Sends as much of `held` as `measure` allows, within the cap.
fn pass_on(
    held: &mut Vec<u8>,
    measure: fn(&[u8]) -> usize,
    stream: OutputStream,
    shared: &Shared,
    frames: &SyncSender<ProcessEvent>,
) {
    let piece: Vec<u8> = held.drain(..measure(held)).collect();
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
