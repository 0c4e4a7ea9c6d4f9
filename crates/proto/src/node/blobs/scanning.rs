//! Videos are looked through as they come, from the beginning: what was looked through is given to others
//! before the rest is here.

use effigy_core::Cid;
use effigy_core::limits::BLOB_BYTES;
use effigy_core::video::Checker;
use effigy_store::Batch;

use super::blob_key;
use super::tree::part_of;
use crate::api::{ContentKind, Named};
use crate::node::Node;
use crate::node::state::{ContentState, Pending};

/// Most videos that are looked through before they are whole; further ones are once they are.
const SCANS: usize = 64;

/// A video that is being looked through, one piece after another.
#[derive(Debug)]
pub(in crate::node) struct Scan {
    checker: Checker,
    /// The piece that is next.
    place: u64,
    /// Whether that is being read.
    is_reading: bool,
    /// The first piece that is not given to others yet.
    given: u64,
}

impl Node {
    /// Everything of long content is here.
    pub(super) fn check_large(&mut self, named: Named) {
        match named.kind {
            ContentKind::Video(_) => {
                if let Some(content) = self.contents.get_mut(&named) {
                    content.state = ContentState::Checking;
                }
                self.scan_on(named);
            }
            ContentKind::File | ContentKind::Picture => self.large_complete(named),
        }
    }

    /// Looks a video through as far as it is here.
    pub(super) fn scan_on(&mut self, named: Named) {
        let ContentKind::Video(kind) = named.kind else { return };
        let state = self.contents.get(&named).map(|content| content.state);
        if !matches!(state, Some(ContentState::Missing | ContentState::Checking)) {
            return;
        }
        let is_known = self.scans.contains_key(&named);
        if !is_known && state == Some(ContentState::Missing) && self.scans.len() >= SCANS {
            return;
        }
        let new = || Scan { checker: Checker::new(kind), place: 0, is_reading: false, given: 0 };
        let scan = self.scans.entry(named).or_insert_with(new);
        let at = scan.place;
        if scan.is_reading {
            return;
        }
        if self.has_piece(&named, at)
            && let Some(piece) = self.piece_at(&named, at)
        {
            self.scans.get_mut(&named).into_iter().for_each(|scan| scan.is_reading = true);
            self.load(blob_key(&piece), Pending::Scan { content: named, piece });
        } else if state == Some(ContentState::Checking) && self.piece_at(&named, at).is_none() {
            let scan = self.scans.remove(&named);
            match scan.map(|scan| scan.checker.finish()) {
                Some(Ok(())) => self.large_complete(named),
                _ => self.refuse_large(named),
            }
        }
    }

    pub(super) fn scan_loaded(&mut self, named: Named, piece: Cid, bytes: Option<Vec<u8>>) {
        let next = self.scans.get(&named).and_then(|scan| self.piece_at(&named, scan.place));
        // It was given up meanwhile, and perhaps begun anew.
        if next != Some(piece) {
            return;
        }
        let Some(scan) = self.scans.get_mut(&named).filter(|scan| scan.is_reading) else { return };
        scan.is_reading = false;
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
        // Its parts but the last are full, so pieces can be counted through all of them.
        scan.place = scan.place.saturating_add(1);
        self.give_scanned(named);
        self.scan_on(named);
    }

    /// Gives others what was looked through.
    fn give_scanned(&mut self, named: Named) {
        let Some(scan) = self.scans.get_mut(&named) else { return };
        let until = scan.checker.passed() / BLOB_BYTES as u64;
        let given = scan.given..until;
        scan.given = scan.given.max(until);
        let mut found = Vec::new();
        for at in given {
            let (part, piece) = part_of(at);
            let tree = self.contents.get(&named).and_then(|content| content.tree.as_ref());
            let Some(list) = tree.and_then(|tree| tree.parts.get(part)).copied() else { continue };
            found.extend(self.prove_list(named.cid));
            found.extend(self.prove_list(list));
            found.extend(self.open_piece(list, piece));
        }
        self.tell_lookers(&found);
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
}
