//! Bytes to messages and back. Here, at the edge, everything is checked that needs no knowledge of
//! other things: form, bounds, hashes, signatures.

use effigy_core::canon::{self, CanonError};
use effigy_core::entry::{Checker, EntryError};
use effigy_core::limits::{BLOB_BYTES, CHUNK_BYTES, LINK_STEP_BYTES, MESSAGE_BYTES};
use effigy_core::link::Token;
use effigy_core::payload::PayloadError;
use effigy_core::seal::Letter;
use effigy_core::{Cid, Identity, Payload, Signature};
use serde::{Deserialize, Serialize};

use super::{
    BATCH, ErrorCode, FIND, Frame, LIST, LinkEnd, LinkStep, Mark, Message, Record, SESSION_BYTES,
    SessionRequest, Summary, WatchName, WireHead,
};

/// A message as it stands in JSON.
#[derive(Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Wire {
    Away {
        spread: u32,
    },
    Cancel {
        request: u32,
    },
    Changes {
        gone: Vec<Identity>,
        heads: Vec<WireHead>,
        mark: Mark,
        more: bool,
        request: u32,
    },
    Entries {
        identity: Identity,
        more: bool,
        records: Vec<WireRecord>,
        request: u32,
    },
    Error {
        about: u32,
        code: ErrorCode,
    },
    FindEntries {
        ids: Vec<Cid>,
        request: u32,
    },
    FoundEntries {
        records: Vec<WireRecord>,
        request: u32,
    },
    GetBlob {
        cid: Cid,
        max_size: u32,
        offset: u32,
        request: u32,
    },
    GetChanges {
        request: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Mark>,
        watch: WatchName,
    },
    GetEntries {
        after: Vec<Cid>,
        generation: u64,
        identity: Identity,
        limit: u32,
        request: u32,
        #[serde(default, skip_serializing_if = "is_zero")]
        skip: u32,
    },
    GetHeads {
        identities: Vec<Identity>,
    },
    GetSymbols {
        count: u32,
        request: u32,
    },
    #[serde(rename = "ihave")]
    IHave {
        blobs: Vec<(Cid, u64)>,
    },
    #[serde(rename = "iwant")]
    IWant {
        cids: Vec<Cid>,
    },
    LastKnownHeads {
        heads: Vec<WireHead>,
    },
    LinkClaim {
        request: u32,
        token: Token,
    },
    LinkClosed {
        why: LinkEnd,
    },
    LinkMet {},
    LinkOpen {
        request: u32,
        token: Token,
    },
    LinkOpened {
        request: u32,
    },
    LinkStep {
        step: LinkStep,
    },
    MessageFrom {
        letter: Letter,
    },
    MessageTo {
        letter: Letter,
    },
    Offline {
        identity: Identity,
    },
    Online {
        watch: Vec<Identity>,
    },
    Ping {},
    Pong {},
    PresenceList {
        identities: Vec<Identity>,
    },
    Provides {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        feeds: Option<Summary>,
        services: Vec<String>,
    },
    SessionAuth {
        signature: Signature,
    },
    SessionRequest {
        request: SessionRequest,
    },
    Unwatch {
        identities: Vec<Identity>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WireRecord {
    entry: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
}

impl Message {
    /// Writes the message as a frame.
    pub fn encode(&self) -> Frame {
        if let Self::Chunk { bytes, offset, request, size } = self {
            let header = [request.to_be_bytes(), offset.to_be_bytes(), size.to_be_bytes()].concat();
            return Frame::Binary([&header, bytes.as_slice()].concat());
        }
        if let Some(frame) = self.encode_reconciling() {
            return Frame::Binary(frame);
        }
        if let Self::Pass(passing) = self {
            return Frame::Text(passing.text().to_owned());
        }
        // Everything in a message can be written as JSON, so the default never stands for anything.
        Frame::Text(serde_json::to_string(&self.to_wire()).unwrap_or_default())
    }

    /// Reads a text frame.
    ///
    /// # Errors
    /// Garbage, with what is wrong with it. The sender is to blame.
    pub fn decode_text(text: &str) -> Result<Self, Garbage> {
        if text.len() > MESSAGE_BYTES {
            return Err(Garbage::TooLong);
        }
        let value = canon::parse(text).map_err(Garbage::Json)?;
        let wire: Wire =
            serde_json::from_value(value).map_err(|_| Garbage::Json(CanonError::Shape))?;
        Self::from_wire(wire)
    }

    /// Reads a binary frame: a piece of a blob, which is the request's number, the offset, the size
    /// of the whole blob, each a big-endian integer of four bytes, then the bytes; or a step of
    /// reconciliation.
    ///
    /// # Errors
    /// Garbage, with what is wrong with it. The sender is to blame.
    pub fn decode_binary(frame: &[u8]) -> Result<Self, Garbage> {
        if let Some(message) = Self::decode_reconciling(frame) {
            return message;
        }
        let (request, rest) = frame.split_first_chunk().ok_or(Garbage::Cut)?;
        let (offset, rest) = rest.split_first_chunk().ok_or(Garbage::Cut)?;
        let (size, bytes) = rest.split_first_chunk().ok_or(Garbage::Cut)?;
        let (offset, size) = (u32::from_be_bytes(*offset), u32::from_be_bytes(*size));
        let end = (offset as usize).saturating_add(bytes.len());
        if bytes.len() > CHUNK_BYTES || size as usize > BLOB_BYTES || end > size as usize {
            return Err(Garbage::TooLong);
        }
        let request = u32::from_be_bytes(*request);
        Ok(Self::Chunk { bytes: bytes.to_vec(), offset, request, size })
    }

    fn from_wire(wire: Wire) -> Result<Self, Garbage> {
        Ok(match wire {
            Wire::Away { spread } => Self::Away { spread },
            Wire::Cancel { request } => Self::Cancel { request },
            Wire::Changes { gone, heads, mark, more, request } => {
                Self::Changes { gone, heads, mark, more, request }
            }
            Wire::Entries { identity, more, records, request } => {
                Self::Entries { identity, more, records: open(identity, &records)?, request }
            }
            Wire::Error { about, code } => Self::Error { about, code },
            Wire::FindEntries { ids, request } => Self::FindEntries { ids, request },
            Wire::FoundEntries { records, request } => {
                Self::FoundEntries { records: open_found(&records)?, request }
            }
            Wire::GetBlob { cid, max_size, offset, request } => {
                Self::GetBlob { cid, max_size, offset, request }
            }
            Wire::GetChanges { request, since, watch } => {
                Self::GetChanges { request, since, watch }
            }
            Wire::GetEntries { after, generation, identity, limit, request, skip } => {
                Self::GetEntries { after, generation, identity, limit, request, skip }
            }
            Wire::GetHeads { identities } => Self::GetHeads { identities },
            Wire::GetSymbols { count, request } => Self::GetSymbols { count, request },
            Wire::IHave { blobs } => Self::IHave { blobs },
            Wire::IWant { cids } => Self::IWant { cids },
            Wire::LastKnownHeads { heads } => Self::LastKnownHeads { heads },
            Wire::LinkClaim { request, token } => Self::LinkClaim { request, token },
            Wire::LinkClosed { why } => Self::LinkClosed { why },
            Wire::LinkMet {} => Self::LinkMet,
            Wire::LinkOpen { request, token } => Self::LinkOpen { request, token },
            Wire::LinkOpened { request } => Self::LinkOpened { request },
            Wire::LinkStep { step } if step.len() > LINK_STEP_BYTES => {
                return Err(Garbage::TooLong);
            }
            Wire::LinkStep { step } => Self::LinkStep { step },
            Wire::MessageFrom { letter } => Self::MessageFrom { letter },
            Wire::MessageTo { letter } => Self::MessageTo { letter },
            Wire::Offline { identity } => Self::Offline { identity },
            Wire::Online { watch } => Self::Online { watch },
            Wire::Ping {} => Self::Ping,
            Wire::Pong {} => Self::Pong,
            Wire::PresenceList { identities } => Self::PresenceList { identities },
            Wire::Provides { feeds, services } => Self::Provides { feeds, services },
            Wire::SessionAuth { signature } => Self::SessionAuth { signature },
            Wire::SessionRequest { request } => {
                let length = request.protocols.iter().map(String::len).sum::<usize>();
                if request.challenge.len() != 43 || length > SESSION_BYTES {
                    return Err(Garbage::TooLong);
                }
                Self::SessionRequest(request)
            }
            Wire::Unwatch { identities } => Self::Unwatch { identities },
        })
    }

    fn to_wire(&self) -> Wire {
        match self.clone() {
            Self::Away { spread } => Wire::Away { spread },
            Self::Cancel { request } => Wire::Cancel { request },
            Self::Changes { gone, heads, mark, more, request } => {
                Wire::Changes { gone, heads, mark, more, request }
            }
            Self::Entries { identity, more, records, request } => {
                let records = records.iter().map(WireRecord::of).collect();
                Wire::Entries { identity, more, records, request }
            }
            Self::Error { about, code } => Wire::Error { about, code },
            Self::FindEntries { ids, request } => Wire::FindEntries { ids, request },
            Self::FoundEntries { records, request } => {
                let records = records.iter().map(WireRecord::of).collect();
                Wire::FoundEntries { records, request }
            }
            Self::GetBlob { cid, max_size, offset, request } => {
                Wire::GetBlob { cid, max_size, offset, request }
            }
            Self::GetChanges { request, since, watch } => {
                Wire::GetChanges { request, since, watch }
            }
            Self::GetEntries { after, generation, identity, limit, request, skip } => {
                Wire::GetEntries { after, generation, identity, limit, request, skip }
            }
            Self::GetHeads { identities } => Wire::GetHeads { identities },
            Self::GetSymbols { count, request } => Wire::GetSymbols { count, request },
            Self::IHave { blobs } => Wire::IHave { blobs },
            Self::IWant { cids } => Wire::IWant { cids },
            Self::LastKnownHeads { heads } => Wire::LastKnownHeads { heads },
            Self::LinkClaim { request, token } => Wire::LinkClaim { request, token },
            Self::LinkClosed { why } => Wire::LinkClosed { why },
            Self::LinkMet => Wire::LinkMet {},
            Self::LinkOpen { request, token } => Wire::LinkOpen { request, token },
            Self::LinkOpened { request } => Wire::LinkOpened { request },
            Self::LinkStep { step } => Wire::LinkStep { step },
            Self::MessageFrom { letter } => Wire::MessageFrom { letter },
            Self::MessageTo { letter } => Wire::MessageTo { letter },
            Self::Offline { identity } => Wire::Offline { identity },
            Self::Online { watch } => Wire::Online { watch },
            // What is a binary frame, or written already, never comes here.
            Self::Ping
            | Self::Chunk { .. }
            | Self::Differences { .. }
            | Self::Negentropy { .. }
            | Self::Pass(_)
            | Self::Sketch { .. }
            | Self::States { .. } => Wire::Ping {},
            Self::Pong => Wire::Pong {},
            Self::PresenceList { identities } => Wire::PresenceList { identities },
            Self::Provides { feeds, services } => Wire::Provides { feeds, services },
            Self::SessionAuth { signature } => Wire::SessionAuth { signature },
            Self::SessionRequest(request) => Wire::SessionRequest { request },
            Self::Unwatch { identities } => Wire::Unwatch { identities },
        }
    }
}

impl WireRecord {
    fn of(record: &Record) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            entry: text(record.entry.bytes()),
            payload: record.payload.as_ref().map(|(bytes, _)| text(bytes)),
        }
    }
}

