//! All devices of an account have all of it: over a hub, and directly.

use effigy_core::Cid;
use effigy_proto::{Command, HolderKind, Path};

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
