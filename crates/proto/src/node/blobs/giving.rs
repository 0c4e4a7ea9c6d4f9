//! What is given to others: only what was looked through.

use std::collections::BTreeMap;
use std::ops::Range;

use effigy_core::Cid;
use effigy_core::limits::CHUNK_BYTES;
use effigy_feed::planted::{self, Bug};

use super::{IN_FLIGHT, LOOKING, SERVING, blob_key};
use crate::io::Link;
use crate::message::{ErrorCode, LIST, Message, lists};
use crate::node::Node;
use crate::node::state::{Conn, Pending, Sending};

impl Node {
    /// A peer looks for blobs: it is told which are here, now and when more come.
    pub(in crate::node) fn looked_for(&mut self, link: Link, cids: Vec<Cid>) {
        if cids.len() > LIST {
            self.fault(link, 0, ErrorCode::TooMuch);
            return;
        }
        let (mut blobs, mut absent) = (Vec::new(), Vec::new());
        let given = self.links.get(&link).is_some_and(|conn| self.gives_to(conn));
        for cid in cids {
            match given.then(|| self.given(&cid)).flatten() {
                Some(size) => blobs.push((cid, u64::from(size))),
                None => absent.push(cid),
            }
        }
        let Some(conn) = self.links.get_mut(&link) else { return };
        for cid in absent {
            self.index.lookers.insert(cid, link);
            // What it looks for now is more to it than what it looked for long ago.
            if let Some(forgotten) = conn.looking.insert(cid) {
                self.index.lookers.remove(forgotten, link);
            }
        }
        if !blobs.is_empty() {
            self.send(link, &Message::IHave { blobs });
        }
    }

    pub(super) fn tell_lookers(&mut self, blobs: &[(Cid, u64)]) {
        if planted::has(Bug::PicturesUntold) {
            return;
        }
        let mut found: BTreeMap<Link, Vec<(Cid, u64)>> = BTreeMap::new();
        for blob in blobs {
            for link in self.index.lookers.of(blob.0) {
                if !self.links.get(&link).is_some_and(|conn| self.gives_to(conn)) {
                    continue;
                }
                found.entry(link).or_default().push(*blob);
            }
        }
        for (link, found) in found {
            self.tell_found(link, &found);
        }
    }

    /// Tells somebody of blobs that they look for.
    pub(super) fn tell_found(&mut self, link: Link, found: &[(Cid, u64)]) {
        for (cid, _) in found {
            self.index.lookers.remove(*cid, link);
            if let Some(conn) = self.links.get_mut(&link) {
                conn.looking.remove(cid);
            }
        }
        for blobs in lists(found) {
            self.send(link, &Message::IHave { blobs });
        }
    }

    pub(in crate::node) fn serve_blob(
        &mut self,
        link: Link,
        cid: Cid,
        offset: u32,
        max_size: u32,
        request: u32,
    ) {
        let is_given = self.links.get(&link).is_some_and(|conn| self.gives_to(conn));
        let code = match self.given(&cid).filter(|_| is_given) {
            None => Some(ErrorCode::NotFound),
            Some(size) if size > max_size || offset > size => Some(ErrorCode::TooMuch),
            Some(_) => None,
        };
        let Some(conn) = self.links.get_mut(&link) else { return };
        if let Some(code) = code.or((conn.serving >= SERVING).then_some(ErrorCode::TooMuch)) {
            self.send(link, &Message::Error { about: request, code });
            return;
        }
        conn.serving = conn.serving.saturating_add(1);
        self.load(blob_key(&cid), Pending::Blob { blob: cid, link, request, offset, max_size });
    }

