//! What is sealed for the person's own devices: the keys to which it is sealed, who is given their
//! secrets, and opening what comes.
//!
//! An *epoch* is a key of the account. Its secret stands on the account's feed, sealed for every device
//! and for the root, together with those of earlier epochs: so the words open everything, and so does a
//! device that came later, once somebody has sealed the secrets for it. Secrets are kept in memory
//! alone; a start opens them again.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::payload::{Block, Epoch, Follow, Mute};
use effigy_core::seal::{self, Envelope, SealingKey, SealingSecret};
use effigy_core::{Cid, Entry, Identity, Payload, Span, Time};
use effigy_feed::{Relation, Synod};
use effigy_store::Pack;
use zeroize::Zeroizing;

use super::own::Pen;
use super::packs::pack_key;
use super::state::Pending;
use super::{Node, record};
use crate::api::{Event, Known, Refusal};

/// Most secrets of earlier epochs that are handed on.
const SECRETS: usize = 64;
/// Most readers of one envelope.
const READERS: usize = 64;
/// How long others are waited for who may seal a secret, or begin an epoch, as well.
const PATIENCE: Span = Span::seconds(4);

/// What opens what is sealed for this account's devices.
#[derive(Debug, Default)]
pub(super) struct Epochs {
    /// The secrets of epochs, that which opened something last first.
    ring: Vec<(SealingKey, SealingSecret)>,
    /// Whether one has come that may open more.
    learned: bool,
    /// Own entries that nothing here opens yet, by feed and place.
    closed: BTreeMap<Identity, BTreeSet<u32>>,
    /// When it is looked whether an epoch is to begin or to be shared.
    due: Option<Time>,
}

impl Epochs {
    fn knows(&self, key: &SealingKey) -> bool {
        self.ring.iter().any(|(known, _)| known == key)
    }

    /// The secrets to hand on, beginning with that of this key.
    fn secrets(&self, key: &SealingKey) -> Zeroizing<Vec<u8>> {
        let (own, others): (Vec<_>, Vec<_>) = self.ring.iter().partition(|(known, _)| known == key);
        let all = own.into_iter().chain(others).take(SECRETS);
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRETS.saturating_mul(32)));
        all.for_each(|(_, secret)| bytes.extend_from_slice(secret.bytes()));
        bytes
    }
}

/// What an envelope is tied to: its feed and the entries before it.
pub(super) fn seal_binding(identity: Identity, parents: &[Cid]) -> Vec<u8> {
    let mut binding = identity.bytes().to_vec();
    parents.iter().for_each(|parent| binding.extend_from_slice(parent.digest()));
    binding
}

impl Node {
    pub(super) fn my_account(&self) -> Option<&Synod> {
        self.synods.get(&self.my_synod()?)
    }

    /// Writes for the own devices alone, with a clock later than this.
    pub(super) fn write_sealed(&mut self, payload: &Payload, after: u64) -> Result<Cid, Refusal> {
        self.tend_epochs()?;
        let text = payload.write().map_err(|_| Refusal::TooLong)?;
        let readers = match self.usable_epoch() {
            Some(key) => vec![key],
            None => self.readers(),
        };
        let envelope = self.seal_at(self.me, &text, &readers)?;
        self.write_after(&Payload::Sealed(envelope), after)
    }

    /// The key to which this device can seal, and open again, what is for all.
    fn usable_epoch(&self) -> Option<SealingKey> {
        self.my_account()?.epoch().filter(|key| self.epochs.knows(key))
    }

    /// The keys of the root and of every device.
    fn readers(&self) -> Vec<SealingKey> {
        let Some(state) = self.my_account() else { return Vec::new() };
        let devices = state.devices.values().map(|device| device.sealing_key);
        state.root_sealing().into_iter().chain(devices).collect()
    }

    /// Seals a text for the next entry of a feed.
    fn seal_at(
        &mut self,
        feed: Identity,
        text: &[u8],
        readers: &[SealingKey],
    ) -> Result<Envelope, Refusal> {
        let mut parents = self.feeds.get(&feed).map_or_else(Vec::new, |held| held.feed.ends().0);
        parents.sort_unstable();
        let readers = readers.get(..READERS).unwrap_or(readers);
        let sealed = seal::seal(text, readers, &seal_binding(feed, &parents), &mut self.random)
            .map_err(|_| Refusal::TooLong)?;
        effigy_core::canon::read(&sealed).map_err(|_| Refusal::TooLong)
    }

