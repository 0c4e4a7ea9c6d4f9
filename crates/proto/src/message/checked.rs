//! Checking a frame in one place and taking it in at another: what a worker tells the page.
//!
//! Nearly all the work that frames make is in their entries: two hashes, a signature, and twice the
//! JSON. A worker does it and writes down what it found, in few bytes and with the very bytes that it
//! checked. Who takes that in hashes them once more and reads them; no signature is checked twice.
//!
//! ```text
//! 00 code                                          refused
//! 01 request more identity, and for each record:   entries
//!    id digest length entry, length payload
//! 02                                               anything else: read the frame itself
//! ```
//!
//! Numbers are 32 bits, the high byte first; the length of a payload that was taken back is 2^32 - 1.

use effigy_core::{Cid, Entry, Identity, Payload};

use super::{ErrorCode, Garbage, Message, Record};

const REFUSED: u8 = 0;
const ENTRIES: u8 = 1;
const OTHER: u8 = 2;

/// The length that says that there is no payload.
const TAKEN_BACK: u32 = u32::MAX;
/// Every code that a frame is refused with, by its place.
const CODES: [ErrorCode; 3] = [ErrorCode::Malformed, ErrorCode::TooMuch, ErrorCode::Untrusted];

impl Message {
    /// Checks a text frame as [`decode_text`](Self::decode_text) does, and writes down what came of
    /// it for [`decode_checked`](Self::decode_checked).
    pub fn check_text(text: &str) -> Vec<u8> {
        match Self::decode_text(text) {
            Ok(Self::Entries { identity, more, records, request }) => {
                let room = text.len().saturating_add(records.len().saturating_mul(80));
                let mut found = Vec::with_capacity(room);
                found.push(ENTRIES);
                found.extend(request.to_be_bytes());
                found.push(u8::from(more));
                found.extend(identity.bytes());
                records.iter().for_each(|record| write(record, &mut found));
                found
            }
            Ok(_) => vec![OTHER],
            Err(garbage) => {
                let code = garbage.code();
                let place = CODES.iter().position(|known| *known == code).unwrap_or_default();
                vec![REFUSED, u8::try_from(place).unwrap_or_default()]
            }
        }
    }

    /// Reads what [`check_text`](Self::check_text) found. Only for what an own worker wrote: no
    /// signature is checked here.
    ///
    /// `None` when the frame itself has to be read.
    pub fn decode_checked(found: &[u8]) -> Option<Result<Self, Garbage>> {
        match found.split_first()? {
            (&REFUSED, code) => {
                let code = CODES.get(usize::from(*code.first()?))?;
                Some(Err(Garbage::Refused(*code)))
            }
            (&ENTRIES, rest) => entries(rest).map(Ok),
            _ => None,
        }
    }
}

fn write(record: &Record, found: &mut Vec<u8>) {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(TAKEN_BACK).to_be_bytes();
    let entry = record.entry.bytes();
    found.extend(record.entry.id().digest());
    found.extend(record.entry.digest().digest());
    found.extend(length(entry));
    found.extend(entry);
    match &record.payload {
        Some((bytes, _)) => {
            found.extend(length(bytes));
            found.extend(bytes);
        }
        None => found.extend(TAKEN_BACK.to_be_bytes()),
    }
}

fn entries(found: &[u8]) -> Option<Message> {
    let (request, rest) = found.split_first_chunk()?;
    let (more, rest) = rest.split_first()?;
    let (identity, mut rest) = rest.split_first_chunk()?;
    let mut records = Vec::new();
    while !rest.is_empty() {
        let (record, behind) = read(rest)?;
        records.push(record);
        rest = behind;
    }
    Some(Message::Entries {
        identity: Identity::from_bytes(*identity),
        more: *more != 0,
        records,
        request: u32::from_be_bytes(*request),
    })
}

