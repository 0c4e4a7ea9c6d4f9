//! Bytes to entries: the cheapest check first, the signature last.

use super::{Entry, Header};
use crate::canon::{self, CanonError};
use crate::cid::Cid;
use crate::identity::{Purpose, Signature, SignatureError, Verifier};
use crate::limits::{ENTRY_BYTES, JSON_INTEGER, PARENTS, PAYLOAD_BYTES};

/// Checks entries, remembering the last key so that a run of one feed decompresses it once.
#[derive(Debug, Default)]
pub struct Checker {
    last: Option<Verifier>,
}

impl Checker {
    /// Reads and checks one entry.
    ///
    /// # Errors
    /// The first check that fails, cheapest first.
    pub fn entry(&mut self, bytes: &[u8]) -> Result<Entry, EntryError> {
        let Parts { header, signature, header_bytes } = read(bytes)?;
        let signer = header.signer.unwrap_or(header.identity);
        let verifier = match self.last.take() {
            Some(verifier) if verifier.identity() == signer => verifier,
            _ => signer.verifier().map_err(EntryError::Signature)?,
        };
        let verdict = verifier.verify(Purpose::Entry, header_bytes, &signature);
        self.last = Some(verifier);
        verdict.map_err(EntryError::Signature)?;
        Ok(assemble(bytes, header_bytes, header))
    }
}

impl Entry {
    /// Reads and checks one entry.
    ///
    /// # Errors
    /// The first check that fails, cheapest first.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        Checker::default().entry(bytes)
    }

    /// Reads an entry from this device's own store, whose signature was checked before it was kept.
    ///
    /// # Errors
    /// When the bytes no longer are an entry.
    pub fn reload(bytes: &[u8]) -> Result<Self, EntryError> {
        let Parts { header, header_bytes, .. } = read(bytes)?;
        Ok(assemble(bytes, header_bytes, header))
    }

    /// Reads an entry whose id and digest were noted when it was checked: by a worker, or before it
    /// was kept. The bytes have to hash to that id, so they are the ones that were checked; nothing
    /// else is looked at again.
    ///
    /// # Errors
    /// When the bytes are others than those that were checked.
    pub fn recall(bytes: &[u8], id: Cid, digest: Cid) -> Result<Self, EntryError> {
        if Cid::of(bytes) != id {
            return Err(EntryError::Altered);
        }
        let newline = bytes.iter().position(|&byte| byte == b'\n').ok_or(EntryError::Cut)?;
        let header_bytes = bytes.get(..newline).unwrap_or_default();
        let header = serde_json::from_slice(header_bytes)
            .map_err(|_| EntryError::Json(CanonError::Shape))?;
        Ok(Self { bytes: bytes.to_vec(), digest, header, id })
    }
}

pub(super) fn assemble(bytes: &[u8], header_bytes: &[u8], header: Header) -> Entry {
    Entry { bytes: bytes.to_vec(), digest: Cid::of(header_bytes), header, id: Cid::of(bytes) }
}

struct Parts<'a> {
    header: Header,
    header_bytes: &'a [u8],
    signature: Signature,
}

fn read(bytes: &[u8]) -> Result<Parts<'_>, EntryError> {
    if bytes.len() > ENTRY_BYTES {
        return Err(EntryError::TooLong { size: bytes.len() });
    }
    let newline = bytes.iter().position(|&byte| byte == b'\n').ok_or(EntryError::Cut)?;
    let (header_bytes, rest) = bytes.split_at(newline);
    let signature = rest.get(1..).and_then(|text| std::str::from_utf8(text).ok());
    let value = canon::check(header_bytes).map_err(EntryError::Json)?;
    // The version comes before the shape: a later version may well have another one.
    match value.get("v").and_then(serde_json::Value::as_u64) {
        Some(1) => (),
        Some(version) => return Err(EntryError::Version { version }),
        None => return Err(EntryError::Json(CanonError::Shape)),
    }
    let header: Header =
        serde_json::from_value(value).map_err(|_| EntryError::Json(CanonError::Shape))?;
    bounds(&header)?;
    let signature = signature
        .ok_or(EntryError::Signature(SignatureError::Spelling))?
        .parse()
        .map_err(EntryError::Signature)?;
    Ok(Parts { header, header_bytes, signature })
}

pub(super) fn bounds(header: &Header) -> Result<(), EntryError> {
    if header.comparable == 0 || header.comparable > JSON_INTEGER {
        return Err(EntryError::Clock);
    }
    if header.parents.len() > PARENTS || !header.parents.is_sorted_by(|a, b| a < b) {
        return Err(EntryError::Parents);
    }
    if header.payload.size > PAYLOAD_BYTES as u64 {
        return Err(EntryError::Payload);
    }
    let kind = header.payload.kind.as_bytes();
    let letters = kind.iter().all(|&byte| byte.is_ascii_lowercase() || byte == b'_');
    if kind.is_empty() || kind.len() > 32 || !letters {
        return Err(EntryError::Kind);
    }
    // A device speaks for itself and names its synod; only a synod's feed has another signer.
    if header.synod.is_some() && header.signer.is_some() {
        return Err(EntryError::Signer);
    }
    if header.signer == Some(header.identity) {
        return Err(EntryError::Signer);
    }
    Ok(())
}

/// Why bytes are not an entry. Whoever sent them is to blame.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// Other bytes than those that were checked before.
    #[error("the bytes are not those that were checked")]
    Altered,
    /// A clock of zero or beyond what JSON keeps exactly.
    #[error("the clock is out of bounds")]
    Clock,
    /// No newline between header and signature.
    #[error("the entry is cut short")]
    Cut,
    /// The header is not canonical JSON of this shape.
    #[error("the header is malformed: {0}")]
    Json(#[source] CanonError),
    /// The payload's kind is no plain word.
    #[error("the payload's kind is no plain word")]
    Kind,
    /// Too many parents, or not in their order.
    #[error("the parents are too many or out of order")]
    Parents,
    /// A payload larger than the protocol carries.
    #[error("the payload is too large")]
    Payload,
    /// The signature does not count.
    #[error("{0}")]
    Signature(#[source] SignatureError),
    /// A signer named where none may be.
    #[error("the signer may not be named here")]
    Signer,
    /// Longer than an entry may be.
    #[error("{size} bytes are more than an entry may have")]
    TooLong {
        /// How many bytes there were.
        size: usize,
    },
    /// A later version of the format.
    #[error("the entry is of version {version}")]
    Version {
        /// Which version it names.
        version: u64,
    },
}
