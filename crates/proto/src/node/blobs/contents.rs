//! What entries point to: who does, how much of it an account may have here, and what goes when nobody
//! does any more.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::blob::Manifest;
use effigy_core::limits::BLOB_BYTES;
use effigy_core::payload::{Attached, Image};
use effigy_core::{Blob, Cid, Identity, Payload, Time};
use effigy_store::Batch;

use super::large::{WANTED, WHOLE};
use super::tree::{Tree, large_key};
use super::turns::Turn;
use super::{blob_key, complete_key, complete_put, here_key};
use crate::api::{ContentKind, Named};
use crate::io::Output;
use crate::node::state::{Content, ContentState};
use crate::node::{Node, Role, restore};

/// Content of others that is longer comes only when a screen asks for it.
const SMALL: u64 = 1024 * 1024;

impl Node {
    /// Notes of which blobs the pictures are made that this person publishes.
    pub(in crate::node) fn note_own_pictures(
        &mut self,
        payload: &Payload,
        blobs: &[Blob],
    ) -> Batch {
        let mut batch = Batch::new();
        let images = payload.images().iter();
        let contents = images.flat_map(|image| [Some(&image.content), image.thumbnail.as_ref()]);
        for content in contents.flatten() {
            // A picture that was published before was noted then.
            let Some(first) = blobs.iter().find(|blob| blob.cid() == content.cid) else { continue };
            let manifest = Manifest::parse(first.bytes()).ok();
            let manifest = manifest.filter(|_| content.size > BLOB_BYTES as u64);
            let pieces = manifest.map_or_else(Vec::new, |manifest| manifest.pieces().to_vec());
            let (key, value) = complete_put(&content.cid, &pieces);
            batch = batch.put(key, value);
            self.wholes.insert(content.cid, pieces);
        }
        batch
    }

    /// An entry points to a picture: it is wanted, unless it is here.
    pub(in crate::node) fn point_to(&mut self, image: &Image, owner: Identity, comparable: u64) {
        let own = Some(owner) == self.my_synod();
        let auto = own || Time(comparable) >= self.lazy_before;
        let auto = auto && (!self.is_sparing() || image.content.size <= BLOB_BYTES as u64);
        if let Some(thumbnail) = &image.thumbnail {
            self.add_content(Named::of(thumbnail), owner, true);
        }
        self.add_content(Named::of(&image.content), owner, auto);
    }

    pub(super) fn add_content(&mut self, named: Named, owner: Identity, auto: bool) {
        let size = named.size;
        if let Some(content) = self.contents.get_mut(&named) {
            let pointers = content.owners.entry(owner).or_insert(0);
            *pointers = pointers.saturating_add(1);
            if *pointers == 1 {
                self.turns.join(named, owner, content.turn);
                self.count_owned(owner, size, true);
            }
            return;
        }
        if self.over_quota(&owner, size) {
            return;
        }
        let kept = self.kept.get(&named).copied().unwrap_or(0);
        let tree = Tree::of(&named);
        let single = size <= BLOB_BYTES as u64;
        // That a blob is good as a part of something says nothing of it as a picture by itself.
        let whole = self.whole_pieces(&named);
        let here = whole.is_some() || (tree.is_some() && kept & WHOLE != 0);
        let auto = auto || kept & WANTED != 0;
        let state = if here { ContentState::Complete } else { ContentState::Missing };
        let unknown = if single { vec![(named.cid, size as u32)] } else { Vec::new() };
        let pieces = whole.unwrap_or(unknown);
        let owners = BTreeMap::from([(owner, 1)]);
        let content = Content { owners, pieces, tree, state, auto, turn: Turn::None, vain: 0 };
        self.contents.insert(named, content);
        self.count_owned(owner, size, true);
        if !self.ready {
            return;
        }
        self.read_lists(named);
        if !here && auto {
            self.want_content(named);
        }
    }

