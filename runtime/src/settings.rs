//! Limits of the runtime, with units in their names.

use std::time::Duration;

/// Limits of one runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Programs running at once; steps that would start more wait in the queue.
    pub programs_at_once: usize,
    /// Other steps under way at once; more wait in the queue.
    pub others_at_once: usize,
    /// How long an orderly stop waits for running steps before it interrupts them.
    pub drain: Duration,
    /// How long a handler that was told to stop may take before it is dropped; a program gets 10 s of it
    /// to end by itself. One that has a thread
    /// ([`WorkflowStep::blocking`](crate::WorkflowStep::blocking)) cannot be dropped.
    pub stop: Duration,
    /// When the disk has too little room.
    pub disk: DiskLimits,
    /// Bytes of memory the process may use; above it no step starts. None: as many as there are.
    pub memory: Option<u64>,
}

/// When the disk has too little room, and when it has enough again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskLimits {
    /// Below this mark nothing new is begun.
    pub little: RoomMark,
    /// Only above this mark there is enough again.
    pub ample: RoomMark,
    /// Bytes that are kept occupied, to be given up when the disk is full. None are with 0.
    pub ballast: u64,
}

/// A mark on the room that is left on a disk: so many bytes, or so large a share of the disk,
/// whichever is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomMark {
    /// Bytes.
    pub bytes: u64,
    /// Percent of the disk's size.
    pub percent: u64,
    /// The share counts up to this many bytes: a twentieth of a large disk is plenty.
    pub share_at_most: u64,
}

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

impl Default for DiskLimits {
    fn default() -> Self {
        Self {
            little: RoomMark {
                bytes: 512 * MIB,
                percent: 5,
                share_at_most: 10 * GIB,
            },
            ample: RoomMark {
                bytes: GIB,
                percent: 10,
                share_at_most: 20 * GIB,
            },
            ballast: 16 * MIB,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            programs_at_once: 4 * cores.max(2),
            others_at_once: 1_024,
            drain: Duration::from_secs(30),
            stop: Duration::from_secs(12),
            disk: DiskLimits::default(),
            memory: None,
        }
    }
}
