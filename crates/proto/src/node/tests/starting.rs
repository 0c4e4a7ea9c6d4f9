//! Starts: from what was noted of packs, and from the packs themselves where that cannot be right.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::payload::{Delete, Note, Tag};
use effigy_core::{Cid, Identity, Payload, Secret};
use effigy_feed::{Noted, Relation};
use effigy_store::{Key, Pack, Table};

use super::devices::following;
use super::{Actor, Desk};
use crate::api::{Command, Event, Known};
use crate::io::{Fence, Input};
use crate::node::packs::outline_key;
use crate::node::reread;

/// What was told of entries since the last start, and how many of them before the first screen.
fn told(desk: &Desk) -> (Vec<&Known>, usize) {
    let (mut told, mut before) = (Vec::new(), None);
    for event in &desk.events {
        match event {
            Event::Entries(known) => told.extend(known),
            Event::Ready => before = before.or(Some(told.len())),
            _ => (),
        }
    }
    (told, before.unwrap())
}

fn ids(known: &[&Known]) -> BTreeSet<Cid> {
    known.iter().map(|known| known.entry.id()).collect()
}

/// A feed as a node knows it: its entries, its newest clock, its account, its packs.
type KnownFeed = (Vec<Noted>, u64, Identity, BTreeMap<u32, u32>);

/// All that a node knows from its store.
fn knows(desk: &Desk) -> (BTreeMap<Identity, KnownFeed>, String) {
    let node = &desk.node;
    let feed = |held: &super::super::state::Held| {
        let end = held.feed.len() as u32;
        let noted = (0..end).filter_map(|place| held.feed.noted(place)).collect();
        (noted, held.newest, held.synod, held.packs.clone())
    };
    let feeds = node.feeds.iter().map(|(identity, held)| (*identity, feed(held))).collect();
    let contents: Vec<_> =
        node.contents.iter().map(|(named, c)| (named, &c.owners, c.auto)).collect();
    let relations: Vec<_> = [Relation::Block, Relation::Follow, Relation::Mute]
        .into_iter()
        .map(|relation| node.relations.all(relation).collect::<Vec<_>>())
        .collect();
    let rest = format!(
        "{contents:?} {relations:?} {:?} {:?} {:?} {:?}",
        node.deletions, node.synods, node.tracked, node.followers
    );
    (feeds, rest)
}

/// Somebody who follows three people: of one many posts, of one with answers, marks and takings
/// back, and one whom they have muted.
fn busy() -> (Desk, [Actor; 3]) {
    let (mut ben, mut cleo, mut dora) = (Actor::new(2), Actor::new(3), Actor::new(4));
    for n in 0..1_300 {
        ben.posts(&format!("{n}"));
    }
    let first = cleo.posts("first").entry.id();
    let regret = cleo.posts("regret").entry.id();
    cleo.says(Payload::Tag(Tag { on: true, target: first, word: "word".to_owned() }));
    cleo.says(Payload::Delete(Delete { target: regret }));
    dora.posts("not so loud");
    let (mut desk, _) = following(&[&ben, &cleo, &dora]);
    let synod = dora.synod();
    desk.ask(|ticket| Command::Relate { on: true, relation: Relation::Mute, synod, ticket });
    for n in 0..20 {
        assert!(desk.post(&format!("mine {n}")));
    }
    (desk, [ben, cleo, dora])
}

#[test]
fn the_newest_posts_come_first_and_everything_comes_once() {
    let (mut desk, [ben, ..]) = busy();
    desk.pass(60_000);
    let before: BTreeSet<Cid> = ids(&told(&desk).0);
    desk.restart();
    let (first, shown) = told(&desk);
    let shown = &first[..shown];
    let posts: BTreeSet<Cid> = ids(shown);
    let newest = ben.feed(ben.device()).iter().rev().take(40);
    assert!(newest.clone().all(|record| posts.contains(&record.entry.id())), "the newest of Ben");
    assert!(shown.len() < 150, "{} were read for the first screen", shown.len());
    let all = told(&desk).0.len();
    assert!(all < before.len(), "the rest waits until there is time");
    desk.pass(60_000);
    let (after, _) = told(&desk);
    assert!(ids(&after) == before);
    assert_eq!(after.len(), before.len(), "each once");
    assert_eq!(desk.boots, 2, "nothing was wrong");
}

