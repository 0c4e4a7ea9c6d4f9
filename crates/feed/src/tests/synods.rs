//! Accounts: the table of rules, and that the order of arrival changes nothing.

use effigy_core::payload::{Epoch, Final, NameDevice, RevokeDevice};
use effigy_core::random::Random;
use effigy_core::seal;

use super::*;
use crate::{DEVICES, Former, STATEMENTS, WEIGHT};

const ROOT: u8 = 2;
const HOUR: u64 = 3_600_000;
/// An ordinary day; all devices were added by then.
const DAY: u64 = 24 * HOUR;

type Stated = (Entry, Payload);

/// An account with devices 11, 12, .., which the root added, one after the other.
fn begun(devices: u8) -> Vec<Stated> {
    let begin = account(ROOT, ROOT, &[], 1, &genesis());
    let mut all = vec![(begin, genesis())];
    for device in 11..11 + devices {
        let payload = add(device, ROOT, vec![Power::Admin, Power::Post]);
        let last = all.last().map(|(entry, _)| entry.clone()).unwrap();
        all.push((account(ROOT, ROOT, &[&last], u64::from(device), &payload), payload));
    }
    all
}

/// What somebody states after these entries.
fn states(by: u8, hour: u64, after: &[&Stated], payload: Payload) -> Stated {
    let parents: Vec<&Entry> = after.iter().map(|(entry, _)| entry).collect();
    (account(by, ROOT, &parents, DAY + hour * HOUR, &payload), payload)
}

fn id(device: u8) -> Identity {
    secret(device).identity()
}

fn revoke(device: u8, last: &str) -> Payload {
    let last_valid = Some(Cid::of(last.as_bytes()));
    Payload::RevokeDevice(RevokeDevice { identity: id(device), last_valid })
}

fn full(device: u8) -> Payload {
    add(device, ROOT, vec![Power::Admin, Power::Post])
}

fn replace(device: u8, old: u8, last: &str) -> Payload {
    let Payload::AddDevice(mut added) = full(device) else { unreachable!() };
    added.replaces = Some((id(old), Cid::of(last.as_bytes())));
    Payload::AddDevice(added)
}

fn name(device: u8, name: &str) -> Payload {
    Payload::NameDevice(NameDevice { identity: id(device), name: name.to_owned() })
}

fn called(name: &str) -> Payload {
    Payload::Profile(Profile { name: name.to_owned(), ..Profile::default() })
}

fn epoch(number: u8) -> Payload {
    let secret = SealingSecret::from_bytes([number; 32]);
    let key = secret.key().unwrap();
    let mut random = Random::seeded([number; 32]);
    let sealed = seal::seal(secret.bytes(), &[key], b"", &mut random).unwrap();
    Payload::Epoch(Epoch { key, secrets: effigy_core::canon::read(&sealed).unwrap() })
}

fn key(number: u8) -> Option<seal::SealingKey> {
    Some(SealingSecret::from_bytes([number; 32]).key().unwrap())
}

/// The account after all of these arrived, in this order; and what was refused.
fn arrive(all: &[&Stated]) -> (Synod, Vec<SynodError>) {
    let (mut feed, mut state) = (Feed::new(id(ROOT)), Synod::new(id(ROOT)));
    let (mut waiting, mut refused) = (all.to_vec(), Vec::new());
    loop {
        let before = waiting.len();
        waiting.retain(|(entry, payload)| {
            let parents = &entry.header().parents;
            if !parents.iter().all(|parent| feed.contains(parent)) {
                return true;
            }
            match state.permits(entry, payload) {
                Ok(()) => {
                    assert!(matches!(feed.offer(entry, FAR), Ok(Verdict::New { .. })));
                    state.apply(entry, payload);
                }
                Err(error) => refused.push(error),
            }
            false
        });
        if waiting.len() == before {
            return (state, refused);
        }
    }
}

