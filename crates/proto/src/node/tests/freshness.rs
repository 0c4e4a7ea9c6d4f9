//! How complete and how fresh a feed is: who confirms it, who shows another state, since when nobody
//! was heard; and that two histories shown to two halves of a network become known to all of it.

use effigy_core::payload::{Note, Profile};
use effigy_core::{Cid, Identity, Payload, Secret};
use effigy_feed::Relation;

use super::circle::Circle;
use super::devices::following;
use super::{Actor, Desk, Peer};
use crate::api::{Command, Difference, FeedStatus, HolderKind};
use crate::io::Input;
use crate::message::{Message, WireHead};

/// How a feed stands, as the person is told.
fn status(desk: &mut Desk, feed: Identity) -> FeedStatus {
    desk.pass(1_500);
    let network = desk.network().unwrap();
    network.feeds.into_iter().find(|status| status.identity == feed).unwrap()
}

/// A peer goes on saying that it is there.
fn stays(desk: &mut Desk, peers: &[Peer], span: u64) {
    for _ in 0..span / 5_000 {
        desk.pass(5_000);
        peers.iter().for_each(|peer| desk.say(peer.link, Message::Pong));
    }
}

fn says(desk: &mut Desk, peer: Peer, head: WireHead) {
    desk.say(peer.link, Message::LastKnownHeads { heads: vec![head] });
}

/// Somebody at a hub who follows Ben, who posted three times, and Eve.
fn readers() -> (Desk, Peer, Actor, Actor) {
    let (mut ben, eve) = (Actor::new(90), Actor::new(3));
    for n in 0..3 {
        ben.posts(&format!("{n}"));
    }
    let (desk, hub) = following(&[&ben, &eve]);
    (desk, hub, ben, eve)
}

#[test]
fn devices_of_one_account_are_one_source() {
    let (mut desk, hub, ben, mut eve) = readers();
    let head = ben.head(ben.device());
    assert_eq!(status(&mut desk, ben.device()).confirmed_by, 1, "the hub");
    let second = Secret::from_seed(&[201; 32]);
    eve.add(&second);
    eve.gives(&mut desk, hub.link);
    let phone = desk.enters(1, &eve.device, Some(eve.synod()));
    says(&mut desk, phone, head);
    assert_eq!(status(&mut desk, ben.device()).confirmed_by, 2);
    let laptop = desk.enters(2, &second, Some(eve.synod()));
    says(&mut desk, laptop, head);
    assert_eq!(status(&mut desk, ben.device()).confirmed_by, 2, "both are Eve's");
    let own = Secret::from_seed(&[202; 32]);
    let mine = desk.keys.synod;
    let other = desk.enters(3, &own, mine);
    says(&mut desk, other, head);
    assert_eq!(status(&mut desk, ben.device()).confirmed_by, 2, "nobody vouches for oneself");
    // Whoever names an account that does not name them is nobody.
    let liar = desk.enters(4, &Secret::from_seed(&[203; 32]), Some(ben.synod()));
    says(&mut desk, liar, head);
    assert_eq!(status(&mut desk, ben.device()).confirmed_by, 2);
}

#[test]
fn who_shows_less_than_there_is_is_named_after_a_while() {
    let (mut desk, hub, ben, eve) = readers();
    let (newest, device) = (ben.head(ben.device()), ben.device());
    let old = WireHead { count: 2, id: ben.feed(device)[1].entry.id(), ..newest };
    let way = desk.enters(1, &eve.device, Some(eve.synod()));
    says(&mut desk, way, old);
    let now = status(&mut desk, device);
    assert_eq!((now.confirmed_by, now.differing.len()), (1, 0), "it may be about to ask");
    stays(&mut desk, &[hub, way], 40_000);
    let later = status(&mut desk, device);
    let [differing] = later.differing.as_slice() else { unreachable!("{later:?}") };
    assert_eq!((differing.holder, differing.synod), (eve.device(), Some(eve.synod())));
    assert_eq!((differing.count, differing.how), (2, Difference::Behind));
    assert_eq!(differing.kind, HolderKind::Friend);
    // It has caught up.
    says(&mut desk, way, newest);
    let caught_up = status(&mut desk, device);
    assert_eq!((caught_up.confirmed_by, caught_up.differing.len()), (2, 0));
}

