//! What a screen wants of long content: all of it, or a piece now, because it plays while it arrives.

use std::collections::VecDeque;

use super::blob_key;
use super::tree::place;
use crate::api::{Event, Named};
use crate::node::Node;
use crate::node::state::{ContentState, Pending};

/// Most pieces of one content that screens wait for at a time.
pub(in crate::node) const READS: usize = 4;

/// A piece that a screen waits for: its own number for that, and from which byte on.
pub(in crate::node) type Read = (u64, u64);

impl Node {
    /// A screen asks for content: it is fetched until it is whole, also after a restart.
    pub(in crate::node) fn fetch_content(&mut self, named: Named) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        content.auto = true;
        self.looked_at.insert(named);
        self.keep_flags(named);
        self.hurry(named);
        self.tell_transfer(named);
    }

    /// A screen wants to know how far content is.
    pub(in crate::node) fn watch_content(&mut self, named: Named) {
        if self.contents.contains_key(&named) {
            self.looked_at.insert(named);
            self.tell_transfer(named);
        }
    }

    /// A screen no longer asks for content: what is here of it stays.
    pub(in crate::node) fn pause_content(&mut self, named: Named) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        content.auto = false;
        self.stop_asking_for(named);
        self.keep_flags(named);
        self.tell_transfer(named);
    }

    /// What is here of content goes, unless it is one's own.
    pub(in crate::node) fn cancel_content(&mut self, named: Named) {
        let me = self.my_synod();
        let Some(content) = self.contents.get(&named) else { return };
        if me.is_some_and(|me| content.owners.contains_key(&me)) {
            return;
        }
        let mut batch = effigy_store::Batch::new();
        self.empty_content(named, &mut batch);
        self.save(batch);
        self.looked_at.insert(named);
        self.tell_transfer(named);
    }

    /// A screen wants the bytes from a place on, as far as one piece goes.
    pub(in crate::node) fn read_range(&mut self, named: Named, from: u64, number: u64) {
        let state = self.contents.get(&named).map(|content| content.state);
        let can_come = matches!(state, Some(state) if state != ContentState::Refused);
        if !can_come || from >= named.size {
            self.emit(Event::Range { bytes: None, content: named, from, number });
            return;
        }
        self.looked_at.insert(named);
        let reads: &mut VecDeque<Read> = self.reads.entry(named).or_default();
        reads.push_back((number, from));
        let dropped = if reads.len() > READS { reads.pop_front() } else { None };
        if let Some((number, from)) = dropped {
            self.emit(Event::Range { bytes: None, content: named, from, number });
        }
        if let Some(content) = self.contents.get_mut(&named)
            && let Some(tree) = &mut content.tree
            && let Some((part, piece, _)) = tree.shape.find(from)
        {
            tree.cursor = place(part, piece);
        }
        self.answer_reads(named);
        if self.reads.contains_key(&named) && state == Some(ContentState::Missing) {
            self.fetch_content(named);
            self.want_content(named);
        }
    }

    /// Loads what screens wait for, as far as it is here.
    pub(super) fn answer_reads(&mut self, named: Named) {
        let Some(reads) = self.reads.remove(&named) else { return };
        let mut open = VecDeque::new();
        for (number, from) in reads {
            let Some(content) = self.contents.get(&named) else { continue };
            let found = match &content.tree {
                None => (content.state == ContentState::Complete).then_some(named.cid),
                Some(tree) => {
                    let at = tree.shape.find(from).map(|(part, piece, _)| place(part, piece));
                    let at = at.filter(|at| self.has_piece(&named, *at));
                    at.and_then(|at| self.piece_at(&named, at))
                }
            };
            match found {
                Some(piece) => {
                    let pending = Pending::Range { content: named, piece, from, number };
                    self.load(blob_key(&piece), pending);
                }
                None => open.push_back((number, from)),
            }
        }
        if !open.is_empty() {
            self.reads.insert(named, open);
        }
    }

    pub(super) fn range_loaded(
        &mut self,
        named: Named,
        piece: effigy_core::Cid,
        (number, from): Read,
        bytes: Option<Vec<u8>>,
    ) {
        let Some(mut bytes) = bytes.filter(|bytes| effigy_core::Cid::of(bytes) == piece) else {
            self.reads.entry(named).or_default().push_back((number, from));
            if self.contents.get(&named).is_some_and(|content| content.tree.is_some()) {
                self.lose_piece(named, piece);
            } else {
                self.lost(named, piece);
            }
            return;
        };
        let within = from % effigy_core::limits::BLOB_BYTES as u64;
        let within = usize::try_from(within).unwrap_or(usize::MAX).min(bytes.len());
        bytes.drain(..within);
        self.emit(Event::Range { bytes: Some(bytes), content: named, from, number });
    }
}
