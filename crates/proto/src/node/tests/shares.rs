//! Recovery by friends: who gives, keeps, drops and gives back, over a hub that is the test.

use effigy_core::mnemonic::Words;
use effigy_core::random::Random;
use effigy_core::seal::{Letter, SealingSecret, open_letter, seal_letter};
use effigy_core::share::{For, Gathering, SetId, Share, ShareError, divide};
use effigy_core::{Identity, Secret, Time};
use effigy_feed::Relation;
use effigy_store::Table;
use serde_json::Value;

use super::devices::following;
use super::{Actor, Desk, Peer};
use crate::api::{Command, Event, Refusal, ShareState, Shares};
use crate::backup::is_kept;
use crate::keys::Keys;
use crate::message::Message;
use crate::node::shares::giving_key;

/// What stands of shares, as last told.
fn shares(desk: &Desk) -> Shares {
    let told = desk.events.iter().rev().find_map(|event| match event {
        Event::Shares(shares) => Some(shares.clone()),
        _ => None,
    });
    told.expect("it is told at the start")
}

fn refusal(answer: Option<Event>) -> Option<Refusal> {
    match answer {
        Some(Event::Done { .. }) => None,
        Some(Event::Refused { why, .. }) => Some(why),
        other => panic!("{other:?}"),
    }
}

/// Somebody who is there says something in a letter.
fn writes(desk: &mut Desk, hub: Peer, actor: &Actor, text: &str) {
    let (to, key) = (desk.keys.device.identity(), desk.keys.sealing.key().unwrap());
    let mut random = Random::seeded([5; 32]);
    let now = Time(desk.now);
    let letter = seal_letter(text.as_bytes(), &actor.device, to, &key, now, &mut random).unwrap();
    desk.say(hub.link, Message::MessageFrom { letter });
}

/// What the node wrote to somebody in letters, of the kinds that begin so.
fn written(desk: &mut Desk, hub: Peer, to: &Actor) -> Vec<Value> {
    let now = Time(desk.now);
    let mine = |letter: &Letter| letter.to == to.device();
    let letters = desk.heard(hub.link).into_iter().filter_map(|message| match message {
        Message::MessageTo { letter } if mine(&letter) => Some(letter),
        _ => None,
    });
    let texts = letters.map(|letter| open_letter(&letter, to.device(), &to.sealing, now).unwrap());
    let values = texts.map(|text| serde_json::from_slice::<Value>(&text).unwrap());
    values.filter(|value| value["type"].as_str().unwrap().starts_with("share")).collect()
}

fn share_in(value: &Value, to: &Actor) -> Share {
    assert_eq!(value["type"], "share");
    let sealed = value["sealed"].as_str().unwrap();
    let sealed = data_encoding::BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap();
    Share::open(&sealed, &to.sealing, For::Keeping).unwrap()
}

fn comes(desk: &mut Desk, hub: Peer, actor: &Actor) {
    desk.say(hub.link, Message::PresenceList { identities: vec![actor.device()] });
}

/// Time goes by, in which the hub says that it is there. Until it is answered, something is said again within it.
fn waits(desk: &mut Desk, hub: Peer) {
    for _ in 0..3 {
        desk.pass(9_000);
        desk.say(hub.link, Message::Pong);
    }
}

