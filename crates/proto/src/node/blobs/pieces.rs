//! The pieces of long content that are here: in which of its parts each stands, and to whom they are given.

use std::collections::BTreeMap;

use effigy_core::limits::BLOB_BYTES;
use effigy_core::{Blob, Cid};
use effigy_store::Batch;

use super::tree::{Bits, Leaf, bits_key, large_key, part_of};
use super::{blob_key, here_key};
use crate::api::{ContentKind, Named};
use crate::node::Node;
use crate::node::state::{Content, ContentState};

impl Node {
    /// How many bytes a blob has that is here, as whatever.
    pub(super) fn held(&self, cid: &Cid) -> Option<u32> {
        let alone = self.here.get(cid).map(|here| here.size);
        alone.or_else(|| self.placed.get(cid).map(|placed| placed.size))
    }

    /// How many bytes a blob has that is given to others.
    pub(super) fn given(&self, cid: &Cid) -> Option<u32> {
        let alone = self.here.get(cid).filter(|here| here.proven).map(|here| here.size);
        let placed = || self.placed.get(cid).filter(|placed| placed.open > 0);
        alone.or_else(|| placed().map(|placed| placed.size))
    }

    /// The name of a piece, where it is known.
    pub(super) fn piece_at(&self, named: &Named, at: u64) -> Option<Cid> {
        let tree = self.contents.get(named)?.tree.as_ref()?;
        let (part, piece) = part_of(at);
        self.leaves.get(tree.parts.get(part)?)?.pieces.get(piece).copied()
    }

    /// Whether a piece is here.
    pub(super) fn has_piece(&self, named: &Named, at: u64) -> bool {
        let tree = self.contents.get(named).and_then(|content| content.tree.as_ref());
        let (part, piece) = part_of(at);
        let leaf = tree.and_then(|tree| self.leaves.get(tree.parts.get(part)?));
        leaf.is_some_and(|leaf| leaf.have.has(piece))
    }

    /// How many bytes of long content are here.
    pub(in crate::node) fn bytes_here(&self, content: &Content) -> u64 {
        let Some(tree) = &content.tree else { return 0 };
        let mut here = 0_u64;
        for (part, cid) in tree.parts.iter().enumerate() {
            let Some(leaf) = self.leaves.get(cid) else { continue };
            let count = leaf.have.count() as u64;
            let last = leaf.pieces.len().saturating_sub(1);
            // All but the last have as many bytes as a blob may have.
            let short = (BLOB_BYTES as u64).saturating_sub(tree.shape.piece_size(part, last));
            let spare = if leaf.have.has(last) { short } else { 0 };
            here =
                here.saturating_add(count.saturating_mul(BLOB_BYTES as u64)).saturating_sub(spare);
        }
        here
    }

    /// A part of long content is known.
    pub(super) fn add_leaf(&mut self, named: Named, cid: Cid, pieces: Vec<Cid>, size: u64) {
        let Some(content) = self.contents.get(&named) else { return };
        let proven = named.kind == ContentKind::File || content.state == ContentState::Complete;
        if !self.leaves.contains_key(&cid) {
            let have = self.bits.remove(&cid).unwrap_or_default();
            let leaf = Leaf { pieces: pieces.clone(), size, ..Leaf::default() };
            self.leaves.insert(cid, leaf);
            let mut is_new = false;
            for (at, piece) in pieces.iter().enumerate() {
                // What is here as a piece of something else is here.
                let is_elsewhere = self.held(piece).is_some();
                is_new |= is_elsewhere && !have.has(at);
                if have.has(at) || is_elsewhere {
                    self.fill_in(cid, at);
                }
            }
            if is_new {
                self.save_bits(cid);
            }
        }
        if proven {
            self.prove_leaf(cid);
        }
    }

    /// A part of one's own is here whole, with so many pieces. Its list is read when it is pointed to.
    pub(super) fn own_part(&mut self, cid: Cid, count: usize) -> Bits {
        let mut bits = Bits::default();
        (0..count).for_each(|at| bits.set(at, true));
        if self.leaves.contains_key(&cid) {
            (0..count).for_each(|at| self.fill_in(cid, at));
            self.prove_leaf(cid);
        } else {
            self.bits.insert(cid, bits);
        }
        bits
    }

    pub(super) fn take_piece(&mut self, named: Named, at: u64, blob: &Blob) {
        let content = self.contents.get(&named);
        let Some(tree) = content.and_then(|content| content.tree.as_ref()) else { return };
        let Some(part) = tree.parts.get(part_of(at).0).copied() else { return };
        let Some(leaf) = self.leaves.get(&part) else { return };
        let proven = leaf.proven;
        let same = |(_, piece): &(usize, &Cid)| **piece == blob.cid();
        let places: Vec<usize> =
            leaf.pieces.iter().enumerate().filter(same).map(|(at, _)| at).collect();
        places.into_iter().for_each(|at| self.fill_in(part, at));
        self.save(Batch::new().put(blob_key(&blob.cid()), blob.bytes()));
        self.save_bits(part);
        self.status_changed = true;
        if proven {
            self.tell_lookers(&[(blob.cid(), blob.size())]);
        }
    }

