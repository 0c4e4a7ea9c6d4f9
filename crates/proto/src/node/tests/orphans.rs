//! Entries whose parents nobody has: however many come, from however many feeds, little of them stays.

use effigy_core::limits::{WAITING, WAITING_BYTES};
use effigy_core::{Cid, Draft, Entry, Payload, Purpose, Secret, Time, canon};
use effigy_feed::Relation;

use super::devices::held;
use super::{Actor, Desk};
use crate::api::Command;
use crate::io::Link;
use crate::message::{Message, Record, WireHead};

/// A signed entry of the actor's with these parents: header and payload as long as they may be.
fn large(actor: &Actor, parents: Vec<Cid>, n: usize) -> Record {
    let payload = canon::write(&serde_json::json!({
        "fill": "x".repeat(15_300 - 20), "type": "later_kind"
    }))
    .unwrap();
    let synod_head = actor.feed(actor.synod()).last().unwrap().entry.id();
    let draft = Draft {
        after: 0,
        generation: 0,
        identity: actor.device(),
        kind: "later_kind".to_owned(),
        parents,
        payload: payload.clone(),
        synod: Some((actor.synod(), synod_head)),
    };
    let entry = draft.sign(&actor.device, Time(1_763_600_900_000 + n as u64)).unwrap();
    let mut header = serde_json::to_value(entry.header()).unwrap();
    header["ext"] = serde_json::json!({ "fill": "x".repeat(14_500) });
    let header = canon::write(&header).unwrap();
    let signature = actor.device.sign(Purpose::Entry, &header).to_string();
    let entry = Entry::parse(&[&header, &b"\n"[..], signature.as_bytes()].concat()).unwrap();
    assert!(entry.bytes().len() > 15_000);
    Record { entry, payload: Some((payload, Payload::Unknown)) }
}

/// Promises more of an actor's feed than there is, and answers the question with these.
fn gives(desk: &mut Desk, link: Link, actor: &Actor, promised: u64, records: Vec<Record>) {
    let identity = actor.device();
    let id = Cid::of(&promised.to_be_bytes());
    let head = WireHead {
        comparable: 1_763_600_950_000,
        count: promised,
        generation: 0,
        id,
        identity,
        state: None,
    };
    desk.heard(link);
    desk.say(link, Message::LastKnownHeads { heads: vec![head] });
    let request = desk.heard(link).into_iter().find_map(|message| match message {
        Message::GetEntries { request, .. } => Some(request),
        _ => None,
    });
    let request = request.expect("a question");
    desk.say(link, Message::Entries { identity, more: false, records, request });
}

#[test]
fn orphans_of_forty_feeds_stay_within_bounds() {
    let actors: Vec<Actor> = (2..42).map(Actor::new).collect();
    let mut honest = Actor::new(60);
    honest.posts("first");
    let mut desk = Desk::person(1);
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    for actor in actors.iter().chain([&honest]) {
        let synod = actor.synod();
        desk.ask(|ticket| Command::Relate { on: true, relation: Relation::Follow, synod, ticket });
        actor.gives(&mut desk, hub.link);
        actor.gives(&mut desk, hub.link);
    }
    assert_eq!(held(&mut desk, hub.link, honest.device()), 1);
    // One of the honest person's posts waits: the one before it comes later.
    let [second, third] = ["second", "third"].map(|text| honest.posts(text));
    gives(&mut desk, hub.link, &honest, 7, vec![third]);
    assert_eq!(desk.node.waiting.len(), 1);
    let disk = desk.disk.len();
    // A parent that nobody has, one of another feed, and the entry of a feed that waits itself.
    let strange = honest.feed(honest.device())[0].entry.id();
    for (n, actor) in actors.iter().enumerate() {
        let parents = [Cid::of(&n.to_be_bytes()), strange];
        let mut records: Vec<Record> = Vec::new();
        for m in 0..12 {
            let parent = parents.get(m % 3).copied();
            let parent = parent.unwrap_or_else(|| records[m - 1].entry.id());
            records.push(large(actor, vec![parent], m));
        }
        gives(&mut desk, hub.link, actor, 1_000, records);
        assert!(desk.node.waiting.len() <= WAITING);
        assert!(desk.node.waiting.bytes() <= WAITING_BYTES, "{}", desk.node.waiting.bytes());
    }
    // 480 orphans of 30 kB are 14 MB; what waits is about as much as may.
    assert!(desk.node.waiting.bytes() > WAITING_BYTES - 100_000);
    assert_eq!(desk.disk.len(), disk, "none of it is kept");
    assert!(desk.closed.is_empty());
    gives(&mut desk, hub.link, &honest, 8, vec![second]);
    assert_eq!(held(&mut desk, hub.link, honest.device()), 3, "nobody crowds out others");
}
