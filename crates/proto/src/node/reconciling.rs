//! Comparing all feeds of two nodes that have many in common: a sketch of one side, and what the other
//! makes of it. What both have alike is watched and known from then on without a word; the rest is
//! asked for by list.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Identity};
use effigy_feed::Feed;

use super::Node;
use super::heads::WATCHES;
use super::state::{Conn, Question, Reconciling, Remote, Service, Step};
use crate::io::Link;
use crate::message::{ErrorCode, Message, Summary};
use crate::reconcile::{Root, SYMBOLS, Symbol, first_symbols, next_symbols, peel, short};

/// Most reconciliations of others that go on at a time: each holds up to 350 KiB of symbols. Who comes
/// meanwhile is told to send lists.
pub(super) const RECONCILING: usize = 16;

impl Node {
    /// Brings what is summed up to date with the feeds.
    pub(super) fn sum_up(&mut self) {
        if self.unsummed.is_empty() {
            return;
        }
        self.sums = self.sums.wrapping_add(1);
        for feed in std::mem::take(&mut self.unsummed) {
            if let Some(state) = self.summed.remove(&feed) {
                self.items.remove(&state);
            }
            let Some(synod) = self.tracked.get(&feed) else { continue };
            let state = match self.feeds.get(&feed) {
                Some(held) => held.feed.state(),
                None => {
                    let mut empty = Feed::new(feed);
                    empty.begin(self.generation_of(&feed, synod));
                    empty.state()
                }
            };
            self.items.insert(state, feed);
            self.summed.insert(feed, state);
        }
    }

    /// All feeds that are replicated here, in few bytes.
    pub(super) fn summary(&mut self) -> Summary {
        self.sum_up();
        Summary { count: self.items.len() as u64, root: self.items.root() }
    }

    /// Whether both have just the same, as they told each other: then each watches all of it at the
    /// other, whatever else they ask.
    pub(super) fn are_alike(&mut self, link: Link) -> bool {
        let Some(talk) = self.links.get(&link).map(|conn| &conn.talk) else { return false };
        let (Some((ours, mark)), Some(theirs)) = (talk.told, talk.theirs) else { return false };
        let (alike, asked) = (ours.root == theirs.root, talk.question != Question::None);
        if alike && self.serves(link, Service::Reconcile) {
            self.agree(link, &BTreeSet::new(), mark);
            if !asked {
                // Only a mark is wanted.
                self.ask_rest(link, Vec::new());
            }
        }
        alike
    }

    /// Both have many feeds, and about as many: the dialler sends its sketch, and the acceptor waits
    /// for it. Tells whether that is so.
    pub(super) fn begin_reconciling(&mut self, link: Link) -> bool {
        let Some(conn) = self.links.get(&link) else { return false };
        let (talk, dialled) = (&conn.talk, conn.dialled);
        let (Some((ours, _)), Some(theirs)) = (talk.told, talk.theirs) else { return false };
        let apart = ours.count.abs_diff(theirs.count);
        let close = apart <= ours.count.min(theirs.count) / 2;
        if !close || talk.reconciling.is_some() || !self.serves(link, Service::Reconcile) {
            return false;
        }
        if dialled {
            let request = self.request();
            self.send_sketch(link, request, first_symbols(apart), None);
        }
        true
    }

    /// Sends the first symbols of everything here, up to a count. Of a row with the same root so many
    /// are there already.
    fn send_sketch(&mut self, link: Link, request: u32, count: usize, sent: Option<(Root, usize)>) {
        self.sum_up();
        let (root, mark) = (self.items.root(), self.marks.last);
        let skip = sent.filter(|(before, _)| *before == root).map_or(0, |(_, sent)| sent);
        // A row is no longer than 2^15 symbols.
        let skip = u16::try_from(skip).unwrap_or(0);
        let symbols = self.items.symbols(count).split_off(usize::from(skip).min(count));
        self.send(link, &Message::Sketch { request, root, skip, symbols });
        if let Some(conn) = self.links.get_mut(&link) {
            // It is no piece of a blob, but leaves in the same way.
            conn.in_flight = conn.in_flight.saturating_add(1);
            conn.talk.question = Question::List;
            conn.talk.reconciling = Some(Reconciling {
                request,
                ours: true,
                mark,
                sums: self.sums,
                root,
                sent: count,
                symbols: Vec::new(),
                step: Step::Symbols,
            });
        }
    }

    /// A peer needs a longer row of symbols: the rest of it is sent, or the whole where feeds have moved.
    pub(super) fn symbols_asked(&mut self, link: Link, count: u32, request: u32) {
        let Some(conn) = self.links.get(&link) else { return };
        let (root, sent) = match &conn.talk.reconciling {
            Some(state) if state.ours && state.request == request => (Some(state.root), state.sent),
            _ => (None, 0),
        };
        let count = count as usize;
        // Each time at least twice as many, so that nobody has them sent again and again.
        if sent == 0
            || sent >= SYMBOLS
            || count > SYMBOLS
            || count < sent.saturating_mul(2).min(SYMBOLS)
        {
            self.fault(link, request, ErrorCode::Forbidden);
            return;
        }
        self.send_sketch(link, request, count, root.map(|root| (root, sent)));
    }

