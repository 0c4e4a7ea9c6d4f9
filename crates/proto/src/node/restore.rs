//! The start: a node is told what its store holds, then begins.
//!
//! Signatures were checked before anything was kept; here only hashes are. A damaged record is set
//! aside and counted, and its feed is written anew without it: the rest goes on, and what is missing
//! is fetched again.

use effigy_core::invite::{Token, is_origin};
use effigy_core::{Cid, Identity, Payload, Time};
use effigy_feed::{Arrival, Verdict};
use effigy_store::pack::{self, Pack};
use effigy_store::{Batch, Key, Table};
use serde::{Deserialize, Serialize};

use super::arrivals::quarantine_key;
use super::blobs::{blob_key, here_key};
use super::heads::pack_key;
use super::state::{ContentState, Greeting, Held, Here, Holding, HubSlot};
use super::{Node, record};
use crate::api::{Event, Known};
use crate::message::BATCH;

/// Packs that hold this little on average are written anew at the start.
const THIN: usize = 4;
/// How many entries one event carries at most.
const TOLD: usize = 500;

/// What is needed only while the store is read.
#[derive(Debug, Default)]
pub(super) struct Restoring {
    /// The records of the feed that is being read, by place.
    records: Vec<Vec<u8>>,
    feed: Option<(Identity, u64)>,
    damaged: usize,
    old_packs: Vec<Key>,
    set_aside: Batch,
    known: Vec<Known>,
    /// Entries whose payloads are here.
    said: std::collections::BTreeSet<Cid>,
    whole: std::collections::BTreeSet<Cid>,
}

#[derive(Deserialize, Serialize)]
struct KeptHub {
    identity: Option<Identity>,
    origin: String,
}

pub(super) fn invite_key() -> Key {
    Key::new(Table::Meta, b"invite".as_slice())
}

pub(super) fn lazy_key() -> Key {
    Key::new(Table::Meta, b"lazy_before".as_slice())
}

pub(super) fn hubs_key() -> Key {
    Key::new(Table::Meta, b"hubs".as_slice())
}

pub(super) fn follower_key(synod: &Identity) -> Key {
    Key::new(Table::Peers, [b"follower/".as_slice(), synod.bytes()].concat())
}

pub(super) fn greeting_key(synod: &Identity) -> Key {
    Key::new(Table::Peers, [b"greeting/".as_slice(), synod.bytes()].concat())
}

pub(super) fn member_key(synod: &Identity) -> Key {
    Key::new(Table::Peers, [b"member/".as_slice(), synod.bytes()].concat())
}

impl Node {
    /// The tables that a node has to be told of, in the order in which it needs them.
    pub const TABLES: [Table; 5] =
        [Table::Meta, Table::Peers, Table::Receipts, Table::Packs, Table::Drafts];

