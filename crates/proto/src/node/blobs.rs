//! Pictures and their blobs: what is wanted, who has it, fetching, looking through, serving.
//!
//! A blob of others is given to nobody before the whole picture it belongs to was looked through.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::blob::Manifest;
use effigy_core::image;
use effigy_core::limits::{BLOB_BYTES, CHUNK_BYTES};
use effigy_core::payload::Image;
use effigy_core::{Blob, Cid, Identity, Payload, Span, Time};
use effigy_store::{Batch, Key, Table};

use super::state::{Conn, Content, ContentState, Here, Pending, Sending, Want};
use super::{Node, Role};
use crate::api::{Event, Transfer};
use crate::io::{Link, Output};
use crate::message::{ErrorCode, LIST, Message, lists};

/// How long a blob may pause on its way.
const PATIENCE: Span = Span::seconds(20);
/// Blobs that are fetched from one peer at a time.
const FETCHING: usize = 4;
/// Blobs that are served to one peer at a time.
const SERVING: u32 = 16;
/// Binary frames on their way to one peer: 256 KiB, because a deeper buffer is slower.
const IN_FLIGHT: u32 = 4;
/// Most blobs that are wanted at a time; more are asked for when these are here.
const WANTS: usize = 4_096;
/// Of how many blobs that are not here one peer is told when they come: all that it may want.
const LOOKING: usize = WANTS;

/// The key of a blob's bytes.
pub(super) fn blob_key(cid: &Cid) -> Key {
    Key::new(Table::Blobs, cid.digest().as_slice())
}

/// The key of what is known of a blob that is here.
pub(super) fn here_key(cid: &Cid) -> Key {
    Key::new(Table::Meta, [b"blob/".as_slice(), cid.digest()].concat())
}

/// The key that says that a picture is here whole and was looked through.
pub(super) fn complete_key(cid: &Cid) -> Key {
    Key::new(Table::Meta, [b"whole/".as_slice(), cid.digest()].concat())
}

/// Notes that a picture is here whole and was looked through, and of which pieces it is made.
pub(super) fn complete_put(cid: &Cid, pieces: &[Cid]) -> (Key, Vec<u8>) {
    (complete_key(cid), pieces.iter().flat_map(|piece| *piece.digest()).collect())
}

/// Keeps a blob and what is known of it.
pub(super) fn blob_puts(blob: &Blob, own: bool, proven: bool) -> Batch {
    let here = Here { size: u32::try_from(blob.size()).unwrap_or(u32::MAX), own, proven };
    Batch::new()
        .put(blob_key(&blob.cid()), blob.bytes())
        .put(here_key(&blob.cid()), here.to_bytes())
}

impl Here {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let flags = u8::from(self.own) | (u8::from(self.proven) << 1);
        [&[flags], self.size.to_be_bytes().as_slice()].concat()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (flags, size) = bytes.split_first()?;
        let size = u32::from_be_bytes(size.try_into().ok()?);
        Some(Self { size, own: flags & 1 == 1, proven: flags & 2 == 2 })
    }
}

impl Node {
    /// A blob is here now.
    pub(super) fn hold(&mut self, blob: &Blob, own: bool, proven: bool) {
        let size = u32::try_from(blob.size()).unwrap_or(u32::MAX);
        self.here.insert(blob.cid(), Here { size, own, proven });
        self.status_changed = true;
        if proven {
            self.tell_lookers(&[(blob.cid(), blob.size())]);
        }
    }

    /// Notes of which blobs the pictures are made that this person publishes.
    pub(super) fn note_own_pictures(&mut self, payload: &Payload, blobs: &[Blob]) -> Batch {
        let mut batch = Batch::new();
        let images = payload.images().iter();
        let contents = images.flat_map(|image| [Some(&image.content), image.thumbnail.as_ref()]);
        for content in contents.flatten() {
            // A picture that was published before was noted then.
            let Some(first) = blobs.iter().find(|blob| blob.cid() == content.cid) else { continue };
            let manifest = Manifest::parse(first.bytes()).ok();
            let manifest = manifest.filter(|_| content.size > BLOB_BYTES as u64);
            let pieces = manifest.map_or_else(Vec::new, |manifest| manifest.pieces().to_vec());
            let (key, value) = complete_put(&content.cid, &pieces);
            batch = batch.put(key, value);
            self.wholes.insert(content.cid, pieces);
        }
        batch
    }

