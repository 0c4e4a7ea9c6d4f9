//! What this device says itself: signed only behind the fence, durable before anybody is told.

use std::borrow::Cow;

use effigy_core::payload::{
    AddDevice, Block, Comment, Content, Delete, Follow, Genesis, Image, Mute, Note, Profile, Tag,
};
use effigy_core::seal::SealingSecret;
use effigy_core::text::clean_name;
use effigy_core::{Blob, Cid, Draft, Identity, Payload, Secret};
use effigy_feed::planted::{self, Bug};
use effigy_feed::{Arrival, Relation, Synod};
use effigy_store::Batch;

use super::Node;
use super::arrivals::Intake;
use super::blobs::blob_puts;
use super::restore::called_key;
use crate::api::{Event, Picture, PictureChange, Pixels, Refusal, Repair};
use crate::io::{Fence, Output};
use crate::message::WireHead;

/// How long a claim of a newer own head is believed without proof.
const CLAIM: effigy_core::Span = effigy_core::Span::seconds(20);

/// Most of those who claimed in vain that are remembered.
const DISPROVED: usize = 1_000;

/// Whose feed an own entry goes to, and whose key signs it.
pub(super) enum Pen {
    Device,
    /// The synod's feed, signed by the root, or by another key that has the power, before this device has.
    Root(Box<Secret>),
    /// The synod's feed, signed by this device.
    Admin,
}

impl Node {
    pub(super) fn begin(
        &mut self,
        device_name: &str,
        name: &str,
        picture: Option<Picture>,
    ) -> Result<Option<Cid>, Refusal> {
        let synod = self.my_synod().ok_or(Refusal::Account)?;
        if self.keys.joining {
            return Err(Refusal::NotMember);
        }
        self.may_write()?;
        if self.feeds.get(&synod).is_some_and(|held| !held.feed.is_empty()) {
            return Err(Refusal::Account);
        }
        let words = self.keys.words.clone().ok_or(Refusal::Account)?;
        let name = clean_name(name);
        if name.is_empty() {
            return Err(Refusal::Empty);
        }
        let picture = picture.map(stored).transpose()?;
        let root = words.root_sign();
        let root_seal = SealingSecret::from_bytes(*words.root_seal());
        let sealing_key = root_seal.key().map_err(|_| Refusal::Account)?;
        let genesis = Payload::Genesis(Genesis { sealing_key });
        self.write(Pen::Root(Box::new(root.clone())), &genesis, &[])?;
        let device = self.as_device(synod, device_name, None)?;
        self.write_as(root, device)?;
        let (picture, blobs) =
            picture.map_or((None, Vec::new()), |(image, blobs)| (Some(image), blobs));
        let profile = Profile { about: String::new(), name, picture };
        self.write(Pen::Admin, &Payload::Profile(profile), &blobs).map(Some)
    }

    /// The root of the account, or a device whose keys were in a backup, says that a device belongs to it.
    pub(super) fn write_as(&mut self, signer: Secret, device: AddDevice) -> Result<Cid, Refusal> {
        let id = self.write(Pen::Root(Box::new(signer)), &Payload::AddDevice(device), &[])?;
        self.tend_epochs()?;
        Ok(id)
    }

    pub(super) fn publish(
        &mut self,
        pictures: Vec<Picture>,
        text: String,
    ) -> Result<Option<Cid>, Refusal> {
        self.may_write()?;
        let (images, blobs) = stored_all(pictures)?;
        self.write(Pen::Device, &Payload::Note(Note { images, text }), &blobs).map(Some)
    }

    pub(super) fn comment(
        &mut self,
        parent: Cid,
        pictures: Vec<Picture>,
        root: Cid,
        text: String,
    ) -> Result<Option<Cid>, Refusal> {
        self.may_write()?;
        let (images, blobs) = stored_all(pictures)?;
        let comment = Comment { images, parent, root, text };
        self.write(Pen::Device, &Payload::Comment(comment), &blobs).map(Some)
    }

