//! What a published video may be: its container, and nothing about the person who took it.
//!
//! No frame is decoded here. A container is walked part by part, as its bytes come, against a list of
//! the parts that a player needs. A [`Cleaner`] overwrites whatever is not on the list with zeros, so
//! that no part moves and every place that another names stays where it was; a [`Checker`] refuses
//! what a cleaner would change. Times of recording are zeros, tracks of anything but pictures and sound are
//! refused, because what they hold stands among the frames.

mod mp4;
mod webm;

use serde::{Deserialize, Serialize};

/// Most bytes of a part that is looked into whole.
const LEAF_BYTES: usize = 4_096;

/// The containers that browsers play.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum VideoType {
    /// MP4, also in fragments.
    #[serde(rename = "video/mp4")]
    Mp4,
    /// WebM.
    #[serde(rename = "video/webm")]
    Webm,
}

impl VideoType {
    /// The media type.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::Webm => "video/webm",
        }
    }

    /// The container that the first bytes announce; says nothing about the rest of them.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.get(4..8) == Some(b"ftyp") {
            Some(Self::Mp4)
        } else if bytes.starts_with(&[0x1A, 0x45, 0xDF, 0xA3]) {
            Some(Self::Webm)
        } else {
            None
        }
    }
}

/// Why a video is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VideoError {
    /// The bytes end early.
    #[error("the video is cut short")]
    Truncated,
    /// Something in it is longer than what it stands in, or stands where it may not.
    #[error("the video is malformed")]
    Malformed,
    /// A part without which there is no video.
    #[error("a part is missing")]
    Missing,
    /// It carries something that a player does not need.
    #[error("the video carries more than pictures and sound")]
    Private,
    /// A container or a coding that browsers do not show, or one that cannot be looked through.
    #[error("not a video that can be shown")]
    Unsupported,
}

/// Overwrites what a video may not carry, as its bytes come.
#[derive(Debug)]
pub struct Cleaner {
    container: Container,
    /// What came and was not given yet: the beginning of a header or of a part that is looked into.
    held: Vec<u8>,
    run: Run,
}

#[derive(Debug)]
enum Container {
    Mp4(mp4::Walk),
    Webm(webm::Walk),
}

/// What is done with the bytes that come next.
#[derive(Clone, Copy, Debug)]
enum Run {
    /// A header.
    Head,
    /// So many are given as they are.
    Pass(u64),
    /// So many become zeros.
    Blank(u64),
    /// So many are looked into.
    Edit(usize),
}

/// A header: its bytes as they are to be, as many as there were, and what is done behind it.
struct Head {
    bytes: Vec<u8>,
    then: Run,
}

impl Cleaner {
    /// For a video of this kind.
    pub fn new(kind: VideoType) -> Self {
        let container = match kind {
            VideoType::Mp4 => Container::Mp4(mp4::Walk::default()),
            VideoType::Webm => Container::Webm(webm::Walk::default()),
        };
        Self { container, held: Vec::new(), run: Run::Head }
    }

