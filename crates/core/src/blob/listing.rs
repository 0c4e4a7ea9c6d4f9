//! How a list of named content rests in a blob: one form for pieces and for parts.

use serde::{Deserialize, Serialize};

use super::{Blob, ManifestError};
use crate::canon;
use crate::cid::Cid;
use crate::limits::BLOB_BYTES;

/// What is listed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Listed {
    #[serde(rename = "parts")]
    Parts,
    #[serde(rename = "manifest")]
    Pieces,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "canon::present")]
    parts: Option<Vec<Cid>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "canon::present")]
    pieces: Option<Vec<Cid>>,
    size: u64,
    #[serde(rename = "type")]
    kind: Listed,
    v: u64,
}

/// Reads a list: the names in their order, and the size of all of it.
///
/// # Errors
/// When it is not canonical, too long, of a later version, or lists something else.
pub(super) fn read(bytes: &[u8], kind: Listed) -> Result<(Vec<Cid>, u64), ManifestError> {
    if bytes.len() > BLOB_BYTES {
        return Err(ManifestError::TooLarge);
    }
    let wire: Wire = canon::read(bytes).map_err(ManifestError::Json)?;
    if wire.v != 1 {
        return Err(ManifestError::Version);
    }
    if wire.kind != kind {
        return Err(ManifestError::Kind);
    }
    let listed = match (kind, wire.parts, wire.pieces) {
        (Listed::Parts, Some(parts), None) => parts,
        (Listed::Pieces, None, Some(pieces)) => pieces,
        _ => return Err(ManifestError::Kind),
    };
    Ok((listed, wire.size))
}

/// Writes a list.
///
/// # Errors
/// When it does not fit a blob.
pub(super) fn write(kind: Listed, listed: &[Cid], size: u64) -> Result<Blob, ManifestError> {
    let of = |this: Listed| (kind == this).then(|| listed.to_vec());
    let (parts, pieces) = (of(Listed::Parts), of(Listed::Pieces));
    let wire = Wire { parts, pieces, size, kind, v: 1 };
    let bytes = canon::write(&wire).map_err(ManifestError::Json)?;
    Blob::new(bytes).map_err(|_| ManifestError::TooLarge)
}
