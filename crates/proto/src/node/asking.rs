//! Asking for entries: of whom, how many at a time, and whose word still counts.

use std::cmp::Reverse;

use effigy_core::{Cid, Identity, Span, Time};

use super::Node;
use super::state::{Asking, Conn, Held, Remote};
use crate::api::Path;
use crate::io::Link;
use crate::message::{BATCH, ErrorCode, LIST, Message, Record, WireHead};

/// How long a peer may take to answer, counted from its last answer: it gives one after another.
const PATIENCE: Span = Span::seconds(15);
/// How long a request may wait, however much else the peer answers meanwhile.
const LIMIT: Span = Span::minutes(2);
/// Most requests for entries that wait for one peer's answers.
const ASKING: usize = 8;
/// Most requests of one connection that are remembered after they were given up.
const GIVEN_UP: usize = 64;
/// Most peers of whom broken promises are remembered.
const DOUBTED: usize = 1_000;

impl Node {
    pub(super) fn told_heads(&mut self, link: Link, heads: &[WireHead]) {
        let Some(peer) = self.links.get(&link).and_then(Conn::peer) else { return };
        if heads.len() > LIST {
            self.fault(link, 0, ErrorCode::TooMuch);
            return;
        }
        for head in heads {
            let Some(&synod) = self.tracked.get(&head.identity) else { continue };
            let held = self.held_mut(head.identity, synod);
            // A head only moves forward: an older one is a rollback, or a replay.
            let old_news = held.remote.get(&peer).is_some_and(|known| {
                let (known, told) = (known.head, *head);
                known == told || (told.generation, told.count) < (known.generation, known.count)
            });
            if old_news {
                continue;
            }
            let remote = Remote { head: *head, spent: false };
            let lacks = held.lacks(&remote);
            held.remote.insert(peer, remote);
            if let Some(conn) = self.links.get_mut(&link) {
                conn.told.insert(head.identity);
            }
            self.status_changed = true;
            if Some(head.identity) == self.own_feed() {
                self.note_receipt(link, peer, head);
                self.note_claim(peer, head);
            }
            if lacks {
                self.ask_for(head.identity);
            }
        }
    }

    /// Asks somebody for what is missing of a feed, unless that is under way.
    pub(super) fn ask_for(&mut self, identity: Identity) {
        let Some((link, peer)) = self.best_source(&identity) else { return };
        let Some(conn) = self.links.get_mut(&link) else { return };
        if conn.asking >= ASKING {
            conn.hungry.insert(identity);
            return;
        }
        conn.hungry.remove(&identity);
        conn.asking = conn.asking.saturating_add(1);
        self.stop_asking(identity);
        let request = self.request();
        let since = self.now;
        let Some(held) = self.feeds.get_mut(&identity) else { return };
        if held.walk.peer != Some(peer) {
            held.walk.begin(peer);
        }
        held.asking = Some(Asking { link, peer, request, since });
        self.index.asking.arm(identity, since.after(PATIENCE));
        let after = held.ends();
        let generation = held.feed.generation();
        let limit = BATCH as u32;
        self.send(link, &Message::GetEntries { after, generation, identity, limit, request });
    }

    /// Somebody who has what is missing here: whoever kept most promises, then whoever has most.
    /// Somebody who is being asked is given up only for somebody more trusted.
    fn best_source(&self, identity: &Identity) -> Option<(Link, Identity)> {
        let held = self.feeds.get(identity)?;
        if !self.tracked.contains_key(identity) {
            return None;
        }
        let doubt = |peer: &Identity| self.doubts.get(peer).copied().unwrap_or(0);
        let ahead = held.remote.iter().filter(|(_, remote)| !remote.spent && held.lacks(remote));
        let (peer, _) =
            ahead.min_by_key(|(peer, remote)| (doubt(peer), Reverse(remote.head.count)))?;
        if held.asking.is_some_and(|asking| doubt(&asking.peer) <= doubt(peer)) {
            return None;
        }
        // A direct way before the hub's, where there are both.
        let direct = |link: &Link| self.links.get(link).map(|conn| conn.path == Path::Direct);
        Some((self.index.peers.of(*peer).max_by_key(direct)?, *peer))
    }

    /// Gives up a request that is under way. The answer may still come.
    fn stop_asking(&mut self, identity: Identity) {
        let asking = self.feeds.get_mut(&identity).and_then(|held| held.asking.take());
        let Some(asking) = asking else { return };
        let Some(conn) = self.links.get_mut(&asking.link) else { return };
        conn.asking = conn.asking.saturating_sub(1);
        conn.given_up.insert(asking.request);
        if conn.given_up.len() > GIVEN_UP {
            conn.given_up.pop_first();
        }
    }

    /// Asks a peer for what had to wait because it was asked for so much.
    fn ask_hungry(&mut self, link: Link) {
        while let Some(conn) = self.links.get_mut(&link)
            && conn.asking < ASKING
            && let Some(feed) = conn.hungry.pop_first()
        {
            self.ask_for(feed);
        }
    }

    /// A connection is gone: what was asked of it is asked of others.
    pub(super) fn release_asking(&mut self, link: Link, conn: &Conn, peer: Identity) {
        let others: Vec<Link> = self.index.peers.of(peer).collect();
        let elsewhere = !others.is_empty();
        let mut told = conn.told.clone();
        for other in others {
            let Some(other) = self.links.get_mut(&other) else { continue };
            // What it told on this connection is forgotten with its last one.
            other.told.extend(&conn.told);
            told.extend(&other.told);
        }
        let mut again = conn.hungry.clone();
        for feed in &told {
            let Some(held) = self.feeds.get_mut(feed) else { continue };
            if held.asking.is_some_and(|asking| asking.link == link) {
                held.asking = None;
                again.insert(*feed);
            }
            if !elsewhere {
                held.remote.remove(&peer);
            }
        }
        again.into_iter().for_each(|feed| self.ask_for(feed));
    }