    pub(super) fn take_back(&mut self, target: Cid) -> Result<Option<Cid>, Refusal> {
        let synod = self.my_synod().ok_or(Refusal::Account)?;
        let own = self.feeds.iter().any(|(feed, held)| {
            held.synod == synod && *feed != synod && held.feed.contains(&target)
        });
        if !own {
            return Err(Refusal::Unknown);
        }
        self.write(Pen::Device, &Payload::Delete(Delete { target }), &[]).map(Some)
    }

    pub(super) fn tag(
        &mut self,
        target: Cid,
        word: String,
        on: bool,
    ) -> Result<Option<Cid>, Refusal> {
        self.write(Pen::Device, &Payload::Tag(Tag { on, target, word }), &[]).map(Some)
    }

    pub(super) fn edit_profile(
        &mut self,
        about: &str,
        name: &str,
        picture: PictureChange,
    ) -> Result<Option<Cid>, Refusal> {
        let synod = self.my_synod().ok_or(Refusal::Account)?;
        let name = clean_name(name);
        if name.is_empty() {
            return Err(Refusal::Empty);
        }
        let known = self.synods.get(&synod).and_then(|state| state.profile.clone());
        let (picture, blobs) = match picture {
            PictureChange::Keep => (known.and_then(|profile| profile.picture), Vec::new()),
            PictureChange::Remove => (None, Vec::new()),
            PictureChange::Replace(picture) => {
                let (image, blobs) = stored(picture)?;
                (Some(image), blobs)
            }
        };
        let profile = Profile { about: about.trim().to_owned(), name, picture };
        self.write(Pen::Admin, &Payload::Profile(profile), &blobs).map(Some)
    }

    pub(super) fn relate(
        &mut self,
        relation: Relation,
        synod: Identity,
        on: bool,
    ) -> Result<Option<Cid>, Refusal> {
        if Some(synod) == self.my_synod() {
            return Err(Refusal::Self_);
        }
        // However late this device's clock is, what it says now comes after what it knows.
        let after = self.relations.clock(relation, &synod);
        let payload = match relation {
            Relation::Block => Payload::Block(Block { on, synod }),
            Relation::Follow => Payload::Follow(Follow { on, synod }),
            Relation::Mute => Payload::Mute(Mute { on, synod }),
        };
        self.write_sealed(&payload, after).map(Some)
    }

    /// A relation changed: what is replicated follows from it.
    pub(super) fn relation_changed(&mut self, payload: &Payload) {
        match payload {
            Payload::Block(block) if block.on => {
                self.keep_name(block.synod);
                self.forget_account(block.synod);
            }
            Payload::Block(block) => {
                self.save(Batch::new().delete(called_key(&block.synod)));
                self.retrack();
            }
            Payload::Follow(follow) if !follow.on => self.unfollow(follow.synod),
            Payload::Follow(follow) => {
                self.retrack();
                if !self.greetings.contains_key(&follow.synod) {
                    self.add_greeting(follow.synod, None);
                }
            }
            _ => self.retrack(),
        }
        self.share_presence();
    }

    /// Remembers what somebody is called of whom all else goes: or nobody would know whom they blocked.
    fn keep_name(&mut self, synod: Identity) {
        let profile = self.synods.get(&synod).and_then(|state| state.profile.as_ref());
        if let Some(name) = profile.map(|profile| clean_name(&profile.name)) {
            self.save(Batch::new().put(called_key(&synod), name.as_bytes()));
        }
    }

    pub(super) fn is_blocked(&self, synod: &Identity) -> bool {
        self.relations.holds(Relation::Block, synod)
    }

    /// Names the hubs on the account's feed, so that friends know where to meet.
    pub(super) fn publish_hubs(&mut self, hubs: Vec<effigy_core::payload::Hub>) {
        let payload = Payload::Hubs(effigy_core::payload::Hubs { hubs });
        // Without an account, or while it is repaired, there is nothing to name them on.
        let _ = self.write(Pen::Admin, &payload, &[]);
    }

