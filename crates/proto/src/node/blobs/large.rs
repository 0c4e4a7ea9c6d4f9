//! Content of any size: in which order its pieces are asked for, which are here, when it is whole.

use effigy_core::blob::{Manifest, Parts};
use effigy_core::limits::BLOB_BYTES;
use effigy_core::{Blob, Cid};
use effigy_store::Batch;

use super::tree::{large_key, part_of, place};
use super::{blob_key, here_key};
use crate::api::{ContentKind, Named};
use crate::node::Node;
use crate::node::state::{Claim, Content, ContentState, Pending};

/// How many pieces of one content are asked for at a time: 16 MiB.
pub(super) const WINDOW: usize = 64;
/// How many manifests are asked for ahead of their pieces.
const LISTS: usize = 2;

/// The content is here whole and was looked through.
pub(crate) const WHOLE: u8 = 1;
/// Somebody wants to have it.
pub(in crate::node) const WANTED: u8 = 2;

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
}
