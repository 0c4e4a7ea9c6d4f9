//! Laws of the folds: whatever the order of arrival, the answer is the same.

mod chains;
mod places;
mod registers;
mod synods;
mod threads;
mod waiting;

use std::collections::BTreeSet;

use effigy_core::identity::Purpose;
use effigy_core::payload::{
    AddDevice, Block, Comment, Delete, Follow, Genesis, Note, Power, Profile, Tag, consent_bytes,
};
use effigy_core::seal::SealingSecret;
use effigy_core::{Cid, Draft, Entry, Identity, Payload, Secret, Time};
use proptest::prelude::*;

use crate::{Arrival, Feed, Noted, Relation, Synod, SynodError, Verdict, View, Waiting};

const FAR: Time = Time(u64::MAX / 2);

fn secret(seed: u8) -> Secret {
    Secret::from_seed(&[seed; 32])
}

fn note(text: &str) -> Payload {
    Payload::Note(Note { images: Vec::new(), text: text.to_owned() })
}

/// An entry of a device's feed.
fn entry(device: u8, synod: u8, parents: &[&Entry], now: u64, payload: &Payload) -> Entry {
    let draft = Draft {
        after: parents.iter().map(|parent| parent.header().comparable).max().unwrap_or(0),
        generation: 0,
        identity: secret(device).identity(),
        kind: payload.kind().unwrap().to_owned(),
        parents: parents.iter().map(|parent| parent.id()).collect(),
        payload: payload.write().unwrap(),
        synod: Some((secret(synod).identity(), Cid::of(b"head"))),
    };
    draft.sign(&secret(device), Time(now)).unwrap()
}

/// An entry of a synod's feed.
fn account(signer: u8, synod: u8, parents: &[&Entry], now: u64, payload: &Payload) -> Entry {
    let draft = Draft {
        after: parents.iter().map(|parent| parent.header().comparable).max().unwrap_or(0),
        generation: 0,
        identity: secret(synod).identity(),
        kind: payload.kind().unwrap().to_owned(),
        parents: parents.iter().map(|parent| parent.id()).collect(),
        payload: payload.write().unwrap(),
        synod: None,
    };
    draft.sign(&secret(signer), Time(now)).unwrap()
}

fn genesis() -> Payload {
    let sealing_key = SealingSecret::from_bytes([9; 32]).key().unwrap();
    Payload::Genesis(Genesis { sealing_key })
}

fn add(device: u8, synod: u8, powers: Vec<Power>) -> Payload {
    let sealing_key = SealingSecret::from_bytes([device; 32]).key().unwrap();
    let bytes = consent_bytes(secret(synod).identity(), &sealing_key);
    Payload::AddDevice(AddDevice {
        consent: secret(device).sign(Purpose::Consent, &bytes),
        identity: secret(device).identity(),
        name: format!("device {device}"),
        powers,
        replaces: None,
        sealing_key,
    })
}

#[test]
fn a_feed_takes_a_chain_and_knows_its_head() {
    let mut feed = Feed::new(secret(1).identity());
    let first = entry(1, 2, &[], 10, &note("one"));
    let second = entry(1, 2, &[&first], 5, &note("two"));
    assert_eq!(feed.offer(&second, FAR), Ok(Verdict::Waiting { missing: vec![first.id()] }));
    assert_eq!(feed.offer(&first, FAR), Ok(Verdict::New { position: 0 }));
    assert_eq!(feed.offer(&second, FAR), Ok(Verdict::New { position: 1 }));
    assert_eq!(feed.offer(&second, FAR), Ok(Verdict::Known));
    let head = feed.head().unwrap();
    assert_eq!((head.id, head.count, head.comparable), (second.id(), 2, 11));
    assert_eq!(feed.lacking(&[first.id()], 0, 10), [1]);
    assert_eq!(feed.lacking(&[], 0, 10), [0, 1]);
    assert_eq!(feed.fork(), None);
}

