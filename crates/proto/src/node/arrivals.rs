//! Entries that come in: judged by their feed, kept in packs, and what follows from them.

use effigy_core::{Cid, Entry, Identity, Payload, Time};
use effigy_feed::planted::{self, Bug};
use effigy_feed::{Arrival, Feed, Synod, SynodError, Verdict};
use effigy_store::{Batch, Key, Pack, Table};

use super::Node;
use super::outline::Facts;
use super::packs::{Fresh, delete_pack, pack_key, runs};
use super::record;
use super::state::Pending;
use crate::api::{Event, Known, Named};
use crate::io::Link;
use crate::message::{ErrorCode, Record, open_payload};

/// What is done with entries of one feed before anything is told of them.
#[derive(Default)]
pub(super) struct Intake {
    /// Records that are new.
    pub fresh: Vec<Fresh>,
    pub known: Vec<Known>,
    /// Whether some were not taken in because the account has enough here.
    pub is_over: bool,
}

impl Node {
    /// Takes records of one feed that a peer sent. Tells how many were new.
    pub(super) fn arrive(&mut self, link: Link, identity: Identity, records: Vec<Record>) -> usize {
        let mut intake = Intake::default();
        let mut bad = false;
        for record in records {
            let arrival = Arrival {
                entry: record.entry,
                payload: record.payload.as_ref().map(|(bytes, _)| bytes.clone()),
            };
            let payload = record.payload.map(|(_, payload)| payload);
            bad |= !self.judge(arrival, payload, &mut intake);
        }
        self.release_waiting(identity, &mut intake);
        let new = intake.known.len();
        let is_over = intake.is_over;
        self.keep(identity, intake, Batch::new());
        self.answer_knock(identity);
        if is_over {
            self.tell_quota(&identity);
        }
        if bad {
            self.fault(link, 0, ErrorCode::Malformed);
        }
        new
    }

    /// Offers one entry to its feed. Tells whether whoever sent it did right: what everybody would
    /// refuse, they should have. What is refused for the sake of what is known here is nobody's
    /// fault, or an author could have those who pass their entries on blamed for them.
    fn judge(&mut self, arrival: Arrival, payload: Option<Payload>, intake: &mut Intake) -> bool {
        let header = arrival.entry.header();
        let identity = header.identity;
        let Some(&synod) = self.tracked.get(&identity) else { return true };
        match header.synod {
            // An account's own feed names no account.
            Some((named, _)) if named == identity => return false,
            // A device speaks for the account that names it, and for no other.
            Some((named, _)) if named != synod => return true,
            Some(_) => (),
            None if identity != synod => return true,
            None => match self.permitted(&arrival, payload.as_ref()) {
                Some(true) => (),
                Some(false) => return false,
                None => return true,
            },
        }
        // Of a removed device nothing is wanted beyond what counts.
        if self.is_closed(&identity) && !self.is_here(&arrival.entry) {
            return true;
        }
        let size = arrival
            .entry
            .bytes()
            .len()
            .saturating_add(arrival.payload.as_ref().map_or(0, Vec::len));
        if self.over_entry_quota(&identity, &synod, size) && !self.is_here(&arrival.entry) {
            intake.is_over = true;
            return true;
        }
        let now = self.clock;
        match self.held_mut(identity, synod).feed.offer(&arrival.entry, now) {
            Err(_) => return false,
            Ok(Verdict::Known) => self.known_again(arrival, payload),
            Ok(Verdict::Obsolete) => (),
            Ok(Verdict::Parked { until }) => self.waiting.add(arrival, until),
            Ok(Verdict::Waiting { .. }) => self.waiting.add(arrival, Time(0)),
            Ok(Verdict::New { position }) => {
                self.admit(arrival, payload, position, intake);
            }
        }
        true
    }

    fn is_here(&self, entry: &Entry) -> bool {
        let held = self.feeds.get(&entry.header().identity);
        held.is_some_and(|held| held.feed.contains(&entry.id()))
    }

    /// An entry came that is here: perhaps under another name, perhaps with what it says, which was
    /// missing.
    fn known_again(&mut self, arrival: Arrival, payload: Option<Payload>) {
        let Arrival { entry, payload: bytes } = arrival;
        let (id, identity) = (entry.id(), entry.header().identity);
        let held = self.feeds.get(&identity).map(|held| &held.feed);
        let place = held.and_then(|feed| feed.position(&id));
        if let Some(place) = place {
            if let Some(first) = held.and_then(|feed| feed.id_at(place))
                && let Some(state) = self.synods.get_mut(&identity)
            {
                state.know_as(&first, id);
            }
            self.list(identity, &id);
            self.fill(identity, place, Record { entry, payload: bytes.zip(payload) });
        }
    }

