//! What must hold in a network, whatever happens to it.

use effigy_core::{Cid, Time};
use effigy_feed::Relation;
use effigy_proto::{Command, Message, Refusal};

use crate::pictures::picture;
use crate::{Network, Who};

pub(crate) const MINUTE: u64 = 60_000;

/// A hub and so many people who all follow one another.
pub(crate) fn friends(seed: u64, count: usize) -> (Network, usize, Vec<usize>) {
    let mut network = Network::new(seed);
    let hub = network.hub();
    let people: Vec<usize> = (0..count).map(|at| network.person(&format!("person {at}"))).collect();
    network.run(2_000);
    for (at, &guest) in people.iter().enumerate() {
        for &host in &people[..at] {
            network.invite(host, guest);
        }
    }
    let met = network.until(2 * MINUTE, |network| {
        people.iter().all(|&a| people.iter().all(|&b| a == b || follows(network, a, b)))
    });
    assert!(met, "everybody follows everybody");
    (network, hub, people)
}

fn follows(network: &Network, a: usize, b: usize) -> bool {
    let synod = network.machines[b].synod();
    network.machines[a].view().relations.wants(&synod)
}

pub(crate) fn texts(network: &Network, machine: usize) -> Vec<String> {
    let view = network.machines[machine].view();
    let timeline = view.timeline(None, 10_000);
    let post = |id: &Cid| view.post_by_id(id).map(|post| post.said.text().to_owned());
    timeline.iter().filter_map(post).collect()
}

pub(crate) fn sees(network: &Network, machine: usize, text: &str) -> bool {
    texts(network, machine).iter().any(|seen| seen == text)
}

/// Everybody shows the same timeline.
pub(crate) fn agree(network: &Network, people: &[usize]) -> bool {
    let first = texts(network, people[0]);
    people.iter().all(|&person| texts(network, person) == first)
}

#[test]
fn one_scan_and_each_sees_the_posts_of_the_other_within_seconds() {
    let mut network = Network::new(1);
    network.hub();
    let (ana, ben) = (network.person("Ana"), network.person("Ben"));
    network.run(2_000);
    network.post(ana, "from Ana");
    network.invite(ana, ben);
    network.post(ben, "from Ben");
    let both = |network: &Network| sees(network, ana, "from Ben") && sees(network, ben, "from Ana");
    assert!(network.until(5_000, both), "{:?}", [texts(&network, ana), texts(&network, ben)]);
    let name = |network: &Network, a: usize, b: usize| {
        let synod = network.machines[b].synod();
        network.machines[a].view().person(&synod).map(|person| person.profile.name.clone())
    };
    assert_eq!(name(&network, ana, ben).as_deref(), Some("Ben"));
    assert_eq!(name(&network, ben, ana).as_deref(), Some("Ana"));
    // Each is told that the other follows.
    network.run(5_000);
    for (a, b) in [(ana, ben), (ben, ana)] {
        let synod = network.machines[b].synod();
        let status = network.machines[a].status.clone().unwrap();
        assert!(status.followers.contains(&synod), "{a} knows its follower");
    }
}

#[test]
fn an_invite_works_when_the_host_comes_later() {
    let mut network = Network::new(2);
    network.hub();
    let (ana, ben) = (network.person("Ana"), network.person("Ben"));
    network.run(2_000);
    network.crash(ana);
    network.invite(ana, ben);
    network.run(MINUTE);
    network.start(ana);
    assert!(network.until(90_000, |network| follows(network, ana, ben)));
}

#[test]
fn posts_go_on_when_the_hub_is_gone() {
    let (mut network, hub, people) = friends(3, 3);
    let direct = |network: &Network| {
        network.connections(people[0], people[1]) == 1
            && network.connections(people[1], people[2]) == 1
            && network.connections(people[0], people[2]) == 1
    };
    assert!(network.until(MINUTE, direct), "everybody has a direct way to everybody");
    network.crash(hub);
    network.run(1_000);
    network.post(people[0], "without a hub");
    let all = |network: &Network| people.iter().all(|&p| sees(network, p, "without a hub"));
    assert!(network.until(5_000, all));
}

