//! Content longer than one list of pieces: a list of parts, each of them content by itself.

use super::listing::{self, Listed};
use super::{Blob, ManifestError};
use crate::cid::Cid;
use crate::limits::{FILE_BYTES, MANIFEST_ITEMS, PART_BYTES};

/// The parts of long content in their order: all of 64 MiB but the last. Each is named as content of
/// its size is: by a manifest of pieces, or, where the last fits one blob, by that blob.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Parts {
    parts: Vec<Cid>,
    size: u64,
}

impl Parts {
    /// Reads a list of parts.
    ///
    /// # Errors
    /// When it is not canonical, lists too much, or its size and its parts disagree.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let (parts, size) = listing::read(bytes, Listed::Parts)?;
        Self::new(parts, size)
    }

    /// The list of content of this size in these parts.
    ///
    /// # Errors
    /// When there are too many parts, or not as many as follow from the size.
    pub fn new(parts: Vec<Cid>, size: u64) -> Result<Self, ManifestError> {
        if parts.len() > MANIFEST_ITEMS || size > FILE_BYTES {
            return Err(ManifestError::TooLarge);
        }
        // One part needs no list of them: content has one name, not two.
        if parts.len() < 2 || parts.len() as u64 != size.div_ceil(PART_BYTES) {
            return Err(ManifestError::Count);
        }
        Ok(Self { parts, size })
    }

    /// The parts in their order.
    pub fn parts(&self) -> &[Cid] {
        &self.parts
    }

    /// The size of the whole content in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The blob whose name is the name of the content.
    ///
    /// # Errors
    /// None for a list that was made here or read.
    pub fn to_blob(&self) -> Result<Blob, ManifestError> {
        listing::write(Listed::Parts, &self.parts, self.size)
    }
}
