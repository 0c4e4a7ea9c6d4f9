//! Telling others how far feeds are: those who watch them, now and whenever they move.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Identity, Span, Time};
use effigy_feed::Synod;
use effigy_feed::planted::{self, Bug};

use super::Node;
use super::state::{Conn, Held, Service, Watches};
use crate::io::Link;
use crate::message::{ErrorCode, LIST, Message, WireHead, lists};

/// Most feeds that one peer may watch by listing them.
pub(super) const WATCHES: usize = 2_000;
/// How long after an announcement the next one waits: one post goes out at once, a flood of them as
/// one message.
const ANNOUNCE: Span = Span(100);
/// Of how many feeds one peer may ask at once, and of how many more each second: all that it may
/// watch, twice. An answer is four times as long as the question.
pub(super) const HEADS: u64 = 2 * WATCHES as u64;
const HEADS_EACH_SECOND: u64 = 100;

impl Node {
    /// A peer asks, and wants to hear of it whenever one of these moves.
    pub(super) fn watch_heads(&mut self, link: Link, identities: &[Identity]) {
        if identities.len() > LIST {
            self.fault(link, 0, ErrorCode::TooMuch);
            return;
        }
        let now = self.now;
        let Some(conn) = self.links.get_mut(&link) else { return };
        let asked = identities.len() as u64;
        if !conn.talk.allowance.take(asked, HEADS, HEADS_EACH_SECOND, now) {
            self.send(link, &Message::Error { about: 0, code: ErrorCode::TooMuch });
            return;
        }
        let new: Vec<Identity> =
            identities.iter().filter(|feed| self.watch(link, **feed)).copied().collect();
        let heads = identities.iter().filter_map(|feed| self.wire_head(feed)).collect();
        self.send(link, &Message::LastKnownHeads { heads });
        if self.is_hub() && !new.is_empty() {
            // Who wants to hear of a feed may have more of it, or its pictures.
            self.asked_by(link, &new);
            self.ask_blobs(link);
        }
        self.peer_asks_by_list(link);
    }

    /// From now on a peer hears of a feed. Tells whether it did not before.
    pub(super) fn watch(&mut self, link: Link, feed: Identity) -> bool {
        let Some(conn) = self.links.get_mut(&link) else { return false };
        match &mut conn.watches {
            Watches::AllBut(feeds) => feeds.remove(&feed),
            // Who follows more people than that hears of the rest when they ask again.
            Watches::Listed(feeds) => {
                let new = feeds.len() < WATCHES && feeds.insert(feed);
                if new {
                    self.index.watchers.insert(feed, link);
                }
                new
            }
        }
    }

    /// A peer no longer wants to hear of these.
    pub(super) fn unwatch(&mut self, link: Link, identities: &[Identity]) {
        if identities.len() > LIST {
            self.fault(link, 0, ErrorCode::TooMuch);
            return;
        }
        for feed in identities {
            let Some(conn) = self.links.get_mut(&link) else { return };
            match &mut conn.watches {
                Watches::AllBut(feeds) if feeds.len() < WATCHES => {
                    feeds.insert(*feed);
                }
                Watches::AllBut(_) => (),
                Watches::Listed(feeds) => {
                    feeds.remove(feed);
                    self.forget_watcher(feed, link);
                }
            }
        }
        if self.is_hub() {
            self.unask(link, identities);
        }
    }

    /// What a peer watches, all at once.
    pub(super) fn set_watches(&mut self, link: Link, watches: Watches) {
        self.drop_watches(link);
        match &watches {
            Watches::AllBut(_) => {
                self.watching_all.insert(link);
            }
            Watches::Listed(feeds) => {
                for feed in feeds {
                    self.index.watchers.insert(*feed, link);
                }
            }
        }
        if let Some(conn) = self.links.get_mut(&link) {
            conn.watches = watches;
        }
    }

    /// Forgets what a peer watches.
    pub(super) fn drop_watches(&mut self, link: Link) {
        self.watching_all.remove(&link);
        let Some(conn) = self.links.get_mut(&link) else { return };
        if let Watches::Listed(feeds) = std::mem::take(&mut conn.watches) {
            feeds.iter().for_each(|feed| self.forget_watcher(feed, link));
        }
    }

    fn forget_watcher(&mut self, feed: &Identity, link: Link) {
        self.index.watchers.remove(*feed, link);
    }

    /// The head of a feed, if it is given to anybody.
    pub(super) fn wire_head(&self, identity: &Identity) -> Option<WireHead> {
        if !self.tracked.contains_key(identity) {
            return None;
        }
        self.feeds.get(identity)?.wire_head()
    }

