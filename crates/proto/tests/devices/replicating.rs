//! All devices of an account have all of it: over a hub, and directly.

use effigy_core::Cid;
use effigy_core::limits::BLOB_BYTES;
use effigy_feed::Relation;
use effigy_proto::{
    Attaching, Command, ContentKind, Event, HolderKind, Named, Path, Ticket, registers,
};

use crate::people::{ANA, BEN, HUB, People};
use crate::together::picture;

/// Ana with two devices at the hub.
fn with_two() -> (People, usize) {
    let mut people = People::new();
    let laptop = people.recover(60);
    people.together.live(5_000);
    people.joins(laptop, None).unwrap();
    people.together.live(5_000);
    (people, laptop)
}

fn pictured(people: &mut People, machine: usize, number: u8) -> Cid {
    let text = number.to_string();
    let pictures = vec![picture(number)];
    people.done(machine, |ticket| Command::Publish { pictures, text, ticket }).unwrap()
}

#[test]
fn two_devices_merge_over_a_hub_and_directly() {
    let (mut people, laptop) = with_two();
    let ana = people.synod(ANA);
    let direct = |people: &People, machine| {
        let peers = people.network(machine).peers;
        peers.iter().any(|peer| peer.path == Path::Direct && peer.synod == Some(ana))
    };
    assert!(direct(&people, ANA) && direct(&people, laptop), "they found a direct way");
    // Each writes while it is alone; then they meet, without a hub.
    people.together.crash(HUB, 0);
    pictured(&mut people, laptop, 20);
    people.together.live(5_000);
    pictured(&mut people, ANA, 21);
    people.together.live(5_000);
    let all = people.entries(ANA, ana);
    assert_eq!(people.entries(laptop, ana), all);
    assert!(people.is_whole(ANA) && people.is_whole(laptop), "with the pictures");
    assert_eq!(people.texts(ANA, ana), ["21", "20", "second", "first"]);
    let receipts = people.network(laptop).receipts;
    assert!(receipts.iter().any(|receipt| receipt.kind == HolderKind::OwnDevice));
    // Over a hub, never at the same time.
    people.together.crash(laptop, 0);
    people.together.start(HUB);
    people.together.live(90_000);
    pictured(&mut people, ANA, 22);
    people.together.live(5_000);
    people.together.crash(ANA, 0);
    people.together.start(laptop);
    people.together.live(10_000);
    pictured(&mut people, laptop, 23);
    people.together.live(10_000);
    assert!(people.is_whole(laptop));
    assert_eq!(people.texts(laptop, ana)[..2], ["23", "22"]);
    assert_eq!(people.texts(BEN, ana), people.texts(laptop, ana));
    let feeds = people.network(BEN).feeds;
    assert!(feeds.iter().all(|feed| feed.fork.is_none()));
}

#[test]
fn a_rolled_back_device_asks_its_siblings() {
    let (mut people, laptop) = with_two();
    let ana = people.synod(ANA);
    people.together.crash(HUB, 0);
    people.together.crash(BEN, 0);
    people.posts(ANA, "third");
    people.together.live(5_000);
    // The phone's store is emptied; its note beside the store stays. Only the laptop has what it wrote,
    // and only the hub lets them find each other.
    people.together.empty(ANA);
    people.together.wipe(HUB);
    people.together.start(HUB);
    people.together.start(ANA);
    people.together.live(90_000);
    assert_eq!(people.texts(ANA, ana), ["third", "second", "first"]);
    people.posts(ANA, "fourth");
    people.together.live(5_000);
    assert_eq!(people.texts(laptop, ana)[0], "fourth");
}

