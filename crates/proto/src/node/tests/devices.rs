//! Who speaks for whom: accounts, their devices, and what one account may say of another's.

use effigy_core::payload::Rewrite;
use effigy_core::{Cid, Payload, Secret};
use effigy_feed::Relation;
use effigy_store::Table;

use super::{Actor, Desk, Peer};
use crate::api::Command;
use crate::io::Link;
use crate::message::{ErrorCode, Message};

/// A person's node at a hub that keeps what these people published and follows all of them.
pub(super) fn following(actors: &[&Actor]) -> (Desk, Peer) {
    let mut desk = Desk::person(1);
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    for actor in actors {
        let synod = actor.synod();
        desk.ask(|ticket| Command::Relate { on: true, relation: Relation::Follow, synod, ticket });
        actor.gives(&mut desk, hub.link);
        // Once the account is known, so is its device.
        actor.gives(&mut desk, hub.link);
    }
    (desk, hub)
}

/// How many entries of a feed the node's heads speak of.
pub(super) fn held(desk: &mut Desk, link: Link, feed: effigy_core::Identity) -> u64 {
    desk.heard(link);
    desk.say(link, Message::GetHeads { identities: vec![feed] });
    let heads = desk.heard(link).into_iter().find_map(|message| match message {
        Message::LastKnownHeads { heads } => Some(heads),
        _ => None,
    });
    heads.unwrap_or_default().first().map_or(0, |head| head.count)
}

fn rewrite(of: effigy_core::Identity) -> Payload {
    Payload::Rewrite(Rewrite {
        generation: 1,
        identity: of,
        new_head: Cid::of(b"new"),
        old_head: Cid::of(b"old"),
        removed: Vec::new(),
    })
}

#[test]
fn an_account_rewrites_its_own_devices_and_no_others() {
    let mut ben = Actor::new(2);
    ben.posts("one");
    let mut eve = Actor::new(3);
    let (mut desk, hub) = following(&[&ben, &eve]);
    assert!(desk.post("mine"));
    let me = desk.keys.device.identity();
    assert_eq!(held(&mut desk, hub.link, ben.device()), 1);
    let before = held(&mut desk, hub.link, me);
    eve.by_root(rewrite(ben.device()));
    eve.by_root(rewrite(me));
    eve.gives(&mut desk, hub.link);
    assert_eq!(held(&mut desk, hub.link, eve.synod()), 5, "the entries themselves are proper");
    assert_eq!(held(&mut desk, hub.link, ben.device()), 1, "Ben's posts are Ben's");
    assert_eq!(held(&mut desk, hub.link, me), before, "mine are mine");
    assert!(desk.keeps(me) && desk.keeps(ben.device()));
    ben.by_root(rewrite(ben.device()));
    ben.gives(&mut desk, hub.link);
    assert_eq!(held(&mut desk, hub.link, ben.device()), 0, "Ben gave up his first writing");
    assert!(!desk.keeps(ben.device()));
    desk.restart();
    assert!(desk.keeps(me));
}

/// A thief writes a device's feed anew; whoever followed that goes back once the root removes the device
/// without having known of it.
#[test]
fn a_rewrite_that_turns_out_void_is_undone() {
    let mut ben = Actor::new(2);
    let phone = Secret::from_seed(&[66; 32]);
    ben.add(&phone);
    let (feed, synod) = (phone.identity(), ben.synod());
    let text = |text: &str| {
        Payload::Note(effigy_core::payload::Note { text: text.into(), ..Default::default() })
    };
    let last = ["one", "two"].map(|said| ben.write(feed, &phone, text(said)).entry.id())[1];
    let (mut desk, hub) = following(&[&ben]);
    assert_eq!(desk.records(feed), 2);
    let before = ben.feed(synod).last().unwrap().entry.clone();
    ben.write(synod, &phone, rewrite(feed));
    ben.gives(&mut desk, hub.link);
    assert_eq!(desk.records(feed), 0, "it is followed");
    let revoke = Payload::RevokeDevice(effigy_core::payload::RevokeDevice {
        identity: feed,
        last_valid: Some(last),
    });
    let clock = before.header().comparable + 500;
    let root = Secret::from_seed(&[2; 32]);
    let removal = ben.sign(synod, &root, revoke, vec![before.id()], clock);
    ben.feeds.get_mut(&synod).unwrap().push(removal);
    ben.gives(&mut desk, hub.link);
    assert_eq!((held(&mut desk, hub.link, feed), desk.records(feed)), (2, 2));
    desk.restart();
    assert_eq!(desk.records(feed), 2);
}

