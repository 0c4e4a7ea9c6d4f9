//! Entries come in several parts at once, from whoever is fastest; nobody who is slow, lies or leaves
//! holds that up, and nothing comes twice.

use effigy_core::{Cid, Identity, Secret};
use effigy_store::Table;
use effigy_store::pack::Pack;

use super::devices::following;
use super::heads::{friend, smaller};
use super::{Actor, Desk, Peer};
use crate::io::{Input, Link};
use crate::message::{Garbage, Message};
use crate::node::record;

/// A request for a part of a feed.
#[derive(Clone, Debug)]
struct Part {
    after: Vec<Cid>,
    limit: u32,
    request: u32,
    skip: u32,
}

/// Requests for parts of a feed that were sent on a connection since last asked.
fn parts(desk: &mut Desk, link: Link, feed: Identity) -> Vec<Part> {
    let requests = desk.heard(link).into_iter().filter_map(|message| match message {
        Message::GetEntries { after, identity, limit, request, skip, .. } if identity == feed => {
            Some(Part { after, limit, request, skip })
        }
        _ => None,
    });
    requests.collect()
}

/// Ben, who posted so often, and two who have all of it: a hub, and somebody who is connected directly.
fn ben(posts: u32) -> (Desk, Actor, [Peer; 2]) {
    let mut ben = Actor::new(90);
    let eve = smaller(1).remove(0);
    let (mut desk, hub) = following(&[&ben, &eve]);
    let way = friend(&mut desk, hub, &eve);
    for n in 0..posts {
        ben.posts(&format!("{n}"));
    }
    desk.heard(hub.link);
    desk.heard(way.link);
    (desk, ben, [hub, way])
}

/// Tells how far Ben is.
fn tell(desk: &mut Desk, peer: Peer, ben: &Actor) {
    desk.say(peer.link, Message::LastKnownHeads { heads: vec![ben.head(ben.device())] });
}

/// Answers a request for a part of Ben's feed honestly. Gives the ids that went over.
fn answer(desk: &mut Desk, peer: Peer, ben: &Actor, part: &Part) -> Vec<Cid> {
    let (skip, limit) = (part.skip as usize, part.limit as usize);
    let (records, more) = ben.after(ben.device(), &part.after, skip, limit);
    let ids = records.iter().map(|record| record.entry.id()).collect();
    let (identity, request) = (ben.device(), part.request);
    desk.say(peer.link, Message::Entries { identity, more, records, request });
    ids
}

/// Answers everything that is asked of these until nothing more is. Gives all ids that went over.
fn answer_all(desk: &mut Desk, peers: &[Peer], ben: &Actor) -> Vec<Cid> {
    let mut sent = Vec::new();
    for _ in 0..1_000 {
        let before = sent.len();
        for peer in peers {
            for part in parts(desk, peer.link, ben.device()) {
                sent.extend(answer(desk, *peer, ben, &part));
            }
        }
        if sent.len() == before {
            return sent;
        }
    }
    unreachable!("asks for ever");
}

/// Ben's feed as it rests, in its order.
fn kept(desk: &Desk, ben: &Actor) -> Vec<Cid> {
    let packs = desk.table(Table::Packs).into_iter();
    let of_ben = packs.filter(|(key, _)| key.starts_with(ben.device().bytes()));
    let records = of_ben.flat_map(|(_, pack)| Pack::decode(&pack).unwrap());
    records.map(|bytes| record::reload(&bytes).unwrap().entry.id()).collect()
}

fn written(ben: &Actor) -> Vec<Cid> {
    ben.feed(ben.device()).iter().map(|record| record.entry.id()).collect()
}

#[test]
fn parts_of_a_feed_are_under_way_together_and_taken_in_in_order() {
    let (mut desk, ben, [hub, _]) = ben(1_000);
    tell(&mut desk, hub, &ben);
    let asked = parts(&mut desk, hub.link, ben.device());
    let skips: Vec<u32> = asked.iter().map(|part| part.skip).collect();
    assert_eq!(skips, [0, 100, 200, 300]);
    // The last comes first: it waits.
    let mut sent = answer(&mut desk, hub, &ben, &asked[3]);
    sent.extend(answer(&mut desk, hub, &ben, &asked[1]));
    assert!(kept(&desk, &ben).is_empty());
    sent.extend(answer(&mut desk, hub, &ben, &asked[0]));
    assert_eq!(kept(&desk, &ben), written(&ben)[..200]);
    sent.extend(answer(&mut desk, hub, &ben, &asked[2]));
    assert_eq!(kept(&desk, &ben), written(&ben)[..400]);
    sent.extend(answer_all(&mut desk, &[hub], &ben));
    assert_eq!(kept(&desk, &ben), written(&ben));
    assert_eq!(sent.len(), 1_000, "nothing came twice");
}

