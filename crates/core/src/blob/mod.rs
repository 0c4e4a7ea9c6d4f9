//! Blobs: bytes named by their hash. Longer content is a manifest over several blobs, and still longer
//! one a list of such parts.

mod cutter;
mod listing;
mod manifest;
mod parts;
mod shape;

pub use cutter::{Cut, Cutter};
pub use manifest::{Manifest, ManifestError, join, split};
pub use parts::Parts;
pub use shape::Shape;

use crate::cid::Cid;
use crate::limits::BLOB_BYTES;

/// Bytes that were hashed to their name: there is no way to hold one with a wrong name.
#[derive(Clone, Eq, PartialEq)]
pub struct Blob {
    cid: Cid,
    bytes: Vec<u8>,
}

impl Blob {
    /// Names the bytes.
    ///
    /// # Errors
    /// When they are more than one blob may hold; [`split`] them then.
    pub fn new(bytes: Vec<u8>) -> Result<Self, BlobError> {
        if bytes.len() > BLOB_BYTES {
            return Err(BlobError::TooLong { size: bytes.len() });
        }
        Ok(Self { cid: Cid::of(&bytes), bytes })
    }

    /// Names the bytes and compares with the name that was asked for.
    ///
    /// # Errors
    /// When they are too long or hash to another name.
    pub fn checked(bytes: Vec<u8>, expected: Cid) -> Result<Self, BlobError> {
        let blob = Self::new(bytes)?;
        if blob.cid == expected { Ok(blob) } else { Err(BlobError::Hash) }
    }

    /// The name.
    pub const fn cid(&self) -> Cid {
        self.cid
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the bytes away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How many bytes.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({:?}, {} bytes)", self.cid, self.bytes.len())
    }
}

/// Why bytes are not the blob.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// They hash to another name.
    #[error("the bytes hash to another name")]
    Hash,
    /// More than a blob may hold.
    #[error("{size} bytes are more than a blob may hold")]
    TooLong {
        /// How many bytes there were.
        size: usize,
    },
}
