//! After the start: everything that was kept is read once more, in small steps, the newest first.
//!
//! That brings the screens what they have not seen yet, and finds what is damaged. The records were
//! checked before they were kept; here they have to hash to the ids that were noted. If one does not,
//! the node asks to begin again and to read everything.

use effigy_core::{Entry, Identity, Payload};
use effigy_store::Pack;

use super::outline::Facts;
use super::packs::pack_key;
use super::state::Pending;
use super::{Node, record};
use crate::api::{Event, Known};
use crate::io::Output;

/// How many packs are read in one go once the first screen is shown; then others have their turn.
const STEP: u32 = 8;
/// How many entries are read at the start itself, so that who has few sees all of them at once.
const EAGER: usize = 1_000;
/// How many packs are read at the start itself.
const EAGER_PACKS: u32 = 64;

/// What has yet to be read.
#[derive(Debug, Default)]
pub(super) struct Review {
    /// Clock of the newest entry, feed, generation, place of the first: the newest last.
    packs: Vec<(u64, Identity, u64, u32)>,
    /// How many packs may be read before others have their turn.
    steps: u32,
    /// How many entries may be read before others have their turn.
    entries: usize,
    under_way: bool,
    /// Whether no small packs are left of those that were there at the start.
    pub all_joined: bool,
    /// Set when something was found wrong: nothing is read any more.
    broken: bool,
}

impl Review {
    /// Another pack is to be read.
    pub(super) fn add(&mut self, newest: u64, feed: Identity, generation: u64, first: u32) {
        self.packs.push((newest, feed, generation, first));
    }
}

impl Node {
    /// Begins at the start, with as much as needs no patience.
    pub(super) fn begin_review(&mut self) {
        self.review.packs.sort_unstable();
        self.review.steps = EAGER_PACKS;
        self.review.entries = EAGER;
        self.review_next();
    }

    /// Goes on, for a while.
    pub(super) fn go_on_reviewing(&mut self) {
        self.review.steps = STEP;
        self.review.entries = usize::MAX;
        self.review_next();
    }

    /// Whether there is something to go on with when there is time.
    pub(super) fn review_due(&self) -> Option<effigy_core::Time> {
        let waits = !self.review.packs.is_empty() && !self.review.under_way;
        let joins = self.review.packs.is_empty() && !self.review.all_joined && !self.is_rewriting();
        (self.ready && !self.is_hub() && !self.review.broken && (waits || joins))
            .then_some(self.now)
    }

    fn review_next(&mut self) {
        if self.review.under_way || self.review.broken {
            return;
        }
        while self.review.steps > 0 && self.review.entries > 0 {
            let Some((_, identity, generation, first)) = self.review.packs.pop() else { break };
            // It may have gone meanwhile, or become part of another.
            if !self.is_pack(&identity, generation, first) {
                continue;
            }
            self.review.under_way = true;
            self.review.steps = self.review.steps.saturating_sub(1);
            let pending = Pending::Review { identity, generation, first };
            return self.load(pack_key(&identity, generation, first), pending);
        }
        self.show_first();
        if self.review.packs.is_empty() && !self.review.all_joined {
            self.join_small_packs();
        }
    }

    fn is_pack(&self, identity: &Identity, generation: u64, first: u32) -> bool {
        self.feeds.get(identity).is_some_and(|held| {
            held.feed.generation() == generation && held.packs.contains_key(&first)
        })
    }

    /// A pack is here.
    pub(super) fn reviewed(&mut self, pack: (Identity, u64, u32), bytes: Option<Vec<u8>>) {
        self.review.under_way = false;
        let (identity, generation, first) = pack;
        if self.is_pack(&identity, generation, first) {
            match self.check_pack(identity, first, bytes.as_deref()) {
                Some((known, gone)) => {
                    self.count_pack(identity, bytes.as_deref());
                    self.review.entries = self.review.entries.saturating_sub(known.len());
                    gone.into_iter().for_each(|position| self.forget_at(identity, position));
                    let known: Vec<Known> = known
                        .into_iter()
                        .filter(|known| !self.was_glimpsed(identity, known.position))
                        .collect();
                    for known in &known {
                        self.note_entry(&known.entry, known.payload.as_ref());
                    }
                    if !known.is_empty() {
                        self.emit(Event::Entries(known));
                    }
                }
                None => {
                    self.review.broken = true;
                    self.outbox.push_back(Output::Reread);
                    return;
                }
            }
        }
        self.review_next();
    }

    /// What a pack holds counts as stored from now on: what was noted of it does not say how much.
    fn count_pack(&mut self, identity: Identity, bytes: Option<&[u8]>) {
        let pack = bytes.and_then(|bytes| Pack::open(bytes).ok());
        let sizes = pack.iter().flat_map(Pack::records).flatten().map(<[u8]>::len);
        let sum = sizes.sum::<usize>() as u64;
        if let Some(held) = self.feeds.get_mut(&identity) {
            held.bytes = held.bytes.saturating_add(sum);
            self.status_changed = true;
        }
    }

    /// Compares the records of a pack with what was noted of them. Gives what was not told at the
    /// start, and the places of those that were taken back and still say something. `None` when
    /// something is wrong.
    fn check_pack(
        &self,
        identity: Identity,
        first: u32,
        bytes: Option<&[u8]>,
    ) -> Option<(Vec<Known>, Vec<u32>)> {
        let held = self.feeds.get(&identity)?;
        let pack = Pack::open(bytes?).ok()?;
        let (mut known, mut gone) = (Vec::new(), Vec::new());
        let mut position = first;
        for bytes in pack.records() {
            let noted = held.feed.noted(position)?;
            let (entry, payload) = record::split(bytes.ok()?).ok()?;
            let entry = Entry::recall(entry, noted.id, noted.digest).ok()?;
            let payload = match payload {
                Some(bytes) => Some(recalled(&entry, bytes)?),
                None => None,
            };
            if payload.is_some() && self.is_taken_back(&entry) {
                gone.push(position);
            }
            if !Facts::of(&entry, payload.as_ref(), self.my_synod()).is_told() {
                known.push(Known { entry, payload, position });
            }
            position = position.checked_add(1)?;
        }
        let whole = held.packs.get(&first).copied() == position.checked_sub(first);
        (whole && pack.is_sound()).then_some((known, gone))
    }
}

/// Reads a payload that was checked before it was kept.
fn recalled(entry: &Entry, bytes: &[u8]) -> Option<Payload> {
    let named = &entry.header().payload;
    let same = effigy_core::Cid::of(bytes) == named.cid;
    if same { Payload::recall(&named.kind, bytes).ok() } else { None }
}
