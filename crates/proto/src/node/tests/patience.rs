//! Waiting longer each time: for a hub that does not answer, and with who misbehaves.

use std::collections::BTreeSet;

use effigy_core::{Secret, Time};

use super::Desk;
use super::desk::HUB;
use crate::io::{Input, Link};
use crate::message::{ErrorCode, Garbage, Message};
use crate::node::{Config, Node, Role};

/// A person's device that drew this chance, at its first attempt to reach its hub.
fn dialling(seed: u8) -> Desk {
    let mut desk = Desk::new(1);
    let config = Config {
        fence: None,
        hubs: vec![HUB.to_owned()],
        keys: desk.keys.clone(),
        role: Role::Person,
        seed: [seed; 32],
    };
    desk.dialled.clear();
    desk.node = Node::new(config);
    desk.node.start(Time(desk.now));
    desk.tell(Input::Tick);
    assert_eq!(desk.dialled.len(), 1);
    desk
}

/// The attempt fails. Tells how long it takes until the next one.
fn fails(desk: &mut Desk) -> u64 {
    let (link, _) = desk.dialled.pop().unwrap();
    let since = desk.now;
    desk.tell(Input::Disconnected(link));
    while desk.dialled.is_empty() {
        let alarm = desk.alarm.expect("an alarm for the next attempt");
        desk.pass(alarm - desk.now);
        assert!(desk.now - since <= 60_000, "a minute at most");
    }
    assert_eq!(desk.dialled.len(), 1, "one attempt at a time");
    desk.now - since
}

#[test]
fn a_hub_that_does_not_answer_is_dialled_after_twice_as_long_each_time() {
    let mut waits = vec![BTreeSet::new(); 10];
    for seed in 0..12 {
        let mut desk = dialling(seed);
        for (failures, waits) in waits.iter_mut().enumerate() {
            let wait = fails(&mut desk);
            let most = 60_000.min(1_000_u64 << failures);
            assert!((most / 2..=most).contains(&wait), "failure {failures}: {wait} ms");
            waits.insert(wait);
        }
        // Once it has answered, a cut is taken for an accident again.
        let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
        desk.dialled.push((hub.link, HUB.to_owned()));
        assert!(fails(&mut desk) <= 1_000);
    }
    for (failures, waits) in waits.iter().enumerate() {
        assert!(waits.len() >= 8, "failure {failures}: chance spreads the attempts: {waits:?}");
    }
}

#[test]
fn a_network_that_flaps_two_hundred_times_has_one_connection() {
    let mut desk = dialling(1);
    for _ in 0..200 {
        let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
        assert_eq!(desk.node.links.len(), 1);
        desk.pass(200);
        desk.tell(Input::Disconnected(hub.link));
        // The device says that the network is back, several times.
        for _ in 0..3 {
            desk.tell(Input::Command(crate::api::Command::Wake));
            desk.pass(1_000);
        }
        assert_eq!(desk.dialled.len(), 1, "one attempt at a time");
    }
    assert!(desk.closed.is_empty());
}

/// Breaks a rule three times on one connection.
fn misbehaves(desk: &mut Desk, link: Link) {
    for _ in 0..3 {
        desk.tell(Input::Received(link, Err(Garbage::Cut)));
    }
    assert_eq!(desk.closed.pop(), Some(link));
}

#[test]
fn who_misbehaves_is_shunned_for_longer_each_time() {
    let mut desk = Desk::hub(3, 1 << 20);
    let (eve, other) = (Secret::from_seed(&[50; 32]), Secret::from_seed(&[51; 32]));
    let mut number = 0;
    let mut comes = |desk: &mut Desk, who: &Secret| {
        number += 1;
        let way = desk.enters(number, who, None);
        let refused = Message::Error { about: 0, code: ErrorCode::Forbidden };
        let refused = desk.heard(way.link).contains(&refused);
        assert_eq!(desk.closed.pop(), refused.then_some(way.link));
        (!refused).then_some(way.link)
    };
    for times in 0..12 {
        let link = comes(&mut desk, &eve).expect("let in again");
        misbehaves(&mut desk, link);
        let span = 20_000 << times.min(8);
        desk.pass(span / 2);
        assert_eq!(comes(&mut desk, &eve), None, "time {times}");
        let link = comes(&mut desk, &other).expect("nobody else is");
        desk.tell(Input::Disconnected(link));
        desk.pass(span - span / 2 - 1);
        assert_eq!(comes(&mut desk, &eve), None, "time {times}: until {span} ms are over");
        desk.pass(1);
    }
}

#[test]
fn two_faults_are_forgiven_and_told() {
    let mut desk = Desk::hub(3, 1 << 20);
    let eve = Secret::from_seed(&[50; 32]);
    for number in 1..20 {
        let way = desk.enters(number, &eve, None);
        desk.heard(way.link);
        for _ in 0..2 {
            desk.tell(Input::Received(way.link, Err(Garbage::Cut)));
        }
        let told = desk.heard(way.link);
        let malformed = Message::Error { about: 0, code: ErrorCode::Malformed };
        assert_eq!(told, vec![malformed; 2]);
        desk.tell(Input::Disconnected(way.link));
    }
    assert!(desk.closed.is_empty(), "faults are counted by connection");
}
