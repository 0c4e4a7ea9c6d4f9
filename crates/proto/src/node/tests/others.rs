//! Letters, direct ways, invites, clocks: what many or strange others must not bring about.

use std::collections::BTreeSet;

use effigy_core::random::Random;
use effigy_core::seal::seal_letter;
use effigy_core::{Identity, Payload, Secret, Time};
use effigy_feed::Relation;

use super::devices::following;
use super::heads::smaller;
use super::{Actor, Desk};
use crate::api::{Command, Event};
use crate::io::{Input, Output, RtcAction};
use crate::message::{ErrorCode, Message};
use crate::node::hubs::WAYS;

/// A letter with this text to the node's device.
fn letter(desk: &Desk, from: &Secret, text: &str) -> Message {
    let (to, key) = (desk.keys.device.identity(), desk.keys.sealing.key().unwrap());
    let mut random = Random::seeded([5; 32]);
    let now = Time(desk.now);
    let letter = seal_letter(text.as_bytes(), from, to, &key, now, &mut random).unwrap();
    Message::MessageFrom { letter }
}

fn offer(desk: &Desk, actor: &Actor, attempt: &str, sdp: &str) -> Message {
    let text = format!(r#"{{"type":"offer","attempt":"{attempt}","sdp":"{sdp}"}}"#);
    letter(desk, &actor.device, &text)
}

#[test]
fn a_letter_goes_to_the_newest_connection_of_a_device() {
    let (ana, ben) = (Actor::new(2), Actor::new(3));
    let mut hub = Desk::hub(10, 1 << 20);
    let old = hub.enters(1, &ben.device, Some(ben.synod()));
    let new = hub.enters(2, &ben.device, Some(ben.synod()));
    let way = hub.enters(3, &ana.device, Some(ana.synod()));
    let key = ben.sealing.key().unwrap();
    let mut random = Random::seeded([5; 32]);
    let now = Time(hub.now);
    let letter = seal_letter(b"{}", &ana.device, ben.device(), &key, now, &mut random).unwrap();
    hub.heard(old.link);
    hub.heard(new.link);
    hub.say(way.link, Message::MessageTo { letter: letter.clone() });
    assert!(hub.heard(old.link).is_empty());
    assert_eq!(hub.heard(new.link), [Message::MessageFrom { letter: letter.clone() }]);
    hub.tell(Input::Disconnected(new.link));
    hub.say(way.link, Message::MessageTo { letter: letter.clone() });
    assert_eq!(hub.heard(old.link), [Message::MessageFrom { letter: letter.clone() }]);
    hub.tell(Input::Disconnected(old.link));
    hub.heard(way.link);
    hub.say(way.link, Message::MessageTo { letter });
    let offline = Message::Error { about: 0, code: ErrorCode::Offline };
    assert_eq!(hub.heard(way.link), [offline]);
}

#[test]
fn only_so_many_direct_ways_are_offered_at_a_time() {
    let (mut desk, hub) = following(&[]);
    for n in 0..200_u8 {
        let peer = Identity::from_bytes([
            255 - n / 2,
            n,
            255,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
        ]);
        desk.node.present.insert(peer, BTreeSet::from([hub.link]));
    }
    desk.tell(Input::Tick);
    let offers = desk.rtc.iter().filter(|(_, action)| *action == RtcAction::Offer).count();
    assert_eq!(offers, WAYS);
}

#[test]
fn who_offers_again_and_again_uses_up_only_their_own_tries() {
    let actors = smaller(2);
    let (mut desk, hub) = following(&[&actors[0], &actors[1]]);
    for n in 0..60 {
        let letter = offer(&desk, &actors[0], &format!("a{n}"), "v=0");
        desk.say(hub.link, letter);
    }
    let answered = |desk: &Desk| {
        desk.rtc.iter().filter(|(_, action)| matches!(action, RtcAction::Answer { .. })).count()
    };
    assert_eq!(answered(&desk), 32);
    let letter = offer(&desk, &actors[1], "a0", "v=0");
    desk.say(hub.link, letter);
    assert_eq!(answered(&desk), 33);
}

#[test]
fn a_description_that_is_too_long_is_none() {
    let actors = smaller(1);
    let (mut desk, hub) = following(&[&actors[0]]);
    for (length, taken) in [(16 * 1024 + 1, 0), (16 * 1024, 1)] {
        let letter = offer(&desk, &actors[0], &format!("a{length}"), &"v".repeat(length));
        desk.say(hub.link, letter);
        assert_eq!(desk.rtc.len(), taken);
    }
}

#[test]
fn who_no_longer_uses_any_hub_says_so() {
    let mut desk = Desk::person(1);
    desk.hub_answers(&Secret::from_seed(&[99; 32]));
    let named = |desk: &Desk| {
        let told = desk.events.iter().filter_map(|event| match event {
            Event::Entries(known) => Some(known),
            _ => None,
        });
        let mut last = told.flatten().filter_map(|known| match &known.payload {
            Some(Payload::Hubs(hubs)) => Some(hubs.hubs.len()),
            _ => None,
        });
        last.next_back()
    };
    assert_eq!(named(&desk), Some(1));
    desk.tell(Input::Command(Command::RemoveHub { origin: super::desk::HUB.to_owned() }));
    assert_eq!(named(&desk), Some(0));
}

#[test]
fn who_shows_the_invite_gets_in_past_any_crowd() {
    let mut desk = Desk::person(1);
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    let invite = desk.events.iter().rev().find_map(|event| match event {
        Event::Invite(invite) => Some(invite.clone()),
        _ => None,
    });
    let token = data_encoding::BASE64URL_NOPAD.encode(&invite.unwrap().token.0);
    for n in 0..100_u8 {
        let synod = Secret::from_seed(&[n, 1, 2, 3].repeat(8).try_into().unwrap()).identity();
        let text = format!(r#"{{"type":"greet","synod":"{synod}","token":null}}"#);
        let letter = letter(&desk, &Secret::from_seed(&[n; 32]), &text);
        desk.say(hub.link, letter);
    }
    let ben = Actor::new(180);
    let text = format!(r#"{{"type":"greet","synod":"{}","token":"{token}"}}"#, ben.synod());
    let letter = letter(&desk, &ben.device, &text);
    desk.say(hub.link, letter);
    ben.gives(&mut desk, hub.link);
    let followed = desk.events.iter().any(|event| match event {
        Event::Followed { mutual, synod } => *mutual && *synod == ben.synod(),
        _ => false,
    });
    assert!(followed);
}

#[test]
fn a_clock_that_is_set_back_stops_nothing() {
    let mut ben = Actor::new(2);
    let (mut desk, hub) = following(&[&ben]);
    ben.posts("before");
    ben.gives(&mut desk, hub.link);
    // The clock was an hour ahead, and is put right.
    desk.now -= 3_600_000;
    desk.tell(Input::Tick);
    let way = desk.enters(1, &Secret::from_seed(&[140; 32]), None);
    desk.say(way.link, Message::GetHeads { identities: vec![ben.device()] });
    desk.heard(way.link);
    desk.heard(hub.link);
    assert!(desk.post("written now"));
    let clock = desk.events.iter().rev().find_map(|event| match event {
        Event::Entries(known) => Some(known.last().unwrap().entry.header().comparable),
        _ => None,
    });
    ben.posts("after");
    ben.gives(&mut desk, hub.link);
    desk.pass(300);
    let told = desk.heard(way.link);
    let moved = |message: &Message| match message {
        Message::LastKnownHeads { heads } => heads.iter().any(|head| head.count == 2),
        _ => false,
    };
    assert!(told.iter().any(moved), "what moves is told within a moment: {told:?}");
    desk.pass(16_000);
    assert!(desk.heard(hub.link).contains(&Message::Ping), "a quiet peer is asked");
    desk.pass(30_000);
    assert!(desk.closed.contains(&hub.link), "and given up");
    // What is signed says what the clock says, as far as the feed lets it.
    assert!(clock.unwrap() <= desk.now + 3_600_000);
}

#[test]
fn what_is_kept_is_kept_before_anything_else_is_done() {
    let (mut desk, _) = following(&[]);
    let ben = Actor::new(2);
    let (ticket, synod) = (crate::api::Ticket(1_000), ben.synod());
    let follow = Command::Relate { on: true, relation: Relation::Follow, synod, ticket };
    desk.node.handle(Input::Command(follow), Time(desk.now));
    let outputs: Vec<Output> = std::iter::from_fn(|| desk.node.poll()).collect();
    let saves = outputs.iter().filter(|output| matches!(output, Output::Save(_))).count();
    assert_eq!(saves, 1);
    assert!(matches!(outputs.first(), Some(Output::Save(_))), "{outputs:?}");
    assert!(outputs.iter().any(|output| matches!(output, Output::Send(..))), "and it is told");
}
