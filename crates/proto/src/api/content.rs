//! Pictures, videos and files, as screens and a node speak of them.

use effigy_core::Cid;
use effigy_core::payload::ImageType;
use effigy_core::video::VideoType;

/// A picture as a screen hands it over: already decoded to pixels and encoded anew.
#[derive(Clone, Eq, PartialEq)]
pub struct Picture {
    /// What somebody who cannot see it is told.
    pub alt: String,
    /// The picture.
    pub full: Pixels,
    /// A small version for lists.
    pub thumbnail: Option<Pixels>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Picture(..)")
    }
}

/// An encoded picture.
#[derive(Clone, Eq, PartialEq)]
pub struct Pixels {
    /// The encoded bytes.
    pub bytes: Vec<u8>,
    /// How they are encoded.
    pub image_type: ImageType,
    /// The height in pixels.
    pub height: u32,
    /// The width in pixels.
    pub width: u32,
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({} bytes)", self.bytes.len())
    }
}

/// As what content is looked through.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ContentKind {
    /// A picture.
    #[default]
    Picture,
    /// A video.
    Video(VideoType),
    /// Anything: it is never shown.
    File,
}

/// What an entry points to: a name, the size that it is said to have, and as what. Whoever says another
/// size points to something else; at most one of them is right, and hides none of the others.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Named {
    /// The name of the content.
    pub cid: Cid,
    /// Its size in bytes.
    pub size: u64,
    /// As what it is looked through.
    pub kind: ContentKind,
}

impl Named {
    /// Before and behind all others.
    pub(crate) const FIRST: Self =
        Self { cid: Cid::from_digest([0; 32]), size: 0, kind: ContentKind::Picture };
    pub(crate) const LAST: Self =
        Self { cid: Cid::from_digest([0xFF; 32]), size: u64::MAX, kind: ContentKind::File };
}

/// How much of some content is here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Transfer {
    /// The name of the content.
    pub cid: Cid,
    /// How many of its bytes are here.
    pub here: u64,
    /// As what it is looked through.
    pub kind: ContentKind,
    /// How many bytes it has.
    pub size: u64,
    /// How many who are connected have more of it.
    pub sources: u32,
    /// Where it stands.
    pub state: TransferState,
}

/// Where content stands on its way to this device.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TransferState {
    /// It comes, or waits for somebody who has it.
    #[default]
    Arriving,
    /// Nobody asks for it.
    Paused,
    /// It is not what it was said to be.
    Refused,
    /// All of it is here and was looked through.
    Whole,
}
