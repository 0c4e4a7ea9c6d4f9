//! What is kept and what goes: taking back, damage, and pictures that several people show.

use std::collections::BTreeMap;

use effigy_core::payload::{Content, Delete, Image, ImageType, Note};
use effigy_core::{Cid, Payload, Secret};
use effigy_feed::Relation;
use effigy_store::pack::Pack;
use effigy_store::{Key, Table};

use super::devices::{following, held};
use super::{Actor, Desk};
use crate::api::{Command, Event};
use crate::message::{ErrorCode, Message};
use crate::node::record;

/// Texts of payloads that are on the disk, of one feed.
fn texts(desk: &Desk, feed: effigy_core::Identity) -> Vec<String> {
    let packs =
        desk.table(Table::Packs).into_iter().filter(|(key, _)| key.starts_with(feed.bytes()));
    let mut texts = Vec::new();
    for (_, pack) in packs {
        for bytes in Pack::open(&pack).unwrap().records() {
            if let Some((_, Payload::Note(note))) = record::reload(bytes.unwrap()).unwrap().payload
            {
                texts.push(note.text);
            }
        }
    }
    texts
}

#[test]
fn all_that_is_taken_back_at_once_goes() {
    let mut ben = Actor::new(2);
    let ids: Vec<Cid> = (0..6).map(|n| ben.posts(&format!("{n}")).entry.id()).collect();
    let (mut desk, hub) = following(&[&ben]);
    for target in &ids[..3] {
        ben.says(Payload::Delete(Delete { target: *target }));
    }
    ben.gives(&mut desk, hub.link);
    assert_eq!(texts(&desk, ben.device()), ["3", "4", "5"]);
}

#[test]
fn what_comes_together_with_its_taking_back_goes() {
    let mut ben = Actor::new(2);
    let target = ben.posts("regret").entry.id();
    ben.says(Payload::Delete(Delete { target }));
    let (desk, _) = following(&[&ben]);
    assert!(desk.keeps(ben.device()));
    assert_eq!(texts(&desk, ben.device()), Vec::<String>::new());
}

#[test]
fn a_crash_between_taking_back_and_forgetting_is_made_good() {
    let mut ben = Actor::new(2);
    let target = ben.posts("regret").entry.id();
    ben.posts("stays");
    let (mut desk, hub) = following(&[&ben]);
    let before: Vec<(Key, Vec<u8>)> = desk
        .disk
        .iter()
        .filter(|(key, _)| key.bytes.starts_with(ben.device().bytes()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    ben.says(Payload::Delete(Delete { target }));
    ben.gives(&mut desk, hub.link);
    // The entry that takes back was kept; the pack it is about was not yet written anew.
    desk.disk.extend(before);
    assert!(texts(&desk, ben.device()).contains(&"regret".to_owned()));
    desk.restart();
    assert_eq!(texts(&desk, ben.device()), ["stays"]);
}

#[test]
fn what_stands_behind_damage_comes_back_with_what_it_says() {
    let mut ben = Actor::new(2);
    // More than one answer carries, so that the last are not sent again before the first are here.
    for n in 0..150 {
        ben.posts(&format!("{n}"));
    }
    let (mut desk, _) = following(&[&ben]);
    let (key, _) = desk
        .disk
        .iter()
        .find(|(key, _)| key.table == Table::Packs && key.bytes.starts_with(ben.device().bytes()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .unwrap();
    // The first record of the feed is damaged.
    desk.disk.get_mut(&key).unwrap()[200] ^= 1;
    desk.restart();
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    ben.gives(&mut desk, hub.link);
    assert_eq!(held(&mut desk, hub.link, ben.device()), 150);
    // Some were told twice: before the damage was found, and after everything was read.
    let told: BTreeMap<Cid, Option<Payload>> = desk
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Entries(known) => Some(known),
            _ => None,
        })
        .flatten()
        .filter(|known| known.entry.header().identity == ben.device())
        .map(|known| (known.entry.id(), known.payload.clone()))
        .collect();
    assert_eq!(told.len(), 150);
    assert!(told.values().all(Option::is_some), "nobody took anything back");
    assert_eq!(texts(&desk, ben.device()).len(), 150);
}

/// A file that is a picture: nothing here looks at its pixels.
pub(super) fn png() -> Vec<u8> {
    png_of(b"pixels")
}

pub(super) fn png_of(pixels: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [
        (b"IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0].as_slice()),
        (b"IDAT", pixels),
        (b"IEND", &[]),
    ] {
        file.extend_from_slice(&u32::try_from(data.len()).unwrap().to_be_bytes());
        let body = [kind.as_slice(), data].concat();
        file.extend_from_slice(&body);
        let crc = !body.iter().fold(!0_u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
            })
        });
        file.extend_from_slice(&crc.to_be_bytes());
    }
    file
}

