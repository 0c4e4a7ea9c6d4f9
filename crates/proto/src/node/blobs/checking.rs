//! What came is put together and looked through before it counts.

use std::collections::BTreeMap;

use effigy_core::blob::Manifest;
use effigy_core::limits::BLOB_BYTES;
use effigy_core::{Blob, Cid, image, video};
use effigy_store::Batch;

use super::{assemble, blob_key, blob_puts, complete_put, here_key, pieces};
use crate::api::{ContentKind, Event, Named};
use crate::node::Node;
use crate::node::state::{ContentState, Pending};

impl Node {
    /// A blob is here, hashed to its name. Nobody who gave it is blamed for what it is: it may be a
    /// good part of something else, and somebody else may have said that it is a picture.
    pub(super) fn blob_came(&mut self, blob: &Blob) {
        let Some(want) = self.remove_want(&blob.cid()) else { return };
        let (mut open, mut long) = (Vec::new(), Vec::new());
        for (named, claim) in want.claims {
            let Some(content) = self.contents.get_mut(&named) else { continue };
            if content.tree.is_some() {
                if self.take_blob(named, claim, blob) {
                    long.push(named);
                } else {
                    self.refuse(named);
                }
                continue;
            }
            let is_size_right = named.cid != blob.cid() || named.size == blob.size();
            if named.size <= BLOB_BYTES as u64 {
                if is_size_right && is_proper(named.kind, blob.bytes()) {
                    self.single_complete(named, blob);
                } else {
                    self.refuse(named);
                }
                continue;
            }
            if content.pieces.is_empty() && named.cid == blob.cid() {
                let manifest = Manifest::parse(blob.bytes()).ok();
                let Some(manifest) = manifest.filter(|manifest| manifest.size() == named.size)
                else {
                    self.refuse(named);
                    continue;
                };
                content.pieces = pieces(&manifest);
            }
            open.push(named);
        }
        if !open.is_empty() && !self.here.contains_key(&blob.cid()) {
            self.save(blob_puts(blob, false, false));
            self.hold(blob, false, false);
        }
        open.into_iter().for_each(|named| self.want_content(named));
        for named in long {
            self.go_on(named);
            self.scan_on(named);
        }
        self.refill();
    }

    /// A picture in one blob was looked through.
    fn single_complete(&mut self, named: Named, blob: &Blob) {
        self.stop_asking_for(named);
        let Some(content) = self.contents.get_mut(&named) else { return };
        content.state = ContentState::Complete;
        self.save(blob_puts(blob, false, true));
        self.note_whole(named, Vec::new());
        self.hold(blob, false, true);
        self.content_complete(named);
    }

    /// Notes that content is whole, and of which pieces it is made. That a blob is good as one thing says
    /// nothing of it as another.
    fn note_whole(&mut self, named: Named, parts: Vec<Cid>) {
        if named.kind == ContentKind::Picture {
            let (key, value) = complete_put(&named.cid, &parts);
            self.wholes.insert(named.cid, parts);
            self.save(Batch::new().put(key, value));
        } else {
            self.keep_flags(named);
        }
    }

    /// A content is not what it was said to be, and cannot become it.
    pub(super) fn refuse(&mut self, named: Named) {
        self.stop_asking_for(named);
        if let Some(content) = self.contents.get_mut(&named) {
            content.state = ContentState::Refused;
        }
        if self.looked_at.remove(&named) {
            self.tell_none(named);
        }
        self.answer_none(named);
    }

    /// Whoever waits for pieces of content waits in vain.
    pub(super) fn answer_none(&mut self, named: Named) {
        for (number, from) in self.reads.remove(&named).into_iter().flatten() {
            self.emit(Event::Range { bytes: None, content: named, from, number });
        }
    }

    /// A content cannot be had.
    pub(super) fn tell_none(&mut self, named: Named) {
        let Named { cid, size, kind } = named;
        if kind == ContentKind::Picture {
            self.emit(Event::Content { bytes: None, cid, size });
        } else {
            self.tell_transfer(named);
        }
    }

