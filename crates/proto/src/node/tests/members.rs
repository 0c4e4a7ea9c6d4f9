//! Devices that are removed: by whom, what of them still counts, and what they learn.

use effigy_core::payload::{AddDevice, Final, NameDevice, RevokeDevice, consent_bytes};
use effigy_core::{Cid, Identity, Payload, Purpose, Secret};
use effigy_feed::Members;

use super::devices::{following, held};
use super::epochs::{follow, follows, second, them};
use super::{Actor, Desk, Peer};
use crate::api::{Command, Counts, Event, Refusal, Removal};
use crate::io::Link;
use crate::message::{Message, Record};

fn members(desk: &Desk, synod: Identity) -> Members {
    let told = desk.events.iter().rev().find_map(|event| match event {
        Event::Members(members) if members.synod == synod => Some(Members::clone(members)),
        _ => None,
    });
    told.unwrap()
}

fn withdrawn(desk: &Desk) -> Vec<Cid> {
    let told = desk.events.iter().filter_map(|event| match event {
        Event::Withdrawn(known) => Some(known),
        _ => None,
    });
    told.flatten().map(|known| known.entry.id()).collect()
}

fn note(text: &str) -> Payload {
    Payload::Note(effigy_core::payload::Note { images: Vec::new(), text: text.to_owned() })
}

/// Ben's second device, with three posts, and two more on the first of them that a thief wrote.
fn ben_and_thief() -> (Actor, Secret, Vec<Record>, Vec<Record>) {
    let mut ben = Actor::new(2);
    let phone = Secret::from_seed(&[66; 32]);
    ben.add(&phone);
    let feed = phone.identity();
    let posts: Vec<Record> =
        ["one", "two", "three"].map(|text| ben.write(feed, &phone, note(text))).into();
    let clock = posts[0].entry.header().comparable;
    let backdated = ben.sign(feed, &phone, note("forged"), vec![posts[0].entry.id()], clock + 1);
    let more = ben.sign(feed, &phone, note("again"), vec![backdated.entry.id()], clock + 2);
    ben.feeds.remove(&feed);
    (ben, phone, posts, vec![backdated, more])
}

fn revoke(device: Identity, last_valid: Option<Cid>) -> Payload {
    Payload::RevokeDevice(RevokeDevice { identity: device, last_valid })
}

#[test]
fn what_a_thief_forges_counts_for_nobody_in_whatever_order_it_comes() {
    // Groups: the removal, the true posts, the forged ones. The first two posts count.
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (mut ben, phone, posts, forged) = ben_and_thief();
        let feed = phone.identity();
        let (mut desk, hub) = following(&[&ben]);
        for group in order {
            if group == 0 {
                ben.by_root(revoke(feed, Some(posts[1].entry.id())));
            } else {
                // The first of them is the same.
                let known = ben.feeds.entry(feed).or_insert_with(|| vec![posts[0].clone()]);
                known.extend(if group == 1 { &posts[1..] } else { &forged[..] }.iter().cloned());
            }
            ben.gives(&mut desk, hub.link);
            ben.gives(&mut desk, hub.link);
        }
        desk.pass(5_000);
        assert_eq!(held(&mut desk, hub.link, feed), 2, "{order:?}");
        assert_eq!(desk.records(feed), 2, "{order:?}");
        let told = members(&desk, ben.synod());
        assert!(told.speaking.contains(&feed) && !told.devices.contains_key(&feed), "{order:?}");
        for gone in withdrawn(&desk) {
            assert!(gone != posts[0].entry.id() && gone != posts[1].entry.id(), "{order:?}");
        }
        // Nobody is asked for the rest, and nobody is blamed who offers it.
        desk.heard(hub.link);
        ben.gives(&mut desk, hub.link);
        assert_eq!(desk.records(feed), 2);
        assert!(desk.closed.is_empty());
        desk.restart();
        assert!(members(&desk, ben.synod()).speaking.contains(&feed));
        assert_eq!(
            (desk.boots, desk.records(feed)),
            (2, 2),
            "{order:?}: nothing had to be read anew"
        );
    }
}

#[test]
fn nothing_of_a_removed_device_is_shown_before_it_is_certain_what_counts() {
    let (mut ben, phone, posts, forged) = ben_and_thief();
    let feed = phone.identity();
    let (mut desk, hub) = following(&[&ben]);
    ben.by_root(revoke(feed, Some(posts[1].entry.id())));
    ben.feeds.insert(feed, vec![posts[0].clone(), forged[0].clone()]);
    ben.gives(&mut desk, hub.link);
    ben.gives(&mut desk, hub.link);
    assert_eq!(desk.records(feed), 2);
    assert!(!members(&desk, ben.synod()).speaking.contains(&feed));
}