    /// Whether an entry may stand on its synod's feed. One whose parents are not here yet waits;
    /// one without its payload cannot be judged.
    fn permitted(&self, arrival: &Arrival, payload: Option<&Payload>) -> Option<bool> {
        let header = arrival.entry.header();
        let payload = payload?;
        let empty = Feed::new(header.identity);
        let feed = self.feeds.get(&header.identity).map_or(&empty, |held| &held.feed);
        if !header.parents.iter().all(|parent| feed.contains(parent)) {
            return Some(true);
        }
        match self.state_of(header.identity).permits(&arrival.entry, payload) {
            // Nobody's fault but the account's.
            Err(SynodError::Room) => None,
            permitted => Some(permitted.is_ok()),
        }
    }

    /// An entry is part of its feed now.
    pub(super) fn admit(
        &mut self,
        arrival: Arrival,
        payload: Option<Payload>,
        position: u32,
        intake: &mut Intake,
    ) {
        let Arrival { entry, payload: mut bytes } = arrival;
        let mut payload = payload;
        self.list(entry.header().identity, &entry.id());
        if self.is_taken_back(&entry) {
            (bytes, payload) = (None, None);
        }
        let facts = Facts::of(&entry, payload.as_ref(), self.my_synod());
        let payload = payload.map(|payload| self.unseal(&entry, payload, position));
        self.note_entry(&entry, payload.as_ref());
        self.came_to_removed(&entry);
        match &payload {
            Some(payload) => self.take_effect(&entry, payload, true),
            None if self.is_taken_back(&entry) => (),
            None => self.note_bare(entry.header().identity, position),
        }
        let record = record::encode(entry.bytes(), bytes.as_deref());
        if let Some(held) = self.feeds.get_mut(&entry.header().identity) {
            held.newest = held.newest.max(entry.header().comparable);
            held.bytes = held.bytes.saturating_add(record.len() as u64);
        }
        intake.fresh.push(Fresh { bytes: record, facts, position });
        intake.known.push(Known { entry, payload, position });
    }

    /// What an account states of itself.
    fn state(&mut self, entry: &Entry, payload: &Payload, live: bool) {
        let synod = entry.header().identity;
        let state = self.synods.entry(synod).or_insert_with(|| Synod::new(synod));
        state.apply(entry, payload);
        let of_account = matches!(
            payload,
            Payload::AddDevice(_)
                | Payload::Final(_)
                | Payload::Genesis(_)
                | Payload::RevokeDevice(_)
        );
        if of_account || matches!(payload, Payload::NameDevice(_) | Payload::Profile(_)) {
            self.members_changed(synod);
        }
        let mine = self.my_synod() == Some(synod);
        match payload {
            Payload::Epoch(epoch) if mine => self.learn_epoch(entry, epoch),
            Payload::Hubs(_) if mine && live => self.note_hubs_named(entry),
            _ => (),
        }
        if of_account && live {
            self.devices_changed(synod);
        }
        if live && mine {
            self.consider_epochs();
        }
        if of_account || matches!(payload, Payload::Rewrite(_)) {
            self.begin_generations(synod, live);
        }
    }

    /// What follows from an entry beyond its own feed. `live` is false while the store is read.
    pub(super) fn take_effect(&mut self, entry: &Entry, payload: &Payload, live: bool) {
        let header = entry.header();
        let order = (header.comparable, entry.digest());
        if header.synod.is_none() {
            self.state(entry, payload, live);
        }
        let owner = header.synod.map_or(header.identity, |(synod, _)| synod);
        for image in payload.images() {
            self.point_to(image, owner, header.comparable);
        }
        for attached in payload.attached() {
            self.point_to_attached(attached, owner, header.comparable);
        }
        for target in payload.taken_back() {
            self.deletions.entry(*target).or_default().insert(header.identity);
            if live {
                self.taken_back.push((header.identity, *target));
            }
        }
        let mine = self.my_synod() == Some(owner);
        if mine && matches!(payload, Payload::Registers(_)) && header.synod.is_some() {
            self.take_registers(entry, payload);
        }
        if mine && self.relations.apply(order, payload) && live {
            self.relation_changed(payload);
        }
    }

    /// Whether a device of the same account took this entry back.
    pub(super) fn is_taken_back(&self, entry: &Entry) -> bool {
        let Some((synod, _)) = entry.header().synod else { return false };
        self.deletions
            .get(&entry.id())
            .is_some_and(|by| by.iter().any(|device| self.tracked.get(device) == Some(&synod)))
    }

    /// Lets those in that waited for what has just come, as often as that brings anything.
    fn release_waiting(&mut self, identity: Identity, intake: &mut Intake) {
        loop {
            let before = intake.known.len();
            for arrival in self.waiting.take(identity) {
                let payload = arrival.payload.as_deref().and_then(|bytes| {
                    Payload::parse(&arrival.entry.header().payload.kind, bytes).ok()
                });
                self.judge(arrival, payload, intake);
            }
            if intake.known.len() == before {
                return;
            }
        }
    }

