//! Failed sign-ins and failed tokens are limited per address. Everything else is not, and neither
//! is what succeeds.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// This many failures at once, and as many again each minute.
const FAILURES_A_MINUTE: NonZeroU32 = match NonZeroU32::new(10) {
    Some(number) => number,
    None => NonZeroU32::MIN,
};

/// How long one has to wait, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(pub u64);

/// Counts failures by address.
#[derive(Debug)]
pub struct SignInLimit {
    failures: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    blocked: Mutex<HashMap<IpAddr, Instant>>,
}

impl Default for SignInLimit {
    fn default() -> Self {
        Self {
            failures: RateLimiter::keyed(Quota::per_minute(FAILURES_A_MINUTE)),
            clock: DefaultClock::default(),
            blocked: Mutex::default(),
        }
    }
}

impl SignInLimit {
    /// Whether an attempt from this address may be looked at.
    ///
    /// # Errors
    /// How long it has to wait.
    pub fn check(&self, address: IpAddr) -> Result<(), Wait> {
        let mut blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key_of(address);
        let Some(until) = blocked.get(&key).copied() else {
            return Ok(());
        };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            blocked.remove(&key);
            return Ok(());
        }
        Err(wait(left))
    }

    /// Counts a failed attempt.
    ///
    /// # Errors
    /// When there were too many: how long the address has to wait now.
    pub fn failed(&self, address: IpAddr) -> Result<(), Wait> {
        let key = key_of(address);
        let Err(refused) = self.failures.check_key(&key) else {
            return Ok(());
        };
        let left = refused.wait_time_from(self.clock.now());
        let mut blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        blocked.insert(key, Instant::now() + left);
        Err(wait(left))
    }

    /// Forgets addresses that have been quiet.
    pub fn sweep(&self) {
        self.failures.retain_recent();
        let now = Instant::now();
        let mut blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        blocked.retain(|_, until| *until > now);
    }
}

fn wait(left: Duration) -> Wait {
    Wait(left.as_secs() + 1)
}

/// One customer of a provider usually has a whole /64 of IPv6.
fn key_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let network = u128::from(v6) & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from(network))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_failure_blocks_its_address_and_no_other() {
        let limit = SignInLimit::default();
        let (bad, good): (IpAddr, IpAddr) =
            ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        for _ in 0..10 {
            assert_eq!(limit.check(bad), Ok(()));
            assert_eq!(limit.failed(bad), Ok(()));
        }
        let Wait(seconds) = limit.failed(bad).unwrap_err();
        assert!((1..=7).contains(&seconds));
        assert!(limit.check(bad).is_err());
        assert_eq!(limit.check(good), Ok(()));
        limit.sweep();
        assert!(limit.check(bad).is_err());
    }

    #[test]
    fn neighbours_in_one_ipv6_network_count_together() {
        let (one, two): (IpAddr, IpAddr) = (
            "2001:db8::1".parse().unwrap(),
            "2001:db8::2".parse().unwrap(),
        );
        assert_eq!(key_of(one), key_of(two));
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(key_of(mapped), "10.0.0.1".parse::<IpAddr>().unwrap());
    }
}