#[test]
fn a_second_history_is_a_fork_until_it_is_healed() {
    let mut feed = Feed::new(secret(1).identity());
    let first = entry(1, 2, &[], 10, &note("one"));
    let left = entry(1, 2, &[&first], 20, &note("left"));
    let right = entry(1, 2, &[&first], 20, &note("right"));
    let healed = entry(1, 2, &[&left, &right], 30, &note("healed"));
    for entry in [&first, &left, &right] {
        assert!(matches!(feed.offer(entry, FAR), Ok(Verdict::New { .. })));
    }
    let (a, b) = feed.fork().unwrap();
    assert_eq!([a.min(b), a.max(b)], [left.id().min(right.id()), left.id().max(right.id())]);
    assert_eq!(feed.lacking(&[left.id()], 0, 10).len(), 1, "who has one branch lacks the other");
    assert!(matches!(feed.offer(&healed, FAR), Ok(Verdict::New { .. })));
    assert_eq!(feed.fork(), None);
}

#[test]
fn clocks_are_kept_to_their_bounds() {
    let now = Time(1_000_000);
    let mut feed = Feed::new(secret(1).identity());
    let due = entry(1, 2, &[], now.0 + 10 * 60_000, &note("just"));
    assert!(matches!(feed.offer(&due, now), Ok(Verdict::New { .. })));
    let ahead = entry(1, 2, &[&due], now.0 + 10 * 60_000 + 1, &note("ahead"));
    assert_eq!(feed.offer(&ahead, now), Ok(Verdict::Parked { until: Time(now.0 + 1) }));
    assert_eq!(feed.head().unwrap().id, due.id(), "what is parked is no head");
    assert!(matches!(feed.offer(&ahead, Time(now.0 + 1)), Ok(Verdict::New { .. })));
}

#[test]
fn an_account_counts_only_what_was_permitted() {
    let synod = secret(2).identity();
    let mut feed = Feed::new(synod);
    let mut state = Synod::new(synod);
    let begin = account(2, 2, &[], 1, &genesis());
    let admin = add(1, 2, vec![Power::Admin]);
    let device = account(2, 2, &[&begin], 2, &admin);
    for (entry, payload) in [(&begin, &genesis()), (&device, &admin)] {
        assert_eq!(state.permits(entry, payload), Ok(()));
        feed.offer(entry, FAR).unwrap();
        state.apply(entry, payload);
    }
    let named = Payload::Profile(Profile { name: "Ana".to_owned(), ..Profile::default() });
    let by_device = account(1, 2, &[&device], 3, &named);
    assert_eq!(state.permits(&by_device, &named), Ok(()));
    // Before it was given the power, the device had none.
    let too_early = account(1, 2, &[&begin], 3, &named);
    assert_eq!(state.permits(&too_early, &named), Err(SynodError::Power));
    let by_stranger = account(7, 2, &[&device], 3, &named);
    assert_eq!(state.permits(&by_stranger, &named), Err(SynodError::Power));
    // A device that agreed to another account did not agree to this one.
    let unwilling = add(3, 4, vec![Power::Admin]);
    let dragged = account(2, 2, &[&device], 3, &unwilling);
    assert_eq!(state.permits(&dragged, &unwilling), Err(SynodError::Consent));
    let misplaced = account(2, 2, &[&device], 3, &note("hi"));
    assert_eq!(state.permits(&misplaced, &note("hi")), Err(SynodError::Place));
    let again = account(2, 2, &[], 3, &genesis());
    assert_eq!(state.permits(&again, &genesis()), Ok(()), "the root may say it twice");
    let usurped = account(7, 2, &[], 3, &genesis());
    assert_eq!(state.permits(&usurped, &genesis()), Err(SynodError::Genesis));
}

#[test]
fn the_later_statement_about_somebody_wins() {
    let mut relations = crate::Relations::default();
    let them = secret(5).identity();
    let follow = |on| Payload::Follow(Follow { on, synod: them });
    assert!(relations.apply((2, Cid::of(b"b")), &follow(true)));
    assert!(!relations.apply((1, Cid::of(b"a")), &follow(false)), "an older one changes nothing");
    assert!(relations.wants(&them));
    relations.apply((3, Cid::of(b"c")), &Payload::Block(Block { on: true, synod: them }));
    assert!(!relations.wants(&them), "blocked is stronger than followed");
}

