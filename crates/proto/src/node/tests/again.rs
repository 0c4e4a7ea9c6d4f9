//! Meeting again: what changed since is told, and nothing else, whatever was lost meanwhile.

use effigy_core::payload::Profile;
use effigy_core::{Payload, Secret};
use effigy_feed::Relation;
use effigy_store::Table;

use super::circle::{Circle, Cost};
use super::{Actor, Desk};
use crate::api::Command;
use crate::io::Input;
use crate::message::Message;

/// A hub that keeps so many people's feeds, two of each, and somebody who follows them all and was
/// there once.
fn met(people: u32) -> (Circle, Vec<Actor>) {
    let mut hub = Desk::hub(1_000, 1 << 20);
    let mut reader = Desk::person(1);
    let actors: Vec<Actor> = (0..people).map(Actor::numbered).collect();
    for (actor, number) in actors.iter().zip(1_000..) {
        brings(&mut hub, number, actor);
        let synod = actor.synod();
        reader.ask(|ticket| Command::Relate {
            on: true,
            relation: Relation::Follow,
            synod,
            ticket,
        });
    }
    // Nobody is there to be told that they are followed.
    reader.node.greetings.clear();
    let mut circle = Circle::new(vec![hub, reader]);
    circle.dial(1, 0);
    circle.pass(5_000);
    for actor in &actors {
        assert!(circle.desks[1].keeps(actor.device()));
    }
    (circle, actors)
}

/// Somebody brings their feeds to a hub, and leaves.
fn brings(hub: &mut Desk, number: u64, actor: &Actor) {
    let way = hub.enters(number, &actor.device, Some(actor.synod()));
    actor.gives(hub, way.link);
    actor.gives(hub, way.link);
    hub.tell(Input::Disconnected(way.link));
    hub.heard(way.link);
}

/// Both are apart for a while and meet again. What it cost to say what is new.
fn again(circle: &mut Circle) -> Cost {
    circle.pass(5_000);
    circle.forget();
    circle.dial(1, 0);
    circle.settle();
    let mut cost = circle.heads_cost();
    circle.pass(10_000);
    cost.bytes += circle.heads_cost().bytes;
    cost
}

/// Nothing is new, and that costs next to nothing; what is said from then on still arrives.
fn cheap(circle: &mut Circle) {
    let cost = again(circle);
    assert!(cost.bytes < 1_000 && cost.trips == 1, "{cost:?}");
    assert!(circle.desks[1].post("here again"));
    circle.pass(1_000);
    let feed = circle.desks[1].keys.device.identity();
    assert_eq!(circle.desks[0].records(feed), circle.desks[1].records(feed));
}

#[test]
fn nothing_new_in_a_hundred_feeds_costs_less_than_a_kilobyte_and_one_trip() {
    let (mut circle, _) = met(50);
    circle.cut(1);
    cheap(&mut circle);
    // Whoever of both was off, or both, with or without a farewell.
    circle.cut(1);
    circle.restart(1);
    cheap(&mut circle);
    circle.restart(1);
    cheap(&mut circle);
    circle.restart(0);
    cheap(&mut circle);
    circle.restart(0);
    circle.restart(1);
    cheap(&mut circle);
}

#[test]
fn what_is_new_costs_what_is_new() {
    let (mut circle, mut actors) = met(50);
    let mut costs = Vec::new();
    for (round, new) in [0_usize, 1, 4, 16].into_iter().enumerate() {
        circle.cut(1);
        for (actor, number) in actors.iter_mut().zip(2_000..).take(new) {
            actor.posts("new");
            brings(&mut circle.desks[0], number + 100 * round as u64, actor);
        }
        let cost = again(&mut circle);
        assert_eq!(cost.trips, 1);
        costs.push(cost.bytes);
        assert!(all_is_there(&circle, &actors));
    }
    for (new, bytes) in [1, 4, 16].into_iter().zip(&costs[1..]) {
        assert!(*bytes < costs[0] + new * 700, "{new} new: {bytes} bytes, {} for none", costs[0]);
    }
}

/// Whether the reader has all that these people said.
fn all_is_there(circle: &Circle, actors: &[Actor]) -> bool {
    let held = |actor: &Actor| circle.desks[1].records(actor.device());
    actors.iter().all(|actor| held(actor) == actor.feed(actor.device()).len())
}

