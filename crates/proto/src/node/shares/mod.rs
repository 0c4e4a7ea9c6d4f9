//! Recovery by friends: the account's root is divided among some of them, of whom a part is enough to bring it
//! back.
//!
//! This file gives shares and takes answers; `keeping` is the friend's side. A share is sealed to each
//! device of its friend before it rests anywhere, so that the device which gave it cannot read it either,
//! and waits here until that device says that it has it.
//!
//! ```text
//! who gives                          friend
//!    share ──────────────────────────▶        kept, then
//!    ◀───────────────────────── share_state
//!    share_void ─────────────────────▶        dropped, then
//!    ◀───────────────────────── share_state
//!                                             dropped by its own person:
//!    ◀───────────────────────── share_state
//!    share_noted ────────────────────▶
//! ```
//!
//! Of a friend who is one no longer no hub says whether they are there: they are written to all the same, now
//! and then, so that they hear that their share counts no longer.

mod keeping;

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE64URL_NOPAD;
use effigy_core::mnemonic::Words;
use effigy_core::share::{For, SetId, Share, divide};
use effigy_core::{Identity, Span, Time};
use effigy_store::{Batch, Key, Table};
use serde::{Deserialize, Serialize};

use super::Node;
use super::hubs::Signal;
use super::restore::RestoreError;
use super::state::Conn;
use crate::api::{self, Event, Refusal, ShareSet, ShareState};
use crate::io::Link;
pub(super) use keeping::KEPT;
use keeping::Kept;
pub(crate) use keeping::kept_share;

/// Most devices of one friend that are given the share.
const DEVICES: usize = 8;
/// Most devices that have yet to hear that a former set counts no longer; the oldest are no longer told.
const VOIDS: usize = 256;
/// How long it takes until a device is written to again of which no hub says that it is there.
const UNSEEN: Span = Span::minutes(30);

/// All that stands of shares.
#[derive(Debug, Default)]
pub(super) struct Shares {
    giving: Giving,
    kept: BTreeMap<Identity, Kept>,
    /// When a device is told again, and how often it was.
    tries: BTreeMap<Identity, (u32, Time)>,
}

/// What this device gave, as it rests.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Giving {
    set: Option<Set>,
    voids: Vec<Void>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Set {
    friends: Vec<Friend>,
    id: SetId,
    made: Time,
    need: u8,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Friend {
    devices: Vec<Delivery>,
    synod: Identity,
    /// When one of the devices last answered.
    told: Time,
}

/// A share on its way to one device.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Delivery {
    device: Identity,
    /// Whether the device said that it has it, or that it has not.
    held: Option<bool>,
    /// The share, sealed to the device, until that has answered.
    sealed: Option<String>,
}

/// A device that is to drop a share of a former set.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Void {
    device: Identity,
    set: SetId,
    synod: Identity,
}

impl Friend {
    fn state(&self) -> ShareState {
        let said = |held| self.devices.iter().any(|device| device.held == held);
        match (said(Some(true)), said(None)) {
            (true, _) => ShareState::Held(self.told),
            (false, true) => ShareState::Underway,
            (false, false) => ShareState::Returned,
        }
    }
}

impl Set {
    /// Its devices that may have a share of it.
    fn voids(&self) -> impl Iterator<Item = Void> + '_ {
        let set = self.id;
        self.friends.iter().flat_map(move |friend| {
            let may_have = friend.devices.iter().filter(|device| device.held != Some(false));
            may_have.map(move |device| Void { device: device.device, set, synod: friend.synod })
        })
    }
}

/// Whether a record says what was given.
pub(crate) fn is_giving(value: &[u8]) -> bool {
    serde_json::from_slice::<Giving>(value).is_ok()
}

pub(super) fn giving_key() -> Key {
    Key::new(Table::Meta, b"shares".as_slice())
}

impl Node {
    /// Divides the account's root among friends. The set before it counts no longer.
    pub(super) fn give_shares(
        &mut self,
        friends: &[Identity],
        need: u8,
        words: Option<Words>,
    ) -> Result<(), Refusal> {
        let synod = self.my_synod().ok_or(Refusal::Account)?;
        if !self.is_member() {
            return Err(Refusal::NotMember);
        }
        let words = words.or_else(|| self.keys.words.clone()).ok_or(Refusal::Words)?;
        if words.root_sign().identity() != synod {
            return Err(Refusal::Words);
        }
        let distinct: BTreeSet<&Identity> = friends.iter().collect();
        if distinct.len() != friends.len() || !friends.iter().all(|friend| self.is_friend(friend)) {
            return Err(Refusal::Friends);
        }
        let of = u8::try_from(friends.len()).map_err(|_| Refusal::Friends)?;
        let former = self.shares.giving.set.as_ref().map_or(Time(0), |set| set.made);
        // The friends keep the later one, whatever this device's clock did in between.
        let made = self.clock.max(Time(former.0.saturating_add(1)));
        let shares = divide(&words, need, of, made, &mut self.random);
        let shares = shares.map_err(|_| Refusal::Friends)?;
        let id = shares.first().ok_or(Refusal::Friends)?.set;
        let mut given = Vec::with_capacity(friends.len());
        for (friend, share) in friends.iter().zip(&shares) {
            let devices = self.sealed_for(friend, share)?;
            given.push(Friend { devices, synod: *friend, told: Time(0) });
        }
        self.replace_set(Some(Set { friends: given, id, made, need }));
        Ok(())
    }

