//! Content longer than one blob: a list of its pieces, itself a blob.

use super::Blob;
use super::listing::{self, Listed};
use crate::canon::CanonError;
use crate::cid::Cid;
use crate::limits::{BLOB_BYTES, CONTENT_BYTES, MANIFEST_ITEMS, PART_BYTES};

/// The pieces of some content in their order: all of 256 KiB but the last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Manifest {
    pieces: Vec<Cid>,
    size: u64,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is not canonical, lists too much, or its size and its pieces disagree.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let (pieces, size) = listing::read(bytes, Listed::Pieces)?;
        Self::new(pieces, size)
    }

    /// The manifest of content of this size in these pieces.
    ///
    /// # Errors
    /// When there are too many pieces, or not as many as follow from the size.
    pub fn new(pieces: Vec<Cid>, size: u64) -> Result<Self, ManifestError> {
        if pieces.len() > MANIFEST_ITEMS || size > PART_BYTES {
            return Err(ManifestError::TooLarge);
        }
        // One piece needs no manifest: content has one name, not two.
        if pieces.len() < 2 || pieces.len() as u64 != size.div_ceil(BLOB_BYTES as u64) {
            return Err(ManifestError::Count);
        }
        Ok(Self { pieces, size })
    }

    /// The pieces in their order.
    pub fn pieces(&self) -> &[Cid] {
        &self.pieces
    }

    /// The size of the whole content in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// How many bytes the piece at this place must have.
    pub fn piece_size(&self, index: usize) -> u64 {
        let start = (index as u64).saturating_mul(BLOB_BYTES as u64);
        self.size.saturating_sub(start).min(BLOB_BYTES as u64)
    }

    /// The blob whose name is the name of the content.
    ///
    /// # Errors
    /// None for a manifest that was made here or read.
    pub fn to_blob(&self) -> Result<Blob, ManifestError> {
        listing::write(Listed::Pieces, &self.pieces, self.size)
    }
}

/// Cuts a picture into blobs. The first blob is the one that names it all.
///
/// # Errors
/// When it is longer than a picture may be; see [`Cutter`](super::Cutter) for what is.
pub fn split(content: &[u8]) -> Result<Vec<Blob>, ManifestError> {
    if content.len() as u64 > CONTENT_BYTES {
        return Err(ManifestError::TooLarge);
    }
    let mut blobs: Vec<Blob> = Vec::new();
    if content.len() <= BLOB_BYTES {
        blobs.push(Blob::new(content.to_vec()).map_err(|_| ManifestError::TooLarge)?);
        return Ok(blobs);
    }
    for piece in content.chunks(BLOB_BYTES) {
        blobs.push(Blob::new(piece.to_vec()).map_err(|_| ManifestError::TooLarge)?);
    }
    let manifest =
        Manifest { pieces: blobs.iter().map(Blob::cid).collect(), size: content.len() as u64 };
    blobs.insert(0, manifest.to_blob()?);
    Ok(blobs)
}

/// Puts the pieces of a manifest together again.
///
/// # Errors
/// When a piece has another name or size than the manifest says, or one is missing.
pub fn join(manifest: &Manifest, pieces: &[Blob]) -> Result<Vec<u8>, ManifestError> {
    if pieces.len() != manifest.pieces.len() {
        return Err(ManifestError::Count);
    }
    let mut content = Vec::new();
    for (index, (blob, cid)) in pieces.iter().zip(&manifest.pieces).enumerate() {
        if blob.cid() != *cid || blob.size() != manifest.piece_size(index) {
            return Err(ManifestError::Piece { index });
        }
        content.extend_from_slice(blob.bytes());
    }
    Ok(content)
}

/// Why a blob is not a manifest, or does not fit together.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The number of pieces does not follow from the size.
    #[error("the number of pieces does not follow from the size")]
    Count,
    /// Not canonical JSON of this shape.
    #[error("the manifest is malformed: {0}")]
    Json(#[source] CanonError),
    /// JSON, but of something else.
    #[error("not a manifest")]
    Kind,
    /// A piece that is not the one the manifest names.
    #[error("piece {index} is not the one that the manifest names")]
    Piece {
        /// Which piece, counted from 0.
        index: usize,
    },
    /// More pieces or bytes than the protocol carries.
    #[error("the content is larger than the protocol carries")]
    TooLarge,
    /// A later version.
    #[error("the manifest is of a later version")]
    Version,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_survives_cutting_and_joining() {
        for length in [0, 1, BLOB_BYTES, BLOB_BYTES + 1, 3 * BLOB_BYTES] {
            let content: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let blobs = split(&content).unwrap();
            let (first, rest) = blobs.split_first().unwrap();
            if length <= BLOB_BYTES {
                assert_eq!(first.bytes(), content);
            } else {
                let manifest = Manifest::parse(first.bytes()).unwrap();
                assert_eq!(join(&manifest, rest).unwrap(), content);
            }
        }
    }

    #[test]
    fn a_manifest_of_manifests_is_cut_short() {
        let cid = Cid::of(b"x").to_string();
        let many = vec![format!("\"{cid}\""); 257].join(",");
        let wire = format!("{{\"pieces\":[{many}],\"size\":999,\"type\":\"manifest\",\"v\":1}}");
        assert_eq!(Manifest::parse(wire.as_bytes()), Err(ManifestError::Json(CanonError::Count)));
        let wire = format!(
            "{{\"pieces\":[\"{cid}\",\"{cid}\"],\"size\":9007199254740991,\"type\":\"manifest\",\"v\":1}}"
        );
        assert_eq!(Manifest::parse(wire.as_bytes()), Err(ManifestError::TooLarge));
        let wire = format!(
            "{{\"pieces\":[\"{cid}\",\"{cid}\"],\"size\":9,\"type\":\"manifest\",\"v\":1}}"
        );
        assert_eq!(Manifest::parse(wire.as_bytes()), Err(ManifestError::Count));
    }
}