/// Checks the entries of one feed and their payloads.
fn open(identity: Identity, records: &[WireRecord]) -> Result<Vec<Record>, Garbage> {
    if records.len() > BATCH {
        return Err(Garbage::TooLong);
    }
    let opened = open_all(records)?;
    if opened.iter().any(|record| record.entry.header().identity != identity) {
        return Err(Garbage::Stranger);
    }
    Ok(opened)
}

/// Checks entries of any feeds and their payloads.
fn open_found(records: &[WireRecord]) -> Result<Vec<Record>, Garbage> {
    if records.len() > FIND { Err(Garbage::TooLong) } else { open_all(records) }
}

/// Checks entries and payloads. Entries of a later version are passed over: they are for those who
/// understand them.
fn open_all(records: &[WireRecord]) -> Result<Vec<Record>, Garbage> {
    let mut checker = Checker::default();
    let mut opened = Vec::with_capacity(records.len());
    for record in records {
        let entry = match checker.entry(record.entry.as_bytes()) {
            Ok(entry) => entry,
            Err(EntryError::Version { .. }) => continue,
            Err(error) => return Err(Garbage::Entry(error)),
        };
        let payload = match &record.payload {
            None => None,
            Some(text) => Some(open_payload(&entry, text.as_bytes())?),
        };
        opened.push(Record { entry, payload });
    }
    Ok(opened)
}