    /// Begins an epoch where there is none that can be used, and seals its secret for devices that
    /// were left out. A device that may only post leaves that to others, and so does one that was
    /// itself left out.
    pub(super) fn tend_epochs(&mut self) -> Result<(), Refusal> {
        self.may_write()?;
        if !self.is_admin() {
            return Ok(());
        }
        let Some(state) = self.my_account() else { return Ok(()) };
        let (epoch, left_out) = (state.epoch(), state.left_out());
        let had_epoch = state.had_epoch();
        match epoch {
            Some(key) if self.epochs.knows(&key) => {
                let devices = left_out.iter().filter_map(|device| state.devices.get(device));
                let readers: Vec<SealingKey> = devices.map(|device| device.sealing_key).collect();
                self.share_epoch(key, &readers)
            }
            Some(_) if left_out.contains(&self.me) => Ok(()),
            _ => {
                let secret = SealingSecret::from_bytes(self.random.bytes());
                let key = secret.key().map_err(|_| Refusal::Account)?;
                self.epochs.ring.insert(0, (key, secret));
                if let Err(why) = self.share_epoch(key, &self.readers()) {
                    // Nobody heard of it.
                    if !self.my_account().is_some_and(|state| state.counts_epoch(&key)) {
                        self.epochs.ring.retain(|(known, _)| *known != key);
                    }
                    return Err(why);
                }
                if had_epoch { Ok(()) } else { self.restate() }
            }
        }
    }

    /// Seals the secrets that are known here for these readers, if there are any.
    fn share_epoch(&mut self, key: SealingKey, readers: &[SealingKey]) -> Result<(), Refusal> {
        let synod = self.my_synod().ok_or(Refusal::Account)?;
        for readers in readers.chunks(READERS) {
            let secrets = self.seal_at(synod, &self.epochs.secrets(&key), readers)?;
            self.write(Pen::Admin, &Payload::Epoch(Epoch { key, secrets }), &[])?;
        }
        Ok(())
    }

    /// States once more what holds: before the first epoch it was sealed for devices alone, and the
    /// words would not open it.
    fn restate(&mut self) -> Result<(), Refusal> {
        let held = |relation| self.relations.all(relation).collect::<Vec<_>>();
        let on = true;
        let blocks = held(Relation::Block).into_iter();
        let blocks = blocks.map(|synod| Payload::Block(Block { on, synod }));
        let follows = held(Relation::Follow).into_iter();
        let follows = follows.map(|synod| Payload::Follow(Follow { on, synod }));
        let mutes = held(Relation::Mute).into_iter();
        let mutes = mutes.map(|synod| Payload::Mute(Mute { on, synod }));
        let all: Vec<Payload> = blocks.chain(follows).chain(mutes).collect();
        for payload in all {
            self.write_sealed(&payload, 0)?;
        }
        Ok(())
    }

    /// Looks soon whether something is to be done about epochs.
    pub(super) fn consider_epochs(&mut self) {
        let Some(state) = self.my_account().filter(|_| self.ready) else { return };
        let wanted = match state.epoch() {
            Some(key) if self.epochs.knows(&key) => !state.left_out().is_empty(),
            Some(_) => !state.left_out().contains(&self.me),
            None => true,
        };
        if !wanted || !self.is_admin() {
            self.epochs.due = None;
        } else if self.epochs.due.is_none() {
            let others = self.random.below(PATIENCE.0);
            self.epochs.due = Some(self.now.after(PATIENCE).after(Span(others)));
        }
    }

    pub(super) const fn epochs_due(&self) -> Option<Time> {
        self.epochs.due
    }

    /// Does what nobody else has done meanwhile.
    pub(super) fn keep_epochs(&mut self) {
        if self.epochs.due.is_none_or(|due| due > self.now) {
            return;
        }
        self.epochs.due = None;
        if self.tend_epochs().is_err() {
            self.consider_epochs();
        }
    }

    /// The account stated an epoch: takes what of its secrets is for this device, or for the root
    /// while its words are here.
    pub(super) fn learn_epoch(&mut self, entry: &Entry, epoch: &Epoch) {
        let header = entry.header();
        let binding = seal_binding(header.identity, &header.parents);
        let root = self.keys.words.as_ref().map(|words| *words.root_seal());
        let root = root.map(SealingSecret::from_bytes);
        let opens = |secret: &SealingSecret| seal::open(&epoch.secrets, secret, &binding).ok();
        let text = self.own_sealing().chain(&root).find_map(opens);
        let text = Zeroizing::new(text.unwrap_or_default());
        let Some(state) = self.my_synod().and_then(|synod| self.synods.get(&synod)) else { return };
        let mut came = Vec::new();
        for secret in text.as_chunks::<32>().0.iter().take(SECRETS) {
            let secret = SealingSecret::from_bytes(*secret);
            let Ok(key) = secret.key() else { continue };
            // Secrets of epochs that nobody stated open nothing, and each is tried with each envelope.
            if !self.epochs.knows(&key) && state.counts_epoch(&key) {
                came.push((key, secret));
            }
        }
        if came.is_empty() {
            return;
        }
        self.epochs.ring.retain(|(key, _)| state.counts_epoch(key));
        self.epochs.ring.truncate(SECRETS.saturating_sub(came.len()));
        self.epochs.ring.append(&mut came);
        self.epochs.learned = true;
    }

