//! Marks on entries: tags, and taking back.

use serde::{Deserialize, Serialize};

use super::{PayloadError, text_bound};
use crate::cid::Cid;
use crate::limits::TAG_BYTES;

/// `tag`: an entry is marked with a word, or the mark is taken off.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// Whether the mark is on from now on.
    pub on: bool,
    /// The id of the entry.
    pub target: Cid,
    /// The word.
    pub word: String,
}

impl Tag {
    pub(super) fn bounds(&self) -> Result<(), PayloadError> {
        if self.word.trim().is_empty() {
            return Err(PayloadError::Empty);
        }
        text_bound(&self.word, TAG_BYTES)
    }
}

/// `delete`: an entry of the same author is taken back. Its payload and blobs are dropped by
/// everybody who learns of it; the node of the chain stays.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// The id of the entry.
    pub target: Cid,
}
