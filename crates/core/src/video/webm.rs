//! WebM (EBML, RFC 8794 and 9559): elements of an identifier and a length, some with elements inside.

use super::{Head, LEAF_BYTES, Run, VideoError};

/// Most bytes of an element that describes how something is coded, and of what finds places.
const DESCRIPTION_BYTES: u64 = 64 * 1024;
const PLACES_BYTES: u64 = 4 * 1024 * 1024;

/// An element with elements inside.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Within {
    #[default]
    File,
    Segment,
    Info,
    Tracks,
    Track,
    Cluster,
    BlockGroup,
}

/// What becomes of an element.
enum Fate {
    Enter(Within),
    /// Given as it is if it has no more bytes than these.
    Pass(u64),
    Look(Leaf),
    Blank,
    Refuse,
}

/// What is looked into.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Leaf {
    Beginning,
    TrackType,
}

/// Where in a file a walk is.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Elements that are open, and how many of their bytes are left, where that is said.
    open: Vec<(Within, Option<u64>)>,
    leaf: Option<Leaf>,
    has_begun: bool,
    has_segment: bool,
    has_picture: bool,
    has_cluster: bool,
}

impl Walk {
    pub(super) fn head(&mut self, bytes: &[u8]) -> Result<Option<Head>, VideoError> {
        while self.open.last().is_some_and(|(_, left)| *left == Some(0)) {
            self.open.pop();
        }
        let Some((id, id_length)) = identifier(bytes)? else { return Ok(None) };
        let rest = bytes.get(id_length..).unwrap_or_default();
        let Some((size, size_length)) = length(rest)? else { return Ok(None) };
        // One of unknown length ends where something begins that cannot stand in it.
        if matches!(self.open.last(), Some((Within::Cluster, None))) && is_of_segment(id) {
            self.open.pop();
        }
        let (within, left) = self.open.last().copied().unwrap_or((Within::File, None));
        let header = id_length.saturating_add(size_length);
        let total = size.map(|size| size.saturating_add(header as u64));
        if let Some(left) = left {
            let total = total.filter(|total| *total <= left).ok_or(VideoError::Malformed)?;
            if let Some((_, open)) = self.open.last_mut() {
                *open = Some(left.saturating_sub(total));
            }
        }
        if self.has_begun != (id != 0x1A45_DFA3) {
            return Err(VideoError::Malformed);
        }
        let head = bytes.get(..header).unwrap_or_default().to_vec();
        let then = match fate(within, id) {
            Fate::Enter(inner) => {
                if size.is_none() && !matches!(inner, Within::Segment | Within::Cluster) {
                    return Err(VideoError::Malformed);
                }
                if inner == Within::Segment && std::mem::replace(&mut self.has_segment, true) {
                    return Err(VideoError::Malformed);
                }
                self.has_cluster |= inner == Within::Cluster;
                self.open.push((inner, size));
                Run::Head
            }
            Fate::Pass(most) => match size {
                Some(size) if size <= most => Run::Pass(size),
                _ => return Err(VideoError::Unsupported),
            },
            Fate::Look(leaf) => match size {
                Some(size) if size <= LEAF_BYTES as u64 => {
                    self.leaf = Some(leaf);
                    Run::Edit(usize::try_from(size).unwrap_or(LEAF_BYTES))
                }
                _ => return Err(VideoError::Unsupported),
            },
            Fate::Blank => {
                let size = size.ok_or(VideoError::Malformed)?;
                return Ok(Some(Head { bytes: void(header, size)?, then: Run::Blank(size) }));
            }
            Fate::Refuse => return Err(VideoError::Unsupported),
        };
        Ok(Some(Head { bytes: head, then }))
    }

    pub(super) fn look(&mut self, leaf: &[u8]) -> Result<(), VideoError> {
        match self.leaf.take() {
            Some(Leaf::Beginning) => {
                self.has_begun = true;
                begins(leaf)
            }
            Some(Leaf::TrackType) => match leaf {
                [1] => {
                    self.has_picture = true;
                    Ok(())
                }
                [2] => Ok(()),
                _ => Err(VideoError::Private),
            },
            None => Err(VideoError::Malformed),
        }
    }

    /// Whether all tracks are known, and what they hold.
    pub(super) fn is_described(&self) -> bool {
        self.has_picture && !self.open.iter().any(|(within, _)| *within == Within::Tracks)
    }

    pub(super) fn finish(mut self) -> Result<(), VideoError> {
        while self.open.last().is_some_and(|(_, left)| left.is_none_or(|left| left == 0)) {
            self.open.pop();
        }
        if !self.open.is_empty() {
            return Err(VideoError::Truncated);
        }
        let is_whole = self.has_begun && self.has_picture && self.has_cluster;
        if is_whole { Ok(()) } else { Err(VideoError::Missing) }
    }
}

