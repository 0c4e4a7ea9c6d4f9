//! What others say of feeds: nobody's word stalls this node, loops it, or stops it from writing.

use effigy_core::{Cid, Secret};

use super::devices::{following, held};
use super::{Actor, Desk, Peer};
use crate::api::Event;
use crate::io::{Input, Link};
use crate::message::{Message, WireHead};

/// Requests for entries that were sent on a connection since last asked.
fn asked(desk: &mut Desk, link: Link) -> Vec<(effigy_core::Identity, u32)> {
    let requests = desk.heard(link).into_iter().filter_map(|message| match message {
        Message::GetEntries { identity, request, .. } => Some((identity, request)),
        _ => None,
    });
    requests.collect()
}

/// A head that claims far more than there is.
fn boast(actor: &Actor) -> WireHead {
    WireHead { count: (1 << 53) - 1, id: Cid::of(b"nothing"), ..actor.head(actor.device()) }
}

/// The letter by which somebody offers a direct way.
fn offer(desk: &Desk, actor: &Actor, attempt: &str) -> Message {
    use effigy_core::random::Random;
    use effigy_core::seal::seal_letter;
    let text = format!(r#"{{"type":"offer","attempt":"{attempt}","sdp":"v=0"}}"#);
    let to = desk.keys.device.identity();
    let key = desk.keys.sealing.key().unwrap();
    let now = effigy_core::Time(desk.now);
    let mut random = Random::seeded([5; 32]);
    let letter = seal_letter(text.as_bytes(), &actor.device, to, &key, now, &mut random).unwrap();
    Message::MessageFrom { letter }
}

/// Somebody connected directly, who is followed.
pub(super) fn friend(desk: &mut Desk, hub: Peer, actor: &Actor) -> Peer {
    let offer = offer(desk, actor, "a");
    desk.say(hub.link, offer);
    let (link, _) = desk.rtc.pop().unwrap();
    desk.way_opens(link, &actor.device, actor.synod())
}

#[test]
fn a_letter_that_comes_again_does_not_cut_the_way_there_is() {
    let actors = smaller(1);
    let (mut desk, hub) = following(&[&actors[0]]);
    let letter = offer(&desk, &actors[0], "a");
    desk.say(hub.link, letter.clone());
    let (link, _) = desk.rtc.pop().unwrap();
    desk.way_opens(link, &actors[0].device, actors[0].synod());
    desk.say(hub.link, letter);
    assert!(desk.closed.is_empty() && desk.rtc.is_empty());
    // A new offer means that the other side has lost the way.
    let next = offer(&desk, &actors[0], "b");
    desk.say(hub.link, next);
    assert_eq!(desk.closed, [link]);
}

/// Actors whose device's key is smaller than the desk's, so that they are the ones who offer.
pub(super) fn smaller(count: usize) -> Vec<Actor> {
    let mine = Desk::person(1).keys.device.identity();
    (2..100).map(Actor::new).filter(|actor| actor.device() < mine).take(count).collect()
}

#[test]
fn a_head_that_is_parked_is_asked_for_once() {
    let mut ben = Actor::new(2);
    for n in 0..250 {
        ben.posts(&format!("{n}"));
    }
    // Ben's clock is an hour ahead from now on.
    let tip = ben.feed(ben.device()).last().unwrap().entry.id();
    let ahead = {
        let note = effigy_core::payload::Note { text: "soon".into(), ..Default::default() };
        let secret = ben.device.clone();
        let desk_now = 1_763_632_800_000;
        ben.sign(
            ben.device(),
            &secret,
            effigy_core::Payload::Note(note),
            vec![tip],
            desk_now + 3_600_000,
        )
    };
    let device = ben.device();
    ben.feeds.entry(device).or_default().push(ahead);
    let (mut desk, hub) = following(&[&ben]);
    assert_eq!(held(&mut desk, hub.link, ben.device()), 250);
    ben.gives(&mut desk, hub.link);
    desk.pass(5_000);
    assert!(asked(&mut desk, hub.link).len() < 3, "no loop");
    desk.pass(3_600_000);
}

#[test]
fn who_promises_more_for_ever_is_not_asked_for_ever() {
    let mut ben = Actor::new(2);
    for n in 0..120 {
        ben.posts(&format!("{n}"));
    }
    let (mut desk, hub) = following(&[&ben]);
    desk.say(hub.link, Message::LastKnownHeads { heads: vec![boast(&ben)] });
    let records = ben.feed(ben.device())[..100].to_vec();
    let identity = ben.device();
    let mut requests = 0;
    while let Some((feed, request)) = asked(&mut desk, hub.link).pop() {
        assert_eq!(feed, identity);
        requests += 1;
        assert!(requests < 10, "asks for ever");
        let records = records.clone();
        desk.say(hub.link, Message::Entries { identity, more: true, records, request });
    }
}

#[test]
fn a_boaster_holds_up_nobody() {
    let actors = smaller(2);
    let (mut ben, eve) = (Actor::new(90), &actors[0]);
    ben.posts("one");
    let (mut desk, hub) = following(&[&ben, eve]);
    let liar = friend(&mut desk, hub, eve);
    let mut waited = 0;
    for n in 0..20 {
        desk.say(liar.link, Message::LastKnownHeads { heads: vec![boast(&ben)] });
        ben.posts(&format!("{n}"));
        let start = desk.now;
        ben.gives(&mut desk, hub.link);
        while held(&mut desk, hub.link, ben.device()) < ben.feed(ben.device()).len() as u64 {
            desk.pass(1_000);
            ben.gives(&mut desk, hub.link);
            assert!(desk.now - start < 60_000, "stalled");
        }
        waited += desk.now - start;
    }
    assert!(waited <= 20_000, "waited {waited} ms for posts that the hub had");
}

#[test]
fn an_answer_that_comes_late_is_taken_and_not_punished() {
    let mut ben = Actor::new(2);
    let (mut desk, hub) = following(&[&ben]);
    for n in 0..4 {
        let record = ben.posts(&format!("{n}"));
        desk.heard(hub.link);
        desk.say(hub.link, Message::LastKnownHeads { heads: vec![ben.head(ben.device())] });
        let (identity, request) = asked(&mut desk, hub.link).pop().unwrap();
        desk.pass(14_000);
        desk.say(hub.link, Message::Pong);
        desk.pass(14_000);
        let records = vec![record];
        desk.say(hub.link, Message::Entries { identity, more: false, records, request });
        assert_eq!(held(&mut desk, hub.link, identity), n + 1);
    }
    assert!(desk.closed.is_empty());
}

#[test]
fn a_claim_about_the_own_head_stops_writing_for_a_moment_and_not_again() {
    let mut desk = Desk::person(1);
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    assert!(desk.post("one"));
    let me = desk.keys.device.identity();
    let claim = |desk: &mut Desk, count| {
        let head = WireHead {
            comparable: desk.now,
            count,
            generation: 0,
            id: Cid::of(b"never"),
            identity: me,
            state: None,
        };
        desk.say(hub.link, Message::LastKnownHeads { heads: vec![head] });
    };
    let mut refused = 0;
    for second in 0..600 {
        claim(&mut desk, 1_000 + second);
        desk.say(hub.link, Message::Pong);
        desk.pass(1_000);
        refused += u64::from(!desk.post("again"));
    }
    assert!((1..=25).contains(&refused), "refused for {refused} s of ten minutes");
    let repairs = |event: &&Event| matches!(event, Event::Repair(repair) if !repair.mended);
    assert!(desk.events.iter().filter(repairs).count() <= 3);
}

#[test]
fn a_repair_ends_by_itself() {
    let mut desk = Desk::person(1);
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    let me = desk.keys.device.identity();
    let id = Cid::of(b"never");
    let head = WireHead { comparable: 1, count: 9, generation: 0, id, identity: me, state: None };
    desk.say(hub.link, Message::LastKnownHeads { heads: vec![head] });
    assert!(!desk.post("too early"));
    desk.events.clear();
    desk.pass(30_000);
    let mended = |event: &Event| matches!(event, Event::Repair(repair) if repair.mended);
    assert!(desk.events.iter().any(mended), "without anybody saying anything more");
}

#[test]
fn a_receipt_counts_what_the_named_head_covers() {
    let mut desk = Desk::person(1);
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    for n in 0..5 {
        assert!(desk.post(&format!("{n}")));
    }
    let me = desk.keys.device.identity();
    let first = desk.events.iter().find_map(|event| match event {
        Event::Entries(known) => {
            known.iter().find(|known| known.entry.header().identity == me).map(|k| k.entry.id())
        }
        _ => None,
    });
    let (comparable, count, generation, state) = (1, 5, 0, None);
    let head = WireHead { comparable, count, generation, id: first.unwrap(), identity: me, state };
    desk.say(hub.link, Message::LastKnownHeads { heads: vec![head] });
    desk.pass(2_000);
    let network = desk.events.iter().rev().find_map(|event| match event {
        Event::Network(network) => Some(network.clone()),
        _ => None,
    });
    assert_eq!(network.unwrap().receipts[0].count, 1, "the first entry is not all five");
}

#[test]
fn two_halves_of_one_fork_are_joined_though_head_and_count_agree() {
    let mut eve = Actor::new(3);
    eve.posts("before");
    let tip = eve.feed(eve.device()).last().unwrap().entry.id();
    let secret = eve.device.clone();
    let branch = |text: &str, clock| {
        let note = effigy_core::payload::Note { text: text.into(), ..Default::default() };
        eve.sign(secret.identity(), &secret, effigy_core::Payload::Note(note), vec![tip], clock)
    };
    let clock = 1_763_600_900_000;
    let (newest, left, right) =
        (branch("x", clock + 2), branch("y", clock), branch("z", clock + 1));
    let (mut ours, mut theirs) = (eve.feed(eve.device()).to_vec(), eve.feed(eve.device()).to_vec());
    ours.extend([left, newest.clone()]);
    theirs.extend([right, newest]);
    let mut seen = Actor::new(3);
    seen.feeds = eve.feeds.clone();
    seen.feeds.insert(eve.device(), ours);
    let (mut desk, hub) = following(&[&seen]);
    assert_eq!(held(&mut desk, hub.link, eve.device()), 3);
    seen.feeds.insert(eve.device(), theirs);
    assert_eq!(seen.head(eve.device()).count, 3);
    desk.tell(Input::Disconnected(hub.link));
    desk.pass(2_000);
    let hub = desk.hub_answers(&Secret::from_seed(&[98; 32]));
    seen.gives(&mut desk, hub.link);
    assert_eq!(held(&mut desk, hub.link, eve.device()), 4, "the other half came too");
}