#[test]
fn a_device_that_comes_after_its_rewrite_begins_with_the_generation_that_counts() {
    let mut ben = Actor::new(2);
    ben.by_root(rewrite(ben.device()));
    let (mut desk, hub) = following(&[&ben]);
    desk.heard(hub.link);
    let mut head = ben.head(ben.synod());
    (head.identity, head.generation, head.id) = (ben.device(), 1, Cid::of(b"x"));
    desk.say(hub.link, Message::LastKnownHeads { heads: vec![head] });
    let asked = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::GetEntries { generation, .. } => Some(generation),
        _ => None,
    });
    assert_eq!(asked, Some(1));
}

#[test]
fn what_an_author_did_is_not_blamed_on_who_passes_it_on() {
    // Eve's device belongs to two accounts and speaks for each in turn.
    let mut eve = Actor::new(3);
    let mut other = Actor::new(4);
    let device = eve.device.clone();
    other.add(&device);
    eve.posts("as the one");
    let tip = eve.feed(eve.device()).last().unwrap().entry.id();
    let as_other = {
        let text = Payload::Note(effigy_core::payload::Note {
            text: "as the other".into(),
            ..Default::default()
        });
        other.sign(device.identity(), &device, text, vec![tip], 1_763_600_900_000)
    };
    eve.feeds.entry(device.identity()).or_default().push(as_other);
    let (mut desk, hub) = following(&[&eve]);
    for _ in 0..5 {
        eve.gives(&mut desk, hub.link);
        eve.posts("again");
    }
    assert!(desk.closed.is_empty(), "the hub only passed on what Eve wrote");
    assert!(!desk.sent.iter().any(|(_, m)| matches!(m, Message::Error { .. })));
}

#[test]
fn an_account_cannot_have_its_own_beginning_forgotten() {
    let mut eve = Actor::new(3);
    eve.posts("x");
    let genesis = eve.feed(eve.synod())[0].entry.id();
    eve.says(Payload::Delete(effigy_core::payload::Delete { target: genesis }));
    let (mut desk, hub) = following(&[&eve]);
    desk.say(
        hub.link,
        Message::GetEntries {
            after: Vec::new(),
            generation: 0,
            identity: eve.synod(),
            limit: 100,
            request: 7,
            skip: 0,
        },
    );
    let served = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::Entries { records, .. } => Some(records),
        _ => None,
    });
    assert!(served.unwrap().iter().all(|record| record.payload.is_some()));
}

#[test]
fn only_what_was_dialled_as_a_hub_is_one() {
    let ben = Actor::new(2);
    let (mut desk, hub) = following(&[&ben]);
    // A stranger who came in does not become a hub by naming no account.
    let way = desk.enters(1, &Secret::from_seed(&[50; 32]), None);
    desk.heard(way.link);
    desk.say(way.link, Message::PresenceList { identities: vec![ben.device()] });
    let told = desk.heard(way.link);
    assert!(told.contains(&Message::Error { about: 0, code: ErrorCode::Forbidden }), "{told:?}");
    desk.say(hub.link, Message::PresenceList { identities: vec![ben.device()] });
    assert!(!desk.heard(hub.link).iter().any(|m| matches!(m, Message::Error { .. })));
}

#[test]
fn a_hub_keeps_for_those_whose_account_names_their_device() {
    let mut desk = Desk::hub(3, 1 << 20);
    let members = |desk: &Desk| {
        desk.table(Table::Peers).iter().filter(|(key, _)| key.starts_with(b"member/")).count()
    };
    // Strangers who name accounts that they do not belong to, or that do not exist.
    for n in 0..10_u8 {
        let account = Secret::from_seed(&[n + 60; 32]).identity();
        let liar = desk.enters(u64::from(n), &Secret::from_seed(&[n + 20; 32]), Some(account));
        desk.tell(crate::io::Input::Disconnected(liar.link));
    }
    assert_eq!(members(&desk), 0, "a claim is no membership");
    let ana = Actor::new(2);
    let way = desk.enters(100, &ana.device, Some(ana.synod()));
    ana.gives(&mut desk, way.link);
    ana.gives(&mut desk, way.link);
    assert_eq!(members(&desk), 1);
    // Somebody who shows another's account is no member by it, and no guest for ever.
    let ben = Actor::new(3);
    let liar = desk.enters(101, &Secret::from_seed(&[90; 32]), Some(ben.synod()));
    ben.gives(&mut desk, liar.link);
    assert_eq!(members(&desk), 1);
    assert!(desk.keeps(ben.synod()));
    desk.tell(crate::io::Input::Disconnected(liar.link));
    assert!(!desk.keeps(ben.synod()), "what was shown by a guest goes with them");
    assert!(desk.keeps(ana.synod()));
}