    /// Lets another device into the account, which it agreed to belong to, and has it open what was
    /// sealed before.
    pub(super) fn add_device(&mut self, device: AddDevice) -> Result<Cid, Refusal> {
        let id = self.write(Pen::Admin, &Payload::AddDevice(device), &[])?;
        self.tend_epochs()?;
        Ok(id)
    }

    /// Signs a payload with attachments and makes it durable.
    pub(super) fn publish_with(
        &mut self,
        payload: &Payload,
        pictures: &[Blob],
        uploads: &[u64],
    ) -> Result<Cid, Refusal> {
        self.write_with(Pen::Device, payload, pictures, uploads, 0)
    }

    /// Signs a payload and makes it durable.
    pub(super) fn write(
        &mut self,
        pen: Pen,
        payload: &Payload,
        blobs: &[Blob],
    ) -> Result<Cid, Refusal> {
        self.write_with(pen, payload, blobs, &[], 0)
    }

    /// Signs a payload of this device that comes after this clock, and makes it durable.
    pub(super) fn write_after(&mut self, payload: &Payload, after: u64) -> Result<Cid, Refusal> {
        self.write_with(Pen::Device, payload, &[], &[], after)
    }

    fn write_with(
        &mut self,
        pen: Pen,
        payload: &Payload,
        blobs: &[Blob],
        uploads: &[u64],
        later_than: u64,
    ) -> Result<Cid, Refusal> {
        let synod = self.my_synod().ok_or(Refusal::Account)?;
        self.may_write_with(&pen, synod)?;
        let bytes = written(payload)?;
        let (identity, secret) = match pen {
            Pen::Device => (self.me, self.secret()),
            Pen::Root(root) => (synod, *root),
            Pen::Admin => (synod, self.secret()),
        };
        let synod_head = self.feeds.get(&synod).and_then(|held| held.feed.head());
        let named = match (identity == synod, synod_head) {
            (true, _) => None,
            (false, Some(head)) => Some((synod, head.id)),
            (false, None) => return Err(Refusal::Account),
        };
        let now = self.clock;
        let held = self.held_mut(identity, synod);
        let (parents, after) = held.feed.ends();
        let draft = Draft {
            after: after.max(later_than),
            generation: held.feed.generation(),
            identity,
            kind: payload.kind().unwrap_or_default().to_owned(),
            parents,
            payload: bytes.clone(),
            synod: named,
        };
        let entry = draft.sign(&secret, now).map_err(|_| Refusal::TooLong)?;
        if identity == synod {
            self.state_of(synod).permits(&entry, payload)?;
        }
        let held = self.held_mut(identity, synod);
        // One's own clock may be wrong by years: the own entry counts all the same.
        let due = effigy_core::Time(entry.header().comparable);
        let Ok(effigy_feed::Verdict::New { position }) = held.feed.offer(&entry, due) else {
            return Err(Refusal::Account);
        };
        let id = entry.id();
        let batch = self.kept_with(payload, blobs, uploads);
        let mut intake = Intake::default();
        self.tracked.insert(identity, synod);
        self.unsummed.insert(identity);
        let arrival = Arrival { entry, payload: Some(bytes) };
        self.admit(arrival, Some(payload.clone()), position, &mut intake);
        self.keep_own(identity, intake, batch);
        self.follow_uploads(blobs);
        Ok(id)
    }

    /// What is kept with an entry of one's own: its pictures, and what was attached to it.
    fn kept_with(&mut self, payload: &Payload, blobs: &[Blob], uploads: &[u64]) -> Batch {
        let mut batch = Batch::new();
        if !planted::has(Bug::Hasty) {
            batch = batch.strict();
        }
        for blob in blobs {
            batch.extend(blob_puts(blob, true, true));
            self.hold(blob, true, true);
        }
        batch.extend(self.note_own_pictures(payload, blobs));
        batch.extend(self.note_uploads(payload, blobs));
        batch.extend(self.settle_uploads(uploads));
        batch
    }

