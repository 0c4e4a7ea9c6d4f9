//! Who belongs to an account, and what still counts of devices that were removed.
//!
//! Of such a device its account says up to which entries it counts. Once those are here, everything
//! else of that feed goes from the store, nothing else is taken in, and nothing else is asked for.
//! Before, nothing of it is shown: what is forged at the end of a feed looks like the rest of it.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::payload::Power;
use effigy_core::{Cid, Entry, Identity, Time};
use effigy_feed::planted::{self, Bug};
use effigy_feed::{Former, Members, Synod};
use effigy_store::{Batch, Pack};

use super::outline::Facts;
use super::packs::{Fresh, delete_pack, pack_key, runs};
use super::state::Pending;
use super::{Node, record};
use crate::api::{DeviceStatus, Event, Known, Named};
use crate::io::Output;
use crate::message::Record;

/// A feed that is being cut: its packs from the first on that holds something that goes.
#[derive(Debug)]
pub(super) struct Cutting {
    gone: BTreeSet<u32>,
    /// What changes in it meanwhile.
    changes: Vec<(u32, Option<Vec<u8>>)>,
    /// Packs that were asked for, and what was read of them.
    packs: BTreeMap<u32, Option<Vec<u8>>>,
    /// How many have yet to come.
    left: usize,
}

/// Cuts that are under way or have to wait, and feeds that are cut.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    under_way: BTreeMap<Identity, Cutting>,
    waiting: BTreeSet<Identity>,
    done: BTreeSet<Identity>,
    /// Accounts of which it is to be told anew who belongs to them.
    untold: BTreeSet<Identity>,
}

impl Node {
    // What an account says.

    /// What is left of a removed device, as the account says to which its feed belongs.
    fn former(&self, device: &Identity) -> Option<&Former> {
        let kept = || self.feeds.get(device).map(|held| &held.synod);
        self.synods.get(self.tracked.get(device).or_else(kept)?)?.former.get(device)
    }

    /// Something was stated of who belongs to an account.
    pub(super) fn members_changed(&mut self, synod: Identity) {
        self.cuts.untold.insert(synod);
        self.status_changed = true;
        let Some(state) = self.synods.get(&synod) else { return };
        let former: Vec<Identity> = state.former.keys().copied().collect();
        for device in former {
            self.cuts.done.remove(&device);
            self.cuts.waiting.insert(device);
        }
    }

    /// Another entry of a feed is here: perhaps it is the last one of a removed device.
    pub(super) fn came_to_removed(&mut self, entry: &Entry) {
        let device = entry.header().identity;
        if self.former(&device).is_some() {
            self.cuts.waiting.insert(device);
        }
    }

    /// Whether of a removed device everything is here that counts, so that nothing else is taken in.
    pub(super) fn is_closed(&self, device: &Identity) -> bool {
        let Some(former) = self.former(device) else { return false };
        let Some(last_valid) = &former.last_valid else { return true };
        let held = self.feeds.get(device);
        held.is_some_and(|held| last_valid.iter().all(|last| held.feed.contains(last)))
    }

    /// Goes on with what feeds have to lose, and tells who belongs to accounts.
    pub(super) fn settle_members(&mut self) {
        for device in std::mem::take(&mut self.cuts.waiting) {
            self.cut(device);
        }
        self.tell_all_members();
    }

    /// Tells who belongs to accounts, as far as their own feeds say.
    pub(super) fn tell_all_members(&mut self) {
        for synod in std::mem::take(&mut self.cuts.untold) {
            self.tell_members(synod);
        }
    }

