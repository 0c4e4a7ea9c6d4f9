//! Whether this device belongs to its account, and how it comes to: by the words of the account, by a
//! backup, or because another device adds it.
//!
//! A device whose account began elsewhere replicates it like any other of its devices, and publishes
//! nothing in its name before the account names it.

use effigy_core::identity::Purpose;
use effigy_core::limits::HUBS;
use effigy_core::mnemonic::Words;
use effigy_core::payload::{AddDevice, Power, consent_bytes};
use effigy_core::text::clean_name;
use effigy_core::{Cid, Entry, Identity};

use super::Node;
use super::state::{Held, HubSlot};
use crate::api::{Event, Membership, Refusal};
use crate::io::Link;

/// What of the own account may have changed with an input, and what is known of it.
#[derive(Debug, Default)]
pub(super) struct Belonging {
    /// Where this device stands, as was told last.
    told: Option<Membership>,
    /// Whether another device has named the account's hubs.
    hubs_named: bool,
}

impl Node {
    /// Whether the own account names this device.
    pub(super) fn is_member(&self) -> bool {
        self.my_synod().is_some_and(|synod| self.names(&synod, &self.me))
    }

    /// Adds this device to the account that began elsewhere, signed by the account's root, or by the
    /// device that was backed up.
    pub(super) fn join(
        &mut self,
        device_name: &str,
        replaces: Option<Identity>,
    ) -> Result<Option<Cid>, Refusal> {
        self.may_write()?;
        let synod = self.my_synod().ok_or(Refusal::Account)?;
        let root = self.keys.words.as_ref().map(Words::root_sign);
        let voucher = self.keys.voucher.as_ref().map(|voucher| voucher.device.clone());
        let signer = root.or(voucher).ok_or(Refusal::Account)?;
        if self.is_member() {
            return Err(Refusal::Account);
        }
        // What is added to a part of the feed would stand beside what others wrote since.
        self.whole(&synod)?;
        let replaces = replaces.map(|device| self.last_of(device)).transpose()?;
        let device = self.as_device(synod, device_name, replaces)?;
        self.write_as(signer, device).map(Some)
    }

    /// This device as the account names it, with its consent.
    pub(super) fn as_device(
        &self,
        synod: Identity,
        name: &str,
        replaces: Option<(Identity, Cid)>,
    ) -> Result<AddDevice, Refusal> {
        let sealing_key = self.keys.sealing.key().map_err(|_| Refusal::Account)?;
        let consent = self.keys.device.sign(Purpose::Consent, &consent_bytes(synod, &sealing_key));
        Ok(AddDevice {
            consent,
            identity: self.me,
            name: clean_name(name),
            powers: vec![Power::Admin, Power::Post],
            replaces,
            sealing_key,
        })
    }

    /// A feed of which everything is here that others told of.
    ///
    /// # Errors
    /// `Incomplete` while others have more of it, `Unknown` when nobody told of any entry.
    pub(super) fn whole(&self, feed: &Identity) -> Result<&Held, Refusal> {
        let held = self.feeds.get(feed).ok_or(Refusal::Unknown)?;
        let lacks = held.remote.values().any(|told| !told.spent && held.lacks(told));
        match lacks {
            true => Err(Refusal::Incomplete),
            false if held.feed.is_empty() => Err(Refusal::Unknown),
            false => Ok(held),
        }
    }

    /// A device of this account with the last entry of its feed. `Incomplete` also where nobody has told of
    /// any: what is not named as counting would be lost everywhere, and it may be on its way.
    pub(super) fn last_of(&self, device: Identity) -> Result<(Identity, Cid), Refusal> {
        if !self.my_synod().is_some_and(|synod| self.names(&synod, &device)) {
            return Err(Refusal::Unknown);
        }
        let held = self.whole(&device).map_err(|_| Refusal::Incomplete)?;
        // A backup is older than what it is a backup of: somebody else has to have told of it.
        if self.keys.voucher.is_some() && held.remote.is_empty() {
            return Err(Refusal::Incomplete);
        }
        held.feed.head().map(|head| (device, head.id)).ok_or(Refusal::Incomplete)
    }

    /// The own account says where it can be met: perhaps by another device.
    pub(super) fn note_hubs_named(&mut self, entry: &Entry) {
        self.belonging.hubs_named |= entry.signer() != self.me;
    }

    /// Does what follows once what changed the account is kept.
    pub(super) fn settle_account(&mut self) {
        if std::mem::take(&mut self.belonging.hubs_named) {
            self.adopt_hubs();
        }
        let is_member = self.is_member();
        if !self.keys.joining || self.belonging.told == Some(Membership::Member) {
            return;
        }
        let has_begun = self.my_synod().and_then(|synod| self.synods.get(&synod));
        let now = match has_begun.is_some_and(effigy_feed::Synod::begun) {
            _ if is_member => Membership::Member,
            true => Membership::Found,
            false => Membership::Searching,
        };
        let before = self.belonging.told.replace(now);
        if before == Some(now) {
            return;
        }
        if now == Membership::Member {
            self.adopt_kept();
        }
        self.emit(Event::Membership(now));
        if now == Membership::Member {
            // At once: after a restart the words may be forgotten with which earlier epochs open.
            let _ = self.tend_epochs();
            self.name_hubs();
            self.share_presence();
        }
    }

    /// Meets where the account says that it is met. What this device uses besides stays until it could
    /// be named, and goes when another device no longer names it.
    fn adopt_hubs(&mut self) {
        let Some(state) = self.my_synod().and_then(|synod| self.synods.get(&synod)) else { return };
        let mut old = std::mem::take(&mut self.hubs);
        let mut hubs = Vec::new();
        for named in &state.hubs {
            let known = old.iter().position(|slot| slot.origin == named.origin);
            let mut slot = match known {
                Some(at) => old.remove(at),
                None => HubSlot::new(named.origin.clone()),
            };
            slot.identity = slot.identity.or(Some(named.identity));
            hubs.push(slot);
        }
        let is_member = self.is_member();
        let (gone, stays): (Vec<HubSlot>, Vec<HubSlot>) =
            old.into_iter().partition(|slot| is_member && slot.identity.is_some());
        hubs.extend(stays);
        hubs.truncate(HUBS);
        self.hubs = hubs;
        let gone: Vec<Link> = gone.into_iter().filter_map(|slot| slot.link).collect();
        gone.into_iter().for_each(|link| self.close(link));
        self.save_hubs();
        self.retry_hubs();
        self.status_changed = true;
    }
}
