//! Messages: any bytes, nearly right ones, and those that mean something.

use effigy_core::{Cid, Identity, Signature};
use effigy_proto::reconcile::{Root, Symbol};
use effigy_proto::{
    ErrorCode, Frame, LIST, Mark, Message, SessionRequest, StoreName, WatchName, WireHead,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::cases;
use crate::support::messages::examples;

/// The greatest number that a message may carry.
const GREATEST: u64 = (1 << 53) - 1;

fn cid() -> impl Strategy<Value = Cid> {
    any::<[u8; 32]>().prop_map(Cid::from_digest)
}

fn identity() -> impl Strategy<Value = Identity> {
    any::<[u8; 32]>().prop_map(Identity::from_bytes)
}

fn head() -> impl Strategy<Value = WireHead> {
    let numbers = (0..=GREATEST, 0..=GREATEST, 0..=GREATEST);
    (numbers, cid(), identity(), prop::option::of(cid())).prop_map(
        |((comparable, count, generation), id, identity, state)| WireHead {
            comparable,
            count,
            generation,
            id,
            identity,
            state,
        },
    )
}

fn mark() -> impl Strategy<Value = Mark> {
    (any::<[u8; 8]>(), 0..=GREATEST).prop_map(|(name, at)| Mark(StoreName(name), at))
}

fn request() -> impl Strategy<Value = SessionRequest> {
    (
        any::<[u8; 32]>(),
        prop::option::of(cid()),
        identity(),
        vec("[ -~]{0,20}", 0..9),
        prop::option::of((identity(), prop::option::of(cid()))),
    )
        .prop_map(|(challenge, head, identity, protocols, synod)| SessionRequest {
            challenge: data_encoding::BASE64URL_NOPAD.encode(&challenge),
            head,
            identity,
            protocols,
            synod,
        })
}

fn code() -> impl Strategy<Value = ErrorCode> {
    select(vec![
        ErrorCode::EntryQuota,
        ErrorCode::Forbidden,
        ErrorCode::Full,
        ErrorCode::Malformed,
        ErrorCode::NotFound,
        ErrorCode::Offline,
        ErrorCode::TooMuch,
        ErrorCode::Untrusted,
        ErrorCode::Version,
    ])
}

/// Any message that somebody may say.
#[allow(clippy::too_many_lines, reason = "one a message, and nothing else")]
fn message() -> impl Strategy<Value = Message> {
    let (a, b, c) = (any::<u32>(), any::<u32>(), any::<u32>());
    let list = 0..20_usize;
    prop_oneof![
        a.prop_map(|request| Message::Cancel { request }),
        (vec(any::<u8>(), 0..200), 0..=262_000_u32, 1..=u32::MAX, 0..=144_u32).prop_map(
            |(bytes, offset, request, more)| {
                let size = (offset + bytes.len() as u32 + more).min(262_144);
                Message::Chunk { bytes, offset, request, size }
            }
        ),
        (a, code()).prop_map(|(about, code)| Message::Error { about, code }),
        (cid(), a, b, c).prop_map(|(cid, max_size, offset, request)| Message::GetBlob {
            cid,
            max_size,
            offset,
            request
        }),
        (vec(cid(), list.clone()), 0..=GREATEST, identity(), b, c).prop_map(
            |(after, generation, identity, limit, request)| Message::GetEntries {
                after,
                generation,
                identity,
                limit,
                request,
                skip: request.rotate_left(7),
            }
        ),
        vec(identity(), list.clone()).prop_map(|identities| Message::GetHeads { identities }),
        vec(identity(), list.clone()).prop_map(|identities| Message::Unwatch { identities }),
        (a, prop::option::of(mark()), any::<[u8; 16]>()).prop_map(|(request, since, watch)| {
            Message::GetChanges { request, since, watch: WatchName(watch) }
        }),
        (vec(identity(), list.clone()), vec(head(), list.clone()), mark(), any::<bool>(), a)
            .prop_map(|(gone, heads, mark, more, request)| {
                Message::Changes { gone, heads, mark, more, request }
            }),
        (a, any::<[u8; 16]>(), any::<u16>(), vec(any::<[u8; 11]>(), list.clone())).prop_map(
            |(request, root, skip, symbols)| {
                let symbols = symbols.iter().map(Symbol::from_bytes).collect();
                Message::Sketch { request, root: Root(root), skip, symbols }
            }
        ),
        (a, vec(any::<u64>(), list.clone()))
            .prop_map(|(request, missing)| Message::Differences { missing, request }),
        (a, vec(cid(), list.clone()))
            .prop_map(|(request, states)| Message::States { request, states }),
        (a, vec(any::<u8>(), 0..200))
            .prop_map(|(request, bytes)| Message::Negentropy { bytes, request }),
        (a, b).prop_map(|(count, request)| Message::GetSymbols { count, request }),
        (a, vec(cid(), list.clone()))
            .prop_map(|(request, ids)| Message::FindEntries { ids, request }),
        vec((cid(), 0..=GREATEST), list.clone()).prop_map(|blobs| Message::IHave { blobs }),
        vec(cid(), list.clone()).prop_map(|cids| Message::IWant { cids }),
        vec(head(), list.clone()).prop_map(|heads| Message::LastKnownHeads { heads }),
        identity().prop_map(|identity| Message::Offline { identity }),
        vec(identity(), list.clone()).prop_map(|watch| Message::Online { watch }),
        Just(Message::Ping),
        Just(Message::Pong),
        any::<u32>().prop_map(|spread| Message::Away { spread }),
        vec(identity(), list.clone()).prop_map(|identities| Message::PresenceList { identities }),
        vec("\\PC{0,20}", list).prop_map(|services| Message::Provides { feeds: None, services }),
        any::<[u8; 64]>()
            .prop_map(|bytes| Message::SessionAuth { signature: Signature::from_bytes(bytes) }),
        request().prop_map(Message::SessionRequest),
        select(examples().unwrap()),
    ]
}

fn decode(frame: &Frame) -> Option<Message> {
    match frame {
        Frame::Binary(bytes) => Message::decode_binary(bytes).ok(),
        Frame::Text(text) => Message::decode_text(text).ok(),
    }
}

/// Members that may be left out (10 of the protocol).
const OPTIONAL: [&str; 3] = ["feeds", "since", "skip"];

/// What has to hold for any text; says whether it is a message.
fn sound(text: &str) -> bool {
    let Ok(message) = Message::decode_text(text) else { return false };
    assert_eq!(decode(&message.encode()), Some(message), "what is understood can be said again");
    true
}

/// Everything inside a value that has a place: the way to each.
fn places(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, v)| (key.clone(), v)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, v)| (n.to_string(), v)).collect(),
        _ => Vec::new(),
    };
    let below = inner.into_iter().flat_map(|(key, value)| {
        places(value).into_iter().map(move |rest| format!("/{key}{rest}"))
    });
    std::iter::once(String::new()).chain(below).collect()
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,70}".prop_map(Value::from),
        cid().prop_map(|cid| json!(cid)),
        identity().prop_map(|identity| json!(identity)),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,9}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..300), text in "\\PC{0,200}") {
        if let Ok(message) = Message::decode_binary(&bytes) {
            prop_assert_eq!(message.encode(), Frame::Binary(bytes.clone()));
        }
        for text in [text.as_str(), &String::from_utf8_lossy(&bytes)] {
            prop_assert!(!sound(text));
        }
    }

    #[test]
    fn what_is_said_is_understood(message in message()) {
        prop_assert_eq!(decode(&message.encode()), Some(message));
    }

    #[test]
    fn any_value_in_any_place(message in message(), place in any::<Index>(), new in anything()) {
        let Frame::Text(text) = message.encode() else { return Ok(()) };
        let mut value: Value = serde_json::from_str(&text).unwrap();
        let places = places(&value);
        *value.pointer_mut(place.get(&places).as_str()).unwrap() = new;
        sound(&value.to_string());
    }

    #[test]
    fn a_member_too_many_or_too_few_is_refused(message in message(), at in any::<Index>(), name in "[a-z]{1,8}") {
        let Frame::Text(text) = message.encode() else { return Ok(()) };
        let value: Value = serde_json::from_str(&text).unwrap();
        let members = value.as_object().unwrap();
        if !members.contains_key(&name) {
            let mut more = value.clone();
            more[&name] = json!(1);
            prop_assert!(!sound(&more.to_string()), "{}", more);
        }
        let needed = |key: &&String| !OPTIONAL.contains(&key.as_str());
        let keys: Vec<&String> = members.keys().filter(needed).collect();
        let mut fewer = value.clone();
        fewer.as_object_mut().unwrap().remove(*at.get(&keys));
        prop_assert!(!sound(&fewer.to_string()), "{}", fewer);
    }

    #[test]
    fn a_byte_changed_or_a_cut(message in message(), at in any::<Index>(), to in any::<u8>()) {
        match message.encode() {
            Frame::Binary(mut bytes) => {
                let at = at.index(bytes.len());
                let _ = Message::decode_binary(&bytes[..at]);
                bytes[at] = to;
                if let Ok(message) = Message::decode_binary(&bytes) {
                    prop_assert_eq!(message.encode(), Frame::Binary(bytes));
                }
            }
            Frame::Text(text) => {
                let at = at.index(text.len());
                prop_assert!(!text.is_char_boundary(at) || !sound(&text[..at]));
                let mut bytes = text.into_bytes();
                bytes[at] = to;
                sound(&String::from_utf8_lossy(&bytes));
            }
        }
    }
}

#[test]
fn one_of_each_reads_back() {
    for message in examples().unwrap() {
        assert_eq!(decode(&message.encode()), Some(message));
    }
}

#[test]
fn lists_end_where_json_ends() {
    let cids = |count: usize| Message::IWant { cids: vec![Cid::of(b"x"); count] }.encode();
    assert!(decode(&cids(LIST)).is_some());
    assert!(decode(&cids(LIST + 1)).is_none(), "256 items of an array and no more");
}