    /// Everything of a picture is here: it is read once more and looked through.
    pub(super) fn check_content(&mut self, named: Named) {
        self.stop_asking_for(named);
        let Some(content) = self.contents.get_mut(&named) else { return };
        if content.tree.is_some() {
            return self.check_large(named);
        }
        content.state = ContentState::Checking;
        let pieces = content.pieces.clone();
        self.gathered.insert((true, named), BTreeMap::new());
        for (piece, _) in pieces {
            self.load(blob_key(&piece), Pending::Check { content: named, piece });
        }
    }

    /// A blob that was loaded for a check or a screen.
    pub(super) fn piece_loaded(
        &mut self,
        (named, piece): (Named, Cid),
        check: bool,
        bytes: Option<Vec<u8>>,
    ) {
        let Some(content) = self.contents.get(&named) else { return };
        let Some(gathered) = self.gathered.get_mut(&(check, named)) else { return };
        let Some(bytes) = bytes.filter(|bytes| Cid::of(bytes) == piece) else {
            self.gathered.remove(&(check, named));
            self.lost(named, piece);
            return;
        };
        gathered.insert(piece, bytes);
        if !content.pieces.iter().all(|(piece, _)| gathered.contains_key(piece)) {
            return;
        }
        let Some(found) = self.gathered.remove(&(check, named)) else { return };
        let Some(content) = self.contents.get(&named) else { return };
        let order = content.pieces.clone();
        let whole = assemble(&order, &found);
        if check {
            self.checked(named, whole);
        } else {
            let Named { cid, size, .. } = named;
            self.emit(Event::Content { bytes: whole, cid, size });
        }
    }

    fn checked(&mut self, named: Named, whole: Option<Vec<u8>>) {
        let proper = whole.is_some_and(|bytes| is_proper(named.kind, &bytes));
        let Some(content) = self.contents.get_mut(&named) else { return };
        let parts: Vec<Cid> = content.pieces.iter().map(|(piece, _)| *piece).collect();
        let mut names = parts.clone();
        names.push(named.cid);
        let mut batch = Batch::new();
        if !proper {
            self.refuse(named);
            // What is proven belongs to a good picture as well, perhaps to an own one; and another
            // that is still on its way may need what is not.
            let shared = self.parts_of_others(&named, &names);
            names.retain(|name| {
                !shared.contains(name) && self.here.get(name).is_some_and(|here| !here.proven)
            });
            for name in names {
                self.here.remove(&name);
                batch = batch.delete(here_key(&name));
                if self.held(&name).is_none() && !self.is_uploading(&name) {
                    batch = batch.delete(blob_key(&name));
                }
            }
            self.save(batch);
            return;
        }
        content.state = ContentState::Complete;
        let mut found = Vec::new();
        for name in names {
            if let Some(here) = self.here.get_mut(&name) {
                here.proven = true;
                found.push((name, u64::from(here.size)));
                batch = batch.put(here_key(&name), here.to_bytes());
            }
        }
        let parts = if parts == [named.cid] { Vec::new() } else { parts };
        self.save(batch);
        self.note_whole(named, parts);
        self.tell_lookers(&found);
        self.content_complete(named);
    }

    fn content_complete(&mut self, named: Named) {
        self.status_changed = true;
        if named.kind != ContentKind::Picture {
            self.tell_transfer(named);
            self.answer_reads(named);
        } else if self.looked_at.remove(&named) {
            self.read_content(named);
        }
    }

    pub(super) fn manifest_loaded(&mut self, named: Named, bytes: Option<Vec<u8>>) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        let Some(bytes) = bytes.filter(|bytes| Cid::of(bytes) == named.cid) else {
            self.lost(named, named.cid);
            return;
        };
        let manifest = Manifest::parse(&bytes).ok();
        let Some(manifest) = manifest.filter(|manifest| manifest.size() == named.size) else {
            // What is here under this name is something else, and may be somebody's picture.
            self.refuse(named);
            return;
        };
        content.pieces = pieces(&manifest);
        if content.state == ContentState::Complete {
            if self.looked_at.remove(&named) {
                self.read_content(named);
            }
        } else {
            self.want_content(named);
        }
    }
}

/// Whether bytes are what their content is said to be.
fn is_proper(kind: ContentKind, bytes: &[u8]) -> bool {
    match kind {
        ContentKind::File => true,
        ContentKind::Picture => image::inspect(bytes).is_ok(),
        ContentKind::Video(kind) => video::inspect(kind, bytes).is_ok(),
    }
}