/// The account after `begun` and what followed, forwards and backwards: both must say the same.
fn after(begun: &[Stated], more: &[&Stated]) -> (Synod, Vec<SynodError>) {
    let all: Vec<&Stated> = begun.iter().chain(more.iter().copied()).collect();
    let backwards: Vec<&Stated> = all.iter().rev().copied().collect();
    let (one, other) = (arrive(&all), arrive(&backwards));
    assert_eq!(answers(&one.0), answers(&other.0));
    one
}

fn answers(state: &Synod) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {} {:?} {:?}",
        state.devices,
        state.former,
        state.hubs,
        state.profile,
        state.closed(),
        state.epoch(),
        state.left_out(),
    )
}

fn members(state: &Synod) -> Vec<u8> {
    (0..=u8::MAX).filter(|device| state.devices.contains_key(&id(*device))).collect()
}

fn cuts(state: &Synod, device: u8) -> Option<Vec<Cid>> {
    state.former.get(&id(device)).and_then(|former| former.last_valid.clone())
}

fn cids(lasts: &[&str]) -> Option<Vec<Cid>> {
    let mut cids: Vec<Cid> = lasts.iter().map(|last| Cid::of(last.as_bytes())).collect();
    cids.sort_unstable();
    Some(cids)
}

// The rows of the table in docs/protocol.md, one after the other.

#[test]
fn a_removed_device_is_out_and_one_entry_says_how_far_it_counts() {
    let all = begun(2);
    let out = states(11, 1, &[&all[2]], revoke(12, "last"));
    let (state, refused) = after(&all, &[&out]);
    assert_eq!((members(&state), cuts(&state, 12)), (vec![11], cids(&["last"])));
    assert!(refused.is_empty() && state.speaks(&id(12)) && state.removed(&id(12)));
    // What it states in knowledge of that is refused.
    let late = states(12, 2, &[&out], called("late"));
    assert_eq!(after(&all, &[&out, &late]).1, [SynodError::Removed]);
    let nothing = Payload::RevokeDevice(RevokeDevice { identity: id(12), last_valid: None });
    let out = states(11, 1, &[&all[2]], nothing);
    assert_eq!(after(&all, &[&out]).0.former[&id(12)].last_valid, None);
}

#[test]
fn of_two_removals_of_one_device_both_cut() {
    let all = begun(3);
    let one = states(11, 1, &[&all[3]], revoke(13, "early"));
    let other = states(12, 2, &[&all[3]], revoke(13, "late"));
    let (state, _) = after(&all, &[&one, &other]);
    assert_eq!((members(&state), cuts(&state, 13)), (vec![11, 12], cids(&["early", "late"])));
}

#[test]
fn devices_that_remove_each_other_are_both_out_and_the_root_goes_on() {
    let all = begun(2);
    let one = states(11, 1, &[&all[2]], revoke(12, "a"));
    let other = states(12, 1, &[&all[2]], revoke(11, "b"));
    let (state, _) = after(&all, &[&one, &other]);
    assert_eq!(members(&state), [0_u8; 0]);
    let settled = states(ROOT, 2, &[&one, &other], replace(21, 11, "c"));
    let (state, _) = after(&all, &[&one, &other, &settled]);
    assert_eq!((members(&state), cuts(&state, 11)), (vec![21], cids(&["c"])), "the root's word");
    assert_eq!(state.former[&id(11)].replaced_by, Some(id(21)));
}

