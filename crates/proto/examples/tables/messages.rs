//! One of each message, as it crosses the wire.

use data_encoding::HEXLOWER;
use effigy_core::payload::Note;
use effigy_core::random::Random;
use effigy_core::seal::{SealingSecret, seal_letter};
use effigy_core::{Cid, Draft, Payload, Secret, Time};
use effigy_proto::{ErrorCode, Frame, Message, Record, WireHead};

use super::session;

/// 20 November 2025, 10:00:00 UTC.
const NOW: Time = Time(1_763_632_800_000);

/// Every message with its sentence and an example.
pub(crate) fn all() -> String {
    let Some(examples) = examples() else { return String::new() };
    let mut text = String::new();
    for message in examples {
        let (name, from, meaning) = about(&message);
        let example = match message.encode() {
            Frame::Text(json) => format!("```json\n{json}\n```"),
            Frame::Binary(bytes) => format!("```text\n{}\n```", HEXLOWER.encode(&bytes)),
        };
        text.push_str(&format!("**`{name}`** ({from}). {meaning}\n\n{example}\n\n"));
    }
    text
}

/// The message's name, who sends it, and what it means.
#[expect(clippy::too_many_lines, reason = "one sentence for each message")]
const fn about(message: &Message) -> (&'static str, &'static str, &'static str) {
    const ANY: &str = "either side";
    const TO_HUB: &str = "to a hub";
    const OF_HUB: &str = "from a hub";
    match message {
        Message::Cancel { .. } => {
            ("cancel", ANY, "What was asked for under this number is no longer wanted.")
        }
        Message::Chunk { .. } => (
            "chunk",
            ANY,
            "A piece of a blob, as a binary frame: `request`, `offset` and the size of the whole blob, four bytes each, the high byte first; then the bytes. Here request 7, offset 0, size 5, and `hello`.",
        ),
        Message::Entries { .. } => (
            "entries",
            ANY,
            "The answer to `get_entries`: entries of one feed, every parent before its child, each with its payload unless that was taken back. `more`: the answer was cut, ask again after these.",
        ),
        Message::Error { .. } => {
            ("error", ANY, "Something was refused. `about` is the number of the request, or 0.")
        }
        Message::GetBlob { .. } => (
            "get_blob",
            ANY,
            "Send the blob from this offset on, unless it has more than `max_size` bytes altogether.",
        ),
        Message::GetEntries { .. } => (
            "get_entries",
            ANY,
            "Send what somebody lacks who has the entries in `after` and all before them; at most `limit`.",
        ),
        Message::GetHeads { .. } => (
            "get_heads",
            ANY,
            "Say how far these feeds are, now and whenever one of them moves while the session lives.",
        ),
        Message::IHave { .. } => ("ihave", ANY, "These blobs are here, with their sizes in bytes."),
        Message::IWant { .. } => {
            ("iwant", ANY, "These blobs are looked for. Who has one says so, now or when it comes.")
        }
        Message::LastKnownHeads { .. } => (
            "last_known_heads",
            ANY,
            "How far feeds are: the clock and the id of the newest entry, and how many there are in this generation.",
        ),
        Message::MessageFrom { .. } => {
            ("message_from", OF_HUB, "A letter for the receiver of this message (7.2).")
        }
        Message::MessageTo { .. } => (
            "message_to",
            TO_HUB,
            "Pass this letter on. `from` must be the sender of this message.",
        ),
        Message::Offline { .. } => {
            ("offline", OF_HUB, "This device is no longer here, or no longer to be seen.")
        }
        Message::Online { .. } => (
            "online",
            TO_HUB,
            "I am here; these devices may know it, and I want to know of them. Replaces the list before.",
        ),
        Message::Ping => ("ping", ANY, "Are you there?"),
        Message::Pong => ("pong", ANY, "I am."),
        Message::PresenceList { .. } => (
            "presence_list",
            OF_HUB,
            "These devices are here: all of those listed at first, later each that comes.",
        ),
        Message::Provides { .. } => (
            "provides",
            ANY,
            "What the sender is willing to do; the first message of an open session.",
        ),
        Message::SessionAuth { .. } => {
            ("session_auth", ANY, "The proof of the sender's key (8.2).")
        }
        Message::SessionRequest(_) => {
            ("session_request", ANY, "The first message of each side (8.2).")
        }
    }
}

/// One of each message.
pub(crate) fn examples() -> Option<Vec<Message>> {
    let (ana, ben) = (Secret::from_seed(&[1; 32]), Secret::from_seed(&[2; 32]));
    let synod = Secret::from_seed(&[3; 32]).identity();
    let payload = Payload::Note(Note { images: Vec::new(), text: "Hello".to_owned() });
    let bytes = payload.write().ok()?;
    let draft = Draft {
        after: 0,
        generation: 0,
        identity: ana.identity(),
        kind: payload.kind()?.to_owned(),
        parents: Vec::new(),
        payload: bytes.clone(),
        synod: Some((synod, Cid::of(b"the newest entry of the account"))),
    };
    let entry = draft.sign(&ana, NOW).ok()?;
    let (id, cid) = (entry.id(), Cid::of(b"hello"));
    let head =
        WireHead { comparable: NOW.0, count: 1, generation: 0, id, identity: ana.identity() };
    let records = vec![Record { entry, payload: Some((bytes, payload)) }];
    let key = SealingSecret::from_bytes([4; 32]).key().ok()?;
    let mut random = Random::seeded([5; 32]);
    let letter =
        seal_letter(b"{\"type\":\"greeted\"}", &ana, ben.identity(), &key, NOW, &mut random)
            .ok()?;
    let (identity, others) = (ana.identity(), vec![ben.identity()]);
    let services = ["blobs", "entries", "heads"].map(str::to_owned).to_vec();
    let mut all = session::beginning()?.0;
    all.dedup_by_key(|message| about(message).0);
    all.truncate(2);
    all.extend([
        Message::Provides { services },
        Message::GetHeads { identities: vec![identity, synod] },
        Message::LastKnownHeads { heads: vec![head] },
        Message::GetEntries { after: Vec::new(), generation: 0, identity, limit: 100, request: 6 },
        Message::Entries { identity, more: false, records, request: 6 },
        Message::IWant { cids: vec![cid] },
        Message::IHave { blobs: vec![(cid, 5)] },
        Message::GetBlob { cid, max_size: 5, offset: 0, request: 7 },
        Message::Chunk { bytes: b"hello".to_vec(), offset: 0, request: 7, size: 5 },
        Message::Cancel { request: 7 },
        Message::Online { watch: others.clone() },
        Message::PresenceList { identities: others },
        Message::Offline { identity: ben.identity() },
        Message::MessageTo { letter: letter.clone() },
        Message::MessageFrom { letter },
        Message::Ping,
        Message::Pong,
        Message::Error { about: 7, code: ErrorCode::NotFound },
    ]);
    Some(all)
}