    /// An entry points to a picture: it is wanted, unless it is here.
    pub(super) fn point_to(&mut self, image: &Image, owner: Identity, comparable: u64) {
        let own = Some(owner) == self.my_synod();
        let auto = own || Time(comparable) >= self.lazy_before;
        if let Some(thumbnail) = &image.thumbnail {
            self.add_content(thumbnail.cid, thumbnail.size, owner, true);
        }
        self.add_content(image.content.cid, image.content.size, owner, auto);
    }

    fn add_content(&mut self, cid: Cid, size: u64, owner: Identity, auto: bool) {
        if let Some(content) = self.contents.get_mut(&cid) {
            let pointers = content.owners.entry(owner).or_insert(0);
            *pointers = pointers.saturating_add(1);
            if *pointers == 1 {
                self.count_owned(owner, size, true);
            }
            return;
        }
        if self.over_quota(&owner, size) {
            return;
        }
        let single = size <= BLOB_BYTES as u64;
        // That a blob is good as a part of something says nothing of it as a picture by itself.
        let whole = self.whole_pieces(&cid, size);
        let here = whole.is_some();
        let state = if here { ContentState::Complete } else { ContentState::Missing };
        let unknown = if single { vec![(cid, size as u32)] } else { Vec::new() };
        let pieces = whole.unwrap_or(unknown);
        let owners = BTreeMap::from([(owner, 1)]);
        self.contents.insert(cid, Content { size, owners, pieces, state, auto });
        self.count_owned(owner, size, true);
        if !here && auto && self.ready {
            self.want_content(cid);
        }
    }

    /// The pieces of a picture that is known to be here whole, with this size.
    pub(super) fn whole_pieces(&self, cid: &Cid, size: u64) -> Option<Vec<(Cid, u32)>> {
        let pieces = self.wholes.get(cid)?;
        if size <= BLOB_BYTES as u64 {
            let fits = self.here.get(cid).is_some_and(|here| u64::from(here.size) == size);
            return (pieces.is_empty() && fits).then(|| vec![(*cid, size as u32)]);
        }
        let last = size.checked_sub(1)? / BLOB_BYTES as u64;
        let is_last = |at: usize| at as u64 == last;
        let rest = (size - last * BLOB_BYTES as u64) as u32;
        let sized = pieces
            .iter()
            .enumerate()
            .map(|(at, piece)| (*piece, if is_last(at) { rest } else { BLOB_BYTES as u32 }));
        let is_here = |(piece, size): &(Cid, u32)| {
            self.here.get(piece).is_some_and(|here| here.size == *size)
        };
        let sized: Vec<(Cid, u32)> = sized.collect();
        let all = sized.len() as u64 == last + 1 && sized.iter().all(is_here);
        (all && self.here.contains_key(cid)).then_some(sized)
    }

    /// Whether a hub keeps no more for this account.
    fn over_quota(&self, owner: &Identity, size: u64) -> bool {
        let Role::Hub(policy) = &self.role else { return false };
        let held = self.owned.get(owner).copied().unwrap_or(0);
        held.saturating_add(size) > policy.member_bytes
    }

