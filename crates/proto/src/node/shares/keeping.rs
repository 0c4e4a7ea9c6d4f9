//! Keeping a share for somebody: sealed as it came, until they come back, ask for it to be dropped, or its
//! keeper drops it.
//!
//! Whoever has an unlocked device of theirs can put worthless shares in place of theirs, or ask for all to
//! be dropped. So what was replaced or is to be dropped stays for a while, beside what came in its place.

use data_encoding::BASE64URL_NOPAD;
use effigy_core::limits::CLOCK_AHEAD;
use effigy_core::share::{For, Plea, SetId, Share};
use effigy_core::{Identity, Span, Time};
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
/// How long a share stays that was replaced, or is to be dropped.
const FORMER: Span = Span::days(14);

/// A share of somebody's, as it rests.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// The share before it, for a while.
    #[serde(default)]
    former: Option<Former>,
    /// When its set was made: only a later one takes its place.
    made: Time,
    need: u8,
    of: u8,
    /// Sealed to this device; `None` once it was dropped.
    sealed: Option<String>,
    set: SetId,
    since: Time,
    /// Whether its owner has yet to hear that it was dropped.
    pub(super) untold: bool,
}

/// A share that was replaced, or that its owner no longer wants to be kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Former {
    need: u8,
    of: u8,
    sealed: String,
    since: Time,
    /// Until when it stays.
    until: Time,
}

impl Kept {
    /// What the person is told of it.
    pub(super) fn told(&self, synod: Identity, now: Time) -> Option<HeldShare> {
        let Self { need, of, since, .. } = *self;
        let former = self.former.as_ref().filter(|former| former.until > now);
        let until = former.map(|former| former.until);
        match (&self.sealed, former) {
            (Some(_), _) => {
                Some(HeldShare { former: until, is_voided: false, need, of, since, synod })
            }
            (None, Some(Former { need, of, since, .. })) => Some(HeldShare {
                former: until,
                is_voided: true,
                need: *need,
                of: *of,
                since: *since,
                synod,
            }),
            (None, None) => None,
        }
    }

    /// Whether its owner has something to do with this device.
    pub(super) const fn is_unsettled(&self) -> bool {
        self.sealed.is_some() || self.former.is_some() || self.untold
    }

    /// What stays of it for a while when something else comes in its place. The first that was replaced stays,
    /// however often it is tried.
    fn as_former(&self, now: Time) -> Option<Former> {
        let first = self.former.clone().filter(|former| former.until > now);
        let Self { need, of, since, .. } = *self;
        let until = now.after(FORMER);
        let last = || Some(Former { need, of, sealed: self.sealed.clone()?, since, until });
        first.or_else(last)
    }
}

/// Whether a record is one of a share that is kept, or was; and whether one is.
pub(crate) fn kept_share(account: &[u8], value: &[u8]) -> Option<bool> {
    let is_account = account.len() == 32;
    let kept = serde_json::from_slice::<Kept>(value).ok().filter(|_| is_account)?;
    Some(kept.sealed.is_some())
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
        // Nothing takes the place of a share that says to be of years to come.
        if share.made > self.clock.after(CLOCK_AHEAD) {
            return;
        }
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
        let known = self.shares.kept.get(&synod);
        let is_new = known.is_none_or(|known| known.sealed.is_none());
        let kept = Kept {
            former: known.and_then(|known| known.as_former(self.clock)),
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
            let former = kept.as_former(self.clock);
            let kept = Kept { former, sealed: None, ..kept.clone() };
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
        let is_here = |kept: &&Kept| kept.sealed.is_some() || kept.former.is_some();
        let kept = self.shares.kept.get(&synod).filter(is_here).ok_or(Refusal::Unknown)?;
        // Who asked for it to be dropped has heard.
        let untold = kept.untold || kept.sealed.is_some();
        let kept = Kept { former: None, sealed: None, untold, ..kept.clone() };
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
        former: bool,
    ) -> Result<(), Refusal> {
        let kept = self.shares.kept.get(&synod).ok_or(Refusal::Unknown)?;
        let before = kept.former.as_ref().filter(|before| before.until > self.clock);
        let before = before.map(|before| &before.sealed);
        let sealed = if former { before } else { kept.sealed.as_ref() };
        let sealed = sealed.ok_or(Refusal::Unknown)?;
        if !plea.check().is_number(number) {
            return Err(Refusal::Number);
        }
        let share = self.open_kept(sealed).ok_or(Refusal::Unknown)?;
        let text = share.give(plea, &mut self.random).map_err(|_| Refusal::Number)?;
        self.emit(Event::ShareReturned { synod, text });
        Ok(())
    }

    /// Opens a share as it rests, also one that the device kept out of whose backup this one comes.
    fn open_kept(&self, sealed: &str) -> Option<Share> {
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        self.own_sealing().find_map(|own| Share::open(&bytes, own, For::Keeping).ok())
    }

    /// Seals for this device what was sealed for the one out of whose backup it comes, before the keys of that
    /// one are forgotten.
    pub(in crate::node) fn adopt_kept(&mut self) {
        let Ok(key) = self.keys.sealing.key() else { return };
        if self.keys.voucher.is_none() {
            return;
        }
        for (synod, mut kept) in self.shares.kept.clone() {
            let former = kept.former.as_mut().map(|former| &mut former.sealed);
            for sealed in kept.sealed.as_mut().into_iter().chain(former) {
                let Some(share) = self.open_kept(sealed) else { continue };
                if let Ok(anew) = share.seal(&key, For::Keeping, &mut self.random) {
                    *sealed = BASE64URL_NOPAD.encode(&anew);
                }
            }
            self.save_kept(synod, kept);
        }
    }

    /// Drops what stayed long enough beside what came in its place.
    pub(super) fn forget_formers(&mut self) {
        let now = self.clock;
        let is_over = |kept: &&Kept| kept.former.as_ref().is_some_and(|former| former.until <= now);
        let all = self.shares.kept.iter().filter(|(_, kept)| is_over(kept));
        let over: Vec<(Identity, Kept)> =
            all.map(|(synod, kept)| (*synod, Kept { former: None, ..kept.clone() })).collect();
        for (synod, kept) in over {
            self.save_kept(synod, kept);
        }
    }

    /// Drops that their owners have yet to hear of, for each of their devices.
    pub(super) fn untold_shares(&self) -> impl Iterator<Item = (Identity, Link, Signal)> + '_ {
        let untold = self.shares.kept.iter().filter(|(_, kept)| kept.untold);
        untold.flat_map(|(synod, kept)| {
            let state = self.synods.get(synod);
            let devices = state.into_iter().flat_map(|state| state.devices.keys());
            let ways = devices
                .flat_map(|device| self.ways_to(device).into_iter().map(move |way| (*device, way)));
            let signal = Signal::ShareState { held: false, set: kept.set };
            ways.map(move |(device, way)| (device, way, signal.clone()))
        })
    }
}
