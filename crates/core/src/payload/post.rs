//! What people post: notes, pictures, comments.

use serde::{Deserialize, Serialize};

use super::{PayloadError, count_bound, text_bound};
use crate::cid::Cid;
use crate::limits::{ALT_BYTES, CONTENT_BYTES, IMAGES, TEXT_BYTES};

/// `public_note`: a post to the world, in Markdown.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The pictures, at most eight.
    #[serde(
        default,
        deserialize_with = "crate::canon::some_items",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub images: Vec<Image>,
    /// The text in Markdown; may be empty beside pictures.
    pub text: String,
}

impl Note {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        said(&self.text, &self.images)
    }
}

/// `comment`: an answer to an entry.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// The pictures, at most eight.
    #[serde(
        default,
        deserialize_with = "crate::canon::some_items",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub images: Vec<Image>,
    /// The id of the entry that is answered.
    pub parent: Cid,
    /// The id of the entry that began the thread.
    pub root: Cid,
    /// The text in Markdown.
    pub text: String,
}

impl Comment {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        said(&self.text, &self.images)
    }
}

/// `image`: a picture by itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImageNote {
    /// The picture.
    pub image: Image,
}

impl ImageNote {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        self.image.bounds()
    }
}

/// A picture: where its content is, and what somebody who cannot see it is told.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The alternative text.
    pub alt: String,
    /// The picture's bytes.
    pub content: Content,
    /// A small version for lists.
    #[serde(
        default,
        deserialize_with = "crate::canon::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub thumbnail: Option<Thumbnail>,
}

impl Image {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        text_bound(&self.alt, ALT_BYTES)?;
        self.content.bounds()?;
        self.thumbnail.as_ref().map_or(Ok(()), Content::bounds)
    }
}

/// A small version of a picture.
pub type Thumbnail = Content;

/// The bytes of a picture: one blob, or a manifest over several where `size` is above one blob's.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The name of the blob or of the manifest.
    pub cid: Cid,
    /// The height in pixels.
    pub height: u32,
    /// How the bytes are to be read.
    #[serde(rename = "mime")]
    pub image_type: ImageType,
    /// The size of the picture in bytes.
    pub size: u64,
    /// The width in pixels.
    pub width: u32,
}

impl Content {
    fn bounds(&self) -> Result<(), PayloadError> {
        let sides = 1..=8_192;
        if self.size == 0
            || self.size > CONTENT_BYTES
            || !sides.contains(&self.width)
            || !sides.contains(&self.height)
        {
            return Err(PayloadError::Nonsense);
        }
        Ok(())
    }
}

/// The kinds of picture that are shown.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum ImageType {
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// WebP.
    #[serde(rename = "image/webp")]
    Webp,
}

impl ImageType {
    /// The media type.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

fn said(text: &str, images: &[Image]) -> Result<(), PayloadError> {
    if text.trim().is_empty() && images.is_empty() {
        return Err(PayloadError::Empty);
    }
    text_bound(text, TEXT_BYTES)?;
    count_bound(images.len(), IMAGES)?;
    images.iter().try_for_each(Image::bounds)
}