/// Reads the first record; what stands behind it.
fn read(found: &[u8]) -> Option<(Record, &[u8])> {
    let (id, rest) = found.split_first_chunk()?;
    let (digest, rest) = rest.split_first_chunk()?;
    let (length, rest) = number(rest)?;
    let (entry, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let entry = Entry::recall(entry, Cid::from_digest(*id), Cid::from_digest(*digest)).ok()?;
    let (length, rest) = number(rest)?;
    if length == TAKEN_BACK {
        return Some((Record { entry, payload: None }, rest));
    }
    let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let named = &entry.header().payload;
    if Cid::of(bytes) != named.cid {
        return None;
    }
    let payload = Payload::recall(&named.kind, bytes).ok()?;
    Some((Record { entry, payload: Some((bytes.to_vec(), payload)) }, rest))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use effigy_core::payload::{Note, Tag};
    use effigy_core::{Draft, Secret, Time};

    use super::*;
    use crate::message::Frame;

    fn record(n: u64, payload: &Payload, gone: bool) -> Record {
        let secret = Secret::from_seed(&[1; 32]);
        let bytes = payload.write().unwrap();
        let draft = Draft {
            after: n,
            generation: 0,
            identity: secret.identity(),
            kind: payload.kind().unwrap().to_owned(),
            parents: vec![Cid::of(&n.to_be_bytes())],
            payload: bytes.clone(),
            synod: Some((Secret::from_seed(&[2; 32]).identity(), Cid::of(b"head"))),
        };
        let entry = draft.sign(&secret, Time(1)).unwrap();
        Record { entry, payload: (!gone).then(|| (bytes, payload.clone())) }
    }

    fn message() -> Message {
        let note =
            Payload::Note(Note { images: Vec::new(), text: "\"Hello\"\n\u{1f600}".to_owned() });
        let tag = Payload::Tag(Tag { on: true, target: Cid::of(b"x"), word: "word".to_owned() });
        let records = vec![record(1, &note, false), record(2, &note, true), record(3, &tag, false)];
        let identity = Secret::from_seed(&[1; 32]).identity();
        Message::Entries { identity, more: true, records, request: 7 }
    }

    fn text(message: &Message) -> String {
        match message.encode() {
            Frame::Text(text) => text,
            Frame::Binary(_) => unreachable!(),
        }
    }

    #[test]
    fn what_a_worker_found_is_what_the_frame_says() {
        let text = text(&message());
        let found = Message::check_text(&text);
        assert_eq!(Message::decode_checked(&found), Some(Message::decode_text(&text)));
        assert_eq!(Message::decode_checked(&found), Some(Ok(message())));
    }

    #[test]
    fn what_a_worker_refused_is_refused_with_the_same_code() {
        let forged = text(&message()).replace("\"more\":true", "\"more\":true,\"more\":true");
        let unsigned = text(&message()).replacen("\\\\\"Hello", "\\\\\"Jello", 1);
        for garbage in [forged, unsigned, "{".to_owned(), "a".repeat(300_000)] {
            let expected = Message::decode_text(&garbage).unwrap_err().code();
            match Message::decode_checked(&Message::check_text(&garbage)) {
                Some(Err(found)) => assert_eq!(found.code(), expected, "{found}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn other_messages_are_read_as_they_came() {
        assert_eq!(Message::decode_checked(&Message::check_text(&text(&Message::Ping))), None);
    }

    #[test]
    fn bytes_that_were_not_the_checked_ones_are_never_taken_in() {
        let found = Message::check_text(&text(&message()));
        let entries = Message::decode_checked(&found);
        let Some(Ok(Message::Entries { records: sent, .. })) = &entries else { unreachable!() };
        for place in 0..found.len() {
            let mut altered = found.clone();
            altered[place] ^= 1;
            let taken = Message::decode_checked(&altered);
            assert!(taken != entries, "byte {place}");
            // A number in front, a feed or a digest are the worker's word, as its verdict is.
            let Some(Ok(Message::Entries { records, .. })) = &taken else { continue };
            for (taken, sent) in records.iter().zip(sent) {
                assert_eq!(taken.entry.bytes(), sent.entry.bytes(), "byte {place}");
                assert_eq!(taken.payload, sent.payload, "byte {place}");
            }
        }
        for length in 0..found.len() {
            assert!(Message::decode_checked(&found[..length]) != entries, "{length} bytes");
        }
    }
}
