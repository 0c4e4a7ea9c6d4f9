//! Clocks that are wrong, a month away, and coming and going again and again.

use effigy_proto::Command;

use crate::Network;
use crate::tests::{MINUTE, agree, friends, sees, texts};

const DAY: u64 = 1_440 * MINUTE;

/// R09: whatever a device's clock said, and however it jumped, its own posts keep their order, and
/// nobody else is held up.
#[test]
fn whatever_a_clock_says_the_own_posts_keep_their_order() {
    let day = i64::try_from(DAY).unwrap();
    let year = 365 * day;
    // Ahead while the first post is written, ahead while the second is, and when others see both.
    let cases = [
        (-day, 0, Some(MINUTE)),
        (0, -day, Some(MINUTE)),
        (-56 * year, 0, Some(MINUTE)),
        (day, 0, Some(DAY + MINUTE)),
        (0, day, Some(DAY + MINUTE)),
        (75 * year, 0, None),
    ];
    for (seed, (first, second, after)) in (60..).zip(cases) {
        let (mut network, hub, people) = friends(seed, 3);
        let (ana, ben, cleo) = (people[0], people[1], people[2]);
        for (skew, text) in [(first, "one"), (second, "two")] {
            network.skew(ana, skew);
            network.post(ana, text);
            network.run(1_000);
        }
        network.skew(ana, 0);
        assert_eq!(network.machines[ana].refusals, [], "{first}, {second}");
        network.crash(ana);
        network.start(ana);
        network.post(ben, "meanwhile");
        network.run(MINUTE);
        assert!(sees(&network, cleo, "meanwhile") && sees(&network, ana, "meanwhile"));
        let own = |network: &Network, reader| {
            let mut texts = texts(network, reader);
            texts.retain(|text| text != "meanwhile");
            texts
        };
        assert_eq!(own(&network, ana), ["two", "one"], "{first}, {second}");
        // Nobody waits for a year while this is played.
        let asleep = [ana, hub, cleo];
        if let Some(after) = after {
            asleep.into_iter().for_each(|machine| network.sleep(machine));
            network.run(after);
            asleep.into_iter().for_each(|machine| network.wake(machine));
            let arrived = |network: &Network| own(network, ben) == ["two", "one"];
            assert!(network.until(10 * MINUTE, arrived), "{first}, {second}");
            assert!(network.until(10 * MINUTE, |network| agree(network, &people)));
        } else {
            assert_eq!(own(&network, ben), Vec::<String>::new());
        }
    }
}

/// R10: whoever comes back after a month is told what they missed, and little more.
#[test]
fn a_month_away_ends_without_a_flood() {
    let (mut network, _, people) = friends(70, 4);
    let (reader, others) = people.split_first().unwrap();
    network.run(MINUTE);
    people.iter().for_each(|person| network.sleep(*person));
    network.run(MINUTE);
    let (mut n_posts, mut bytes) = (0_u64, 0_u64);
    for day in 0..30 {
        for person in others {
            network.wake(*person);
            network.run(3_000);
            for n in 0..2 {
                let text = format!("{day} {n} by {person} {}", "words ".repeat(40));
                n_posts += 1;
                bytes += text.len() as u64;
                network.post(*person, &text);
            }
            network.run(2_000);
            network.sleep(*person);
        }
        network.run(DAY - 15_000);
    }
    let (frames, before) = (network.frames, network.bytes);
    network.wake(*reader);
    let all = |network: &Network| texts(network, *reader).len() as u64 == n_posts;
    assert!(network.until(MINUTE, all), "{} of {n_posts}", texts(&network, *reader).len());
    let (frames, came) = (network.frames - frames, network.bytes - before);
    println!("{n_posts} posts of {bytes} bytes in {frames} frames of {came} bytes");
    assert!(frames <= 60, "{frames} frames for {n_posts} posts");
    // An entry's header and signature are about 700 bytes.
    assert!(came <= bytes + n_posts * 1_000 + 20_000, "{came} bytes for {bytes}");
}

/// How much there is in a node, as far as it can be printed: every field of it.
fn size(network: &Network, machine: usize) -> usize {
    network.machines[machine].node.as_ref().map_or(0, |node| format!("{node:?}").len())
}

/// R34: whoever comes and goes again and again leaves nothing behind, in nobody's memory.
#[test]
fn coming_and_going_leaves_nothing_behind() {
    const TIMES: usize = 180;
    let (mut network, hub, people) = friends(80, 3);
    network.post(people[0], "all that there is");
    network.run(5 * MINUTE);
    let mut early: Vec<usize> = Vec::new();
    for time in 1..=TIMES {
        let person = people[time % 3];
        network.sleep(person);
        network.run(2 * MINUTE);
        network.wake(person);
        // Something of everything that leaves no entry.
        let (slot, text) = ("post".to_owned(), "draft".repeat(time % 5));
        network.act(person, |_| Command::SaveDraft { slot, text });
        network.act(person, |_| Command::NewInvite);
        network.run(2 * MINUTE);
        if time.is_multiple_of(12) {
            network.crash(hub);
            network.start(hub);
            network.run(3 * MINUTE);
        }
        if time == TIMES / 3 || time == TIMES {
            let sizes = [hub, people[0], people[1], people[2]].map(|at| size(&network, at));
            for (machine, (early, late)) in early.iter().zip(&sizes).enumerate() {
                println!("{machine}: {early} characters after a third, {late} after {TIMES} times");
                assert!(*late <= early + early / 20, "machine {machine} has grown");
            }
            early = sizes.to_vec();
        }
    }
}