    /// A sketch of all that a peer has, or the rest of it.
    pub(super) fn sketch_came(
        &mut self,
        link: Link,
        request: u32,
        root: Root,
        skip: usize,
        symbols: Vec<Symbol>,
    ) {
        let others = self.links.values().filter(|conn| conn.reconciles()).count();
        let Some(conn) = self.links.get_mut(&link) else { return };
        let is_new = conn.talk.reconciling.is_none();
        let Some(symbols) = conn.row(request, root, skip, symbols) else {
            self.refuse_sketch(link, request, ErrorCode::Forbidden);
            return;
        };
        if others >= RECONCILING && is_new {
            self.refuse_sketch(link, request, ErrorCode::TooMuch);
            return;
        }
        self.sum_up();
        let ours = self.items.symbols(symbols.len());
        let state = Reconciling {
            request,
            ours: false,
            mark: self.marks.last,
            sums: self.sums,
            root,
            sent: 0,
            symbols,
            step: Step::Symbols,
        };
        match peel(&state.symbols, &ours) {
            Some(differing) => self.differ(link, state, &differing),
            None => self.ask_more_symbols(link, state, &ours),
        }
    }

    /// The row is too short: asks for a longer one, as long as lists are longer.
    fn ask_more_symbols(&mut self, link: Link, state: Reconciling, ours: &[Symbol]) {
        let (request, length) = (state.request, state.symbols.len());
        let most = SYMBOLS.min(self.items.len().saturating_mul(4).max(first_symbols(0)));
        if length >= most {
            self.refuse_sketch(link, request, ErrorCode::TooMuch);
            return;
        }
        let count = next_symbols(&state.symbols, ours);
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.reconciling = Some(state);
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.send(link, &Message::GetSymbols { count, request });
    }

