//! Networks from which rules were broken, and how long each stays outside.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::policy::Network;

/// How long the first offence is held against somebody; every further one doubles it. A household
/// shares an address, so it begins with what nobody notices.
const FIRST: Duration = Duration::from_secs(1);
/// The longest that anybody stays outside.
const LONGEST: Duration = Duration::from_secs(3600);
/// How long after its end a ban is remembered.
const MEMORY: Duration = Duration::from_secs(3600);
/// Most networks that are remembered.
const REMEMBERED: usize = 10_000;

/// Who has to stay outside.
#[derive(Debug, Default)]
pub(crate) struct Bans(Mutex<HashMap<Network, Ban>>);

#[derive(Clone, Copy, Debug)]
struct Ban {
    offences: u32,
    until: Instant,
}

impl Bans {
    /// Notes an offence.
    pub(crate) fn offend(&self, network: Network, now: Instant) {
        let mut bans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if bans.len() >= REMEMBERED {
            bans.retain(|_, ban| now.saturating_duration_since(ban.until) < MEMORY);
        }
        if bans.len() >= REMEMBERED
            && !bans.contains_key(&network)
            && let Some(first) = bans.iter().min_by_key(|(_, ban)| ban.until).map(|(who, _)| *who)
        {
            bans.remove(&first);
        }
        let ban = bans.entry(network).or_insert(Ban { offences: 0, until: now });
        if now.saturating_duration_since(ban.until) >= MEMORY {
            ban.offences = 0;
        }
        let long = FIRST.saturating_mul(1_u32 << ban.offences.min(12)).min(LONGEST);
        ban.offences = ban.offences.saturating_add(1);
        ban.until = ban.until.max(now + long);
    }

    /// How long a network still has to stay outside.
    pub(crate) fn left(&self, network: Network, now: Instant) -> Option<Duration> {
        let bans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = bans.get(&network)?.until.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
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
    fn a_ban_grows_with_every_offence_and_is_forgotten_after_good_behaviour() {
        let (bans, start) = (Bans::default(), Instant::now());
        assert_eq!(bans.left(network(1), start), None);
        for seconds in [1, 2, 4, 8] {
            bans.offend(network(1), start);
            assert_eq!(bans.left(network(1), start), Some(Duration::from_secs(seconds)));
        }
        assert_eq!(bans.left(network(2), start), None);
        for _ in 0..40 {
            bans.offend(network(1), start);
        }
        assert_eq!(bans.left(network(1), start), Some(LONGEST));
        let later = start + LONGEST + MEMORY;
        assert_eq!(bans.left(network(1), later), None);
        bans.offend(network(1), later);
        assert_eq!(bans.left(network(1), later), Some(FIRST));
    }

    #[test]
    fn only_so_many_are_remembered_and_the_worst_stay() {
        let (bans, start) = (Bans::default(), Instant::now());
        bans.offend(network(0), start);
        bans.offend(network(0), start);
        for n in 1..=REMEMBERED as u32 + 100 {
            bans.offend(network(n), start);
        }
        assert_eq!(bans.0.lock().unwrap().len(), REMEMBERED);
        assert!(bans.left(network(0), start).is_some());
    }
}
