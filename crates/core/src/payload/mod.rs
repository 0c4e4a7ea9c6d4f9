//! Payloads: what an entry says. One enum lists every kind; each kind is a plain struct.

mod account;
mod attached;
mod kinds;
mod mark;
mod post;
mod register;
mod relation;

pub use account::{
    AddDevice, Epoch, Final, Genesis, Hub, Hubs, NameDevice, Power, Profile, RevokeDevice, Rewrite,
    consent_bytes,
};
pub use attached::{Attached, Collection, File, Film, Item, Video};
pub use kinds::{Home, KINDS, Kind};
pub use mark::{Delete, Tag};
pub use post::{Comment, Content, Image, ImageNote, ImageType, Note, Thumbnail};
pub use register::{Register, Registers, Superseded};
pub use relation::{Block, Follow, Mute};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::canon::{self, CanonError};
use crate::cid::Cid;
use crate::limits::PAYLOAD_BYTES;
use crate::seal::Envelope;

/// What an entry says.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// A device joins the synod.
    AddDevice(AddDevice),
    /// Somebody is shut out.
    Block(Block),
    /// A folder of files.
    Collection(Collection),
    /// An answer to an entry.
    Comment(Comment),
    /// One of the author's entries is taken back.
    Delete(Delete),
    /// A key to which the account seals what is for all its devices.
    Epoch(Epoch),
    /// A file of any kind.
    File(File),
    /// The account is closed.
    Final(Final),
    /// Somebody's posts are wanted.
    Follow(Follow),
    /// The account begins.
    Genesis(Genesis),
    /// Where the person can be met.
    Hubs(Hubs),
    /// A picture by itself.
    Image(ImageNote),
    /// Somebody's posts are not shown.
    Mute(Mute),
    /// What a device is called.
    NameDevice(NameDevice),
    /// A post to the world.
    Note(Note),
    /// How the person presents themselves.
    Profile(Profile),
    /// What registers of the person hold.
    Registers(Registers),
    /// A device belongs to the account no longer.
    RevokeDevice(RevokeDevice),
    /// A feed was written anew.
    Rewrite(Rewrite),
    /// Something for some devices only.
    Sealed(Envelope),
    /// Entries that later ones have made needless.
    Superseded(Superseded),
    /// An entry is marked with a word.
    Tag(Tag),
    /// A kind that this version does not know: kept, passed on, not shown.
    Unknown,
    /// A video.
    Video(Video),
}

impl Payload {
    /// Reads the payload of an entry that names its kind.
    ///
    /// # Errors
    /// When it is not canonical, not of that kind, or breaks a bound.
    pub fn parse(kind: &str, bytes: &[u8]) -> Result<Self, PayloadError> {
        if bytes.len() > PAYLOAD_BYTES {
            return Err(PayloadError::TooLong { size: bytes.len() });
        }
        let value = canon::check(bytes).map_err(PayloadError::Json)?;
        if value.get("type").and_then(Value::as_str) != Some(kind) {
            return Err(PayloadError::Kind);
        }
        let payload = Self::of(kind, value)?;
        payload.bounds()?;
        Ok(payload)
    }