    /// Opens what was sealed for this account's devices. What is not stays an envelope, and is tried
    /// again when a secret comes.
    pub(super) fn unseal(&mut self, entry: &Entry, payload: Payload, position: u32) -> Payload {
        let Payload::Sealed(envelope) = &payload else { return payload };
        let header = entry.header();
        if header.synod.map(|(synod, _)| synod) != self.my_synod() {
            return payload;
        }
        if let Some(opened) = self.open_envelope(entry, envelope) {
            return opened;
        }
        self.epochs.closed.entry(header.identity).or_default().insert(position);
        payload
    }

    /// What opens what was sealed for this device, and for the one out of whose backup it comes.
    pub(super) fn own_sealing(&self) -> impl Iterator<Item = &SealingSecret> {
        let voucher = self.keys.voucher.as_ref().map(|voucher| &voucher.sealing);
        std::iter::once(&self.keys.sealing).chain(voucher)
    }

    fn open_envelope(&mut self, entry: &Entry, envelope: &Envelope) -> Option<Payload> {
        let header = entry.header();
        let binding = seal_binding(header.identity, &header.parents);
        let by = self.epochs.ring.iter().enumerate().find_map(|(at, (_, secret))| {
            seal::open(envelope, secret, &binding).ok().map(|text| (at, text))
        });
        let text = match by {
            Some((at, text)) => {
                // What comes next is likely to be of the same epoch.
                let used = self.epochs.ring.remove(at);
                self.epochs.ring.insert(0, used);
                text
            }
            None => self.own_sealing().find_map(|own| seal::open(envelope, own, &binding).ok())?,
        };
        let value = effigy_core::canon::check(&text).ok()?;
        let kind = value.get("type")?.as_str()?;
        // An envelope inside an envelope says nothing.
        if kind == "sealed" { None } else { Payload::parse(kind, &text).ok() }
    }

    /// A secret has come: opens what it may open.
    pub(super) fn reopen(&mut self) {
        if !std::mem::take(&mut self.epochs.learned) {
            return;
        }
        let closed = self.epochs.closed.iter();
        let places = closed.flat_map(|(feed, places)| places.iter().map(|place| (*feed, *place)));
        let packs: BTreeSet<(Identity, u64, u32)> = places
            .filter_map(|(feed, place)| {
                let held = self.feeds.get(&feed)?;
                Some((feed, held.feed.generation(), held.pack_of(place)?.0))
            })
            .collect();
        for (identity, generation, first) in packs {
            let pending = Pending::Reopen { identity, generation, first };
            self.load(pack_key(&identity, generation, first), pending);
        }
    }

    /// A pack with entries that may be opened now.
    pub(super) fn reopened(&mut self, pack: (Identity, u64, u32), bytes: Option<Vec<u8>>) {
        let (identity, generation, first) = pack;
        let Some(mut closed) = self.epochs.closed.remove(&identity) else { return };
        let is_here = self.feeds.get(&identity).is_some_and(|held| {
            held.feed.generation() == generation && held.packs.contains_key(&first)
        });
        if !is_here {
            // It rests elsewhere now, or is gone.
            self.epochs.learned = self.feeds.contains_key(&identity);
            self.epochs.closed.insert(identity, closed);
            return;
        }
        let opened = bytes.as_deref().and_then(|bytes| Pack::open(bytes).ok());
        let mut known = Vec::new();
        for (position, bytes) in (first..).zip(opened.iter().flat_map(Pack::records)) {
            if !closed.remove(&position) {
                continue;
            }
            let Some(Ok(record)) = bytes.ok().map(record::reload) else { continue };
            let Some((_, payload)) = record.payload else { continue };
            let payload = self.unseal(&record.entry, payload, position);
            if !matches!(payload, Payload::Sealed(_)) {
                self.note_entry(&record.entry, Some(&payload));
                self.take_effect(&record.entry, &payload, true);
                known.push(Known { entry: record.entry, payload: Some(payload), position });
            }
        }
        self.epochs.closed.entry(identity).or_default().append(&mut closed);
        if !known.is_empty() {
            self.emit(Event::Entries(known));
        }
    }

    /// The entries of a feed are no longer here, or stand elsewhere.
    pub(super) fn forget_closed(&mut self, feed: &Identity) {
        self.epochs.closed.remove(feed);
    }
}
