//! Blobs on their way in: a few from each peer, resumed at another where one ends.

use effigy_core::{Blob, Cid};

use super::{FETCHING, PATIENCE};
use crate::io::Link;
use crate::message::{ErrorCode, Message};
use crate::node::Node;
use crate::node::state::Conn;

impl Node {
    /// Asks a peer for what it offered, a few blobs at a time.
    pub(super) fn fetch(&mut self, link: Link) {
        loop {
            let Some(conn) = self.links.get(&link) else { return };
            if conn.fetching.len() >= FETCHING {
                return;
            }
            let next = conn
                .offers
                .iter()
                .find(|cid| self.wants.get(cid).is_some_and(|want| want.asked.is_none()))
                .copied();
            let Some(cid) = next else { return };
            let request = self.request();
            let until = self.now.after(PATIENCE);
            let Some(want) = self.wants.get_mut(&cid) else { return };
            want.asked = Some((link, request, until));
            self.index.wants.arm(cid, until);
            let offset = u32::try_from(want.part.len()).unwrap_or(u32::MAX);
            let max_size = want.max;
            if let Some(conn) = self.links.get_mut(&link) {
                conn.fetching.insert(request, cid);
            }
            self.send(link, &Message::GetBlob { cid, max_size, offset, request });
        }
    }

    pub(super) fn fetch_anywhere(&mut self) {
        self.open_links().into_iter().for_each(|link| self.fetch(link));
    }

    /// A piece of a blob came.
    pub(in crate::node) fn chunk(
        &mut self,
        link: Link,
        request: u32,
        offset: u32,
        size: u32,
        bytes: &[u8],
    ) {
        let cid = self.links.get(&link).and_then(|conn| conn.fetching.get(&request)).copied();
        let Some(cid) = cid else {
            // What was given up may still be on its way; what was never asked for may not.
            if request > self.next_request || request == 0 {
                self.fault(link, request, ErrorCode::Forbidden);
            }
            return;
        };
        let until = self.now.after(PATIENCE);
        let Some(want) = self.wants.get_mut(&cid) else { return };
        let sound = offset as usize == want.part.len()
            && size <= want.max
            && (!want.exact || size == want.max)
            && !(bytes.is_empty() && size > 0);
        if !sound {
            want.part.clear();
            self.give_up(link, request, cid);
            self.fault(link, request, ErrorCode::TooMuch);
            return;
        }
        want.part.extend_from_slice(bytes);
        want.asked = Some((link, request, until));
        if want.part.len() < size as usize {
            self.tell_transfers(cid);
            return;
        }
        let part = std::mem::take(&mut want.part);
        self.give_up(link, request, cid);
        match Blob::checked(part, cid) {
            Ok(blob) => self.blob_came(link, &blob),
            Err(_) => self.fault(link, request, ErrorCode::Untrusted),
        }
        self.fetch(link);
    }

    /// Forgets a request; the blob itself may still be wanted, but no longer of this peer.
    pub(super) fn give_up(&mut self, link: Link, request: u32, cid: Cid) {
        if let Some(conn) = self.links.get_mut(&link) {
            conn.fetching.remove(&request);
            conn.offers.remove(&cid);
        }
        if let Some(want) = self.wants.get_mut(&cid) {
            want.asked = None;
        }
    }

    /// A peer does not give what it offered.
    pub(in crate::node) fn fetch_refused(&mut self, link: Link, request: u32) {
        let cid = self.links.get(&link).and_then(|conn| conn.fetching.get(&request)).copied();
        if let Some(cid) = cid {
            self.give_up(link, request, cid);
            self.fetch_anywhere();
        }
    }

    /// A connection is gone: what came over it so far is kept, and the rest asked of others.
    pub(in crate::node) fn release_wants(&mut self, link: Link, conn: &Conn) {
        let mut released = false;
        for cid in conn.fetching.values() {
            let want = self.wants.get_mut(cid);
            let want = want.filter(|want| want.asked.is_some_and(|(asked, _, _)| asked == link));
            if let Some(want) = want {
                want.asked = None;
                released = true;
            }
        }
        if released {
            self.fetch_anywhere();
        }
    }

    pub(in crate::node) fn retry_wants(&mut self) {
        let now = self.now;
        let mut late = false;
        for cid in self.index.wants.due(now) {
            let asked = self.wants.get(&cid).and_then(|want| want.asked);
            let Some((link, request, until)) = asked else { continue };
            if until > now {
                self.index.wants.arm(cid, until);
                continue;
            }
            self.send(link, &Message::Cancel { request });
            self.give_up(link, request, cid);
            late = true;
        }
        if late {
            self.fetch_anywhere();
        }
    }
}
