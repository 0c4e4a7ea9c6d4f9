//! Who may come in: connections are counted in total and per network, and counted out again.
//! Networks from which rules were broken stay outside for a while.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::bans::Bans;
use crate::config::Config;
use crate::guesses::Guesses;

/// The hub's doors: at most so many callers inside, at most so many of them from one network.
#[derive(Debug)]
pub(crate) struct Doors {
    bans: Bans,
    exempt_loopback: bool,
    guesses: Guesses,
    max_open: usize,
    max_per_network: usize,
    networks: Mutex<HashMap<Network, usize>>,
    open: watch::Sender<usize>,
    trusted_proxies: Vec<IpAddr>,
}

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Rules were broken from that network a short while ago.
    Banned,
    /// Too many callers from that network.
    Crowded,
    /// The page that wants to connect is of an origin that may not.
    Foreign,
    /// The hub holds as many connections as it may.
    Full,
    /// The hub is not reached under that name.
    Misdirected,
    /// Too many are inside who have not proved yet who they are.
    Strangers,
}

/// One caller inside. Whoever is counted is counted out when the last holder drops this.
#[derive(Debug)]
pub(crate) struct Pass {
    doors: Arc<Doors>,
    is_connection: bool,
    network: Option<Network>,
}

/// What one household or office usually has: a single IPv4 address, an IPv6 network of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network(Ipv6Addr);

impl Doors {
    /// Doors for at most `max_open` connections, which may be fewer than configured when the system
    /// grants fewer file handles.
    pub(crate) fn new(config: &Config, max_open: usize) -> Arc<Self> {
        Arc::new(Self {
            bans: Bans::default(),
            exempt_loopback: config.exempt_loopback,
            guesses: Guesses::default(),
            max_open,
            max_per_network: config.limits.max_connections_per_address,
            networks: Mutex::default(),
            open: watch::Sender::new(0),
            trusted_proxies: config.trusted_proxies.clone(),
        })
    }

    /// Lets a new connection in.
    ///
    /// # Errors
    /// When the hub is full or the caller's network has enough connections.
    pub(crate) fn connection(self: &Arc<Self>, address: IpAddr) -> Result<Pass, Refusal> {
        let network = self.network_of(address);
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if *self.open.borrow() >= self.max_open {
            return Err(Refusal::Full);
        }
        self.count(&mut networks, network)?;
        self.open.send_modify(|open| *open += 1);
        Ok(Pass { doors: Arc::clone(self), is_connection: true, network })
    }

    /// Lets a caller in who came through a proxy's connection, which itself is not counted for any
    /// network.
    ///
    /// # Errors
    /// When the caller's network has enough requests under way.
    pub(crate) fn proxied(self: &Arc<Self>, address: IpAddr) -> Result<Pass, Refusal> {
        let network = self.network_of(address);
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        self.count(&mut networks, network)?;
        Ok(Pass { doors: Arc::clone(self), is_connection: false, network })
    }

    /// Whether what this address says about others is believed.
    pub(crate) fn is_trusted_proxy(&self, address: IpAddr) -> bool {
        self.trusted_proxies.contains(&address.to_canonical())
    }

    /// Notes that somebody at this address broke a rule: each time its network stays outside longer.
    pub(crate) fn offend(&self, address: IpAddr) {
        if let Some(network) = self.network_of(address) {
            self.bans.offend(network, Instant::now());
        }
    }

    /// Whether somebody at this address may come with the letters of a code.
    pub(crate) fn may_guess(&self, address: IpAddr) -> bool {
        self.network_of(address).is_none_or(|network| self.guesses.take(network, Instant::now()))
    }

    /// For how long the network of this address has to stay outside.
    pub(crate) fn banned_for(&self, address: IpAddr) -> Option<Duration> {
        self.bans.left(self.network_of(address)?, Instant::now())
    }

    /// The connections open now.
    pub(crate) fn n_open(&self) -> usize {
        *self.open.borrow()
    }

    /// Waits until the last connection has left, for at most `patience`; says whether it did.
    pub(crate) async fn wait_until_empty(&self, patience: Duration) -> bool {
        let mut open = self.open.subscribe();
        let empty = open.wait_for(|open| *open == 0);
        tokio::time::timeout(patience, empty).await.is_ok()
    }

    fn count(
        &self,
        networks: &mut HashMap<Network, usize>,
        network: Option<Network>,
    ) -> Result<(), Refusal> {
        let Some(network) = network else { return Ok(()) };
        let n_open = networks.get(&network).copied().unwrap_or_default();
        if n_open >= self.max_per_network {
            return Err(Refusal::Crowded);
        }
        networks.insert(network, n_open + 1);
        Ok(())
    }