    /// Whether this device may write in the account's name: the account names it, or its root writes.
    fn may_hold(&self, pen: &Pen, synod: &Identity) -> Result<(), Refusal> {
        if matches!(pen, Pen::Root(_)) || self.is_member() {
            return Ok(());
        }
        let begins = self.feeds.get(synod).is_none_or(|held| held.feed.is_empty());
        Err(if begins { Refusal::Account } else { Refusal::NotMember })
    }

    /// What is known of an account, be it nothing.
    pub(super) fn state_of(&self, synod: Identity) -> Cow<'_, Synod> {
        let known = self.synods.get(&synod);
        known.map_or_else(|| Cow::Owned(Synod::new(synod)), Cow::Borrowed)
    }

    fn keep_own(&mut self, identity: Identity, intake: Intake, batch: Batch) {
        self.keep(identity, intake, batch);
        self.set_fence();
    }

    /// Writes down beside the store how far the own feeds are.
    pub(super) fn set_fence(&mut self) {
        let Some(fence) = self.own_counts() else { return };
        if self.fence.as_ref() != Some(&fence) {
            self.fence = Some(fence.clone());
            self.outbox.push_back(Output::Fence(fence));
        }
    }

    /// How far the own feeds are here; `None` for a hub.
    pub(super) fn own_counts(&self) -> Option<Fence> {
        let count = |feed: &Identity| self.feeds.get(feed).map_or(0, |held| held.feed.len() as u64);
        let synod = self.my_synod()?;
        Some(Fence { device_count: count(&self.me), synod_count: count(&synod) })
    }

    pub(super) fn may_write(&self) -> Result<(), Refusal> {
        let state = self.my_account();
        if self.repair.is_some() {
            Err(Refusal::Repairing)
        } else if state.is_some_and(Synod::closed) {
            Err(Refusal::Closed)
        } else if state.is_some_and(|state| state.removed(&self.me)) {
            Err(Refusal::Removed)
        } else {
            Ok(())
        }
    }

    fn may_write_with(&self, pen: &Pen, synod: Identity) -> Result<(), Refusal> {
        self.may_write()?;
        self.may_hold(pen, &synod)?;
        // Nobody would take it from a device that may only post.
        let is_poster = matches!(pen, Pen::Admin) && !self.is_admin();
        if is_poster { Err(Refusal::Power) } else { Ok(()) }
    }

    /// Compares what was read with the fence: a store that is behind must not be written to.
    pub(super) fn check_fence(&mut self) {
        if planted::has(Bug::Unfenced) {
            return;
        }
        let Some(fence) = self.fence.clone() else { return };
        let Some(synod) = self.my_synod() else { return };
        let count = |feed: &Identity| self.feeds.get(feed).map_or(0, |held| held.feed.len() as u64);
        let held = count(&self.me).saturating_add(count(&synod));
        let known = fence.device_count.saturating_add(fence.synod_count);
        if count(&self.me) < fence.device_count || count(&synod) < fence.synod_count {
            self.set_repair(held, known);
        }
    }

    /// Looks at the record beside the store again, before anything may be signed. Who finds more in it
    /// than this node has written is not the only one who writes.
    pub fn see_fence(&mut self, fence: &Fence) {
        if !self.ready || self.repair.is_some() || self.fence.as_ref() == Some(fence) {
            return;
        }
        let Some(synod) = self.my_synod() else { return };
        let count = |feed: &Identity| self.feeds.get(feed).map_or(0, |held| held.feed.len() as u64);
        if fence.device_count > count(&self.me) || fence.synod_count > count(&synod) {
            self.fence = Some(fence.clone());
            self.check_fence();
        }
    }

    fn set_repair(&mut self, held: u64, known: u64) {
        let repair = Repair { held, known, mended: false };
        if self.repair != Some(repair) {
            self.repair = Some(repair);
            self.emit(Event::Repair(repair));
        }
    }

    /// Somebody shows more of the own feed than is here: perhaps this store was rolled back. Who
    /// cannot prove it with the entries is believed once, for a moment.
    pub(super) fn note_claim(&mut self, peer: Identity, head: &WireHead) {
        let Some(held) = self.feeds.get(&self.me) else { return };
        let here = held.feed.len() as u64;
        if planted::has(Bug::Unfenced) || head.count <= here || held.feed.contains(&head.id) {
            return;
        }
        if self.repair.is_some() || self.overridden || self.disproved.contains(&peer) {
            return;
        }
        self.claim = Some((peer, self.now.after(CLAIM)));
        self.set_repair(here, head.count);
    }

    /// When a claim is no longer believed.
    pub(super) fn claim_due(&self) -> Option<effigy_core::Time> {
        self.claim.map(|(_, until)| until)
    }

    /// Looks whether the own feeds are whole again, or a claim was never proven.
    pub(super) fn reconsider_repair(&mut self) {
        let Some(repair) = self.repair else { return };
        let Some(synod) = self.my_synod() else { return };
        let count = |feed: &Identity| self.feeds.get(feed).map_or(0, |held| held.feed.len() as u64);
        let (device, account) = (count(&self.me), count(&synod));
        let proven = self.claim.is_some() && device >= repair.known;
        let expired = self.claim.filter(|(_, until)| *until <= self.now);
        if let Some((peer, _)) = expired
            && !proven
            && self.disproved.len() < DISPROVED
        {
            self.disproved.insert(peer);
        }
        if expired.is_some() || proven {
            self.claim = None;
        }
        if self.claim.is_some() {
            return;
        }
        let fenced = self.fence.clone().unwrap_or_default();
        if device >= fenced.device_count && account >= fenced.synod_count {
            self.repair = None;
            let mended = Repair { held: device, known: repair.known, mended: true };
            self.emit(Event::Repair(mended));
            self.set_fence();
        } else {
            let held = device.saturating_add(account);
            self.set_repair(held, fenced.device_count.saturating_add(fenced.synod_count));
        }
    }

    pub(super) fn override_fence(&mut self) {
        if let Some(repair) = self.repair.take() {
            self.claim = None;
            self.overridden = true;
            self.fence = None;
            self.set_fence();
            self.emit(Event::Repair(Repair { mended: true, ..repair }));
        }
    }
}