    /// Reads the payload of an entry that was checked before, together with its entry: the bytes have
    /// to be those that the entry names.
    ///
    /// # Errors
    /// When they are not JSON of that kind, so that nobody can have checked them.
    pub fn recall(kind: &str, bytes: &[u8]) -> Result<Self, PayloadError> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| PayloadError::Json(CanonError::Encoding))?;
        Self::of(kind, canon::parse(text).map_err(PayloadError::Json)?)
    }

    fn of(kind: &str, value: Value) -> Result<Self, PayloadError> {
        match kind {
            "add_device" => typed(value).map(Self::AddDevice),
            "block" => typed(value).map(Self::Block),
            "collection" => typed(value).map(Self::Collection),
            "comment" => typed(value).map(Self::Comment),
            "delete" => typed(value).map(Self::Delete),
            "epoch" => typed(value).map(Self::Epoch),
            "file" => typed(value).map(Self::File),
            "synod_final" => typed(value).map(Self::Final),
            "follow" => typed(value).map(Self::Follow),
            "synod_genesis" => typed(value).map(Self::Genesis),
            "hubs" => typed(value).map(Self::Hubs),
            "image" => typed(value).map(Self::Image),
            "mute" => typed(value).map(Self::Mute),
            "name_device" => typed(value).map(Self::NameDevice),
            "public_note" => typed(value).map(Self::Note),
            "profile" => typed(value).map(Self::Profile),
            "registers" => typed(value).map(Self::Registers),
            "revoke_device" => typed(value).map(Self::RevokeDevice),
            "rewrite" => typed(value).map(Self::Rewrite),
            "sealed" => typed(value).map(Self::Sealed),
            "superseded" => typed(value).map(Self::Superseded),
            "tag" => typed(value).map(Self::Tag),
            "video" => typed(value).map(Self::Video),
            _ => Ok(Self::Unknown),
        }
    }

    /// The kind's name on the wire; `None` for a kind that this version cannot write.
    pub const fn kind(&self) -> Option<&'static str> {
        Some(match self {
            Self::AddDevice(_) => "add_device",
            Self::Block(_) => "block",
            Self::Collection(_) => "collection",
            Self::Comment(_) => "comment",
            Self::Delete(_) => "delete",
            Self::Epoch(_) => "epoch",
            Self::File(_) => "file",
            Self::Final(_) => "synod_final",
            Self::Follow(_) => "follow",
            Self::Genesis(_) => "synod_genesis",
            Self::Hubs(_) => "hubs",
            Self::Image(_) => "image",
            Self::Mute(_) => "mute",
            Self::NameDevice(_) => "name_device",
            Self::Note(_) => "public_note",
            Self::Profile(_) => "profile",
            Self::Registers(_) => "registers",
            Self::RevokeDevice(_) => "revoke_device",
            Self::Rewrite(_) => "rewrite",
            Self::Sealed(_) => "sealed",
            Self::Superseded(_) => "superseded",
            Self::Tag(_) => "tag",
            Self::Unknown => return None,
            Self::Video(_) => "video",
        })
    }

    /// Writes the payload, after checking the bounds that a reader will check.
    ///
    /// # Errors
    /// When a bound is broken or the kind cannot be written.
    pub fn write(&self) -> Result<Vec<u8>, PayloadError> {
        self.bounds()?;
        let mut value = match self {
            Self::AddDevice(body) => serde_json::to_value(body),
            Self::Block(body) => serde_json::to_value(body),
            Self::Collection(body) => serde_json::to_value(body),
            Self::Comment(body) => serde_json::to_value(body),
            Self::Delete(body) => serde_json::to_value(body),
            Self::Epoch(body) => serde_json::to_value(body),
            Self::File(body) => serde_json::to_value(body),
            Self::Final(body) => serde_json::to_value(body),
            Self::Follow(body) => serde_json::to_value(body),
            Self::Genesis(body) => serde_json::to_value(body),
            Self::Hubs(body) => serde_json::to_value(body),
            Self::Image(body) => serde_json::to_value(body),
            Self::Mute(body) => serde_json::to_value(body),
            Self::NameDevice(body) => serde_json::to_value(body),
            Self::Note(body) => serde_json::to_value(body),
            Self::Profile(body) => serde_json::to_value(body),
            Self::Registers(body) => serde_json::to_value(body),
            Self::RevokeDevice(body) => serde_json::to_value(body),
            Self::Rewrite(body) => serde_json::to_value(body),
            Self::Sealed(body) => serde_json::to_value(body),
            Self::Superseded(body) => serde_json::to_value(body),
            Self::Tag(body) => serde_json::to_value(body),
            Self::Unknown => return Err(PayloadError::Kind),
            Self::Video(body) => serde_json::to_value(body),
        }
        .map_err(|_| PayloadError::Json(CanonError::Unwritable))?;
        if let (Some(map), Some(kind)) = (value.as_object_mut(), self.kind()) {
            map.insert("type".to_owned(), kind.into());
        }
        let bytes = canon::write(&value).map_err(PayloadError::Json)?;
        if bytes.len() > PAYLOAD_BYTES {
            return Err(PayloadError::TooLong { size: bytes.len() });
        }
        Ok(bytes)
    }

    /// Every picture that the payload points to.
    pub fn images(&self) -> &[Image] {
        match self {
            Self::Comment(comment) => &comment.images,
            Self::Image(note) => std::slice::from_ref(&note.image),
            Self::Note(note) => &note.images,
            Self::Profile(profile) => profile.picture.as_slice(),
            Self::Video(video) => video.poster.as_slice(),
            _ => &[],
        }
    }

    /// Every entry that the payload takes back.
    pub fn taken_back(&self) -> &[Cid] {
        match self {
            Self::Delete(delete) => std::slice::from_ref(&delete.target),
            Self::Superseded(superseded) => &superseded.entries,
            _ => &[],
        }
    }

    /// Every content that the payload points to and that is no picture.
    pub fn attached(&self) -> Vec<Attached> {
        match self {
            Self::Collection(collection) => {
                let items = collection.items.iter();
                items.map(|item| Attached { cid: item.cid, size: item.size, video: None }).collect()
            }
            Self::File(file) => vec![Attached { cid: file.cid, size: file.size, video: None }],
            Self::Video(video) => {
                let Film { cid, size, video_type, .. } = video.content;
                vec![Attached { cid, size, video: Some(video_type) }]
            }
            _ => Vec::new(),
        }
    }

    fn bounds(&self) -> Result<(), PayloadError> {
        match self {
            Self::AddDevice(body) => body.bounds(),
            Self::Collection(body) => body.bounds(),
            Self::Comment(body) => body.bounds(),
            Self::File(body) => body.bounds(),
            Self::Hubs(body) => body.bounds(),
            Self::Image(body) => body.bounds(),
            Self::NameDevice(body) => body.bounds(),
            Self::Note(body) => body.bounds(),
            Self::Profile(body) => body.bounds(),
            Self::Registers(body) => body.bounds(),
            Self::Rewrite(body) => body.bounds(),
            Self::Superseded(body) => body.bounds(),
            Self::Tag(body) => body.bounds(),
            Self::Video(body) => body.bounds(),
            Self::Block(_)
            | Self::Delete(_)
            | Self::Epoch(_)
            | Self::Final(_)
            | Self::Follow(_)
            | Self::Genesis(_)
            | Self::Mute(_)
            | Self::RevokeDevice(_)
            | Self::Sealed(_)
            | Self::Unknown => Ok(()),
        }
    }
}