#[test]
fn who_was_away_catches_up_over_the_hub_and_over_a_friend() {
    let (mut network, hub, people) = friends(4, 2);
    network.crash(people[1]);
    for n in 0..250 {
        network.post(people[0], &format!("post {n}"));
        network.run(10);
    }
    network.run(5_000);
    network.crash(people[0]);
    network.start(people[1]);
    let caught = |network: &Network| sees(network, people[1], "post 249");
    assert!(network.until(MINUTE, caught), "the hub kept what the author said");
    assert_eq!(texts(&network, people[1]).len(), 250);
    // Again, and this time the hub was not there while the post was made.
    network.crash(people[1]);
    network.crash(hub);
    network.start(people[0]);
    network.post(people[0], "made offline");
    network.run(1_000);
    network.start(people[1]);
    network.run(1_000);
    network.start(hub);
    assert!(network.until(2 * MINUTE, |network| sees(network, people[1], "made offline")));
}

#[test]
fn after_any_faults_everybody_converges_and_nothing_confirmed_is_lost() {
    let seeds = std::env::var("EFFIGY_SIM_SEEDS").ok().and_then(|text| text.parse().ok());
    for seed in 0..seeds.unwrap_or(12) {
        let (mut network, hub, people) = friends(1_000 + seed, 4);
        network.weather.cuts = 20;
        network.weather.delay = (1, 800);
        let mut promised = Vec::new();
        for round in 0..30 {
            let person = people[network.below(4) as usize];
            let other = people[network.below(4) as usize];
            match network.below(8) {
                0 => network.crash(person),
                1 => network.start(person),
                2 if person != other => network.part(person, other),
                3 => network.part(person, hub),
                4 => {
                    network.crash(hub);
                    network.start(hub);
                }
                _ => {
                    if network.machines[person].node.is_none() {
                        network.start(person);
                    }
                    let id = promise(&mut network, person, &format!("{seed} {round} {person}"));
                    promised.extend(id.map(|id| (person, id)));
                }
            }
            let pause = network.below(4_000);
            network.run(pause);
        }
        network.heal();
        network.weather.delay = (5, 50);
        for &machine in people.iter().chain([&hub]) {
            if network.machines[machine].node.is_none() {
                network.start(machine);
            }
        }
        let same = network.until(10 * MINUTE, |network| agree(network, &people));
        assert!(same, "seed {seed} does not converge");
        assert!(promised.len() > 5, "seed {seed}: something was posted");
        for (author, id) in &promised {
            for &person in &people {
                let view = network.machines[person].view();
                assert!(
                    view.post_by_id(id).is_some(),
                    "seed {seed}: {person} lost {id} of {author}"
                );
            }
        }
    }
}

/// Posts, and gives the id if that was confirmed: from then on it must never be lost.
fn promise(network: &mut Network, person: usize, text: &str) -> Option<Cid> {
    let before = network.machines[person].confirmed.len();
    network.post(person, text);
    network.machines[person].confirmed.get(before).copied()
}

#[test]
fn a_rolled_back_disk_does_not_write_until_it_has_caught_up() {
    let (mut network, _, people) = friends(5, 2);
    let ana = people[0];
    let old = network.machines[ana].disk.clone();
    network.post(ana, "one");
    network.post(ana, "two");
    network.run(10_000);
    network.crash(ana);
    network.machines[ana].disk = old;
    network.start(ana);
    assert!(network.machines[ana].repair.is_some(), "the fence notices");
    network.post(ana, "too early");
    assert_eq!(network.machines[ana].refusals, [Refusal::Repairing]);
    assert!(network.until(MINUTE, |network| network.machines[ana].repair.is_none()));
    network.post(ana, "three");
    network.run(10_000);
    assert_eq!(texts(&network, people[1]), ["three", "two", "one"]);
    let forked = network.machines[people[1]].status.clone().unwrap();
    assert!(forked.feeds.iter().all(|feed| feed.fork.is_none()), "nothing forked");
}

#[test]
fn without_a_fence_the_hub_shows_the_newer_head_and_the_device_waits() {
    let (mut network, _, people) = friends(6, 2);
    let ana = people[0];
    let old = network.machines[ana].disk.clone();
    network.post(ana, "one");
    network.run(10_000);
    network.crash(ana);
    network.machines[ana].disk = old;
    network.machines[ana].fence = None;
    network.start(ana);
    assert!(network.until(MINUTE, |network| sees(network, ana, "one")));
    network.run(30_000);
    network.post(ana, "two");
    network.run(10_000);
    assert_eq!(texts(&network, people[1]), ["two", "one"]);
}