#[test]
fn who_promises_more_and_does_not_give_it_is_named() {
    let (mut desk, hub, ben, _) = readers();
    let boast = WireHead { count: 99, id: Cid::of(b"none"), ..ben.head(ben.device()) };
    says(&mut desk, hub, boast);
    let request = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::GetEntries { request, .. } => Some(request),
        _ => None,
    });
    let (identity, request) = (ben.device(), request.unwrap());
    let records = Vec::new();
    desk.say(hub.link, Message::Entries { identity, more: false, records, request });
    stays(&mut desk, &[hub], 40_000);
    let status = status(&mut desk, ben.device());
    assert_eq!((status.held, status.known), (3, 3), "who did not give it is not believed");
    let [differing] = status.differing.as_slice() else { unreachable!("{status:?}") };
    assert_eq!((differing.count, differing.how), (99, Difference::Promises));
    assert_eq!(differing.kind, HolderKind::Hub);
}

#[test]
fn when_a_feed_was_last_confirmed_is_known_after_a_restart_and_grows_old() {
    let mut ben = Actor::new(90);
    ben.posts("one");
    let mut desk = Desk::person(1);
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    desk.provides(hub.link, &["blobs", "changes", "entries", "heads"]);
    let synod = ben.synod();
    desk.ask(|ticket| Command::Relate { on: true, relation: Relation::Follow, synod, ticket });
    for _ in 0..2 {
        let heads = ben.feeds.keys().map(|feed| ben.head(*feed)).collect();
        desk.say(hub.link, Message::LastKnownHeads { heads });
        ben.answers(&mut desk, hub.link);
    }
    let told = status(&mut desk, ben.device());
    assert!(desk.now - told.heard.unwrap().0 < 10_000);
    // The hub told a mark, and all up to it is here.
    let mark = crate::message::Mark(crate::message::StoreName([5; 8]), 9);
    let request = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::GetChanges { request, .. } => Some(request),
        _ => None,
    });
    let (gone, heads, request) = (Vec::new(), Vec::new(), request.unwrap());
    desk.say(hub.link, Message::Changes { gone, heads, mark, more: false, request });
    desk.pass(2_000);
    let left = desk.now;
    desk.tell(Input::Disconnected(hub.link));
    desk.restart();
    let recalled = status(&mut desk, ben.device());
    assert_eq!(recalled.confirmed_by, 1);
    assert!(left - recalled.heard.unwrap().0 <= 5_000);
    desk.now += 25 * 3_600_000;
    desk.tell(Input::Tick);
    let stale = status(&mut desk, ben.device());
    assert!(desk.now - stale.heard.unwrap().0 >= 24 * 3_600_000, "it shows how old that is");
}