#[test]
fn a_start_knows_the_same_from_what_was_noted_as_from_the_packs() {
    let (mut desk, _) = busy();
    desk.restart();
    desk.pass(60_000);
    let before = knows(&desk);
    desk.restart();
    assert!(knows(&desk) == before);
    // Who is to look through everything does: every pack is read.
    reread().deletes.iter().for_each(|key| drop(desk.disk.remove(key)));
    desk.restart();
    assert!(knows(&desk) == before);
    let noted: Vec<Key> =
        desk.disk.keys().filter(|key| key.table == Table::Heads).cloned().collect();
    assert!(noted.len() > 20);
    // A store of an earlier version has nothing noted at all; afterwards it has.
    let whole = desk.disk.clone();
    for key in &noted {
        desk.disk.remove(key);
    }
    desk.disk.remove(&Key::new(Table::Meta, b"outlined".as_slice()));
    desk.restart();
    assert!(knows(&desk) == before);
    for key in &noted {
        assert!(desk.disk.get(key) == whole.get(key), "{key:?}");
    }
    desk.restart();
    assert!(knows(&desk) == before);
    assert_eq!(desk.boots, 6, "read again and again, but never twice at a start");
}

/// The same store with one record of it damaged in one of three ways.
fn damage(desk: &mut Desk, key: &Key, how: usize) -> bool {
    let Some(value) = desk.disk.get_mut(key) else { return false };
    let length = value.len();
    match how {
        0 => value[length / 2] ^= 0x10,
        1 => value.truncate(length / 2),
        _ => return desk.disk.remove(key).is_some(),
    }
    true
}

#[test]
fn whatever_was_noted_wrongly_nothing_is_lost_by_it() {
    let mut ben = Actor::new(2);
    for n in 0..120 {
        ben.posts(&format!("{n}"));
    }
    let (mut desk, _) = following(&[&ben]);
    for n in 0..3 {
        assert!(desk.post(&format!("mine {n}")));
    }
    desk.restart();
    desk.pass(60_000);
    let (before, whole) = (knows(&desk), desk.disk.clone());
    let all = ids(&told(&desk).0);
    let noted = |key: &&Key| {
        let of_meta = [b"newest".as_slice(), b"outlined"].contains(&key.bytes.as_slice());
        key.table == Table::Heads || (key.table == Table::Meta && of_meta)
    };
    let keys: Vec<Key> = whole.keys().filter(noted).cloned().collect();
    assert!(keys.len() >= 8);
    let last = outline_key(&ben.device(), 0, 100);
    assert!(keys.contains(&last));
    for key in &keys {
        for how in 0..3 {
            desk.disk = whole.clone();
            assert!(damage(&mut desk, key, how));
            desk.restart();
            desk.pass(60_000);
            if how == 2 && *key == last {
                // Nothing tells that there was one more pack. It is fetched again.
                let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
                ben.gives(&mut desk, hub.link);
            }
            assert!(knows(&desk) == before, "{key:?} {how}");
            assert!(ids(&told(&desk).0) == all, "{key:?} {how}");
            assert!(desk.node.repair.is_none());
            desk.restart();
            desk.pass(60_000);
            assert!(ids(&told(&desk).0) == all, "{key:?} {how}, and once more");
        }
    }
}

#[test]
fn a_damaged_pack_is_found_when_there_is_time() {
    let (mut desk, [ben, ..]) = busy();
    desk.pass(60_000);
    // The oldest pack of Ben's: the last to be read.
    let packs: Vec<Key> = desk
        .disk
        .keys()
        .filter(|key| key.table == Table::Packs && key.bytes.starts_with(ben.device().bytes()))
        .cloned()
        .collect();
    let hidden = desk.disk.clone();
    for how in 0..3 {
        desk.disk = hidden.clone();
        assert!(damage(&mut desk, &packs[0], how));
        desk.restart();
        let boots = desk.boots;
        assert_eq!(desk.node.feeds[&ben.device()].feed.len(), 1_300, "not seen yet");
        desk.pass(60_000);
        assert_eq!(desk.boots, boots + 1, "found, and everything was read");
        assert!(desk.node.feeds[&ben.device()].feed.len() < 1_300);
        let aside = desk.table(Table::Quarantine).len();
        assert!(how == 2 || aside > 0, "set aside");
        let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
        ben.gives(&mut desk, hub.link);
        assert_eq!(desk.node.feeds[&ben.device()].feed.len(), 1_300, "fetched again");
        desk.restart();
        let boots = desk.boots;
        desk.pass(60_000);
        assert_eq!(desk.boots, boots, "and it stays whole");
    }
}