/// Friends of this person, all of whom follow back.
fn befriended() -> (Desk, Peer, [Actor; 4]) {
    let actors = [2, 3, 4, 5].map(Actor::new);
    let (mut desk, hub) = following(&actors.each_ref());
    for actor in &actors {
        let greet = format!(r#"{{"type":"greet","synod":"{}","token":null}}"#, actor.synod());
        writes(&mut desk, hub, actor, &greet);
    }
    desk.heard(hub.link);
    (desk, hub, actors)
}

fn gives(desk: &mut Desk, friends: &[&Actor], need: u8) -> Option<Refusal> {
    let friends = friends.iter().map(|actor| actor.synod()).collect();
    refusal(desk.ask(|ticket| Command::GiveShares { friends, need, ticket, words: None }))
}

fn answers(desk: &mut Desk, hub: Peer, actor: &Actor, set: SetId, held: bool) {
    let text = format!(r#"{{"type":"share_state","held":{held},"set":"{set}"}}"#);
    writes(desk, hub, actor, &text);
}

#[test]
fn shares_wait_until_friends_are_there_and_any_that_are_enough_bring_the_words_back() {
    let (mut desk, _, [ben, cleo, dan, _]) = befriended();
    let words = desk.keys.words.clone().unwrap();
    assert_eq!(gives(&mut desk, &[&ben, &cleo, &dan], 2), None);
    let states = |desk: &Desk| {
        let set = shares(desk).set.unwrap();
        set.friends.into_iter().map(|(_, state)| state).collect::<Vec<_>>()
    };
    assert_eq!(states(&desk), [ShareState::Underway; 3]);
    // Nothing that rests here opens with what this device has.
    let rests = serde_json::from_slice::<Value>(&desk.disk[&giving_key()]);
    let sealed = rests.unwrap()["set"]["friends"][0]["devices"][0]["sealed"].clone();
    let sealed = data_encoding::BASE64URL_NOPAD.decode(sealed.as_str().unwrap().as_bytes());
    let opened = Share::open(&sealed.unwrap(), &desk.keys.sealing, For::Keeping);
    assert_eq!(opened, Err(ShareError::Sealed));
    desk.restart();
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    assert_eq!(states(&desk), [ShareState::Underway; 3], "what was given outlives a restart");
    let mut random = Random::seeded([3; 32]);
    let mut gathering = Gathering::begin(&mut random).unwrap();
    for friend in [&dan, &ben] {
        comes(&mut desk, hub, friend);
        let said = written(&mut desk, hub, friend);
        let share = share_in(&said[0], friend);
        // Said again until it is answered, and then no more.
        waits(&mut desk, hub);
        assert!(!written(&mut desk, hub, friend).is_empty());
        answers(&mut desk, hub, friend, share.set, true);
        waits(&mut desk, hub);
        assert!(written(&mut desk, hub, friend).is_empty());
        gathering.take(&share.give(&gathering.plea(), &mut random).unwrap()).unwrap();
    }
    assert_eq!(gathering.words().unwrap(), words);
    assert!(matches!(
        states(&desk)[..],
        [ShareState::Held(_), ShareState::Underway, ShareState::Held(_)]
    ));
    let rests = desk.disk[&giving_key()].clone();
    let rests = String::from_utf8(rests).unwrap();
    assert_eq!(rests.matches(r#""sealed":null"#).count(), 2, "what arrived does not stay: {rests}");
}

#[test]
fn only_the_right_words_friends_and_numbers_give_shares() {
    let (mut desk, _, [ben, cleo, dan, _]) = befriended();
    let stranger = Actor::new(9);
    for (friends, need) in [
        (vec![&ben, &cleo], 2),
        (vec![&ben, &cleo, &cleo], 2),
        (vec![&ben, &cleo, &stranger], 2),
        (vec![&ben, &cleo, &dan], 1),
        (vec![&ben, &cleo, &dan], 4),
    ] {
        assert_eq!(gives(&mut desk, &friends, need), Some(Refusal::Friends));
    }
    let ask = |desk: &mut Desk, words: Option<Words>| {
        let friends: Vec<Identity> = [&ben, &cleo, &dan].map(Actor::synod).to_vec();
        refusal(desk.ask(|ticket| Command::GiveShares { friends, need: 2, ticket, words }))
    };
    let mine = desk.keys.words.clone();
    let other = Words::from_entropy(&[1; 16]).ok();
    assert_eq!(ask(&mut desk, other), Some(Refusal::Words));
    assert_eq!(shares(&desk).set, None, "what is refused changes nothing");
    desk.ask(|ticket| Command::ForgetWords { ticket });
    assert_eq!(ask(&mut desk, None), Some(Refusal::Words), "they were forgotten");
    assert_eq!(ask(&mut desk, mine), None);
}

#[test]
fn a_new_set_voids_the_one_before() {
    let (mut desk, hub, [ben, cleo, dan, eve]) = befriended();
    assert_eq!(gives(&mut desk, &[&ben, &cleo, &dan], 2), None);
    comes(&mut desk, hub, &ben);
    let first = share_in(&written(&mut desk, hub, &ben)[0], &ben);
    answers(&mut desk, hub, &ben, first.set, true);
    assert_eq!(gives(&mut desk, &[&eve, &cleo, &dan], 3), None);
    let said = written(&mut desk, hub, &ben);
    assert_eq!(
        (said[0]["type"].as_str(), said[0]["set"].as_str()),
        (Some("share_void"), Some(first.set.to_string().as_str()))
    );
    answers(&mut desk, hub, &ben, first.set, false);
    let said = written(&mut desk, hub, &ben);
    assert_eq!(said[0]["type"], "share_noted");
    waits(&mut desk, hub);
    waits(&mut desk, hub);
    assert!(written(&mut desk, hub, &ben).is_empty(), "told and heard");
    // Whoever drops it is seen to have dropped it.
    comes(&mut desk, hub, &eve);
    let second = share_in(&written(&mut desk, hub, &eve)[0], &eve);
    assert!(second.made > first.made && second.set != first.set);
    answers(&mut desk, hub, &eve, second.set, true);
    answers(&mut desk, hub, &eve, second.set, false);
    let set = shares(&desk).set.unwrap();
    assert_eq!(set.friends[0], (eve.synod(), ShareState::Returned));
    assert_eq!(refusal(desk.ask(|ticket| Command::VoidShares { ticket })), None);
    assert_eq!(shares(&desk).set, None);
    assert_eq!(refusal(desk.ask(|ticket| Command::VoidShares { ticket })), Some(Refusal::Unknown));
}

/// A share of Ana's, sealed to this device.
fn given_to(desk: &Desk, words: &Words, made: u64, seed: u8) -> (Vec<Share>, String) {
    let mut random = Random::seeded([seed; 32]);
    let all = divide(words, 2, 3, Time(made), &mut random).unwrap();
    let key = desk.keys.sealing.key().unwrap();
    let sealed = all[0].seal(&key, For::Keeping, &mut random).unwrap();
    let text = format!(
        r#"{{"type":"share","sealed":"{}"}}"#,
        data_encoding::BASE64URL_NOPAD.encode(&sealed)
    );
    (all, text)
}

/// Ana, whose root follows from words, and her friend's device, which is the one under test.
fn friend_of_ana() -> (Desk, Peer, Actor, Words) {
    let words = Words::from_entropy(&[8; 16]).unwrap();
    let ana = Actor::of_root(words.root_sign());
    let (desk, hub) = following(&[&ana]);
    (desk, hub, ana, words)
}

#[test]
fn a_share_is_kept_for_its_owner_and_for_nobody_else() {
    let (mut desk, hub, ana, words) = friend_of_ana();
    let (all, text) = given_to(&desk, &words, 1_000, 1);
    let eve = Actor::new(3);
    let other = Words::from_entropy(&[9; 16]).unwrap();
    let foreign = given_to(&desk, &other, 5_000, 2).1;
    let elsewhere = all[1].seal(
        &SealingSecret::from_bytes([9; 32]).key().unwrap(),
        For::Keeping,
        &mut Random::seeded([1; 32]),
    );
    let elsewhere = data_encoding::BASE64URL_NOPAD.encode(&elsewhere.unwrap());
    let elsewhere = format!(r#"{{"type":"share","sealed":"{elsewhere}"}}"#);
    for (actor, text) in [(&eve, &text), (&ana, &foreign), (&ana, &elsewhere)] {
        writes(&mut desk, hub, actor, text);
        assert!(written(&mut desk, hub, &ana).is_empty());
        assert!(shares(&desk).held.is_empty());
    }
    writes(&mut desk, hub, &ana, &text);
    assert_eq!(written(&mut desk, hub, &ana)[0]["held"], true);
    assert!(
        desk.events
            .iter()
            .any(|event| matches!(event, Event::ShareCame { synod } if *synod == ana.synod()))
    );
    let value: Vec<u8> = all[0].to_bytes().to_vec();
    let value = &value[60..value.len() - 4];
    let encoded = data_encoding::BASE64URL_NOPAD.encode(value);
    for (_, rests) in desk.table(Table::Peers) {
        let has_it = rests.windows(16).any(|bytes| bytes == value)
            || String::from_utf8_lossy(&rests).contains(&encoded[..16]);
        assert!(!has_it, "it rests as it came: sealed");
    }
    desk.restart();
    let held = shares(&desk).held;
    assert_eq!((held[0].synod, held[0].need, held[0].of), (ana.synod(), 2, 3));
    // Ana comes back elsewhere: the number decides.
    let mut random = Random::seeded([4; 32]);
    let mut gathering = Gathering::begin(&mut random).unwrap();
    let plea = gathering.plea();
    let number: u8 = plea.check().number().parse().unwrap();
    let synod = ana.synod();
    let ask = |desk: &mut Desk, synod, number| {
        let former = false;
        refusal(desk.ask(|ticket| Command::ReturnShare { former, number, plea, synod, ticket }))
    };
    assert_eq!(ask(&mut desk, synod, (number + 1) % 100), Some(Refusal::Number));
    assert_eq!(ask(&mut desk, eve.synod(), number), Some(Refusal::Unknown));
    assert!(!desk.events.iter().any(|event| matches!(event, Event::ShareReturned { .. })));
    assert_eq!(ask(&mut desk, synod, number), None);
    let text = desk.events.iter().find_map(|event| match event {
        Event::ShareReturned { text, .. } => Some(text.clone()),
        _ => None,
    });
    assert_eq!(gathering.take(&text.unwrap()), Ok(()));
    assert_eq!(gathering.shares(), &all[..1]);
}

#[test]
fn a_later_set_takes_its_place_and_what_was_dropped_does_not_come_again() {
    let (mut desk, hub, ana, words) = friend_of_ana();
    let (first, old) = given_to(&desk, &words, 1_000, 1);
    let (second, new) = given_to(&desk, &words, 2_000, 2);
    let state = |desk: &mut Desk| {
        let said = written(desk, hub, &ana);
        (said[0]["held"].as_bool(), said[0]["set"].as_str().map(str::to_owned))
    };
    for (text, held, set) in [
        (&old, true, &first[0]),
        (&new, true, &second[0]),
        (&old, false, &first[0]),
        (&new, true, &second[0]),
    ] {
        writes(&mut desk, hub, &ana, text);
        assert_eq!(state(&mut desk), (Some(held), Some(set.set.to_string())));
    }
    // Dropped here: its owner is told until they have heard.
    let synod = ana.synod();
    comes(&mut desk, hub, &ana);
    assert_eq!(refusal(desk.ask(|ticket| Command::DropShare { synod, ticket })), None);
    assert_eq!(
        refusal(desk.ask(|ticket| Command::DropShare { synod, ticket })),
        Some(Refusal::Unknown)
    );
    assert_eq!(state(&mut desk).0, Some(false));
    waits(&mut desk, hub);
    assert_eq!(state(&mut desk).0, Some(false));
    writes(&mut desk, hub, &ana, &format!(r#"{{"type":"share_noted","set":"{}"}}"#, second[0].set));
    waits(&mut desk, hub);
    waits(&mut desk, hub);
    assert!(written(&mut desk, hub, &ana).is_empty());
    writes(&mut desk, hub, &ana, &new);
    assert_eq!(
        state(&mut desk).0,
        Some(false),
        "a letter that is played again brings nothing back"
    );
    assert!(shares(&desk).held.is_empty());
    // A later one may come; its owner voids it.
    let (third, text) = given_to(&desk, &words, 3_000, 3);
    writes(&mut desk, hub, &ana, &text);
    assert_eq!(state(&mut desk).0, Some(true));
    writes(&mut desk, hub, &ana, &format!(r#"{{"type":"share_void","set":"{}"}}"#, third[0].set));
    assert_eq!(state(&mut desk).0, Some(false));
    assert!(shares(&desk).held[0].is_voided);
    assert_eq!(refusal(desk.ask(|ticket| Command::DropShare { synod, ticket })), None);
    assert!(shares(&desk).held.is_empty());
    desk.restart();
    assert!(shares(&desk).held.is_empty());
}

/// What somebody is given who comes back and says the right number.
fn given_back(desk: &mut Desk, synod: Identity, former: bool) -> Result<Vec<Share>, Refusal> {
    let mut gathering = Gathering::begin(&mut Random::seeded([4; 32])).unwrap();
    let plea = gathering.plea();
    let number = plea.check().number().parse().unwrap();
    let ask = |ticket| Command::ReturnShare { former, number, plea, synod, ticket };
    if let Some(why) = refusal(desk.ask(ask)) {
        return Err(why);
    }
    let text = desk.events.iter().rev().find_map(|event| match event {
        Event::ShareReturned { text, .. } => Some(text.clone()),
        _ => None,
    });
    gathering.take(&text.unwrap()).unwrap();
    Ok(gathering.shares().to_vec())
}

/// Whoever has an unlocked device of hers can say all that it can say.
#[test]
fn what_a_thief_puts_in_the_place_of_a_share_does_not_end_it() {
    let (mut desk, hub, ana, words) = friend_of_ana();
    let synod = ana.synod();
    let (first, text) = given_to(&desk, &words, 1_000, 1);
    writes(&mut desk, hub, &ana, &text);
    assert_eq!(shares(&desk).held[0].former, None);
    for (made, seed) in [(2_000, 2), (3_000, 3)] {
        let (_, text) = given_to(&desk, &words, made, seed);
        writes(&mut desk, hub, &ana, &text);
        let held = shares(&desk).held[0];
        assert!(held.former.is_some() && !held.is_voided);
        assert_eq!(given_back(&mut desk, synod, true).unwrap(), first[..1], "the true one stays");
        assert_eq!(given_back(&mut desk, synod, false).unwrap()[0].made, Time(made));
    }
    // Behind what says to be of years to come nothing could be put any more.
    let (_, text) = given_to(&desk, &words, desk.now + 86_400_000, 4);
    writes(&mut desk, hub, &ana, &text);
    assert_eq!(given_back(&mut desk, synod, false).unwrap()[0].made, Time(3_000));
    let set = given_back(&mut desk, synod, false).unwrap()[0].set;
    writes(&mut desk, hub, &ana, &format!(r#"{{"type":"share_void","set":"{set}"}}"#));
    desk.restart();
    assert!(shares(&desk).held[0].is_voided);
    assert_eq!(given_back(&mut desk, synod, false), Err(Refusal::Unknown));
    assert_eq!(given_back(&mut desk, synod, true).unwrap(), first[..1]);
    desk.now += 15 * 86_400_000;
    desk.restart();
    assert!(shares(&desk).held.is_empty());
    assert_eq!(given_back(&mut desk, synod, true), Err(Refusal::Unknown));
}

#[test]
fn who_is_no_friend_any_more_hears_that_the_share_counts_no_longer() {
    let (mut desk, hub, [ben, cleo, dan, eve]) = befriended();
    assert_eq!(gives(&mut desk, &[&ben, &cleo, &dan], 2), None);
    comes(&mut desk, hub, &ben);
    let share = share_in(&written(&mut desk, hub, &ben)[0], &ben);
    answers(&mut desk, hub, &ben, share.set, true);
    let (relation, synod) = (Relation::Follow, ben.synod());
    desk.ask(|ticket| Command::Relate { on: false, relation, synod, ticket });
    desk.say(hub.link, Message::Offline { identity: ben.device() });
    assert_eq!(gives(&mut desk, &[&eve, &cleo, &dan], 2), None);
    assert_eq!(shares(&desk).voided, [synod]);
    let said = written(&mut desk, hub, &ben);
    assert_eq!((said.len(), said[0]["type"].as_str()), (1, Some("share_void")));
    waits(&mut desk, hub);
    assert!(written(&mut desk, hub, &ben).is_empty(), "nobody says that they are there");
    desk.restart();
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    desk.pass(2_000);
    assert_eq!(written(&mut desk, hub, &ben)[0]["type"], "share_void");
    answers(&mut desk, hub, &ben, share.set, false);
    assert_eq!(written(&mut desk, hub, &ben)[0]["type"], "share_noted");
    assert!(shares(&desk).voided.is_empty());
}

#[test]
fn shares_that_are_kept_are_in_a_backup() {
    let (mut desk, hub, ana, words) = friend_of_ana();
    let (all, text) = given_to(&desk, &words, 1_000, 1);
    writes(&mut desk, hub, &ana, &text);
    let disk = desk.disk.clone().into_iter().filter(|(key, _)| is_kept(key)).collect();
    let keys = Keys::for_restoring([30; 32], desk.keys.clone()).unwrap();
    let mut restored = Desk::kept(keys, disk);
    restored.now = desk.now;
    assert_eq!(given_back(&mut restored, ana.synod(), false).unwrap(), all[..1]);
    let device_name = "laptop".to_owned();
    let joined = restored.ask(|ticket| Command::Join { device_name, replaces: None, ticket });
    assert_eq!(refusal(joined), None);
    // Without the keys of the device that was backed up.
    (restored.keys.joining, restored.keys.voucher) = (false, None);
    restored.restart();
    assert_eq!(given_back(&mut restored, ana.synod(), false).unwrap(), all[..1]);
}
