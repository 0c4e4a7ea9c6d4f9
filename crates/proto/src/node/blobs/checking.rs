//! What came is put together and looked through before it counts.

use std::collections::BTreeMap;

use effigy_core::blob::Manifest;
use effigy_core::image;
use effigy_core::limits::BLOB_BYTES;
use effigy_core::{Blob, Cid};
use effigy_store::Batch;

use super::{assemble, blob_key, blob_puts, complete_key, complete_put, here_key, pieces};
use crate::api::Event;
use crate::io::Link;
use crate::message::ErrorCode;
use crate::node::Node;
use crate::node::state::{ContentState, Pending};

impl Node {
    pub(super) fn blob_came(&mut self, link: Link, blob: &Blob) {
        let Some(want) = self.wants.remove(&blob.cid()) else { return };
        let mut saved = false;
        // Somebody else may have called a piece of a good picture a picture by itself.
        let is_alone = want.contents.len() == 1;
        for cid in want.contents {
            let Some(content) = self.contents.get_mut(&cid) else { continue };
            if content.size <= BLOB_BYTES as u64 {
                if image::inspect(blob.bytes()).is_err() {
                    content.state = ContentState::Refused;
                    if is_alone {
                        self.fault(link, 0, ErrorCode::Malformed);
                    }
                    continue;
                }
                content.state = ContentState::Complete;
                let (key, none) = complete_put(&cid, &[]);
                self.wholes.insert(cid, Vec::new());
                self.save(blob_puts(blob, false, true).put(key, none));
                self.hold(blob, false, true);
                saved = true;
                self.content_complete(cid);
                continue;
            }
            if content.pieces.is_empty() && cid == blob.cid() {
                let size = content.size;
                match Manifest::parse(blob.bytes()) {
                    Ok(manifest) if manifest.size() == size => {
                        content.pieces = pieces(&manifest);
                    }
                    _ => {
                        content.state = ContentState::Refused;
                        self.fault(link, 0, ErrorCode::Malformed);
                        continue;
                    }
                }
            }
            if !saved {
                self.save(blob_puts(blob, false, false));
                self.hold(blob, false, false);
                saved = true;
            }
            self.want_content(cid);
        }
    }

    /// Everything of a picture is here: it is read once more and looked through.
    pub(super) fn check_content(&mut self, cid: Cid) {
        let Some(content) = self.contents.get_mut(&cid) else { return };
        content.state = ContentState::Checking;
        let pieces = content.pieces.clone();
        self.gathered.insert((true, cid), BTreeMap::new());
        for (piece, _) in pieces {
            self.load(blob_key(&piece), Pending::Check { content: cid, piece });
        }
    }

    /// A blob that was loaded for a check or a screen.
    pub(in crate::node) fn piece_loaded(
        &mut self,
        (cid, piece): (Cid, Cid),
        check: bool,
        bytes: Option<Vec<u8>>,
    ) {
        let Some(content) = self.contents.get(&cid) else { return };
        let Some(gathered) = self.gathered.get_mut(&(check, cid)) else { return };
        let Some(bytes) = bytes.filter(|bytes| Cid::of(bytes) == piece) else {
            self.gathered.remove(&(check, cid));
            self.lost(cid, piece);
            return;
        };
        gathered.insert(piece, bytes);
        if !content.pieces.iter().all(|(piece, _)| gathered.contains_key(piece)) {
            return;
        }
        let Some(found) = self.gathered.remove(&(check, cid)) else { return };
        let Some(content) = self.contents.get(&cid) else { return };
        let order = content.pieces.clone();
        let whole = assemble(&order, &found);
        if check {
            self.checked(cid, whole);
        } else {
            self.emit(Event::Content { bytes: whole, cid });
        }
    }

    pub(super) fn checked(&mut self, cid: Cid, whole: Option<Vec<u8>>) {
        let proper = whole.is_some_and(|bytes| image::inspect(&bytes).is_ok());
        let Some(content) = self.contents.get_mut(&cid) else { return };
        let parts: Vec<Cid> = content.pieces.iter().map(|(piece, _)| *piece).collect();
        let mut names = parts.clone();
        names.push(cid);
        let mut batch = Batch::new();
        if !proper {
            content.state = ContentState::Refused;
            // What is proven belongs to a good picture as well, perhaps to an own one; and another
            // that is still on its way may need what is not.
            let shared = self.parts_of_others(&cid);
            names.retain(|name| {
                !shared.contains(name) && self.here.get(name).is_some_and(|here| !here.proven)
            });
            for name in names {
                self.here.remove(&name);
                batch = batch.delete(blob_key(&name)).delete(here_key(&name));
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
        let parts = if parts == [cid] { Vec::new() } else { parts };
        let (key, value) = complete_put(&cid, &parts);
        self.wholes.insert(cid, parts);
        self.save(batch.put(key, value));
        self.tell_lookers(&found);
        self.content_complete(cid);
    }

    pub(super) fn content_complete(&mut self, cid: Cid) {
        self.status_changed = true;
        if self.looked_at.remove(&cid) {
            self.read_content(cid);
        }
    }

    /// A blob of a picture that should be here is not, or is damaged: that one is fetched again.
    pub(super) fn lost(&mut self, cid: Cid, blob: Cid) {
        let Some(content) = self.contents.get_mut(&cid) else { return };
        content.state = ContentState::Missing;
        self.wholes.remove(&cid);
        self.here.remove(&blob);
        let batch = Batch::new().delete(complete_key(&cid));
        self.save(batch.delete(blob_key(&blob)).delete(here_key(&blob)));
        self.want_content(cid);
        self.emit(Event::Content { bytes: None, cid });
    }

    pub(in crate::node) fn manifest_loaded(&mut self, cid: Cid, bytes: Option<Vec<u8>>) {
        let Some(content) = self.contents.get_mut(&cid) else { return };
        let Some(bytes) = bytes.filter(|bytes| Cid::of(bytes) == cid) else {
            self.lost(cid, cid);
            return;
        };
        let manifest = Manifest::parse(&bytes).ok();
        let Some(manifest) = manifest.filter(|manifest| manifest.size() == content.size) else {
            // What is here under this name is something else, and may be somebody's picture.
            content.state = ContentState::Refused;
            return;
        };
        content.pieces = pieces(&manifest);
        if content.state == ContentState::Complete {
            if self.looked_at.remove(&cid) {
                self.read_content(cid);
            }
        } else {
            self.want_content(cid);
        }
    }
}