    /// Takes the next bytes and gives what is clean of all that came: sooner or later as many.
    ///
    /// # Errors
    /// Where blanking is not enough.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, VideoError> {
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let mut clean = Vec::with_capacity(held.len());
        let mut rest = held.as_slice();
        while let Some(after) = self.step(rest, &mut clean)? {
            rest = after;
        }
        self.held = rest.to_vec();
        Ok(clean)
    }

    /// One step; `None` when more bytes are needed.
    fn step<'a>(
        &mut self,
        rest: &'a [u8],
        clean: &mut Vec<u8>,
    ) -> Result<Option<&'a [u8]>, VideoError> {
        match self.run {
            Run::Head => {
                let head = match &mut self.container {
                    Container::Mp4(walk) => walk.head(rest)?,
                    Container::Webm(walk) => walk.head(rest)?,
                };
                let Some(head) = head else { return Ok(None) };
                let after = rest.get(head.bytes.len()..).ok_or(VideoError::Malformed)?;
                clean.extend_from_slice(&head.bytes);
                self.run = head.then;
                Ok(Some(after))
            }
            Run::Pass(0) | Run::Blank(0) => {
                self.run = Run::Head;
                Ok(Some(rest))
            }
            Run::Pass(left) | Run::Blank(left) => {
                if rest.is_empty() {
                    return Ok(None);
                }
                let count = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                let (taken, after) = rest.split_at(count);
                let left = left.saturating_sub(count as u64);
                if matches!(self.run, Run::Pass(_)) {
                    clean.extend_from_slice(taken);
                    self.run = Run::Pass(left);
                } else {
                    clean.resize(clean.len().saturating_add(count), 0);
                    self.run = Run::Blank(left);
                }
                Ok(Some(after))
            }
            Run::Edit(length) => {
                let Some((leaf, after)) = rest.split_at_checked(length) else { return Ok(None) };
                let mut leaf = leaf.to_vec();
                match &mut self.container {
                    Container::Mp4(walk) => walk.edit(&mut leaf)?,
                    Container::Webm(walk) => walk.look(&leaf)?,
                }
                clean.extend_from_slice(&leaf);
                self.run = Run::Head;
                Ok(Some(after))
            }
        }
    }

    /// All has come.
    ///
    /// # Errors
    /// When it ends in the middle of something, or something is missing.
    pub fn finish(self) -> Result<(), VideoError> {
        // What goes on to the end of the file ends with it.
        let is_between = match self.run {
            Run::Head => self.held.is_empty(),
            Run::Pass(left) => left == 0 || left > u64::MAX / 2,
            Run::Blank(left) => left == 0,
            Run::Edit(_) => false,
        };
        if !is_between {
            return Err(VideoError::Truncated);
        }
        match self.container {
            Container::Mp4(walk) => walk.finish(),
            Container::Webm(walk) => walk.finish(),
        }
    }
}

/// Looks a video through as its bytes come.
#[derive(Debug)]
pub struct Checker {
    cleaner: Cleaner,
    /// What came and has not been compared yet.
    open: Vec<u8>,
    /// How many bytes have been compared.
    compared: u64,
}

impl Checker {
    /// For a video of this kind.
    pub fn new(kind: VideoType) -> Self {
        Self { cleaner: Cleaner::new(kind), open: Vec::new(), compared: 0 }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When it may not be kept or passed on.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), VideoError> {
        self.open.extend_from_slice(bytes);
        let clean = self.cleaner.push(bytes)?;
        if !self.open.starts_with(&clean) {
            return Err(VideoError::Private);
        }
        self.open.drain(..clean.len().min(self.open.len()));
        self.compared = self.compared.saturating_add(clean.len() as u64);
        Ok(())
    }

    /// How many bytes from the beginning may be passed on, though not all has come: those that were looked
    /// through, once it is known that all tracks are of pictures and sound.
    pub fn passed(&self) -> u64 {
        let is_described = match &self.cleaner.container {
            Container::Mp4(walk) => walk.is_described(),
            Container::Webm(walk) => walk.is_described(),
        };
        if is_described { self.compared } else { 0 }
    }

    /// All has come.
    ///
    /// # Errors
    /// As those of [`Cleaner::finish`].
    pub fn finish(self) -> Result<(), VideoError> {
        self.cleaner.finish()
    }
}

/// Looks a whole video through.
///
/// # Errors
/// When it may not be kept or passed on.
pub fn inspect(kind: VideoType, bytes: &[u8]) -> Result<(), VideoError> {
    let mut checker = Checker::new(kind);
    checker.push(bytes)?;
    checker.finish()
}

/// The same video without what it may not carry.
///
/// # Errors
/// Where blanking is not enough.
pub fn clean(kind: VideoType, bytes: &[u8]) -> Result<Vec<u8>, VideoError> {
    let mut cleaner = Cleaner::new(kind);
    let clean = cleaner.push(bytes)?;
    cleaner.finish()?;
    Ok(clean)
}