fn shows(actor: &mut Actor, bytes: &[u8]) {
    let content = Content {
        cid: Cid::of(bytes),
        height: 1,
        image_type: ImageType::Png,
        size: bytes.len() as u64,
        width: 1,
    };
    let image = Image { alt: String::new(), content, thumbnail: None };
    actor.says(Payload::Note(Note { images: vec![image], text: String::new() }));
}

#[test]
fn a_block_leaves_the_pictures_that_others_show_too() {
    let bytes = png();
    let (mut ben, mut eve) = (Actor::new(2), Actor::new(3));
    // Eve shows Ben's picture, and this node hears it from her first.
    shows(&mut eve, &bytes);
    shows(&mut ben, &bytes);
    let (mut desk, hub) = following(&[&eve, &ben]);
    let (cid, size) = (Cid::of(&bytes), bytes.len() as u64);
    desk.say(hub.link, Message::IHave { blobs: vec![(cid, size)] });
    let request = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::GetBlob { request, .. } => Some(request),
        _ => None,
    });
    let chunk = Message::Chunk { bytes, offset: 0, request: request.unwrap(), size: size as u32 };
    desk.say(hub.link, chunk);
    let here = |desk: &Desk| {
        desk.table(Table::Blobs).iter().any(|(key, _)| key.as_slice() == cid.digest())
    };
    assert!(here(&desk));
    let block = |desk: &mut Desk, synod| {
        desk.ask(|ticket| Command::Relate { on: true, relation: Relation::Block, synod, ticket });
    };
    block(&mut desk, eve.synod());
    assert!(here(&desk), "Ben shows it too");
    block(&mut desk, ben.synod());
    assert!(!here(&desk), "now nobody does");
}

#[test]
fn giving_up_what_is_being_fetched_makes_room_for_the_next() {
    let mut eve = Actor::new(3);
    let mut ben = Actor::new(2);
    for n in 0..4_u8 {
        shows(&mut eve, &[n; 9]);
    }
    shows(&mut ben, b"wanted");
    let (mut desk, hub) = following(&[&eve, &ben]);
    let offered = (0..4_u8).map(|n| (Cid::of(&[n; 9]), 9)).chain([(Cid::of(b"wanted"), 6)]);
    desk.say(hub.link, Message::IHave { blobs: offered.take(4).collect() });
    desk.heard(hub.link);
    let synod = eve.synod();
    desk.ask(|ticket| Command::Relate { on: true, relation: Relation::Block, synod, ticket });
    desk.say(hub.link, Message::IHave { blobs: vec![(Cid::of(b"wanted"), 6)] });
    let fetched =
        |m: &Message| matches!(m, Message::GetBlob { cid, .. } if *cid == Cid::of(b"wanted"));
    let heard = desk.heard(hub.link);
    assert!(heard.iter().any(fetched), "{heard:?}");
    assert!(!heard.iter().any(|m| matches!(m, Message::Error { code: ErrorCode::TooMuch, .. })));
}

