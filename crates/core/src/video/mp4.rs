//! MP4 (ISO 14496-12): boxes of a length and a type, some of them with boxes inside.

use super::{Head, LEAF_BYTES, Run, VideoError};

/// Most bytes of a box that describes how something is coded.
const DESCRIPTION_BYTES: u64 = 64 * 1024;
/// Who wrote the file says so by one of these names; of `qt  ` too much is unknown.
const BRANDS: [&[u8; 4]; 21] = [
    b"3gp4", b"3gp5", b"3gp6", b"M4V ", b"M4VP", b"MSNV", b"av01", b"avc1", b"cmf2", b"cmfc",
    b"dash", b"hvc1", b"iso2", b"iso4", b"iso5", b"iso6", b"iso8", b"isom", b"mp41", b"mp42",
    b"msdh",
];

/// A box with boxes inside.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Within {
    #[default]
    File,
    Movie,
    Track,
    Edits,
    Media,
    MediaInfo,
    DataInfo,
    Samples,
    Extends,
    Fragment,
    TrackFragment,
    Access,
}

/// What becomes of a box.
enum Fate {
    Enter(Within),
    Pass,
    /// Given as it is if it has no more bytes than these.
    Short(u64),
    Look(Leaf),
    Blank,
}

/// What is looked into.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Leaf {
    Brand,
    /// Begins with two moments.
    Times,
    Handler,
}

/// Where in a file a walk is.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Boxes that are open, and how many of their bytes are left.
    open: Vec<(Within, u64)>,
    leaf: Option<Leaf>,
    has_brand: bool,
    has_movie: bool,
    has_picture: bool,
    has_data: bool,
}