    /// A piece is here now.
    fn fill_in(&mut self, part: Cid, at: usize) {
        let Some(leaf) = self.leaves.get_mut(&part) else { return };
        let Some(piece) = leaf.pieces.get(at).copied().filter(|_| !leaf.have.has(at)) else {
            return;
        };
        leaf.have.set(at, true);
        let start = (at as u64).saturating_mul(BLOB_BYTES as u64);
        let size = leaf.size.saturating_sub(start).min(BLOB_BYTES as u64);
        let is_proven = leaf.proven;
        let placed = self.placed.entry(piece).or_default();
        placed.size = u32::try_from(size).unwrap_or(u32::MAX);
        placed.leaves = placed.leaves.saturating_add(1);
        if is_proven {
            self.open_piece(part, at);
        }
    }

    /// A piece is given to others from now on. Names it, unless it was before.
    pub(super) fn open_piece(&mut self, part: Cid, at: usize) -> Option<(Cid, u64)> {
        let leaf = self.leaves.get_mut(&part)?;
        let piece = *leaf.pieces.get(at).filter(|_| leaf.have.has(at) && !leaf.open.has(at))?;
        leaf.open.set(at, true);
        let placed = self.placed.get_mut(&piece)?;
        placed.open = placed.open.saturating_add(1);
        Some((piece, u64::from(placed.size)))
    }

    /// A piece is not here any more. Tells whether it is nowhere.
    pub(super) fn take_out(&mut self, part: Cid, at: usize) -> Option<Cid> {
        let leaf = self.leaves.get_mut(&part)?;
        let piece = leaf.pieces.get(at).copied().filter(|_| leaf.have.has(at))?;
        leaf.have.set(at, false);
        let open = u32::from(leaf.open.has(at));
        leaf.open.set(at, false);
        let placed = self.placed.get_mut(&piece)?;
        placed.leaves = placed.leaves.saturating_sub(1);
        placed.open = placed.open.saturating_sub(open);
        if placed.leaves > 0 {
            return None;
        }
        self.placed.remove(&piece);
        (!self.here.contains_key(&piece)).then_some(piece)
    }

    pub(super) fn save_bits(&mut self, part: Cid) {
        if let Some(leaf) = self.leaves.get(&part) {
            self.save(Batch::new().put(bits_key(&part), leaf.have.to_bytes()));
        }
    }

    /// A list is given to others from now on. Names it, unless it was before, or is not here.
    pub(super) fn prove_list(&mut self, list: Cid) -> Option<(Cid, u64)> {
        let here = self.here.get_mut(&list).filter(|here| !here.proven)?;
        here.proven = true;
        let found = (list, u64::from(here.size));
        let record = here.to_bytes();
        self.save(Batch::new().put(here_key(&list), record));
        Some(found)
    }

    /// What stands in a part is given to others from now on, and what comes of it.
    pub(super) fn prove_leaf(&mut self, part: Cid) {
        let mut found = Vec::from_iter(self.prove_list(part));
        if let Some(leaf) = self.leaves.get_mut(&part) {
            leaf.proven = true;
            let count = leaf.pieces.len();
            found.extend((0..count).filter_map(|at| self.open_piece(part, at)));
        }
        self.tell_lookers(&found);
    }

    /// Takes the pieces and lists of long content off this device, but for those that other content has.
    pub(super) fn drop_pieces(&mut self, named: Named, batch: &mut Batch) {
        let Some(content) = self.contents.get(&named) else { return };
        let Some(tree) = content.tree.clone() else { return };
        self.scans.remove(&named);
        let others = self.contents.iter().filter(|(other, _)| **other != named);
        let others = others.filter_map(|(other, content)| Some((other, content.tree.as_ref()?)));
        let is_shared: BTreeMap<Cid, bool> = {
            let mut shared: BTreeMap<Cid, bool> =
                tree.parts.iter().chain([&named.cid]).map(|part| (*part, false)).collect();
            for (other, tree) in others {
                for part in tree.parts.iter().chain([&other.cid]) {
                    shared.entry(*part).and_modify(|is_shared| *is_shared = true);
                }
            }
            shared
        };
        for (list, is_shared) in is_shared {
            if is_shared {
                continue;
            }
            let count = self.leaves.get(&list).map_or(0, |leaf| leaf.pieces.len());
            for at in 0..count {
                if let Some(piece) = self.take_out(list, at)
                    && !self.is_uploading(&piece)
                {
                    batch.deletes.push(blob_key(&piece));
                }
            }
            self.leaves.remove(&list);
            self.bits.remove(&list);
            batch.deletes.push(bits_key(&list));
            if self.here.remove(&list).is_some() && !self.placed.contains_key(&list) {
                batch.deletes.push(here_key(&list));
                if !self.is_uploading(&list) {
                    batch.deletes.push(blob_key(&list));
                }
            }
        }
        batch.deletes.push(large_key(&named));
    }
}
