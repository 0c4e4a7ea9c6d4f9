//! Two devices of a person, and what they agree on: through entries that others cannot read, few of them.

use effigy_core::Time;
use effigy_core::limits::SUPERSEDED;
use effigy_store::{Pack, Table};

use super::epochs::{follow, second, them};
use super::{Desk, Peer};
use crate::api::{Agreed, Command, Event, Refusal, registers};
use crate::backup::is_kept;
use crate::io::{Input, Link};
use crate::keys::Keys;
use crate::node::record;

const PEER: Peer = Peer { link: Link(Link::ACCEPTED + 77) };

/// The phone and the laptop of a person, connected.
fn two() -> (Desk, Desk) {
    let mut phone = Desk::person(1);
    let mut laptop = second(&phone, 60);
    phone.connect(&mut laptop);
    (phone, laptop)
}

/// They meet again, after a time in which neither heard of the other.
fn meet_again(phone: &mut Desk, laptop: &mut Desk) {
    laptop.pass(phone.now - laptop.now);
    for desk in [&mut *phone, &mut *laptop] {
        desk.tell(Input::Disconnected(PEER.link));
        // What was said meanwhile was lost on the way.
        desk.heard(PEER.link);
    }
    phone.connect(laptop);
}

fn set(desk: &mut Desk, name: &str, value: &str) -> Option<Event> {
    let (name, value) = (name.to_owned(), value.to_owned());
    desk.ask(|ticket| Command::SetRegister { name, ticket, time: None, value })
}

fn read_up_to(desk: &mut Desk, moment: u64) {
    let (name, value) = (registers::HOME.to_owned(), String::new());
    desk.ask(|ticket| Command::SetRegister { name, ticket, time: Some(Time(moment)), value });
}

/// What was told last of a register.
fn told(desk: &Desk, name: &str) -> Option<Agreed> {
    let told = desk.events.iter().rev().filter_map(|event| match event {
        Event::Registers(told) => told.iter().find(|agreed| agreed.name == name).cloned(),
        _ => None,
    });
    told.into_iter().next()
}

fn value(desk: &Desk, name: &str) -> String {
    told(desk, name).map_or_else(String::new, |agreed| agreed.value)
}

fn entries(desk: &Desk) -> usize {
    desk.records(desk.keys.device.identity())
}

/// How many payloads of the own feed are on the disk, and their bytes.
fn payloads(desk: &Desk) -> (usize, usize) {
    let me = desk.keys.device.identity();
    let packs = desk.table(Table::Packs).into_iter();
    let records = packs
        .filter(|(key, _)| key.starts_with(me.bytes()))
        .flat_map(|(_, pack)| Pack::decode(&pack).unwrap());
    let sizes = records.filter_map(|bytes| record::split(&bytes).unwrap().1.map(<[u8]>::len));
    sizes.fold((0, 0), |(count, bytes), size| (count + 1, bytes + size))
}

#[test]
fn what_is_set_on_one_device_holds_on_the_other() {
    let (mut phone, mut laptop) = two();
    let before = entries(&phone);
    assert!(matches!(set(&mut phone, registers::COLOURS, "dark"), Some(Event::Done { .. })));
    assert_eq!(value(&phone, registers::COLOURS), "dark", "here it holds at once");
    set(&mut phone, registers::LETTER_KEYS, "off");
    phone.talk(&mut laptop, PEER);
    assert_eq!(entries(&phone), before + 1, "one entry for both");
    for desk in [&mut phone, &mut laptop] {
        for _ in 0..2 {
            assert_eq!(value(desk, registers::COLOURS), "dark");
            assert_eq!(value(desk, registers::LETTER_KEYS), "off");
            desk.restart();
        }
    }
    // Setting what holds says nothing.
    let before = entries(&laptop);
    set(&mut laptop, registers::COLOURS, "dark");
    laptop.pass(60_000);
    assert_eq!(entries(&laptop), before);
}

