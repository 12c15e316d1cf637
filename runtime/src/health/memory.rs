//! How much memory this process uses: a port, so that a test can use up plenty.

use std::io;

/// The file in which Linux tells it.
const STATUS: &str = "/proc/self/status";

/// Tells how much memory is used.
pub trait Memory: Send + Sync {
    /// The bytes that are resident.
    ///
    /// # Errors
    /// When the system does not tell.
    fn resident(&self) -> io::Result<u64>;
}

/// The memory of this process.
#[derive(Debug, Clone, Copy)]
pub struct MemoryOfProcess;

impl Memory for MemoryOfProcess {
    fn resident(&self) -> io::Result<u64> {
        let told = std::fs::read_to_string(STATUS)?;
        resident(&told).ok_or_else(|| io::Error::other(format!("{STATUS} does not say VmRSS")))
    }
}

/// The resident bytes out of a line such as `VmRSS:     5120 kB`.
fn resident(told: &str) -> Option<u64> {
    let line = told.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_tells_how_much_memory_this_process_uses() {
        assert!(MemoryOfProcess.resident().unwrap() > 64 * 1024);
        assert_eq!(resident("Name:\tsh\nVmRSS:\t    2 kB\n"), Some(2_048));
        assert_eq!(resident("VmRSS: a lot"), None);
    }
}
