//! Asking for entries: of whom, how many at a time, and whose word still counts.
//!
//! Of a feed that is one chain, entries are asked for in parts of a batch each, several at once, from
//! whoever has them and is fastest; they are taken in in their order. A part whose peer is slow is
//! asked of a second one, and the first answer counts. A feed with several ends has another order at
//! everybody, so it is asked of one peer, one part after another.

use std::cmp::Reverse;

use effigy_core::{Cid, Identity, Span, Time};
use effigy_feed::planted::{self, Bug};

use super::Node;
use super::state::{Answer, Asking, Conn, Fetch, Held, Part, Remote};
use crate::api::Path;
use crate::io::Link;
use crate::message::{BATCH, ErrorCode, LIST, Message, Record, WireHead};

/// How long a peer may take to answer, counted from its last answer: it gives one after another.
const PATIENCE: Span = Span::seconds(15);
/// How long a request may wait, however much else the peer answers meanwhile.
const LIMIT: Span = Span::minutes(2);
/// How long the part that everything waits for is left to one peer at least, where another has it too.
const HEDGE: Span = Span::seconds(1);
/// What a peer is expected to take for an answer before it has given one, in milliseconds.
const PACE: u64 = 300;
/// Most requests for entries that wait for one peer's answers.
pub(super) const ASKING: usize = 8;
/// Most parts of one feed that are asked for at a time, and most of one peer.
pub(super) const WINDOW: usize = 8;
pub(super) const WINDOW_OF_PEER: usize = 4;
/// Most answers that are kept until those before them have come: 160 KiB each, of all feeds together.
pub(super) const AHEAD: usize = 64;
/// Most requests of one connection that are remembered after they were given up.
pub(super) const GIVEN_UP: usize = 64;
/// Most peers of whom broken promises are remembered.
pub(super) const DOUBTED: usize = 1_000;
/// Most peers of whom it is remembered what they say of one feed.
pub(super) const SAYING: usize = 64;

/// Somebody who has what is missing of a feed.
#[derive(Clone, Copy, Debug)]
struct Source {
    link: Link,
    peer: Identity,
    count: u64,
    doubts: u32,
    stranger: bool,
    /// How long an answer is expected to take, in milliseconds.
    wait: u64,
}

