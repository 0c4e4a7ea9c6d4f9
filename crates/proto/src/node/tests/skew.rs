//! Nodes of several versions: what a later one says is kept and passed on as it is, and what only it can
//! do is not asked of it.

use effigy_core::{Draft, Payload, Secret, Time};
use effigy_feed::View;

use super::devices::following;
use super::{Actor, Desk};
use crate::api::Event;
use crate::message::{ErrorCode, Message, Record, open_payload};

/// An entry of a kind that nobody knows yet, with a member in its header that nobody knows either.
fn from_the_future(actor: &mut Actor) -> Record {
    let device = actor.device();
    let payload = br#"{"answers":["yes","no"],"ends":1999999999999,"type":"poll","v":1}"#.to_vec();
    let head = actor.feed(actor.synod()).last().unwrap().entry.id();
    let last = actor.feed(device).last().map(|record| &record.entry);
    let draft = Draft {
        after: last.map_or(0, |last| last.header().comparable),
        generation: 0,
        identity: device,
        kind: "poll".to_owned(),
        parents: last.map(effigy_core::Entry::id).into_iter().collect(),
        payload: payload.clone(),
        synod: Some((actor.synod(), head)),
    };
    let entry = draft.sign(&actor.device, Time(1)).unwrap();
    let payload = Some(open_payload(&entry, &payload).unwrap());
    let record = Record { entry, payload };
    actor.feeds.entry(device).or_default().push(record.clone());
    record
}

/// What somebody is given who asks for all of a device's feed.
fn given(desk: &mut Desk, actor: &Actor) -> Vec<Record> {
    let asker = desk.enters(900, &Secret::from_seed(&[70; 32]), None).link;
    let (identity, limit) = (actor.device(), 100);
    let (after, generation, request, skip) = (Vec::new(), 0, 1, 0);
    desk.heard(asker);
    desk.say(asker, Message::GetEntries { after, generation, identity, limit, request, skip });
    let heard = desk.heard(asker).into_iter();
    heard
        .filter_map(|message| match message {
            Message::Entries { records, .. } => Some(records),
            _ => None,
        })
        .flatten()
        .collect()
}

#[test]
fn what_only_a_later_version_knows_is_kept_passed_on_and_not_shown() {
    let mut ben = Actor::new(2);
    ben.posts("before");
    let strange = from_the_future(&mut ben);
    assert_eq!(strange.payload.as_ref().map(|(_, said)| said), Some(&Payload::Unknown));
    let known = ben.posts("after").entry.id();
    let (person, _) = following(&[&ben]);
    let mut hub = Desk::hub(3, 1 << 20);
    let way = hub.enters(1, &ben.device, Some(ben.synod())).link;
    ben.gives(&mut hub, way);
    ben.gives(&mut hub, way);
    for mut desk in [person, hub] {
        for _ in 0..2 {
            assert_eq!(given(&mut desk, &ben), ben.feed(ben.device()), "byte for byte");
            desk.restart();
        }
        if desk.keys.synod.is_none() {
            continue;
        }
        let mut view = View::new(desk.keys.synod.unwrap());
        for event in &desk.events {
            let Event::Entries(entries) = event else { continue };
            for known in entries {
                known.payload.iter().for_each(|said| view.insert(&known.entry, said));
            }
        }
        assert!(view.post_by_id(&known).is_some(), "what comes after it counts");
        assert!(view.post_by_id(&strange.entry.id()).is_none());
        assert_eq!(view.posts_of(&ben.synod(), None, 9).len(), 2);
    }
}

#[test]
fn a_service_that_is_unknown_here_is_no_fault_and_one_that_is_missing_is_not_asked_for() {
    let ben = Actor::new(2);
    for services in [&["holograms", "entries", "heads"][..], &["entries", "heads"]] {
        let (mut desk, _) = following(&[&ben]);
        let peer = desk.enters(5, &Secret::from_seed(&[71; 32]), None).link;
        desk.provides(peer, services);
        desk.pass(20_000);
        desk.say(peer, Message::Pong);
        let heard = desk.heard(peer);
        let beyond = |message: &Message| {
            matches!(
                message,
                Message::FindEntries { .. }
                    | Message::GetChanges { .. }
                    | Message::GetSymbols { .. }
                    | Message::Sketch { .. }
                    | Message::Error { .. }
            )
        };
        assert!(!heard.iter().any(beyond), "{heard:?}");
        assert!(heard.iter().any(|message| matches!(message, Message::GetHeads { .. })));
    }
}

/// A message of an unknown kind is refused, and neither acted on nor taken for a lie: what it is cannot
/// be known.
#[test]
fn an_unknown_message_is_answered_and_changes_nothing() {
    let text = r#"{"type":"get_holograms","request":7,"ids":[]}"#.to_owned();
    let garbage = Message::decode_text(&text).unwrap_err();
    assert_eq!(garbage.code(), ErrorCode::Malformed);
    let ben = Actor::new(2);
    let (mut desk, hub) = following(&[&ben]);
    let before = desk.disk.clone();
    desk.heard(hub.link);
    desk.tell(crate::io::Input::Received(hub.link, Err(garbage)));
    let told = desk.heard(hub.link);
    assert!(told.contains(&Message::Error { about: 0, code: ErrorCode::Malformed }), "{told:?}");
    assert!(desk.closed.is_empty() && desk.disk == before);
}