#[test]
fn of_a_device_of_which_nothing_counts_nothing_stays() {
    let (mut ben, phone, posts, _) = ben_and_thief();
    let feed = phone.identity();
    let (mut desk, hub) = following(&[&ben]);
    ben.feeds.insert(feed, posts.clone());
    ben.gives(&mut desk, hub.link);
    assert_eq!(desk.records(feed), 3);
    ben.by_root(revoke(feed, None));
    ben.gives(&mut desk, hub.link);
    assert_eq!((desk.records(feed), held(&mut desk, hub.link, feed)), (0, 0));
    assert_eq!(withdrawn(&desk).len(), 3);
}

#[test]
fn a_closed_account_leaves_its_name() {
    let mut ben = Actor::new(2);
    ben.posts("one");
    let (mut desk, hub) = following(&[&ben]);
    assert_eq!(desk.records(ben.device()), 1);
    ben.by_root(Payload::Final(Final {}));
    ben.gives(&mut desk, hub.link);
    let told = members(&desk, ben.synod());
    assert!(told.closed && told.devices.is_empty() && told.speaking.is_empty());
    assert_eq!(told.profile.unwrap().name, "actor 2");
    assert_eq!((desk.records(ben.device()), desk.records(ben.synod())), (0, 4));
    desk.restart();
    assert!(members(&desk, ben.synod()).closed);
}

#[test]
fn a_hub_keeps_nothing_of_a_closed_account_but_that_it_is() {
    let mut ben = Actor::new(2);
    ben.posts("one");
    let mut hub = Desk::hub(10, 1_000_000);
    let way = hub.enters(1, &ben.device, Some(ben.synod()));
    ben.gives(&mut hub, way.link);
    assert_eq!(hub.records(ben.device()), 1);
    ben.by_root(Payload::Final(Final {}));
    ben.gives(&mut hub, way.link);
    // Whoever comes with what they still have is not asked for it.
    ben.posts("two");
    ben.gives(&mut hub, way.link);
    for _ in 0..2 {
        assert_eq!((hub.records(ben.device()), hub.records(ben.synod())), (0, 4));
        hub.restart();
        let way = hub.enters(2, &ben.device, Some(ben.synod()));
        ben.gives(&mut hub, way.link);
    }
}

/// A device that takes a post of another back, and is removed: what it said does not count.
#[test]
fn what_a_removed_device_took_back_is_fetched_again() {
    for is_hub in [false, true] {
        let (mut ben, phone, posts, _) = ben_and_thief();
        let said = ben.posts("to stay");
        let target = said.entry.id();
        let feed = phone.identity();
        ben.feeds.insert(feed, posts.clone());
        let delete = Payload::Delete(effigy_core::payload::Delete { target });
        ben.write(feed, &phone, delete);
        let (mut desk, link) = if is_hub {
            let mut hub = Desk::hub(10, 1_000_000);
            let way = hub.enters(1, &ben.device, Some(ben.synod()));
            (hub, way.link)
        } else {
            let mut desk = Desk::person(1);
            let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
            (desk, hub.link)
        };
        desk.provides(link, &["heads", "entries", "find"]);
        let (on, relation, synod) = (true, effigy_feed::Relation::Follow, ben.synod());
        desk.ask(|ticket| Command::Relate { on, relation, synod, ticket });
        ben.gives(&mut desk, link);
        ben.gives(&mut desk, link);
        assert!(bare(&desk, &ben), "hub: {is_hub}");
        ben.by_root(revoke(feed, Some(posts[2].entry.id())));
        let request = sought(&ben, &mut desk, link, target).expect("it is looked for");
        desk.say(link, Message::FoundEntries { records: vec![said], request });
        assert!(!bare(&desk, &ben), "hub: {is_hub}");
    }
}

/// Gives the account's feed, until an entry is looked for: the number of that request.
fn sought(actor: &Actor, desk: &mut Desk, link: Link, target: Cid) -> Option<u32> {
    desk.heard(link);
    desk.say(link, Message::LastKnownHeads { heads: vec![actor.head(actor.synod())] });
    for _ in 0..10 {
        for message in desk.heard(link) {
            match message {
                Message::FindEntries { ids, request } if ids.contains(&target) => {
                    return Some(request);
                }
                Message::GetEntries { after, identity, limit, request, skip, .. } => {
                    let (records, more) =
                        actor.after(identity, &after, skip as usize, limit as usize);
                    desk.say(link, Message::Entries { identity, more, records, request });
                }
                _ => (),
            }
        }
    }
    None
}

