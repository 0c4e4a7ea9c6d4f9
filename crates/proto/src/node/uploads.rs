//! Own pictures that no hub is known to have: those of the last posts. A hub says so when it has looked one
//! through whole, which may be long after it has the post that shows it.

use std::collections::BTreeSet;

use effigy_core::{Blob, Cid, Payload};
use effigy_store::{Batch, Key, Table};

use super::Node;
use super::state::Conn;
use crate::io::Link;
use crate::message::Message;

/// Most pictures of which this is known; of older ones it is believed.
pub(super) const UPLOADS: usize = 256;

/// The key of the list.
fn uploads_key() -> Key {
    Key::new(Table::Meta, b"uploads".as_slice())
}

impl Node {
    /// This device is about to show pictures of its own.
    pub(super) fn note_uploads(&mut self, payload: &Payload, blobs: &[Blob]) -> Batch {
        let images = payload.images().iter();
        let contents = images.flat_map(|image| [Some(&image.content), image.thumbnail.as_ref()]);
        // What was shown before was noted then, and may be there.
        let new = contents.flatten().filter(|content| blobs.iter().any(|b| b.cid() == content.cid));
        let new: BTreeSet<Cid> = new.map(|content| content.cid).collect();
        if new.is_empty() {
            return Batch::new();
        }
        self.uploads.extend(new);
        let many = self.uploads.len().saturating_sub(UPLOADS);
        self.uploads.drain(..many);
        self.uploads_put()
    }

    /// Asks the hubs that are there to say when they have those of a post that was just written.
    pub(super) fn follow_uploads(&mut self, blobs: &[Blob]) {
        let is_new = |cid: &&Cid| blobs.iter().any(|blob| blob.cid() == **cid);
        let cids: Vec<Cid> = self.uploads.iter().filter(is_new).copied().collect();
        let hubs = self.hubs.iter().filter_map(|hub| hub.link);
        let open = |link: &Link| self.links.get(link).is_some_and(|conn| conn.peer().is_some());
        let hubs: Vec<Link> = hubs.filter(|link| !cids.is_empty() && open(link)).collect();
        for link in hubs {
            self.send(link, &Message::IWant { cids: cids.clone() });
        }
    }

    /// Asks one that has just opened.
    pub(super) fn ask_of_uploads(&mut self, link: Link) {
        if !self.uploads.is_empty() && self.links.get(&link).is_some_and(Conn::is_hub) {
            let cids = self.uploads.iter().copied().collect();
            self.send(link, &Message::IWant { cids });
        }
    }

    /// A peer has these.
    pub(super) fn uploaded(&mut self, link: Link, blobs: &[(Cid, u64)]) {
        if self.uploads.is_empty() || !self.links.get(&link).is_some_and(Conn::is_hub) {
            return;
        }
        let before = self.uploads.len();
        self.uploads.retain(|cid| blobs.iter().all(|(named, _)| named != cid));
        if self.uploads.len() < before {
            self.status_changed = true;
            let batch = self.uploads_put();
            self.save(batch);
        }
    }

    pub(super) fn restore_uploads(&mut self, value: &[u8]) -> bool {
        let (digests, rest) = value.as_chunks::<32>();
        self.uploads = digests.iter().take(UPLOADS).map(|d| Cid::from_digest(*d)).collect();
        rest.is_empty()
    }

    fn uploads_put(&self) -> Batch {
        let value: Vec<u8> = self.uploads.iter().flat_map(|cid| *cid.digest()).collect();
        Batch::new().put(uploads_key(), value)
    }
}
