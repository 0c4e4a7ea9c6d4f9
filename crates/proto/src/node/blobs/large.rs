//! Content of any size: in which order its pieces are asked for, which are here, when it is whole.

use std::collections::BTreeMap;

use effigy_core::blob::{Manifest, Parts};
use effigy_core::limits::BLOB_BYTES;
use effigy_core::video::Checker;
use effigy_core::{Blob, Cid};
use effigy_store::Batch;

use super::tree::{Bits, Leaf, bits_key, large_key, part_of, place};
use super::{blob_key, here_key};
use crate::api::{ContentKind, Named};
use crate::node::Node;
use crate::node::state::{Claim, Content, ContentState, Pending};

/// How many pieces of one content are asked for at a time: 16 MiB.
pub(super) const WINDOW: usize = 64;
/// How many manifests are asked for ahead of their pieces.
const LISTS: usize = 2;

/// The content is here whole and was looked through.
pub(in crate::node) const WHOLE: u8 = 1;
/// Somebody wants to have it.
pub(in crate::node) const WANTED: u8 = 2;

/// A video that is being looked through, one piece after another.
#[derive(Debug)]
pub(in crate::node) struct Scan {
    checker: Checker,
    place: u64,
}

/// What of long content is not here, from its cursor on.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// To be asked for.
    pub blobs: Vec<(Cid, Claim)>,
    /// Lists that are here and have to be read.
    pub lists: Vec<Cid>,
    /// Whether two lists say different things of one part.
    pub is_contradiction: bool,
}

impl Node {
    /// What is missing of long content: a few manifests, and the next pieces.
    pub(super) fn missing_of(&self, named: &Named, content: &Content) -> Missing {
        let mut missing = Missing::default();
        let Some(tree) = &content.tree else { return missing };
        let list = |cid: &Cid, missing: &mut Missing, at: u64| {
            if self.here.contains_key(cid) {
                missing.lists.push(*cid);
            } else {
                missing.blobs.push((*cid, Claim { size: None, place: at }));
            }
        };
        if tree.parts.is_empty() {
            list(&named.cid, &mut missing, 0);
            return missing;
        }
        let (start, within) = part_of(tree.cursor);
        let all = 0..tree.parts.len();
        let ahead =
            all.clone().skip(start).map(|part| (part, if part == start { within } else { 0 }));
        let behind = all.take(start.saturating_add(1)).map(|part| (part, 0));
        let mut lists = 0_usize;
        for (part, first) in ahead.chain(behind) {
            let Some(cid) = tree.parts.get(part) else { break };
            let Some(leaf) = self.leaves.get(cid) else {
                lists = lists.saturating_add(1);
                if lists <= LISTS {
                    list(cid, &mut missing, place(part, 0));
                }
                continue;
            };
            missing.is_contradiction |= leaf.size != tree.shape.part_size(part);
            if leaf.have.count() == leaf.pieces.len() {
                continue;
            }
            for (at, piece) in leaf.pieces.iter().enumerate().skip(first) {
                if missing.blobs.len() >= WINDOW {
                    return missing;
                }
                if !leaf.have.has(at) {
                    let size = u32::try_from(tree.shape.piece_size(part, at)).ok();
                    missing.blobs.push((*piece, Claim { size, place: place(part, at) }));
                }
            }
        }
        missing
    }

    /// A blob of long content came. Tells whether the content can be what it was said to be.
    pub(super) fn take_blob(&mut self, named: Named, claim: Claim, blob: &Blob) -> bool {
        if claim.size.is_some() {
            self.take_piece(named, claim.place, blob);
            return true;
        }
        if !self.take_list(named, blob.cid(), blob.bytes()) {
            return false;
        }
        if !self.here.contains_key(&blob.cid()) {
            // Lists tell nothing that their pieces do not; they are given on when pieces are.
            let proven = named.kind == ContentKind::File;
            self.save(super::blob_puts(blob, false, proven));
            self.hold(blob, false, proven);
        }
        true
    }