    /// Hands a record of the store to the node. All of one table, in the order of their keys.
    ///
    /// # Errors
    /// When the record cannot be read. The node goes on without it.
    pub fn restore(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), RestoreError> {
        match table {
            Table::Drafts => {
                let text =
                    |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| RestoreError);
                let (slot, text) = (text(key)?, text(value)?);
                self.emit(Event::Draft { slot, text });
                Ok(())
            }
            Table::Meta => self.restore_meta(key, value),
            Table::Packs => {
                self.restore_pack(key, value);
                Ok(())
            }
            Table::Peers => self.restore_peer(key, value),
            Table::Receipts => {
                let holder = identity(key)?;
                let holding = Holding::from_bytes(value).ok_or(RestoreError)?;
                self.receipts.insert(holder, holding);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn restore_meta(&mut self, key: &[u8], value: &[u8]) -> Result<(), RestoreError> {
        if let Some(digest) = key.strip_prefix(b"blob/") {
            let cid = cid(digest)?;
            self.here.insert(cid, Here::from_bytes(value).ok_or(RestoreError)?);
        } else if let Some(digest) = key.strip_prefix(b"whole/") {
            let cid = cid(digest)?;
            self.restoring.whole.insert(cid);
        } else if key == b"invite" {
            let (made, token) = value.split_first_chunk::<8>().ok_or(RestoreError)?;
            let token = Token(token.try_into().map_err(|_| RestoreError)?);
            self.invite = Some((token, Time(u64::from_be_bytes(*made))));
        } else if key == b"lazy_before" {
            let moment = value.try_into().map_err(|_| RestoreError)?;
            self.lazy_before = Time(u64::from_be_bytes(moment));
        } else if key == b"hubs" {
            let kept: Vec<KeptHub> = serde_json::from_slice(value).map_err(|_| RestoreError)?;
            self.hubs = kept
                .into_iter()
                .filter(|hub| is_origin(&hub.origin))
                .map(|hub| HubSlot { identity: hub.identity, ..HubSlot::new(hub.origin) })
                .collect();
        }
        Ok(())
    }

    fn restore_peer(&mut self, key: &[u8], value: &[u8]) -> Result<(), RestoreError> {
        if let Some(bytes) = key.strip_prefix(b"follower/") {
            self.followers.insert(identity(bytes)?);
        } else if let Some(bytes) = key.strip_prefix(b"greeting/") {
            let token = <[u8; 16]>::try_from(value).ok();
            self.greetings.insert(identity(bytes)?, Greeting { token, attempts: 0, next: Time(0) });
        } else if let Some(bytes) = key.strip_prefix(b"member/") {
            self.members.insert(identity(bytes)?);
        }
        Ok(())
    }

    fn restore_pack(&mut self, key: &[u8], value: &[u8]) {
        let Some((feed, generation, _)) = pack_parts(key) else { return };
        if self.restoring.feed != Some((feed, generation)) {
            self.finish_feed();
            self.restoring.feed = Some((feed, generation));
        }
        self.restoring.old_packs.push(Key::new(Table::Packs, key));
        let Ok(pack) = Pack::open(value) else {
            self.set_aside(key, 0, value);
            return;
        };
        for (index, bytes) in (0_u32..).zip(pack.records()) {
            match bytes {
                Ok(bytes) => self.restore_record(feed, generation, index, key, bytes),
                Err(_) => self.set_aside(key, index, &[]),
            }
        }
    }

    /// Offers one record to its feed. What is kept is remembered until the whole feed was read: it
    /// may have to be written anew.
    fn restore_record(
        &mut self,
        feed: Identity,
        generation: u64,
        index: u32,
        key: &[u8],
        bytes: &[u8],
    ) {
        match self.restore_entry(feed, generation, bytes) {
            Restored::Kept => self.restoring.records.push(bytes.to_vec()),
            Restored::Damaged => self.set_aside(key, index, bytes),
        }
    }

    fn set_aside(&mut self, key: &[u8], index: u32, bytes: &[u8]) {
        self.restoring.damaged = self.restoring.damaged.saturating_add(1);
        let batch = std::mem::take(&mut self.restoring.set_aside);
        self.restoring.set_aside = batch.put(quarantine_key(key, index), bytes);
    }

    /// All packs of one feed were read: writes them anew where some are damaged or they are thin.
    fn finish_feed(&mut self) {
        let Some((identity, generation)) = self.restoring.feed.take() else { return };
        let kept = std::mem::take(&mut self.restoring.records);
        let old = std::mem::take(&mut self.restoring.old_packs);
        let damaged = std::mem::take(&mut self.restoring.damaged) > 0;
        let thin = old.len() > 8 && kept.len() / THIN < old.len() && kept.len() > old.len() / 2;
        let aside = std::mem::take(&mut self.restoring.set_aside);
        if damaged || (thin && old.len() > kept.len().div_ceil(BATCH).saturating_mul(2)) {
            self.write_anew(identity, generation, &kept, old, aside);
        } else {
            self.note_packs(identity, &old, kept.len());
        }
    }

    fn restore_entry(&mut self, identity: Identity, generation: u64, bytes: &[u8]) -> Restored {
        let Ok(record) = record::reload(bytes) else { return Restored::Damaged };
        let header = record.entry.header();
        if header.identity != identity || header.generation != generation {
            return Restored::Damaged;
        }
        let synod = header.synod.map_or(identity, |(synod, _)| synod);
        let held = self.feeds.entry(identity);
        let held = held.or_insert_with(|| Held::new(identity, synod, generation));
        // What was kept was not parked then, so it is not now, whatever the clock says today.
        let verdict = held.feed.offer(&record.entry, Time(u64::MAX / 2));
        match verdict {
            Ok(Verdict::New { position }) => {
                held.newest = held.newest.max(header.comparable);
                let payload = record.payload.map(|(_, payload)| payload);
                self.restored(record.entry, payload, position);
                Restored::Kept
            }
            Ok(Verdict::Waiting { .. }) => {
                // With its payload: once what was damaged is here again, so is this.
                let payload = record.payload.map(|(bytes, _)| bytes);
                self.waiting.add(Arrival { entry: record.entry, payload }, Time(0));
                Restored::Damaged
            }
            _ => Restored::Damaged,
        }
    }

    fn restored(&mut self, entry: effigy_core::Entry, payload: Option<Payload>, position: u32) {
        if payload.is_some() {
            self.restoring.said.insert(entry.id());
        }
        let payload = payload.map(|payload| self.unseal(&entry, payload));
        if let Some(payload) = &payload {
            self.take_effect(&entry, payload, false);
        }
        if self.is_hub() {
            return;
        }
        self.restoring.known.push(Known { entry, payload, position });
        if self.restoring.known.len() >= TOLD {
            let known = std::mem::take(&mut self.restoring.known);
            self.emit(Event::Entries(known));
        }
    }

    fn note_packs(&mut self, identity: Identity, packs: &[Key], count: usize) {
        let firsts: Vec<u32> =
            packs.iter().filter_map(|key| pack_parts(&key.bytes)).map(|(_, _, at)| at).collect();
        let Some(held) = self.feeds.get_mut(&identity) else { return };
        let end = u32::try_from(count).unwrap_or(u32::MAX);
        for (at, first) in firsts.iter().enumerate() {
            let next = firsts.get(at.saturating_add(1)).copied().unwrap_or(end);
            held.packs.insert(*first, next.saturating_sub(*first));
        }
    }

    fn write_anew(
        &mut self,
        identity: Identity,
        generation: u64,
        records: &[Vec<u8>],
        old: Vec<Key>,
        aside: Batch,
    ) {
        let mut batch = Batch { deletes: old, ..Batch::new() };
        batch.extend(aside);
        let mut first = 0_u32;
        for run in records.chunks(BATCH) {
            let slices: Vec<&[u8]> = run.iter().map(Vec::as_slice).collect();
            let Ok(bytes) = pack::encode(&slices) else { continue };
            let count = u32::try_from(run.len()).unwrap_or(u32::MAX);
            batch = batch.put(pack_key(&identity, generation, first), bytes);
            if let Some(held) = self.feeds.get_mut(&identity) {
                held.packs.insert(first, count);
            }
            first = first.saturating_add(count);
        }
        self.save(batch.strict());
    }

    /// All was read: begins.
    pub fn start(&mut self, now: Time) {
        self.now = now;
        self.finish_feed();
        let known = std::mem::take(&mut self.restoring.known);
        if !known.is_empty() {
            self.emit(Event::Entries(known));
        }
        self.retrack();
        for (device, held) in &mut self.feeds {
            if let Some(synod) = self.tracked.get(device) {
                held.synod = *synod;
            }
        }
        self.ready = true;
        self.restore_contents();
        self.finish_forgetting();
        self.check_fence();
        if self.fence.is_none() && self.feeds.contains_key(&self.me) {
            self.set_fence();
        }
        if self.my_synod().is_some() {
            if self.invite.is_none() {
                self.new_invite();
            } else {
                self.show_invite();
            }
        }
        self.emit(Event::Ready);
        self.status_changed = true;
        self.retry_hubs();
        self.reconsider_status();
        self.set_alarm();
    }

    /// Drops payloads that were taken back just before a crash.
    fn finish_forgetting(&mut self) {
        let said = std::mem::take(&mut self.restoring.said);
        for (target, by) in self.deletions.iter().filter(|(target, _)| said.contains(target)) {
            self.taken_back.extend(by.iter().map(|device| (*device, *target)));
        }
        self.forget_payloads();
    }

    /// Which pictures are whole, and which have to be fetched.
    fn restore_contents(&mut self) {
        let whole = std::mem::take(&mut self.restoring.whole);
        let mut missing = Vec::new();
        for (cid, content) in &mut self.contents {
            let here = self.here.get(cid).is_some_and(|here| here.own || here.proven);
            if here && (whole.contains(cid) || self.here.get(cid).is_some_and(|here| here.own)) {
                content.state = ContentState::Complete;
            } else {
                content.state = ContentState::Missing;
                if content.auto {
                    missing.push(*cid);
                }
            }
        }
        missing.into_iter().for_each(|cid| self.want_content(cid));
        self.sweep();
    }

    /// Drops blobs that nothing points to any more, as after a crash in the middle of things.
    fn sweep(&mut self) {
        let named: std::collections::BTreeSet<Cid> = self
            .contents
            .iter()
            .flat_map(|(cid, content)| content.pieces.iter().map(|(piece, _)| *piece).chain([*cid]))
            .collect();
        // The pieces of a whole picture are named by its manifest, which is not read here.
        let small = |here: &Here| !here.own && !here.proven;
        let stray: Vec<Cid> = self
            .here
            .iter()
            .filter(|(cid, here)| small(here) && !named.contains(cid))
            .map(|(cid, _)| *cid)
            .collect();
        let unknown = self.contents.values().any(|content| content.pieces.is_empty());
        if unknown || stray.is_empty() {
            return;
        }
        let mut batch = Batch::new();
        for cid in stray {
            self.here.remove(&cid);
            batch.deletes.extend([blob_key(&cid), here_key(&cid)]);
        }
        self.save(batch);
    }

    pub(super) fn save_hubs(&mut self) {
        let kept: Vec<KeptHub> = self
            .hubs
            .iter()
            .map(|hub| KeptHub { identity: hub.identity, origin: hub.origin.clone() })
            .collect();
        if let Ok(value) = serde_json::to_vec(&kept) {
            self.save(Batch::new().put(hubs_key(), value));
        }
        self.show_invite();
    }
}

enum Restored {
    Kept,
    Damaged,
}

fn pack_parts(key: &[u8]) -> Option<(Identity, u64, u32)> {
    let (identity, rest) = key.split_first_chunk::<32>()?;
    let (generation, first) = rest.split_first_chunk::<8>()?;
    let first = u32::from_be_bytes(first.try_into().ok()?);
    Some((Identity::from_bytes(*identity), u64::from_be_bytes(*generation), first))
}

fn identity(bytes: &[u8]) -> Result<Identity, RestoreError> {
    bytes.try_into().map(Identity::from_bytes).map_err(|_| RestoreError)
}

fn cid(bytes: &[u8]) -> Result<Cid, RestoreError> {
    bytes.try_into().map(Cid::from_digest).map_err(|_| RestoreError)
}

/// A record of the store that cannot be read; it was passed over.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a record of the store cannot be read")]
pub struct RestoreError;
