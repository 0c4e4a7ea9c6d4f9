//! What is counted at the edge. No number knows who somebody is.

use std::sync::atomic::{AtomicU64, Ordering};

use effigy_proto::ErrorCode;

/// Numbers of all connections of one world.
#[derive(Debug, Default)]
pub struct Tally {
    /// Bytes of messages received.
    pub bytes_in: Counter,
    /// Bytes of messages handed to the network.
    pub bytes_out: Counter,
    /// Messages received.
    pub messages_in: Counter,
    /// Messages handed to the network.
    pub messages_out: Counter,
    /// Connections closed because their frame was longer than any message may be.
    pub oversize: Counter,
    /// Sessions open now: both sides proved themselves.
    pub sessions: Gauge,
    /// Sessions opened so far.
    pub sessions_total: Counter,
    /// Connections closed without a sign of life.
    pub silent: Counter,
    /// Connections closed because they read too slowly.
    pub slow: Counter,
    /// WebSockets open now.
    pub sockets: Gauge,
    /// WebSockets opened so far.
    pub sockets_total: Counter,
    /// Messages that had to wait because their sender sent too many.
    pub throttled: Counter,
    refusals: [Counter; REFUSALS.len()],
}

/// Every code of a refusal, with the word it has in messages.
const REFUSALS: [(ErrorCode, &str); 9] = [
    (ErrorCode::EntryQuota, "entry_quota"),
    (ErrorCode::Forbidden, "forbidden"),
    (ErrorCode::Full, "full"),
    (ErrorCode::Malformed, "malformed"),
    (ErrorCode::NotFound, "not_found"),
    (ErrorCode::Offline, "offline"),
    (ErrorCode::TooMuch, "too_much"),
    (ErrorCode::Untrusted, "untrusted"),
    (ErrorCode::Version, "version"),
];

impl Tally {
    /// How often each code was told to a peer.
    pub fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        REFUSALS.iter().zip(&self.refusals).map(|((_, word), counter)| (*word, counter.count()))
    }

    pub(crate) fn refuse(&self, code: ErrorCode) {
        let place = REFUSALS.iter().position(|(known, _)| *known == code);
        if let Some(counter) = place.and_then(|place| self.refusals.get(place)) {
            counter.add(1);
        }
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts some more.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The number so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// The number now.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
