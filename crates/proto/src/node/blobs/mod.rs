//! Pictures, videos, files and their blobs: what is wanted, who has it, fetching, looking through,
//! giving, and what this person attaches.
//!
//! A blob of others is given to nobody before it was looked through: a picture whole, a video from its
//! beginning up to there. Files are never shown, so each of their pieces is given on as soon as it is here.

mod attaching;
mod checking;
mod contents;
mod fetching;
mod giving;
mod large;
mod mending;
mod pieces;
mod playing;
mod scanning;
mod sharing;
mod showing;
mod tree;
mod turns;
mod wants;

use std::collections::BTreeMap;

use effigy_core::blob::Manifest;
use effigy_core::{Blob, Cid, Span};
use effigy_store::{Batch, Key, Table};

pub(super) use attaching::{UPLOADS, Upload};
pub(super) use giving::Looking;
pub(crate) use large::WHOLE;
pub(super) use playing::{READS, Read};
pub(super) use scanning::Scan;
pub(super) use sharing::{LEDGER, Ledger, Portions};
pub(crate) use tree::large_named;
pub(super) use tree::{Bits, Leaf, Placed, Tree};
pub(super) use turns::{Turn, Turns};

use super::Node;
use super::state::{Here, Pending};

/// How long a blob may pause on its way.
const PATIENCE: Span = Span::seconds(20);
/// Blobs that are fetched from one peer at a time.
pub(super) const FETCHING: usize = 4;
/// How many pieces ahead of what plays go before all others.
const AHEAD: u64 = 16;
/// Blobs that are served to one peer at a time.
const SERVING: u32 = 16;
/// Binary frames on their way to one peer: 256 KiB, because a deeper buffer is slower.
pub(super) const IN_FLIGHT: u32 = 4;
/// Most blobs that are asked for at a time; the others wait for their turns.
pub(super) const WANTS: usize = 4_096;
/// Most of them that are asked for in the turns of one account.
const SHARE: usize = WANTS / 8;
/// Most contents that have their turn: those of which blobs are asked for, and as many of which it is
/// read first what they lack.
pub(super) const TURNS: usize = WANTS * 2;
/// Of how many blobs that are not here one peer is told when they come: all that it may want.
pub(super) const LOOKING: usize = WANTS;

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

    /// Reads what is kept of it; `None` when it is damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (flags, size) = bytes.split_first()?;
        let size = u32::from_be_bytes(size.try_into().ok()?);
        Some(Self { size, own: flags & 1 == 1, proven: flags & 2 == 2 })
    }
}

impl Node {
    /// A blob is here now.
    pub(in crate::node) fn hold(&mut self, blob: &Blob, own: bool, proven: bool) {
        let size = u32::try_from(blob.size()).unwrap_or(u32::MAX);
        self.here.insert(blob.cid(), Here { size, own, proven });
        self.status_changed = true;
        if proven {
            self.tell_lookers(&[(blob.cid(), blob.size())]);
        }
    }

    pub(in crate::node) fn loaded(&mut self, load: crate::io::Load, bytes: Option<Vec<u8>>) {
        match self.loads.remove(&load) {
            None => (),
            Some(Pending::Blob { blob, link, request, offset, max_size }) => {
                self.blob_loaded(blob, link, request, offset..max_size, bytes);
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
            Some(Pending::List { content, list }) => self.list_loaded(content, list, bytes),
            Some(Pending::Manifest { content }) => self.manifest_loaded(content, bytes),
            Some(Pending::Range { content, piece, from, number }) => {
                self.range_loaded(content, piece, (number, from), bytes);
            }
            Some(Pending::Scan { content, piece }) => self.scan_loaded(content, piece, bytes),
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