    /// Lets those in whose moment has come.
    pub(super) fn take_due(&mut self) {
        for arrival in self.waiting.due(self.clock) {
            let identity = arrival.entry.header().identity;
            self.waiting.add(arrival, Time(0));
            let mut intake = Intake::default();
            self.release_waiting(identity, &mut intake);
            self.keep(identity, intake, Batch::new());
        }
    }

    /// Makes new records durable, together with what else belongs to them, and tells of them.
    pub(super) fn keep(&mut self, identity: Identity, intake: Intake, mut batch: Batch) {
        let Intake { mut fresh, known, .. } = intake;
        fresh.sort_by_key(|record| record.position);
        for run in runs(&fresh) {
            self.put_pack(identity, run, &mut batch);
        }
        for record in &fresh {
            self.note_post(identity, record.position, record.facts);
        }
        self.save_newest(&mut batch);
        if !fresh.is_empty() && (identity == self.me || Some(identity) == self.my_synod()) {
            self.note_outlined(&mut batch);
            // What is one's own is counted outside the store as well, also when it came back from
            // others: it must not be lost again.
            if !planted::has(Bug::Hasty) {
                batch = batch.strict();
            }
        }
        if !fresh.is_empty() {
            self.note_change(identity);
        }
        self.save(batch);
        self.consider_merging(identity);
        if !known.is_empty() {
            self.status_changed = true;
            self.emit(Event::Entries(known));
        }
    }

    /// Feeds of an account were written anew: the old writings go. Where that turns out void, because
    /// who wrote it was removed, the old writing is fetched again.
    pub(super) fn begin_generations(&mut self, synod: Identity, live: bool) {
        let Some(state) = self.synods.get(&synod) else { return };
        let devices = state.feeds().map(|device| (*device, state.generation(device)));
        let other: Vec<(Identity, u64)> = devices
            .filter(|(device, generation)| {
                let held = self.feeds.get(device).filter(|held| held.synod == synod);
                let held = held.map_or(*generation, |held| held.feed.generation());
                // What came last is not known before all was read, and what this device wrote stays.
                held < *generation || (held > *generation && live && *device != self.me)
            })
            .collect();
        for (device, generation) in other {
            self.begin_generation(device, generation, live);
        }
    }

    fn begin_generation(&mut self, identity: Identity, generation: u64, live: bool) {
        let Some(held) = self.feeds.get_mut(&identity) else { return };
        let old = held.feed.generation();
        let firsts = held.packs.keys();
        let gone: Vec<Key> = firsts.flat_map(|first| delete_pack(&identity, old, *first)).collect();
        let given_up = std::mem::replace(&mut held.feed, Feed::new(identity));
        held.feed.begin(generation);
        held.packs.clear();
        held.bytes = 0;
        held.remote.clear();
        self.newest.forget(&identity);
        self.forget_places(identity, &given_up);
        self.stop_asking(&identity);
        self.stop_merging(&identity);
        self.forget_closed(&identity);
        if live {
            self.note_change(identity);
            self.save(Batch { deletes: gone, ..Batch::new() });
            self.ask_everybody(&[identity]);
        }
    }

    /// Drops the payloads of entries that were taken back, after what came with them was kept.
    pub(super) fn forget_payloads(&mut self) {
        let mut taken_back = std::mem::take(&mut self.taken_back);
        if planted::has(Bug::TakenBackKept) {
            taken_back.clear();
        }
        for (by, target) in taken_back {
            self.forget_payload(by, target);
        }
    }

    fn forget_payload(&mut self, by: Identity, target: Cid) {
        let Some(synod) = self.tracked.get(&by).copied() else { return };
        // Only what the same account said can be taken back: nobody else's feeds are looked through.
        let place =
            |device: &Identity| Some((*device, self.feeds.get(device)?.feed.position(&target)?));
        let found = self.synods.get(&synod).and_then(|state| state.feeds().find_map(place));
        let Some((identity, place)) = found else { return };
        // What stands on the account's own feed cannot be taken back: its fold needs all of it.
        let of_account = self.feeds.get(&identity).is_some_and(|held| held.synod == synod);
        if of_account && identity != synod {
            self.forget_at(identity, place);
        }
    }

    /// Takes the payload of an entry out of the pack where it rests.
    pub(super) fn forget_at(&mut self, identity: Identity, position: u32) {
        self.bare.remove(&(identity, position));
        self.rewrite(identity, position, None);
    }