    fn tell_members(&mut self, synod: Identity) {
        let Some(state) = self.synods.get(&synod) else { return };
        let is_mine = Some(synod) == self.my_synod();
        let mut members = members(state, |device| self.cuts.done.contains(device));
        let (closed, removed) = (members.closed, state.removed(&self.me));
        if closed && is_mine {
            // Who closed their account may look at it for a last time.
            members.speaking = state.devices.keys().copied().collect();
        } else if removed && is_mine {
            // What was written here stays to be read here, also what counts for nobody else.
            members.speaking.insert(self.me);
        }
        self.emit(Event::Members(Box::new(members)));
        if is_mine {
            if closed {
                self.emit(Event::Closed);
            } else if removed {
                let (counts, of) = self.own_that_counts();
                self.emit(Event::Removed { counts, of });
            }
        } else if closed && self.ready {
            let mut batch = Batch::new();
            self.drop_feeds(synod, false, &mut batch);
            self.save(batch.strict());
            // A hub replicates what it once did: nothing else is taken in.
            let of_device =
                |feed: &Identity, owner: &mut Identity| *owner == synod && *feed != synod;
            let lost = self.tracked.extract_if(.., of_device);
            let lost: Vec<Identity> = lost.map(|(feed, _)| feed).collect();
            self.note_tracked(&[], &lost);
        }
    }

    /// All feeds are here: only now can be said how much of this device's own counts, if it was removed.
    pub(super) fn count_own_again(&mut self) {
        if let Some(synod) = self.my_synod()
            && self.synods.get(&synod).is_some_and(|state| state.removed(&self.me))
        {
            self.cuts.untold.insert(synod);
        }
    }

    /// How many of this device's entries still count, now that it was removed, and how many there are.
    fn own_that_counts(&self) -> (u64, u64) {
        let Some(held) = self.feeds.get(&self.me) else { return (0, 0) };
        let of = held.feed.len();
        let last = self.former(&self.me).and_then(|former| former.last_valid.as_deref());
        // Of a last entry that is not here nobody can say what came before it.
        let gone = last.map_or(of, |last| held.feed.beyond(last).map_or(0, |gone| gone.len()));
        (of.saturating_sub(gone) as u64, of as u64)
    }

    /// The devices of this person's account, as they are shown.
    pub(super) fn device_statuses(&self) -> Vec<DeviceStatus> {
        let Some(state) = self.my_account().filter(|state| !state.closed()) else {
            return Vec::new();
        };
        let mut devices: Vec<DeviceStatus> = state
            .devices
            .iter()
            .map(|(identity, device)| {
                let is_this = *identity == self.me;
                let is_here = is_this
                    || self.present.contains_key(identity)
                    || self.index.peers.any(*identity);
                let held = self.feeds.get(identity);
                let newest = held.map_or(0, |held| held.newest);
                let has_written =
                    held.is_some_and(|held| !held.feed.is_empty() || !held.remote.is_empty());
                let met = self.met.get(identity).map_or(0, |met| met.at.0);
                let seen = if is_here { self.clock.0 } else { newest.max(met).max(device.added) };
                DeviceStatus {
                    added: Time(device.added),
                    has_written,
                    identity: *identity,
                    is_admin: device.powers.contains(&Power::Admin),
                    is_here,
                    is_this,
                    name: device.name.clone(),
                    seen: Time(seen),
                    system: device.system.clone(),
                }
            })
            .collect();
        devices.sort_by_key(|device| (device.added, device.identity));
        devices
    }

    // Cutting a feed.

    /// Begins to cut the feed of a removed device, once all is here by which it is told what counts.
    fn cut(&mut self, device: Identity) {
        // What this device wrote itself stays here, whatever others think of it.
        let Some(former) = self.former(&device).filter(|_| device != self.me) else { return };
        if planted::has(Bug::RemovedKept) {
            return;
        }
        let last_valid = former.last_valid.clone();
        let Some(held) = self.feeds.get(&device) else { return };
        let all = || (0..).take(held.feed.len()).collect();
        let Some(gone) = last_valid.map_or_else(|| Some(all()), |last| held.feed.beyond(&last))
        else {
            return;
        };
        self.stop_asking(&device);
        let Some(held) = self.feeds.get(&device) else { return };
        if let Some(first) = gone.first() {
            if self.cuts.under_way.contains_key(&device) {
                self.cuts.waiting.insert(device);
                return;
            }
            let Some((first, _)) = held.pack_of(*first) else { return };
            let packs: BTreeMap<u32, _> =
                held.packs.range(first..).map(|(first, _)| (*first, None)).collect();
            let generation = held.feed.generation();
            self.stop_merging(&device);
            for first in packs.keys() {
                let pending = Pending::Cut { identity: device, first: *first };
                self.load(pack_key(&device, generation, *first), pending);
            }
            let left = packs.len();
            self.cuts.under_way.insert(device, Cutting { gone, changes: Vec::new(), packs, left });
        } else if self.cuts.done.insert(device) {
            let Some(held) = self.feeds.get_mut(&device) else { return };
            let count = held.feed.len() as u64;
            // What others have beyond is none of it.
            held.remote.retain(|_, remote| remote.head.count <= count);
            let owner = held.synod;
            self.cuts.untold.insert(owner);
            self.status_changed = true;
        }
    }

