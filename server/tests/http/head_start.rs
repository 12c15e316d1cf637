//! How long one of two rivals waits for the other, so that both win about as often.

use std::time::Duration;

/// A difference, so that one that lost is let loose a little earlier the next time.
#[derive(Debug, Default)]
pub struct HeadStart {
    /// What the one gets; below zero it is the other's.
    millis: i64,
}

impl HeadStart {
    /// Waits for what the other has got.
    pub async fn of_one(&self) {
        wait(-self.millis).await;
    }

    /// Waits for what the one has got.
    pub async fn of_the_other(&self) {
        wait(self.millis).await;
    }

    /// After a race.
    pub const fn change(&mut self, other_won: bool) {
        self.millis += if other_won { 1 } else { -1 };
    }
}

async fn wait(millis: i64) {
    if let Ok(millis) = u64::try_from(millis) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}
