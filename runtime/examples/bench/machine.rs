//! What the machine spent: processor time and memory of this process.

use std::fs;
use std::time::{Duration, Instant};

use crate::Outcome;

/// Processor time of this process so far, user and system.
pub fn cpu_time() -> Outcome<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let field = |number: usize| after_name.split_whitespace().nth(number - 3);
    let ticks = |number| {
        field(number)
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    // The kernel counts in hundredths of a second on every Linux of today.
    Ok(Duration::from_millis((ticks(14) + ticks(15)) * 10))
}

/// Begins to watch the peak of the memory anew. Where the kernel does not allow it, the peak is
/// that of the whole run so far.
pub fn forget_peak() {
    drop(fs::write("/proc/self/clear_refs", "5"));
}

/// The most memory this process held since [`forget_peak`], in KiB.
pub fn peak_kib() -> Outcome<u64> {
    memory("VmHWM:")
}

/// The memory this process holds now, in KiB.
pub fn resident_kib() -> Outcome<u64> {
    memory("VmRSS:")
}

/// Waits until this process reads next to nothing any more, and says how long that took. Until then the
/// engine looks through the file that it opened.
pub async fn until_nothing_is_read() -> Outcome<Duration> {
    /// How long it has to be quiet, and how much may be read meanwhile.
    const QUIET: (Duration, u64) = (Duration::from_secs(2), 1024 * 1024);
    let started = Instant::now();
    let mut read = read_bytes()?;
    loop {
        tokio::time::sleep(QUIET.0).await;
        let now = read_bytes()?;
        if now - read < QUIET.1 {
            return Ok(started.elapsed());
        }
        read = now;
    }
}

/// What this process has read so far, from files and from memory that holds them.
fn read_bytes() -> Outcome<u64> {
    let told = fs::read_to_string("/proc/self/io")?;
    let found = told.lines().find_map(|text| text.strip_prefix("rchar: "));
    Ok(found
        .ok_or("the kernel does not tell what is read")?
        .parse()?)
}

fn memory(line: &str) -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let found = status.lines().find_map(|text| text.strip_prefix(line));
    let kib = found.and_then(|rest| rest.split_whitespace().next());
    Ok(kib.ok_or("the kernel does not tell the memory")?.parse()?)
}
