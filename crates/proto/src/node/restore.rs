//! The start: a node is told what its store holds, then begins.
//!
//! A person's node reads what was noted of packs, shows the newest posts, and reads the packs
//! themselves when it has time ([`review`](super::review)). Where nothing was noted, or what was
//! noted cannot be right, it reads every pack before it begins, as a hub always does.
//!
//! Signatures were checked before anything was kept; here only hashes are. A damaged record is set
//! aside and counted, and its feed is written anew without it: the rest goes on, and what is missing
//! is fetched again.

use std::collections::BTreeSet;

use effigy_core::invite::{Token, is_origin};
use effigy_core::limits::HUBS;
use effigy_core::{Cid, Entry, Identity, Payload, Time};
use effigy_feed::{Arrival, Verdict};
use effigy_store::{Batch, Key, Pack, Range, Table};
use serde::{Deserialize, Serialize};

use super::arrivals::quarantine_key;
use super::blobs::{Bits, WHOLE, blob_key, here_key, large_named};
use super::newest::{Glimpse, read_places};
use super::outline::{self, Facts};
use super::packs::{self, Fresh, delete_pack, pack_parts, runs};
use super::state::{Content, ContentState, Greeting, Held, Here, Holding, HubSlot};
use super::{Config, Node, drafts, record};
use crate::api::{Event, Known, Named};
use crate::io::{Fence, Output};

/// How many entries one event carries at most.
const TOLD: usize = 500;
/// The version of what is noted beside packs.
const OUTLINED: u8 = 1;

/// What is needed only while the store is read.
#[derive(Debug, Default)]
pub(super) struct Restoring {
    /// What is being read.
    step: Step,
    /// Whether packs are read, whatever was noted of them.
    rereading: bool,
    /// How far the own feeds were when it was last written down that all packs have outlines.
    outlined: Option<Fence>,
    /// Whether packs were read.
    has_read_packs: bool,
    /// What is noted of packs and may be of none that is there.
    stale: BTreeSet<Vec<u8>>,
    /// The feed that is being read from packs.
    reading: Reading,
    pub glimpse: Glimpse,
    known: Vec<Known>,
    /// The drafts that are here.
    slots: BTreeSet<String>,
    /// Own entries that wait for the account's feed to be read: it has the secrets.
    sealed: Vec<Known>,
    /// Entries that were taken back and whose payloads are here.
    said: BTreeSet<Cid>,
    /// Whether the first screen was told that it has what it needs.
    pub shown: bool,
    /// Places of what was told whole and has not been found in an outline yet.
    told: BTreeSet<(Identity, u32)>,
    /// The mark of each feed's last change.
    pub(super) changed: std::collections::BTreeMap<Identity, u64>,
}

/// What is read, one after the other.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Step {
    #[default]
    Begin,
    Meta,
    Peers,
    Receipts,
    Drafts,
    /// Those records that a node acts on.
    Told,
    Outlines,
    /// All that is noted of packs, only to know what there is.
    Stale,
    Packs,
    End,
}

/// A feed that is being read from its packs.
#[derive(Debug, Default)]
struct Reading {
    feed: Option<(Identity, u64)>,
    /// What is written once all of it was read.
    batch: Batch,
    /// Set with the first damage: from there on packs are written anew.
    anew: bool,
    /// The records from there on.
    rest: Vec<Fresh>,
}

#[derive(Deserialize, Serialize)]
struct KeptHub {
    identity: Option<Identity>,
    origin: String,
}

pub(super) fn invite_key() -> Key {
    Key::new(Table::Meta, b"invite".as_slice())
}

