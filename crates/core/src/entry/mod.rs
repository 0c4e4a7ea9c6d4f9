//! Entries: the signed nodes of a feed.
//!
//! The bytes of an entry are its header in canonical JSON, a newline, and the signature in
//! base64url. Its id is the [`Cid`] of those bytes; its digest is the hash of the header alone.

mod draft;
mod extension;
mod parse;

pub use draft::{Draft, DraftError};
pub use extension::Extension;
pub use parse::{Checker, EntryError};

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cid::Cid;
use crate::identity::Identity;

/// What an entry says of itself, as it stands in the signed JSON.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// A hybrid logical clock in milliseconds: greater than every parent's.
    pub comparable: u64,
    /// What later versions add; kept and passed on.
    #[serde(
        default,
        deserialize_with = "crate::canon::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub ext: Option<Extension>,
    /// Which writing of the feed; 0 at first.
    pub generation: u64,
    /// Whose feed: a device or a synod.
    pub identity: Identity,
    /// The entries before this one; none for the first.
    pub parents: Vec<Cid>,
    /// What the entry says.
    pub payload: PayloadRef,
    /// Who signed, where it is not the feed's own key: a device that writes on its synod's feed.
    #[serde(
        default,
        deserialize_with = "crate::canon::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub signer: Option<Identity>,
    /// The author's synod and its head as the author knew it. Absent on the synod's own feed.
    #[serde(
        default,
        deserialize_with = "crate::canon::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub synod: Option<(Identity, Cid)>,
    /// The version of this format: 1.
    pub v: u64,
}

/// Where the payload is and what it is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PayloadRef {
    /// The payload's name.
    pub cid: Cid,
    /// The payload's kind; `sealed` for an encrypted one.
    #[serde(rename = "type")]
    pub kind: String,
    /// The payload's size in bytes.
    pub size: u64,
}

/// An entry whose form and signature were checked: there is no other way to hold one.
#[derive(Clone, Eq, PartialEq)]
pub struct Entry {
    bytes: Vec<u8>,
    digest: Cid,
    header: Header,
    id: Cid,
}

impl Entry {
    /// The name of the entry: the hash of all its bytes.
    pub const fn id(&self) -> Cid {
        self.id
    }

    /// The hash of the header alone: what makes two entries the same.
    pub const fn digest(&self) -> Cid {
        self.digest
    }

    /// The signed header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The bytes, exactly as they were signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Who signed it.
    pub fn signer(&self) -> Identity {
        self.header.signer.unwrap_or(self.header.identity)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({:?} of {:?})", self.id, self.header.identity)
    }
}