    /// In these only one of both sides has what it has.
    fn differ(&mut self, link: Link, mut state: Reconciling, differing: &BTreeSet<u64>) {
        let (mut only_here, mut missing) = (Vec::new(), BTreeSet::new());
        for short in differing {
            match self.items.find(*short) {
                Some((_, feed)) => only_here.push(*feed),
                None => {
                    missing.insert(*short);
                }
            }
        }
        let (request, mark) = (state.request, state.mark);
        let names: Vec<u64> = missing.iter().copied().collect();
        self.agree(link, &only_here.iter().copied().collect(), mark);
        state.symbols = Vec::new();
        state.step = Step::States { missing, only_here };
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.question = Question::List;
            conn.talk.reconciling = Some(state);
            conn.in_flight = conn.in_flight.saturating_add(1);
        }
        self.send(link, &Message::Differences { missing: names.clone(), request });
        if names.is_empty() {
            self.states_came(link, request, &[]);
        }
    }

    /// A peer has made out what differs: it lacks these of what is here.
    pub(super) fn differences_came(&mut self, link: Link, request: u32, missing: &[u64]) {
        let state = self.links.get_mut(&link).and_then(|conn| conn.talk.reconciling.as_mut());
        let Some(state) = state.filter(|state| {
            state.ours && state.request == request && matches!(state.step, Step::Symbols)
        }) else {
            self.fault(link, request, ErrorCode::Forbidden);
            return;
        };
        state.step = Step::Done;
        let mark = state.mark;
        let found: BTreeMap<Cid, Identity> = missing
            .iter()
            .filter_map(|short| self.items.find(*short))
            .map(|(state, feed)| (*state, *feed))
            .collect();
        if !missing.is_empty() {
            let states = found.keys().copied().collect();
            self.send(link, &Message::States { request, states });
            if let Some(conn) = self.links.get_mut(&link) {
                conn.in_flight = conn.in_flight.saturating_add(1);
            }
        }
        let differing: BTreeSet<Identity> = found.into_values().collect();
        self.agree(link, &differing, mark);
        self.ask_rest(link, differing.into_iter().collect());
    }

    /// The full hashes of what is missing here: now it shows whether what was made out is right.
    pub(super) fn states_came(&mut self, link: Link, request: u32, states: &[Cid]) {
        #[cfg(feature = "negentropy")]
        if self.exchanged(link, request, states) {
            return;
        }
        let state = self.links.get_mut(&link).and_then(|conn| conn.talk.reconciling.as_mut());
        let Some(state) = state.filter(|state| !state.ours && state.request == request) else {
            self.fault(link, request, ErrorCode::Forbidden);
            return;
        };
        let Step::States { missing, only_here } = std::mem::replace(&mut state.step, Step::Done)
        else {
            self.fault(link, request, ErrorCode::Forbidden);
            return;
        };
        let (root, sums) = (state.root, state.sums);
        let more: BTreeSet<Cid> = states.iter().copied().collect();
        let named: BTreeSet<u64> = states.iter().map(short).collect();
        let less = only_here.iter().filter_map(|feed| self.summed.get(feed)).copied().collect();
        // What was summed up anew meanwhile is not what was compared: then nobody is to blame.
        let right = named == missing && self.items.root_with(&more, &less) == root;
        if right && sums == self.sums {
            self.ask_rest(link, only_here);
        } else {
            self.refuse_sketch(link, request, ErrorCode::Untrusted);
        }
    }

    /// Not by a sketch: both sides ask in another way.
    fn refuse_sketch(&mut self, link: Link, request: u32, code: ErrorCode) {
        if let Some(conn) = self.links.get_mut(&link)
            && let Some(state) = conn.talk.reconciling.as_mut()
        {
            (state.step, state.symbols) = (Step::Done, Vec::new());
        }
        self.send(link, &Message::Error { about: request, code });
        self.ask_otherwise(link);
    }

    /// A sketch of this side was refused.
    pub(super) fn sketch_refused(&mut self, link: Link, about: u32) -> bool {
        let state = self.links.get_mut(&link).and_then(|conn| conn.talk.reconciling.as_mut());
        let Some(state) = state.filter(|state| state.ours && state.request == about) else {
            return false;
        };
        let by_sketch = matches!(state.step, Step::Symbols | Step::Done) && state.sent > 0;
        state.step = Step::Done;
        if by_sketch {
            self.ask_otherwise(link);
        } else {
            self.ask_by_list(link);
        }
        true
    }

    fn ask_otherwise(&mut self, link: Link) {
        #[cfg(feature = "negentropy")]
        if self.serves(link, Service::Negentropy) && self.tracked.len() > WATCHES {
            let dialled = self.links.get(&link).is_some_and(|conn| conn.dialled);
            if dialled {
                self.open_negentropy(link);
            } else if let Some(conn) = self.links.get_mut(&link) {
                conn.talk.question = Question::None;
                self.ask_soon(link);
            }
            return;
        }
        self.ask_by_list(link);
    }

    /// A step of a reconciliation that is not done here.
    #[cfg(not(feature = "negentropy"))]
    pub(super) fn negentropy_came(&mut self, link: Link, request: u32, _: &[u8]) {
        self.fault(link, request, ErrorCode::Forbidden);
    }

    /// What both sides have alike but for these: each watches it at the other, and holds what the
    /// other holds. What has moved here since the comparison is told.
    pub(super) fn agree(&mut self, link: Link, differing: &BTreeSet<Identity>, mark: u64) {
        let Some(peer) = self.links.get(&link).and_then(Conn::peer) else { return };
        self.watch_all_but(link, differing);
        let stranger = self.links.get(&link).is_none_or(|conn| !self.keeps_for(conn));
        let (now, mut moved) = (self.now, Vec::new());
        let alike = || self.tracked.keys().filter(|feed| !differing.contains(feed));
        for feed in alike() {
            let Some(held) = self.feeds.get_mut(feed) else { continue };
            if held.changed > mark {
                moved.push(*feed);
            } else if let Some(head) = held.wire_head() {
                let (session, spent) = (Some(link), false);
                let remote = Remote { head, spent, session, since: now, stranger };
                held.remote.insert(peer, remote);
            }
        }
        let all = self.tracked.len() > WATCHES;
        let about = if all { BTreeSet::new() } else { alike().copied().collect() };
        if let Some(conn) = self.links.get_mut(&link) {
            (conn.talk.all, conn.talk.about) = (all, about);
        }
        self.tell_heads(link, &moved);
        self.status_changed = true;
    }

    /// Asks for the heads of what differs, as for a list.
    pub(super) fn ask_rest(&mut self, link: Link, differing: Vec<Identity>) {
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.question = Question::List;
        }
        self.ask_heads_of(link, &differing);
        self.name_later(link);
    }
}

impl Conn {
    /// The row of symbols as far as it has come, with these. `None` where they do not follow what came.
    fn row(
        &mut self,
        request: u32,
        root: Root,
        skip: usize,
        symbols: Vec<Symbol>,
    ) -> Option<Vec<Symbol>> {
        let Some(state) = self.talk.reconciling.as_mut() else {
            return (skip == 0).then_some(symbols);
        };
        let goes_on = !state.ours
            && state.request == request
            && matches!(state.step, Step::Symbols)
            && skip.saturating_add(symbols.len()) > state.symbols.len();
        let follows = skip == 0 || (skip == state.symbols.len() && root == state.root);
        if !goes_on || !follows || skip.saturating_add(symbols.len()) > SYMBOLS {
            return None;
        }
        let mut row = std::mem::take(&mut state.symbols);
        row.truncate(skip);
        row.extend(symbols);
        Some(row)
    }

    /// Whether a peer's sketch is being made out.
    fn reconciles(&self) -> bool {
        let state = self.talk.reconciling.as_ref();
        state.is_some_and(|state| !state.ours && !matches!(state.step, Step::Done))
    }
}