    /// What an entry says came after the entry itself. It counts unless it was taken back meanwhile.
    pub(super) fn fill(&mut self, identity: Identity, place: u32, record: Record) {
        let Some((bytes, _)) = record.payload else { return };
        if self.bare.contains(&(identity, place)) && !self.is_taken_back(&record.entry) {
            self.rewrite(identity, place, Some(bytes));
        }
    }

    /// Writes a payload into the pack where its entry rests, or takes it out.
    pub(super) fn rewrite(&mut self, identity: Identity, place: u32, payload: Option<Vec<u8>>) {
        let Some(held) = self.feeds.get(&identity) else { return };
        let Some((first, _)) = held.pack_of(place) else { return };
        let key = pack_key(&identity, held.feed.generation(), first);
        if self.is_being_cut(&identity) {
            // Its packs are about to be written anew.
            return self.cut_first(identity, place, payload);
        }
        self.stop_merging(&identity);
        // A pack is read once for all that changes in it: two that read it would undo one another.
        let changes = self.rewriting.entry((identity, first)).or_default();
        let under_way = !changes.is_empty();
        changes.insert(place, payload);
        if !under_way {
            self.load(key, Pending::Rewrite { identity, first });
        }
    }

    /// The pack is here: writes it again.
    pub(super) fn rewrite_pack(&mut self, identity: Identity, first: u32, bytes: Option<Vec<u8>>) {
        let mut changes = self.rewriting.remove(&(identity, first)).unwrap_or_default();
        let me = self.my_synod();
        let Some(held) = self.feeds.get(&identity) else { return };
        if !held.packs.contains_key(&first) {
            // It has become part of another meanwhile.
            for (place, payload) in changes {
                self.rewrite(identity, place, payload);
            }
            return;
        }
        let owner = held.synod;
        let Some(pack) = bytes.as_deref().and_then(|bytes| Pack::open(bytes).ok()) else { return };
        let mut records: Vec<Fresh> = Vec::new();
        let (mut images, mut attached, mut filled) = (Vec::new(), Vec::new(), Vec::new());
        let (mut before, mut after) = (0_u64, 0_u64);
        for (position, bytes) in (first..).zip(pack.records()) {
            before = before.saturating_add(bytes.map_or(0, <[u8]>::len) as u64);
            // What is damaged is found by who reviews.
            let Ok(Ok(record)) = bytes.map(record::reload) else { return };
            let mut payload = record.payload.clone();
            match changes.remove(&position) {
                None => (),
                Some(None) => {
                    let gone = payload.take();
                    let said = gone.as_ref().map(|(_, said)| said);
                    images.extend_from_slice(said.map_or(&[], |said| said.images()));
                    attached.extend(said.map_or_else(Vec::new, Payload::attached));
                }
                Some(Some(bytes)) if payload.is_none() => {
                    payload = open_payload(&record.entry, &bytes).ok();
                    filled.push((position, record.entry.clone(), bytes));
                }
                Some(Some(_)) => (),
            }
            let facts = Facts::of(&record.entry, payload.as_ref().map(|(_, said)| said), me);
            let bytes = payload.as_ref().map(|(bytes, _)| bytes.as_slice());
            let bytes = record::encode(record.entry.bytes(), bytes);
            after = after.saturating_add(bytes.len() as u64);
            records.push(Fresh { bytes, facts, position });
        }
        if let Some(held) = self.feeds.get_mut(&identity) {
            held.bytes = held.bytes.saturating_add(after).saturating_sub(before);
        }
        let mut batch = Batch::new();
        self.put_pack(identity, &records, &mut batch);
        for image in images {
            self.point_away(Named::of(&image.content), owner, &mut batch);
            if let Some(thumbnail) = image.thumbnail {
                self.point_away(Named::of(&thumbnail), owner, &mut batch);
            }
        }
        for attached in attached {
            self.point_away(Named::attached(attached), owner, &mut batch);
        }
        self.save(batch.strict());
        self.tell_filled(identity, filled);
    }

    /// What entries say that were here without it is durable: it counts from now on.
    fn tell_filled(&mut self, identity: Identity, filled: Vec<(u32, Entry, Vec<u8>)>) {
        let mut known = Vec::new();
        for (position, entry, bytes) in filled {
            self.bare.remove(&(identity, position));
            let Ok(payload) = Payload::parse(&entry.header().payload.kind, &bytes) else {
                continue;
            };
            let payload = self.unseal(&entry, payload, position);
            self.note_entry(&entry, Some(&payload));
            self.take_effect(&entry, &payload, true);
            known.push(Known { entry, payload: Some(payload), position });
        }
        if !known.is_empty() {
            self.emit(Event::Entries(known));
        }
    }
}

/// The key of a quarantined record.
pub(super) fn quarantine_key(pack: &[u8], index: u32) -> Key {
    Key::new(Table::Quarantine, [pack, &index.to_be_bytes()].concat())
}
