//! What the status line says, from what the network is doing.

use effigy_core::Identity;
use effigy_proto::{LinkState, Network};

/// How current everything is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// On the way to a hub for the first time.
    Connecting,
    /// Nothing is missing here and nothing waits to leave.
    Current,
    /// Nobody is connected.
    Offline {
        /// Own entries that nobody else holds.
        waiting: u64,
    },
    /// Own entries are on their way.
    Sending {
        /// How many.
        waiting: u64,
    },
    /// Entries are coming in.
    Syncing {
        /// From whom; `None` for a hub.
        with: Option<Identity>,
        /// How many are here.
        held: u64,
        /// How many there are.
        known: u64,
    },
}

impl Standing {
    /// Reads it off the network's state.
    pub(crate) fn of(network: &Network) -> Self {
        let open = network.hubs.iter().any(|hub| hub.state == LinkState::Open);
        if !open && network.peers.is_empty() {
            let trying = network.hubs.iter().any(|hub| hub.state == LinkState::Connecting);
            return if trying && network.waiting == 0 {
                Self::Connecting
            } else {
                Self::Offline { waiting: network.waiting }
            };
        }
        if let Some(peer) = network.peers.iter().find(|peer| peer.to_receive > 0) {
            let feeds = network.feeds.iter().filter(|feed| {
                peer.synod.is_none_or(|synod| synod == feed.synod) && feed.held < feed.known
            });
            let (held, known) = feeds.fold((0_u64, 0_u64), |(held, known), feed| {
                (held.saturating_add(feed.held), known.saturating_add(feed.known))
            });
            let known = known.max(held.saturating_add(peer.to_receive));
            return Self::Syncing { with: peer.synod, held, known };
        }
        match network.waiting {
            0 => Self::Current,
            waiting => Self::Sending { waiting },
        }
    }

    /// The words. `name` says what somebody is called.
    pub(crate) fn words(self, name: impl Fn(&Identity) -> String) -> String {
        match self {
            Self::Connecting => "Connecting…".to_owned(),
            Self::Current => "Up to date".to_owned(),
            Self::Offline { waiting: 0 } => "Offline".to_owned(),
            Self::Offline { waiting } => format!("Offline · {waiting} waiting"),
            Self::Sending { waiting } => format!("Sending · {waiting} waiting"),
            Self::Syncing { with, held, known } => {
                let with = with.map_or_else(
                    || "the meeting point".to_owned(),
                    |synod| format!("\u{2068}{}\u{2069}", name(&synod)),
                );
                format!("Syncing with {with} {held} of {known}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use effigy_core::Time;
    use effigy_proto::{FeedStatus, HubStatus, Path, PeerStatus};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn key(number: u8) -> Identity {
        Identity::from_bytes([number; 32])
    }

    fn hub(state: LinkState) -> HubStatus {
        HubStatus {
            identity: None,
            origin: "https://hub.example".to_owned(),
            refuses: None,
            state,
            retry_at: None,
        }
    }

    fn says(network: &Network) -> String {
        Standing::of(network).words(|_| "Ana".to_owned())
    }

    #[test]
    fn the_line_says_what_is() {
        let mut network = Network { hubs: vec![hub(LinkState::Closed)], ..Network::default() };
        assert_eq!(says(&network), "Offline");
        network.waiting = 3;
        assert_eq!(says(&network), "Offline · 3 waiting");
        network.hubs = vec![hub(LinkState::Open)];
        assert_eq!(says(&network), "Sending · 3 waiting");
        network.waiting = 0;
        assert_eq!(says(&network), "Up to date");
        network.hubs = vec![hub(LinkState::Connecting)];
        assert_eq!(says(&network), "Connecting…");
    }

    #[test]
    fn a_peer_without_a_hub_is_not_offline() {
        let peer = PeerStatus {
            bytes_in: 0,
            bytes_out: 0,
            identity: key(2),
            path: Path::Direct,
            synod: Some(key(1)),
            to_receive: 220,
        };
        let feed = FeedStatus {
            confirmed_by: 1,
            differing: Vec::new(),
            fork: None,
            head_time: Time(0),
            heard: None,
            held: 120,
            identity: key(2),
            known: 340,
            synod: key(1),
        };
        let network = Network { feeds: vec![feed], peers: vec![peer], ..Network::default() };
        assert_eq!(says(&network), "Syncing with \u{2068}Ana\u{2069} 120 of 340");
    }
}