fn written(payload: &Payload) -> Result<Vec<u8>, Refusal> {
    payload.write().map_err(|error| match error {
        effigy_core::payload::PayloadError::Empty => Refusal::Empty,
        _ => Refusal::TooLong,
    })
}

/// Cuts a picture into blobs, after looking that nothing but the picture is in it.
pub(super) fn stored(picture: Picture) -> Result<(Image, Vec<Blob>), Refusal> {
    let (content, mut blobs) = pixels(&picture.full)?;
    let thumbnail = match &picture.thumbnail {
        None => None,
        Some(small) => {
            let (content, more) = pixels(small)?;
            blobs.extend(more);
            Some(content)
        }
    };
    Ok((Image { alt: picture.alt, content, thumbnail }, blobs))
}

fn stored_all(pictures: Vec<Picture>) -> Result<(Vec<Image>, Vec<Blob>), Refusal> {
    let (mut images, mut blobs) = (Vec::new(), Vec::new());
    for picture in pictures {
        let (image, more) = stored(picture)?;
        images.push(image);
        blobs.extend(more);
    }
    Ok((images, blobs))
}

fn pixels(pixels: &Pixels) -> Result<(Content, Vec<Blob>), Refusal> {
    let facts = effigy_core::image::inspect(&pixels.bytes).map_err(|_| Refusal::Picture)?;
    if facts.kind.mime() != pixels.image_type.mime() {
        return Err(Refusal::Picture);
    }
    let blobs = effigy_core::blob::split(&pixels.bytes).map_err(|_| Refusal::TooLong)?;
    let cid = blobs.first().ok_or(Refusal::Picture)?.cid();
    let content = Content {
        cid,
        height: facts.height,
        image_type: pixels.image_type,
        size: pixels.bytes.len() as u64,
        width: facts.width,
    };
    Ok((content, blobs))
}