impl Node {
    pub(super) fn told_heads(&mut self, link: Link, heads: &[WireHead]) {
        let Some(conn) = self.links.get(&link) else { return };
        let Some(peer) = conn.peer() else { return };
        let nobody = !self.keeps_for(conn);
        let claimed = conn.claimed();
        if heads.len() > LIST {
            self.fault(link, 0, ErrorCode::TooMuch);
            return;
        }
        let now = self.now;
        for head in heads {
            let Some(&synod) = self.tracked.get(&head.identity) else { continue };
            let is_closed = self.is_closed(&head.identity);
            let held = self.held_mut(head.identity, synod);
            // What somebody has of a removed device beyond what counts is none of its feed.
            if is_closed && !held.feed.contains(&head.id) {
                continue;
            }
            let known = held.remote.get(&peer).copied();
            // In one session a head only moves forward: an older one is a rollback, or a replay.
            let old_news = known.is_some_and(|known| {
                let (old, told) = (known.head, *head);
                let same_session = known.session == Some(link);
                let back = (told.generation, told.count) < (old.generation, old.count);
                same_session && (old == told || back)
            });
            if old_news {
                continue;
            }
            let stranger = nobody && claimed != Some(synod);
            if known.is_none() && held.remote.len() >= SAYING {
                let least = held.remote.iter().min_by_key(|(_, remote)| {
                    (!remote.stranger, remote.session.is_some(), !remote.spent, remote.head.count)
                });
                let least = least.map(|(peer, _)| *peer);
                least.and_then(|least| held.remote.remove(&least));
            }
            let since = known.filter(|known| known.head == *head).map_or(now, |known| known.since);
            let session = Some(link);
            let remote = Remote { head: *head, spent: false, session, since, stranger };
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

    /// Asks for what is missing of a feed, as far as it is not asked for already.
    pub(super) fn ask_for(&mut self, identity: Identity) {
        if self.is_full() {
            return;
        }
        if self.is_closed(&identity) {
            return self.stop_asking(&identity);
        }
        if self.has_enough_of(&identity) {
            self.stop_asking(&identity);
            self.tell_quota(&identity);
            return;
        }
        let sources = self.sources_of(&identity);
        let Some(best) = sources.first() else {
            self.drop_idle_fetch(&identity);
            return;
        };
        self.prefer(&identity, best);
        self.plan(&identity, &sources);
        while let Some(at) = self.unasked(&identity) {
            let Some(source) = self.source_for(&identity, at, &sources) else {
                for source in &sources {
                    if let Some(conn) = self.links.get_mut(&source.link) {
                        conn.hungry.insert(identity);
                    }
                }
                return;
            };
            self.ask_part(&identity, at, source);
        }
    }

    /// Everybody connected who has what is missing here, in the order in which they are asked: whoever
    /// kept most promises, strangers last, then the fastest, then whoever has most.
    fn sources_of(&self, identity: &Identity) -> Vec<Source> {
        let Some(held) = self.feeds.get(identity) else { return Vec::new() };
        if !self.tracked.contains_key(identity) {
            return Vec::new();
        }
        let ahead = held.remote.iter().filter(|(_, remote)| !remote.spent && held.lacks(remote));
        let mut sources: Vec<Source> = ahead
            .filter_map(|(peer, remote)| {
                let (link, conn) = self.way_to(peer)?;
                let doubts = self.doubts.get(peer).copied().unwrap_or(0);
                let wait = conn.pace.unwrap_or(PACE).saturating_mul(conn.asked.len() as u64 + 1);
                let (count, stranger) = (remote.head.count, remote.stranger);
                Some(Source { link, peer: *peer, count, doubts, stranger, wait })
            })
            .collect();
        sources.sort_by_key(|source| (source.trust(), source.wait, Reverse(source.count)));
        sources
    }

    /// The way to a peer: a direct one before a hub's, where there are both, and the newest: an older
    /// one may be half dead.
    pub(super) fn way_to(&self, peer: &Identity) -> Option<(Link, &Conn)> {
        let ways = self.index.peers.of(*peer);
        let ways = ways.filter_map(|link| Some((link, self.links.get(&link)?)));
        ways.max_by_key(|(link, conn)| (conn.path == Path::Direct, *link))
    }

    /// Gives up who is being asked for somebody more trusted.
    fn prefer(&mut self, identity: &Identity, best: &Source) {
        let Some(fetch) = self.fetches.get(identity) else { return };
        let said = self.feeds.get(identity).map(|held| &held.remote);
        let stranger = |peer| said.and_then(|said| said.get(peer)).is_none_or(|said| said.stranger);
        let trust = |peer| (self.doubts.get(peer).copied().unwrap_or(0), stranger(peer));
        let asked = fetch.parts.iter().flat_map(|part| &part.asked);
        let worse: Vec<Asking> =
            asked.filter(|asking| trust(&asking.peer) > best.trust()).copied().collect();
        for asking in worse {
            self.give_up_asking(identity, &asking);
        }
    }

    /// Cuts what is missing of a feed into parts.
    fn plan(&mut self, identity: &Identity, sources: &[Source]) {
        let Some(held) = self.feeds.get(identity) else { return };
        let most = sources.iter().map(|source| source.count).max().unwrap_or(0);
        let missing = most.saturating_sub(held.feed.len() as u64);
        let chain = held.feed.fork().is_none() && held.walk.ends.is_empty();
        let parts = usize::try_from(missing.div_ceil(BATCH as u64)).unwrap_or(WINDOW);
        let parts = if chain { parts.clamp(1, WINDOW) } else { 1 };
        let fetch = self.fetches.entry(*identity).or_default();
        while fetch.parts.len() < parts {
            let first = fetch
                .parts
                .back()
                .map_or(fetch.taken, |part| part.first.saturating_add(part.count));
            let count = BATCH as u32;
            fetch.parts.push_back(Part { first, count, asked: Vec::new(), answer: None });
        }
    }

    /// The first part of a feed that nobody is asked for.
    fn unasked(&self, identity: &Identity) -> Option<usize> {
        let parts = &self.fetches.get(identity)?.parts;
        parts.iter().position(|part| part.asked.is_empty() && part.answer.is_none())
    }

    /// Somebody who has a part and has time for it.
    fn source_for(&self, identity: &Identity, at: usize, sources: &[Source]) -> Option<Source> {
        let fetch = self.fetches.get(identity)?;
        let part = fetch.parts.get(at)?;
        let held = self.feeds.get(identity)?.feed.len() as u64;
        let before = u64::from(part.first.saturating_sub(fetch.taken));
        let fits = |source: &&Source| {
            let conn = self.links.get(&source.link);
            let of_feed = fetch.parts.iter().flat_map(|part| &part.asked);
            let busy = of_feed.filter(|asking| asking.link == source.link).count();
            conn.is_some_and(|conn| conn.asked.len() < ASKING)
                && busy < WINDOW_OF_PEER
                && (at == 0 || source.count > held.saturating_add(before))
                && !part.asked.iter().any(|asking| asking.peer == source.peer)
        };
        // Each answer that is under way makes the next one later: so the parts are spread.
        let wait = |source: &&Source| {
            let conn = self.links.get(&source.link);
            conn.map_or(u64::MAX, |conn| {
                conn.pace.unwrap_or(PACE).saturating_mul(conn.asked.len() as u64 + 1)
            })
        };
        let least = sources.iter().filter(fits).map(Source::trust).min()?;
        let trusted = sources.iter().filter(fits).filter(|source| source.trust() == least);
        trusted.min_by_key(wait).copied()
    }

    fn ask_part(&mut self, identity: &Identity, at: usize, source: Source) {
        let (request, since) = (self.request(), self.now);
        let Source { link, peer, .. } = source;
        let Some(held) = self.feeds.get_mut(identity) else { return };
        if held.walk.peer != Some(peer) && at == 0 {
            held.walk.begin(peer);
        }
        let (after, generation) = (held.ends(), held.feed.generation());
        let usual = self.links.get(&link).and_then(|conn| conn.pace).unwrap_or(PACE);
        let hedge = Some(since.after(Span(usual.saturating_mul(3)).max(HEDGE)));
        let Some(fetch) = self.fetches.get_mut(identity) else { return };
        let taken = fetch.taken;
        let Some(part) = fetch.parts.get_mut(at) else { return };
        part.asked.push(Asking { link, peer, request, since, hedge });
        let (skip, limit) = (part.first.saturating_sub(taken), part.count);
        if let Some(conn) = self.links.get_mut(&link) {
            conn.hungry.remove(identity);
            conn.asked.insert(request, *identity);
        }
        let identity = *identity;
        self.send(link, &Message::GetEntries { after, generation, identity, limit, request, skip });
    }

    /// Forgets a fetch in which nobody is asked for anything.
    fn drop_idle_fetch(&mut self, identity: &Identity) {
        let idle = |fetch: &Fetch| fetch.parts.iter().all(|part| part.asked.is_empty());
        if self.fetches.get(identity).is_some_and(idle) {
            self.fetches.remove(identity);
        }
    }

    /// Gives up everything that is asked for of a feed. Answers may still come.
    pub(super) fn stop_asking(&mut self, identity: &Identity) {
        let Some(fetch) = self.fetches.remove(identity) else { return };
        for asking in fetch.parts.iter().flat_map(|part| &part.asked) {
            self.give_up_request(asking);
        }
    }

    /// Gives up one request. The answer may still come.
    fn give_up_asking(&mut self, identity: &Identity, asking: &Asking) {
        if let Some(fetch) = self.fetches.get_mut(identity) {
            for part in &mut fetch.parts {
                part.asked.retain(|other| other.request != asking.request);
            }
        }
        self.give_up_request(asking);
    }

    fn give_up_request(&mut self, asking: &Asking) {
        let Some(conn) = self.links.get_mut(&asking.link) else { return };
        if conn.asked.remove(&asking.request).is_none() {
            return;
        }
        conn.given_up.insert(asking.request);
        if conn.given_up.len() > GIVEN_UP {
            conn.given_up.pop_first();
        }
    }

    /// Asks a peer for what had to wait because it was asked for so much.
    pub(super) fn ask_hungry(&mut self, link: Link) {
        while let Some(conn) = self.links.get_mut(&link)
            && conn.asked.len() < ASKING
            && let Some(feed) = conn.hungry.pop_first()
        {
            let before = self.links.get(&link).map_or(0, |conn| conn.asked.len());
            self.ask_for(feed);
            let conn = self.links.get(&link);
            // It may have nothing to give of this feed that others are not asked for.
            if conn.is_none_or(|conn| conn.asked.len() == before && conn.hungry.contains(&feed)) {
                return;
            }
        }
    }

    /// A connection is gone: what was asked of it is asked of others.
    pub(super) fn release_asking(&mut self, link: Link, conn: &Conn, peer: Identity) {
        let mut again = conn.hungry.clone();
        for (request, feed) in &conn.asked {
            again.insert(*feed);
            self.account_refused(*request);
            if let Some(fetch) = self.fetches.get_mut(feed) {
                for part in &mut fetch.parts {
                    part.asked.retain(|asking| asking.link != link);
                }
            }
        }
        if !self.index.peers.any(peer) {
            // Who said to have more than could be had takes that along.
            for feed in &conn.told {
                let Some(held) = self.feeds.get_mut(feed) else { continue };
                if held.remote.get(&peer).is_some_and(|remote| held.lacks(remote)) {
                    held.remote.remove(&peer);
                }
            }
        }
        again.into_iter().for_each(|feed| self.ask_for(feed));
    }

    /// Gives up on requests that were not answered, and asks somebody else; asks a second one for what
    /// everything waits for.
    pub(super) fn retry_asking(&mut self) {
        let now = self.now;
        let all = self.fetches.iter().flat_map(|(feed, fetch)| {
            fetch.parts.iter().flat_map(|part| &part.asked).map(|asking| (*feed, *asking))
        });
        let late: Vec<(Identity, Asking)> =
            all.filter(|(_, asking)| self.due(asking) <= now).collect();
        for (feed, asking) in late {
            self.give_up_asking(&feed, &asking);
            self.doubt(asking.peer);
            self.spend(feed, asking.peer);
            self.ask_for(feed);
            self.ask_hungry(asking.link);
        }
        let slow: Vec<Identity> = self
            .fetches
            .iter()
            .filter(|(_, fetch)| fetch.hedge_due().is_some_and(|due| due <= now))
            .map(|(feed, _)| *feed)
            .collect();
        slow.into_iter().for_each(|feed| self.ask_another(&feed));
    }

    fn due(&self, asking: &Asking) -> Time {
        let answered = self.links.get(&asking.link).map_or(Time(0), |conn| conn.answered);
        asking.since.after(LIMIT).min(asking.since.max(answered).after(PATIENCE))
    }

    /// Asks a second peer for the part that everything waits for, if there is one.
    fn ask_another(&mut self, identity: &Identity) {
        let front = self.fetches.get_mut(identity).and_then(|fetch| fetch.parts.front_mut());
        if let Some(asking) = front.and_then(|part| part.asked.first_mut()) {
            asking.hedge = None;
        }
        let sources = self.sources_of(identity);
        if let Some(other) = self.source_for(identity, 0, &sources) {
            self.ask_part(identity, 0, other);
        }
    }

    pub(super) fn asking_due(&self) -> Option<Time> {
        let parts = self.fetches.values().flat_map(|fetch| &fetch.parts);
        let late = parts.flat_map(|part| &part.asked).map(|asking| self.due(asking)).min();
        let slow = self.fetches.values().filter_map(Fetch::hedge_due).min();
        late.into_iter().chain(slow).min()
    }

    /// A peer sent what nobody can read, perhaps instead of an answer: all that it is asked for is
    /// asked of others.
    pub(super) fn doubt_link(&mut self, link: Link) {
        let Some(conn) = self.links.get(&link) else { return };
        let Some(peer) = conn.peer() else { return };
        let feeds: Vec<Identity> = conn.asked.values().copied().collect();
        if feeds.is_empty() {
            return;
        }
        self.doubt(peer);
        feeds.into_iter().for_each(|feed| self.ask_for(feed));
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
        let asked = conn.asked.get(&request).copied();
        let late = conn.given_up.remove(&request) && !planted::has(Bug::LateBlamed);
        if asked.is_none() && !late {
            self.fault(link, request, ErrorCode::Forbidden);
            return;
        }
        if asked.is_some_and(|feed| feed != identity) {
            self.refused_by(link, request);
            self.fault(link, request, ErrorCode::Forbidden);
            return;
        }
        if self.account_came(link, request, &records) {
            self.ask_hungry(link);
            return;
        }
        let place = self.fetches.get(&identity).and_then(|fetch| {
            let parts = fetch.parts.iter().enumerate();
            let mut asked = parts.flat_map(|(at, part)| part.asked.iter().map(move |by| (at, *by)));
            asked.find(|(_, asking)| asking.request == request)
        });
        if let Some(conn) = self.links.get_mut(&link) {
            conn.asked.remove(&request);
            if let Some((_, asking)) = &place {
                // One answer comes after another: what counts is how long this one took.
                let took = now.since(asking.since.max(conn.answered)).0;
                conn.pace =
                    Some(conn.pace.map_or(took, |pace| (pace.saturating_mul(3) + took) / 4));
            }
            conn.answered = now;
        }
        match place {
            Some((at, _)) => self.part_came(identity, at, Answer { link, peer, records, more }),
            // It was given up, but what it brings is as good.
            None => {
                if self.arrive(link, identity, records) > 0 {
                    self.trust(peer);
                    self.restart(identity);
                }
            }
        }
        self.ask_for(identity);
        self.ask_hungry(link);
    }

    /// An answer came: it is taken in when all before it are.
    fn part_came(&mut self, identity: Identity, at: usize, answer: Answer) {
        let Some(part) = self.fetches.get_mut(&identity).and_then(|f| f.parts.get_mut(at)) else {
            return;
        };
        let others: Vec<Asking> =
            part.asked.drain(..).filter(|asking| asking.link != answer.link).collect();
        part.answer = Some(answer);
        for slow in others {
            self.give_up_request(&slow);
            self.doubt(slow.peer);
        }
        while let Some(fetch) = self.fetches.get_mut(&identity)
            && let Some(part) = fetch.parts.pop_front_if(|part| part.answer.is_some())
        {
            self.take_part(identity, part);
        }
        self.bound_ahead(identity);
    }

    /// Takes in the part that comes next.
    fn take_part(&mut self, identity: Identity, part: Part) {
        let Some(Answer { link, peer, records, more }) = part.answer else { return };
        let sent: Vec<(Cid, Vec<Cid>)> = records
            .iter()
            .map(|record| (record.entry.id(), record.entry.header().parents.clone()))
            .collect();
        let got = u32::try_from(sent.len()).unwrap_or(u32::MAX);
        let (first, rest) = (part.first.saturating_add(got), part.count.saturating_sub(got));
        if let Some(fetch) = self.fetches.get_mut(&identity) {
            fetch.taken = first;
            if more && got > 0 && rest > 0 {
                let part = Part { first, count: rest, asked: Vec::new(), answer: None };
                fetch.parts.push_front(part);
            }
        }
        let new = self.arrive(link, identity, records);
        // The feed ends here, as far as this peer has it; or it stands in another order there, or was
        // known. What was cut behind fits nowhere, and is cut anew.
        if (rest > 0 && !more) || new != sent.len() {
            self.restart(identity);
        }
        self.judge_answer(identity, peer, &sent, new, more);
    }

    /// Parts no longer fit what is here: they are cut anew.
    fn restart(&mut self, identity: Identity) {
        self.stop_asking(&identity);
    }

    /// Of too many answers that wait, the last are asked for again.
    fn bound_ahead(&mut self, identity: Identity) {
        let waiting = |fetch: &Fetch| fetch.parts.iter().filter(|p| p.answer.is_some()).count();
        if self.fetches.values().map(waiting).sum::<usize>() > AHEAD
            && let Some(fetch) = self.fetches.get_mut(&identity)
            && let Some(last) = fetch.parts.iter_mut().rfind(|part| part.answer.is_some())
        {
            last.answer = None;
        }
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
        if about != 0 && (self.question_refused(link, about) || self.sketch_refused(link, about)) {
            return;
        }
        let Some(conn) = self.links.get_mut(&link) else { return };
        let peer = conn.peer();
        if conn.talk.finding == Some(about) {
            conn.talk.finding = None;
        }
        if let Some(feed) = conn.asked.remove(&about)
            && let Some(peer) = peer
        {
            if let Some(fetch) = self.fetches.get_mut(&feed) {
                for part in &mut fetch.parts {
                    part.asked.retain(|asking| asking.request != about || asking.link != link);
                }
            }
            self.account_refused(about);
            self.spend(feed, peer);
            self.ask_for(feed);
            self.ask_hungry(link);
        }
        self.fetch_refused(link, about);
    }
}

impl Source {
    /// Less is better.
    const fn trust(&self) -> (u32, bool) {
        (self.doubts, self.stranger)
    }
}

impl Fetch {
    /// When somebody else is asked for the part that everything waits for.
    fn hedge_due(&self) -> Option<Time> {
        match self.parts.front()?.asked.as_slice() {
            [only] => only.hedge,
            _ => None,
        }
    }
}

impl Held {
    /// Whether somebody who said this has something that is missing here.
    pub(super) fn lacks(&self, remote: &Remote) -> bool {
        let head = &remote.head;
        head.generation == self.feed.generation()
            && (head.count > self.feed.len() as u64
                || !self.feed.contains(&head.id)
                // Several ends: the newest alone does not say which others there are.
                || head.state.is_some_and(|state| state != self.feed.state()))
    }

    /// Whether somebody with this head has just what is here.
    pub(super) fn agrees(&self, head: &WireHead) -> bool {
        head.generation == self.feed.generation()
            && head.count == self.feed.len() as u64
            && self.feed.contains(&head.id)
            && head.state == self.feed.fork().map(|_| self.feed.state())
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
