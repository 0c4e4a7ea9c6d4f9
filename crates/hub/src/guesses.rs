//! How often somebody of a network may come with the letters of a code: whoever opens a connection for
//! each guess has no more of them than who stays.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::policy::Network;

/// After how long another one is free.
const EACH: Duration = Duration::from_secs(12);
/// How many are free at once: a household that links several devices, with a mistake or two.
const BURST: u32 = 10;
/// Most networks that are remembered.
const REMEMBERED: usize = 10_000;

/// When each network has all its tries back.
#[derive(Debug, Default)]
pub(crate) struct Guesses(Mutex<HashMap<Network, Instant>>);

impl Guesses {
    /// Takes one, if there is one left.
    pub(crate) fn take(&self, network: Network, now: Instant) -> bool {
        let mut guesses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if guesses.len() >= REMEMBERED {
            guesses.retain(|_, whole_at| *whole_at > now);
        }
        // Ten thousand networks that guess at once are more than this can hold back.
        if guesses.len() >= REMEMBERED && !guesses.contains_key(&network) {
            return true;
        }
        let whole_at = guesses.entry(network).or_insert(now);
        let next = (*whole_at).max(now) + EACH;
        let may = next.saturating_duration_since(now) <= EACH.saturating_mul(BURST);
        if may {
            *whole_at = next;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn network(n: u32) -> Network {
        Network::of(IpAddr::V4(Ipv4Addr::from_bits(n)))
    }

    #[test]
    fn some_are_free_and_more_come_with_time() {
        let (guesses, start) = (Guesses::default(), Instant::now());
        let tries = |n, at| (0..100).filter(|_| guesses.take(network(n), at)).count();
        assert_eq!(tries(1, start), 10);
        assert_eq!(tries(1, start + EACH), 1);
        assert_eq!(tries(1, start + Duration::from_secs(61)), 4, "five a minute");
        assert_eq!(tries(2, start), 10, "nobody pays for others");
        assert_eq!(tries(1, start + Duration::from_secs(600)), 10);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let (guesses, start) = (Guesses::default(), Instant::now());
        for n in 0..REMEMBERED as u32 + 100 {
            assert!(guesses.take(network(n), start));
        }
        assert_eq!(guesses.0.lock().unwrap().len(), REMEMBERED);
        assert!(guesses.take(network(0), start + EACH * 2));
        assert_eq!(guesses.0.lock().unwrap().len(), 1, "who was quiet since is forgotten");
    }
}
