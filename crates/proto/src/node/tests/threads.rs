//! What is answered and not here is known to be missing, looked for, and shown when it comes; and what
//! came without its words is made whole.

use effigy_core::payload::{Comment, Delete};
use effigy_core::{Cid, Identity, Payload};

use super::devices::following;
use super::heads::{friend, smaller};
use super::{Actor, Desk, Peer};
use crate::api::Event;
use crate::io::Link;
use crate::message::{ErrorCode, FIND, Message, Record};

const ALL: [&str; 5] = ["blobs", "changes", "entries", "find", "heads"];

fn answers(actor: &mut Actor, parent: Cid, root: Cid) -> Cid {
    let text = "an answer".to_owned();
    actor.says(Payload::Comment(Comment { images: Vec::new(), parent, root, text })).entry.id()
}

/// What was looked for on a connection since last asked.
fn sought(desk: &mut Desk, link: Link) -> Vec<(Vec<Cid>, u32)> {
    let heard = desk.heard(link).into_iter().filter_map(|message| match message {
        Message::FindEntries { ids, request } => Some((ids, request)),
        _ => None,
    });
    heard.collect()
}

/// How often an entry was shown with its words.
fn shown(desk: &Desk, id: Cid) -> usize {
    let told = desk.events.iter().filter_map(|event| match event {
        Event::Entries(known) => Some(known),
        _ => None,
    });
    told.flatten().filter(|known| known.entry.id() == id && known.payload.is_some()).count()
}

fn gaps(desk: &mut Desk) -> u64 {
    desk.pass(1_500);
    desk.network().unwrap().gaps
}

/// Somebody at a hub that looks for entries, who follows Ben; and Ben has answered Cleo, who is not
/// followed.
fn overheard() -> (Desk, Peer, Actor, Cid) {
    let (mut ben, mut cleo) = (Actor::new(90), Actor::new(91));
    let post = cleo.posts("what Cleo said").entry.id();
    answers(&mut ben, post, post);
    let (desk, hub) = following(&[&ben]);
    (desk, hub, cleo, post)
}

#[test]
fn what_is_answered_and_not_here_is_looked_for_and_shown() {
    let (mut desk, hub, cleo, post) = overheard();
    assert_eq!(gaps(&mut desk), 1);
    assert!(sought(&mut desk, hub.link).is_empty(), "this hub did not say that it looks");
    let eve = smaller(1).remove(0);
    desk.ask(|ticket| crate::api::Command::Relate {
        on: true,
        relation: effigy_feed::Relation::Follow,
        synod: eve.synod(),
        ticket,
    });
    eve.gives(&mut desk, hub.link);
    eve.gives(&mut desk, hub.link);
    let way = friend(&mut desk, hub, &eve);
    desk.provides(way.link, &ALL);
    let (ids, request) = sought(&mut desk, way.link).pop().unwrap();
    assert_eq!(ids, [post]);
    let record = cleo.feed(cleo.device()).last().unwrap().clone();
    desk.say(way.link, Message::FoundEntries { records: vec![record], request });
    assert_eq!(shown(&desk, post), 0, "it is not known whose device that is");
    // Her account is asked for, and names the device.
    cleo.answers(&mut desk, way.link);
    assert_eq!(shown(&desk, post), 1);
    assert_eq!(gaps(&mut desk), 0);
    assert!(!desk.keeps(cleo.device()) && !desk.keeps(cleo.synod()), "shown, and not replicated");
    // What is not kept is looked for anew.
    desk.restart();
    assert_eq!(gaps(&mut desk), 1);
}

#[test]
fn a_device_that_no_account_names_is_not_shown() {
    let (mut desk, hub, cleo, post) = overheard();
    let eve = smaller(1).remove(0);
    desk.ask(|ticket| crate::api::Command::Relate {
        on: true,
        relation: effigy_feed::Relation::Follow,
        synod: eve.synod(),
        ticket,
    });
    eve.gives(&mut desk, hub.link);
    eve.gives(&mut desk, hub.link);
    let way = friend(&mut desk, hub, &eve);
    desk.provides(way.link, &ALL);
    let (_, request) = sought(&mut desk, way.link).pop().unwrap();
    let record = cleo.feed(cleo.device()).last().unwrap().clone();
    desk.say(way.link, Message::FoundEntries { records: vec![record], request });
    let asked = desk.heard(way.link).into_iter().find_map(|message| match message {
        Message::GetEntries { identity, request, .. } => Some((identity, request)),
        _ => None,
    });
    let (identity, request) = asked.unwrap();
    assert_eq!(identity, cleo.synod());
    // Her account without the entry that adds the device.
    let records = cleo.feed(cleo.synod())[..1].to_vec();
    desk.say(way.link, Message::Entries { identity, more: false, records, request });
    assert_eq!(shown(&desk, post), 0);
    // What was not asked for is a fault.
    let stray = ben_says_again(&cleo);
    desk.say(way.link, Message::FoundEntries { records: vec![stray], request: 77 });
    let told = desk.heard(way.link);
    assert!(told.contains(&Message::Error { about: 77, code: ErrorCode::Forbidden }), "{told:?}");
}

