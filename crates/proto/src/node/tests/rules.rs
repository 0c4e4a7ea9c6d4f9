//! Chain rules at a node: who breaks one is told, nothing changes, and what is proper goes on.

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use effigy_core::payload::Note;
use effigy_core::{Cid, Entry, Payload, Secret, Signature};
use effigy_store::pack::Pack;
use effigy_store::{Key, Table};

use super::devices::{following, held};
use super::{Actor, Desk};
use crate::api::{Event, FeedStatus, Network};
use crate::io::{Input, Link};
use crate::message::{ErrorCode, Frame, Garbage, Message, Record, WireHead};

fn note(text: &str) -> Payload {
    Payload::Note(Note { images: Vec::new(), text: text.to_owned() })
}

/// All packs of the desk: what must not change.
fn packs(desk: &Desk) -> BTreeMap<Key, Vec<u8>> {
    let packs = desk.disk.iter().filter(|(key, _)| key.table == Table::Packs);
    packs.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Makes the node ask for a feed by promising more of it than there is, and answers with these.
fn answers(desk: &mut Desk, link: Link, actor: &Actor, promised: u64, records: Vec<Record>) {
    let identity = actor.device();
    let id = Cid::of(&promised.to_be_bytes());
    let head = WireHead { count: promised, id, ..actor.head(identity) };
    desk.heard(link);
    desk.say(link, Message::LastKnownHeads { heads: vec![head] });
    let request = desk.heard(link).into_iter().find_map(|message| match message {
        Message::GetEntries { identity: of, request, .. } if of == identity => Some(request),
        _ => None,
    });
    let request = request.expect("a question");
    desk.say(link, Message::Entries { identity, more: false, records, request });
}

fn errors(desk: &mut Desk, link: Link) -> Vec<ErrorCode> {
    let heard = desk.heard(link).into_iter().filter_map(|message| match message {
        Message::Error { code, .. } => Some(code),
        _ => None,
    });
    heard.collect()
}

/// The network's state as last told.
fn network(desk: &mut Desk) -> Network {
    desk.pass(2_000);
    let told = desk.events.iter().rev().find_map(|event| match event {
        Event::Network(network) => Some(network.clone()),
        _ => None,
    });
    told.unwrap()
}

fn status(desk: &mut Desk, actor: &Actor) -> FeedStatus {
    let feeds = network(desk).feeds;
    feeds.into_iter().find(|feed| feed.identity == actor.device()).unwrap()
}

#[test]
fn whoever_sends_a_clock_that_goes_backwards_is_told() {
    let mut ben = Actor::new(2);
    ben.posts("one");
    let (mut desk, hub) = following(&[&ben]);
    let (tip, secret) = (ben.feed(ben.device())[0].entry.clone(), ben.device.clone());
    let clock = tip.header().comparable;
    for (n, clock) in [(5, clock), (6, clock - 1)] {
        let before = packs(&desk);
        let bad = ben.sign(ben.device(), &secret, note("before"), vec![tip.id()], clock);
        answers(&mut desk, hub.link, &ben, n, vec![bad]);
        assert_eq!(errors(&mut desk, hub.link), [ErrorCode::Malformed]);
        assert_eq!(packs(&desk), before);
    }
    assert_eq!(held(&mut desk, hub.link, ben.device()), 1);
    let good = ben.posts("two");
    answers(&mut desk, hub.link, &ben, 7, vec![good]);
    assert_eq!(held(&mut desk, hub.link, ben.device()), 2, "what is proper goes on");
    assert!(desk.closed.is_empty());
}

#[test]
fn whoever_mixes_feeds_is_told() {
    let (mut ben, mut eve) = (Actor::new(2), Actor::new(3));
    ben.posts("one");
    let (mut desk, hub) = following(&[&ben, &eve]);
    let strange = eve.posts("strange");
    let before = packs(&desk);
    let (identity, records) = (ben.device(), vec![strange]);
    let Frame::Text(text) =
        (Message::Entries { identity, more: false, records, request: 1 }).encode()
    else {
        unreachable!()
    };
    let garbage = Message::decode_text(&text).unwrap_err();
    assert_eq!(garbage, Garbage::Stranger);
    desk.heard(hub.link);
    desk.tell(Input::Received(hub.link, Err(garbage)));
    assert_eq!(errors(&mut desk, hub.link), [ErrorCode::Malformed]);
    assert_eq!(packs(&desk), before);
}

/// The same header, truly signed with another nonce: only the owner of the key can do that.
#[expect(clippy::disallowed_methods, reason = "the second nonce is the attack")]
fn signed_again(record: &Record, secret: &Secret, n: u16) -> Record {
    let bytes = record.entry.bytes();
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap();
    let key = VerifyingKey::from_bytes(secret.identity().bytes()).unwrap();
    let mut expanded = ExpandedSecretKey::from(&*secret.seed());
    expanded.hash_prefix = [7; 32];
    expanded.hash_prefix[..2].copy_from_slice(&n.to_be_bytes());
    let message = [b"effigy/entry/v1\0", header].concat();
    let signature = raw_sign::<sha2::Sha512>(&expanded, &message, &key);
    let signature = Signature::from_bytes(signature.to_bytes()).to_string();
    let entry = Entry::parse(&[header, b"\n", signature.as_bytes()].concat()).unwrap();
    Record { entry, payload: record.payload.clone() }
}

#[test]
fn a_thousand_true_signatures_of_one_header_are_one_stored_entry() {
    let mut ben = Actor::new(2);
    let first = ben.posts("one");
    let (mut desk, hub) = following(&[&ben]);
    let before = packs(&desk);
    desk.events.clear();
    let mut ids = std::collections::BTreeSet::from([first.entry.id()]);
    for round in 0..10 {
        let again = (0..100).map(|n| signed_again(&first, &ben.device, round * 100 + n));
        let again: Vec<Record> = again.collect();
        ids.extend(again.iter().map(|record| record.entry.id()));
        answers(&mut desk, hub.link, &ben, 10 + u64::from(round), again);
    }
    assert_eq!(ids.len(), 1_001, "each is another entry by its id");
    assert_eq!(packs(&desk), before, "nothing is stored");
    assert!(!desk.events.iter().any(|event| matches!(event, Event::Entries(_))), "nor shown");
    let status = status(&mut desk, &ben);
    assert_eq!((status.held, status.fork), (1, None));
    let stored: usize = packs(&desk)
        .iter()
        .filter(|(key, _)| key.bytes.starts_with(ben.device().bytes()))
        .map(|(_, pack)| Pack::open(pack).unwrap().records().count())
        .sum();
    assert_eq!(stored, 1);
    assert!(desk.closed.is_empty() && errors(&mut desk, hub.link).is_empty());
    // Ben goes on after one of the other names: it is the same feed.
    let other = signed_again(&first, &ben.device, 0);
    let (device, secret) = (ben.device(), ben.device.clone());
    let clock = first.entry.header().comparable + 5;
    let next = ben.sign(device, &secret, note("two"), vec![other.entry.id()], clock);
    answers(&mut desk, hub.link, &ben, 99, vec![next]);
    assert_eq!(held(&mut desk, hub.link, device), 2);
}

#[test]
fn a_lower_head_never_replaces_a_higher_one() {
    let mut ben = Actor::new(2);
    for n in 0..5 {
        ben.posts(&format!("{n}"));
    }
    let (mut desk, hub) = following(&[&ben]);
    let tell = |desk: &mut Desk, head: WireHead| {
        desk.heard(hub.link);
        desk.say(hub.link, Message::LastKnownHeads { heads: vec![head] });
        desk.heard(hub.link)
    };
    let head = |count: u64, name: &str| WireHead {
        count,
        id: Cid::of(name.as_bytes()),
        ..ben.head(ben.device())
    };
    // Nine are promised and not given; then only three.
    tell(&mut desk, head(9, "nine"));
    assert_eq!(status(&mut desk, &ben).known, 9);
    for older in [head(3, "three"), head(8, "eight"), head(9, "nine")] {
        assert_eq!(tell(&mut desk, older), [], "nothing is asked for");
        let status = status(&mut desk, &ben);
        assert_eq!((status.held, status.known), (5, 9));
    }
    assert_eq!(status(&mut desk, &ben).confirmed_by, 1);
    tell(&mut desk, head(10, "ten"));
    assert_eq!(status(&mut desk, &ben).known, 10);
}

#[test]
fn a_lower_head_takes_no_receipt_back_and_stops_nobody_from_writing() {
    let mut desk = Desk::person(1);
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    assert!((0..5).all(|n| desk.post(&format!("{n}"))));
    let me = desk.keys.device.identity();
    let mine = desk.events.iter().filter_map(|event| match event {
        Event::Entries(known) => Some(known),
        _ => None,
    });
    let mine = mine.flatten().filter(|known| known.entry.header().identity == me);
    let ids: Vec<Cid> = mine.map(|known| known.entry.id()).collect();
    let tell = |desk: &mut Desk, count: u64, id| {
        let head = WireHead { comparable: 1, count, generation: 0, id, identity: me, state: None };
        desk.say(hub.link, Message::LastKnownHeads { heads: vec![head] });
        let network = network(desk);
        (network.receipts[0].count, network.waiting)
    };
    assert_eq!(tell(&mut desk, 5, ids[4]), (5, 0));
    for (count, id) in [(3, ids[2]), (1, ids[0]), (3, Cid::of(b"unknown")), (0, ids[4])] {
        assert_eq!(tell(&mut desk, count, id), (5, 0));
    }
    assert!(desk.post("and on"));
    assert!(!desk.events.iter().any(|event| matches!(event, Event::Repair(_))));
}