    /// Notes what a list of parts or a manifest says. `false` when it is not what the size demands.
    pub(super) fn take_list(&mut self, named: Named, cid: Cid, bytes: &[u8]) -> bool {
        let Some(tree) = self.contents.get_mut(&named).and_then(|content| content.tree.as_mut())
        else {
            return true;
        };
        if tree.shape.has_parts() && cid == named.cid {
            let Some(list) = Parts::parse(bytes).ok().filter(|list| list.size() == named.size)
            else {
                return false;
            };
            tree.parts = list.parts().to_vec();
            let last = tree.shape.parts().saturating_sub(1);
            let size = tree.shape.part_size(last);
            if let Some(cid) = tree.parts.last().copied().filter(|_| size <= BLOB_BYTES as u64) {
                self.add_leaf(named, cid, vec![cid], size);
            }
            self.read_lists(named);
            return true;
        }
        let sizes = tree.parts.iter().enumerate().filter(|(_, part)| **part == cid);
        let sizes: Vec<u64> = sizes.map(|(part, _)| tree.shape.part_size(part)).collect();
        let Some(manifest) = Manifest::parse(bytes).ok() else { return false };
        if sizes.iter().any(|size| *size != manifest.size()) {
            return false;
        }
        self.add_leaf(named, cid, manifest.pieces().to_vec(), manifest.size());
        true
    }

    /// Reads the lists that are here: after a start, to know what is.
    pub(in crate::node) fn read_lists(&mut self, named: Named) {
        let Some(content) = self.contents.get(&named) else { return };
        let Some(tree) = &content.tree else { return };
        let root = [named.cid];
        let lists = if tree.parts.is_empty() { root.as_slice() } else { &tree.parts };
        let unread = |cid: &&Cid| self.here.contains_key(cid) && !self.leaves.contains_key(cid);
        let unread: Vec<Cid> = lists.iter().filter(unread).copied().collect();
        unread.into_iter().for_each(|cid| self.read_list(named, cid));
    }

    pub(super) fn read_list(&mut self, named: Named, list: Cid) {
        if self.reading.insert((named, list)) {
            self.load(blob_key(&list), Pending::List { content: named, list });
        }
    }

    pub(super) fn list_loaded(&mut self, named: Named, list: Cid, bytes: Option<Vec<u8>>) {
        self.reading.remove(&(named, list));
        let Some(bytes) = bytes.filter(|bytes| Cid::of(bytes) == list) else {
            self.here.remove(&list);
            self.save(Batch::new().delete(blob_key(&list)).delete(here_key(&list)));
            self.incomplete(named);
            return;
        };
        if !self.take_list(named, list, &bytes) {
            self.refuse(named);
            return;
        }
        self.go_on(named);
    }

    /// More of long content is known or here: whoever waits for it is told, and the next is asked for.
    pub(super) fn go_on(&mut self, named: Named) {
        self.answer_reads(named);
        if self.looked_at.contains(&named) {
            self.tell_transfer(named);
        }
        let Some(content) = self.contents.get(&named) else { return };
        match content.state {
            ContentState::Complete => {
                let missing = self.missing_of(&named, content);
                if !missing.blobs.is_empty() {
                    self.incomplete(named);
                }
            }
            ContentState::Missing if content.auto => {
                let before = self.wants.len();
                self.want_content(named);
                // What is left nobody has who was asked: it is asked for again later.
                if self.wants.len() <= before {
                    self.rest_without_source(named);
                }
            }
            _ => (),
        }
    }

    /// Writes down whether content is whole, and whether somebody wants to have it.
    pub(super) fn keep_flags(&mut self, named: Named) {
        let Some(content) = self.contents.get(&named) else { return };
        if named.kind == ContentKind::Picture {
            return;
        }
        let whole = if content.state == ContentState::Complete { WHOLE } else { 0 };
        let flags = whole | if content.auto { WANTED } else { 0 };
        let key = large_key(&named);
        self.save(if flags == 0 {
            Batch::new().delete(key)
        } else {
            Batch::new().put(key, [flags].as_slice())
        });
    }