#[test]
fn an_equivocation_is_known_to_everybody_and_all_show_the_same() {
    for seed in 0..8 {
        let (mut network, hub, people) = friends(100 + seed, 4);
        let liar = people[0];
        let copy = network.copy(liar).unwrap();
        // The copy speaks to the hub while the original speaks to its friends only.
        network.part(liar, hub);
        network.post(liar, "left");
        network.run(5_000);
        network.part(copy, people[1]);
        network.start(copy);
        network.run(100);
        network.act(copy, |_| Command::OverrideFence);
        network.post(copy, "right");
        network.run(10_000);
        network.heal();
        let known = |network: &Network| {
            people[1..].iter().all(|&person| {
                let device = network.machines[liar].device();
                let status = network.machines[person].status.clone().unwrap_or_default();
                let feed = status.feeds.iter().find(|feed| feed.identity == device);
                feed.is_some_and(|feed| feed.fork.is_some())
                    && sees(network, person, "left")
                    && sees(network, person, "right")
            })
        };
        assert!(network.until(10 * MINUTE, known), "seed {seed}");
        assert!(agree(&network, &people[1..]), "seed {seed}");
    }
}

#[test]
fn a_clock_far_ahead_waits_for_its_time() {
    // How many minutes a phone's clock is ahead while something is posted on it.
    for (seed, ahead) in [(7, 9), (8, 12), (9, 60), (10, 180), (11, 720), (12, 2 * 1_440)] {
        let (mut network, hub, people) = friends(seed, 2);
        let (ana, ben) = (people[0], people[1]);
        network.skew(ana, i64::try_from(ahead * MINUTE).unwrap());
        network.post(ana, "from tomorrow");
        network.skew(ana, 0);
        network.run(MINUTE);
        assert_eq!(sees(&network, ben, "from tomorrow"), ahead < 10, "{ahead} minutes");
        // Until ten minutes before its time it is nobody's head, whoever comes and asks.
        network.run(ahead.saturating_sub(12) * MINUTE);
        network.crash(hub);
        network.start(hub);
        assert_eq!(sees(&network, ben, "from tomorrow"), ahead < 10, "{ahead} minutes");
        network.run(4 * MINUTE);
        assert!(sees(&network, ben, "from tomorrow"), "{ahead} minutes");
    }
}

#[test]
fn what_a_blocked_person_says_is_gone_and_stays_gone() {
    let (mut network, hub, people) = friends(8, 3);
    let (ana, ben, cleo) = (people[0], people[1], people[2]);
    network.post(ben, "rude");
    network.run(10_000);
    assert!(sees(&network, ana, "rude"));
    let synod = network.machines[ben].synod();
    network.act(ana, |ticket| Command::Relate {
        on: true,
        relation: Relation::Block,
        synod,
        ticket,
    });
    network.post(ben, "ruder");
    network.run(MINUTE);
    assert!(sees(&network, cleo, "ruder"));
    for _ in 0..2 {
        assert_eq!(texts(&network, ana), Vec::<String>::new());
        assert_eq!(network.connections(ana, ben), 0);
        let feeds = network.machines[ana].disk.table(effigy_store::Table::Packs);
        let device = network.machines[ben].device();
        assert!(feeds.iter().all(|(key, _)| !key.starts_with(device.bytes())), "not even stored");
        network.crash(ana);
        network.start(ana);
        network.run(MINUTE);
    }
    let _ = hub;
}

#[test]
fn a_write_that_fails_promises_nothing_whichever_it_is() {
    for writes in 0..24 {
        let mut network = Network::new(9);
        network.hub();
        let ana = network.add(Who::Person);
        network.machines[ana].disk.writes_left = Some(writes);
        network.act(ana, |ticket| Command::Begin {
            device_name: "phone".to_owned(),
            name: "Ana".to_owned(),
            picture: None,
            ticket,
        });
        let mut promised = Vec::new();
        for n in 0..6 {
            promised.extend(promise(&mut network, ana, &format!("{n}")));
            network.run(500);
        }
        // There is room again: what was confirmed is there, and the account can go on.
        network.machines[ana].disk.writes_left = None;
        network.run(6_000);
        let begun = network.machines[ana].view().person(&network.machines[ana].synod()).is_some();
        if !begun {
            network.act(ana, |ticket| Command::Begin {
                device_name: "phone".to_owned(),
                name: "Ana".to_owned(),
                picture: None,
                ticket,
            });
        }
        network.run(1_000);
        let after = promise(&mut network, ana, "after");
        assert!(after.is_some(), "writes {writes}: the account works again");
        promised.extend(after);
        network.crash(ana);
        network.start(ana);
        network.run(1_000);
        let view = network.machines[ana].view();
        for id in &promised {
            assert!(view.post_by_id(id).is_some(), "writes {writes}: what was confirmed is lost");
        }
        assert_eq!(texts(&network, ana).len(), promised.len(), "writes {writes}: and no more");
        assert!(network.machines[ana].repair.is_none(), "writes {writes}");
    }
}

