//! Telling others how far feeds are, and asking them.

use std::collections::BTreeMap;

use effigy_core::{Identity, Span, Time};

use super::Node;
use super::state::{Conn, Held};
use crate::io::Link;
use crate::message::{ErrorCode, Frame, LIST, Message, WireHead, lists};

/// Most feeds that one peer may watch.
const WATCHES: usize = 2_000;
/// How long after an announcement the next one waits: one post goes out at once, a flood of them as
/// one message.
const ANNOUNCE: Span = Span(100);

impl Node {
    /// Asks a peer how far it is in everything that is replicated here.
    pub(super) fn ask_heads(&mut self, link: Link) {
        let claimed = self.links.get(&link).and_then(Conn::claimed);
        let feeds: Vec<Identity> = if self.is_hub() {
            let state = claimed.and_then(|synod| self.synods.get(&synod));
            let devices = state.into_iter().flat_map(|state| state.devices.keys());
            claimed.iter().chain(devices).copied().collect()
        } else {
            self.tracked.keys().copied().collect()
        };
        self.ask_heads_of(link, &feeds);
    }

    /// Asks a peer how far it is in these. A hub keeps many feeds, and asks nobody but those whom a
    /// feed concerns.
    pub(super) fn ask_heads_of(&mut self, link: Link, feeds: &[Identity]) {
        let Some(conn) = self.links.get(&link) else { return };
        let asked: Vec<Identity> = feeds
            .iter()
            .filter(|feed| self.tracked.get(feed).is_some_and(|synod| self.concerns(conn, synod)))
            .copied()
            .take(WATCHES)
            .collect();
        for identities in lists(&asked) {
            self.send(link, &Message::GetHeads { identities });
        }
    }

    /// Whether somebody is to be asked for what an account published. At a hub: its own devices,
    /// and those who asked for its feeds themselves.
    pub(super) fn concerns(&self, conn: &Conn, synod: &Identity) -> bool {
        !self.is_hub() || conn.claimed() == Some(*synod) || conn.watches.contains(synod)
    }

    /// A peer asks, and wants to hear of it whenever one of these moves.
    pub(super) fn watch_heads(&mut self, link: Link, identities: Vec<Identity>) {
        if identities.len() > LIST {
            self.fault(link, 0, ErrorCode::TooMuch);
            return;
        }
        let Some(conn) = self.links.get_mut(&link) else { return };
        let mut new = Vec::new();
        for feed in &identities {
            // Who follows more people than that hears of the rest when they ask again.
            if conn.watches.len() < WATCHES && conn.watches.insert(*feed) {
                self.index.watchers.insert(*feed, link);
                new.push(*feed);
            }
        }
        let heads = identities.iter().filter_map(|feed| self.wire_head(feed)).collect();
        self.send(link, &Message::LastKnownHeads { heads });
        if self.is_hub() && !new.is_empty() {
            // Who wants to hear of a feed may have more of it, or its pictures.
            self.ask_heads_of(link, &new);
            self.ask_blobs(link);
        }
    }

    fn wire_head(&self, identity: &Identity) -> Option<WireHead> {
        if !self.tracked.contains_key(identity) {
            return None;
        }
        let head = self.feeds.get(identity)?.feed.head()?;
        Some(WireHead {
            comparable: head.comparable,
            count: head.count,
            generation: head.generation,
            id: head.id,
            identity: *identity,
        })
    }

    /// Tells everybody who watches a feed that it moved.
    pub(super) fn announce_moved(&mut self) {
        if self.moved.is_empty() || self.now < self.announce_at {
            return;
        }
        self.announce_at = self.now.after(ANNOUNCE);
        let moved = std::mem::take(&mut self.moved);
        let heads: Vec<WireHead> = moved.iter().filter_map(|feed| self.wire_head(feed)).collect();
        let mut news: BTreeMap<Link, Vec<WireHead>> = BTreeMap::new();
        for head in &heads {
            for link in self.index.watchers.of(head.identity) {
                news.entry(link).or_default().push(*head);
            }
        }
        // Most hear the same, which is written once.
        let mut written: (Vec<WireHead>, Vec<Frame>) = Default::default();
        for (link, news) in news {
            if written.0 != news {
                let frames = lists(&news).map(|heads| Message::LastKnownHeads { heads }.encode());
                written = (news.clone(), frames.collect());
            }
            written.1.iter().for_each(|frame| self.send_frame(link, frame.clone()));
        }
    }

    /// When the next announcement is due, if anything moved since the last.
    pub(super) fn announce_due(&self) -> Option<Time> {
        (!self.moved.is_empty()).then_some(self.announce_at)
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
    fn generation_of(&self, identity: &Identity, synod: &Identity) -> u64 {
        self.synods.get(synod).map_or(0, |state| state.generation(identity))
    }
}
