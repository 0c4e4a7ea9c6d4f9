//! How content of a size is cut: the same for whoever writes it and for whoever reads it.

use crate::limits::{BLOB_BYTES, FILE_BYTES, PART_BYTES};

/// How content of a certain size is cut. All that is known of content before anything of it is here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shape {
    size: u64,
}

impl Shape {
    /// The shape of content of this size; `None` where the protocol carries no such content.
    pub const fn of(size: u64) -> Option<Self> {
        if size > FILE_BYTES { None } else { Some(Self { size }) }
    }

    /// How many bytes the content has.
    pub const fn size(self) -> u64 {
        self.size
    }

    /// Whether its name is that of a list of parts.
    pub const fn has_parts(self) -> bool {
        self.size > PART_BYTES
    }

    /// How many parts it has: one where its name is that of a manifest or of a blob.
    pub fn parts(self) -> usize {
        usize::try_from(self.size.div_ceil(PART_BYTES)).unwrap_or(usize::MAX).max(1)
    }

    /// How many bytes a part has; none where there is no such part.
    pub fn part_size(self, part: usize) -> u64 {
        let start = (part as u64).saturating_mul(PART_BYTES);
        self.size.saturating_sub(start).min(PART_BYTES)
    }

    /// How many pieces a part has.
    pub fn pieces(self, part: usize) -> usize {
        let pieces = self.part_size(part).div_ceil(BLOB_BYTES as u64);
        usize::try_from(pieces).unwrap_or(usize::MAX)
    }

    /// How many bytes a piece of a part has.
    pub fn piece_size(self, part: usize, piece: usize) -> u64 {
        let start = (piece as u64).saturating_mul(BLOB_BYTES as u64);
        self.part_size(part).saturating_sub(start).min(BLOB_BYTES as u64)
    }

    /// In which piece of which part the byte at a place stands, and where in it.
    pub fn find(self, offset: u64) -> Option<(usize, usize, usize)> {
        if offset >= self.size {
            return None;
        }
        const PIECE: u64 = BLOB_BYTES as u64;
        let (part, rest) = (offset / PART_BYTES, offset % PART_BYTES);
        let (piece, within) = (rest / PIECE, rest % PIECE);
        Some((
            usize::try_from(part).ok()?,
            usize::try_from(piece).ok()?,
            usize::try_from(within).ok()?,
        ))
    }

    /// Where a piece begins.
    pub fn offset(self, part: usize, piece: usize) -> u64 {
        let part = (part as u64).saturating_mul(PART_BYTES);
        part.saturating_add((piece as u64).saturating_mul(BLOB_BYTES as u64))
    }
}