    /// Wants whatever of a picture is not here.
    pub(super) fn want_content(&mut self, cid: Cid) {
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
    fn ask_for_blobs(&mut self, cids: &[Cid]) {
        let contents = cids.iter().filter_map(|cid| self.wants.get(cid)).flat_map(|w| &w.contents);
        let owners = contents.filter_map(|content| self.contents.get(content));
        for link in self.concerned(owners.flat_map(|content| content.owners.keys())) {
            self.ask_link_for(link, cids);
        }
    }

    fn ask_link_for(&mut self, link: Link, cids: &[Cid]) {
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
    pub(super) fn ask_blobs(&mut self, link: Link) {
        let wanted: Vec<Cid> = self.wants.keys().copied().collect();
        self.ask_link_for(link, &wanted);
    }

    /// A peer looks for blobs: it is told which are here, now and when more come.
    pub(super) fn looked_for(&mut self, link: Link, cids: Vec<Cid>) {
        let Some(conn) = self.links.get_mut(&link) else { return };
        if cids.len() > LIST {
            self.fault(link, 0, ErrorCode::TooMuch);
            return;
        }
        let (mut blobs, mut absent) = (Vec::new(), Vec::new());
        for cid in cids {
            match self.here.get(&cid).filter(|here| here.proven) {
                Some(here) => blobs.push((cid, u64::from(here.size))),
                None => absent.push(cid),
            }
        }
        // Who looks for more than that asks again when they come back.
        absent.truncate(LOOKING.saturating_sub(conn.looking.len()));
        absent.iter().for_each(|cid| self.index.lookers.insert(*cid, link));
        conn.looking.extend(absent);
        if !blobs.is_empty() {
            self.send(link, &Message::IHave { blobs });
        }
    }

    fn tell_lookers(&mut self, blobs: &[(Cid, u64)]) {
        let mut found: BTreeMap<Link, Vec<(Cid, u64)>> = BTreeMap::new();
        for blob in blobs {
            for link in self.index.lookers.of(blob.0) {
                found.entry(link).or_default().push(*blob);
            }
        }
        for (link, found) in found {
            for (cid, _) in &found {
                self.index.lookers.remove(*cid, link);
                self.links.get_mut(&link).map(|conn| conn.looking.remove(cid));
            }
            for blobs in lists(&found) {
                self.send(link, &Message::IHave { blobs });
            }
        }
    }

    /// A peer has blobs.
    pub(super) fn offered(&mut self, link: Link, blobs: &[(Cid, u64)]) {
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

    /// Asks a peer for what it offered, a few blobs at a time.
    fn fetch(&mut self, link: Link) {
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

    fn fetch_anywhere(&mut self) {
        self.open_links().into_iter().for_each(|link| self.fetch(link));
    }

    /// A piece of a blob came.
    pub(super) fn chunk(&mut self, link: Link, request: u32, offset: u32, size: u32, bytes: &[u8]) {
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
    fn give_up(&mut self, link: Link, request: u32, cid: Cid) {
        if let Some(conn) = self.links.get_mut(&link) {
            conn.fetching.remove(&request);
            conn.offers.remove(&cid);
        }
        if let Some(want) = self.wants.get_mut(&cid) {
            want.asked = None;
        }
    }

    fn blob_came(&mut self, link: Link, blob: &Blob) {
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
    fn check_content(&mut self, cid: Cid) {
        let Some(content) = self.contents.get_mut(&cid) else { return };
        content.state = ContentState::Checking;
        let pieces = content.pieces.clone();
        self.gathered.insert((true, cid), BTreeMap::new());
        for (piece, _) in pieces {
            self.load(blob_key(&piece), Pending::Check { content: cid, piece });
        }
    }

    /// A blob that was loaded for a check or a screen.
    pub(super) fn piece_loaded(
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

    fn checked(&mut self, cid: Cid, whole: Option<Vec<u8>>) {
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

    fn content_complete(&mut self, cid: Cid) {
        self.status_changed = true;
        if self.looked_at.remove(&cid) {
            self.read_content(cid);
        }
    }

    /// All blobs of which the other pictures are made, as far as it is known.
    fn parts_of_others(&self, cid: &Cid) -> BTreeSet<Cid> {
        let others = self.contents.iter().filter(|(other, _)| *other != cid);
        let parts = |(other, content): (&Cid, &Content)| {
            let pieces: Vec<Cid> = content.pieces.iter().map(|(piece, _)| *piece).collect();
            pieces.into_iter().chain([*other])
        };
        others.flat_map(parts).collect()
    }

    /// A blob of a picture that should be here is not, or is damaged: that one is fetched again.
    fn lost(&mut self, cid: Cid, blob: Cid) {
        let Some(content) = self.contents.get_mut(&cid) else { return };
        content.state = ContentState::Missing;
        self.wholes.remove(&cid);
        self.here.remove(&blob);
        let batch = Batch::new().delete(complete_key(&cid));
        self.save(batch.delete(blob_key(&blob)).delete(here_key(&blob)));
        self.want_content(cid);
        self.emit(Event::Content { bytes: None, cid });
    }

    /// A screen wants a picture.
    pub(super) fn look_at(&mut self, cid: Cid, size: u64) {
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
    fn tell_transfers(&mut self, blob: Cid) {
        let Some(want) = self.wants.get(&blob) else { return };
        let waited: Vec<Cid> = want.contents.intersection(&self.looked_at).copied().collect();
        waited.into_iter().for_each(|cid| self.tell_transfer(cid));
    }

    fn tell_transfer(&mut self, cid: Cid) {
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

    fn read_content(&mut self, cid: Cid) {
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

    pub(super) fn manifest_loaded(&mut self, cid: Cid, bytes: Option<Vec<u8>>) {
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

    pub(super) fn serve_blob(
        &mut self,
        link: Link,
        cid: Cid,
        offset: u32,
        max_size: u32,
        request: u32,
    ) {
        let here = self.here.get(&cid).filter(|here| here.proven);
        let code = match here {
            None => Some(ErrorCode::NotFound),
            Some(here) if here.size > max_size || offset > here.size => Some(ErrorCode::TooMuch),
            Some(_) => None,
        };
        let Some(conn) = self.links.get_mut(&link) else { return };
        if let Some(code) = code.or((conn.serving >= SERVING).then_some(ErrorCode::TooMuch)) {
            self.send(link, &Message::Error { about: request, code });
            return;
        }
        conn.serving = conn.serving.saturating_add(1);
        self.load(blob_key(&cid), Pending::Blob { link, request, offset, max_size });
    }

    pub(super) fn blob_loaded(
        &mut self,
        link: Link,
        request: u32,
        offset: u32,
        max_size: u32,
        bytes: Option<Vec<u8>>,
    ) {
        let Some(conn) = self.links.get_mut(&link) else { return };
        let fits = bytes
            .filter(|bytes| bytes.len() >= offset as usize && bytes.len() <= max_size as usize);
        let Some(bytes) = fits else {
            conn.serving = conn.serving.saturating_sub(1);
            self.send(link, &Message::Error { about: request, code: ErrorCode::NotFound });
            return;
        };
        let end = bytes.len();
        conn.sending.push_back(Sending { request, bytes, offset: offset as usize, end });
        self.pump(link);
    }

    /// Sends pieces while there is room on the connection, one blob after another.
    fn pump(&mut self, link: Link) {
        loop {
            let Some(conn) = self.links.get_mut(&link) else { return };
            if conn.in_flight >= IN_FLIGHT {
                return;
            }
            let Some(sending) = conn.sending.front_mut() else { return };
            let until = sending.offset.saturating_add(CHUNK_BYTES).min(sending.end);
            let bytes = sending.bytes.get(sending.offset..until).unwrap_or_default().to_vec();
            let message = Message::Chunk {
                bytes,
                offset: u32::try_from(sending.offset).unwrap_or(u32::MAX),
                request: sending.request,
                size: u32::try_from(sending.end).unwrap_or(u32::MAX),
            };
            sending.offset = until;
            if until >= sending.end {
                conn.sending.pop_front();
                conn.serving = conn.serving.saturating_sub(1);
            }
            conn.in_flight = conn.in_flight.saturating_add(1);
            self.send(link, &message);
        }
    }

    pub(super) fn drained(&mut self, link: Link) {
        if let Some(conn) = self.links.get_mut(&link) {
            conn.in_flight = conn.in_flight.saturating_sub(1);
        }
        self.pump(link);
    }

    pub(super) fn cancel(&mut self, link: Link, request: u32) {
        if let Some(conn) = self.links.get_mut(&link) {
            let before = conn.sending.len();
            conn.sending.retain(|sending| sending.request != request);
            let gone = u32::try_from(before.saturating_sub(conn.sending.len())).unwrap_or(0);
            conn.serving = conn.serving.saturating_sub(gone);
        }
    }

    /// A peer does not give what it offered.
    pub(super) fn fetch_refused(&mut self, link: Link, request: u32) {
        let cid = self.links.get(&link).and_then(|conn| conn.fetching.get(&request)).copied();
        if let Some(cid) = cid {
            self.give_up(link, request, cid);
            self.fetch_anywhere();
        }
    }

    /// A connection is gone: what came over it so far is kept, and the rest asked of others.
    pub(super) fn release_wants(&mut self, link: Link, conn: &Conn) {
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

    pub(super) fn retry_wants(&mut self) {
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

    /// An entry that pointed to a picture is gone: with the last one the picture goes.
    pub(super) fn point_away(&mut self, cid: Cid, owner: Identity, batch: &mut Batch) {
        let Some(content) = self.contents.get_mut(&cid) else { return };
        let Some(pointers) = content.owners.get_mut(&owner) else { return };
        *pointers = pointers.saturating_sub(1);
        if *pointers == 0 {
            self.disown(cid, owner, batch);
        }
    }

    /// Nothing that an account said points to a picture any more. It stays for others who do.
    pub(super) fn disown(&mut self, cid: Cid, owner: Identity, batch: &mut Batch) {
        let Some(content) = self.contents.get_mut(&cid) else { return };
        if content.owners.len() > 1 {
            let size = content.size;
            if content.owners.remove(&owner).is_some() {
                self.count_owned(owner, size, false);
            }
        } else if content.owners.contains_key(&owner) {
            self.drop_content(cid, batch);
        }
    }

    /// Counts what an account's entries point to.
    fn count_owned(&mut self, owner: Identity, size: u64, more: bool) {
        let owned = self.owned.entry(owner).or_insert(0);
        *owned = if more { owned.saturating_add(size) } else { owned.saturating_sub(size) };
        if *owned == 0 {
            self.owned.remove(&owner);
        }
    }

    /// Takes a picture off this device, except for pieces that it shares with another.
    pub(super) fn drop_content(&mut self, cid: Cid, batch: &mut Batch) {
        let Some(content) = self.contents.remove(&cid) else { return };
        for owner in content.owners.keys() {
            self.count_owned(*owner, content.size, false);
        }
        let mut asked = Vec::new();
        self.wants.retain(|_, want: &mut Want| {
            want.contents.remove(&cid);
            if want.contents.is_empty() {
                asked.extend(want.asked.map(|(link, request, _)| (link, request)));
            }
            !want.contents.is_empty()
        });
        // Or who was asked would be waited for, and asked for less and less.
        for (link, request) in asked {
            if let Some(conn) = self.links.get_mut(&link) {
                conn.fetching.remove(&request);
            }
            self.send(link, &Message::Cancel { request });
        }
        self.wholes.remove(&cid);
        let shared = self.parts_of_others(&cid);
        let mut names: Vec<Cid> = content.pieces.iter().map(|(piece, _)| *piece).collect();
        names.push(cid);
        let mine = self.my_synod().is_some_and(|me| content.owners.contains_key(&me));
        for name in names.into_iter().filter(|name| !shared.contains(name)) {
            // Nobody's picture takes a piece of an own one with it, known or not yet read.
            if !mine && self.here.get(&name).is_some_and(|here| here.own) {
                continue;
            }
            self.here.remove(&name);
            batch.deletes.extend([blob_key(&name), here_key(&name)]);
        }
        batch.deletes.push(complete_key(&cid));
        self.status_changed = true;
    }

    /// What to remove of others' so that one's own can be written, when the disk is full. `None` when
    /// nothing can be spared.
    pub fn make_room(&mut self) -> Option<Batch> {
        if self.is_hub() || !self.ready {
            return None;
        }
        self.free_space();
        let Some(Output::Save(batch)) = self.outbox.pop_back() else { return None };
        (!batch.deletes.is_empty()).then_some(batch)
    }

    /// Takes other people's pictures off this device, all but the small ones.
    pub(super) fn free_space(&mut self) {
        let me = self.my_synod();
        let large: Vec<Cid> = self
            .contents
            .iter()
            .filter(|(_, content)| content.size > 64 * 1024)
            .filter(|(_, content)| me.is_none_or(|me| !content.owners.contains_key(&me)))
            .map(|(cid, _)| *cid)
            .collect();
        self.lazy_before = self.now;
        let mut batch =
            Batch::new().put(super::restore::lazy_key(), self.now.0.to_be_bytes().as_slice());
        for cid in large {
            let Some(content) = self.contents.get(&cid) else { continue };
            let (size, owners) = (content.size, content.owners.clone());
            self.drop_content(cid, &mut batch);
            for (owner, pointers) in owners {
                self.add_content(cid, size, owner, false);
                if let Some(content) = self.contents.get_mut(&cid) {
                    content.owners.insert(owner, pointers);
                }
            }
        }
        self.save(batch.strict());
    }

    pub(super) fn loaded(&mut self, load: crate::io::Load, bytes: Option<Vec<u8>>) {
        match self.loads.remove(&load) {
            None => (),
            Some(Pending::Blob { link, request, offset, max_size }) => {
                self.blob_loaded(link, request, offset, max_size, bytes);
            }
            Some(Pending::Check { content, piece }) => {
                self.piece_loaded((content, piece), true, bytes);
            }
            Some(Pending::Content { content, piece }) => {
                self.piece_loaded((content, piece), false, bytes);
            }
            Some(Pending::DraftPicture { slot, place }) => {
                self.draft_picture_loaded(slot, place, bytes);
            }
            Some(Pending::Manifest { content }) => self.manifest_loaded(content, bytes),
            Some(of_feeds) => self.feed_loaded(of_feeds, bytes),
        }
    }
}

fn pieces(manifest: &Manifest) -> Vec<(Cid, u32)> {
    let sized = manifest.pieces().iter().enumerate();
    sized.map(|(at, cid)| (*cid, manifest.piece_size(at) as u32)).collect()
}

/// Puts pieces together in their order; each was hashed to its name.
fn assemble(order: &[(Cid, u32)], found: &BTreeMap<Cid, Vec<u8>>) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    for (cid, size) in order {
        let piece = found.get(cid)?;
        if piece.len() != *size as usize {
            return None;
        }
        whole.extend_from_slice(piece);
    }
    Some(whole)
}
