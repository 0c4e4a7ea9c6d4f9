//! The beginning of a session: asking a peer how far it is in what is replicated here, for as few
//! bytes as what both remember allows.
//!
//! - Who was met before is asked what changed since the mark it told then.
//! - Two nodes with many feeds each compare summaries of all of them, and reconcile.
//! - Everybody else is sent a list, and asked for a mark afterwards.

use std::collections::BTreeSet;

use effigy_core::{Cid, Identity, Span};
use effigy_store::{Batch, Key, Table};

use super::Node;
use super::heads::WATCHES;
use super::met::{Met, prefix};
use super::restore::RestoreError;
use super::state::{Conn, Held, Later, Question, Remote, Service, Watches};
use crate::api::HolderKind;
use crate::io::Link;
use crate::message::{ErrorCode, LIST, Mark, Message, Summary, WatchName, WireHead, lists};

/// How long a node that is asked by list waits for the other side to show how it wants to be asked.
const SHOW: Span = Span::seconds(10);
/// How long after a list was sent it is named, so that it can be remembered: it may still grow.
const NAME: Span = Span::seconds(1);
/// How often a mark is kept while it moves. What is lost by a crash is told once more.
const KEEP: Span = Span::minutes(1);
/// How soon the first mark of a session is kept.
const KEEP_FIRST: Span = Span::seconds(1);
/// Most peers that a hub remembers to have met, and most that a person's device does, which remembers
/// more of each.
pub(super) const MET: usize = 16_384;
pub(super) const MET_BY_PERSON: usize = 512;
/// Of fewer feeds a list is as short as a summary and what follows from it.
const FEW: usize = 64;

/// Where it rests what is remembered of somebody.
fn met_key(peer: &Identity) -> Key {
    Key::new(Table::Peers, [b"met/".as_slice(), peer.bytes()].concat())
}

pub(super) fn watching_key() -> Key {
    Key::new(Table::Meta, b"watching".as_slice())
}

/// What a peer says has changed.
pub(super) struct Told {
    pub gone: Vec<Identity>,
    pub heads: Vec<WireHead>,
    pub mark: Mark,
    pub more: bool,
    pub request: u32,
}