/// The key of the record that says that every pack has an outline, and how far the own feeds are.
fn outlined_key() -> Key {
    Key::new(Table::Meta, b"outlined".as_slice())
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

pub(super) fn called_key(synod: &Identity) -> Key {
    Key::new(Table::Peers, [b"called/".as_slice(), synod.bytes()].concat())
}

pub(super) fn greeting_key(synod: &Identity) -> Key {
    Key::new(Table::Peers, [b"greeting/".as_slice(), synod.bytes()].concat())
}

pub(super) fn member_key(synod: &Identity) -> Key {
    Key::new(Table::Peers, [b"member/".as_slice(), synod.bytes()].concat())
}

/// What makes the next start of a person's node read and look through everything its store holds
/// before it begins, as [`Node::rereading`] does.
pub fn reread() -> Batch {
    Batch::new().delete(outlined_key()).strict()
}

/// What makes the first start of a person's node dial these hubs: for a device that was let into an
/// account which is met there.
pub fn hubs_to_dial(origins: &[String]) -> Batch {
    let hubs = origins.iter().filter(|origin| is_origin(origin)).take(HUBS);
    let kept: Vec<KeptHub> =
        hubs.map(|origin| KeptHub { identity: None, origin: origin.clone() }).collect();
    let value = serde_json::to_vec(&kept).unwrap_or_default();
    Batch::new().put(hubs_key(), value).strict()
}

impl Node {
    /// A node that reads everything its store holds before it begins, whatever was noted of it.
    pub fn rereading(config: Config) -> Self {
        let mut node = Self::new(config);
        node.restoring.rereading = true;
        node
    }

    /// What the node has to be told next of what its store holds; `None` when it can
    /// [`start`](Self::start). Every record of the range goes to [`restore`](Self::restore), in the
    /// order of their keys; outputs are to be done in between.
    pub fn next_read(&mut self) -> Option<Range> {
        let step = self.next_step();
        self.restoring.step = step;
        self.restoring.has_read_packs |= step == Step::Packs;
        Some(match step {
            Step::Begin | Step::Meta => Range::all(Table::Meta),
            Step::Peers => Range::all(Table::Peers),
            Step::Receipts => Range::all(Table::Receipts),
            Step::Drafts => drafts::texts(),
            Step::Told => Range::prefix(Table::Heads, packs::tellings()),
            Step::Outlines => Range::prefix(Table::Heads, packs::outlines()),
            Step::Stale => Range::all(Table::Heads),
            Step::Packs => Range::all(Table::Packs),
            Step::End => return None,
        })
    }

    fn next_step(&mut self) -> Step {
        match self.restoring.step {
            Step::Begin => Step::Meta,
            Step::Meta => Step::Peers,
            Step::Peers => Step::Receipts,
            Step::Receipts => Step::Drafts,
            Step::Drafts if self.is_hub() => Step::Packs,
            Step::Drafts if self.restoring.rereading || self.restoring.outlined.is_none() => {
                Step::Stale
            }
            Step::Drafts => Step::Told,
            Step::Told => {
                self.open_sealed();
                // A store that is behind must not look as if all were well.
                if !self.is_behind() {
                    self.begin_glimpse();
                }
                Step::Outlines
            }
            Step::Stale => Step::Packs,
            Step::Outlines | Step::Packs | Step::End => Step::End,
        }
    }

    /// Whether the own feeds are behind the fence, as far as was written down.
    fn is_behind(&self) -> bool {
        let (Some(fence), Some(kept)) = (&self.fence, &self.restoring.outlined) else {
            return false;
        };
        kept.device_count < fence.device_count || kept.synod_count < fence.synod_count
    }

    /// Hands a record of the store to the node. All of a range, in the order of their keys.
    ///
    /// # Errors
    /// When the record cannot be read. The node goes on without it.
    pub fn restore(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), RestoreError> {
        match table {
            Table::Drafts => {
                let text =
                    |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| RestoreError);
                let (slot, text) = (text(key)?, text(value)?);
                self.restoring.slots.insert(slot.clone());
                self.emit(Event::Draft { slot, text });
                Ok(())
            }
            Table::Heads => match self.restoring.step {
                Step::Told => self.restore_told(key, value),
                Step::Outlines => self.restore_outline(key, value),
                _ => {
                    self.restoring.stale.insert(key.to_vec());
                    Ok(())
                }
            },
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
        if self.restore_names(key, value)? {
            return Ok(());
        }
        if let Some(digest) = key.strip_prefix(b"blob/") {
            let cid = cid(digest)?;
            self.here.insert(cid, Here::from_bytes(value).ok_or(RestoreError)?);
        } else if let Some(digest) = key.strip_prefix(b"whole/") {
            let cid = cid(digest)?;
            let (pieces, rest) = value.as_chunks::<32>();
            if !rest.is_empty() {
                return Err(RestoreError);
            }
            self.wholes
                .insert(cid, pieces.iter().map(|digest| Cid::from_digest(*digest)).collect());
        } else if let Some(part) = key.strip_prefix(b"bits/") {
            let bits = Bits::from_bytes(value).ok_or(RestoreError)?;
            self.bits.insert(cid(part)?, bits);
        } else if let Some(named) = key.strip_prefix(b"large/") {
            let named = large_named(named).ok_or(RestoreError)?;
            self.kept.insert(named, *value.first().ok_or(RestoreError)?);
        } else if let Some(name) = key.strip_prefix(b"register/") {
            self.restore_register(name, value)?;
        } else if let Some(upload) = key.strip_prefix(b"upload/") {
            self.restore_upload(upload, value).ok_or(RestoreError)?;
        } else if key == b"invite" {
            let (made, token) = value.split_first_chunk::<8>().ok_or(RestoreError)?;
            let token = Token(token.try_into().map_err(|_| RestoreError)?);
            self.invite = Some((token, Time(u64::from_be_bytes(*made))));
        } else if key == b"newest" {
            self.expect_glimpse(read_places(value).ok_or(RestoreError)?);
        } else if key == b"outlined" {
            self.restoring.outlined = read_outlined(value);
        } else if key == b"watching" {
            self.watching = Some(value.try_into().map_err(|_| RestoreError)?);
        } else if key == b"uploads" {
            if !self.restore_uploads(value) {
                return Err(RestoreError);
            }
        } else if key == b"shares" {
            self.restore_giving(value)?;
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
        if let Some(bytes) = key.strip_prefix(b"called/") {
            let name = String::from_utf8(value.to_vec()).map_err(|_| RestoreError)?;
            self.emit(Event::Called { name, synod: identity(bytes)? });
        } else if let Some(bytes) = key.strip_prefix(b"follower/") {
            self.followers.insert(identity(bytes)?);
        } else if let Some(bytes) = key.strip_prefix(b"greeting/") {
            let token = <[u8; 16]>::try_from(value).ok();
            self.greetings.insert(identity(bytes)?, Greeting { token, attempts: 0, next: Time(0) });
        } else if let Some(bytes) = key.strip_prefix(b"ledger/") {
            self.restore_account(identity(bytes)?, value).ok_or(RestoreError)?;
        } else if let Some(bytes) = key.strip_prefix(b"member/") {
            // What an earlier version wrote does not say when.
            let seen = value.try_into().map_or(Time(0), |seen| Time(u64::from_be_bytes(seen)));
            self.members.insert(identity(bytes)?, seen);
        } else if let Some(bytes) = key.strip_prefix(b"met/") {
            return self.restore_met(bytes, value);
        } else if let Some(bytes) = key.strip_prefix(b"moved/") {
            return self.restore_change(bytes, value);
        } else if let Some(bytes) = key.strip_prefix(b"share/") {
            return self.restore_kept(identity(bytes)?, value);
        } else if let Some(bytes) = key.strip_prefix(b"watch/") {
            return self.restore_list(bytes, value);
        }
        Ok(())
    }

    /// Takes in those records of a pack that a node acts on.
    fn restore_told(&mut self, key: &[u8], value: &[u8]) -> Result<(), RestoreError> {
        let told = key.get(1..).and_then(pack_parts).zip(outline::read_told(value));
        let Some(((feed, generation, _), records)) = told else { return self.distrust() };
        for (position, bytes) in records {
            let Ok(record) = record::reload(&bytes) else { return self.distrust() };
            let header = record.entry.header();
            if header.identity != feed || header.generation != generation {
                return self.distrust();
            }
            self.restoring.told.insert((feed, position));
            let payload = record.payload.map(|(_, payload)| payload);
            self.restored(record.entry, payload, position);
        }
        Ok(())
    }

    /// Puts a feed together from what was noted of its packs.
    fn restore_outline(&mut self, key: &[u8], value: &[u8]) -> Result<(), RestoreError> {
        let Some((feed, generation, first)) = key.get(1..).and_then(pack_parts) else {
            return self.distrust();
        };
        let Some(outline) = outline::read(value, first) else { return self.distrust() };
        let held = self.feeds.entry(feed);
        let held = held.or_insert_with(|| Held::new(feed, outline.synod, generation));
        let follows = held.feed.generation() == generation && held.feed.len() == first as usize;
        if !follows {
            return self.distrust();
        }
        let mut newest = 0;
        let (mut posts, mut bare) = (Vec::new(), Vec::new());
        let count = u32::try_from(outline.entries.len()).unwrap_or(u32::MAX);
        for (position, (facts, noted)) in (first..).zip(outline.entries) {
            newest = noted.comparable.max(newest);
            if facts.has_payload() && self.deletions.contains_key(&noted.id) {
                self.restoring.said.insert(noted.id);
            }
            if facts.is_post() {
                posts.push((position, facts));
            }
            if !facts.has_payload() && feed != outline.synod {
                bare.push(position);
            }
            if feed != outline.synod {
                self.directory.add(feed, &noted.id);
            }
            let was_told = self.restoring.told.remove(&(feed, position));
            if was_told != facts.is_told() || !held.feed.put_back(noted) {
                return self.distrust();
            }
        }
        held.newest = newest.max(held.newest);
        held.packs.insert(first, count);
        self.review.add(newest, feed, generation, first);
        posts.into_iter().for_each(|(position, facts)| self.note_post(feed, position, facts));
        bare.into_iter().for_each(|position| self.note_bare(feed, position));
        Ok(())
    }

    /// What was noted of packs cannot be right: nothing of it counts.
    fn distrust(&mut self) -> Result<(), RestoreError> {
        if !std::mem::replace(&mut self.restoring.rereading, true) {
            self.outbox.push_back(Output::Reread);
        }
        Err(RestoreError)
    }

    fn restore_pack(&mut self, key: &[u8], value: &[u8]) {
        let Some((feed, generation, first)) = pack_parts(key) else { return };
        if self.restoring.reading.feed != Some((feed, generation)) {
            self.finish_feed();
            self.restoring.reading.feed = Some((feed, generation));
        }
        let end = self.feeds.get(&feed).map_or(0, |held| held.feed.len());
        let mut kept = Vec::new();
        let mut aside = Vec::new();
        match Pack::open(value) {
            Ok(pack) => {
                for (index, bytes) in (0_u32..).zip(pack.records()) {
                    match bytes.map(|bytes| (bytes, self.restore_entry(feed, generation, bytes))) {
                        Ok((_, Some(fresh))) => kept.push(fresh),
                        Ok((bytes, None)) => aside.push((index, bytes.to_vec())),
                        Err(_) => aside.push((index, Vec::new())),
                    }
                }
                // One whose lengths are damaged can be read still, but not once more is.
                self.restoring.reading.anew |= !pack.is_sound();
            }
            Err(_) => aside.push((0, value.to_vec())),
        }
        let reading = &mut self.restoring.reading;
        reading.anew |= end != first as usize || !aside.is_empty();
        for (index, bytes) in aside {
            reading.batch.puts.push((quarantine_key(key, index), bytes));
        }
        if reading.anew {
            reading.batch.deletes.extend(delete_pack(&feed, generation, first));
            reading.rest.extend(kept);
        } else {
            self.keep_pack(feed, &kept);
        }
    }

    /// A pack is as it should be: only what is noted of it is written, where it may not be.
    fn keep_pack(&mut self, feed: Identity, records: &[Fresh]) {
        let mut batch = std::mem::take(&mut self.restoring.reading.batch);
        self.note_pack(feed, records, &mut batch);
        self.restoring.reading.batch = batch;
    }

    /// All packs of one feed were read: writes what has to be written of it.
    fn finish_feed(&mut self) {
        let Reading { feed, mut batch, anew, rest } = std::mem::take(&mut self.restoring.reading);
        let Some((identity, _)) = feed else { return };
        for run in runs(&rest) {
            self.put_pack(identity, run, &mut batch);
        }
        for (key, _) in batch.puts.iter().filter(|(key, _)| key.table == Table::Heads) {
            self.restoring.stale.remove(&key.bytes);
        }
        self.save(if anew { batch.strict() } else { batch });
    }

    /// Offers one record to its feed; `None` when it is damaged, or builds on what is.
    fn restore_entry(
        &mut self,
        identity: Identity,
        generation: u64,
        bytes: &[u8],
    ) -> Option<Fresh> {
        let record = record::reload(bytes).ok()?;
        let header = record.entry.header();
        if header.identity != identity || header.generation != generation {
            return None;
        }
        let synod = header.synod.map_or(identity, |(synod, _)| synod);
        let me = self.my_synod();
        let held = self.feeds.entry(identity);
        let held = held.or_insert_with(|| Held::new(identity, synod, generation));
        // What was kept was not parked then, so it is not now, whatever the clock says today.
        match held.feed.offer(&record.entry, Time(u64::MAX / 2)) {
            Ok(Verdict::New { position }) => {
                held.newest = held.newest.max(header.comparable);
                held.bytes = held.bytes.saturating_add(bytes.len() as u64);
                self.list(identity, &record.entry.id());
                let payload = record.payload.map(|(_, payload)| payload);
                let facts = Facts::of(&record.entry, payload.as_ref(), me);
                if payload.is_some() {
                    self.restoring.said.insert(record.entry.id());
                }
                self.restored(record.entry, payload, position);
                self.note_post(identity, position, facts);
                Some(Fresh { bytes: bytes.to_vec(), facts, position })
            }
            Ok(Verdict::Waiting { .. }) => {
                // With its payload: once what was damaged is here again, so is this.
                let payload = record.payload.map(|(bytes, _)| bytes);
                self.waiting.add(Arrival { entry: record.entry, payload }, Time(0));
                None
            }
            _ => None,
        }
    }

    fn restored(&mut self, entry: Entry, payload: Option<Payload>, position: u32) {
        let payload = payload.map(|payload| self.unseal(&entry, payload, position));
        let mine = entry.header().synod.is_some_and(|(synod, _)| Some(synod) == self.my_synod());
        if mine && matches!(payload, Some(Payload::Sealed(_))) {
            self.restoring.sealed.push(Known { entry, payload, position });
        } else {
            self.take_in(entry, payload, position);
        }
    }

    fn take_in(&mut self, entry: Entry, payload: Option<Payload>, position: u32) {
        self.note_entry(&entry, payload.as_ref());
        match &payload {
            Some(payload) => self.take_effect(&entry, payload, false),
            None => self.note_bare(entry.header().identity, position),
        }
        if self.is_hub() {
            return;
        }
        self.restoring.known.push(Known { entry, payload, position });
        if self.restoring.known.len() >= TOLD {
            self.tell_known();
        }
    }

    /// The account's feed was read: opens what came before it.
    fn open_sealed(&mut self) {
        let sealed = std::mem::take(&mut self.restoring.sealed);
        sealed.iter().for_each(|known| self.forget_closed(&known.entry.header().identity));
        for Known { entry, payload, position } in sealed {
            let payload = payload.map(|payload| self.unseal(&entry, payload, position));
            self.take_in(entry, payload, position);
        }
        self.tell_known();
        self.tell_all_members();
        self.tell_registers();
    }

    fn tell_known(&mut self) {
        let known = std::mem::take(&mut self.restoring.known);
        if !known.is_empty() {
            self.emit(Event::Entries(known));
        }
    }

    /// Notes that every pack has an outline, and how far the own feeds are.
    pub(super) fn note_outlined(&self, batch: &mut Batch) {
        let Some(kept) = self.own_counts() else { return };
        let mut bytes = vec![OUTLINED];
        bytes.extend(kept.device_count.to_be_bytes());
        bytes.extend(kept.synod_count.to_be_bytes());
        batch.puts.push((outlined_key(), bytes));
    }

    /// All was read: begins.
    pub fn start(&mut self, now: Time) {
        (self.now, self.clock) = (now, now);
        self.finish_feed();
        self.open_sealed();
        self.finish_outlines();
        self.place_accounts();
        self.retrack();
        let changed = std::mem::take(&mut self.restoring.changed);
        for (device, held) in &mut self.feeds {
            if let Some(synod) = self.tracked.get(device) {
                held.synod = *synod;
            }
            held.changed = changed.get(device).copied().unwrap_or(0);
        }
        self.recall_met();
        self.ready = true;
        self.restore_contents();
        self.finish_forgetting();
        self.settle_generations();
        self.count_own_again();
        self.settle_members();
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
            self.tell_shares();
        }
        if self.is_hub() {
            self.begin_upkeep();
            self.begin_looking_for_room();
        } else {
            self.begin_review();
        }
        self.settle_account();
        self.consider_epochs();
        self.status_changed = true;
        self.retry_hubs();
        self.reconsider_status();
        self.set_alarm();
    }

    /// Looks whether what was noted can be right; or, after packs were read, writes down that it is.
    fn finish_outlines(&mut self) {
        let Some(kept) = self.own_counts() else { return };
        if !self.restoring.has_read_packs {
            let noted = self.restoring.outlined.as_ref();
            if noted.is_some_and(|noted| *noted != kept) || !self.restoring.told.is_empty() {
                let _ = self.distrust();
            }
            return;
        }
        let stale = std::mem::take(&mut self.restoring.stale);
        let deletes = stale.into_iter().map(|key| Key::new(Table::Heads, key)).collect();
        let mut batch = Batch { deletes, ..Batch::new() };
        if self.restoring.outlined.as_ref() != Some(&kept) && kept != Fence::default() {
            self.note_outlined(&mut batch);
        }
        if !batch.is_empty() || self.restoring.rereading {
            self.save_newest(&mut batch);
        }
        self.save(batch);
    }

    /// Puts accounts right whose entries named others by ids that are not kept.
    fn place_accounts(&mut self) {
        for (synod, state) in &mut self.synods {
            if let Some(held) = self.feeds.get(synod) {
                state.place(&held.feed);
            }
        }
    }

    /// Feeds that were written anew, and what came of that just before a crash.
    fn settle_generations(&mut self) {
        let accounts: Vec<Identity> = self.synods.keys().copied().collect();
        accounts.into_iter().for_each(|synod| self.begin_generations(synod, true));
    }

    /// Drops payloads that were taken back just before a crash.
    fn finish_forgetting(&mut self) {
        let bare = std::mem::take(&mut self.bare);
        self.bare = bare.into_iter().filter(|(feed, at)| !self.is_gone(feed, *at)).collect();
        let said = std::mem::take(&mut self.restoring.said);
        for (target, by) in self.deletions.iter().filter(|(target, _)| said.contains(target)) {
            self.taken_back.extend(by.iter().map(|device| (*device, *target)));
        }
        self.forget_payloads();
    }

    /// Whether a device of the same account took back what stands at this place.
    fn is_gone(&self, feed: &Identity, at: u32) -> bool {
        let Some(id) = self.feeds.get(feed).and_then(|held| held.feed.id_at(at)) else {
            return true;
        };
        let by = self.deletions.get(&id).into_iter().flatten();
        let owner = self.tracked.get(feed);
        by.into_iter().any(|device| owner.is_some() && self.tracked.get(device) == owner)
    }

    /// Which pictures are whole, and which have to be fetched.
    fn restore_contents(&mut self) {
        let states = self.contents.keys().map(|named| (*named, self.is_whole(named)));
        let states: Vec<(Named, bool)> = states.collect();
        let mut missing = Vec::new();
        for (named, is_whole) in states {
            let Some(content) = self.contents.get_mut(&named) else { continue };
            if is_whole {
                content.state = ContentState::Complete;
            } else {
                content.state = ContentState::Missing;
                if content.auto {
                    missing.push(named);
                }
            }
        }
        let slots = std::mem::take(&mut self.restoring.slots);
        self.drop_orphaned_uploads(&slots);
        let long: Vec<Named> = self.contents.keys().copied().collect();
        long.into_iter().for_each(|named| self.read_lists(named));
        missing.into_iter().for_each(|named| self.line_up(named));
        self.refill();
        self.sweep();
    }

    fn is_whole(&self, named: &Named) -> bool {
        let has_tree = self.contents.get(named).is_some_and(|content| content.tree.is_some());
        let kept = || self.kept.get(named).is_some_and(|kept| kept & WHOLE != 0);
        let is_here = || self.here.contains_key(&named.cid);
        if has_tree { kept() && is_here() } else { self.whole_pieces(named).is_some() }
    }

    /// Drops blobs that nothing points to any more, as after a crash in the middle of things.
    fn sweep(&mut self) {
        let named: BTreeSet<Cid> = self
            .contents
            .iter()
            .flat_map(|(named, content)| {
                let pieces = content.pieces.iter().map(|(piece, _)| *piece);
                let lists = content.tree.iter().flat_map(|tree| &tree.parts).copied();
                pieces.chain([named.cid]).chain(lists)
            })
            .collect();
        // The pieces of a whole picture are named by its manifest, which is not read here.
        let small = |here: &Here| !here.own && !here.proven;
        let stray: Vec<Cid> = self
            .here
            .iter()
            .filter(|(cid, here)| small(here) && !named.contains(cid))
            .map(|(cid, _)| *cid)
            .collect();
        let is_unknown = |content: &Content| match &content.tree {
            Some(tree) => tree.parts.is_empty(),
            None => content.pieces.is_empty(),
        };
        let unknown = self.contents.values().any(is_unknown);
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

fn read_outlined(bytes: &[u8]) -> Option<Fence> {
    let (version, rest) = bytes.split_first()?;
    let (device, rest) = rest.split_first_chunk()?;
    let synod = rest.try_into().ok()?;
    (*version == OUTLINED).then(|| Fence {
        device_count: u64::from_be_bytes(*device),
        synod_count: u64::from_be_bytes(synod),
    })
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