    /// An entry points to content that is no picture. What is long comes when a screen asks for it; at a
    /// hub, as far as there is room for its author, and to all devices of its author.
    pub(in crate::node) fn point_to_attached(
        &mut self,
        attached: Attached,
        owner: Identity,
        comparable: u64,
    ) {
        let is_small = attached.size <= SMALL && Time(comparable) >= self.lazy_before;
        let own = Some(owner) == self.my_synod();
        let auto = self.is_hub() || ((is_small || own) && !self.is_sparing());
        self.add_content(Named::attached(attached), owner, auto);
    }

    /// The pieces of a picture that is known to be here whole, with this size.
    pub(in crate::node) fn whole_pieces(&self, named: &Named) -> Option<Vec<(Cid, u32)>> {
        let Named { cid, size, kind } = *named;
        if kind != ContentKind::Picture {
            // What looked a file through looked no picture through.
            let kept = self.kept.get(named).is_some_and(|kept| kept & WHOLE != 0);
            let fits = self.here.get(&cid).is_some_and(|here| u64::from(here.size) == size);
            return (kept && fits).then(|| vec![(cid, size as u32)]);
        }
        let pieces = self.wholes.get(&cid)?;
        if size <= BLOB_BYTES as u64 {
            let fits = self.here.get(&cid).is_some_and(|here| u64::from(here.size) == size);
            return (pieces.is_empty() && fits).then(|| vec![(cid, size as u32)]);
        }
        let last = size.checked_sub(1)? / BLOB_BYTES as u64;
        let is_last = |at: usize| at as u64 == last;
        let rest = (size - last * BLOB_BYTES as u64) as u32;
        let sized = pieces
            .iter()
            .enumerate()
            .map(|(at, piece)| (*piece, if is_last(at) { rest } else { BLOB_BYTES as u32 }));
        let is_here = |(piece, size): &(Cid, u32)| {
            self.here.get(piece).is_some_and(|here| here.size == *size)
        };
        let sized: Vec<(Cid, u32)> = sized.collect();
        let all = sized.len() as u64 == last + 1 && sized.iter().all(is_here);
        (all && self.here.contains_key(&cid)).then_some(sized)
    }

    /// Whether a hub keeps no more for this account.
    pub(super) fn over_quota(&self, owner: &Identity, size: u64) -> bool {
        let Role::Hub(policy) = &self.role else { return false };
        let held = self.owned.get(owner).copied().unwrap_or(0);
        held.saturating_add(size) > policy.member_bytes
    }

