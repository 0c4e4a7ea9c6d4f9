//! A bucket of tokens: one leaves for every message, and they come back with time.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits::Rate;

/// How many messages somebody may still send.
#[derive(Debug)]
pub(crate) struct Bucket {
    /// When the bucket will be full again.
    full_at: Instant,
    rate: Rate,
}

impl Bucket {
    /// A full bucket.
    pub(crate) const fn new(rate: Rate, now: Instant) -> Self {
        Self { full_at: now, rate }
    }

    /// Takes a token. When there is none, one is taken in advance: wait this long for it.
    pub(crate) fn take(&mut self, now: Instant) -> Duration {
        let each = Duration::from_secs(1) / self.rate.per_second.max(1);
        self.full_at = self.full_at.max(now) + each;
        let whole = each.saturating_mul(self.rate.burst.max(1));
        self.full_at.saturating_duration_since(now).saturating_sub(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_free_and_what_follows_waits_its_turn() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Rate { burst: 5, per_second: 10 }, start);
        for _ in 0..5 {
            assert_eq!(bucket.take(start), Duration::ZERO);
        }
        assert_eq!(bucket.take(start), Duration::from_millis(100));
        assert_eq!(bucket.take(start), Duration::from_millis(200));
        // After a pause the burst is whole again, and no larger.
        let later = start + Duration::from_secs(60);
        for _ in 0..5 {
            assert_eq!(bucket.take(later), Duration::ZERO);
        }
        assert!(bucket.take(later) > Duration::ZERO);
    }
}
