//! Cuts content into blobs while it comes, so that nobody ever has to hold all of it.

use super::{Blob, Manifest, ManifestError, Parts};
use crate::cid::Cid;
use crate::limits::{BLOB_BYTES, FILE_BYTES, MANIFEST_ITEMS, PART_BYTES};

/// Content that is being cut.
#[derive(Debug, Default)]
pub struct Cutter {
    /// The beginning of the next piece: at most one piece.
    piece: Vec<u8>,
    /// The pieces of the part that is being cut.
    pieces: Vec<Cid>,
    /// The parts before it.
    parts: Vec<Cid>,
    size: u64,
}

/// What became of some content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cut {
    /// The name of all of it.
    pub cid: Cid,
    /// How many bytes it has.
    pub size: u64,
}

impl Cutter {
    /// How many bytes came so far.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes. Gives the blobs that are complete with them.
    ///
    /// # Errors
    /// When the content is longer than the protocol carries.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<Vec<Blob>, ManifestError> {
        let size = self.size.saturating_add(bytes.len() as u64);
        if size > FILE_BYTES {
            return Err(ManifestError::TooLarge);
        }
        self.size = size;
        let mut blobs = Vec::new();
        while !bytes.is_empty() {
            // What is full is cut only once more comes: the last piece may be all there is.
            if self.piece.len() == BLOB_BYTES {
                self.end_piece(&mut blobs)?;
            }
            let room = BLOB_BYTES.saturating_sub(self.piece.len());
            let (taken, rest) = bytes.split_at(room.min(bytes.len()));
            self.piece.extend_from_slice(taken);
            bytes = rest;
        }
        Ok(blobs)
    }

    /// All has come. Gives the last blobs, and the name.
    ///
    /// # Errors
    /// None that [`push`](Self::push) has not given; they are handed on.
    pub fn finish(mut self) -> Result<(Vec<Blob>, Cut), ManifestError> {
        let mut blobs = Vec::new();
        let size = self.size;
        if self.parts.is_empty() && self.pieces.is_empty() {
            let blob = Blob::new(self.piece).map_err(|_| ManifestError::TooLarge)?;
            let cut = Cut { cid: blob.cid(), size };
            return Ok((vec![blob], cut));
        }
        let last = self.end_last(&mut blobs)?;
        if self.parts.is_empty() {
            return Ok((blobs, Cut { cid: last, size }));
        }
        self.parts.push(last);
        let root = Parts::new(self.parts, size)?.to_blob()?;
        let cut = Cut { cid: root.cid(), size };
        blobs.push(root);
        Ok((blobs, cut))
    }

    fn end_piece(&mut self, blobs: &mut Vec<Blob>) -> Result<(), ManifestError> {
        let bytes = std::mem::take(&mut self.piece);
        let blob = Blob::new(bytes).map_err(|_| ManifestError::TooLarge)?;
        self.pieces.push(blob.cid());
        blobs.push(blob);
        if self.pieces.len() == MANIFEST_ITEMS {
            let manifest = Manifest::new(std::mem::take(&mut self.pieces), PART_BYTES)?;
            let manifest = manifest.to_blob()?;
            self.parts.push(manifest.cid());
            blobs.push(manifest);
        }
        Ok(())
    }

    /// Names the last part: by its manifest, or by itself where it fits one blob.
    fn end_last(&mut self, blobs: &mut Vec<Blob>) -> Result<Cid, ManifestError> {
        let part = self.size.saturating_sub((self.parts.len() as u64).saturating_mul(PART_BYTES));
        let bytes = std::mem::take(&mut self.piece);
        let blob = Blob::new(bytes).map_err(|_| ManifestError::TooLarge)?;
        let mut name = blob.cid();
        blobs.push(blob);
        if !self.pieces.is_empty() {
            let mut pieces = std::mem::take(&mut self.pieces);
            pieces.push(name);
            let manifest = Manifest::new(pieces, part)?.to_blob()?;
            name = manifest.cid();
            blobs.push(manifest);
        }
        Ok(name)
    }
}
