//! Blobs on their way in: a few from each peer, resumed at another where one ends.

use effigy_core::{Blob, Cid};

use super::{AHEAD, FETCHING, PATIENCE};
use crate::api::{Named, Path};
use crate::io::Link;
use crate::message::{ErrorCode, Message};
use crate::node::Node;
use crate::node::state::{Begun, Claim, Conn, Want};

impl Node {
    /// Asks a peer for what it offered, a few blobs at a time: first what the fewest have.
    pub(super) fn fetch(&mut self, link: Link) {
        loop {
            let Some(conn) = self.links.get(&link) else { return };
            if conn.fetching.len() >= FETCHING {
                return;
            }
            let idle = conn.offers.iter().filter_map(|cid| {
                let want = self.wants.get(cid).filter(|want| want.asked.is_none())?;
                (!self.is_nearer_free(conn, want)).then(|| (self.rank(want), *cid))
            });
            let Some((_, cid)) = idle.min() else { return };
            let request = self.request();
            let until = self.now.after(PATIENCE);
            let Some(want) = self.wants.get_mut(&cid) else { return };
            let Some(size) = want.sources.get(&link).copied() else { return };
            if want.part.size != size {
                want.part.begin(size);
            }
            want.asked = Some((link, request, until));
            let offset = u32::try_from(want.part.bytes.len()).unwrap_or(u32::MAX);
            self.index.wants.arm(cid, until);
            if let Some(conn) = self.links.get_mut(&link) {
                conn.fetching.insert(request, cid);
            }
            self.send(link, &Message::GetBlob { cid, max_size: size, offset, request });
        }
    }

    /// Whether somebody has it who is nearer, and could be asked.
    fn is_nearer_free(&self, conn: &Conn, want: &Want) -> bool {
        let mut others = want.sources.keys().filter_map(|link| self.links.get(link));
        let is_free = |other: &Conn| other.path == Path::Direct && other.fetching.len() < FETCHING;
        conn.path != Path::Direct && others.any(is_free)
    }

    /// What goes first: pictures, then what plays next, then what the fewest have.
    fn rank(&self, want: &Want) -> (u8, u64) {
        let of_claim = |(named, claim): (&Named, &Claim)| {
            let content = self.contents.get(named);
            let Some(tree) = content.and_then(|content| content.tree.as_ref()) else {
                return (0, want.sources.len() as u64);
            };
            match claim.place.checked_sub(tree.cursor) {
                _ if claim.size.is_none() => (1, 0),
                Some(distance) if distance < AHEAD => (1, distance),
                _ => (2, want.sources.len() as u64),
            }
        };
        want.claims.iter().map(of_claim).min().unwrap_or((3, 0))
    }

    fn fetch_anywhere(&mut self) {
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
        self.count_blobs(link, 0, bytes.len() as u64);
        let until = self.now.after(PATIENCE);
        let Some(want) = self.wants.get_mut(&cid) else { return };
        let sound = offset as usize == want.part.bytes.len()
            && size == want.part.size
            && bytes.len() <= (size as usize).saturating_sub(want.part.bytes.len())
            && !(bytes.is_empty() && size > 0);
        if !sound {
            let size = want.part.size;
            want.part.begin(size);
            self.give_up(link, request, cid);
            self.fault(link, request, ErrorCode::TooMuch);
            self.fetch_anywhere();
            return;
        }
        want.part.take(link, bytes);
        want.asked = Some((link, request, until));
        if want.part.bytes.len() < size as usize {
            self.tell_transfers(cid);
            return;
        }
        let is_of_one = want.part.from == Some(link);
        let part = want.part.begin(size);
        match Blob::checked(part, cid) {
            Ok(blob) => {
                self.end_request(link, request, cid);
                self.blob_came(&blob);
            }
            Err(_) if is_of_one => {
                self.give_up(link, request, cid);
                self.fault(link, request, ErrorCode::Untrusted);
                // Others who have it wait for nothing else.
                self.fetch_anywhere();
            }
            // Of which of those who gave something of it the fault is, its next try shows.
            Err(_) => self.end_request(link, request, cid),
        }
        self.fetch(link);
    }

    /// Forgets a request; the blob itself may still be wanted, but no longer of this peer.
    fn give_up(&mut self, link: Link, request: u32, cid: Cid) {
        self.end_request(link, request, cid);
        if let Some(conn) = self.links.get_mut(&link) {
            conn.offers.remove(&cid);
        }
        let Some(want) = self.wants.get_mut(&cid) else { return };
        want.sources.remove(&link);
        if want.sources.is_empty() {
            // Whoever has it has said so already, and does not say it again unasked.
            let contents: Vec<Named> = want.claims.keys().copied().collect();
            contents.into_iter().for_each(|content| self.rest_without_source(content));
        }
    }

    fn end_request(&mut self, link: Link, request: u32, cid: Cid) {
        if let Some(conn) = self.links.get_mut(&link) {
            conn.fetching.remove(&request);
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
        for cid in &conn.offers {
            self.wants.get_mut(cid).map(|want| want.sources.remove(&link));
        }
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

impl Begun {
    /// Begins anew, with so many bytes to come. Gives what there was.
    pub(super) fn begin(&mut self, size: u32) -> Vec<u8> {
        std::mem::replace(self, Self { size, ..Self::default() }).bytes
    }

    fn take(&mut self, link: Link, bytes: &[u8]) {
        let is_first = self.bytes.is_empty();
        self.from = Some(link).filter(|link| is_first || self.from == Some(*link));
        self.bytes.extend_from_slice(bytes);
    }
}
