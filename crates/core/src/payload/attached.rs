//! What people attach that is no picture: videos, files, and whole folders.

use serde::{Deserialize, Serialize};

use super::post::Image;
use super::{PayloadError, count_bound, text_bound};
use crate::cid::Cid;
use crate::limits::{
    ALT_BYTES, COLLECTION_ITEMS, FILE_BYTES, FILE_NAME_BYTES, MIME_BYTES, TEXT_BYTES,
};
use crate::text::{is_file_name, is_path};
use crate::video::VideoType;

/// `video`: a video, perhaps with words.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Video {
    /// What somebody who cannot see it is told.
    pub alt: String,
    /// The video's bytes.
    pub content: Film,
    /// A picture of it, shown before it plays.
    #[serde(
        default,
        deserialize_with = "crate::canon::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub poster: Option<Image>,
    /// The text in Markdown; may be empty.
    pub text: String,
}

/// The bytes of a video.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Film {
    /// The name of the content.
    pub cid: Cid,
    /// How long it plays, in milliseconds; 0 where its author did not know.
    pub duration: u64,
    /// The height in pixels.
    pub height: u32,
    /// How the bytes are to be read.
    #[serde(rename = "mime")]
    pub video_type: VideoType,
    /// The size in bytes.
    pub size: u64,
    /// The width in pixels.
    pub width: u32,
}

/// `file`: a file of any kind, perhaps with words. It is saved, never shown.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The name of the content.
    pub cid: Cid,
    /// What kind of file its author says it is: a media type, or empty. Nobody acts on it.
    pub mime: String,
    /// What the file is called.
    pub name: String,
    /// The size in bytes.
    pub size: u64,
    /// The text in Markdown; may be empty.
    pub text: String,
}

/// `collection`: a folder, as one list of named contents.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// The files, ascending by the bytes of their names, none twice.
    pub items: Vec<Item>,
    /// What the folder is called.
    pub name: String,
    /// The text in Markdown; may be empty.
    pub text: String,
}

/// A file of a folder.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The name of the content.
    pub cid: Cid,
    /// Where in the folder it is, `/` between the steps.
    pub name: String,
    /// The size in bytes.
    pub size: u64,
}

impl Video {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        text_bound(&self.alt, ALT_BYTES)?;
        text_bound(&self.text, TEXT_BYTES)?;
        self.poster.as_ref().map_or(Ok(()), Image::bounds)?;
        let sides = 1..=8_192;
        let film = &self.content;
        if !sides.contains(&film.width) || !sides.contains(&film.height) {
            return Err(PayloadError::Nonsense);
        }
        sized(film.size)
    }
}

impl File {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        text_bound(&self.text, TEXT_BYTES)?;
        text_bound(&self.name, FILE_NAME_BYTES)?;
        text_bound(&self.mime, MIME_BYTES)?;
        if !is_file_name(&self.name) || !is_media_type(&self.mime) {
            return Err(PayloadError::Nonsense);
        }
        sized(self.size)
    }
}

impl Collection {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        text_bound(&self.text, TEXT_BYTES)?;
        text_bound(&self.name, FILE_NAME_BYTES)?;
        count_bound(self.items.len(), COLLECTION_ITEMS)?;
        if self.items.is_empty() {
            return Err(PayloadError::Empty);
        }
        let is_sorted = self.items.is_sorted_by(|one, other| one.name < other.name);
        if !is_sorted || !is_file_name(&self.name) {
            return Err(PayloadError::Nonsense);
        }
        let mut total = 0_u64;
        for item in &self.items {
            text_bound(&item.name, FILE_NAME_BYTES)?;
            total = total.saturating_add(item.size);
            if item.size == 0 || !is_path(&item.name) {
                return Err(PayloadError::Nonsense);
            }
        }
        sized(total)
    }
}

const fn sized(size: u64) -> Result<(), PayloadError> {
    if size == 0 || size > FILE_BYTES { Err(PayloadError::Nonsense) } else { Ok(()) }
}

/// A media type without parameters, as RFC 6838 spells it, in lower case; or nothing.
fn is_media_type(text: &str) -> bool {
    let is_part = |part: &str| {
        let fits = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$&-^_.+".contains(&byte)
        };
        !part.is_empty() && part.bytes().all(fits)
    };
    text.is_empty() || text.split_once('/').is_some_and(|(kind, sub)| is_part(kind) && is_part(sub))
}

/// Content that an entry points to and that is no picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attached {
    /// The name of the content.
    pub cid: Cid,
    /// The size in bytes.
    pub size: u64,
    /// As what it is looked through.
    pub video: Option<VideoType>,
}
