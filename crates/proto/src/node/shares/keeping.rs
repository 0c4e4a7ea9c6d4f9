//! Keeping a share for somebody: sealed as it came, until they come back, ask for it to be dropped, or its
//! keeper drops it.

use data_encoding::BASE64URL_NOPAD;
use effigy_core::share::{For, Plea, SetId, Share};
use effigy_core::{Identity, Time};
use effigy_store::{Batch, Key, Table};
use serde::{Deserialize, Serialize};

use crate::api::{Event, HeldShare, Refusal};
use crate::io::Link;
use crate::node::Node;
use crate::node::hubs::Signal;
use crate::node::restore::RestoreError;

/// Most accounts of which a share is kept, or was.
pub(in crate::node) const KEPT: usize = 256;
/// Most letters of a sealed share.
const SEALED: usize = 256;

/// A share of somebody's, as it rests.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// When its set was made: only a later one takes its place.
    made: Time,
    need: u8,
    of: u8,
    /// Sealed to this device; `None` once it was dropped.
    sealed: Option<String>,
    set: SetId,
    since: Time,
    /// Whether its owner has yet to hear that it was dropped.
    untold: bool,
}

impl Kept {
    /// What the person is told of it.
    pub(super) fn told(&self, synod: Identity) -> Option<HeldShare> {
        let Self { need, of, since, .. } = *self;
        self.sealed.is_some().then_some(HeldShare { need, of, since, synod })
    }
}

fn kept_key(synod: &Identity) -> Key {
    Key::new(Table::Peers, [b"share/".as_slice(), synod.bytes()].concat())
}

impl Node {
    /// How many shares are kept, or were.
    pub(in crate::node) fn shares_kept(&self) -> usize {
        self.shares.kept.len()
    }

    /// Somebody who is followed gives a share of their account. What is none of theirs changes nothing.
    pub(in crate::node) fn share_came(&mut self, over: Link, device: Identity, sealed: &str) {
        let synod = self.friend_of(device).filter(|synod| Some(*synod) != self.my_synod());
        let Some(synod) = synod else { return };
        if sealed.len() > SEALED || !self.is_member() {
            return;
        }
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap_or_default();
        let share = Share::open(&bytes, &self.keys.sealing, For::Keeping);
        let Some(share) = share.ok().filter(|share| share.synod == synod) else { return };
        let held = match self.shares.kept.get(&synod) {
            Some(known) if known.set == share.set => known.sealed.is_some(),
            Some(known) if known.made >= share.made => false,
            None if self.shares.kept.len() >= KEPT => return,
            _ => {
                self.keep_share(synod, &share, sealed);
                true
            }
        };
        self.write_letter(over, device, &Signal::ShareState { held, set: share.set });
    }

    fn keep_share(&mut self, synod: Identity, share: &Share, sealed: &str) {
        let is_new = self.shares.kept.get(&synod).is_none_or(|known| known.sealed.is_none());
        let kept = Kept {
            made: share.made,
            need: share.need,
            of: share.of,
            sealed: Some(sealed.to_owned()),
            set: share.set,
            since: self.clock,
            untold: false,
        };
        self.save_kept(synod, kept);
        if is_new {
            self.emit(Event::ShareCame { synod });
        }
    }

    fn save_kept(&mut self, synod: Identity, kept: Kept) {
        if let Ok(value) = serde_json::to_vec(&kept) {
            self.save(Batch::new().put(kept_key(&synod), value).strict());
        }
        self.shares.kept.insert(synod, kept);
        self.tell_shares();
    }

    pub(in crate::node) fn restore_kept(
        &mut self,
        synod: Identity,
        value: &[u8],
    ) -> Result<(), RestoreError> {
        let kept = serde_json::from_slice(value).map_err(|_| RestoreError)?;
        self.shares.kept.insert(synod, kept);
        Ok(())
    }

    /// Whose share it is no longer wants it to be kept.
    pub(in crate::node) fn share_voided(&mut self, over: Link, device: Identity, set: SetId) {
        let Some(synod) = self.account_naming(device) else { return };
        let kept = self.shares.kept.get(&synod).filter(|kept| kept.set == set);
        if let Some(kept) = kept.filter(|kept| kept.sealed.is_some()) {
            let kept = Kept { sealed: None, ..kept.clone() };
            self.save_kept(synod, kept);
        }
        self.write_letter(over, device, &Signal::ShareState { held: false, set });
    }

    /// Whose share it was has heard that it was dropped.
    pub(in crate::node) fn share_noted(&mut self, device: Identity, set: SetId) {
        let Some(synod) = self.account_naming(device) else { return };
        let kept = self.shares.kept.get(&synod).filter(|kept| kept.set == set && kept.untold);
        if let Some(kept) = kept {
            let kept = Kept { untold: false, ..kept.clone() };
            self.save_kept(synod, kept);
        }
    }

    /// No longer keeps somebody's share, and tells them so.
    pub(in crate::node) fn drop_share(&mut self, synod: Identity) -> Result<(), Refusal> {
        let kept = self.shares.kept.get(&synod).filter(|kept| kept.sealed.is_some());
        let kept = kept.ok_or(Refusal::Unknown)?;
        let kept = Kept { sealed: None, untold: true, ..kept.clone() };
        self.save_kept(synod, kept);
        self.retry_shares();
        Ok(())
    }

    /// Gives somebody's share to the device on which they come back: their person said which number that
    /// one shows.
    pub(in crate::node) fn return_share(
        &mut self,
        synod: Identity,
        plea: &Plea,
        number: u8,
    ) -> Result<(), Refusal> {
        let kept = self.shares.kept.get(&synod).and_then(|kept| kept.sealed.as_ref());
        let sealed = kept.ok_or(Refusal::Unknown)?;
        if !plea.check().is_number(number) {
            return Err(Refusal::Number);
        }
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).map_err(|_| Refusal::Unknown)?;
        let share = Share::open(&bytes, &self.keys.sealing, For::Keeping);
        let share = share.map_err(|_| Refusal::Unknown)?;
        let text = share.give(plea, &mut self.random).map_err(|_| Refusal::Number)?;
        self.emit(Event::ShareReturned { synod, text });
        Ok(())
    }

    /// Drops that their owners have yet to hear of, for each of their devices.
    pub(super) fn untold_shares(&self) -> impl Iterator<Item = (Identity, Link, Signal)> + '_ {
        let untold = self.shares.kept.iter().filter(|(_, kept)| kept.untold);
        untold.flat_map(|(synod, kept)| {
            let state = self.synods.get(synod);
            let devices = state.into_iter().flat_map(|state| state.devices.keys());
            devices.filter_map(|device| {
                let signal = Signal::ShareState { held: false, set: kept.set };
                Some((*device, self.hub_with(device)?, signal))
            })
        })
    }
}