#[test]
fn an_unfollowed_persons_posts_make_room() {
    let mut ben = Actor::new(2);
    ben.posts("one");
    let (mut desk, hub) = following(&[&ben]);
    assert!(desk.keeps(ben.device()));
    let synod = ben.synod();
    desk.ask(|ticket| Command::Relate { on: false, relation: Relation::Follow, synod, ticket });
    assert!(!desk.keeps(ben.device()) && !desk.keeps(synod));
    assert_eq!(held(&mut desk, hub.link, ben.device()), 0, "nor is it given to anybody");
    assert!(
        desk.events.iter().any(|event| matches!(event, Event::Forgotten(who) if *who == synod))
    );
    desk.restart();
    assert!(!desk.keeps(ben.device()));
}

#[test]
fn a_screen_is_told_how_far_a_picture_is() {
    let bytes = [7; 100_000];
    let mut ben = Actor::new(2);
    shows(&mut ben, &bytes);
    let (mut desk, hub) = following(&[&ben]);
    let (cid, size) = (Cid::of(&bytes), bytes.len() as u64);
    let told = |desk: &Desk| match desk.events.last() {
        Some(Event::Transfer(transfer)) if transfer.cid == cid => {
            assert_eq!(transfer.size, size);
            (transfer.sources, transfer.here)
        }
        other => panic!("no transfer but {other:?}"),
    };
    desk.tell(crate::io::Input::Command(Command::LoadContent { cid, size }));
    assert_eq!(told(&desk), (0, 0), "nobody has said that they have it");
    desk.say(hub.link, Message::IHave { blobs: vec![(cid, size)] });
    assert_eq!(told(&desk), (1, 0));
    let request = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::GetBlob { request, .. } => Some(request),
        _ => None,
    });
    let (request, size) = (request.unwrap(), size as u32);
    let bytes = bytes[..60_000].to_vec();
    desk.say(hub.link, Message::Chunk { bytes, offset: 0, request, size });
    assert_eq!(told(&desk), (1, 60_000));
}

#[test]
fn who_is_blocked_keeps_their_name_and_one_who_no_longer_is_loses_it() {
    let mut ben = Actor::new(2);
    ben.posts("one");
    let (mut desk, _) = following(&[&ben]);
    let synod = ben.synod();
    let block = |desk: &mut Desk, on| {
        desk.ask(|ticket| Command::Relate { on, relation: Relation::Block, synod, ticket });
    };
    let called = |desk: &Desk| {
        desk.events.iter().find_map(|event| match event {
            Event::Called { name, synod: who } if *who == synod => Some(name.clone()),
            _ => None,
        })
    };
    block(&mut desk, true);
    assert!(!desk.keeps(synod));
    desk.restart();
    let name = called(&desk);
    assert!(name.is_some_and(|name| !name.is_empty()));
    block(&mut desk, false);
    desk.restart();
    assert_eq!(called(&desk), None);
}

#[test]
fn what_others_gave_makes_room_and_what_is_ones_own_stays() {
    assert!(Desk::person(4).node.make_room().is_none(), "there is nothing to spare");
    let bytes = png_of(&[7; 100_000]);
    let mut ben = Actor::new(2);
    shows(&mut ben, &bytes);
    let (mut desk, hub) = following(&[&ben]);
    let (cid, size) = (Cid::of(&bytes), bytes.len() as u64);
    desk.say(hub.link, Message::IHave { blobs: vec![(cid, size)] });
    let request = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::GetBlob { request, .. } => Some(request),
        _ => None,
    });
    let request = request.unwrap();
    for (at, part) in bytes.chunks(60_000).enumerate() {
        let chunk = Message::Chunk {
            bytes: part.to_vec(),
            offset: (at * 60_000) as u32,
            request,
            size: size as u32,
        };
        desk.say(hub.link, chunk);
    }
    assert!(desk.table(Table::Blobs).iter().any(|(key, _)| key.as_slice() == cid.digest()));
    let room = desk.node.make_room().unwrap();
    assert!(room.deletes.iter().any(|key| key.bytes == cid.digest()));
}