impl Node {
    /// A session opened: says what this node does, and asks at once whoever was met before.
    pub(super) fn begin_talk(&mut self, link: Link) {
        let mut services = vec![
            Service::Blobs,
            Service::Changes,
            Service::Entries,
            Service::Find,
            Service::Heads,
            Service::Reconcile,
        ];
        #[cfg(feature = "negentropy")]
        services.push(Service::Negentropy);
        if self.is_hub() {
            services.push(Service::Signalling);
        }
        let services = services.into_iter().map(|service| service.name().to_owned()).collect();
        let feeds = (self.tracked.len() > FEW).then(|| self.summary());
        let last = self.marks.last;
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.told = feeds.map(|feeds| (feeds, last));
        }
        self.send(link, &Message::Provides { feeds, services });
        self.ask_soon(link);
        if !self.is_hub() {
            self.ask_changes(link);
        }
    }

    /// Asks a peer after a moment, if by then it has not shown how it wants to be asked.
    pub(super) fn ask_soon(&mut self, link: Link) {
        self.index.later.arm((link, Later::Ask), self.now.after(SHOW));
    }

    /// A peer says what it is willing to do.
    pub(super) fn provided(&mut self, link: Link, services: &[String], feeds: Option<Summary>) {
        let Some(conn) = self.links.get_mut(&link) else { return };
        if conn.talk.services.is_some() {
            self.fault(link, 0, ErrorCode::Forbidden);
            return;
        }
        conn.talk.services = Some(Service::of(services));
        conn.talk.theirs = feeds;
        let asked = conn.talk.question != Question::None;
        let by_list = !self.serves(link, Service::Changes)
            || (!self.are_alike(link)
                && !asked
                && !self.begin_reconciling(link)
                && (!self.is_hub() || !self.was_met(link)));
        if by_list {
            self.ask_by_list(link);
        }
        self.find_gaps(link);
    }

    /// The first thing that a peer says is something else: so it does only what everybody does.
    pub(super) fn provides_nothing(&mut self, link: Link) {
        let Some(conn) = self.links.get(&link) else { return };
        if conn.talk.services.is_none() {
            let basic = ["blobs", "entries", "heads"].map(str::to_owned);
            self.provided(link, &basic, None);
        }
    }

    /// A peer asks in a way of its own: who waited for it to begin a reconciliation waits no longer.
    pub(super) fn peer_asks_by_list(&mut self, link: Link) {
        let waits = self.links.get(&link).is_some_and(|conn| conn.talk.reconciling.is_none());
        if waits && !self.is_hub() {
            self.peer_is_known(link);
        }
    }

    /// Whether a mark of a peer is known from a session before.
    fn was_met(&self, link: Link) -> bool {
        let peer = self.links.get(&link).and_then(Conn::peer);
        peer.and_then(|peer| self.met.get(&peer)).is_some_and(|met| met.mark.is_some())
    }

    /// All that a peer watches is known: it is asked, if it was not.
    pub(super) fn peer_is_known(&mut self, link: Link) {
        let question = self.links.get(&link).map(|conn| conn.talk.question);
        if question == Some(Question::None) && !self.ask_changes(link) {
            self.ask_by_list(link);
        }
    }

    /// Asks a peer that was met before what changed since. Tells whether it was.
    fn ask_changes(&mut self, link: Link) -> bool {
        let Some(conn) = self.links.get(&link) else { return false };
        let Some(peer) = conn.peer() else { return false };
        let Some(mark) = self.met.get(&peer).and_then(|met| met.mark) else { return false };
        let about = self.wanted_of(conn);
        let watch = self.name_list(&peer, &about);
        let request = self.request();
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.about = about.into_iter().collect();
            conn.talk.question = Question::Changes { request, since: mark.1 };
        }
        self.send(link, &Message::GetChanges { request, since: Some(mark), watch });
        true
    }

    /// Asks a peer for the heads of all that is replicated here and concerns it.
    pub(super) fn ask_by_list(&mut self, link: Link) {
        let Some(conn) = self.links.get_mut(&link) else { return };
        conn.talk.question = Question::List;
        let Some(conn) = self.links.get(&link) else { return };
        let about = self.wanted_of(conn);
        self.ask_heads_of(link, &about);
        self.name_later(link);
    }

    /// Asks a peer how far it is in these. A hub keeps many feeds, and asks nobody but those whom a
    /// feed concerns.
    pub(super) fn ask_heads_of(&mut self, link: Link, feeds: &[Identity]) {
        let Some(conn) = self.links.get(&link) else { return };
        let concerned = |feed: &&Identity| {
            self.tracked.get(feed).is_some_and(|synod| self.concerns(conn, synod))
        };
        let (known, new): (Vec<Identity>, Vec<Identity>) =
            feeds.iter().filter(concerned).partition(|feed| conn.talk.about.contains(feed));
        let room = WATCHES.saturating_sub(conn.talk.about.len());
        let asked: Vec<Identity> = known.into_iter().chain(new.into_iter().take(room)).collect();
        if asked.is_empty() {
            return;
        }
        let all = conn.talk.all;
        for identities in lists(&asked) {
            self.send(link, &Message::GetHeads { identities });
        }
        if let Some(conn) = self.links.get_mut(&link).filter(|_| !all) {
            conn.talk.about.extend(asked);
        }
        self.name_later(link);
    }

    /// What was just asked for is to be remembered by the peer, once it stays the same for a moment.
    pub(super) fn name_later(&mut self, link: Link) {
        if self.serves(link, Service::Changes) {
            self.index.later.disarm((link, Later::Name));
            self.index.later.arm((link, Later::Name), self.now.after(NAME));
        }
    }

    /// Feeds that are replicated from now on: everybody is asked for them.
    pub(super) fn ask_everybody(&mut self, feeds: &[Identity]) {
        let owners: Vec<Identity> =
            feeds.iter().filter_map(|feed| self.tracked.get(feed)).copied().collect();
        for link in self.concerned(&owners) {
            let asked = self.links.get(&link).map(|conn| conn.talk.question);
            if asked.is_some_and(|question| question != Question::None) {
                self.ask_heads_of(link, feeds);
            }
        }
    }

    /// Feeds that are replicated no longer: nobody has to tell of them.
    pub(super) fn unask_everybody(&mut self, feeds: &[Identity]) {
        if !feeds.is_empty() {
            self.open_links().into_iter().for_each(|link| self.unask(link, feeds));
        }
    }

    /// A peer need not tell any more of those of these that do not concern it.
    pub(super) fn unask(&mut self, link: Link, feeds: &[Identity]) {
        let Some(conn) = self.links.get(&link) else { return };
        let concerned = |feed: &Identity| {
            self.tracked.get(feed).is_some_and(|synod| self.concerns(conn, synod))
        };
        let asked: Vec<Identity> = feeds
            .iter()
            .filter(|feed| conn.talk.about.contains(feed) && !concerned(feed))
            .copied()
            .collect();
        if asked.is_empty() {
            return;
        }
        if let Some(conn) = self.links.get_mut(&link) {
            asked.iter().for_each(|feed| {
                conn.talk.about.remove(feed);
            });
        }
        if self.serves(link, Service::Changes) {
            for identities in lists(&asked) {
                self.send(link, &Message::Unwatch { identities });
            }
            self.name_later(link);
        }
    }

    /// A peer asks for feeds: who wants to hear of one may have more of it.
    pub(super) fn asked_by(&mut self, link: Link, feeds: &[Identity]) {
        let Some(conn) = self.links.get(&link) else { return };
        let wait = conn.talk.question == Question::None
            && (conn.talk.services.is_none() || self.serves(link, Service::Changes));
        if !wait {
            self.ask_heads_of(link, feeds);
        }
    }

    /// The name of a list of feeds, as only this device can make it: another one for each peer.
    fn name_list(&mut self, peer: &Identity, feeds: &[Identity]) -> WatchName {
        let secret = self.watching.unwrap_or_else(|| {
            let secret = self.random.bytes();
            self.watching = Some(secret);
            self.save(Batch::new().put(watching_key(), secret.as_slice()));
            secret
        });
        let mut bytes = [b"effigy/watch/v1\0".as_slice(), &secret, peer.bytes()].concat();
        feeds.iter().for_each(|feed| bytes.extend_from_slice(feed.bytes()));
        WatchName(Cid::of(&bytes).digest().first_chunk().copied().unwrap_or_default())
    }

    /// Does what was left for later on connections.
    pub(super) fn do_later(&mut self) {
        for (link, what) in self.index.later.due(self.now) {
            match what {
                Later::Ask => {
                    self.provides_nothing(link);
                    self.peer_is_known(link);
                }
                Later::Name => self.ask_mark(link),
                Later::Keep => self.keep_mark(link),
                Later::Presence => self.announce_presence(link),
                Later::Account(request) => self.account_late(link, request),
            }
        }
    }

    /// Has a peer remember what it was asked for, and tell a mark.
    fn ask_mark(&mut self, link: Link) {
        let Some(conn) = self.links.get(&link) else { return };
        let Some(peer) = conn.peer() else { return };
        let about: Vec<Identity> = conn.talk.about.iter().copied().collect();
        let watch = self.name_list(&peer, &about);
        let request = self.request();
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.question = Question::Mark { request };
        }
        self.send(link, &Message::GetChanges { request, since: None, watch });
    }

    /// A peer tells what changed.
    pub(super) fn changes_told(&mut self, link: Link, told: &Told) {
        let Told { gone, heads, mark, more, request } = told;
        let (mark, more, request) = (*mark, *more, *request);
        let Some(conn) = self.links.get(&link) else { return };
        let (question, peer) = (conn.talk.question, conn.peer());
        if heads.len().saturating_add(gone.len()) > LIST {
            self.fault(link, request, ErrorCode::TooMuch);
            return;
        }
        let asked = match question {
            Question::Changes { request: asked, .. } | Question::Mark { request: asked } => asked,
            _ => 0,
        };
        if request != 0 && request != asked {
            self.fault(link, request, ErrorCode::Forbidden);
            return;
        }
        self.told_heads(link, heads);
        for feed in gone {
            if let (Some(held), Some(peer)) = (self.feeds.get_mut(feed), peer) {
                self.status_changed |= held.remote.remove(&peer).is_some();
            }
        }
        if request == 0 {
            // Before the first answer there may be changes before these that were not told.
            if question == Question::Settled {
                self.reach_mark(link, mark);
            }
            return;
        }
        if let Question::Changes { since, .. } = question {
            if more && mark.1 > since {
                self.ask_on(link, mark);
                return;
            }
            self.holds_on(link);
        }
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.question = Question::Settled;
        }
        self.reach_mark(link, mark);
    }

    /// Asks for the next page.
    fn ask_on(&mut self, link: Link, mark: Mark) {
        let Some(conn) = self.links.get(&link) else { return };
        let Some(peer) = conn.peer() else { return };
        let about: Vec<Identity> = conn.talk.about.iter().copied().collect();
        let watch = self.name_list(&peer, &about);
        let request = self.request();
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.question = Question::Changes { request, since: mark.1 };
        }
        self.send(link, &Message::GetChanges { request, since: Some(mark), watch });
    }

    /// What a peer said before and has not told anew still holds.
    fn holds_on(&mut self, link: Link) {
        let Some(conn) = self.links.get(&link) else { return };
        let Some(peer) = conn.peer() else { return };
        for feed in &conn.talk.about {
            let held = self.feeds.get_mut(feed);
            if let Some(remote) = held.and_then(|held| held.remote.get_mut(&peer)) {
                remote.session = Some(link);
                remote.spent = false;
            }
        }
        self.status_changed = true;
    }

    /// A peer has told all that changed up to a mark.
    fn reach_mark(&mut self, link: Link, mark: Mark) {
        let now = self.now;
        let Some(conn) = self.links.get_mut(&link) else { return };
        conn.talk.mark = Some(mark);
        if conn.talk.kept == Some(mark) {
            return;
        }
        let wait = if conn.talk.kept.is_none() { KEEP_FIRST } else { KEEP };
        self.index.later.arm((link, Later::Keep), now.after(wait));
    }

    /// Keeps the mark up to which all is here that a peer told, so that the next session begins there.
    pub(super) fn keep_mark(&mut self, link: Link) {
        let Some(conn) = self.links.get(&link) else { return };
        let (Some(peer), Some(mark)) = (conn.peer(), conn.talk.mark) else { return };
        if conn.talk.kept == Some(mark) || conn.talk.all || !self.keeps_for(conn) {
            return;
        }
        let kind = self.kind_of(conn);
        let told = conn.talk.about.iter().filter_map(|feed| self.feeds.get(feed));
        let lacks = |held: &Held| held.remote.get(&peer).is_some_and(|remote| held.lacks(remote));
        if told.clone().any(lacks) {
            // Not yet: who breaks off here is told of it again.
            self.index.later.arm((link, Later::Keep), self.now.after(KEEP));
            return;
        }
        let agrees =
            |held: &&Held| held.remote.get(&peer).is_some_and(|remote| held.agrees(&remote.head));
        let agrees = if self.is_hub() {
            BTreeSet::new()
        } else {
            told.filter(agrees).map(|held| prefix(&held.feed.identity())).collect()
        };
        let synod = self.account_of(conn);
        let met =
            Met { kind, synod, mark: Some(mark), ours: self.marks.last, at: self.clock, agrees };
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.kept = Some(mark);
        }
        self.save_loosely(Batch::new().put(met_key(&peer), met.to_bytes()));
        self.met.insert(peer, met);
        let most = if self.is_hub() { MET } else { MET_BY_PERSON };
        if self.met.len() > most {
            let oldest = self.met.iter().min_by_key(|(_, met)| met.at).map(|(peer, _)| *peer);
            if let Some(oldest) = oldest {
                self.forget_met(&oldest);
            }
        }
    }

    /// What somebody is to this node.
    pub(super) fn kind_of(&self, conn: &Conn) -> HolderKind {
        match self.account_of(conn) {
            None => HolderKind::Hub,
            Some(synod) if Some(synod) == self.my_synod() => HolderKind::OwnDevice,
            Some(_) => HolderKind::Friend,
        }
    }

    pub(super) fn forget_met(&mut self, peer: &Identity) {
        if self.met.remove(peer).is_some() {
            self.save_loosely(Batch::new().delete(met_key(peer)));
        }
    }

    pub(super) fn restore_met(&mut self, key: &[u8], value: &[u8]) -> Result<(), RestoreError> {
        let peer = key.try_into().map(Identity::from_bytes).map_err(|_| RestoreError)?;
        self.met.insert(peer, Met::from_bytes(value).ok_or(RestoreError)?);
        Ok(())
    }

    /// What those said who were met before, as far as nothing has changed here since.
    pub(super) fn recall_met(&mut self) {
        for (peer, met) in &self.met {
            for (feed, held) in &mut self.feeds {
                let same = met.agrees_in(feed, held.changed);
                if let Some(head) = held.wire_head().filter(|_| same) {
                    let (session, since) = (None, self.now);
                    let remote = Remote { head, spent: false, session, since, stranger: false };
                    held.remote.insert(*peer, remote);
                }
            }
        }
    }

    /// A peer does not know what it was asked: the list is sent.
    pub(super) fn question_refused(&mut self, link: Link, about: u32) -> bool {
        let Some(conn) = self.links.get_mut(&link) else { return false };
        match conn.talk.question {
            Question::Changes { request, .. } if request == about => {
                conn.talk.about.clear();
                conn.talk.question = Question::None;
                // Who accepted does not wait: the dialler may have been asked nothing it had to refuse.
                if !conn.dialled || !self.begin_reconciling(link) {
                    self.ask_by_list(link);
                }
                true
            }
            Question::Mark { request } if request == about => {
                conn.talk.question = Question::List;
                true
            }
            _ => false,
        }
    }

    /// What the peer watches: all that is here but these.
    pub(super) fn watch_all_but(&mut self, link: Link, but: &BTreeSet<Identity>) {
        let watches = if self.tracked.len() <= WATCHES {
            Watches::Listed(
                self.tracked.keys().filter(|feed| !but.contains(feed)).copied().collect(),
            )
        } else {
            Watches::AllBut(but.clone())
        };
        self.set_watches(link, watches);
    }
}