#[test]
fn two_devices_that_set_the_same_apart_agree_when_they_meet() {
    let (mut phone, mut laptop) = two();
    laptop.now += 1_000;
    set(&mut phone, registers::COLOURS, "dark");
    set(&mut laptop, registers::COLOURS, "light");
    set(&mut phone, registers::LETTER_KEYS, "off");
    follow(&mut laptop, them(50));
    phone.talk(&mut laptop, PEER);
    for desk in [&phone, &laptop] {
        assert_eq!(value(desk, registers::COLOURS), "light", "the later one");
        assert_eq!(value(desk, registers::LETTER_KEYS), "off", "and nothing else is touched");
    }
    let lost = told(&phone, registers::COLOURS).unwrap();
    assert_eq!(lost.unseen.as_deref(), Some("dark"), "the laptop did not know of it");
    assert_eq!(told(&laptop, registers::COLOURS).unwrap().unseen, None);
    // However late the phone's clock is, what is set after that wins.
    phone.now -= 500_000;
    set(&mut phone, registers::COLOURS, "system");
    assert_eq!(value(&phone, registers::COLOURS), "system");
    phone.talk(&mut laptop, PEER);
    assert_eq!(value(&laptop, registers::COLOURS), "system");
    assert_eq!(told(&laptop, registers::COLOURS).unwrap().unseen, None);
}

#[test]
fn a_draft_is_told_when_somebody_stops_writing_and_not_for_each_letter() {
    let (mut phone, mut laptop) = two();
    let (name, before) = (registers::draft("post"), entries(&phone));
    let mut text = String::new();
    for letter in "A post that was begun on the phone.".chars() {
        text.push(letter);
        set(&mut phone, &name, &text);
        phone.pass(400);
    }
    assert_eq!(entries(&phone), before);
    phone.talk(&mut laptop, PEER);
    assert_eq!(entries(&phone), before + 1);
    assert_eq!(value(&laptop, &name), text);
    // Somebody who does not stop: every five minutes.
    for number in 0..300 {
        set(&mut phone, &name, &format!("{text}{number}"));
        phone.pass(1_000);
    }
    assert!((before + 2..=before + 3).contains(&entries(&phone)), "{}", entries(&phone));
    // And at once, where the phone is put away.
    set(&mut phone, &name, "put away");
    phone.tell(Input::Command(Command::StateRegisters));
    assert_eq!(phone.node.agreeing_due(), None);
    let long = "x".repeat(10_241);
    let refused = set(&mut phone, &name, &long);
    assert!(matches!(refused, Some(Event::Refused { why: Refusal::TooLong, .. })));
    assert_eq!(value(&phone, &name), "put away");
    let longest = "x".repeat(10_240);
    set(&mut phone, &name, &longest);
    meet_again(&mut phone, &mut laptop);
    assert_eq!(value(&laptop, &name), longest, "the longest post fits an envelope");
}

#[test]
fn marks_only_go_forward_and_are_told_rarely() {
    let (mut phone, mut laptop) = two();
    let now = phone.now;
    read_up_to(&mut phone, now - 50);
    read_up_to(&mut laptop, now - 90);
    phone.talk(&mut laptop, PEER);
    let read = |desk: &Desk| told(desk, registers::HOME).unwrap().time;
    assert_eq!((read(&phone), read(&laptop)), (Time(now - 50), Time(now - 50)));
    read_up_to(&mut phone, now - 60);
    assert_eq!(read(&phone), Time(now - 50));
    let before = entries(&phone);
    for step in 0..60 {
        read_up_to(&mut phone, now + step);
        phone.pass(30_000);
    }
    assert!(entries(&phone) <= before + 4, "half an hour");
    meet_again(&mut phone, &mut laptop);
    let before = entries(&phone);
    read_up_to(&mut phone, now + 99);
    set(&mut phone, registers::COLOURS, "dark");
    phone.talk(&mut laptop, PEER);
    assert_eq!((entries(&phone), read(&laptop)), (before + 1, Time(now + 99)), "along with others");
}

#[test]
fn what_the_devices_agree_on_is_nothing_that_waits() {
    let mut phone = Desk::person(1);
    let waiting = |desk: &mut Desk| {
        desk.pass(60_000);
        desk.network().unwrap().waiting
    };
    assert!(phone.post("before"));
    let before = waiting(&mut phone);
    let written = entries(&phone);
    set(&mut phone, registers::COLOURS, "dark");
    assert_eq!((waiting(&mut phone), entries(&phone)), (before, written + 1));
    assert!(phone.post("after"));
    assert_eq!(waiting(&mut phone), before + 1);
    let now = phone.now;
    read_up_to(&mut phone, now);
    assert_eq!((waiting(&mut phone), entries(&phone)), (before + 1, written + 3));
}