    fn network_of(&self, address: IpAddr) -> Option<Network> {
        let address = address.to_canonical();
        let is_exempt = (self.exempt_loopback && address.is_loopback())
            || self.trusted_proxies.contains(&address);
        (!is_exempt).then(|| Network::of(address))
    }

    fn leave(&self, pass: &Pass) {
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(network) = pass.network
            && let Some(n_open) = networks.get_mut(&network)
        {
            *n_open = n_open.saturating_sub(1);
            // Networks that left are forgotten, so the map is as large as the hub is full.
            if *n_open == 0 {
                networks.remove(&network);
            }
        }
        if pass.is_connection {
            self.open.send_modify(|open| *open = open.saturating_sub(1));
        }
    }
}

impl Refusal {
    /// Every reason.
    pub(crate) const ALL: [Self; 6] = [
        Self::Banned,
        Self::Crowded,
        Self::Foreign,
        Self::Full,
        Self::Misdirected,
        Self::Strangers,
    ];

    /// The word under which refusals of this kind are counted.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Banned => "banned",
            Self::Crowded => "crowded",
            Self::Foreign => "foreign",
            Self::Full => "full",
            Self::Misdirected => "misdirected",
            Self::Strangers => "strangers",
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.doors.leave(self);
    }
}

impl Network {
    /// The network of an address.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(ip) => Self(ip.to_ipv6_mapped()),
            IpAddr::V6(ip) => Self(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doors(max_open: usize, per_network: usize, exempt: bool, proxies: &[&str]) -> Arc<Doors> {
        Arc::new(Doors {
            bans: Bans::default(),
            exempt_loopback: exempt,
            guesses: Guesses::default(),
            max_open,
            max_per_network: per_network,
            networks: Mutex::default(),
            open: watch::Sender::new(0),
            trusted_proxies: proxies.iter().map(|ip| ip.parse().unwrap()).collect(),
        })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_fills_up_and_empties_again() {
        let doors = doors(100, 2, false, &[]);
        let first = doors.connection(ip("192.0.2.1")).unwrap();
        let _second = doors.connection(ip("::ffff:192.0.2.1")).unwrap();
        assert_eq!(doors.connection(ip("192.0.2.1")).unwrap_err(), Refusal::Crowded);
        let _other = doors.connection(ip("192.0.2.2")).unwrap();
        drop(first);
        let _third = doors.connection(ip("192.0.2.1")).unwrap();
        assert_eq!(doors.n_open(), 3);
    }

    #[test]
    fn one_house_with_many_ipv6_addresses_is_one_network() {
        let doors = doors(100, 1, false, &[]);
        let _first = doors.connection(ip("2001:db8::1")).unwrap();
        assert_eq!(doors.connection(ip("2001:db8::ffff:2")).unwrap_err(), Refusal::Crowded);
        let _next_door = doors.connection(ip("2001:db8:0:1::1")).unwrap();
    }

    #[test]
    fn the_whole_house_has_a_limit_too() {
        let doors = doors(2, 100, true, &[]);
        let _first = doors.connection(ip("192.0.2.1")).unwrap();
        let second = doors.connection(ip("127.0.0.1")).unwrap();
        assert_eq!(doors.connection(ip("192.0.2.3")).unwrap_err(), Refusal::Full);
        drop(second);
        assert!(doors.connection(ip("192.0.2.3")).is_ok());
    }

    #[test]
    fn loopback_counts_unless_it_is_exempt() {
        let strict = doors(100, 1, false, &[]);
        let _first = strict.connection(ip("127.0.0.1")).unwrap();
        assert!(strict.connection(ip("127.0.0.1")).is_err());
        let lenient = doors(100, 1, true, &[]);
        let _first = lenient.connection(ip("127.0.0.1")).unwrap();
        assert!(lenient.connection(ip("::1")).is_ok());
    }

    #[test]
    fn behind_a_proxy_the_callers_are_counted_and_not_the_proxy() {
        let doors = doors(100, 1, false, &["127.0.0.1"]);
        let _pipes: Vec<Pass> =
            (0..9).map(|_| doors.connection(ip("127.0.0.1")).unwrap()).collect();
        let _caller = doors.proxied(ip("192.0.2.1")).unwrap();
        assert_eq!(doors.proxied(ip("192.0.2.1")).unwrap_err(), Refusal::Crowded);
        assert_eq!(doors.n_open(), 9);
    }

    #[test]
    fn nothing_is_remembered_of_those_who_left() {
        let doors = doors(100, 1, false, &[]);
        for n in 0..50_u8 {
            drop(doors.connection(IpAddr::from([192, 0, 2, n])).unwrap());
        }
        assert!(doors.networks.lock().unwrap().is_empty());
    }
}