#[test]
fn what_a_device_stated_while_it_was_removed_is_void_and_so_is_what_follows() {
    let all = begun(3);
    let out = states(11, 5, &[&all[3]], revoke(13, "x"));
    let thief = states(13, 1, &[&all[3]], full(31));
    let by_theirs = states(31, 30, &[&thief], called("stolen"));
    let posing = states(13, 4, &[&all[3]], called("thief"));
    let (state, refused) = after(&all, &[&thief, &by_theirs, &posing, &out]);
    assert_eq!((members(&state), state.profile.clone()), (vec![11, 12], None));
    assert!(refused.is_empty() && !state.speaks(&id(31)), "it never was a device");
    // Somebody who did not know builds on it: that does not make it count.
    let merged = states(12, 6, &[&thief, &posing], name(12, "tablet"));
    let (state, _) = after(&all, &[&thief, &posing, &merged, &out]);
    assert_eq!((members(&state), state.profile.clone()), (vec![11, 12], None));
    assert_eq!(state.devices[&id(12)].name, "tablet");
}

#[test]
fn what_a_device_stated_before_it_was_removed_still_counts() {
    let all = begun(2);
    let added = states(12, 1, &[&all[2]], full(31));
    let out = states(11, 2, &[&added], revoke(12, "x"));
    assert_eq!(members(&after(&all, &[&added, &out]).0), [11, 31]);
}

#[test]
fn the_root_beats_devices() {
    let all = begun(2);
    let by_root = states(ROOT, 9, &[&all[2]], revoke(12, "x"));
    let thief = states(12, 1, &[&all[2]], revoke(11, "nothing"));
    assert_eq!(members(&after(&all, &[&by_root, &thief]).0), [11]);
    // Also through devices that it adds.
    let theirs = states(12, 1, &[&all[2]], full(31));
    let out = states(31, 30, &[&theirs], revoke(11, "nothing"));
    assert_eq!(members(&after(&all, &[&by_root, &theirs, &out]).0), [11]);
    // And it says anew how much of somebody counts whom a device removed.
    let before = states(12, 1, &[&all[2]], revoke(11, "nothing"));
    let right = states(ROOT, 2, &[&before], revoke(11, "everything"));
    assert_eq!(cuts(&after(&all, &[&before, &right]).0, 11), cids(&["everything"]));
}

#[test]
fn a_removed_key_never_returns() {
    let all = begun(2);
    let out = states(11, 1, &[&all[2]], revoke(12, "x"));
    let again = states(ROOT, 2, &[&out], full(12));
    assert_eq!(members(&after(&all, &[&out, &again]).0), [11]);
    let beside = states(ROOT, 2, &[&all[2]], full(12));
    assert_eq!(members(&after(&all, &[&out, &beside]).0), [11]);
}

#[test]
fn a_new_device_waits_for_a_day_unless_the_root_added_it() {
    let all = begun(1);
    let added = states(11, 1, &[&all[1]], full(31));
    let rewrite = Payload::Rewrite(effigy_core::payload::Rewrite {
        generation: 1,
        identity: id(31),
        new_head: Cid::of(b"n"),
        old_head: Cid::of(b"o"),
        removed: Vec::new(),
    });
    for payload in [full(32), revoke(11, "x"), rewrite] {
        let early = states(31, 24, &[&added], payload.clone());
        assert_eq!(after(&all, &[&added, &early]).1, [SynodError::TooSoon], "{payload:?}");
        let due = states(31, 25, &[&added], payload);
        assert!(after(&all, &[&added, &due]).1.is_empty());
    }
    let harmless = states(31, 2, &[&added], name(31, "laptop"));
    assert_eq!(after(&all, &[&added, &harmless]).0.devices[&id(31)].name, "laptop");
    let rooted = states(ROOT, 1, &[&all[1]], full(31));
    let soon = states(31, 1, &[&rooted], revoke(11, "x"));
    assert_eq!(members(&after(&all, &[&rooted, &soon]).0), [31]);
}

#[test]
fn who_may_only_post_states_nothing() {
    let all = begun(1);
    let poster = states(11, 1, &[&all[1]], add(31, ROOT, vec![Power::Post]));
    for payload in [called("x"), name(31, "x"), epoch(5), revoke(11, "x"), full(32)] {
        let stated = states(31, 99, &[&poster], payload);
        assert_eq!(after(&all, &[&poster, &stated]).1, [SynodError::Power]);
    }
}

