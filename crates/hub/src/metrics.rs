//! What the hub counts, in the text format that Prometheus reads.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use effigy_net_native::Tally;

use crate::policy::Refusal;
use crate::shelf::ShelfState;

/// Counters since the start. None of them knows who somebody is.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Bytes read from all connections, TLS and headers included.
    pub(crate) bytes_in: Counter,
    /// Bytes written to all connections, TLS and headers included.
    pub(crate) bytes_out: Counter,
    /// Connections let in.
    pub(crate) connections: Counter,
    /// Members that expired.
    expired: Counter,
    /// Members now.
    members: AtomicU64,
    /// Connections closed because a rule was broken on them.
    pub(crate) offences: Counter,
    /// Connections closed because their reader took nothing for too long.
    pub(crate) stalled: Counter,
    /// Accounts of guests whose remains were dropped.
    swept: Counter,
    /// TLS handshakes that failed or took too long.
    pub(crate) tls_failures: Counter,
    /// In the order of [`Refusal::ALL`].
    refused: [Counter; Refusal::ALL.len()],
    /// By the first digit of the status, 1 to 5.
    responses: [Counter; 5],
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

/// What is true at the moment of asking.
pub(crate) struct Now<'a> {
    /// Connections open.
    pub(crate) n_open: usize,
    /// What is stored.
    pub(crate) shelf: &'a ShelfState,
    /// Whether the data folder takes writes.
    pub(crate) store_ok: bool,
    /// What the WebSockets did.
    pub(crate) tally: &'a Tally,
    /// Seconds since the start.
    pub(crate) uptime: u64,
}

impl Counter {
    /// Counts some more.
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The number so far.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Metrics {
    /// Counts somebody who was not let in.
    pub(crate) fn refuse(&self, refusal: Refusal) {
        let place = Refusal::ALL.iter().position(|known| *known == refusal);
        if let Some(counter) = place.and_then(|place| self.refused.get(place)) {
            counter.add(1);
        }
    }

    /// Counts members that expired and guests whose remains were dropped; notes how many members
    /// there are.
    pub(crate) fn keep_up(&self, expired: u64, swept: u64, members: u64) {
        self.expired.add(expired);
        self.swept.add(swept);
        self.members.store(members, Ordering::Relaxed);
    }

    /// Counts an answer by its status.
    pub(crate) fn respond(&self, status: u16) {
        let class = usize::from(status / 100).checked_sub(1);
        if let Some(counter) = class.and_then(|class| self.responses.get(class)) {
            counter.add(1);
        }
    }

    /// Everything, for `/metrics`.
    pub(crate) fn render(&self, now: &Now<'_>) -> String {
        let mut page = Page::default();
        let version = env!("CARGO_PKG_VERSION");
        page.family("build_info", "gauge", "The version that runs, as a label.");
        page.labelled("build_info", "version", version, 1);
        page.plain("uptime_seconds", "gauge", "Seconds since the start.", now.uptime);
        let store = u64::from(now.store_ok);
        page.plain("store_ok", "gauge", "1 while the data folder takes writes.", store);
        let open = now.n_open as u64;
        page.plain("connections_open", "gauge", "Connections open now, of every kind.", open);
        let connections = self.connections.count();
        page.plain("connections_total", "counter", "Connections let in.", connections);
        page.family("refusals_total", "counter", "Connections not let in, by reason.");
        for (refusal, counter) in Refusal::ALL.iter().zip(&self.refused) {
            page.labelled("refusals_total", "code", refusal.code(), counter.count());
        }
        let help = "Connections closed because a rule was broken on them.";
        page.plain("offences_total", "counter", help, self.offences.count());
        let help = "Connections closed because their reader took nothing.";
        page.plain("stalled_total", "counter", help, self.stalled.count());
        let help = "TLS handshakes that failed or took too long.";
        page.plain("tls_failures_total", "counter", help, self.tls_failures.count());
        page.plain("bytes_in_total", "counter", "Bytes read.", self.bytes_in.count());
        page.plain("bytes_out_total", "counter", "Bytes written.", self.bytes_out.count());
        page.family("responses_total", "counter", "Answers over HTTP, by class of status.");
        for (counter, class) in self.responses.iter().zip(["1xx", "2xx", "3xx", "4xx", "5xx"]) {
            page.labelled("responses_total", "class", class, counter.count());
        }
        let members = self.members.load(Ordering::Relaxed);
        page.plain("members", "gauge", "Accounts whose posts are kept.", members);
        let help = "Members of whom nobody was here for too long.";
        page.plain("members_expired_total", "counter", help, self.expired.count());
        let help = "Accounts of guests whose remains were dropped after a start.";
        page.plain("swept_total", "counter", help, self.swept.count());
        page.sockets(now.tally);
        page.store(now.shelf);
        page.0
    }
}

/// The text being written; every name begins with `effigy_hub_`.
#[derive(Default)]
struct Page(String);

impl Page {
    fn sockets(&mut self, tally: &Tally) {
        for (name, kind, help, count) in [
            ("sockets_open", "gauge", "WebSockets open now.", tally.sockets.count()),
            ("sockets_total", "counter", "WebSockets opened.", tally.sockets_total.count()),
            ("sessions_open", "gauge", "Sessions open now.", tally.sessions.count()),
            ("sessions_total", "counter", "Sessions opened.", tally.sessions_total.count()),
            ("messages_in_total", "counter", "Messages received.", tally.messages_in.count()),
            ("messages_out_total", "counter", "Messages sent.", tally.messages_out.count()),
            ("message_bytes_in_total", "counter", "Their bytes.", tally.bytes_in.count()),
            ("message_bytes_out_total", "counter", "Their bytes.", tally.bytes_out.count()),
            ("throttled_total", "counter", "Messages that had to wait.", tally.throttled.count()),
            ("oversize_total", "counter", "Closed for a frame too long.", tally.oversize.count()),
            ("silent_total", "counter", "Closed without a sign of life.", tally.silent.count()),
            ("slow_total", "counter", "Closed for reading too slowly.", tally.slow.count()),
        ] {
            self.plain(name, kind, help, count);
        }
        self.family("errors_told_total", "counter", "Errors told to peers, by code.");
        for (code, count) in tally.refusals() {
            self.labelled("errors_told_total", "code", code, count);
        }
    }

