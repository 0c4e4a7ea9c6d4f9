//! Joining small packs as a feed grows, so that neither a store full of tiny records is left nor a pack
//! is written again for every entry.
//!
//! Packs have levels by how many entries they hold, each four times as many as the one before. When the
//! last four are of one level they become one pack of the next, so an entry is written again at most
//! three times, and a feed that grew one by one has no more than nine packs besides the full ones.
//!
//! What else is small, such as what was written when a pack had been damaged, is joined after the start.

use std::collections::BTreeMap;

use effigy_core::Identity;
use effigy_store::{Batch, Pack};

use super::outline::Facts;
use super::packs::{Fresh, delete_pack, pack_key, runs};
use super::state::{Held, Pending};
use super::{Node, record};
use crate::message::BATCH;

/// How many packs of one level become one.
const JOINED: usize = 4;
/// How many packs in a row make it worth while to write one in their place, whatever their level.
const SMALL: usize = 8;
/// A pack with so many entries is full enough to stay as it is.
const FULL: u32 = 64;
/// Most feeds whose packs are joined at a time: what has been read of them is in memory.
pub(super) const MERGING: usize = 16;

/// Packs of one feed that are being read to become one.
#[derive(Debug)]
pub(super) struct Merge {
    generation: u64,
    /// The packs by the place of their first, as they come.
    packs: BTreeMap<u32, Option<Vec<u8>>>,
}

const fn level(count: u32) -> u32 {
    match count {
        0..4 => 0,
        4..16 => 1,
        16..FULL => 2,
        _ => 3,
    }
}

impl Node {
    /// Joins the last packs of a feed, if there are enough of one level.
    pub(super) fn consider_merging(&mut self, identity: Identity) {
        if let Some(run) = self.feeds.get(&identity).and_then(Held::last_of_a_level) {
            self.begin_merging(identity, run);
        }
    }

    /// Joins the next run of small packs after the start, if there is one.
    pub(super) fn join_small_packs(&mut self) {
        if self.is_rewriting() {
            return;
        }
        let run =
            self.feeds.iter().find_map(|(identity, held)| Some((*identity, held.small_packs()?)));
        match run {
            Some((identity, run)) => self.begin_merging(identity, run),
            None => self.review.all_joined = true,
        }
    }

    /// Whether packs are being read to be written anew.
    pub(super) fn is_rewriting(&self) -> bool {
        !self.merging.is_empty() || !self.rewriting.is_empty()
    }

    fn begin_merging(&mut self, identity: Identity, run: Vec<u32>) {
        let Some(held) = self.feeds.get(&identity) else { return };
        let rewritten = |(feed, _): &(Identity, u32)| *feed == identity;
        let busy = self.merging.contains_key(&identity) || self.rewriting.keys().any(rewritten);
        if busy || self.merging.len() >= MERGING {
            return;
        }
        let generation = held.feed.generation();
        let packs = run.iter().map(|first| (*first, None)).collect();
        self.merging.insert(identity, Merge { generation, packs });
        for first in run {
            self.load(pack_key(&identity, generation, first), Pending::Merge { identity, first });
        }
    }

    /// What is being joined changes: it is left as it is.
    pub(super) fn stop_merging(&mut self, identity: &Identity) {
        self.merging.remove(identity);
    }

    /// A pack that is to be joined was read; with the last one they become one.
    pub(super) fn merge_loaded(&mut self, identity: Identity, first: u32, bytes: Option<Vec<u8>>) {
        let Some(merge) = self.merging.get_mut(&identity) else { return };
        // A damaged pack stays as it is until the next start, which sets aside what cannot be read.
        let (Some(place), Some(bytes)) = (merge.packs.get_mut(&first), bytes) else {
            self.merging.remove(&identity);
            self.review.all_joined = true;
            return;
        };
        *place = Some(bytes);
        if merge.packs.values().all(Option::is_some)
            && let Some(merge) = self.merging.remove(&identity)
        {
            // Packs that cannot be joined are not read again for the same end.
            if self.write_merged(identity, &merge).is_some() {
                self.consider_merging(identity);
            } else {
                self.review.all_joined = true;
            }
        }
    }

    /// Writes the packs as one. `None` where they have changed meanwhile or one is damaged.
    fn write_merged(&mut self, identity: Identity, merge: &Merge) -> Option<()> {
        let me = self.my_synod();
        let held = self.feeds.get_mut(&identity)?;
        let whole = merge.packs.keys().all(|first| held.packs.contains_key(first));
        if held.feed.generation() != merge.generation || !whole {
            return None;
        }
        let records = records(&held.packs, merge, me)?;
        let generation = merge.generation;
        let old = merge.packs.keys();
        let deletes = old.flat_map(|first| delete_pack(&identity, generation, *first)).collect();
        let mut batch = Batch { deletes, ..Batch::new() };
        held.packs.retain(|first, _| !merge.packs.contains_key(first));
        for run in runs(&records) {
            self.put_pack(identity, run, &mut batch);
        }
        self.newest.moved();
        self.save_newest(&mut batch);
        self.save_loosely(batch);
        Some(())
    }
}

impl Held {
    /// The last packs, where enough of them are of one level.
    fn last_of_a_level(&self) -> Option<Vec<u32>> {
        let (_, count) = self.packs.last_key_value()?;
        let of_level = level(*count);
        if of_level == level(FULL) {
            return None;
        }
        let last = self.packs.iter().rev().take_while(|(_, count)| level(**count) == of_level);
        let run: Vec<u32> = last.map(|(first, _)| *first).collect();
        (run.len() >= JOINED).then_some(run)
    }

    /// The first run of small packs that fit into one.
    fn small_packs(&self) -> Option<Vec<u32>> {
        let (mut run, mut total, mut end) = (Vec::new(), 0_u32, 0);
        for (first, count) in &self.packs {
            let fits = total.saturating_add(*count) as usize <= BATCH;
            if !fits || *first != end {
                if run.len() >= SMALL {
                    return Some(run);
                }
                (run, total) = (Vec::new(), 0);
            }
            run.push(*first);
            total = total.saturating_add(*count);
            end = first.saturating_add(*count);
        }
        (run.len() >= SMALL).then_some(run)
    }
}

/// All records of the packs in their order, if every one is there and sound.
fn records(kept: &BTreeMap<u32, u32>, merge: &Merge, me: Option<Identity>) -> Option<Vec<Fresh>> {
    let (mut records, mut at) = (Vec::new(), *merge.packs.keys().next()?);
    for (first, bytes) in &merge.packs {
        let count = *kept.get(first)?;
        let pack = fresh(bytes.as_deref()?, *first, me)?;
        // Neighbours, and as many records as there are places.
        if *first != at || pack.len() != count as usize {
            return None;
        }
        records.extend(pack);
        at = at.saturating_add(count);
    }
    Some(records)
}

/// The records of a pack that begins at a place; `None` when one is damaged.
fn fresh(bytes: &[u8], first: u32, me: Option<Identity>) -> Option<Vec<Fresh>> {
    let pack = Pack::open(bytes).ok()?;
    let records = (first..).zip(pack.records()).map(|(position, bytes)| {
        let bytes = bytes.ok()?;
        let record = record::reload(bytes).ok()?;
        let payload = record.payload.as_ref().map(|(_, payload)| payload);
        let facts = Facts::of(&record.entry, payload, me);
        Some(Fresh { bytes: bytes.to_vec(), facts, position })
    });
    records.collect()
}