#[test]
fn who_takes_a_place_removes_who_had_it() {
    let all = begun(2);
    let phoenix = states(11, 1, &[&all[2]], replace(31, 12, "last"));
    let (state, _) = after(&all, &[&phoenix]);
    assert_eq!(members(&state), [11, 31]);
    let former = Former {
        name: "device 12".to_owned(),
        removed: DAY + HOUR,
        replaced_by: Some(id(31)),
        last_valid: cids(&["last"]),
    };
    assert_eq!(state.former[&id(12)], former);
}

#[test]
fn the_root_closes_the_account_and_nothing_follows() {
    let all = begun(2);
    let end = states(ROOT, 1, &[&all[2]], Payload::Final(Final {}));
    let late = states(ROOT, 2, &[&end], called("late"));
    let (state, refused) = after(&all, &[&end, &late]);
    assert_eq!((state.closed(), refused), (true, vec![SynodError::Closed]));
    let by_device = states(11, 99, &[&all[2]], Payload::Final(Final {}));
    assert_eq!(after(&all, &[&by_device]).1, [SynodError::Power]);
}

#[test]
fn the_latest_name_counts() {
    let all = begun(2);
    let one = states(11, 3, &[&all[2]], name(12, "later"));
    let other = states(12, 2, &[&all[2]], name(12, "earlier"));
    assert_eq!(after(&all, &[&one, &other]).0.devices[&id(12)].name, "later");
}

#[test]
fn an_epoch_counts_that_was_begun_in_knowledge_of_every_removal() {
    let all = begun(3);
    let first = states(11, 1, &[&all[3]], epoch(51));
    let out = states(11, 2, &[&first], revoke(13, "x"));
    let unknowing = states(12, 9, &[&first], epoch(52));
    let (state, _) = after(&all, &[&first]);
    assert_eq!((state.epoch(), state.left_out()), (key(51), vec![]));
    let (state, _) = after(&all, &[&first, &out, &unknowing]);
    assert_eq!((state.epoch(), state.had_epoch()), (None, true), "who was removed has that secret");
    let next = states(12, 3, &[&out], epoch(53));
    let (state, _) = after(&all, &[&first, &out, &unknowing, &next]);
    assert_eq!(state.epoch(), key(53));
    // Who is added without a share is left out until somebody writes one.
    let added = states(11, 4, &[&out], full(31));
    let (state, _) = after(&all, &[&first, &out, &next, &added]);
    assert_eq!((state.epoch(), state.left_out()), (key(53), vec![id(31)]));
    let share = states(12, 5, &[&next, &added], epoch(53));
    assert!(after(&all, &[&first, &out, &next, &added, &share]).0.left_out().is_empty());
}

#[test]
fn of_too_many_devices_the_earliest_count_and_the_list_has_an_end() {
    let mut all = begun(100);
    let (state, _) = arrive(&all.iter().collect::<Vec<_>>());
    assert_eq!(members(&state), (11..11 + DEVICES as u8).collect::<Vec<_>>());
    for n in 0..STATEMENTS as u64 {
        let next = states(11, n, &[all.last().unwrap()], revoke(12 + (n % 90) as u8, "x"));
        all.push(next);
    }
    let last = all.last().unwrap();
    let [by_device, by_root, by_other] =
        [11, ROOT, 102].map(|by| states(by, 999, &[last], revoke(11, "y")));
    let with = |more| arrive(&all.iter().chain([more]).collect::<Vec<_>>()).1;
    assert_eq!(with(&by_device), [SynodError::Full]);
    assert_eq!(with(&by_root), []);
    assert_eq!(with(&by_other), [], "who says much leaves the others their say");
}

