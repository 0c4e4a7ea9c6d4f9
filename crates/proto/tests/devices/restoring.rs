//! A browser in which a backup was restored: it has what the other device had, and keys of its own.

use effigy_core::Time;
use effigy_feed::Relation;
use effigy_proto::backup::{Account, Counts, Item, Items, Judge, account, record};
use effigy_proto::{Command, Keys, Membership, Refusal};
use effigy_store::Key;

use crate::people::{ANA, BEN, HUB, People};

/// A backup of a machine, without what seals it.
fn back_up(people: &People, machine: usize) -> Vec<u8> {
    let machine = &people.together.machines[machine];
    let keys = machine.keys.clone();
    let mut bytes =
        account(&Account { keys, made: Time(people.together.now), name: "Ana".to_owned() })
            .to_vec();
    for (key, value) in machine.rows() {
        bytes.extend(record(&key, &value).unwrap_or_default());
    }
    bytes
}

/// Reads a backup, and makes keys for the device in which it is restored.
fn read(backup: &[u8], seed: u8) -> (Keys, Vec<(Key, Vec<u8>)>, Counts) {
    let (mut items, mut judge) = (Items::default(), Judge::default());
    let (mut keys, mut records) = (None, Vec::new());
    items.push(backup);
    // Pictures are counted by what posts say of them, which comes first in a backup as it is written.
    while let Some(item) = items.read().unwrap() {
        let is_kept = judge.look(&item).unwrap();
        match item {
            Item::Account(account) => {
                keys = Some(Keys::for_restoring([seed; 32], account.keys).unwrap());
            }
            Item::Record { key, value } if is_kept => records.push((key, value)),
            _ => (),
        }
    }
    (keys.unwrap(), records, judge.counts())
}

fn restore(people: &mut People, backup: &[u8], seed: u8) -> usize {
    let (keys, records, _) = read(backup, seed);
    people.together.add_with(keys, records)
}

#[test]
fn a_backup_brings_everything_back_where_nobody_else_has_anything() {
    let mut people = People::new();
    let ana = people.synod(ANA);
    let had = people.entries(ANA, ana);
    let backup = back_up(&people, ANA);
    let (_, _, counts) = read(&backup, 60);
    assert_eq!((counts.own_posts, counts.people, counts.damaged), (2, 1, 0));
    for machine in [ANA, BEN] {
        people.together.crash(machine, 0);
    }
    people.together.wipe(HUB);
    let new = restore(&mut people, &backup, 61);
    assert_eq!(people.membership(new), Some(Membership::Found), "before anybody is met");
    assert_eq!(people.entries(new, ana), had);
    assert_eq!(people.texts(new, ana), ["second", "first"]);
    assert!(people.is_whole(new), "with the picture");
    // Whom Ana follows was sealed for the device that is gone.
    assert_eq!(people.view(new).relations.all(Relation::Follow).count(), 1);
    people.joins(new, None).unwrap();
    assert_eq!(people.membership(new), Some(Membership::Member));
    people.posts(new, "third");
    people.together.start(HUB);
    people.together.start(BEN);
    people.together.live(120_000);
    assert_eq!(people.texts(BEN, ana), ["third", "second", "first"]);
    // What was sealed opens without the other device's keys from now on.
    people.together.ask(new, |_| Command::ForgetVoucher);
    people.together.machines[new].keys.voucher = None;
    people.together.crash(new, usize::MAX);
    people.together.start(new);
    assert_eq!(people.view(new).relations.all(Relation::Follow).count(), 1);
    people.posts(new, "fourth");
    assert!(
        people.together.machines[new].keys.words.is_some(),
        "they are still to be written down"
    );
}

#[test]
fn however_often_it_is_restored_no_feed_has_two_versions() {
    let mut people = People::new();
    let ana = people.synod(ANA);
    let backup = back_up(&people, ANA);
    people.posts(ANA, "third");
    people.together.live(5_000);
    let (one, two) = (restore(&mut people, &backup, 62), restore(&mut people, &backup, 63));
    people.together.live(5_000);
    people.joins(one, None).unwrap();
    people.joins(two, None).unwrap();
    for (machine, text) in [(one, "fourth"), (two, "fifth"), (ANA, "sixth")] {
        people.posts(machine, text);
        people.together.live(5_000);
    }
    people.together.live(60_000);
    let all = ["sixth", "fifth", "fourth", "third", "second", "first"];
    for machine in [ANA, BEN, one, two] {
        assert_eq!(people.texts(machine, ana), all);
        assert!(people.network(machine).feeds.iter().all(|feed| feed.fork.is_none()));
    }
}

/// A backup is older than what the device wrote last, so its word does not say what counts of it.
#[test]
fn the_other_device_is_replaced_only_once_somebody_told_how_far_it_came() {
    let mut people = People::new();
    let (ana, old) = (people.synod(ANA), people.device(ANA));
    let backup = back_up(&people, ANA);
    people.posts(ANA, "third");
    people.together.live(5_000);
    people.together.crash(ANA, usize::MAX);
    people.together.crash(HUB, usize::MAX);
    people.together.crash(BEN, usize::MAX);
    let (mut keys, records, _) = read(&backup, 64);
    // Of an account whose words are on paper.
    keys.words = None;
    let new = people.together.add_with(keys, records);
    assert_eq!(people.joins(new, Some(old)), Err(Refusal::Incomplete));
    people.together.start(HUB);
    people.together.start(BEN);
    people.together.live(120_000);
    people.joins(new, Some(old)).unwrap();
    people.posts(new, "fourth");
    people.together.live(5_000);
    for machine in [new, BEN] {
        assert_eq!(people.texts(machine, ana), ["fourth", "third", "second", "first"]);
    }
}

#[test]
fn a_backup_of_a_device_that_was_removed_lets_nobody_in() {
    let mut people = People::new();
    let old = people.device(ANA);
    let backup = back_up(&people, ANA);
    let other = people.recover(65);
    people.together.live(5_000);
    people.joins(other, None).unwrap();
    people.together.live(5_000);
    people.done(other, |ticket| Command::RemoveDevice { identity: old, ticket });
    people.together.live(5_000);
    let (mut keys, records, _) = read(&backup, 66);
    keys.words = None;
    let new = people.together.add_with(keys, records);
    people.together.live(60_000);
    assert_eq!(people.joins(new, None), Err(Refusal::Removed));
}