impl Walk {
    pub(super) fn head(&mut self, bytes: &[u8]) -> Result<Option<Head>, VideoError> {
        while self.open.last().is_some_and(|(_, left)| *left == 0) {
            self.open.pop();
        }
        let (within, left) = self.open.last().copied().unwrap_or((Within::File, u64::MAX));
        let Some((short, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
        let Some((kind, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        let (header, size) = match u32::from_be_bytes(*short) {
            0 => (8, u64::MAX),
            1 => {
                let Some(long) = rest.first_chunk::<8>() else { return Ok(None) };
                (16, u64::from_be_bytes(*long))
            }
            short => (8, u64::from(short)),
        };
        let content = size.checked_sub(header).ok_or(VideoError::Malformed)?;
        let is_endless = size == u64::MAX;
        if (is_endless && (within, kind) != (Within::File, b"mdat")) || size > left {
            return Err(VideoError::Malformed);
        }
        if let Some((_, left)) = self.open.last_mut() {
            *left = left.saturating_sub(size);
        }
        if !self.has_brand && kind != b"ftyp" {
            return Err(VideoError::Malformed);
        }
        let mut head =
            bytes.get(..usize::try_from(header).unwrap_or(16)).unwrap_or_default().to_vec();
        let then = match fate(within, kind) {
            Fate::Enter(inner) => {
                self.has_movie |= inner == Within::Movie;
                self.open.push((inner, content));
                Run::Head
            }
            Fate::Pass => {
                self.has_data |= kind == b"mdat";
                Run::Pass(if is_endless { u64::MAX } else { content })
            }
            Fate::Short(most) if content <= most => Run::Pass(content),
            Fate::Look(leaf) if content <= LEAF_BYTES as u64 => {
                self.leaf = Some(leaf);
                Run::Edit(usize::try_from(content).unwrap_or(LEAF_BYTES))
            }
            Fate::Short(_) | Fate::Look(_) => return Err(VideoError::Unsupported),
            Fate::Blank => {
                if let Some(name) = head.get_mut(4..8) {
                    name.copy_from_slice(b"free");
                }
                Run::Blank(content)
            }
        };
        Ok(Some(Head { bytes: head, then }))
    }

    pub(super) fn edit(&mut self, leaf: &mut [u8]) -> Result<(), VideoError> {
        match self.leaf.take() {
            Some(Leaf::Brand) => {
                self.has_brand = true;
                let brand = leaf.first_chunk::<4>().ok_or(VideoError::Malformed)?;
                if BRANDS.contains(&brand) { Ok(()) } else { Err(VideoError::Unsupported) }
            }
            Some(Leaf::Times) => {
                let end = if leaf.first() == Some(&1) { 20 } else { 12 };
                leaf.get_mut(4..end).ok_or(VideoError::Malformed)?.fill(0);
                Ok(())
            }
            Some(Leaf::Handler) => {
                match leaf.get(8..12) {
                    Some(b"vide") => self.has_picture = true,
                    Some(b"soun") => (),
                    // What is told in time stands among the frames: places, too.
                    _ => return Err(VideoError::Private),
                }
                // A name that whoever wrote the file gave it.
                leaf.get_mut(24..).ok_or(VideoError::Malformed)?.fill(0);
                Ok(())
            }
            None => Err(VideoError::Malformed),
        }
    }

    /// Whether all tracks are known, and what they hold.
    pub(super) fn is_described(&self) -> bool {
        self.has_picture && !self.open.iter().any(|(within, _)| *within == Within::Movie)
    }

    pub(super) fn finish(mut self) -> Result<(), VideoError> {
        while self.open.last().is_some_and(|(_, left)| *left == 0) {
            self.open.pop();
        }
        if !self.open.is_empty() {
            return Err(VideoError::Truncated);
        }
        let is_whole = self.has_brand && self.has_movie && self.has_picture && self.has_data;
        if is_whole { Ok(()) } else { Err(VideoError::Missing) }
    }
}

/// The list: what is not on it becomes free space.
fn fate(within: Within, kind: &[u8; 4]) -> Fate {
    match (within, kind) {
        (Within::File, b"ftyp") => Fate::Look(Leaf::Brand),
        (Within::File, b"styp") => Fate::Short(256),
        (Within::File, b"moov") => Fate::Enter(Within::Movie),
        (Within::File, b"moof") => Fate::Enter(Within::Fragment),
        (Within::File, b"mfra") => Fate::Enter(Within::Access),
        (Within::File, b"mdat" | b"sidx") => Fate::Pass,
        (Within::Movie, b"mvhd") | (Within::Track, b"tkhd") | (Within::Media, b"mdhd") => {
            Fate::Look(Leaf::Times)
        }
        (Within::Movie, b"trak") => Fate::Enter(Within::Track),
        (Within::Movie, b"mvex") => Fate::Enter(Within::Extends),
        (Within::Track, b"edts") => Fate::Enter(Within::Edits),
        (Within::Track, b"mdia") => Fate::Enter(Within::Media),
        (Within::Edits, b"elst") => Fate::Short(DESCRIPTION_BYTES),
        (Within::Media, b"hdlr") => Fate::Look(Leaf::Handler),
        (Within::Media, b"minf") => Fate::Enter(Within::MediaInfo),
        (Within::MediaInfo, b"vmhd" | b"smhd") => Fate::Short(16),
        (Within::MediaInfo, b"dinf") => Fate::Enter(Within::DataInfo),
        (Within::MediaInfo, b"stbl") => Fate::Enter(Within::Samples),
        // One that says "in this file"; an address of another is longer.
        (Within::DataInfo, b"dref") => Fate::Short(20),
        (Within::Samples, b"stsd") => Fate::Short(DESCRIPTION_BYTES),
        (
            Within::Samples,
            b"stts" | b"ctts" | b"cslg" | b"stss" | b"stsc" | b"stsz" | b"stz2" | b"stco" | b"co64"
            | b"sgpd" | b"sbgp" | b"sdtp",
        )
        | (Within::Extends, b"mehd" | b"trex")
        | (Within::Fragment, b"mfhd")
        | (Within::TrackFragment, b"tfhd" | b"tfdt" | b"trun" | b"sdtp" | b"sbgp" | b"sgpd")
        | (Within::Access, b"tfra" | b"mfro") => Fate::Pass,
        (Within::Fragment, b"traf") => Fate::Enter(Within::TrackFragment),
        _ => Fate::Blank,
    }
}