#[test]
fn a_list_of_many_changes_comes_in_pages() {
    let (mut circle, mut actors) = met(130);
    circle.cut(1);
    for (actor, number) in actors.iter_mut().zip(2_000..) {
        actor.posts("new");
        actor.by_root(Payload::Profile(Profile { name: "new".into(), ..Profile::default() }));
        brings(&mut circle.desks[0], number, actor);
    }
    circle.forget();
    circle.dial(1, 0);
    circle.pass(20_000);
    let pages = circle.count(|message| matches!(message, Message::Changes { more: true, .. }));
    assert_eq!(pages, 1);
    assert!(all_is_there(&circle, &actors));
    circle.cut(1);
    cheap(&mut circle);
}

#[test]
fn a_hub_that_was_emptied_is_told_and_asked_everything() {
    let (mut circle, mut actors) = met(20);
    circle.cut(1);
    circle.desks[0].disk.clear();
    circle.restart(0);
    actors[3].posts("new");
    for (actor, number) in actors.iter().zip(2_000..) {
        brings(&mut circle.desks[0], number, actor);
    }
    circle.dial(1, 0);
    circle.pass(20_000);
    assert!(all_is_there(&circle, &actors));
    circle.cut(1);
    cheap(&mut circle);
}

#[test]
fn a_reader_that_was_emptied_asks_for_everything() {
    let (mut circle, actors) = met(20);
    let (disk, keys) = (circle.desks[1].disk.clone(), circle.desks[1].keys.clone());
    circle.desks[1].disk.clear();
    circle.desks[1].fence = None;
    circle.restart(1);
    circle.dial(1, 0);
    circle.pass(20_000);
    assert!(circle.desks[1].records(keys.device.identity()) > 0, "its own feed came back");
    assert!(all_is_there(&circle, &actors), "and with it whom it follows");
    drop(disk);
}

#[test]
fn what_was_told_and_lost_is_told_again() {
    let (mut circle, mut actors) = met(20);
    // The hub is set back to what it held a while ago, as after a crash that lost what was not safe
    // yet, or from a copy of its disk; and other things happen then than had happened.
    let before = circle.desks[0].disk.clone();
    for actor in &mut actors[..5] {
        actor.posts("lost");
    }
    for (actor, number) in actors.iter().zip(2_000..) {
        brings(&mut circle.desks[0], number, actor);
    }
    circle.pass(70_000);
    assert!(all_is_there(&circle, &actors));
    circle.desks[0].disk = before;
    circle.restart(0);
    for actor in &mut actors[10..] {
        actor.posts("after");
    }
    for (actor, number) in actors.iter().zip(3_000..).skip(10) {
        brings(&mut circle.desks[0], number, actor);
    }
    circle.dial(1, 0);
    circle.pass(20_000);
    assert!(all_is_there(&circle, &actors));
    let hub = &circle.desks[0];
    assert!(actors.iter().all(|a| hub.records(a.device()) == a.feed(a.device()).len()));
}

#[test]
fn a_start_that_told_nobody_hides_no_change() {
    let (mut circle, mut actors) = met(4);
    let before = circle.desks[0].disk.clone();
    actors[0].posts("lost");
    brings(&mut circle.desks[0], 2_000, &actors[0]);
    circle.pass(70_000);
    circle.desks[0].disk = before;
    circle.restart(0);
    // In this life the hub takes something in and tells nobody of it.
    actors[1].posts("quiet");
    brings(&mut circle.desks[0], 2_001, &actors[1]);
    circle.restart(0);
    circle.dial(1, 0);
    circle.pass(20_000);
    assert!(all_is_there(&circle, &actors));
}

#[test]
fn who_breaks_off_before_all_is_there_is_told_again() {
    let (mut circle, mut actors) = met(10);
    for n in 0..900 {
        actors[0].posts(&format!("{n}"));
    }
    circle.cut(1);
    brings(&mut circle.desks[0], 2_000, &actors[0]);
    circle.dial(1, 0);
    while circle.desks[1].records(actors[0].device()) < 100 {
        circle.step(0);
    }
    let held = circle.desks[1].records(actors[0].device());
    circle.cut(1);
    assert!(held < 900, "{held} of 900 had come");
    circle.pass(5_000);
    circle.dial(1, 0);
    circle.pass(20_000);
    assert!(all_is_there(&circle, &actors));
}