/// Whether something of the first device's feed is kept without what it says.
fn bare(desk: &Desk, actor: &Actor) -> bool {
    let packs = desk.table(effigy_store::Table::Packs).into_iter();
    let packs = packs.filter(|(key, _)| key.starts_with(actor.device().bytes()));
    packs.into_iter().any(|(_, pack)| {
        let records = effigy_store::Pack::decode(&pack).unwrap();
        records.iter().any(|bytes| crate::record::reload(bytes).unwrap().payload.is_none())
    })
}

fn peer() -> Peer {
    Peer { link: Link(Link::ACCEPTED + 77) }
}

/// Two devices of one account that know of each other, and the second one's key.
fn pair() -> (Desk, Desk, Identity) {
    let mut desk = Desk::person(1);
    follow(&mut desk, them(50));
    let mut other = second(&desk, 60);
    desk.connect(&mut other);
    assert!(follows(&other, them(50)));
    let key = other.keys.device.identity();
    (desk, other, key)
}

fn refusal(event: Option<Event>) -> Option<Refusal> {
    match event {
        Some(Event::Refused { why, .. }) => Some(why),
        _ => None,
    }
}

/// What a device that was removed was told of its entries.
fn what_counts(desk: &Desk) -> Option<(u64, u64)> {
    desk.events.iter().rev().find_map(|event| match event {
        Event::Removed { counts, of } => Some((*counts, *of)),
        _ => None,
    })
}

#[test]
fn a_removed_device_learns_it_and_reads_nothing_that_is_sealed_afterwards() {
    let (mut desk, mut other, key) = pair();
    assert!(other.post("before"));
    other.talk(&mut desk, peer());
    let epoch = desk.node.my_account().unwrap().epoch();
    let removed = desk.ask(|ticket| Command::RemoveDevice { identity: key, ticket });
    assert!(matches!(removed, Some(Event::Done { .. })));
    let next = desk.node.my_account().unwrap().epoch();
    assert!(next.is_some() && next != epoch, "those that remain have another key");
    follow(&mut desk, them(51));
    desk.talk(&mut other, peer());
    assert_eq!(what_counts(&other), Some((1, 1)));
    assert!(!follows(&other, them(51)));
    assert!(!other.post("after"));
    other.restart();
    assert_eq!(what_counts(&other), Some((1, 1)));
    let synod = desk.keys.synod.unwrap();
    let told = members(&desk, synod);
    assert!(!told.devices.contains_key(&key) && told.speaking.contains(&key));
    assert_eq!(desk.records(key), 1, "what it posted before stays");
}

/// What is not named as counting would be lost everywhere.
#[test]
fn a_device_is_not_removed_while_others_have_more_of_it() {
    let (mut desk, mut other, key) = pair();
    assert!(other.post("here"));
    other.talk(&mut desk, peer());
    // It tells of more, and what it tells of does not come.
    assert!(other.post("on its way"));
    let told = other.heard(peer().link).into_iter();
    told.filter(|message| {
        matches!(message, Message::Changes { .. } | Message::LastKnownHeads { .. })
    })
    .for_each(|message| desk.say(peer().link, message));
    let remove = |desk: &mut Desk| {
        refusal(desk.ask(|ticket| Command::RemoveDevice { identity: key, ticket }))
    };
    assert_eq!(remove(&mut desk), Some(Refusal::Incomplete));
    desk.talk(&mut other, peer());
    assert_eq!((remove(&mut desk), desk.records(key)), (None, 2));
}

/// Whoever withholds what a device posted cannot keep it in the account: the words outweigh that.
#[test]
fn the_words_remove_a_device_whatever_others_say() {
    let (mut desk, mut other, key) = pair();
    let me = desk.keys.device.identity();
    assert!(other.post("here"));
    other.talk(&mut desk, peer());
    let post = desk.node.feeds[&key].feed.head().unwrap().id;
    assert!(other.post("of the thief, withheld"));
    let told = other.heard(peer().link).into_iter();
    told.filter(|message| {
        matches!(message, Message::Changes { .. } | Message::LastKnownHeads { .. })
    })
    .for_each(|message| desk.say(peer().link, message));
    let words = desk.keys.words.clone();
    let remove = |desk: &mut Desk, identity, counts, words| {
        let removals = vec![Removal { counts, identity }];
        refusal(desk.ask(|ticket| Command::RemoveByWords { removals, ticket, words }))
    };
    let wrong = Desk::new(5).keys.words;
    assert_eq!(remove(&mut desk, key, Counts::Everything, wrong), Some(Refusal::Words));
    assert_eq!(remove(&mut desk, me, Counts::Everything, None), Some(Refusal::Unknown));
    let elsewhere = Counts::UpTo(Cid::of(b"not here"));
    assert_eq!(remove(&mut desk, key, elsewhere, None), Some(Refusal::Unknown));
    assert!(desk.node.my_account().unwrap().devices.contains_key(&key), "nothing changed");
    assert_eq!(remove(&mut desk, key, Counts::UpTo(post), words), None);
    desk.talk(&mut other, peer());
    assert_eq!(what_counts(&other), Some((1, 2)));
    assert_eq!(desk.records(key), 1, "what was withheld counts for nobody");
    assert!(desk.node.my_account().unwrap().epoch().is_some());
}