    /// An entry that pointed to a picture is gone: with the last one the picture goes.
    pub(in crate::node) fn point_away(&mut self, named: Named, owner: Identity, batch: &mut Batch) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        let Some(pointers) = content.owners.get_mut(&owner) else { return };
        *pointers = pointers.saturating_sub(1);
        if *pointers == 0 {
            self.disown(named, owner, batch);
        }
    }

    /// Nothing that an account said points to a picture any more. It stays for others who do.
    pub(in crate::node) fn disown(&mut self, named: Named, owner: Identity, batch: &mut Batch) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        if !content.owners.contains_key(&owner) {
            return;
        }
        if content.owners.len() == 1 {
            self.drop_content(named, batch);
            return;
        }
        // It lines up anew for the others.
        let was_wanted = content.turn != Turn::None;
        self.stop_asking_for(named);
        if let Some(content) = self.contents.get_mut(&named) {
            content.owners.remove(&owner);
        }
        self.count_owned(owner, named.size, false);
        if was_wanted {
            self.want_content(named);
        }
    }

    /// Counts what an account's entries point to.
    pub(super) fn count_owned(&mut self, owner: Identity, size: u64, more: bool) {
        let owned = self.owned.entry(owner).or_insert(0);
        *owned = if more { owned.saturating_add(size) } else { owned.saturating_sub(size) };
        if *owned == 0 {
            self.owned.remove(&owner);
        }
    }

    /// Which of these blobs other content is made of, too, as far as it is known.
    pub(super) fn parts_of_others(&self, named: &Named, of: &[Cid]) -> BTreeSet<Cid> {
        let of: BTreeSet<&Cid> = of.iter().collect();
        let is_other = |(other, content): &(&Named, &Content)| {
            // What was said to be something else holds nothing.
            *other != named && content.state != ContentState::Refused
        };
        let mut shared = BTreeSet::new();
        for (other, content) in self.contents.iter().filter(is_other) {
            let pieces = content.pieces.iter().map(|(piece, _)| piece);
            let lists = content.tree.iter().flat_map(|tree| &tree.parts);
            let parts = pieces.chain(lists).chain([&other.cid]);
            shared.extend(parts.filter(|part| of.contains(part)).copied());
        }
        shared
    }

    /// Takes a picture off this device, except for pieces that it shares with another.
    pub(super) fn drop_content(&mut self, named: Named, batch: &mut Batch) {
        self.stop_asking_for(named);
        self.drop_pieces(named, batch);
        let Some(content) = self.contents.remove(&named) else { return };
        self.kept.remove(&named);
        self.answer_none(named);
        self.looked_at.remove(&named);
        for owner in content.owners.keys() {
            self.count_owned(*owner, named.size, false);
        }
        self.status_changed = true;
        if content.state == ContentState::Refused || content.tree.is_some() {
            // What is here under its name belongs to others.
            return;
        }
        let mut names: Vec<Cid> = content.pieces.iter().map(|(piece, _)| *piece).collect();
        names.push(named.cid);
        let shared = self.parts_of_others(&named, &names);
        let mine = self.my_synod().is_some_and(|me| content.owners.contains_key(&me));
        for name in names.into_iter().filter(|name| !shared.contains(name)) {
            // Nobody's picture takes a piece of an own one with it, known or not yet read.
            if !mine && self.here.get(&name).is_some_and(|here| here.own) {
                continue;
            }
            self.here.remove(&name);
            batch.deletes.push(here_key(&name));
            if self.held(&name).is_none() && !self.is_uploading(&name) {
                batch.deletes.push(blob_key(&name));
            }
        }
        if named.kind != ContentKind::Picture {
            batch.deletes.push(large_key(&named));
        } else if content.state == ContentState::Complete {
            self.wholes.remove(&named.cid);
            batch.deletes.push(complete_key(&named.cid));
        }
    }

    /// What to remove of others' so that one's own can be written, when the disk is full. `None` when
    /// nothing can be spared.
    pub fn make_room(&mut self) -> Option<Batch> {
        if self.is_hub() || !self.ready {
            return None;
        }
        self.free_space();
        let Some(Output::Save(batch)) = self.outbox.pop_back() else { return None };
        (!batch.deletes.is_empty()).then_some(batch)
    }

    /// Takes other people's pictures off this device, all but the small ones.
    pub(in crate::node) fn free_space(&mut self) {
        let me = self.my_synod();
        let large: Vec<Named> = self
            .contents
            .iter()
            .filter(|(named, _)| named.size > 64 * 1024)
            .filter(|(_, content)| me.is_none_or(|me| !content.owners.contains_key(&me)))
            .map(|(named, _)| *named)
            .collect();
        self.lazy_before = self.now;
        let mut batch = Batch::new().put(restore::lazy_key(), self.now.0.to_be_bytes().as_slice());
        for named in large {
            self.empty_content(named, &mut batch);
        }
        self.save(batch.strict());
    }

    /// What is here of content goes; those who point to it still do.
    pub(super) fn empty_content(&mut self, named: Named, batch: &mut Batch) {
        let Some(content) = self.contents.get(&named) else { return };
        let owners = content.owners.clone();
        self.drop_content(named, batch);
        for (owner, pointers) in owners {
            self.add_content(named, owner, false);
            if let Some(content) = self.contents.get_mut(&named) {
                content.owners.insert(owner, pointers);
            }
        }
    }
}

impl Named {
    /// What a picture's content is named.
    pub(in crate::node) const fn of(content: &effigy_core::payload::Content) -> Self {
        Self { cid: content.cid, size: content.size, kind: ContentKind::Picture }
    }

    /// What other content is named.
    pub(in crate::node) fn attached(attached: Attached) -> Self {
        let Attached { cid, size, video } = attached;
        Self { cid, size, kind: video.map_or(ContentKind::File, ContentKind::Video) }
    }
}