    /// Asks everybody who has a share to drop it.
    pub(super) fn void_shares(&mut self) -> Result<(), Refusal> {
        if self.shares.giving.set.is_none() {
            return Err(Refusal::Unknown);
        }
        self.replace_set(None);
        Ok(())
    }

    /// With whom shares were exchanged, and are not settled: who they are stays known, whoever follows whom.
    pub(super) fn people_of_shares(&self) -> impl Iterator<Item = Identity> + '_ {
        let giving = &self.shares.giving;
        let given = giving.set.iter().flat_map(|set| &set.friends).map(|friend| friend.synod);
        let voided = giving.voids.iter().map(|void| void.synod);
        let kept = self.shares.kept.iter().filter(|(_, kept)| kept.is_unsettled());
        given.chain(voided).chain(kept.map(|(synod, _)| *synod))
    }

    /// Whether somebody follows this person and is followed.
    fn is_friend(&self, synod: &Identity) -> bool {
        self.followers.contains(synod)
            && self.relations.holds(effigy_feed::Relation::Follow, synod)
            && !self.is_blocked(synod)
    }

    /// A share for each device of a friend, the newest devices first.
    fn sealed_for(&mut self, friend: &Identity, share: &Share) -> Result<Vec<Delivery>, Refusal> {
        let state = self.synods.get(friend).ok_or(Refusal::Friends)?;
        let mut devices: Vec<_> = state.devices.iter().collect();
        devices.sort_by_key(|(_, device)| std::cmp::Reverse(device.added));
        let keys: Vec<_> = devices
            .into_iter()
            .take(DEVICES)
            .map(|(identity, device)| (*identity, device.sealing_key))
            .collect();
        let mut deliveries = Vec::with_capacity(keys.len());
        for (device, key) in keys {
            // Who has put something else in place of a key gets none on that device.
            let Ok(sealed) = share.seal(&key, For::Keeping, &mut self.random) else { continue };
            let sealed = Some(BASE64URL_NOPAD.encode(&sealed));
            deliveries.push(Delivery { device, held: None, sealed });
        }
        if deliveries.is_empty() { Err(Refusal::Friends) } else { Ok(deliveries) }
    }

    fn replace_set(&mut self, set: Option<Set>) {
        let giving = &mut self.shares.giving;
        let former = std::mem::replace(&mut giving.set, set);
        let is_given = |void: &Void| {
            let set = giving.set.iter();
            let mut devices = set.flat_map(|set| &set.friends).flat_map(|friend| &friend.devices);
            devices.any(|device| device.device == void.device)
        };
        // Whoever gets a share of the new set drops that of the old one by itself.
        let new: Vec<Void> =
            former.iter().flat_map(Set::voids).filter(|void| !is_given(void)).collect();
        giving.voids.extend(new);
        let over = giving.voids.len().saturating_sub(VOIDS);
        giving.voids.drain(..over);
        self.shares.tries.clear();
        self.save_giving();
        self.retry_shares();
    }

    fn save_giving(&mut self) {
        if let Ok(value) = serde_json::to_vec(&self.shares.giving) {
            self.save(Batch::new().put(giving_key(), value).strict());
        }
        self.tell_shares();
    }

    pub(super) fn restore_giving(&mut self, value: &[u8]) -> Result<(), RestoreError> {
        self.shares.giving = serde_json::from_slice(value).map_err(|_| RestoreError)?;
        Ok(())
    }

    /// Tells the person what stands of shares.
    pub(super) fn tell_shares(&mut self) {
        let set = self.shares.giving.set.as_ref().map(|set| ShareSet {
            friends: set.friends.iter().map(|friend| (friend.synod, friend.state())).collect(),
            made: set.made,
            need: set.need,
        });
        let now = self.clock;
        let kept = &self.shares.kept;
        let held = kept.iter().filter_map(|(synod, kept)| kept.told(*synod, now)).collect();
        let untold = kept.iter().filter(|(_, kept)| kept.untold).map(|(synod, _)| *synod).collect();
        let voided: BTreeSet<Identity> =
            self.shares.giving.voids.iter().map(|void| void.synod).collect();
        let voided = voided.into_iter().collect();
        self.emit(Event::Shares(api::Shares { held, set, untold, voided }));
    }

    /// Devices came to a hub: whatever waits for them is tried at once.
    pub(super) fn shares_reach(&mut self, devices: &[Identity]) {
        for device in devices {
            self.shares.tries.remove(device);
        }
        self.retry_shares();
    }

    /// A hub at which a device is there now.
    fn hub_with(&self, device: &Identity) -> Option<Link> {
        self.present.get(device)?.first().copied()
    }

    /// Where to write to a device: at a hub that says that it is there, or else at all.
    fn ways_to(&self, device: &Identity) -> Vec<Link> {
        let is_hub = |(link, conn): (&Link, &Conn)| conn.is_hub().then_some(*link);
        let all = || self.links.iter().filter_map(is_hub).collect();
        self.hub_with(device).map_or_else(all, |hub| vec![hub])
    }

    /// What waits for devices that are there, or may be.
    fn waiting_shares(&self) -> Vec<(Identity, Link, Signal)> {
        let set = self.shares.giving.set.iter();
        let deliveries = set.flat_map(|set| &set.friends).flat_map(|friend| &friend.devices);
        let shares = deliveries.filter_map(|delivery| {
            let sealed = delivery.sealed.as_ref()?;
            let over = self.hub_with(&delivery.device)?;
            Some((delivery.device, over, Signal::Share { sealed: sealed.clone() }))
        });
        let voids = self.shares.giving.voids.iter().flat_map(|void| {
            let signal = Signal::ShareVoid { set: void.set };
            let ways = self.ways_to(&void.device).into_iter();
            ways.map(move |way| (void.device, way, signal.clone()))
        });
        shares.chain(voids).chain(self.untold_shares()).collect()
    }

    /// Says what waits to be said to devices that are there, now and again until they answer.
    pub(super) fn retry_shares(&mut self) {
        self.forget_formers();
        let now = self.now;
        let mut due = self.waiting_shares();
        due.retain(|(device, ..)| self.told_again_at(device) <= now);
        let devices: BTreeSet<Identity> = due.iter().map(|(device, ..)| *device).collect();
        for (device, over, signal) in due {
            self.write_letter(over, device, &signal);
        }
        for device in devices {
            let attempts = self.shares.tries.get(&device).map_or(1, |(attempts, _)| *attempts);
            let next = match self.hub_with(&device) {
                Some(_) => Time(now.0.saturating_add(self.backoff(attempts))),
                None => now.after(UNSEEN),
            };
            self.shares.tries.insert(device, (attempts.saturating_add(1), next));
        }
    }

    pub(super) fn shares_due(&self) -> Option<Time> {
        let nothing = self.shares.giving.set.is_none()
            && self.shares.giving.voids.is_empty()
            && self.shares.kept.is_empty();
        if nothing {
            return None;
        }
        let waiting = self.waiting_shares();
        waiting.iter().map(|(device, ..)| self.told_again_at(device)).min()
    }

    /// From when on a device that is there may be told again what waits for it.
    fn told_again_at(&self, device: &Identity) -> Time {
        self.shares.tries.get(device).map_or(self.now, |(_, at)| *at)
    }

    /// A friend's device says whether it has a share of this account.
    pub(super) fn share_answered(&mut self, over: Link, device: Identity, set: SetId, held: bool) {
        let Some(synod) = self.account_naming(device) else { return };
        let now = self.clock;
        let giving = &mut self.shares.giving;
        let voids = giving.voids.len();
        giving.voids.retain(|void| held || (void.device, void.set) != (device, set));
        let mut has_changed = giving.voids.len() != voids;
        let mut friends = giving.set.iter_mut().filter(|known| known.id == set);
        let friend =
            friends.find_map(|known| known.friends.iter_mut().find(|friend| friend.synod == synod));
        if let Some(friend) = friend
            && let Some(delivery) = friend.devices.iter_mut().find(|known| known.device == device)
        {
            has_changed |= delivery.held != Some(held);
            (delivery.held, delivery.sealed, friend.told) = (Some(held), None, now);
        }
        if has_changed {
            self.save_giving();
        }
        if !held {
            self.write_letter(over, device, &Signal::ShareNoted { set });
        }
    }

    /// The account that names a device.
    fn account_naming(&self, device: Identity) -> Option<Identity> {
        let mut all = self.synods.iter();
        all.find(|(_, state)| state.devices.contains_key(&device)).map(|(synod, _)| *synod)
    }
}
