//! One of each message, as it crosses the wire.

use data_encoding::HEXLOWER;
use effigy_core::link::{Half, Token};
use effigy_core::payload::Note;
use effigy_core::random::Random;
use effigy_core::seal::{SealingSecret, seal_letter};
use effigy_core::{Cid, Draft, Payload, Secret, Time};
use effigy_proto::reconcile::{Items, short};
use effigy_proto::{
    ErrorCode, Frame, LinkEnd, LinkStep, Mark, Message, Record, StoreName, Summary, WatchName,
    WireHead,
};

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
        Message::Away { .. } => (
            "away",
            OF_HUB,
            "This hub was told to stop and closes its connections. Whoever is here comes back at a random moment within the next `spread` milliseconds.",
        ),
        Message::Cancel { .. } => {
            ("cancel", ANY, "What was asked for under this number is no longer wanted.")
        }
        Message::Changes { .. } => (
            "changes",
            ANY,
            "The answer to `get_changes`, or unasked with request 0: heads that changed of feeds that the receiver watches, and such feeds as are not here or no longer. All of it up to `mark` has been told: `[name, number]`. `more`: the answer was cut, ask again from this mark on.",
        ),
        Message::Chunk { .. } => (
            "chunk",
            ANY,
            "A piece of a blob, as a binary frame: `request`, `offset` and the size of the whole blob, four bytes each, the high byte first; then the bytes. Here request 7, offset 0, size 5, and `hello`.",
        ),
        Message::Differences { .. } => (
            "differences",
            ANY,
            "The answer to a sketch, as a binary frame of kind 2: short names, eight bytes each, of items of the sketch that are missing here. Here request 10 and two of them.",
        ),
        Message::Entries { .. } => (
            "entries",
            ANY,
            "The answer to `get_entries`: entries of one feed, every parent before its child, each with its payload unless that was taken back. `more`: the answer was cut, ask again after these.",
        ),
        Message::Error { .. } => {
            ("error", ANY, "Something was refused. `about` is the number of the request, or 0.")
        }
        Message::FindEntries { .. } => {
            ("find_entries", ANY, "Send these entries, of whatever feeds, if they are there.")
        }
        Message::FoundEntries { .. } => (
            "found_entries",
            ANY,
            "The answer to `find_entries`: those that are there, each with its payload unless that was taken back.",
        ),
        Message::GetBlob { .. } => (
            "get_blob",
            ANY,
            "Send the blob from this offset on, unless it has more than `max_size` bytes altogether.",
        ),
        Message::GetChanges { .. } => (
            "get_changes",
            ANY,
            "Tell what changed since a mark, of the feeds that were watched when `watch` was told last. Without `since`: remember under this name what is watched now, and tell a mark.",
        ),
        Message::GetEntries { .. } => (
            "get_entries",
            ANY,
            "Send what somebody lacks who has the entries in `after` and all before them; at most `limit`, after the first `skip` (0 where it is left out).",
        ),
        Message::GetHeads { .. } => (
            "get_heads",
            ANY,
            "Say how far these feeds are, now and whenever one of them moves while the session lives.",
        ),
        Message::GetSymbols { .. } => (
            "get_symbols",
            ANY,
            "The sketch of this request is too short: send it again with so many symbols.",
        ),
        Message::IHave { .. } => ("ihave", ANY, "These blobs are here, with their sizes in bytes."),
        Message::IWant { .. } => {
            ("iwant", ANY, "These blobs are looked for. Who has one says so, now or when it comes.")
        }
        Message::LastKnownHeads { .. } => (
            "last_known_heads",
            ANY,
            "How far feeds are: the clock and the id of the newest entry, and how many there are in this generation; and `state`, where a feed has several ends (8.4.1).",
        ),
        Message::LinkClaim { .. } => (
            "link_claim",
            TO_HUB,
            "Let me meet who shows the offer of this token (9.1). Answered by `link_met`, or by `not_found`.",
        ),
        Message::LinkClosed { .. } => (
            "link_closed",
            ANY,
            "Two devices no longer have each other, or this one leaves: `left`, `late` (it took too long), `twice` (the offer was taken a second time).",
        ),
        Message::LinkMet => (
            "link_met",
            OF_HUB,
            "To both: they have met, and from here on what one says is passed on to the other.",
        ),
        Message::LinkOpen { .. } => (
            "link_open",
            TO_HUB,
            "Keep an offer for two minutes, for the first who comes with its token (9.1). The one before is dropped.",
        ),
        Message::LinkOpened { .. } => {
            ("link_opened", OF_HUB, "The answer to `link_open`: the offer may be shown.")
        }
        Message::LinkStep { .. } => (
            "link_step",
            ANY,
            "A step of linking, passed on as it is (9.1): `promise`, `answer`, `reveal`, then `sealed`, whose `body` has at most 4,096 letters.",
        ),
        Message::MessageFrom { .. } => {
            ("message_from", OF_HUB, "A letter for the receiver of this message (7.2).")
        }
        Message::MessageTo { .. } | Message::Pass(_) => (
            "message_to",
            TO_HUB,
            "Pass this letter on. `from` must be the sender of this message.",
        ),
        Message::Negentropy { .. } => (
            "negentropy",
            ANY,
            "A step of a reconciliation by negentropy, as a binary frame of kind 4. Here request 11.",
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
            "What the sender is willing to do; the first message of an open session. `feeds`, where there are many: how many feeds are replicated here, and the hash of their states (8.4.4).",
        ),
        Message::SessionAuth { .. } => {
            ("session_auth", ANY, "The proof of the sender's key (8.2).")
        }
        Message::SessionRequest(_) => {
            ("session_request", ANY, "The first message of each side (8.2).")
        }
        Message::Sketch { .. } => (
            "sketch",
            ANY,
            "The states of all feeds that are replicated here, as a binary frame of kind 1: their hash, two bytes that say how many symbols of it came before, then the next, eleven bytes each. Here request 10 and the first two symbols.",
        ),
        Message::States { .. } => (
            "states",
            ANY,
            "The answer to `differences`, as a binary frame of kind 3: the full hashes, 32 bytes each, of the items that were missing. Here request 10 and one of them.",
        ),
        Message::Unwatch { .. } => {
            ("unwatch", ANY, "These feeds are no longer watched: do not tell of them.")
        }
    }
}