#[test]
fn what_is_no_longer_followed_is_no_longer_told() {
    let (mut circle, mut actors) = met(10);
    let synod = actors[0].synod();
    circle.desks[1].ask(|ticket| Command::Relate {
        on: false,
        relation: Relation::Follow,
        synod,
        ticket,
    });
    circle.pass(5_000);
    // And the hub need not hear of it from this reader either.
    assert_eq!(circle.count(|message| matches!(message, Message::Unwatch { .. })), 2);
    circle.forget();
    let gone = actors.remove(0);
    let way = circle.desks[0].enters(4_000, &gone.device, Some(gone.synod()));
    let mut gone = gone;
    gone.posts("to nobody");
    gone.gives(&mut circle.desks[0], way.link);
    circle.pass(5_000);
    let of_gone = |message: &Message| match message {
        Message::Changes { heads, .. } => heads.iter().any(|h| h.identity == gone.device()),
        _ => false,
    };
    assert_eq!(circle.count(of_gone), 0);
    // The list that is remembered is the shorter one.
    circle.cut(1);
    cheap(&mut circle);
}

#[test]
fn who_gives_a_feed_up_says_so() {
    // A guest's feeds are at the hub for as long as the guest is.
    let (mut circle, _) = met(1);
    let ben = Actor::numbered(77);
    circle.desks[0].fill_up();
    circle.restart(0);
    circle.dial(1, 0);
    circle.pass(5_000);
    let way = circle.desks[0].enters(5_000, &ben.device, Some(ben.synod()));
    ben.gives(&mut circle.desks[0], way.link);
    ben.gives(&mut circle.desks[0], way.link);
    let synod = ben.synod();
    circle.desks[1].ask(|ticket| Command::Relate {
        on: true,
        relation: Relation::Follow,
        synod,
        ticket,
    });
    circle.pass(5_000);
    assert!(circle.desks[1].keeps(ben.device()));
    let confirmed = |circle: &Circle| {
        let network = circle.desks[1].network().unwrap();
        let feed = network.feeds.into_iter().find(|feed| feed.identity == ben.device());
        feed.unwrap().confirmed_by
    };
    assert_eq!(confirmed(&circle), 1);
    circle.desks[0].tell(Input::Disconnected(way.link));
    circle.pass(5_000);
    assert_eq!(confirmed(&circle), 0, "told while they are connected");
    // Or at the next meeting.
    let way = circle.desks[0].enters(5_001, &ben.device, Some(ben.synod()));
    ben.gives(&mut circle.desks[0], way.link);
    ben.gives(&mut circle.desks[0], way.link);
    circle.pass(5_000);
    assert_eq!(confirmed(&circle), 1);
    circle.cut(1);
    circle.desks[0].tell(Input::Disconnected(way.link));
    circle.pass(5_000);
    circle.dial(1, 0);
    circle.pass(5_000);
    assert_eq!(confirmed(&circle), 0);
}

#[test]
fn what_watches_whom_is_not_read_off_a_disk() {
    let (circle, actors) = met(3);
    let lists: Vec<Vec<u8>> = circle.desks[0]
        .table(Table::Peers)
        .into_iter()
        .filter(|(key, _)| key.starts_with(b"watch/"))
        .map(|(_, value)| value)
        .collect();
    assert_eq!(lists.len(), 1);
    for actor in &actors {
        let key = actor.device();
        assert!(!lists[0].windows(32).any(|bytes| bytes == key.bytes().as_slice()));
    }
}

#[test]
fn a_stranger_is_not_remembered() {
    let mut hub = Desk::hub(3, 1 << 20);
    let ana = Actor::numbered(1);
    let way = hub.enters(1, &ana.device, Some(ana.synod()));
    ana.gives(&mut hub, way.link);
    ana.gives(&mut hub, way.link);
    let remembered = |hub: &Desk| {
        let peers = hub.table(Table::Peers);
        peers.iter().filter(|(key, _)| key.starts_with(b"watch/")).count()
    };
    let watch = |byte| crate::message::WatchName([byte; 16]);
    for n in 0..50_u8 {
        let liar = hub.enters(100 + u64::from(n), &Secret::from_seed(&[n + 60; 32]), None);
        hub.say(liar.link, Message::GetHeads { identities: vec![ana.device()] });
        hub.say(liar.link, Message::GetChanges { request: 1, since: None, watch: watch(n) });
    }
    assert_eq!(remembered(&hub), 0);
    hub.say(way.link, Message::GetHeads { identities: vec![ana.device()] });
    hub.say(way.link, Message::GetChanges { request: 1, since: None, watch: watch(99) });
    assert_eq!(remembered(&hub), 1);
}