#[test]
fn a_store_behind_its_fence_says_so_before_it_looks_as_if_all_were_well() {
    let mut desk = Desk::person(1);
    assert!(desk.post("one"));
    let before = desk.disk.clone();
    assert!(desk.post("two"));
    desk.disk = before;
    desk.restart();
    let place = |wanted: fn(&Event) -> bool| desk.events.iter().position(wanted);
    let repair = place(|event| matches!(event, Event::Repair(_))).unwrap();
    let ready = place(|event| matches!(event, Event::Ready)).unwrap();
    assert!(repair < ready);
    assert!(!desk.post("three"), "it must not write");
    // A fence that is not behind is no reason to wait.
    let fence = desk.fence.clone().unwrap();
    desk.fence = Some(Fence { device_count: fence.device_count - 1, ..fence });
    desk.restart();
    assert!(desk.post("three"));
}

#[test]
fn who_cannot_read_the_fence_writes_nothing_before_the_person_says_so() {
    let mut desk = Desk::person(1);
    assert!(desk.post("one"));
    let fence = desk.fence.replace(Fence::UNREADABLE).unwrap();
    desk.restart();
    let mut repairs = desk.events.iter().filter_map(|event| match event {
        Event::Repair(repair) => Some(*repair),
        _ => None,
    });
    assert!(repairs.next_back().is_some_and(|repair| !repair.is_counted() && !repair.mended));
    assert!(!desk.post("two"), "it must not write");
    desk.pass(120_000);
    assert!(!desk.post("two"), "however long it waits");
    desk.tell(Input::Command(Command::OverrideFence));
    assert_eq!(desk.fence.as_ref(), Some(&fence), "it can be read again");
    assert!(desk.post("two"));
}

/// Texts in packs, by pack, of one feed.
fn texts(desk: &Desk, feed: Identity) -> Vec<Vec<String>> {
    let packs =
        desk.table(Table::Packs).into_iter().filter(|(key, _)| key.starts_with(feed.bytes()));
    let text = |bytes: &[u8]| match crate::node::record::reload(bytes).unwrap().payload {
        Some((_, Payload::Note(Note { text, .. }))) => text,
        Some(_) => "?".to_owned(),
        None => String::new(),
    };
    packs
        .map(|(_, pack)| Pack::open(&pack).unwrap().records().map(|r| text(r.unwrap())).collect())
        .collect()
}

#[test]
fn posts_that_came_one_by_one_are_put_together() {
    let mut desk = Desk::person(1);
    let me = desk.keys.device.identity();
    for n in 0..130 {
        assert!(desk.post(&format!("{n}")));
    }
    let all: Vec<String> = texts(&desk, me).concat();
    assert!(texts(&desk, me).len() <= 11, "they are joined as they come");
    desk.restart();
    desk.pass(60_000);
    assert!(texts(&desk, me).len() <= 11);
    assert_eq!(texts(&desk, me).concat(), all);
    let noted = desk.table(Table::Heads).len();
    assert!(noted < 30, "nothing is noted of what is gone: {noted}");
    let before = knows(&desk);
    desk.restart();
    desk.pass(60_000);
    assert!(knows(&desk) == before);
    assert_eq!(told(&desk).0.len(), 130 + 4);
    assert_eq!(desk.boots, 3);
}

#[test]
fn what_is_taken_back_while_packs_are_put_together_goes() {
    for steps in 0..60 {
        let mut desk = Desk::person(1);
        let me = desk.keys.device.identity();
        for n in 0..12 {
            assert!(desk.post(&format!("{n}")));
        }
        let target = desk.node.feeds[&me].feed.noted(4).unwrap().id;
        desk.restart();
        desk.take_back_after(steps, target);
        desk.pass(60_000);
        let texts = texts(&desk, me).concat();
        assert_eq!(texts.len(), 13, "{steps}");
        assert_eq!(texts[4], "", "{steps}: taken back");
        assert_eq!(texts.iter().filter(|text| text.is_empty()).count(), 1, "{steps}");
    }
}