#[test]
fn several_who_have_it_share_the_work() {
    let (mut desk, ben, [hub, eve]) = ben(1_000);
    tell(&mut desk, hub, &ben);
    tell(&mut desk, eve, &ben);
    let of_hub = parts(&mut desk, hub.link, ben.device());
    let of_eve = parts(&mut desk, eve.link, ben.device());
    assert_eq!((of_hub.len(), of_eve.len()), (4, 4));
    let mut sent = Vec::new();
    for part in of_eve {
        sent.extend(answer(&mut desk, eve, &ben, &part));
    }
    for part in of_hub {
        sent.extend(answer(&mut desk, hub, &ben, &part));
    }
    sent.extend(answer_all(&mut desk, &[hub, eve], &ben));
    assert_eq!((kept(&desk, &ben), sent.len()), (written(&ben), 1_000));
}

#[test]
fn the_faster_one_is_asked_for_more() {
    let (mut desk, ben, [hub, eve]) = ben(1_500);
    tell(&mut desk, hub, &ben);
    tell(&mut desk, eve, &ben);
    let mut given = [0, 0];
    let mut waiting: [Vec<(u64, Part)>; 2] = Default::default();
    // Eve answers one after another within 50 ms each, the hub within 400 ms each.
    while desk.records(ben.device()) < 1_500 {
        for (at, (peer, pace)) in [(hub, 400), (eve, 50)].into_iter().enumerate() {
            for part in parts(&mut desk, peer.link, ben.device()) {
                let last = waiting[at].last().map_or(desk.now, |(due, _)| *due);
                waiting[at].push((last.max(desk.now) + pace, part));
            }
            while waiting[at].first().is_some_and(|(due, _)| *due <= desk.now) {
                let (_, part) = waiting[at].remove(0);
                given[at] += answer(&mut desk, peer, &ben, &part).len();
            }
        }
        desk.pass(25);
    }
    assert!(given[1] > 2 * given[0], "the hub gave {}, Eve {}", given[0], given[1]);
    assert!(given[0] + given[1] < 2_000, "{given:?}");
}

#[test]
fn who_does_not_answer_holds_up_nobody() {
    let (mut desk, ben, [hub, eve]) = ben(1_000);
    tell(&mut desk, hub, &ben);
    let at_hub = parts(&mut desk, hub.link, ben.device());
    tell(&mut desk, eve, &ben);
    let start = desk.now;
    while kept(&desk, &ben).len() < 1_000 {
        desk.pass(50);
        desk.say(hub.link, Message::Pong);
        answer_all(&mut desk, &[eve], &ben);
        assert!(desk.now - start < 20_000, "{} of 1000", kept(&desk, &ben).len());
    }
    assert!(desk.now - start < 6_000, "took {} ms", desk.now - start);
    // What it says at last is no fault.
    for part in &at_hub {
        answer(&mut desk, hub, &ben, part);
    }
    assert!(desk.closed.is_empty());
    assert_eq!(kept(&desk, &ben), written(&ben));
}

#[test]
fn who_sends_rubbish_is_asked_for_nothing_more_at_once() {
    let (mut desk, ben, [hub, eve]) = ben(1_000);
    tell(&mut desk, eve, &ben);
    tell(&mut desk, hub, &ben);
    assert!(!parts(&mut desk, eve.link, ben.device()).is_empty());
    let start = desk.now;
    desk.tell(Input::Received(eve.link, Err(Garbage::Hash)));
    answer_all(&mut desk, &[hub], &ben);
    assert_eq!(kept(&desk, &ben), written(&ben));
    assert_eq!(desk.now, start, "without waiting");
}