    /// A part of long content is known.
    fn add_leaf(&mut self, named: Named, cid: Cid, pieces: Vec<Cid>, size: u64) {
        let Some(content) = self.contents.get(&named) else { return };
        let proven = named.kind == ContentKind::File || content.state == ContentState::Complete;
        if !self.leaves.contains_key(&cid) {
            let have = self.bits.remove(&cid).unwrap_or_default();
            let leaf = Leaf { pieces, have: Bits::default(), size, proven: false };
            self.leaves.insert(cid, leaf.clone());
            let mut is_new = false;
            for (at, piece) in leaf.pieces.iter().enumerate() {
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

    /// A piece is here now.
    fn fill_in(&mut self, part: Cid, at: usize) {
        let Some(leaf) = self.leaves.get_mut(&part) else { return };
        let Some(piece) = leaf.pieces.get(at).copied().filter(|_| !leaf.have.has(at)) else {
            return;
        };
        leaf.have.set(at, true);
        let start = (at as u64).saturating_mul(BLOB_BYTES as u64);
        let size = leaf.size.saturating_sub(start).min(BLOB_BYTES as u64);
        let open = u32::from(leaf.proven);
        let placed = self.placed.entry(piece).or_default();
        placed.size = u32::try_from(size).unwrap_or(u32::MAX);
        placed.leaves = placed.leaves.saturating_add(1);
        placed.open = placed.open.saturating_add(open);
    }

    /// A piece is not here any more. Tells whether it is nowhere.
    pub(super) fn take_out(&mut self, part: Cid, at: usize) -> Option<Cid> {
        let leaf = self.leaves.get_mut(&part)?;
        let piece = leaf.pieces.get(at).copied().filter(|_| leaf.have.has(at))?;
        leaf.have.set(at, false);
        let open = u32::from(leaf.proven);
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

    fn take_piece(&mut self, named: Named, at: u64, blob: &Blob) {
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

    /// What stands in a part is given to others from now on.
    fn prove_leaf(&mut self, part: Cid) {
        let mut found = Vec::new();
        if let Some(here) = self.here.get_mut(&part).filter(|here| !here.proven) {
            here.proven = true;
            found.push((part, u64::from(here.size)));
            let record = here.to_bytes();
            self.save(Batch::new().put(here_key(&part), record));
        }
        let Some(leaf) = self.leaves.get_mut(&part) else { return };
        if !std::mem::replace(&mut leaf.proven, true) {
            for (at, piece) in leaf.pieces.iter().enumerate() {
                if leaf.have.has(at)
                    && let Some(placed) = self.placed.get_mut(piece)
                {
                    placed.open = placed.open.saturating_add(1);
                    found.push((*piece, u64::from(placed.size)));
                }
            }
        }
        self.tell_lookers(&found);
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

    /// Everything of long content is here.
    pub(super) fn check_large(&mut self, named: Named) {
        match named.kind {
            ContentKind::Video(kind) => {
                if let Some(content) = self.contents.get_mut(&named) {
                    content.state = ContentState::Checking;
                }
                self.scans.insert(named, Scan { checker: Checker::new(kind), place: 0 });
                self.scan_next(named);
            }
            ContentKind::File | ContentKind::Picture => self.large_complete(named),
        }
    }

    fn scan_next(&mut self, named: Named) {
        let Some(scan) = self.scans.get(&named) else { return };
        let Some(piece) = self.piece_at(&named, scan.place) else {
            let scan = self.scans.remove(&named);
            match scan.map(|scan| scan.checker.finish()) {
                Some(Ok(())) => self.large_complete(named),
                _ => self.refuse_large(named),
            }
            return;
        };
        self.load(blob_key(&piece), Pending::Scan { content: named, piece });
    }

    pub(super) fn scan_loaded(&mut self, named: Named, piece: Cid, bytes: Option<Vec<u8>>) {
        let Some(scan) = self.scans.get_mut(&named) else { return };
        let Some(bytes) = bytes.filter(|bytes| Cid::of(bytes) == piece) else {
            self.scans.remove(&named);
            self.lose_piece(named, piece);
            return;
        };
        if scan.checker.push(&bytes).is_err() {
            self.scans.remove(&named);
            self.refuse_large(named);
            return;
        }
        let (part, at) = part_of(scan.place);
        let is_last = self.piece_at(&named, place(part, at.saturating_add(1))).is_none();
        let next = if is_last {
            place(part.saturating_add(1), 0)
        } else {
            place(part, at.saturating_add(1))
        };
        if let Some(scan) = self.scans.get_mut(&named) {
            scan.place = next;
        }
        self.scan_next(named);
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

    pub(super) fn large_complete(&mut self, named: Named) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        content.state = ContentState::Complete;
        let mut lists = content.tree.as_ref().map_or_else(Vec::new, |tree| tree.parts.clone());
        lists.push(named.cid);
        lists.into_iter().for_each(|list| self.prove_leaf(list));
        self.keep_flags(named);
        self.status_changed = true;
        self.tell_transfer(named);
        self.answer_reads(named);
    }

    /// What came whole is not what it was said to be.
    fn refuse_large(&mut self, named: Named) {
        let mut batch = Batch::new();
        self.drop_pieces(named, &mut batch);
        self.save(batch);
        self.refuse(named);
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
                batch.deletes.extend([blob_key(&list), here_key(&list)]);
            }
        }
        batch.deletes.push(large_key(&named));
    }
}
