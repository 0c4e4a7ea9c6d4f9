//! Where entries rest: packs, and beside each what a start has to know of it.
//!
//! Here alone packs are written and deleted, so that what is noted of them can neither lag behind nor
//! outlive them. A hub notes nothing: it is never looked at while it starts.

use effigy_core::Identity;
use effigy_store::pack;
use effigy_store::{Batch, Key, Table};

use super::Node;
use super::outline::{self, Facts};
use crate::message::BATCH;

/// How a key of what is noted of a pack begins, before the key of the pack.
const TOLD: u8 = 0;
const OUTLINE: u8 = 1;

/// A record for a pack.
#[derive(Clone, Debug)]
pub(super) struct Fresh {
    pub bytes: Vec<u8>,
    pub facts: Facts,
    /// Its place in the feed.
    pub position: u32,
}

/// The key of a pack: the feed, the generation, the place of the first entry.
pub(super) fn pack_key(identity: &Identity, generation: u64, first: u32) -> Key {
    let bytes =
        [identity.bytes().as_slice(), &generation.to_be_bytes(), &first.to_be_bytes()].concat();
    Key::new(Table::Packs, bytes)
}

/// What the key of a pack, or of what is noted of one, says.
pub(crate) fn pack_parts(key: &[u8]) -> Option<(Identity, u64, u32)> {
    let (identity, rest) = key.split_first_chunk::<32>()?;
    let (generation, first) = rest.split_first_chunk::<8>()?;
    let first = u32::from_be_bytes(first.try_into().ok()?);
    Some((Identity::from_bytes(*identity), u64::from_be_bytes(*generation), first))
}

/// How the keys begin under which outlines rest.
pub(super) const fn outlines() -> [u8; 1] {
    [OUTLINE]
}

/// How the keys begin under which the records rest that a node acts on.
pub(super) const fn tellings() -> [u8; 1] {
    [TOLD]
}

/// The key of a pack's outline.
pub(super) fn outline_key(identity: &Identity, generation: u64, first: u32) -> Key {
    beside(OUTLINE, identity, generation, first)
}

/// The key of those records of a pack that a node acts on.
pub(super) fn told_key(identity: &Identity, generation: u64, first: u32) -> Key {
    beside(TOLD, identity, generation, first)
}

fn beside(kind: u8, identity: &Identity, generation: u64, first: u32) -> Key {
    let pack = pack_key(identity, generation, first);
    Key::new(Table::Heads, [&[kind], pack.bytes.as_slice()].concat())
}

/// Deletes a pack and what is noted of it.
pub(super) fn delete_pack(
    identity: &Identity,
    generation: u64,
    first: u32,
) -> impl Iterator<Item = Key> {
    let keys = [
        pack_key(identity, generation, first),
        outline_key(identity, generation, first),
        told_key(identity, generation, first),
    ];
    keys.into_iter()
}

impl Node {
    /// Writes records of a feed, which follow one another from a place on, as one pack, over what
    /// was there. The feed must have them already.
    pub(super) fn put_pack(&mut self, identity: Identity, records: &[Fresh], batch: &mut Batch) {
        let Some(first) = records.first().map(|record| record.position) else { return };
        let slices: Vec<&[u8]> = records.iter().map(|record| record.bytes.as_slice()).collect();
        let Ok(bytes) = pack::encode(&slices) else { return };
        let Some(held) = self.feeds.get(&identity) else { return };
        batch.puts.push((pack_key(&identity, held.feed.generation(), first), bytes));
        self.note_pack(identity, records, batch);
    }

    /// Notes of a pack what a start has to know.
    pub(super) fn note_pack(&mut self, identity: Identity, records: &[Fresh], batch: &mut Batch) {
        let is_hub = self.is_hub();
        let Some(first) = records.first().map(|record| record.position) else { return };
        let Some(held) = self.feeds.get_mut(&identity) else { return };
        let generation = held.feed.generation();
        let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let was_there = held.packs.insert(first, count).is_some();
        if is_hub {
            return;
        }
        let facts: Vec<Facts> = records.iter().map(|record| record.facts).collect();
        if let Some(outline) = outline::write(&held.synod, &held.feed, first, &facts) {
            batch.puts.push((outline_key(&identity, generation, first), outline));
        }
        let told = records.iter().filter(|record| record.facts.is_told());
        let told = told.map(|record| (record.position, record.bytes.as_slice()));
        let key = told_key(&identity, generation, first);
        match outline::write_told(told) {
            Some(told) => batch.puts.push((key, told)),
            // There may have been some before, which were taken back.
            None if was_there => batch.deletes.push(key),
            None => (),
        }
    }
}

/// Cuts records into runs of places that follow one another, none longer than a pack.
pub(super) fn runs(records: &[Fresh]) -> impl Iterator<Item = &[Fresh]> {
    let whole = records.chunk_by(|a, b| a.position.saturating_add(1) == b.position);
    whole.flat_map(|run| run.chunks(BATCH))
}