/// Who has lost all they posted learns it while it is still there to be read.
#[test]
fn a_device_of_which_nothing_counts_is_told_so() {
    let (mut desk, mut other, key) = pair();
    assert!(other.post("mine"));
    other.talk(&mut desk, peer());
    let (removals, words) =
        (vec![Removal { counts: Counts::Nothing, identity: key }], desk.keys.words.clone());
    let removed = desk.ask(|ticket| Command::RemoveByWords { removals, ticket, words });
    assert_eq!(refusal(removed), None);
    // What counted before is read anew, and connections with it.
    other.restart();
    desk.connect(&mut other);
    assert_eq!((what_counts(&other), desk.records(key)), (Some((0, 1)), 0));
    assert_eq!(other.records(key), 1, "it stays where it was written");
    let synod = desk.keys.synod.unwrap();
    let speaking = [&desk, &other].map(|desk| members(desk, synod).speaking.contains(&key));
    assert_eq!(speaking, [false, true], "and is shown there alone");
}

#[test]
fn devices_are_renamed_and_only_those_that_are_here() {
    let (mut desk, mut other, key) = pair();
    let rename = |desk: &mut Desk, identity, name: &str| {
        let name = name.to_owned();
        desk.ask(|ticket| Command::RenameDevice { identity, name, ticket })
    };
    assert_eq!(refusal(rename(&mut desk, key, " ")), Some(Refusal::Empty));
    assert_eq!(refusal(rename(&mut desk, them(99), "x")), Some(Refusal::Unknown));
    assert_eq!(refusal(rename(&mut desk, key, "tablet")), None);
    desk.talk(&mut other, peer());
    let synod = desk.keys.synod.unwrap();
    assert_eq!(members(&other, synod).devices[&key], "tablet");
    let gone = desk.ask(|ticket| Command::RemoveDevice { identity: them(99), ticket });
    assert_eq!(refusal(gone), Some(Refusal::Unknown));
}

#[test]
fn only_the_words_close_an_account() {
    let (mut desk, mut other, _) = pair();
    let closed = other.ask(|ticket| Command::CloseAccount { ticket, words: None });
    assert_eq!(refusal(closed), Some(Refusal::Words));
    let wrong = Desk::new(5).keys.words;
    let closed = other.ask(|ticket| Command::CloseAccount { ticket, words: wrong });
    assert_eq!(refusal(closed), Some(Refusal::Words));
    let closed = desk.ask(|ticket| Command::CloseAccount { ticket, words: None });
    assert_eq!(refusal(closed), None);
    assert!(!desk.post("after"));
    desk.talk(&mut other, peer());
    assert!(other.events.iter().any(|event| matches!(event, Event::Closed)));
    assert!(!other.post("after"));
}

#[test]
fn a_device_in_the_place_of_another_is_one_line() {
    let mut ben = Actor::new(2);
    let last = ben.posts("one").entry.id();
    let (mut desk, hub) = following(&[&ben]);
    let phoenix = Secret::from_seed(&[66; 32]);
    let sealing_key = ben.sealing.key().unwrap();
    let consent = consent_bytes(ben.synod(), &sealing_key);
    let added = AddDevice {
        consent: phoenix.sign(Purpose::Consent, &consent),
        identity: phoenix.identity(),
        name: "phone".to_owned(),
        powers: Vec::new(),
        replaces: Some((ben.device(), last)),
        sealing_key,
    };
    ben.by_root(Payload::AddDevice(added));
    let named = NameDevice { identity: phoenix.identity(), name: "my phone".to_owned() };
    ben.by_root(Payload::NameDevice(named));
    ben.gives(&mut desk, hub.link);
    let told = members(&desk, ben.synod());
    assert_eq!(
        told.devices.into_iter().collect::<Vec<_>>(),
        [(phoenix.identity(), "my phone".to_owned())]
    );
    assert!(told.speaking.contains(&ben.device()) && desk.records(ben.device()) == 1);
}