#[test]
fn what_was_set_outlives_a_crash_and_is_told_after_it() {
    let (mut phone, mut laptop) = two();
    set(&mut phone, registers::COLOURS, "dark");
    phone.restart();
    assert_eq!(value(&phone, registers::COLOURS), "dark");
    phone.connect(&mut laptop);
    assert_eq!(value(&laptop, registers::COLOURS), "dark");
    let unstated = phone.table(Table::Meta).into_iter();
    assert!(!unstated.into_iter().any(|(key, _)| key.starts_with(b"register/")));
}

#[test]
fn what_was_set_and_not_told_is_in_a_backup() {
    let (mut phone, _) = two();
    set(&mut phone, registers::COLOURS, "dark");
    let disk = phone.disk.clone().into_iter().filter(|(key, _)| is_kept(key)).collect();
    let keys = Keys::for_restoring([30; 32], phone.keys.clone()).unwrap();
    assert_eq!(value(&Desk::kept(keys, disk), registers::COLOURS), "dark");
}

#[test]
fn what_later_statements_made_needless_goes() {
    let (mut phone, mut laptop) = two();
    set(&mut phone, registers::LETTER_KEYS, "off");
    for number in 0..3 * SUPERSEDED {
        set(&mut phone, &registers::draft("post"), &format!("{number} {}", "x".repeat(500)));
        phone.tell(Input::Command(Command::StateRegisters));
    }
    phone.talk(&mut laptop, PEER);
    let (count, bytes) = payloads(&phone);
    assert!(count < SUPERSEDED + 10 && bytes < 2_000 * SUPERSEDED, "{count} with {bytes} bytes");
    let name = registers::draft("post");
    let last = value(&phone, &name);
    for desk in [&mut phone, &mut laptop] {
        desk.restart();
        assert_eq!(value(desk, &name), last);
        assert_eq!(value(desk, registers::LETTER_KEYS), "off", "stated long ago");
        assert_eq!(desk.boots, 2 + u32::from(desk.boots > 2), "nothing had to be read anew");
    }
    assert_eq!(payloads(&phone).0, count, "nor is it asked for again");
}

#[test]
fn nobody_else_learns_what_is_agreed_on() {
    let (mut phone, _) = two();
    set(&mut phone, registers::COLOURS, "dark");
    phone.pass(5_000);
    let all: Vec<u8> = phone.table(Table::Packs).into_iter().flat_map(|(_, pack)| pack).collect();
    let holds = |text: &str| all.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("sealed") && !holds("registers") && !holds("colours") && !holds("dark"));
}

#[test]
fn a_device_keeps_whom_it_is_told_to_keep() {
    let (mut phone, mut laptop) = two();
    let mut ben = Desk::person(5);
    ben.post("hello");
    let synod = ben.keys.synod.unwrap();
    let link = Link(Link::ACCEPTED + 78);
    follow(&mut phone, synod);
    phone.talk(&mut laptop, PEER);
    let meet = |ben: &mut Desk, desk: &mut Desk| {
        let binding = || crate::io::Binding::Fingerprints("c".to_owned(), "d".to_owned());
        for (desk, dialled) in [(&mut *ben, true), (&mut *desk, false)] {
            let path = crate::api::Path::Direct;
            desk.tell(Input::Connected { binding: binding(), dialled, link, path });
        }
        ben.talk(desk, Peer { link });
        for desk in [ben, desk] {
            desk.tell(Input::Disconnected(link));
        }
    };
    let device = ben.keys.device.identity();
    meet(&mut ben, &mut laptop);
    assert!(laptop.keeps(device));
    // Said on the phone, of the laptop.
    let of_laptop = registers::keeps(&laptop.keys.device.identity(), &synod);
    set(&mut phone, &of_laptop, "no");
    phone.talk(&mut laptop, PEER);
    assert!(!laptop.keeps(device) && laptop.keeps(synod), "who they are stays known");
    assert!(
        laptop.events.iter().any(|event| matches!(event, Event::Forgotten(who) if *who == synod))
    );
    meet(&mut ben, &mut laptop);
    laptop.restart();
    assert!(!laptop.keeps(device));
    assert!(laptop.node.relations.wants(&synod), "they are followed all the same");
    set(&mut laptop, &of_laptop, "yes");
    meet(&mut ben, &mut laptop);
    assert!(laptop.keeps(device));
    // Own posts are kept, whatever is said.
    let own = registers::keeps(&laptop.keys.device.identity(), &phone.keys.synod.unwrap());
    set(&mut laptop, &own, "no");
    assert!(laptop.keeps(phone.keys.device.identity()));
}