/// What fifty entries of three people make: notes, answers, tags, takings back, profiles.
fn world() -> Vec<(Entry, Payload)> {
    let mut all = Vec::new();
    let mut heads: Vec<Option<Entry>> = vec![None; 3];
    let mut ids: Vec<Cid> = Vec::new();
    for person in 0..3_u8 {
        let (device, synod) = (10 + person, 20 + person);
        let begin = account(synod, synod, &[], 1, &genesis());
        let added = add(device, synod, vec![Power::Admin]);
        let joined = account(synod, synod, &[&begin], 2, &added);
        let name =
            |text: &str| Payload::Profile(Profile { name: text.to_owned(), ..Profile::default() });
        let old = account(device, synod, &[&joined], 3, &name("old"));
        let new = account(device, synod, &[&old], 4, &name("new"));
        all.extend([(begin, genesis()), (joined, added), (old, name("old")), (new, name("new"))]);
    }
    for round in 0..14_u64 {
        let person = (round % 3) as usize;
        let target = ids.get((round as usize * 7) % ids.len().max(1)).copied();
        let payload = match (round % 5, target) {
            (1 | 2, Some(target)) => Payload::Comment(Comment {
                images: Vec::new(),
                parent: target,
                root: target,
                text: format!("answer {round}"),
            }),
            (3, Some(target)) => {
                Payload::Tag(Tag { on: round % 2 == 0, target, word: "word".to_owned() })
            }
            (4, Some(target)) => Payload::Delete(Delete { target }),
            _ => note(&format!("note {round}")),
        };
        let parents: Vec<&Entry> = heads[person].iter().collect();
        let (device, synod) = (10 + person as u8, 20 + person as u8);
        let made = entry(device, synod, &parents, 100 + round, &payload);
        ids.push(made.id());
        heads[person] = Some(made.clone());
        all.push((made, payload));
    }
    let parents: Vec<&Entry> = heads[0].iter().collect();
    let follow = Payload::Follow(Follow { on: true, synod: secret(21).identity() });
    let made = entry(10, 20, &parents, 500, &follow);
    all.push((made, follow));
    all
}

/// All that a view answers, as text.
fn answers(view: &View) -> String {
    let people: Vec<Identity> = view.people().map(|person| person.synod).collect();
    let mut said = format!("{people:?} {:?}", view.timeline(None, 100));
    for synod in people {
        let posts = view.posts_of(&synod, None, 100);
        said += &format!("{:?}{posts:?}", view.person(&synod));
        for id in posts {
            said +=
                &format!("{:?}{:?}{:?}", view.post_by_id(&id), view.replies(&id), view.tags(&id));
        }
    }
    said
}

#[test]
fn somebody_elses_taking_back_takes_nothing() {
    let mut view = View::new(secret(20).identity());
    for (entry, payload) in world() {
        view.insert(&entry, &payload);
    }
    let first = view.posts_of(&secret(22).identity(), None, 100);
    let stolen = Payload::Delete(Delete { target: first[0] });
    let forged = entry(11, 21, &[], 900, &stolen);
    let before = answers(&view);
    view.insert(&forged, &stolen);
    assert_eq!(answers(&view), before);
}

