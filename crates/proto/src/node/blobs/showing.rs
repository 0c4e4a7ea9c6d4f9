//! What a screen asks for, and what it is told.

use std::collections::BTreeMap;

use effigy_core::Cid;

use super::blob_key;
use crate::api::{Event, Transfer};
use crate::node::Node;
use crate::node::state::{ContentState, Pending};

impl Node {
    /// A screen wants a picture.
    pub(in crate::node) fn look_at(&mut self, cid: Cid, size: u64) {
        let Some(content) = self.contents.get(&cid).filter(|content| content.size == size) else {
            self.emit(Event::Content { bytes: None, cid });
            return;
        };
        if content.state == ContentState::Complete {
            self.read_content(cid);
        } else {
            self.looked_at.insert(cid);
            self.want_content(cid);
            self.tell_transfer(cid);
        }
    }

    /// Something changed about a blob: tells of the pictures that it belongs to and a screen waits for.
    pub(super) fn tell_transfers(&mut self, blob: Cid) {
        let Some(want) = self.wants.get(&blob) else { return };
        let waited: Vec<Cid> = want.contents.intersection(&self.looked_at).copied().collect();
        waited.into_iter().for_each(|cid| self.tell_transfer(cid));
    }

    pub(super) fn tell_transfer(&mut self, cid: Cid) {
        let Some(content) = self.contents.get(&cid) else { return };
        let part = |piece: &Cid| self.wants.get(piece).map_or(0, |want| want.part.len() as u64);
        let here = content.pieces.iter().map(|(piece, _)| {
            self.here.get(piece).map_or_else(|| part(piece), |here| u64::from(here.size))
        });
        let has = |offered: &Cid| {
            self.wants.get(offered).is_some_and(|want| want.contents.contains(&cid))
        };
        let sources = self.links.values().filter(|conn| conn.offers.iter().any(has)).count();
        let transfer = Transfer {
            cid,
            here: here.sum(),
            size: content.size,
            sources: u32::try_from(sources).unwrap_or(u32::MAX),
        };
        self.emit(Event::Transfer(transfer));
    }

    pub(super) fn read_content(&mut self, cid: Cid) {
        let Some(content) = self.contents.get(&cid) else { return };
        if content.pieces.is_empty() {
            self.looked_at.insert(cid);
            self.load(blob_key(&cid), Pending::Manifest { content: cid });
            return;
        }
        if self.gathered.contains_key(&(false, cid)) {
            // Somebody is reading it already; the answer serves both.
            return;
        }
        let pieces = content.pieces.clone();
        self.gathered.insert((false, cid), BTreeMap::new());
        for (piece, _) in pieces {
            self.load(blob_key(&piece), Pending::Content { content: cid, piece });
        }
    }
}