/// Attaches bytes as a file and posts it. Gives its name.
fn posts_file(people: &mut People, machine: usize, bytes: &[u8]) -> Named {
    let (slot, size, kind, upload) = ("post".to_owned(), bytes.len() as u64, ContentKind::File, 1);
    people.done(machine, |ticket| Command::Attach { kind, size, slot, ticket, upload });
    for slice in bytes.chunks(1 << 20) {
        let bytes = slice.to_vec();
        people.done(machine, |ticket| Command::AttachBytes { bytes, ticket, upload });
    }
    let what = Attaching::File { mime: String::new(), name: "all.bin".to_owned(), upload };
    let text = "a file".to_owned();
    people.done(machine, |ticket| Command::PublishAttached { text, ticket, what: Box::new(what) });
    let blobs = effigy_core::blob::split(bytes).unwrap();
    Named { cid: blobs[0].cid(), size, kind }
}

fn sets(people: &mut People, machine: usize, name: String, value: &str) {
    let value = value.to_owned();
    let set = |ticket: Ticket| Command::SetRegister { name, ticket, time: None, value };
    people.done(machine, set);
}

/// What a device was told last of a register.
fn agreed(people: &People, machine: usize, name: &str) -> Option<String> {
    let events = people.together.machines[machine].events.iter();
    let mut told = events.rev().filter_map(|event| match event {
        Event::Registers(all) => all.iter().find(|agreed| agreed.name == name),
        _ => None,
    });
    told.next().map(|agreed| agreed.value.clone())
}

/// Reads content from this device alone.
fn reads(people: &mut People, machine: usize, content: Named) -> Vec<u8> {
    let mut all = Vec::new();
    while (all.len() as u64) < content.size {
        let (from, number) = (all.len() as u64, all.len() as u64);
        people.together.ask(machine, |_| Command::ReadContent { content, from, number });
        let events = people.together.machines[machine].events.iter();
        let piece = events.rev().find_map(|event| match event {
            Event::Range { bytes, number: of, .. } if *of == number => bytes.clone(),
            _ => None,
        });
        all.extend(piece.unwrap());
    }
    all
}

#[test]
fn who_loses_all_devices_but_one_loses_nothing() {
    let (mut people, laptop) = with_two();
    let (ana, ben) = (people.synod(ANA), people.synod(BEN));
    pictured(&mut people, ANA, 30);
    let bytes: Vec<u8> = (0..5 * BLOB_BYTES + 7).map(|at| (at % 251) as u8).collect();
    let file = posts_file(&mut people, ANA, &bytes);
    people.done(ANA, |ticket| Command::Relate {
        on: true,
        relation: Relation::Mute,
        synod: ben,
        ticket,
    });
    sets(&mut people, ANA, registers::COLOURS.to_owned(), "dark");
    sets(&mut people, ANA, registers::draft("post"), "half a thought");
    people.together.live(120_000);
    assert!(people.is_whole(laptop), "pictures and files");
    let texts = people.texts(ANA, ana);
    // The phone is lost, the hub is gone, friends are away.
    for machine in [ANA, BEN, HUB] {
        people.together.crash(machine, 0);
    }
    people.together.crash(laptop, usize::MAX);
    people.together.start(laptop);
    people.together.live(1_000);
    assert_eq!(people.texts(laptop, ana), texts);
    assert!(people.is_whole(laptop));
    assert_eq!(reads(&mut people, laptop, file), bytes);
    let view = people.view(laptop);
    assert!(view.relations.holds(Relation::Mute, &ben) && view.relations.wants(&ben));
    assert_eq!(agreed(&people, laptop, registers::COLOURS).as_deref(), Some("dark"));
    let draft = registers::draft("post");
    assert_eq!(agreed(&people, laptop, &draft).as_deref(), Some("half a thought"));
    // What it holds is enough to have everything on a new one.
    people.together.wipe(HUB);
    people.together.start(HUB);
    people.together.live(90_000);
    let tablet = people.recover(61);
    people.together.live(5_000);
    people.joins(tablet, None).unwrap();
    people.together.live(120_000);
    assert_eq!(people.texts(tablet, ana), texts);
    assert!(people.is_whole(tablet));
    assert_eq!(reads(&mut people, tablet, file), bytes);
    assert_eq!(agreed(&people, tablet, registers::COLOURS).as_deref(), Some("dark"));
}