#[test]
fn with_two_hubs_of_which_one_drops_everything_posts_arrive() {
    let mut ben = Actor::numbered(1);
    let mut hub = Desk::hub(10, 1 << 20);
    let way = hub.enters(500, &ben.device, Some(ben.synod()));
    ben.gives(&mut hub, way.link);
    ben.gives(&mut hub, way.link);
    let mut reader = Desk::person(1);
    let synod = ben.synod();
    reader.ask(|ticket| Command::Relate { on: true, relation: Relation::Follow, synod, ticket });
    // The one that drops all it hears, and says nothing.
    let dropping = reader.enters(501, &Secret::from_seed(&[150; 32]), None);
    let mut circle = Circle::new(vec![hub, reader]);
    circle.dial(1, 0);
    circle.pass(3_000);
    ben.posts("through the other");
    let start = circle.desks[0].now;
    ben.gives(&mut circle.desks[0], way.link);
    while circle.desks[1].records(ben.device()) < 2 {
        circle.desks[1].say(dropping.link, Message::Pong);
        circle.pass(100);
        assert!(circle.desks[0].now - start < 10_000);
    }
    // The other one goes deaf too: what is shown grows old, and says so.
    circle.cut(1);
    let way = circle.desks[1].enters(502, &Secret::from_seed(&[151; 32]), None);
    for _ in 0..25 * 12 {
        circle.desks[1].pass(300_000 / 20);
        for link in [dropping.link, way.link] {
            circle.desks[1].say(link, Message::Pong);
        }
        circle.desks[1].now += 300_000 - 300_000 / 20;
    }
    let now = circle.desks[1].now;
    let status = status(&mut circle.desks[1], ben.device());
    assert!(now - status.heard.unwrap().0 > 24 * 3_600_000);
}

/// People who all follow Eve, some of whom she shows one history and the others another.
fn halves(count: usize, newest_alike: bool) -> (Circle, Actor) {
    let mut eve = Actor::numbered(5);
    let tip = eve.feed(eve.device()).last().unwrap().entry.id();
    let (device, secret) = (eve.device(), eve.device.clone());
    let note = |text: &str| Payload::Note(Note { text: text.into(), ..Note::default() });
    let sign = |text: &str, clock| eve.sign(device, &secret, note(text), vec![tip], clock);
    let clock = 1_763_600_900_000;
    let (left, right) = (sign("to the left", clock), sign("to the right", clock + 1));
    let (mut ours, mut theirs) = (eve.feed(device).to_vec(), eve.feed(device).to_vec());
    ours.push(left);
    theirs.push(right);
    if newest_alike {
        // Both halves have as many entries and the same newest one.
        let last = sign("to both", clock + 2);
        ours.push(last.clone());
        theirs.push(last);
    }
    let mut desks = Vec::new();
    for n in 0..count {
        let mut desk = Desk::person(u8::try_from(n + 1).unwrap());
        let synod = eve.synod();
        desk.ask(|ticket| Command::Relate { on: true, relation: Relation::Follow, synod, ticket });
        let half = if n < count / 2 { ours.clone() } else { theirs.clone() };
        eve.feeds.insert(device, half);
        let way = desk.enters(1, &eve.device, Some(eve.synod()));
        eve.gives(&mut desk, way.link);
        eve.gives(&mut desk, way.link);
        desk.tell(Input::Disconnected(way.link));
        desk.sent.clear();
        desks.push(desk);
    }
    (Circle::new(desks), eve)
}

#[test]
fn two_histories_shown_to_two_halves_are_known_to_all_of_them() {
    for newest_alike in [false, true] {
        let (mut circle, eve) = halves(6, newest_alike);
        let device = eve.device();
        let held: Vec<usize> = circle.desks.iter().map(|desk| desk.records(device)).collect();
        let each = if newest_alike { 3 } else { 2 };
        assert_eq!(held, [each; 6]);
        // A row of friends: one link between the halves.
        for n in 0..5 {
            circle.meet(n, n + 1);
        }
        circle.pass(3_000);
        for desk in &mut circle.desks {
            assert_eq!(desk.records(device), each + 1, "everybody has both");
            let status = status(desk, device);
            assert!(status.fork.is_some(), "and knows that there are two");
        }
        // Now nobody asks anybody for what they all have.
        circle.forget();
        circle.pass(5_000);
        let asked = circle.count(|message| matches!(message, Message::GetEntries { .. }));
        assert_eq!(asked, 0);
    }
}

