//! Reading numbers and slices off bytes that may end anywhere.

use super::{ImageError, ImageFlaw, ImageKind};
use core::ops::Range;

/// A place in the bytes of one picture. Every read either moves on or fails.
pub(super) struct Cursor<'bytes> {
    kind: ImageKind,
    bytes: &'bytes [u8],
    at: usize,
    end: usize,
}

impl<'bytes> Cursor<'bytes> {
    pub(super) fn new(kind: ImageKind, bytes: &'bytes [u8]) -> Self {
        Self { kind, bytes, at: 0, end: bytes.len() }
    }

    /// The next bytes of that length, as a cursor of their own.
    pub(super) fn part(&mut self, length: usize) -> Result<Self, ImageError> {
        let range = self.range(length)?;
        Ok(Self { kind: self.kind, bytes: self.bytes, at: range.start, end: range.end })
    }

    pub(super) fn skip(&mut self, length: usize) -> Result<(), ImageError> {
        self.range(length).map(|_| ())
    }

    pub(super) fn byte(&mut self) -> Result<u8, ImageError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], ImageError> {
        let range = self.range(LENGTH)?;
        let slice = self.bytes.get(range).unwrap_or_default();
        slice.try_into().map_err(|_| self.flaw(ImageFlaw::Truncated))
    }

    pub(super) fn big_16(&mut self) -> Result<u16, ImageError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn big_32(&mut self) -> Result<u32, ImageError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn little_16(&mut self) -> Result<u16, ImageError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn little_24(&mut self) -> Result<u32, ImageError> {
        self.array().map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0]))
    }

    pub(super) fn little_32(&mut self) -> Result<u32, ImageError> {
        self.array().map(u32::from_le_bytes)
    }

    /// What is left to read.
    pub(super) fn rest(&self) -> &'bytes [u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// The position in the whole picture.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn flaw(&self, flaw: ImageFlaw) -> ImageError {
        ImageError::Malformed { kind: self.kind, at: self.at, flaw }
    }

    pub(super) fn ensure(&self, condition: bool, flaw: ImageFlaw) -> Result<(), ImageError> {
        if condition { Ok(()) } else { Err(self.flaw(flaw)) }
    }

    fn range(&mut self, length: usize) -> Result<Range<usize>, ImageError> {
        if length > self.end.saturating_sub(self.at) {
            return Err(self.flaw(ImageFlaw::Truncated));
        }
        let range = self.at..self.at.saturating_add(length);
        self.at = range.end;
        Ok(range)
    }
}