    fn store(&mut self, shelf: &ShelfState) {
        self.plain("entries", "gauge", "Entries stored.", shelf.entries());
        self.plain("blobs", "gauge", "Blobs stored.", shelf.blobs());
        let help = "1 while the disk is full: nothing new is kept.";
        self.plain("store_full", "gauge", help, u64::from(shelf.is_full()));
        self.plain("store_bytes", "gauge", "Size of the store's file.", shelf.bytes());
        let help = "Reads and writes that failed.";
        self.plain("store_failures_total", "counter", help, shelf.failures());
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.0, "# HELP effigy_hub_{name} {help}");
        let _ = writeln!(self.0, "# TYPE effigy_hub_{name} {kind}");
    }

    fn labelled(&mut self, name: &str, label: &str, value: &str, count: u64) {
        let _ = writeln!(self.0, "effigy_hub_{name}{{{label}=\"{value}\"}} {count}");
    }

    fn plain(&mut self, name: &str, kind: &str, help: &str, count: u64) {
        self.family(name, kind, help);
        let _ = writeln!(self.0, "effigy_hub_{name} {count}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_comment_or_a_sample() {
        let metrics = Metrics::default();
        metrics.refuse(Refusal::Full);
        metrics.respond(404);
        metrics.respond(999);
        metrics.respond(0);
        let (shelf, tally) = (ShelfState::default(), Tally::default());
        let now = Now { n_open: 3, shelf: &shelf, store_ok: true, tally: &tally, uptime: 7 };
        let text = metrics.render(&now);
        for line in text.lines() {
            let is_sample = line
                .strip_prefix("effigy_hub_")
                .and_then(|rest| rest.rsplit_once(' '))
                .is_some_and(|(_, value)| value.parse::<u64>().is_ok());
            assert!(is_sample || line.starts_with("# "), "{line}");
        }
        for sample in [
            "effigy_hub_connections_open 3",
            "effigy_hub_refusals_total{code=\"full\"} 1",
            "effigy_hub_refusals_total{code=\"crowded\"} 0",
            "effigy_hub_errors_told_total{code=\"too_much\"} 0",
            "effigy_hub_sessions_open 0",
            "effigy_hub_entries 0",
            "effigy_hub_responses_total{class=\"4xx\"} 1",
            "effigy_hub_responses_total{class=\"1xx\"} 0",
        ] {
            assert!(text.lines().any(|line| line == sample), "{sample} in\n{text}");
        }
    }
}
