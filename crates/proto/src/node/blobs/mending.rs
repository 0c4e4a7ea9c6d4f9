//! What should be here and is not, or is damaged: it is written anew where it is known by heart, and
//! fetched again where it is not.

use effigy_core::blob::{Manifest, Parts};
use effigy_core::{Blob, Cid};
use effigy_store::Batch;

use super::turns::Turn;
use super::{blob_key, complete_key, here_key};
use crate::api::{ContentKind, Named};
use crate::node::Node;
use crate::node::state::{Content, ContentState};

impl Node {
    /// A blob is not what its name says, as was found when somebody was to get it. Gives what it should
    /// be, where that is known.
    pub(super) fn mend_blob(&mut self, blob: Cid) -> Option<Vec<u8>> {
        // Nothing, if it went while it was read.
        self.held(&blob)?;
        if let Some(list) = self.list_by_heart(&blob) {
            self.save(Batch::new().put(blob_key(&blob), list.bytes()));
            return Some(list.into_bytes());
        }
        let of: Vec<(Named, bool)> = self
            .contents
            .iter()
            .filter(|(named, content)| self.has_part(named, content, &blob))
            .map(|(named, content)| (*named, content.tree.is_some()))
            .collect();
        for (named, is_long) in of {
            if is_long {
                self.lose_piece(named, blob);
            } else {
                self.lose_part(named, blob);
            }
        }
        self.forget_blob(blob);
        None
    }

    fn has_part(&self, named: &Named, content: &Content, blob: &Cid) -> bool {
        let is_part = named.cid == *blob || content.pieces.iter().any(|(piece, _)| piece == blob);
        let parts = content.tree.iter().flat_map(|tree| &tree.parts);
        let mut leaves = parts.filter_map(|part| self.leaves.get(part));
        content.state != ContentState::Refused
            && (is_part || leaves.any(|leaf| leaf.pieces.contains(blob)))
    }

    /// A manifest or a list of parts, put together from what is known of it.
    fn list_by_heart(&self, cid: &Cid) -> Option<Blob> {
        let leaf = self.leaves.get(cid);
        let leaf = leaf.and_then(|leaf| Manifest::new(leaf.pieces.clone(), leaf.size).ok());
        let range = Named { cid: *cid, ..Named::FIRST }..=Named { cid: *cid, ..Named::LAST };
        let mut contents = self.contents.range(range);
        let of_contents = || {
            contents.find_map(|(named, content)| match &content.tree {
                Some(tree) => Parts::new(tree.parts.clone(), named.size).ok()?.to_blob().ok(),
                None => {
                    let pieces = content.pieces.iter().map(|(piece, _)| *piece).collect();
                    Manifest::new(pieces, named.size).ok()?.to_blob().ok()
                }
            })
        };
        let list = leaf.and_then(|leaf| leaf.to_blob().ok()).or_else(of_contents);
        list.filter(|list| list.cid() == *cid)
    }

    fn forget_blob(&mut self, blob: Cid) {
        self.here.remove(&blob);
        self.save(Batch::new().delete(blob_key(&blob)).delete(here_key(&blob)));
    }

    /// A blob of a picture that a screen waits for is gone: that one is fetched again.
    pub(super) fn lost(&mut self, named: Named, blob: Cid) {
        self.lose_part(named, blob);
        self.tell_none(named);
    }

    /// A blob of a picture, or of what fits one blob, is gone. It is fetched again where it was whole.
    fn lose_part(&mut self, named: Named, blob: Cid) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        let goes_on = content.state != ContentState::Missing || content.turn != Turn::None;
        content.state = ContentState::Missing;
        self.forget_blob(blob);
        if named.kind == ContentKind::Picture {
            self.wholes.remove(&named.cid);
            self.save(Batch::new().delete(complete_key(&named.cid)));
        }
        self.keep_flags(named);
        if goes_on {
            self.want_content(named);
        }
    }

    /// A piece of long content is gone: that one is fetched again.
    pub(super) fn lose_piece(&mut self, named: Named, piece: Cid) {
        let tree = self.contents.get(&named).and_then(|content| content.tree.as_ref());
        let parts = tree.map_or_else(Vec::new, |tree| tree.parts.clone());
        for part in parts {
            let Some(leaf) = self.leaves.get(&part) else { continue };
            let same = |(_, cid): &(usize, &Cid)| **cid == piece;
            let places: Vec<usize> =
                leaf.pieces.iter().enumerate().filter(same).map(|(at, _)| at).collect();
            if places.is_empty() {
                continue;
            }
            for at in places {
                self.take_out(part, at);
            }
            self.save_bits(part);
        }
        self.forget_blob(piece);
        self.incomplete(named);
    }

    /// Something of what should be whole is not here: it is fetched again.
    pub(super) fn incomplete(&mut self, named: Named) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        content.state = ContentState::Missing;
        self.keep_flags(named);
        if self.contents.get(&named).is_some_and(|content| content.auto) {
            self.want_content(named);
        }
    }
}