    /// A blob that somebody is to get was read. What a disk damaged goes to nobody: they would take this
    /// node for a liar.
    pub(in crate::node) fn blob_loaded(
        &mut self,
        blob: Cid,
        link: Link,
        request: u32,
        range: Range<u32>,
        bytes: Option<Vec<u8>>,
    ) {
        let sound = bytes.filter(|bytes| Cid::of(bytes) == blob);
        let sound = sound.or_else(|| self.mend_blob(blob));
        let is_gone = sound.is_none();
        let (offset, most) = (range.start as usize, range.end as usize);
        let fits = sound.filter(|bytes| bytes.len() >= offset && bytes.len() <= most);
        let Some(conn) = self.links.get_mut(&link) else { return };
        let Some(bytes) = fits else {
            conn.serving = conn.serving.saturating_sub(1);
            self.send(link, &Message::Error { about: request, code: ErrorCode::NotFound });
            if is_gone {
                // They are told when it is here again.
                self.looked_for(link, vec![blob]);
            }
            return;
        };
        let end = bytes.len();
        if conn.sending.is_empty() {
            conn.moved = self.now;
        }
        conn.sending.push_back(Sending { request, bytes, offset, end });
        self.pump(link);
    }

    /// Sends pieces while there is room on the connection, one blob after another.
    pub(in crate::node) fn pump(&mut self, link: Link) {
        loop {
            let has_room = |conn: &Conn| conn.in_flight < IN_FLIGHT && !conn.sending.is_empty();
            if !self.links.get(&link).is_some_and(has_room) || self.makes_way(link) {
                return;
            }
            let Some(conn) = self.links.get_mut(&link) else { return };
            let Some(sending) = conn.sending.front_mut() else { return };
            let until = sending.offset.saturating_add(CHUNK_BYTES).min(sending.end);
            let bytes = sending.bytes.get(sending.offset..until).unwrap_or_default().to_vec();
            let message = Message::Chunk {
                bytes,
                offset: u32::try_from(sending.offset).unwrap_or(u32::MAX),
                request: sending.request,
                size: u32::try_from(sending.end).unwrap_or(u32::MAX),
            };
            let start = std::mem::replace(&mut sending.offset, until);
            if until >= sending.end {
                conn.sending.pop_front();
                conn.serving = conn.serving.saturating_sub(1);
            }
            conn.in_flight = conn.in_flight.saturating_add(1);
            let given = (until - start) as u64;
            self.count_blobs(link, given, 0);
            self.send(link, &message);
            self.share(link, given);
        }
    }

    pub(in crate::node) fn drained(&mut self, link: Link) {
        if let Some(conn) = self.links.get_mut(&link) {
            conn.in_flight = conn.in_flight.saturating_sub(1);
            conn.moved = self.now;
        }
        self.pump(link);
        self.let_through();
    }

    pub(in crate::node) fn cancel(&mut self, link: Link, request: u32) {
        if let Some(conn) = self.links.get_mut(&link) {
            let before = conn.sending.len();
            conn.sending.retain(|sending| sending.request != request);
            let gone = u32::try_from(before.saturating_sub(conn.sending.len())).unwrap_or(0);
            conn.serving = conn.serving.saturating_sub(gone);
        }
    }
}

/// Blobs that a peer looks for, in the order in which it last said so.
#[derive(Debug, Default)]
pub(in crate::node) struct Looking {
    by_name: BTreeMap<Cid, u64>,
    by_age: BTreeMap<u64, Cid>,
    next: u64,
}

impl Looking {
    /// One more. Gives the one that had to go for it.
    fn insert(&mut self, cid: Cid) -> Option<Cid> {
        self.remove(&cid);
        self.next = self.next.saturating_add(1);
        self.by_name.insert(cid, self.next);
        self.by_age.insert(self.next, cid);
        if self.by_name.len() <= LOOKING || planted::has(Bug::WantsUnbounded) {
            return None;
        }
        let (_, oldest) = self.by_age.pop_first()?;
        self.by_name.remove(&oldest);
        Some(oldest)
    }

    fn remove(&mut self, cid: &Cid) {
        if let Some(age) = self.by_name.remove(cid) {
            self.by_age.remove(&age);
        }
    }

    /// How many there are.
    pub(in crate::node) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// All of them.
    pub(in crate::node) fn all(&self) -> impl Iterator<Item = &Cid> {
        self.by_name.keys()
    }
}