    /// Whether the packs of a feed are about to be written anew.
    pub(super) fn is_being_cut(&self, device: &Identity) -> bool {
        self.cuts.under_way.contains_key(device)
    }

    /// A payload comes or goes in a feed that is being cut: afterwards.
    pub(super) fn cut_first(&mut self, device: Identity, place: u32, payload: Option<Vec<u8>>) {
        if let Some(cutting) = self.cuts.under_way.get_mut(&device) {
            cutting.changes.push((place, payload));
        }
    }

    /// A pack of a feed that is being cut is here.
    pub(super) fn cut_loaded(&mut self, device: Identity, first: u32, bytes: Option<Vec<u8>>) {
        let Some(cutting) = self.cuts.under_way.get_mut(&device) else { return };
        cutting.packs.insert(first, bytes);
        cutting.left = cutting.left.saturating_sub(1);
        if cutting.left == 0
            && let Some(cutting) = self.cuts.under_way.remove(&device)
        {
            self.finish_cut(device, cutting);
            self.cuts.waiting.insert(device);
        }
    }

    fn finish_cut(&mut self, device: Identity, cutting: Cutting) {
        let Some(held) = self.feeds.get(&device) else { return };
        let Some(&first) = cutting.packs.keys().next() else { return };
        // Where anything came or went meanwhile, it begins again.
        let is_same = held.packs.range(first..).map(|(first, _)| first).eq(cutting.packs.keys());
        let records = read(&cutting);
        if records.iter().any(|(_, record)| record.is_none()) {
            return self.outbox.push_back(Output::Reread);
        }
        let places = u32::try_from(records.len()).unwrap_or(u32::MAX);
        if !is_same || first.checked_add(places).map(|end| end as usize) != Some(held.feed.len()) {
            return;
        }
        let (owner, generation) = (held.synod, held.feed.generation());
        let (feed, moved) = held.feed.without(&cutting.gone);
        let mut batch = Batch::new();
        batch.deletes.extend(
            cutting.packs.keys().flat_map(|first| delete_pack(&device, generation, *first)),
        );
        let (kept, gone) = self.sort_out((first..).zip(records), &moved);
        let bytes_gone: usize = gone.iter().map(|(fresh, _)| fresh.bytes.len()).sum();
        let stays: Vec<Cid> = feed.ids().copied().collect();
        let Some(held) = self.feeds.get_mut(&device) else { return };
        let before = std::mem::replace(&mut held.feed, feed);
        held.packs.retain(|pack, _| *pack < first);
        held.bytes = held.bytes.saturating_sub(bytes_gone as u64);
        held.remote.clear();
        self.newest.forget(&device);
        let bare: Vec<u32> =
            self.bare.iter().filter(|(feed, _)| *feed == device).map(|(_, place)| *place).collect();
        self.forget_places(device, &before);
        stays.iter().for_each(|id| self.list(device, id));
        for place in bare.iter().filter_map(|place| moved.get(place)) {
            self.note_bare(device, *place);
        }
        self.forget_closed(&device);
        for run in runs(&kept) {
            self.put_pack(device, run, &mut batch);
        }
        for record in &kept {
            self.note_post(device, record.position, record.facts);
        }
        self.withdraw(owner, gone, &mut batch);
        self.save_newest(&mut batch);
        self.unsummed.insert(device);
        self.note_change(device);
        self.save(batch.strict());
        for (place, payload) in cutting.changes {
            if let Some(place) = moved.get(&place) {
                self.rewrite(device, *place, payload);
            }
        }
        if Some(owner) == self.my_synod() {
            // Whom this person follows is read anew, without what was said by that device.
            self.outbox.push_back(Output::Reread);
        }
    }