#[test]
fn lists_without_end_cost_a_bounded_answer() {
    let mut desk = Desk::hub(300, 1 << 20);
    let mut feeds = Vec::new();
    for n in 0..100_u32 {
        let mut actor = Actor::numbered(n);
        let name = "n".repeat(100);
        actor.by_root(Payload::Profile(Profile { name, ..Profile::default() }));
        let way = desk.enters(u64::from(n), &actor.device, Some(actor.synod()));
        actor.gives(&mut desk, way.link);
        actor.gives(&mut desk, way.link);
        desk.tell(Input::Disconnected(way.link));
        feeds.extend([actor.device(), actor.synod()]);
    }
    let honest = desk.enters(1_000, &Secret::from_seed(&[160; 32]), None);
    desk.say(honest.link, Message::GetHeads { identities: feeds[..50].to_vec() });
    desk.heard(honest.link);
    let greedy = desk.enters(1_001, &Secret::from_seed(&[161; 32]), None);
    desk.heard(greedy.link);
    let mut bytes = 0;
    for n in 0..1_000_u32 {
        // Each time others, of which most are nobody.
        let mut identities: Vec<Identity> = (0..56_u32)
            .map(|m| {
                let seed = [n.to_be_bytes(), m.to_be_bytes()].concat();
                Identity::from_bytes(*Cid::of(&seed).digest())
            })
            .collect();
        identities.extend(&feeds);
        desk.say(greedy.link, Message::GetHeads { identities });
        bytes += desk.heard(greedy.link).iter().map(|m| m.encode().len()).sum::<usize>();
    }
    assert!(desk.closed.is_empty(), "to ask too much is no fault");
    assert!(bytes < 2_000_000, "{bytes} bytes for a thousand lists");
    // Whoever asks for what they need is still answered, and told what moves.
    desk.say(honest.link, Message::GetHeads { identities: feeds[50..60].to_vec() });
    let heads = desk.heard(honest.link).into_iter().find_map(|message| match message {
        Message::LastKnownHeads { heads } => Some(heads.len()),
        _ => None,
    });
    assert_eq!(heads, Some(10));
    for way in [&honest, &greedy] {
        let watches = &desk.node.links[&way.link].watches;
        let feeds = desk.node.watched(&desk.node.links[&way.link]);
        assert!(feeds.len() <= 2_000, "{watches:?}");
    }
}

#[test]
fn announcements_of_many_strangers_fill_no_table() {
    let ben = Actor::numbered(1);
    let mut desk = Desk::hub(10, 1 << 20);
    let way = desk.enters(1, &ben.device, Some(ben.synod()));
    ben.gives(&mut desk, way.link);
    ben.gives(&mut desk, way.link);
    let watching = desk.enters(2, &Secret::from_seed(&[170; 32]), None);
    desk.say(watching.link, Message::GetHeads { identities: vec![ben.device()] });
    desk.heard(watching.link);
    for n in 0..200_u32 {
        let seed = Cid::of(&n.to_be_bytes());
        let stranger = desk.enters(100 + u64::from(n), &Secret::from_seed(seed.digest()), None);
        let head = ben.head(ben.device());
        let heads: Vec<WireHead> = (0..250_u32)
            .map(|m| {
                let key = Cid::of(&[n.to_be_bytes(), m.to_be_bytes()].concat());
                WireHead { identity: Identity::from_bytes(*key.digest()), ..head }
            })
            .chain([WireHead { count: 1 << 40, id: Cid::of(b"?"), ..head }])
            .collect();
        desk.say(stranger.link, Message::LastKnownHeads { heads });
    }
    let held = &desk.node.feeds;
    assert!(held.len() <= 2, "feeds of strangers are not even noted: {}", held.len());
    assert!(held.values().all(|held| held.remote.len() <= super::super::asking::SAYING));
    let mut ben = ben;
    ben.posts("still heard");
    ben.gives(&mut desk, way.link);
    desk.pass(70_000);
    let told = desk.heard(watching.link).into_iter().any(|message| match message {
        Message::LastKnownHeads { heads } => heads.iter().any(|head| head.count == 2),
        _ => false,
    });
    assert!(told || desk.closed.contains(&watching.link));
    assert_eq!(desk.records(ben.device()), 2);
}