#[test]
fn a_device_that_no_account_names_shows_nothing() {
    let mut view = View::new(secret(20).identity());
    let posing = entry(30, 20, &[], 50, &note("I am them"));
    view.insert(&posing, &note("I am them"));
    for (entry, payload) in world() {
        view.insert(&entry, &payload);
    }
    assert!(view.post_by_id(&posing.id()).is_none());
    assert!(!view.timeline(None, 100).contains(&posing.id()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_view_is_a_function_of_the_set(order in Just((0..world().len()).collect::<Vec<_>>()).prop_shuffle()) {
        let world = world();
        let mut expected = View::new(secret(20).identity());
        for (entry, payload) in &world {
            expected.insert(entry, payload);
        }
        let mut view = View::new(secret(20).identity());
        for at in order {
            let (entry, payload) = &world[at];
            view.insert(entry, payload);
        }
        prop_assert_eq!(answers(&view), answers(&expected));
    }

    #[test]
    fn a_feed_is_a_function_of_the_set(order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle()) {
        // A chain with a fork in the middle that is healed at the end.
        let mut made: Vec<Entry> = Vec::new();
        for n in 0..12_u64 {
            let parents: Vec<&Entry> = match n {
                0 => vec![],
                6 => vec![&made[4]],
                11 => vec![&made[5], &made[10]],
                _ => vec![&made[n as usize - 1]],
            };
            let next = entry(1, 2, &parents, n * 10, &note(&n.to_string()));
            made.push(next);
        }
        let mut feed = Feed::new(secret(1).identity());
        let mut waiting = Waiting::default();
        for at in order {
            let mut arrivals = vec![Arrival { entry: made[at].clone(), payload: None }];
            while let Some(arrival) = arrivals.pop() {
                match feed.offer(&arrival.entry, FAR).unwrap() {
                    Verdict::New { .. } => arrivals.extend(waiting.take(feed.identity())),
                    Verdict::Waiting { .. } => waiting.add(arrival, Time(0)),
                    _ => (),
                }
            }
        }
        prop_assert_eq!(feed.len(), 12);
        prop_assert_eq!(feed.head().unwrap().id, made[11].id());
        prop_assert_eq!(feed.fork(), None);
        prop_assert!(waiting.is_empty());
    }
}

/// A feed in which each entry names one or two of those before it, its entries, and of each the
/// places of all that came before it, itself included: worked out one by one.
fn graph(choices: &[(u8, u8)]) -> (Feed, Vec<Entry>, Vec<BTreeSet<u32>>) {
    let mut feed = Feed::new(secret(1).identity());
    let (mut made, mut before) = (Vec::<Entry>::new(), Vec::<BTreeSet<u32>>::new());
    for (place, (one, other)) in (0_u32..).zip(choices) {
        let named = [one, other].map(|choice| {
            // Mostly the last one, as in most feeds.
            let last = made.len().checked_sub(1)?;
            Some(if *choice < 160 { last } else { usize::from(*choice) % made.len() })
        });
        let named: BTreeSet<usize> = named.into_iter().flatten().collect();
        let parents: Vec<&Entry> = named.iter().map(|at| &made[*at]).collect();
        let next = entry(1, 2, &parents, u64::from(place) + 1, &note(&place.to_string()));
        let mut all: BTreeSet<u32> = named.iter().flat_map(|at| before[*at].clone()).collect();
        all.insert(place);
        assert_eq!(feed.offer(&next, FAR), Ok(Verdict::New { position: place }));
        before.push(all);
        made.push(next);
    }
    (feed, made, before)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_somebody_lacks_is_what_came_neither_before_nor_with_what_they_have(
        choices in prop::collection::vec((any::<u8>(), any::<u8>()), 1..40),
        have in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        limit in 1..50_usize,
    ) {
        let (feed, made, before) = graph(&choices);
        let have: Vec<usize> = have.iter().map(|at| at.index(made.len())).collect();
        let ids: Vec<Cid> = have.iter().map(|at| made[*at].id()).collect();
        let held: BTreeSet<u32> = have.iter().flat_map(|at| before[*at].clone()).collect();
        let all = 0..made.len() as u32;
        let lacking: Vec<u32> = all.filter(|at| !held.contains(at)).take(limit).collect();
        prop_assert_eq!(feed.lacking(&ids, 0, limit), lacking);
        for (place, entry) in (0..).zip(&made) {
            prop_assert_eq!(feed.precedes(&entry.digest(), &ids), held.contains(&place));
        }
    }

    #[test]
    fn a_feed_is_put_together_again_from_what_was_noted(
        choices in prop::collection::vec((any::<u8>(), any::<u8>()), 1..40),
    ) {
        let (feed, made, _) = graph(&choices);
        let noted: Vec<Noted> = (0..made.len() as u32).filter_map(|at| feed.noted(at)).collect();
        let mut again = Feed::new(feed.identity());
        for noted in &noted {
            prop_assert!(again.put_back(noted.clone()));
        }
        prop_assert_eq!((again.head(), again.tips()), (feed.head(), feed.tips()));
        prop_assert_eq!(again.fork(), feed.fork());
        for entry in &made {
            prop_assert_eq!(again.position(&entry.id()), feed.position(&entry.id()));
            prop_assert_eq!(again.lacking(&[entry.id()], 0, 99), feed.lacking(&[entry.id()], 0, 99));
            prop_assert_eq!(again.offer(entry, FAR), Ok(Verdict::Known));
        }
        // What is damaged does not fit: a parent that is not there, an entry twice.
        let ahead = Noted { parents: vec![made.len() as u32], ..noted[0].clone() };
        prop_assert!(!again.put_back(ahead));
        prop_assert!(!again.put_back(noted[0].clone()));
        prop_assert_eq!(again.len(), made.len());
    }
}

#[test]
fn following_and_relations_are_ones_own() {
    let mut view = View::new(secret(21).identity());
    for (entry, payload) in world() {
        view.insert(&entry, &payload);
    }
    let them = secret(21).identity();
    assert!(!view.relations.holds(Relation::Follow, &them), "another's follow is not mine");
}