/// How often it is asked of a statement whether it counts, while an account of so many devices lives on:
/// devices come, are named, and are removed, some of them without their remover knowing all.
fn looks(n: u64) -> u64 {
    let mut all = begun(6);
    for at in 0..n {
        let newest = all.len() - 1;
        let by = 11 + (at % 6) as u8;
        let device = 31 + (at / 4 % 200) as u8;
        let payload = match at % 4 {
            0 => full(device),
            1 => name(device, &format!("name {at}")),
            2 => called(&format!("name {at}")),
            _ => revoke(device, "x"),
        };
        // Now and then beside what came last.
        let after = if at % 16 == 3 { newest - 1 } else { newest };
        all.push(states(by, at, &[&all[after]], payload));
    }
    let (state, refused) = arrive(&all.iter().collect::<Vec<_>>());
    assert_eq!(refused, []);
    state.looks()
}

#[test]
fn a_statement_costs_as_much_however_many_came_before() {
    let (few, many) = (looks(200), looks(800));
    assert!(many < few * 5, "{few} looks for 200 statements, {many} for 800");
}

#[test]
fn what_is_kept_of_an_account_has_an_end_and_the_root_goes_on() {
    let mut all = begun(2);
    // Beside one another, so that nobody has said too much before.
    let base = all.last().unwrap().clone();
    let about = "x".repeat(1_900);
    let said = |at: u64| {
        let profile = Profile { name: format!("{at}"), about: about.clone(), picture: None };
        states(11, at, &[&base], Payload::Profile(profile))
    };
    let (mut feed, mut state) = (Feed::new(id(ROOT)), Synod::new(id(ROOT)));
    let mut take = |(entry, payload): &Stated| {
        state.permits(entry, payload)?;
        feed.offer(entry, FAR).unwrap();
        state.apply(entry, payload);
        Ok(state.weight())
    };
    all.drain(..).for_each(|stated| assert!(take(&stated).is_ok()));
    let refused = (0..).find(|at| take(&said(*at)) == Err(SynodError::Room)).unwrap();
    assert!((1_000..3_000).contains(&refused), "after {refused}");
    let removal = states(ROOT, 9_999, &[&base], revoke(11, "x"));
    assert!(take(&removal).unwrap() < WEIGHT + 4_096);
}

/// Statements that four devices and the root make at random, each in knowledge of some others.
fn quarrel(choices: &[(u8, u8, u8, u8)]) -> Vec<Stated> {
    let mut all = begun(4);
    for (at, (who, what, whom, knows)) in (0_u64..).zip(choices) {
        let by = [11, 12, 13, 14, 31, 32, ROOT][usize::from(*who % 7)];
        let (whom, last) = (11 + whom % 4, ["a", "b", "c"][usize::from(*whom % 3)]);
        let payload = match what % 6 {
            0 | 1 => revoke(whom, last),
            2 => full(31 + whom % 2),
            3 => name(whom, last),
            4 => replace(41 + whom % 3, whom, last),
            _ => called(&format!("name {at}")),
        };
        let newest = all.len() - 1;
        let first = newest.saturating_sub(usize::from(*knows % 5)).max(4);
        let second = newest.saturating_sub(usize::from(*knows / 5 % 7)).max(4);
        let mut after = vec![&all[first]];
        if second != first {
            after.push(&all[second]);
        }
        let next = states(by, at, &after, payload);
        all.push(next);
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn an_account_is_a_function_of_the_set(
        choices in prop::collection::vec(any::<(u8, u8, u8, u8)>(), 1..24),
        seed in any::<u64>(),
    ) {
        let all = quarrel(&choices);
        let mut order: Vec<&Stated> = all.iter().collect();
        let (expected, _) = arrive(&order);
        let mut random = seed;
        for at in (1..order.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, (random >> 33) as usize % (at + 1));
        }
        let (state, _) = arrive(&order);
        prop_assert_eq!(answers(&state), answers(&expected));
        // Whoever was removed is no device, and whoever speaks was a device once.
        for device in state.devices.keys() {
            prop_assert!(!state.removed(device));
        }
    }
}
