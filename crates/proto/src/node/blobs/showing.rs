//! What a screen asks for, and what it is told.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::Cid;

use super::{Turn, blob_key};
use crate::api::{ContentKind, Event, Named, Transfer, TransferState};
use crate::io::Link;
use crate::node::Node;
use crate::node::state::{ContentState, Pending};

impl Node {
    /// A screen wants a picture.
    pub(in crate::node) fn look_at(&mut self, cid: Cid, size: u64) {
        let named = Named { cid, size, kind: ContentKind::Picture };
        match self.contents.get(&named).map(|content| content.state) {
            Some(ContentState::Complete) => self.read_content(named),
            Some(ContentState::Checking | ContentState::Missing) => {
                self.looked_at.insert(named);
                self.hurry(named);
                self.tell_transfer(named);
            }
            Some(ContentState::Refused) | None => {
                self.emit(Event::Content { bytes: None, cid, size });
            }
        }
    }

    /// Something changed about a blob: tells of the pictures that it belongs to and a screen waits for.
    pub(super) fn tell_transfers(&mut self, blob: Cid) {
        let Some(want) = self.wants.get(&blob) else { return };
        // Of long content every whole piece is told.
        let is_long =
            |named: &Named| self.contents.get(named).is_some_and(|content| content.tree.is_some());
        let is_waited_for = |named: &&Named| self.looked_at.contains(named) && !is_long(named);
        let waited: Vec<Named> = want.claims.keys().filter(is_waited_for).copied().collect();
        waited.into_iter().for_each(|named| self.tell_transfer(named));
    }

    pub(super) fn tell_transfer(&mut self, named: Named) {
        let Some(content) = self.contents.get(&named) else { return };
        let part =
            |piece: &Cid| self.wants.get(piece).map_or(0, |want| want.part.bytes.len() as u64);
        let here = content.pieces.iter().map(|(piece, _)| {
            self.here.get(piece).map_or_else(|| part(piece), |here| u64::from(here.size))
        });
        let wants = self.asked_of(&named).filter_map(|cid| self.wants.get(&cid));
        let sources: BTreeSet<Link> = wants.flat_map(|want| want.sources.keys()).copied().collect();
        let state = match content.state {
            ContentState::Complete => TransferState::Whole,
            ContentState::Refused => TransferState::Refused,
            _ if content.turn == Turn::None && !content.auto => TransferState::Paused,
            _ => TransferState::Arriving,
        };
        let here: u64 = here.sum();
        let transfer = Transfer {
            cid: named.cid,
            here: here.saturating_add(self.bytes_here(content)),
            kind: named.kind,
            size: named.size,
            sources: u32::try_from(sources.len()).unwrap_or(u32::MAX),
            state,
        };
        self.emit(Event::Transfer(transfer));
    }

    pub(super) fn read_content(&mut self, named: Named) {
        let Some(content) = self.contents.get(&named) else { return };
        if content.pieces.is_empty() {
            self.looked_at.insert(named);
            self.load(blob_key(&named.cid), Pending::Manifest { content: named });
            return;
        }
        if self.gathered.contains_key(&(false, named)) {
            // Somebody is reading it already; the answer serves both.
            return;
        }
        let pieces = content.pieces.clone();
        self.gathered.insert((false, named), BTreeMap::new());
        for (piece, _) in pieces {
            self.load(blob_key(&piece), Pending::Content { content: named, piece });
        }
    }
}