/// The list: what is not on it becomes void.
fn fate(within: Within, id: u32) -> Fate {
    match (within, id) {
        (Within::File, 0x1A45_DFA3) => Fate::Look(Leaf::Beginning),
        (Within::File, 0x1853_8067) => Fate::Enter(Within::Segment),
        (Within::File, _) => Fate::Refuse,
        (Within::Segment, 0x1549_A966) => Fate::Enter(Within::Info),
        (Within::Segment, 0x1654_AE6B) => Fate::Enter(Within::Tracks),
        (Within::Segment, 0x1F43_B675) => Fate::Enter(Within::Cluster),
        // Where things are: `SeekHead`, `Cues`.
        (Within::Segment, 0x114D_9B74 | 0x1C53_BB6B) => Fate::Pass(PLACES_BYTES),
        // `TimestampScale`, `Duration`.
        (Within::Info, 0x002A_D7B1 | 0x4489) => Fate::Pass(8),
        // `MuxingApp`, `WritingApp`, without which it is none.
        (Within::Info, 0x4D80 | 0x5741) => Fate::Pass(64),
        (Within::Tracks, 0xAE) => Fate::Enter(Within::Track),
        (Within::Track, 0x83) => Fate::Look(Leaf::TrackType),
        // Numbers, flags, durations, the language, the codec and how it is set up.
        (
            Within::Track,
            0xD7 | 0x73C5 | 0xB9 | 0x88 | 0x55AA | 0x9C | 0x6DE7 | 0x6DF8 | 0x0023_E383 | 0x55EE
            | 0x86 | 0x56AA | 0x56BB | 0x0022_B59C | 0x0022_B59D,
        ) => Fate::Pass(64),
        (Within::Track, 0x63A2 | 0xE0 | 0xE1) => Fate::Pass(DESCRIPTION_BYTES),
        // `ContentEncodings`: what is packed or enciphered nobody can look through.
        (Within::Track, 0x6D80) => Fate::Refuse,
        (Within::Cluster, 0xA0) => Fate::Enter(Within::BlockGroup),
        // `Timestamp`, `Position`, `PrevSize`.
        (Within::Cluster, 0xE7 | 0xA7 | 0xAB) => Fate::Pass(8),
        (Within::Cluster, 0xA3) | (Within::BlockGroup, 0xA1 | 0x75A1) => Fate::Pass(u64::MAX),
        // `BlockDuration`, `ReferenceBlock`, `DiscardPadding`.
        (Within::BlockGroup, 0x9B | 0xFB | 0x75A2) => Fate::Pass(8),
        _ => Fate::Blank,
    }
}

/// What may stand beside a cluster.
const fn is_of_segment(id: u32) -> bool {
    matches!(
        id,
        0x1549_A966
            | 0x1654_AE6B
            | 0x1F43_B675
            | 0x114D_9B74
            | 0x1C53_BB6B
            | 0x1254_C367
            | 0x1043_A770
            | 0x1941_A469
    )
}

/// Whether a file begins as WebM, in a version that can be read.
fn begins(mut bytes: &[u8]) -> Result<(), VideoError> {
    let mut is_webm = false;
    while !bytes.is_empty() {
        let (id, id_length) = identifier(bytes)?.ok_or(VideoError::Malformed)?;
        let rest = bytes.get(id_length..).unwrap_or_default();
        let (size, size_length) = length(rest)?.ok_or(VideoError::Malformed)?;
        let size = size.and_then(|size| usize::try_from(size).ok()).ok_or(VideoError::Malformed)?;
        let rest = rest.get(size_length..).unwrap_or_default();
        let (content, after) = rest.split_at_checked(size).ok_or(VideoError::Malformed)?;
        match id {
            0x4282 => is_webm = content == b"webm",
            0x4286 | 0x42F7 | 0x42F2 | 0x42F3 | 0x4287 | 0x4285 if size <= 8 => (),
            _ => return Err(VideoError::Private),
        }
        bytes = after;
    }
    if is_webm { Ok(()) } else { Err(VideoError::Unsupported) }
}

/// An identifier and how many bytes it has.
fn identifier(bytes: &[u8]) -> Result<Option<(u32, usize)>, VideoError> {
    let Some(first) = bytes.first() else { return Ok(None) };
    let length = (first.leading_zeros() as usize).saturating_add(1);
    if length > 4 {
        return Err(VideoError::Malformed);
    }
    let Some(bytes) = bytes.get(..length) else { return Ok(None) };
    Ok(Some((bytes.iter().fold(0, |id, byte| (id << 8) | u32::from(*byte)), length)))
}

/// A length, `None` where it is not said, and how many bytes say so.
fn length(bytes: &[u8]) -> Result<Option<(Option<u64>, usize)>, VideoError> {
    let Some(first) = bytes.first() else { return Ok(None) };
    let width = (first.leading_zeros() as usize).saturating_add(1);
    if width > 8 {
        return Err(VideoError::Malformed);
    }
    let Some(bytes) = bytes.get(..width) else { return Ok(None) };
    let all = bytes.iter().fold(0_u64, |all, byte| (all << 8) | u64::from(*byte));
    let mask = (1_u64 << width.saturating_mul(7)).wrapping_sub(1);
    let value = all & mask;
    Ok(Some(((value != mask).then_some(value), width)))
}

/// A header of so many bytes for a void element, and as many zeros as a header of eight bytes more
/// would have too much.
fn void(header: usize, size: u64) -> Result<Vec<u8>, VideoError> {
    let width = header.saturating_sub(1).min(8);
    let spare = header.saturating_sub(1).saturating_sub(width);
    let marker = 1_u64 << width.saturating_mul(7);
    let size = size.saturating_add(spare as u64);
    if width == 0 || size >= marker.saturating_sub(1) {
        return Err(VideoError::Malformed);
    }
    let mut bytes = vec![0xEC];
    let all = (size | marker).to_be_bytes();
    bytes.extend_from_slice(all.get(8_usize.saturating_sub(width)..).unwrap_or_default());
    bytes.resize(header, 0);
    Ok(bytes)
}
