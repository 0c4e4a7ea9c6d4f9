//! The entries of a feed in columns: about ninety bytes each, whatever they say.

use std::collections::BTreeMap;

use effigy_core::Cid;

use super::places::Places;
use super::runs::Runs;

/// By how many ids one entry may be known. The owner of a key can sign one header again and again;
/// who builds on a further name waits in vain.
const NAMES: u8 = 8;

/// What a feed keeps of its entries, by their places: every parent before its child.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    by_digest: Places,
    by_id: Places,
    clocks: Vec<u64>,
    digests: Vec<Cid>,
    /// Further ids by which an entry is known, and its place.
    further: BTreeMap<Cid, u32>,
    /// The ids under which entries came first, and under which they are kept and passed on.
    ids: Vec<Cid>,
    /// By how many ids entries are known that are known by several.
    names: BTreeMap<u32, u8>,
    /// Which came before which.
    pub(super) runs: Runs,
}

impl Columns {
    /// How many entries there are.
    pub(super) const fn len(&self) -> usize {
        self.ids.len()
    }

    /// The place behind the last.
    pub(super) const fn end(&self) -> u32 {
        self.runs.end()
    }

    /// Adds an entry behind all others. Its parents are places that are taken.
    pub(super) fn push(&mut self, clock: u64, digest: Cid, id: Cid, parents: Vec<u32>) {
        let place = self.end();
        self.runs.push(parents);
        self.clocks.push(clock);
        self.digests.push(digest);
        self.ids.push(id);
        let Self { by_digest, by_id, digests, ids, .. } = self;
        by_digest.insert(place, |place| digests.get(place as usize));
        by_id.insert(place, |place| ids.get(place as usize));
    }

    /// Remembers a further id of an entry, if it is not known by too many.
    pub(super) fn name(&mut self, place: u32, id: Cid) {
        if self.place(&id).is_some() {
            return;
        }
        let names = self.names.entry(place).or_insert(1);
        if *names < NAMES {
            *names = names.saturating_add(1);
            self.further.insert(id, place);
        }
    }

    /// The place of an entry, by any of its ids.
    pub(super) fn place(&self, id: &Cid) -> Option<u32> {
        let first = self.by_id.find(id, |place| self.ids.get(place as usize));
        first.or_else(|| self.further.get(id).copied())
    }

    /// All ids by which entries are known.
    pub(super) fn ids(&self) -> impl Iterator<Item = &Cid> {
        self.ids.iter().chain(self.further.keys())
    }

    /// The place of an entry, by its digest.
    pub(super) fn place_of_digest(&self, digest: &Cid) -> Option<u32> {
        self.by_digest.find(digest, |place| self.digests.get(place as usize))
    }

    /// The clock, digest and id at a place.
    pub(super) fn at(&self, place: u32) -> Option<(u64, Cid, Cid)> {
        let place = place as usize;
        Some((*self.clocks.get(place)?, *self.digests.get(place)?, *self.ids.get(place)?))
    }
}