fn ben_says_again(actor: &Actor) -> Record {
    actor.feed(actor.device()).last().unwrap().clone()
}

#[test]
fn who_looks_for_entries_gets_those_that_are_here_within_bounds() {
    let mut ben = Actor::new(2);
    let ids: Vec<Cid> = (0..40).map(|n| ben.posts(&format!("{n}")).entry.id()).collect();
    let (mut desk, hub) = following(&[&ben]);
    let find = |desk: &mut Desk, ids: Vec<Cid>| {
        desk.heard(hub.link);
        desk.say(hub.link, Message::FindEntries { ids, request: 5 });
        desk.heard(hub.link)
    };
    let mut wanted = ids[..5].to_vec();
    wanted.push(Cid::of(b"nobody"));
    let heard = find(&mut desk, wanted);
    let Some(Message::FoundEntries { records, request: 5 }) = heard.first() else {
        unreachable!("{heard:?}")
    };
    let found: Vec<Cid> = records.iter().map(|record| record.entry.id()).collect();
    assert_eq!(found, ids[..5]);
    let refused = |heard: &[Message]| {
        heard.iter().any(|m| matches!(m, Message::Error { about: 5, code: ErrorCode::TooMuch }))
    };
    let mut looks = 0;
    while !refused(&find(&mut desk, vec![Cid::of(b"nobody"); FIND])) {
        looks += 1;
        assert!(looks < 20, "as often as one likes");
    }
    assert!(refused(&find(&mut desk, vec![Cid::of(b"nobody"); FIND + 1])));
}

/// Ben's feed without what it says.
fn stripped(ben: &Actor) -> Actor {
    let mut bare = Actor::new(90);
    bare.feeds = ben.feeds.clone();
    let device = ben.device();
    for record in bare.feeds.get_mut(&device).unwrap() {
        record.payload = None;
    }
    bare
}

fn bare_at_hub(ben: &Actor) -> (Desk, Peer, Peer) {
    let eve = smaller(1).remove(0);
    let (mut desk, hub) = following(&[&stripped(ben), &eve]);
    let way = friend(&mut desk, hub, &eve);
    (desk, hub, way)
}

#[test]
fn what_a_hub_held_back_of_a_post_comes_from_somebody_else() {
    let mut ben = Actor::new(90);
    let id = ben.posts("what Ben said").entry.id();
    let regret = ben.posts("regret").entry.id();
    ben.says(Payload::Delete(Delete { target: regret }));
    let mut at_hub = stripped(&ben);
    // The taking back itself is given whole.
    let device = ben.device();
    at_hub.feeds.get_mut(&device).unwrap()[2] = ben.feed(device)[2].clone();
    let eve = smaller(1).remove(0);
    let (mut desk, hub) = following(&[&at_hub, &eve]);
    assert_eq!(desk.records(device), 3);
    assert_eq!(shown(&desk, id), 0);
    let way = friend(&mut desk, hub, &eve);
    desk.provides(way.link, &ALL);
    let (ids, request) = sought(&mut desk, way.link).pop().unwrap();
    assert_eq!(ids, [id], "what was taken back is not looked for");
    let record = ben.feed(device)[0].clone();
    desk.say(way.link, Message::FoundEntries { records: vec![record], request });
    assert_eq!(shown(&desk, id), 1);
    desk.restart();
    assert_eq!(shown(&desk, id), 1, "it is kept");
    assert_eq!(desk.records(device), 3);
}

#[test]
fn what_comes_again_with_its_words_is_made_whole() {
    let mut ben = Actor::new(90);
    let id = ben.posts("what Ben said").entry.id();
    let (mut desk, _, way) = bare_at_hub(&ben);
    let device: Identity = ben.device();
    assert_eq!(shown(&desk, id), 0);
    ben.posts("another");
    // Somebody sends the whole feed, as one does who does not know what is here.
    desk.say(way.link, Message::LastKnownHeads { heads: vec![ben.head(device)] });
    let request = desk.heard(way.link).into_iter().find_map(|message| match message {
        Message::GetEntries { request, identity, .. } if identity == device => Some(request),
        _ => None,
    });
    let (records, request) = (ben.feed(device).to_vec(), request.unwrap());
    desk.say(way.link, Message::Entries { identity: device, more: false, records, request });
    assert_eq!(shown(&desk, id), 1);
    desk.restart();
    assert_eq!(shown(&desk, id), 1);
}