/// Checks a payload against the entry that names it.
pub(crate) fn open_payload(
    entry: &effigy_core::Entry,
    bytes: &[u8],
) -> Result<(Vec<u8>, Payload), Garbage> {
    let named = &entry.header().payload;
    if bytes.len() as u64 != named.size || Cid::of(bytes) != named.cid {
        return Err(Garbage::Hash);
    }
    let payload = Payload::parse(&named.kind, bytes).map_err(Garbage::Payload)?;
    Ok((bytes.to_vec(), payload))
}

/// What is wrong with what a peer sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Garbage {
    /// A binary frame without its header.
    #[error("the frame is cut short")]
    Cut,
    /// An entry that is none.
    #[error("an entry was refused: {0}")]
    Entry(#[source] EntryError),
    /// A payload that is not the one its entry names.
    #[error("a payload is not the one that its entry names")]
    Hash,
    /// A binary frame of no kind that is known.
    #[error("the frame is of an unknown kind")]
    Kind,
    /// Not JSON of a message.
    #[error("the message was refused: {0}")]
    Json(#[source] CanonError),
    /// A payload that is none.
    #[error("a payload was refused: {0}")]
    Payload(#[source] PayloadError),
    /// A worker refused the frame, for a reason of which only this is known.
    #[error("the message was refused")]
    Refused(ErrorCode),
    /// An entry of another feed than the message says.
    #[error("an entry is of another feed than the message says")]
    Stranger,
    /// A frame or list that is too long.
    #[error("the message is too long")]
    TooLong,
}

impl Garbage {
    /// The code by which the sender is told.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Entry(EntryError::Signature(_)) => ErrorCode::Untrusted,
            Self::TooLong => ErrorCode::TooMuch,
            Self::Refused(code) => *code,
            _ => ErrorCode::Malformed,
        }
    }
}

/// Cuts a list into lists that one message may carry.
pub(crate) fn lists<T: Clone>(items: &[T]) -> impl Iterator<Item = Vec<T>> + '_ {
    items.chunks(LIST).map(<[T]>::to_vec)
}
