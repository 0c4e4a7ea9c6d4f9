//! Small packs become large ones: a post at a time makes a pack of one entry each.

use std::collections::VecDeque;

use effigy_core::Identity;
use effigy_store::{Batch, Pack};

use super::outline::Facts;
use super::packs::{Fresh, delete_pack, pack_key};
use super::state::{Held, Pending};
use super::{Node, record};
use crate::message::BATCH;

/// How many packs in a row make it worth while to write one in their place.
const JOIN: usize = 8;

/// Packs that are being joined.
#[derive(Debug)]
pub(super) struct Joining {
    generation: u64,
    identity: Identity,
    /// Places of the first entries of those that were not read yet.
    left: VecDeque<u32>,
    /// Place of the first entry of each, and how many it has.
    packs: Vec<(u32, u32)>,
    records: Vec<Fresh>,
}

impl Joining {
    /// Whether a pack is among those that are being joined.
    pub(super) fn concerns(&self, identity: &Identity, first: u32) -> bool {
        self.identity == *identity && self.packs.iter().any(|(place, _)| *place == first)
    }
}

impl Node {
    /// Joins the next run of small packs, if there is one.
    pub(super) fn join_packs(&mut self) {
        if self.review.joining.is_some() {
            return;
        }
        let run =
            self.feeds.iter().find_map(|(identity, held)| Some((*identity, held.small_packs()?)));
        let Some((identity, packs)) = run else {
            self.review.all_joined = true;
            return;
        };
        let Some(generation) = self.feeds.get(&identity).map(|held| held.feed.generation()) else {
            return;
        };
        let left = packs.iter().map(|(first, _)| *first).collect();
        let records = Vec::new();
        self.review.joining = Some(Joining { generation, identity, left, packs, records });
        self.read_for_joining();
    }

    fn read_for_joining(&mut self) {
        let Some(joining) = &mut self.review.joining else { return };
        let (identity, generation) = (joining.identity, joining.generation);
        match joining.left.pop_front() {
            Some(first) => {
                let pending = Pending::Join { identity, generation, first };
                self.load(pack_key(&identity, generation, first), pending);
            }
            None => self.write_joined(),
        }
    }

    /// One of the packs is here.
    pub(super) fn read_to_join(&mut self, pack: (Identity, u64, u32), bytes: Option<Vec<u8>>) {
        let (identity, generation, first) = pack;
        let is_ours = self.review.joining.as_ref().is_some_and(|joining| {
            joining.concerns(&identity, first) && joining.generation == generation
        });
        if !is_ours {
            return;
        }
        let me = self.my_synod();
        let records = bytes.as_deref().and_then(|bytes| fresh(bytes, first, me));
        match (records, &mut self.review.joining) {
            (Some(records), Some(joining)) => {
                joining.records.extend(records);
                self.read_for_joining();
            }
            // Damage is found by who reviews; here it only means that nothing is joined.
            _ => {
                self.review.joining = None;
                self.review.all_joined = true;
            }
        }
    }

    fn write_joined(&mut self) {
        let Some(Joining { generation, identity, packs, records, .. }) = self.review.joining.take()
        else {
            return;
        };
        let Some(held) = self.feeds.get_mut(&identity) else { return };
        let same = packs.iter().all(|(first, count)| held.packs.get(first) == Some(count));
        let count: u32 = packs.iter().map(|(_, count)| count).sum();
        if held.feed.generation() != generation || !same || records.len() != count as usize {
            return;
        }
        let mut batch = Batch::new();
        for (first, _) in packs {
            held.packs.remove(&first);
            batch.deletes.extend(delete_pack(&identity, generation, first));
        }
        self.put_pack(identity, &records, &mut batch);
        self.newest.moved();
        self.save_newest(&mut batch);
        self.save(batch);
    }
}

impl Held {
    /// The first run of small packs that fit into one: place of the first entry and size of each.
    fn small_packs(&self) -> Option<Vec<(u32, u32)>> {
        let (mut run, mut total, mut end) = (Vec::new(), 0_u32, 0);
        for (first, count) in &self.packs {
            let fits = total.saturating_add(*count) as usize <= BATCH;
            if !fits || *first != end {
                if run.len() >= JOIN {
                    return Some(run);
                }
                (run, total) = (Vec::new(), 0);
            }
            run.push((*first, *count));
            total = total.saturating_add(*count);
            end = first.saturating_add(*count);
        }
        (run.len() >= JOIN).then_some(run)
    }
}

/// The records of a pack that begins at a place; `None` when one is damaged.
pub(super) fn fresh(bytes: &[u8], first: u32, me: Option<Identity>) -> Option<Vec<Fresh>> {
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