    /// Tells the records that stay, where they stand from now on, from those that go.
    fn sort_out(
        &self,
        records: impl Iterator<Item = (u32, (Vec<u8>, Option<Record>))>,
        moved: &BTreeMap<u32, u32>,
    ) -> (Vec<Fresh>, Vec<(Fresh, Record)>) {
        let (mut kept, mut gone) = (Vec::new(), Vec::new());
        for (place, (bytes, record)) in records {
            let Some(record) = record else { continue };
            let said = record.payload.as_ref().map(|(_, said)| said);
            let facts = Facts::of(&record.entry, said, self.my_synod());
            match moved.get(&place) {
                Some(position) => kept.push(Fresh { bytes, facts, position: *position }),
                None => gone.push((Fresh { bytes, facts, position: place }, record)),
            }
        }
        (kept, gone)
    }

    /// Takes back what followed from entries that no longer count.
    fn withdraw(&mut self, owner: Identity, gone: Vec<(Fresh, Record)>, batch: &mut Batch) {
        let mut known = Vec::new();
        for (Fresh { position, .. }, Record { entry, payload }) in gone {
            let Some((_, payload)) = payload else { continue };
            for image in payload.images() {
                self.point_away(Named::of(&image.content), owner, batch);
                if let Some(thumbnail) = &image.thumbnail {
                    self.point_away(Named::of(thumbnail), owner, batch);
                }
            }
            for attached in payload.attached() {
                self.point_away(Named::attached(attached), owner, batch);
            }
            for target in payload.taken_back() {
                self.undelete(owner, entry.header().identity, target);
            }
            known.push(Known { entry, payload: Some(payload), position });
        }
        if !known.is_empty() {
            self.emit(Event::Withdrawn(known));
        }
    }

    /// A device took something back that does not count: what its author said is looked for again.
    fn undelete(&mut self, owner: Identity, by: Identity, target: &Cid) {
        let Some(deletions) = self.deletions.get_mut(target) else { return };
        deletions.remove(&by);
        let others: Vec<Identity> = deletions.iter().copied().collect();
        if others.is_empty() {
            self.deletions.remove(target);
        }
        if others.iter().any(|device| self.tracked.get(device) == Some(&owner)) {
            return;
        }
        if let Some((feed, place)) = self.place_of(target)
            && self.feeds.get(&feed).is_some_and(|held| held.synod == owner)
        {
            self.note_bare(feed, place);
        }
    }
}

/// The records of packs one after the other; `None` for one that is damaged.
fn read(cutting: &Cutting) -> Vec<(Vec<u8>, Option<Record>)> {
    let packs = cutting.packs.values().flatten();
    let packs: Vec<Pack<'_>> = packs.filter_map(|bytes| Pack::open(bytes).ok()).collect();
    let bytes = packs.iter().flat_map(Pack::records);
    bytes
        .map(|bytes| {
            let bytes = bytes.unwrap_or_default().to_vec();
            let record = record::reload(&bytes).ok();
            (bytes, record)
        })
        .collect()
}

/// What an account says of itself; `is_cut` tells of which removed devices all is here that counts.
pub(super) fn members(state: &Synod, is_cut: impl Fn(&Identity) -> bool) -> Members {
    let devices = state.devices.iter().map(|(key, device)| (*key, device.name.clone()));
    let former = state.former.keys().filter(|device| is_cut(device));
    let speaking = state.devices.keys().chain(former).copied();
    let closed = state.closed();
    Members {
        closed,
        devices: devices.filter(|_| !closed).collect(),
        profile: state.profile.clone(),
        speaking: speaking.filter(|_| !closed).collect(),
        synod: state.id,
    }
}
