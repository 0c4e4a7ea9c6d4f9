//! Comparing all feeds by negentropy: slower and for more bytes than by a sketch, but it names every
//! item in full, so that nobody can hide one behind another. Only after a sketch was refused.

use std::collections::BTreeSet;
use std::fmt;

use effigy_core::{Cid, Identity};
use negentropy::{Id, Negentropy, NegentropyStorageVector};

use super::Node;
use super::reconciling::RECONCILING;
use super::state::{Conn, Reconciling, Step};
use crate::io::Link;
use crate::message::{ErrorCode, Message};

/// Most bytes of a step.
const STEP_BYTES: u64 = 60_000;
/// Most steps: each finds some thousand of what differs.
const STEPS: u32 = 64;
/// Most items that may differ: as many as one message names. Beyond, lists are as good.
const DIFFERING: usize = 8_000;

/// An exchange on one connection.
pub(super) struct Exchange {
    items: Box<Negentropy<'static, NegentropyStorageVector>>,
    differing: BTreeSet<Cid>,
    steps: u32,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exchange({} steps)", self.steps)
    }
}

impl Node {
    /// All feeds as negentropy takes them: by the clock of their newest entry, so that what moved lately
    /// stands together.
    fn exchange(&self) -> Option<Exchange> {
        let mut storage = NegentropyStorageVector::with_capacity(self.items.len());
        for (state, feed) in self.items.iter() {
            let clock = self.feeds.get(feed).map_or(0, |held| held.newest);
            storage.insert(clock, Id::from_byte_array(*state.digest())).ok()?;
        }
        storage.seal().ok()?;
        let items = Box::new(Negentropy::owned(storage, STEP_BYTES).ok()?);
        Some(Exchange { items, differing: BTreeSet::new(), steps: 0 })
    }

    /// Begins: the dialler does.
    pub(super) fn open_negentropy(&mut self, link: Link) {
        let request = self.request();
        let Some(mut exchange) = self.exchange() else { return };
        let Ok(bytes) = exchange.items.initiate() else { return };
        self.hold_exchange(link, request, exchange, true);
        self.step(link, request, bytes);
    }

    fn hold_exchange(&mut self, link: Link, request: u32, exchange: Exchange, ours: bool) {
        let (mark, sums, root) = (self.marks.last, self.sums, self.items.root());
        let (symbols, step) = (Vec::new(), Step::Negentropy(exchange));
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.reconciling =
                Some(Reconciling { request, ours, mark, sums, root, sent: 0, symbols, step });
        }
    }

    fn step(&mut self, link: Link, request: u32, bytes: Vec<u8>) {
        if let Some(conn) = self.links.get_mut(&link) {
            conn.in_flight = conn.in_flight.saturating_add(1);
        }
        self.send(link, &Message::Negentropy { bytes, request });
    }

    /// A step of the other side.
    pub(super) fn negentropy_came(&mut self, link: Link, request: u32, bytes: &[u8]) {
        let state = self.links.get(&link).and_then(|conn| conn.talk.reconciling.as_ref());
        match state.map(|state| (&state.step, state.ours && state.request == request)) {
            Some((Step::Negentropy(_), true)) => self.go_on(link, request, bytes),
            Some((Step::Negentropy(_), false)) => self.answer_step(link, request, bytes),
            // Once, and only after a sketch did not do.
            Some((Step::Done, _)) if self.exchanges() < RECONCILING => {
                self.sum_up();
                if let Some(exchange) = self.exchange() {
                    self.hold_exchange(link, request, exchange, false);
                    self.answer_step(link, request, bytes);
                }
            }
            _ => self.fault(link, request, ErrorCode::Forbidden),
        }
    }

    fn exchanges(&self) -> usize {
        let exchanging = |conn: &&Conn| {
            let state = conn.talk.reconciling.as_ref();
            state.is_some_and(|state| matches!(state.step, Step::Negentropy(_)))
        };
        self.links.values().filter(exchanging).count()
    }

    fn exchange_of(&mut self, link: Link, request: u32) -> Option<&mut Exchange> {
        let state = self.links.get_mut(&link)?.talk.reconciling.as_mut()?;
        match &mut state.step {
            Step::Negentropy(exchange) if state.request == request => Some(exchange),
            _ => None,
        }
    }

    fn answer_step(&mut self, link: Link, request: u32, bytes: &[u8]) {
        let answer = self.exchange_of(link, request).and_then(|exchange| {
            exchange.steps = exchange.steps.saturating_add(1);
            (exchange.steps <= STEPS).then(|| exchange.items.reconcile(bytes).ok()).flatten()
        });
        match answer {
            Some(answer) => self.step(link, request, answer),
            None => self.give_up_exchange(link, request),
        }
    }

    fn go_on(&mut self, link: Link, request: u32, bytes: &[u8]) {
        let Some(exchange) = self.exchange_of(link, request) else { return };
        exchange.steps = exchange.steps.saturating_add(1);
        let (mut here, mut there) = (Vec::new(), Vec::new());
        let next = exchange.items.reconcile_with_ids(bytes, &mut here, &mut there);
        exchange.differing.extend(here.iter().chain(&there).map(|id| Cid::from_digest(**id)));
        let few = exchange.differing.len() <= DIFFERING && exchange.steps <= STEPS;
        match next {
            Ok(Some(step)) if few => self.step(link, request, step),
            Ok(None) if few => {
                let differing = std::mem::take(&mut exchange.differing);
                self.finish_exchange(link, request, differing);
            }
            _ => self.give_up_exchange(link, request),
        }
    }

    fn finish_exchange(&mut self, link: Link, request: u32, differing: BTreeSet<Cid>) {
        let states: Vec<Cid> = differing.iter().copied().collect();
        if let Some(conn) = self.links.get_mut(&link) {
            conn.in_flight = conn.in_flight.saturating_add(1);
        }
        self.send(link, &Message::States { request, states });
        self.end_exchange(link, &differing);
    }

    /// The other side has made out what differs. Tells whether these are its states.
    pub(super) fn exchanged(&mut self, link: Link, request: u32, states: &[Cid]) -> bool {
        let found = self.exchange_of(link, request).is_some();
        if found {
            self.end_exchange(link, &states.iter().copied().collect());
        }
        found
    }

    fn end_exchange(&mut self, link: Link, differing: &BTreeSet<Cid>) {
        let state = self.links.get_mut(&link).and_then(|conn| conn.talk.reconciling.as_mut());
        let Some(state) = state else { return };
        state.step = Step::Done;
        let mark = state.mark;
        let here: BTreeSet<Identity> = differing
            .iter()
            .filter_map(|state| self.items.find(crate::reconcile::short(state)))
            .filter(|(state, _)| differing.contains(state))
            .map(|(_, feed)| *feed)
            .collect();
        self.agree(link, &here, mark);
        self.ask_rest(link, here.into_iter().collect());
    }

    fn give_up_exchange(&mut self, link: Link, request: u32) {
        let state = self.links.get_mut(&link).and_then(|conn| conn.talk.reconciling.as_mut());
        if let Some(state) = state {
            state.step = Step::Done;
        }
        self.send(link, &Message::Error { about: request, code: ErrorCode::TooMuch });
        self.ask_by_list(link);
    }
}
