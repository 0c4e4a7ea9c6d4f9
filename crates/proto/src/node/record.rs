//! How an entry and its payload rest in a pack: a flag, the entry's length, the entry, the payload.

use effigy_core::{Entry, EntryError, Payload};

use crate::message::{Garbage, Record, open_payload};

const BARE: u8 = 0;
const WITH_PAYLOAD: u8 = 1;

/// Writes a record of a pack.
pub fn encode(entry: &[u8], payload: Option<&[u8]>) -> Vec<u8> {
    let flag = if payload.is_some() { WITH_PAYLOAD } else { BARE };
    let length = u32::try_from(entry.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[flag], length.as_slice(), entry, payload.unwrap_or_default()].concat()
}

/// Takes a record of a pack apart: the entry's bytes and the payload's.
///
/// # Errors
/// When it is cut short.
pub fn split(record: &[u8]) -> Result<(&[u8], Option<&[u8]>), RecordError> {
    let (flag, rest) = record.split_first().ok_or(RecordError::Cut)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(RecordError::Cut)?;
    let length = u32::from_be_bytes(*length) as usize;
    let (entry, payload) = rest.split_at_checked(length).ok_or(RecordError::Cut)?;
    Ok((entry, (*flag == WITH_PAYLOAD).then_some(payload)))
}

/// Reads a record of this device's own store. The signature was checked before it was kept; the
/// hashes are checked again.
///
/// # Errors
/// When the bytes are damaged.
pub fn reload(record: &[u8]) -> Result<Record, RecordError> {
    let (entry, payload) = split(record)?;
    let entry = Entry::reload(entry).map_err(RecordError::Entry)?;
    let payload: Option<(Vec<u8>, Payload)> = payload
        .map(|bytes| open_payload(&entry, bytes))
        .transpose()
        .map_err(RecordError::Payload)?;
    Ok(Record { entry, payload })
}

/// Why a record of a pack cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is cut short.
    #[error("the record is cut short")]
    Cut,
    /// The entry is damaged.
    #[error("the entry is damaged: {0}")]
    Entry(#[source] EntryError),
    /// The payload is damaged.
    #[error("the payload is damaged: {0}")]
    Payload(#[source] Garbage),
}