fn image_of(network: &Network, machine: usize, text: &str) -> Option<effigy_core::payload::Image> {
    let view = network.machines[machine].view();
    view.timeline(None, 100).iter().find_map(|id| {
        let post = view.post_by_id(id)?;
        (post.said.text() == text).then(|| post.said.images().first().cloned())?
    })
}

#[test]
fn a_large_picture_arrives_equal_however_often_the_way_is_cut() {
    let (mut network, hub, people) = friends(10, 2);
    let size = 3_000_000;
    let sent = picture(size, 1);
    let bytes = sent.full.bytes.clone();
    network.act(people[0], |ticket| Command::Publish {
        pictures: vec![sent],
        text: "look".to_owned(),
        ticket,
    });
    network.weather.cuts = 30;
    let whole = |network: &Network| {
        network.machines[people[1]].status.as_ref().is_some_and(|s| s.storage.others > 3_000_000)
    };
    assert!(network.until(30 * MINUTE, whole));
    network.heal();
    let image = image_of(&network, people[1], "look").unwrap();
    let (cid, size) = (image.content.cid, image.content.size);
    network.act(people[1], |_| Command::LoadContent { cid, size });
    network.run(100);
    assert_eq!(network.machines[people[1]].pictures.get(&cid), Some(&Some(bytes)));
    let _ = hub;
}

#[test]
fn a_cut_costs_at_most_the_pieces_under_way() {
    let (mut network, hub, people) = friends(11, 2);
    network.until(MINUTE, |network| network.connections(people[0], people[1]) == 1);
    network.crash(hub);
    network.run(3_000);
    network.blob_bytes = 0;
    network.weather.delay = (20, 20);
    let sent = picture(4_000_000, 2);
    let total = sent.full.bytes.len() as u64;
    network.act(people[0], |ticket| Command::Publish {
        pictures: vec![sent],
        text: "big".to_owned(),
        ticket,
    });
    network.run(400);
    assert!(network.blob_bytes > 200_000 && network.blob_bytes < total, "half-way");
    network.start(hub);
    network.part(people[0], people[1]);
    network.heal();
    let whole = |network: &Network| {
        network.machines[people[1]].status.as_ref().is_some_and(|s| s.storage.others > 4_000_000)
    };
    assert!(network.until(5 * MINUTE, whole));
    // The picture went to the friend once and to the hub once; on top of it come headers, the
    // thumbnail, the manifest, and per cut what was in flight: four pieces of 64 KiB.
    assert!(network.blob_bytes < total * 2 + 8 * 64 * 1024 + 20_000, "{}", network.blob_bytes);
}

#[test]
fn a_liar_is_told_closed_out_and_changes_nothing() {
    let (mut network, _, people) = friends(12, 2);
    let (ana, ben) = (people[0], people[1]);
    // Before both have proved themselves, the first wrong word already ends the connection; and one
    // that has just opened may make room for another.
    let settled =
        |network: &Network| network.connected_for(ana, ben).is_some_and(|for_| for_ > 5_000);
    assert!(network.until(MINUTE, settled));
    let liar = network.machines[ben].device();
    let before = texts(&network, ana);
    let unasked = || Message::Chunk { bytes: vec![1], offset: 0, request: 4_000_000, size: 1 };
    for _ in 0..3 {
        assert!(network.inject(ana, liar, unasked()));
    }
    assert_eq!(network.connections(ana, ben), 0, "the third fault closes");
    network.run(5_000);
    assert_eq!(network.connections(ana, ben), 0, "and for a while nothing is had with them");
    assert_eq!(texts(&network, ana), before);
    assert!(network.until(5 * MINUTE, |network| network.connections(ana, ben) == 1));
}

#[test]
fn presence_is_told_only_among_those_who_list_each_other() {
    let mut network = Network::new(13);
    network.hub();
    let (ana, eve) = (network.person("Ana"), network.person("Eve"));
    network.run(2_000);
    let synod = network.machines[ana].synod();
    network.act(eve, |ticket| Command::Relate {
        on: true,
        relation: Relation::Follow,
        synod,
        ticket,
    });
    network.post(ana, "public");
    network.run(2 * MINUTE);
    assert!(sees(&network, eve, "public"), "a post to the world can be followed");
    assert_eq!(network.connections(ana, eve), 0, "but no address is shown to a stranger");
    let status = network.machines[ana].status.clone().unwrap();
    assert!(status.followers.contains(&network.machines[eve].synod()));
}

