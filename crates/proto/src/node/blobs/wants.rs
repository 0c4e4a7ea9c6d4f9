//! What is wanted of others, and who has it.

use effigy_core::Cid;
use effigy_core::limits::BLOB_BYTES;

use super::{WANTS, blob_key};
use crate::io::Link;
use crate::message::{ErrorCode, LIST, Message, lists};
use crate::node::Node;
use crate::node::state::{ContentState, Pending};

impl Node {
    /// Wants whatever of a picture is not here.
    pub(in crate::node) fn want_content(&mut self, cid: Cid) {
        let Some(content) = self.contents.get(&cid) else { return };
        if content.state != ContentState::Missing {
            return;
        }
        let missing: Vec<(Cid, u32, bool)> = if content.pieces.is_empty() {
            if self.here.contains_key(&cid) {
                self.load(blob_key(&cid), Pending::Manifest { content: cid });
                return;
            }
            vec![(cid, BLOB_BYTES as u32, false)]
        } else {
            let pieces = content.pieces.iter().filter(|(piece, _)| !self.here.contains_key(piece));
            pieces.map(|(piece, size)| (*piece, *size, true)).collect()
        };
        if missing.is_empty() {
            self.check_content(cid);
            return;
        }
        let mut new = Vec::new();
        for (piece, max, exact) in missing {
            if self.wants.len() >= WANTS {
                break;
            }
            let want = self.wants.entry(piece).or_default();
            want.contents.insert(cid);
            if want.max == 0 {
                (want.max, want.exact) = (max, exact);
                new.push(piece);
            }
        }
        self.ask_for_blobs(&new);
    }

    /// Asks everybody whom they may concern for blobs.
    pub(super) fn ask_for_blobs(&mut self, cids: &[Cid]) {
        let contents = cids.iter().filter_map(|cid| self.wants.get(cid)).flat_map(|w| &w.contents);
        let owners = contents.filter_map(|content| self.contents.get(content));
        for link in self.concerned(owners.flat_map(|content| content.owners.keys())) {
            self.ask_link_for(link, cids);
        }
    }

    pub(super) fn ask_link_for(&mut self, link: Link, cids: &[Cid]) {
        let Some(conn) = self.links.get(&link) else { return };
        let concerned = |cid: &&Cid| {
            let Some(want) = self.wants.get(cid) else { return false };
            let mut owners = want.contents.iter().filter_map(|content| self.contents.get(content));
            owners.any(|content| content.owners.keys().any(|owner| self.concerns(conn, owner)))
        };
        let asked: Vec<Cid> = cids.iter().filter(concerned).copied().collect();
        for cids in lists(&asked) {
            self.send(link, &Message::IWant { cids });
        }
    }

    /// Tells a new peer what is wanted here.
    pub(in crate::node) fn ask_blobs(&mut self, link: Link) {
        let wanted: Vec<Cid> = self.wants.keys().copied().collect();
        self.ask_link_for(link, &wanted);
    }

    /// A peer has blobs.
    pub(in crate::node) fn offered(&mut self, link: Link, blobs: &[(Cid, u64)]) {
        if blobs.len() > LIST {
            self.fault(link, 0, ErrorCode::TooMuch);
            return;
        }
        let mut wrong = false;
        for (cid, size) in blobs {
            let Some(want) = self.wants.get(cid) else { continue };
            if *size > u64::from(want.max) || (want.exact && *size != u64::from(want.max)) {
                wrong = true;
                continue;
            }
            if let Some(conn) = self.links.get_mut(&link) {
                conn.offers.insert(*cid);
            }
            self.tell_transfers(*cid);
        }
        if wrong {
            self.fault(link, 0, ErrorCode::TooMuch);
        }
        self.fetch(link);
    }
}