/// One of each message.
#[allow(clippy::too_many_lines, reason = "one a message, and nothing else")]
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
    let (comparable, count, generation) = (NOW.0, 1, 0);
    let head =
        WireHead { comparable, count, generation, id, identity: ana.identity(), state: None };
    let records = vec![Record { entry, payload: Some((bytes, payload)) }];
    let key = SealingSecret::from_bytes([4; 32]).key().ok()?;
    let mut random = Random::seeded([5; 32]);
    let letter =
        seal_letter(b"{\"type\":\"greeted\"}", &ana, ben.identity(), &key, NOW, &mut random)
            .ok()?;
    let (identity, others) = (ana.identity(), vec![ben.identity()]);
    let services = ["blobs", "changes", "entries", "find", "heads", "reconcile"];
    let services = services.map(str::to_owned).to_vec();
    let (mark, watch) = (Mark(StoreName([6; 8]), 4_711), WatchName([7; 16]));
    let state = Cid::of(b"the state of a feed");
    let mut items = Items::default();
    items.insert(state, ());
    let root = items.root();
    let feeds = Some(Summary { count: 312, root });
    let token = Token::from_bytes([1, 35, 69, 103, 137]);
    let half = Half::new(SealingSecret::from_bytes([8; 32]), [9; 32]).ok()?;
    let opening = half.opening().clone();
    let mut all = session::beginning()?.0;
    all.dedup_by_key(|message| about(message).0);
    all.truncate(2);
    all.extend([
        Message::Provides { feeds, services },
        Message::GetHeads { identities: vec![identity, synod] },
        Message::LastKnownHeads { heads: vec![head] },
        Message::Unwatch { identities: vec![synod] },
        Message::GetChanges { request: 5, since: Some(mark), watch },
        Message::Changes { gone: vec![synod], heads: vec![head], mark, more: false, request: 5 },
        Message::Sketch { request: 10, root, skip: 0, symbols: items.symbols(2) },
        Message::GetSymbols { count: 52, request: 10 },
        Message::Differences { missing: vec![short(&state), 1], request: 10 },
        Message::States { request: 10, states: vec![state] },
        Message::Negentropy { bytes: b"hello".to_vec(), request: 11 },
        Message::GetEntries {
            after: Vec::new(),
            generation: 0,
            identity,
            limit: 100,
            request: 6,
            skip: 100,
        },
        Message::Entries { identity, more: false, records: records.clone(), request: 6 },
        Message::FindEntries { ids: vec![id], request: 8 },
        Message::FoundEntries { records, request: 8 },
        Message::IWant { cids: vec![cid] },
        Message::IHave { blobs: vec![(cid, 5)] },
        Message::GetBlob { cid, max_size: 5, offset: 0, request: 7 },
        Message::Chunk { bytes: b"hello".to_vec(), offset: 0, request: 7, size: 5 },
        Message::Cancel { request: 7 },
        Message::Online { watch: others.clone() },
        Message::PresenceList { identities: others },
        Message::Offline { identity: ben.identity() },
        Message::LinkOpen { request: 12, token },
        Message::LinkOpened { request: 12 },
        Message::LinkClaim { request: 13, token },
        Message::LinkMet,
        Message::LinkStep {
            step: LinkStep::Promise { commitment: opening.commitment(), new: true },
        },
        Message::LinkStep { step: LinkStep::Answer { new: false, opening: opening.clone() } },
        Message::LinkStep { step: LinkStep::Reveal { opening } },
        Message::LinkStep { step: LinkStep::Sealed { body: "c2VhbGVk".to_owned() } },
        Message::LinkClosed { why: LinkEnd::Left },
        Message::MessageTo { letter: letter.clone() },
        Message::MessageFrom { letter },
        Message::Ping,
        Message::Pong,
        Message::Away { spread: 20_000 },
        Message::Error { about: 7, code: ErrorCode::NotFound },
    ]);
    Some(all)
}
