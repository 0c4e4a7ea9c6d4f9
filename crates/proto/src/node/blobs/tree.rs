//! Which pieces of long content are here: one small record for each of its parts.

use effigy_core::Cid;
use effigy_core::blob::Shape;
use effigy_core::limits::MANIFEST_ITEMS;
use effigy_store::{Key, Table};

use crate::api::{ContentKind, Named};

/// Places of one part, each taken or not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::node) struct Bits([u8; MANIFEST_ITEMS / 8]);

impl Bits {
    pub(super) fn has(&self, place: usize) -> bool {
        self.0.get(place / 8).is_some_and(|byte| byte & (1 << (place % 8)) != 0)
    }

    pub(super) fn set(&mut self, place: usize, taken: bool) {
        let Some(byte) = self.0.get_mut(place / 8) else { return };
        let bit = 1 << (place % 8);
        *byte = if taken { *byte | bit } else { *byte & !bit };
    }

    pub(super) fn count(&self) -> usize {
        self.0.iter().map(|byte| byte.count_ones() as usize).sum()
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        self.0.to_vec()
    }

    pub(in crate::node) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// How long content is put together.
#[derive(Clone, Debug)]
pub(in crate::node) struct Tree {
    pub shape: Shape,
    /// Its parts, once they are known.
    pub parts: Vec<Cid>,
    /// The piece from which on it is fetched, counted through all parts.
    pub cursor: u64,
}

impl Tree {
    /// What is known of content before anything of it is here; `None` for what has no tree: pictures, and
    /// what fits one blob.
    pub(super) fn of(named: &Named) -> Option<Self> {
        let is_long = named.size > effigy_core::limits::BLOB_BYTES as u64;
        let shape = Shape::of(named.size).filter(|_| is_long)?;
        if named.kind == ContentKind::Picture {
            return None;
        }
        let parts = if shape.has_parts() { Vec::new() } else { vec![named.cid] };
        Some(Self { shape, parts, cursor: 0 })
    }
}

/// A part of long content: its pieces, and which of them are here.
#[derive(Clone, Debug, Default)]
pub(in crate::node) struct Leaf {
    pub pieces: Vec<Cid>,
    pub have: Bits,
    /// Those that are given to others.
    pub open: Bits,
    /// How many bytes it has.
    pub size: u64,
    /// Whether every piece is given to others as soon as it is here.
    pub proven: bool,
}

/// A piece of long content that is here.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::node) struct Placed {
    pub size: u32,
    /// In how many parts it stands, and in how many it is given to others.
    pub leaves: u32,
    pub open: u32,
}

/// The number of a piece, counted through all parts.
pub(super) fn place(part: usize, piece: usize) -> u64 {
    (part as u64).saturating_mul(MANIFEST_ITEMS as u64).saturating_add(piece as u64)
}

/// In which part a piece is, and where in it.
pub(super) fn part_of(place: u64) -> (usize, usize) {
    let items = MANIFEST_ITEMS as u64;
    let part = usize::try_from(place / items).unwrap_or(usize::MAX);
    (part, usize::try_from(place % items).unwrap_or(usize::MAX))
}

/// The key that says which pieces of a part are here.
pub(super) fn bits_key(part: &Cid) -> Key {
    Key::new(Table::Meta, [b"bits/".as_slice(), part.digest()].concat())
}

/// The key of what is kept of long content besides its blobs.
pub(super) fn large_key(named: &Named) -> Key {
    let kind = match named.kind {
        ContentKind::Picture => 0,
        ContentKind::Video(effigy_core::video::VideoType::Mp4) => 1,
        ContentKind::Video(effigy_core::video::VideoType::Webm) => 2,
        ContentKind::File => 3,
    };
    let size = named.size.to_be_bytes();
    Key::new(Table::Meta, [b"large/".as_slice(), named.cid.digest(), &size, &[kind]].concat())
}

/// What [`large_key`] names.
pub(crate) fn large_named(key: &[u8]) -> Option<Named> {
    let (digest, rest) = key.split_first_chunk::<32>()?;
    let (size, kind) = rest.split_first_chunk::<8>()?;
    let kind = match kind {
        [1] => ContentKind::Video(effigy_core::video::VideoType::Mp4),
        [2] => ContentKind::Video(effigy_core::video::VideoType::Webm),
        [3] => ContentKind::File,
        _ => return None,
    };
    Some(Named { cid: Cid::from_digest(*digest), size: u64::from_be_bytes(*size), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_and_read_back() {
        let mut bits = Bits::default();
        for place in [0, 7, 8, 255] {
            bits.set(place, true);
        }
        bits.set(7, false);
        bits.set(256, true);
        assert_eq!(bits.count(), 3);
        assert!(bits.has(255) && !bits.has(7) && !bits.has(256));
        assert_eq!(Bits::from_bytes(&bits.to_bytes()), Some(bits));
        assert_eq!(Bits::from_bytes(&[0; 31]), None);
        assert_eq!(part_of(place(3, 200)), (3, 200));
    }
}