    /// Gives up on requests that were not answered, and asks somebody else.
    pub(super) fn retry_asking(&mut self) {
        let now = self.now;
        for feed in self.index.asking.due(now) {
            let Some(asking) = self.feeds.get(&feed).and_then(|held| held.asking) else { continue };
            let due = self.due(&asking);
            if due > now {
                self.index.asking.arm(feed, due);
                continue;
            }
            self.stop_asking(feed);
            self.doubt(asking.peer);
            self.spend(feed, asking.peer);
            self.ask_for(feed);
            self.ask_hungry(asking.link);
        }
    }

    fn due(&self, asking: &Asking) -> Time {
        let answered = self.links.get(&asking.link).map_or(Time(0), |conn| conn.answered);
        asking.since.after(LIMIT).min(asking.since.max(answered).after(PATIENCE))
    }

    /// A peer broke a promise: others are asked before it.
    fn doubt(&mut self, peer: Identity) {
        if self.doubts.len() >= DOUBTED && !self.doubts.contains_key(&peer) {
            self.doubts.pop_first();
        }
        let doubts = self.doubts.entry(peer).or_insert(0);
        *doubts = doubts.saturating_add(1);
    }

    /// A peer kept a promise.
    fn trust(&mut self, peer: Identity) {
        let Some(doubts) = self.doubts.get_mut(&peer) else { return };
        *doubts = doubts.saturating_sub(1);
        if *doubts == 0 {
            self.doubts.remove(&peer);
        }
    }

    /// A peer has given all that it was willing to give of a feed.
    fn spend(&mut self, feed: Identity, peer: Identity) {
        let Some(held) = self.feeds.get_mut(&feed) else { return };
        held.walk.begin(peer);
        if let Some(remote) = held.remote.get_mut(&peer) {
            remote.spent = true;
        }
    }

    pub(super) fn entries(
        &mut self,
        link: Link,
        identity: Identity,
        records: Vec<Record>,
        more: bool,
        request: u32,
    ) {
        let now = self.now;
        let Some(conn) = self.links.get_mut(&link) else { return };
        let Some(peer) = conn.peer() else { return };
        let held = self.feeds.get_mut(&identity);
        let asking = held.and_then(|held| {
            held.asking.take_if(|asking| asking.link == link && asking.request == request)
        });
        if asking.is_some() {
            conn.asking = conn.asking.saturating_sub(1);
        } else if !conn.given_up.remove(&request) {
            self.fault(link, request, ErrorCode::Forbidden);
            return;
        }
        conn.answered = now;
        let sent: Vec<(Cid, Vec<Cid>)> = records
            .iter()
            .map(|record| (record.entry.id(), record.entry.header().parents.clone()))
            .collect();
        let new = self.arrive(link, identity, records);
        self.judge_answer(identity, peer, &sent, new, more);
        self.ask_for(identity);
        self.ask_hungry(link);
    }

    /// What an answer says of who gave it, and where to go on.
    fn judge_answer(
        &mut self,
        identity: Identity,
        peer: Identity,
        sent: &[(Cid, Vec<Cid>)],
        new: usize,
        more: bool,
    ) {
        if new > 0 {
            self.trust(peer);
        }
        let Some(held) = self.feeds.get_mut(&identity) else { return };
        if new > 0 {
            if let Some(remote) = held.remote.get_mut(&peer) {
                remote.spent = false;
            }
            return;
        }
        held.walk.pass(sent);
        // Whoever sends more of what is known than there is sends the same again and again.
        let endless = held.walk.count > held.feed.len().saturating_add(BATCH);
        if endless {
            self.doubt(peer);
        }
        if endless || !more || sent.is_empty() {
            self.spend(identity, peer);
        }
    }

    /// Something was refused by a peer.
    pub(super) fn refused_by(&mut self, link: Link, about: u32) {
        let asked = |held: &Held| {
            held.asking.filter(|asking| asking.link == link && asking.request == about)
        };
        // Only who was asked for something can refuse it.
        let waits = self.links.get(&link).is_some_and(|conn| conn.asking > 0);
        let mut feeds = self.feeds.iter().filter(|_| waits);
        let found = feeds.find_map(|(feed, held)| Some((*feed, asked(held)?)));
        if let Some((feed, asking)) = found {
            self.stop_asking(feed);
            self.spend(feed, asking.peer);
            self.ask_for(feed);
            self.ask_hungry(link);
        }
        self.fetch_refused(link, about);
    }
}

impl Held {
    /// Whether somebody who said this has something that is missing here.
    fn lacks(&self, remote: &Remote) -> bool {
        let head = &remote.head;
        // The same head over as many entries is the same feed, unless the feed is forked: then it
        // takes asking to know whether the other side has the same branches.
        head.generation == self.feed.generation()
            && (head.count > self.feed.len() as u64
                || !self.feed.contains(&head.id)
                || self.feed.fork().is_some())
    }

    /// What the next answer should go on behind: the ends of what is here, and of what the peer has
    /// sent in vain.
    fn ends(&self) -> Vec<Cid> {
        let mut ends: Vec<Cid> = self.walk.ends.iter().copied().collect();
        for tip in self.feed.tips() {
            if ends.len() < LIST && !ends.contains(&tip) {
                ends.push(tip);
            }
        }
        ends
    }
}