#[test]
fn who_gives_other_entries_than_were_asked_for_is_found_out() {
    let (mut desk, mut ben, [hub, eve]) = ben(600);
    let foreign = Actor::new(91);
    ben.posts("last");
    tell(&mut desk, eve, &ben);
    tell(&mut desk, hub, &ben);
    for part in parts(&mut desk, eve.link, ben.device()) {
        // Nothing, or the same again and again, or from the middle.
        let records = match part.skip {
            0 => Vec::new(),
            200 => ben.feed(ben.device())[..100].to_vec(),
            _ => ben.feed(ben.device())[500..].to_vec(),
        };
        let (identity, request) = (ben.device(), part.request);
        desk.say(eve.link, Message::Entries { identity, more: true, records, request });
    }
    let start = desk.now;
    for _ in 0..100 {
        answer_all(&mut desk, &[hub], &ben);
        if kept(&desk, &ben).len() == written(&ben).len() {
            break;
        }
        desk.pass(100);
    }
    assert_eq!(kept(&desk, &ben), written(&ben));
    assert!(desk.now - start < 5_000, "took {} ms", desk.now - start);
    assert!(!desk.keeps(foreign.device()));
}

#[test]
fn after_a_cut_it_goes_on_exactly_where_it_was() {
    let (mut desk, ben, [hub, _]) = ben(1_000);
    tell(&mut desk, hub, &ben);
    let asked = parts(&mut desk, hub.link, ben.device());
    let mut sent = Vec::new();
    for part in &asked[..2] {
        sent.extend(answer(&mut desk, hub, &ben, part));
    }
    let asked = parts(&mut desk, hub.link, ben.device());
    sent.extend(answer(&mut desk, hub, &ben, &asked[0]));
    let before = kept(&desk, &ben).len();
    desk.tell(Input::Disconnected(hub.link));
    desk.restart();
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    tell(&mut desk, hub, &ben);
    let again = parts(&mut desk, hub.link, ben.device());
    assert_eq!(again[0].after, [written(&ben)[before - 1]], "behind what is here");
    assert_eq!(again[0].skip, 0);
    for part in &again {
        sent.extend(answer(&mut desk, hub, &ben, part));
    }
    sent.extend(answer_all(&mut desk, &[hub], &ben));
    assert_eq!(kept(&desk, &ben), written(&ben));
    // Only what had come before its turn, and was in memory, had to come again.
    assert!(sent.len() <= 1_100, "{} for 1000", sent.len());
}

#[test]
fn an_answer_that_was_cut_is_completed_and_the_rest_still_fits() {
    let (mut desk, ben, [hub, _]) = ben(500);
    tell(&mut desk, hub, &ben);
    let mut sent = 0;
    for _ in 0..200 {
        for part in parts(&mut desk, hub.link, ben.device()) {
            // Never more than forty at a time, as if they were large.
            let (skip, limit) = (part.skip as usize, part.limit.min(40) as usize);
            let (records, _) = ben.after(ben.device(), &part.after, skip, limit);
            let more = skip + limit < 500 && !records.is_empty();
            sent += records.len();
            let (identity, request) = (ben.device(), part.request);
            desk.say(hub.link, Message::Entries { identity, more, records, request });
        }
    }
    assert_eq!(kept(&desk, &ben), written(&ben));
    assert!(sent <= 700, "{sent} for 500");
}

#[test]
fn no_answer_is_longer_than_a_message_may_be() {
    let mut ben = Actor::new(2);
    for n in 0..12 {
        ben.posts(&format!("{n}{}", "\"".repeat(7_600)));
    }
    let (mut desk, hub) = following(&[&ben]);
    let mut after = Vec::new();
    let mut got = 0;
    for request in 1..20 {
        desk.heard(hub.link);
        desk.say(
            hub.link,
            Message::GetEntries {
                after: after.clone(),
                generation: 0,
                identity: ben.device(),
                limit: 100,
                request,
                skip: 0,
            },
        );
        let heard = desk.heard(hub.link);
        let Some(Message::Entries { records, more, .. }) = heard.last() else { unreachable!() };
        assert!(heard.last().unwrap().encode().len() <= effigy_core::limits::MESSAGE_BYTES);
        got += records.len();
        after = records.last().map(|record| record.entry.id()).into_iter().collect();
        if !more {
            break;
        }
    }
    assert_eq!(got, 12);
}
