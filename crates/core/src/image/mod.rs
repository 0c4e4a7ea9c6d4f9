//! What a published picture may be: its container, its size, and nothing about the person who took it.
//!
//! No pixel is decoded here. Each container is walked part by part against a list of the parts that
//! pictures need; whatever is not on the list is private until proven otherwise. [`inspect`] refuses
//! such a picture, [`strip`] writes it again without those parts.
//!
//! The limit of this: bytes inside the compressed pixels, and inside a colour profile, are not
//! understood. A sender who wants to hide words there can; a phone does not do it by itself.

mod cursor;
mod jpeg;
mod png;
mod webp;

use core::ops::Range;

/// The longest side of a picture, in pixels: more does not fit the memory of a phone's tab.
pub const MAX_SIDE: u32 = 8192;

/// The most pixels of a picture: 40 million, 160 MB once decoded.
pub const MAX_PIXELS: u64 = 40_000_000;

/// A container that every browser shows.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ImageKind {
    /// JPEG, baseline or progressive Huffman coding, 8 bits a sample.
    Jpeg,
    /// PNG with one frame.
    Png,
    /// WebP, lossy or lossless, with one frame.
    WebP,
}

impl ImageKind {
    /// The media type, as `image/jpeg`.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    /// The container that the first bytes announce; says nothing about the rest of them.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&jpeg::START) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(&png::START) {
            Some(Self::Png)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else {
            None
        }
    }
}

/// What is known of a picture that carries nothing private.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ImageFacts {
    /// The container.
    pub kind: ImageKind,
    /// Pixels from left to right, at least 1.
    pub width: u32,
    /// Pixels from top to bottom, at least 1.
    pub height: u32,
}

/// Something in a picture that tells more than the picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MetadataKind {
    /// A remark of whoever or whatever wrote the file.
    #[error("a comment")]
    Comment,
    /// Camera, time, and often the place.
    #[error("EXIF data")]
    Exif,
    /// Captions and names of newspapers' archives.
    #[error("IPTC data")]
    Iptc,
    /// Named text.
    #[error("text")]
    Text,
    /// A second, smaller picture; it may show what was cut away.
    #[error("a thumbnail")]
    Thumbnail,
    /// The time of the last change.
    #[error("a time stamp")]
    Time,
    /// Bytes after the end of the picture: another picture, a film, anything.
    #[error("bytes after its end")]
    Trailing,
    /// A part that is not on the list of parts that pictures need.
    #[error("an unknown part")]
    Unknown,
    /// Adobe's container of the same facts as EXIF, and edit histories.
    #[error("XMP data")]
    Xmp,
}

/// Why the bytes are not the picture that they announce.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ImageFlaw {
    /// A checksum differs.
    #[error("wrong checksum")]
    Checksum,
    /// A size of zero, or two sizes that differ.
    #[error("impossible dimensions")]
    Dimensions,
    /// A part stands where it may not, or twice.
    #[error("part out of order")]
    Order,
    /// A part without which there is no picture.
    #[error("missing part")]
    Missing,
    /// The bytes end early.
    #[error("cut short")]
    Truncated,
    /// A coding that browsers do not show, or not alike.
    #[error("unsupported coding")]
    Unsupported,
    /// A value outside its range, or a part whose length does not fit its content.
    #[error("wrong value")]
    Value,
}

/// Why a picture is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ImageError {
    /// More than one frame.
    #[error("the picture moves")]
    Animated,
    /// Not a picture of the kind it announces.
    #[error("{}: {flaw} at byte {at}", kind.mime())]
    Malformed {
        /// The container that was announced.
        kind: ImageKind,
        /// Where it was noticed, counted from the first byte.
        at: usize,
        /// What is wrong there.
        flaw: ImageFlaw,
    },
    /// Carries something private; [`strip`] removes it.
    #[error("the picture carries {0}")]
    Metadata(MetadataKind),
    /// Longer than [`MAX_SIDE`] or larger than [`MAX_PIXELS`].
    #[error("{width} × {height} pixels are too many")]
    TooLarge {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
    /// Neither JPEG nor PNG nor WebP (so also GIF, SVG, HEIC, AVIF, TIFF).
    #[error("not a JPEG, PNG or WebP picture")]
    UnknownKind,
}

/// Says what the picture is, or why no node may keep or pass it on.
///
/// # Errors
/// [`ImageError`] for the first thing wrong. Where a picture is both broken and private, broken
/// comes first, because nothing can then be said of its parts.
pub fn inspect(bytes: &[u8]) -> Result<ImageFacts, ImageError> {
    let scan = scan(bytes)?;
    match scan.objection {
        Some(objection) => Err(objection),
        None => Ok(scan.facts),
    }
}

/// The same pixels without anything private; [`inspect`] accepts the result, and what it accepts
/// stays as it is.
///
/// A JPEG's orientation is part of its EXIF data and goes with it: turn the pixels first. Of a
/// moving PNG the still picture remains.
///
/// # Errors
/// [`ImageError`] where removing parts is not enough: broken, too large, of another kind, or a
/// moving WebP, whose frames have no still picture among them.
pub fn strip(bytes: &[u8]) -> Result<Vec<u8>, ImageError> {
    let scan = scan(bytes)?;
    let size = scan.keep.iter().map(Range::len).sum();
    let mut clean = Vec::with_capacity(size);
    for range in &scan.keep {
        clean.extend_from_slice(bytes.get(range.clone()).unwrap_or_default());
    }
    if scan.facts.kind == ImageKind::WebP {
        webp::mend(&mut clean);
    }
    Ok(clean)
}

fn scan(bytes: &[u8]) -> Result<Scan, ImageError> {
    match ImageKind::of(bytes).ok_or(ImageError::UnknownKind)? {
        ImageKind::Jpeg => jpeg::scan(bytes),
        ImageKind::Png => png::scan(bytes),
        ImageKind::WebP => webp::scan(bytes),
    }
}

/// A picture taken apart.
struct Scan {
    facts: ImageFacts,
    /// The parts that a picture needs, in order.
    keep: Vec<Range<usize>>,
    /// The first thing found that `keep` leaves out and that a published picture may not have.
    objection: Option<ImageError>,
}

/// The parts to keep and the first objection, while a container is walked.
#[derive(Default)]
struct Sorting {
    keep: Vec<Range<usize>>,
    objection: Option<ImageError>,
}

impl Sorting {
    fn keep(&mut self, part: Range<usize>) {
        self.keep.push(part);
    }

    fn object(&mut self, objection: ImageError) {
        self.objection.get_or_insert(objection);
    }

    fn finish(self, facts: ImageFacts) -> Scan {
        Scan { facts, keep: self.keep, objection: self.objection }
    }
}

/// The size, if it is one that a tab survives.
fn sized(kind: ImageKind, width: u32, height: u32, at: usize) -> Result<ImageFacts, ImageError> {
    if width == 0 || height == 0 {
        return Err(ImageError::Malformed { kind, at, flaw: ImageFlaw::Dimensions });
    }
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(ImageError::TooLarge { width, height });
    }
    Ok(ImageFacts { kind, width, height })
}

/// Whether the bytes begin as an ICC colour profile does: its signature stands at byte 36.
fn is_colour_profile(bytes: &[u8]) -> bool {
    bytes.len() >= 128 && bytes.get(36..40) == Some(b"acsp")
}
