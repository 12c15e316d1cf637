//! The process uses more memory than it may: what runs goes on, nothing new starts, until there is
//! plenty again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engine::{TaskStatus, TroubleKind};
use runtime::Settings;
use runtime::health::Memory;
use tokio::time::sleep;

use crate::witness::{tries, witness};
use crate::world::{MINUTE, World};

const LIMIT: u64 = 1_000_000;

/// As many bytes as a test says.
struct Used(AtomicU64);

impl Memory for Used {
    fn resident(&self) -> io::Result<u64> {
        Ok(self.0.load(Ordering::SeqCst))
    }
}

/// A world in which the limit is used up and no byte more.
async fn at_the_limit() -> (Arc<Used>, World) {
    let used = Arc::new(Used(AtomicU64::new(LIMIT)));
    let settings = Settings {
        memory: Some(LIMIT),
        ..Settings::default()
    };
    let world = World::using(used.clone(), settings).await;
    (used, world)
}

impl Used {
    /// So many bytes from now on, which the engine sees before this returns.
    async fn become_so_many(&self, bytes: u64) {
        self.0.store(bytes, Ordering::SeqCst);
        sleep(Duration::from_secs(2)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn over_the_memory_limit_what_runs_ends_and_nothing_starts_until_a_fifth_below_it() {
    let (used, world) = at_the_limit().await;
    let is_short = || world.troubles().contains(&TroubleKind::Memory);
    let (first, _) = witness("First", 0, 10.0, &[]);
    let (second, number) = witness("Second", 0, 0.0, &[0]);
    let runs = world.start(&[first, second]).await;
    assert!(!is_short(), "the limit itself may be used");

    used.become_so_many(LIMIT + 1).await;
    assert!(is_short());
    let (other, other_number) = witness("Other", 0, 0.0, &[]);
    let waits = world.start(&[other]).await;
    sleep(MINUTE).await;
    let told = world.tasks(runs).await;
    assert_eq!(told, [TaskStatus::Completed, TaskStatus::Queued]);
    assert_eq!(world.tasks(waits).await, [TaskStatus::Queued]);
    used.become_so_many(LIMIT / 10 * 9).await;
    assert!(is_short(), "not by a hair's breadth");
    assert_eq!((tries(number).len(), tries(other_number).len()), (0, 0));

    used.become_so_many(LIMIT / 10 * 7).await;
    assert!(!is_short());
    world.until_completed(runs).await;
    world.until_completed(waits).await;
    world.runtime.shutdown().await;
}