#[test]
fn a_deleted_post_goes_everywhere_and_the_chain_stays_whole() {
    let (mut network, _, people) = friends(14, 3);
    network.act(people[0], |ticket| Command::Publish {
        pictures: vec![picture(10_000, 3)],
        text: "regret".to_owned(),
        ticket,
    });
    network.post(people[0], "stays");
    network.run(20_000);
    let image = image_of(&network, people[1], "regret").unwrap();
    let target = *network.machines[people[0]].confirmed.iter().rev().nth(1).unwrap();
    network.act(people[0], |ticket| Command::Delete { target, ticket });
    network.run(20_000);
    for machine in 0..network.machines.len() {
        network.crash(machine);
        network.start(machine);
    }
    network.run(20_000);
    for &person in &people {
        assert_eq!(texts(&network, person), ["stays"]);
    }
    for machine in &network.machines {
        let blobs = machine.disk.table(effigy_store::Table::Blobs);
        let gone = blobs.iter().all(|(key, _)| key != image.content.cid.digest());
        assert!(gone, "the picture is on no disk");
    }
    // Somebody who comes later gets a whole chain without it.
    let late = network.person("late");
    network.run(1_000);
    network.invite(people[0], late);
    assert!(network.until(MINUTE, |network| sees(network, late, "stays")));
    assert!(!sees(&network, late, "regret"));
}

#[test]
fn a_picture_stays_while_another_post_shows_it() {
    let (mut network, _, people) = friends(16, 2);
    for text in ["first", "second"] {
        network.act(people[0], |ticket| Command::Publish {
            pictures: vec![picture(10_000, 3)],
            text: text.to_owned(),
            ticket,
        });
    }
    network.run(20_000);
    let target = *network.machines[people[0]].confirmed.iter().rev().nth(1).unwrap();
    network.act(people[0], |ticket| Command::Delete { target, ticket });
    network.run(20_000);
    let content = image_of(&network, people[1], "second").unwrap().content;
    for &person in &people {
        let (cid, size) = (content.cid, content.size);
        network.act(person, |_| Command::LoadContent { cid, size });
        network.run(100);
        assert!(matches!(network.machines[person].pictures.get(&cid), Some(Some(_))));
    }
}

#[test]
fn the_account_itself_cannot_be_taken_back() {
    let (mut network, _, people) = friends(17, 2);
    let target = network.machines[people[0]].confirmed[0];
    network.act(people[0], |ticket| Command::Delete { target, ticket });
    assert_eq!(network.machines[people[0]].refusals, [Refusal::Unknown]);
    let late = network.person("late");
    network.run(1_000);
    network.invite(people[0], late);
    assert!(network.until(MINUTE, |network| follows(network, late, people[0])));
}

#[test]
fn orphans_are_bounded() {
    // A hundred thousand entries of four hundred feeds, whose parents nobody has: far more than may wait.
    let mut waiting = effigy_feed::Waiting::default();
    let parent = |n: u32| Cid::of(&n.to_be_bytes()).to_string();
    let mut of_first = 0;
    for feed in 0..400_u32 {
        let secret = effigy_core::Secret::from_seed(Cid::of(&feed.to_be_bytes()).digest());
        let draft = effigy_core::Draft {
            after: 1,
            generation: 0,
            identity: secret.identity(),
            kind: "public_note".to_owned(),
            parents: vec![Cid::of(b"nobody has this")],
            payload: b"{}".to_vec(),
            synod: Some((secret.identity(), Cid::of(b""))),
        };
        let signed = draft.sign(&secret, Time(1)).unwrap();
        let signed = std::str::from_utf8(signed.bytes()).unwrap();
        let payload = (feed % 4 == 0).then(|| vec![7; 10_000]);
        // Nobody looks at signatures here any more, or this would take minutes.
        for n in 0..250 {
            let named = Cid::of(b"nobody has this").to_string();
            let text = signed.replace(&named, &parent(feed * 1_000 + n));
            let header = text.split('\n').next().unwrap();
            let (id, digest) = (Cid::of(text.as_bytes()), Cid::of(header.as_bytes()));
            let entry = effigy_core::Entry::recall(text.as_bytes(), id, digest).unwrap();
            let payload = payload.clone();
            waiting.add(effigy_feed::Arrival { entry, payload }, Time(0));
            assert!(waiting.len() <= effigy_core::limits::WAITING);
            assert!(waiting.bytes() <= effigy_core::limits::WAITING_BYTES);
        }
        if feed == 0 {
            of_first = waiting.len();
        }
    }
    assert_eq!(of_first, 250, "a feed by itself has room");
    assert!(!waiting.is_empty(), "the others still have some");
}