    /// Tells everybody who watches a feed that it moved. Costs as much as there are who watch.
    pub(super) fn announce_moved(&mut self) {
        if self.moved.is_empty() || self.now < self.announce_at {
            return;
        }
        self.announce_at = self.now.after(ANNOUNCE);
        let mut news: BTreeMap<Link, Vec<Identity>> = BTreeMap::new();
        for feed in std::mem::take(&mut self.moved) {
            let listed = self.index.watchers.of(feed);
            let all = self.watching_all.iter().copied().filter(|link| {
                self.links.get(link).is_some_and(|conn| conn.watches.contains(&feed))
            });
            for link in listed.chain(all).filter(|link| !self.knows(*link, &feed)) {
                news.entry(link).or_default().push(feed);
            }
        }
        let most = if planted::has(Bug::Silent) { 1 } else { usize::MAX };
        for (link, feeds) in news.into_iter().take(most) {
            self.tell_heads(link, &feeds);
        }
    }

    /// Whether a hub has just what is here, and so gains nothing by being told. To others it is the
    /// receipt for what they wrote, and shows them that somebody has it.
    fn knows(&self, link: Link, feed: &Identity) -> bool {
        let Some(conn) = self.links.get(&link).filter(|conn| conn.is_hub()) else { return false };
        let said =
            |peer| self.feeds.get(feed).and_then(|held| Some((held, held.remote.get(&peer)?)));
        conn.peer().and_then(said).is_some_and(|(held, remote)| held.agrees(&remote.head))
    }

    /// Tells a peer of feeds unasked.
    pub(super) fn tell_heads(&mut self, link: Link, feeds: &[Identity]) {
        if self.serves(link, Service::Changes) {
            self.tell_changes(link, feeds);
            return;
        }
        let heads: Vec<WireHead> = feeds.iter().filter_map(|feed| self.wire_head(feed)).collect();
        for heads in lists(&heads) {
            self.send(link, &Message::LastKnownHeads { heads });
        }
    }

    /// Whether a peer said that it does this.
    pub(super) fn serves(&self, link: Link, service: Service) -> bool {
        let talk = self.links.get(&link).map(|conn| &conn.talk);
        talk.and_then(|talk| talk.services.as_ref()).is_some_and(|all| all.contains(&service))
    }

    /// When the next announcement is due, if anything moved since the last.
    pub(super) fn announce_due(&self) -> Option<Time> {
        (!self.moved.is_empty()).then_some(self.announce_at)
    }

    /// Whether somebody is to be asked for what an account published. At a hub: its own devices,
    /// and those who asked for its feeds themselves.
    pub(super) fn concerns(&self, conn: &Conn, synod: &Identity) -> bool {
        !self.is_hub() || conn.claimed() == Some(*synod) || conn.watches.contains(synod)
    }

    /// Feeds of whose heads a peer is asked.
    pub(super) fn wanted_of(&self, conn: &Conn) -> Vec<Identity> {
        let Watches::Listed(watched) = &conn.watches else {
            let concerned = self.tracked.iter().filter(|(_, synod)| self.concerns(conn, synod));
            return concerned.map(|(feed, _)| *feed).take(WATCHES).collect();
        };
        if !self.is_hub() {
            return self.tracked.keys().take(WATCHES).copied().collect();
        }
        // Not all that a hub keeps is looked through for each who comes.
        let feeds = |synod: Identity| {
            let devices = self.synods.get(&synod).into_iter().flat_map(Synod::feeds).copied();
            let feeds = std::iter::once(synod).chain(devices);
            feeds.filter(move |feed| self.tracked.get(feed) == Some(&synod))
        };
        let accounts = watched.iter().copied().chain(conn.claimed());
        let feeds: BTreeSet<Identity> = accounts.flat_map(feeds).collect();
        feeds.into_iter().take(WATCHES).collect()
    }

    /// The feed of which receipts are kept: this device's own.
    pub(super) fn own_feed(&self) -> Option<Identity> {
        self.my_synod().map(|_| self.me)
    }

    /// A feed that is kept, or is from now on, in the writing that counts.
    pub(super) fn held_mut(&mut self, identity: Identity, synod: Identity) -> &mut Held {
        let generation = self.generation_of(&identity, &synod);
        self.feeds.entry(identity).or_insert_with(|| Held::new(identity, synod, generation))
    }

    /// Which writing of a feed counts, as its account says.
    pub(super) fn generation_of(&self, identity: &Identity, synod: &Identity) -> u64 {
        self.synods.get(synod).map_or(0, |state| state.generation(identity))
    }

    /// All feeds that a peer watches of those that are replicated here.
    pub(super) fn watched(&self, conn: &Conn) -> BTreeSet<Identity> {
        match &conn.watches {
            Watches::Listed(feeds) => feeds.clone(),
            Watches::AllBut(feeds) => {
                self.tracked.keys().filter(|feed| !feeds.contains(feed)).copied().collect()
            }
        }
    }
}

impl Held {
    /// The head, as others are told.
    pub(super) fn wire_head(&self) -> Option<WireHead> {
        let head = self.feed.head()?;
        Some(WireHead {
            comparable: head.comparable,
            count: head.count,
            generation: head.generation,
            id: head.id,
            identity: self.feed.identity(),
            state: self.feed.fork().map(|_| self.feed.state()),
        })
    }
}
