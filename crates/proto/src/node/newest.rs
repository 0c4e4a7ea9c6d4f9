//! The newest posts, so that a start shows something before it has read everything.
//!
//! Where they rest is written down in the transaction that brings them. A start reads those few
//! records, shows them, and only then reads the rest.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Identity};
use effigy_feed::Relation;
use effigy_store::{Batch, Key, Pack, Table};

use super::outline::Facts;
use super::packs::pack_key;
use super::state::Pending;
use super::{Node, record};
use crate::api::{Event, Known};

/// How many posts are noted: more than a first screen shows, since some may be taken back or muted.
const NEWEST: usize = 64;

/// Where the newest posts are.
#[derive(Debug, Default)]
pub(super) struct Newest {
    /// Clock, digest, feed and place of each.
    posts: BTreeSet<(u64, Cid, Identity, u32)>,
    /// Whether they have changed since they were written down.
    changed: bool,
}

impl Newest {
    /// Another post. Kept if it is among the newest.
    pub(super) fn note(&mut self, clock: u64, digest: Cid, feed: Identity, position: u32) {
        let is_full = self.posts.len() >= NEWEST;
        if is_full
            && self.posts.first().is_some_and(|oldest| (clock, digest) < (oldest.0, oldest.1))
        {
            return;
        }
        self.changed |= self.posts.insert((clock, digest, feed, position));
        if self.posts.len() > NEWEST {
            self.posts.pop_first();
        }
    }

    /// Entries rest in other packs now.
    pub(super) const fn moved(&mut self) {
        self.changed = true;
    }

    /// The posts of a feed are no longer here.
    pub(super) fn forget(&mut self, feed: &Identity) {
        let before = self.posts.len();
        self.posts.retain(|(_, _, identity, _)| identity != feed);
        self.changed |= self.posts.len() != before;
    }
}

/// A record to be shown first: its feed, generation, pack and place.
type Place = (Identity, u64, u32, u32);

/// What is shown before everything is read.
#[derive(Debug, Default)]
pub(super) struct Glimpse {
    /// Where posts rest, as it was written down, the newest first.
    places: Vec<Place>,
    /// Packs that are being read for it, and the places in each.
    under_way: BTreeMap<(Identity, u64, u32), Vec<u32>>,
    /// What was shown already.
    shown: BTreeSet<(Identity, u32)>,
}

/// The key of the places of the newest posts.
pub(super) fn newest_key() -> Key {
    Key::new(Table::Meta, b"newest".as_slice())
}

/// Reads places; `None` when they are damaged.
pub(super) fn read_places(bytes: &[u8]) -> Option<Vec<Place>> {
    let mut rest = bytes;
    let mut places = Vec::new();
    while !rest.is_empty() && places.len() < NEWEST {
        let (feed, behind) = rest.split_first_chunk()?;
        let (generation, behind) = behind.split_first_chunk()?;
        let (first, behind) = behind.split_first_chunk()?;
        let (position, behind) = behind.split_first_chunk()?;
        let feed = Identity::from_bytes(*feed);
        let (first, position) = (u32::from_be_bytes(*first), u32::from_be_bytes(*position));
        places.push((feed, u64::from_be_bytes(*generation), first, position));
        rest = behind;
    }
    Some(places)
}

impl Node {
    /// A post is part of its feed now.
    pub(super) fn note_post(&mut self, feed: Identity, position: u32, facts: Facts) {
        let Some(held) = self.feeds.get(&feed).filter(|_| facts.is_post()) else { return };
        let Some(noted) = held.feed.noted(position) else { return };
        if !self.relations.holds(Relation::Mute, &held.synod) {
            self.newest.note(noted.comparable, noted.digest, feed, position);
        }
    }

    /// Writes down where the newest posts are, if that has changed.
    pub(super) fn save_newest(&mut self, batch: &mut Batch) {
        if self.is_hub() || !std::mem::take(&mut self.newest.changed) {
            return;
        }
        let mut bytes = Vec::new();
        for (_, _, feed, position) in self.newest.posts.iter().rev() {
            let Some(held) = self.feeds.get(feed) else { continue };
            let Some((first, _)) = held.pack_of(*position) else { continue };
            bytes.extend(feed.bytes());
            bytes.extend(held.feed.generation().to_be_bytes());
            bytes.extend(first.to_be_bytes());
            bytes.extend(position.to_be_bytes());
        }
        batch.puts.push((newest_key(), bytes));
    }

    /// What was written down of the newest posts.
    pub(super) fn expect_glimpse(&mut self, places: Vec<Place>) {
        self.restoring.glimpse.places = places;
    }

    /// Reads the newest posts for the first screen.
    pub(super) fn begin_glimpse(&mut self) {
        for (feed, generation, first, position) in
            std::mem::take(&mut self.restoring.glimpse.places)
        {
            let places =
                self.restoring.glimpse.under_way.entry((feed, generation, first)).or_default();
            places.push(position);
        }
        let packs: Vec<_> = self.restoring.glimpse.under_way.keys().copied().collect();
        if packs.is_empty() {
            self.show_first();
        }
        for (identity, generation, first) in packs {
            let pending = Pending::Glimpse { identity, generation, first };
            self.load(pack_key(&identity, generation, first), pending);
        }
    }

    /// One of the packs with the newest posts is here. What is wrong with it is found out later.
    pub(super) fn glimpsed(&mut self, pack: (Identity, u64, u32), bytes: Option<Vec<u8>>) {
        let Some(places) = self.restoring.glimpse.under_way.remove(&pack) else { return };
        let (feed, generation, first) = pack;
        let mut known = Vec::new();
        if let Some(opened) = bytes.as_deref().and_then(|bytes| Pack::open(bytes).ok()) {
            let records = (first..).zip(opened.records());
            for (position, bytes) in records.filter(|(place, _)| places.contains(place)) {
                let Some(record) = bytes.ok().and_then(|bytes| record::reload(bytes).ok()) else {
                    continue;
                };
                let header = record.entry.header();
                if header.identity != feed || header.generation != generation {
                    continue;
                }
                self.restoring.glimpse.shown.insert((feed, position));
                let payload = record.payload.map(|(_, payload)| payload);
                known.push(Known { entry: record.entry, payload, position });
            }
        }
        if !known.is_empty() {
            self.emit(Event::Entries(known));
        }
        if self.restoring.glimpse.under_way.is_empty() {
            self.show_first();
        }
    }

    /// Whether an entry was shown before everything was read. Asked once.
    pub(super) fn was_glimpsed(&mut self, feed: Identity, position: u32) -> bool {
        self.restoring.glimpse.shown.remove(&(feed, position))
    }

    /// The first screen has what it needs.
    pub(super) fn show_first(&mut self) {
        if !std::mem::replace(&mut self.restoring.shown, true) {
            self.emit(Event::Ready);
        }
    }
}