impl Payload {
    /// Whether it is something that people read by itself; an answer is not.
    pub const fn is_post(&self) -> bool {
        matches!(
            self,
            Self::Collection(_) | Self::File(_) | Self::Image(_) | Self::Note(_) | Self::Video(_)
        )
    }

    /// Whether it is something that people read: a post or an answer.
    pub const fn is_post_or_answer(&self) -> bool {
        self.is_post() || matches!(self, Self::Comment(_))
    }
}

/// Reads the struct of a kind. The kind itself was compared already; [`Envelope`] keeps it inside.
fn typed<T: DeserializeOwned>(mut value: Value) -> Result<T, PayloadError> {
    if let Some(map) = value.as_object_mut()
        && map.get("type").and_then(Value::as_str) != Some("sealed")
    {
        map.remove("type");
    }
    serde_json::from_value(value).map_err(|_| PayloadError::Json(CanonError::Shape))
}

/// Refuses a text that is too long, counted in UTF-8 bytes.
fn text_bound(text: &str, limit: usize) -> Result<(), PayloadError> {
    if text.len() > limit { Err(PayloadError::TooLong { size: text.len() }) } else { Ok(()) }
}

/// Refuses a list that is too long.
fn count_bound(count: usize, limit: usize) -> Result<(), PayloadError> {
    if count > limit { Err(PayloadError::TooMany { count }) } else { Ok(()) }
}

/// Why bytes are not the payload of an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// It says nothing at all.
    #[error("there is nothing in it")]
    Empty,
    /// Not canonical JSON of this shape.
    #[error("the payload is malformed: {0}")]
    Json(#[source] CanonError),
    /// Of another kind than the entry says.
    #[error("the payload is of another kind than its entry says")]
    Kind,
    /// A number, name or address that makes no sense.
    #[error("a value makes no sense")]
    Nonsense,
    /// Longer than allowed.
    #[error("{size} bytes are too long")]
    TooLong {
        /// How many bytes there were.
        size: usize,
    },
    /// More than allowed.
    #[error("{count} are too many")]
    TooMany {
        /// How many there were.
        count: usize,
    },
}
