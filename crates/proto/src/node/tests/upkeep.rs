//! What a hub keeps of whom, and for how long.

use effigy_core::{Secret, Span};
use effigy_store::Table;

use super::{Actor, Desk, Peer};
use crate::api::{Event, HubRefusal, Upkeep};
use crate::io::Input;
use crate::message::{ErrorCode, Message};
use crate::node::HubPolicy;

const DAY: u64 = 86_400_000;

/// Somebody's own device comes in.
fn comes(desk: &mut Desk, number: u64, actor: &Actor) -> Peer {
    desk.enters(number, &actor.device, Some(actor.synod()))
}

fn leaves(desk: &mut Desk, peer: Peer) {
    desk.tell(Input::Disconnected(peer.link));
}

fn told(desk: &Desk) -> Upkeep {
    let told = desk.events.iter().rev().find_map(|event| match event {
        Event::Upkeep(upkeep) => Some(*upkeep),
        _ => None,
    });
    told.unwrap()
}

fn bytes_kept(desk: &Desk) -> u64 {
    desk.table(Table::Packs).iter().map(|(_, pack)| pack.len() as u64).sum()
}

/// Posts until there are so many bytes of them.
fn fill(actor: &mut Actor, bytes: usize) -> usize {
    let n_posts = bytes / 2_000;
    (0..n_posts).for_each(|n| {
        actor.posts(&format!("{n} {}", "word ".repeat(320)));
    });
    n_posts
}

fn quota_told(messages: &[Message]) -> usize {
    let refused = Message::Error { about: 0, code: ErrorCode::EntryQuota };
    messages.iter().filter(|message| **message == refused).count()
}

#[test]
fn an_account_has_its_quota_of_entries_and_is_told_so_once() {
    const QUOTA: u64 = 400_000;
    let policy = HubPolicy { entry_bytes: QUOTA, ..HubPolicy::default() };
    let mut desk = Desk::hub_with(policy);
    let (mut ana, mut ben) = (Actor::new(2), Actor::new(3));
    fill(&mut ana, 1_000_000);
    let way = comes(&mut desk, 1, &ana);
    ana.gives(&mut desk, way.link);
    let kept = desk.records(ana.device());
    assert!(kept > 100 && kept < ana.feed(ana.device()).len(), "{kept} entries");
    assert!(bytes_kept(&desk) < QUOTA + 20_000, "{} bytes", bytes_kept(&desk));
    // Told once, and asked for nothing any more, however often its heads are told.
    ana.posts("one more");
    let head = ana.head(ana.device());
    desk.sent.clear();
    for _ in 0..5 {
        desk.say(way.link, Message::LastKnownHeads { heads: vec![head] });
    }
    desk.pass(60_000);
    let heard = desk.heard(way.link);
    assert!(!heard.iter().any(|m| matches!(m, Message::GetEntries { .. })), "{heard:?}");
    leaves(&mut desk, way);
    let way = comes(&mut desk, 2, &ana);
    for _ in 0..3 {
        desk.say(way.link, Message::LastKnownHeads { heads: vec![head] });
    }
    assert_eq!(quota_told(&desk.heard(way.link)), 1, "once in each session");
    // A device can still be added: that stands on the account's own feed.
    let device = Secret::from_seed(&[77; 32]);
    ana.add(&device);
    let account = ana.synod();
    desk.say(way.link, Message::LastKnownHeads { heads: vec![ana.head(account)] });
    ana.answers(&mut desk, way.link);
    assert_eq!(desk.records(account), ana.feed(account).len());
    // Others have their own.
    fill(&mut ben, 100_000);
    let other = comes(&mut desk, 3, &ben);
    ben.gives(&mut desk, other.link);
    assert_eq!(desk.records(ben.device()), ben.feed(ben.device()).len());
    assert_eq!(quota_told(&desk.heard(other.link)), 0);
    // It counts what is on the disk, so a restart changes nothing.
    desk.restart();
    let way = comes(&mut desk, 4, &ana);
    ana.gives(&mut desk, way.link);
    assert_eq!(desk.records(ana.device()), kept);
}

#[test]
fn a_higher_quota_takes_in_the_rest() {
    let mut desk = Desk::hub_with(HubPolicy { entry_bytes: 100_000, ..HubPolicy::default() });
    let mut ana = Actor::new(2);
    fill(&mut ana, 300_000);
    let way = comes(&mut desk, 1, &ana);
    ana.gives(&mut desk, way.link);
    assert!(desk.records(ana.device()) < ana.feed(ana.device()).len());
    desk.govern(HubPolicy::default());
    desk.restart();
    let way = comes(&mut desk, 1, &ana);
    ana.gives(&mut desk, way.link);
    assert_eq!(desk.records(ana.device()), ana.feed(ana.device()).len());
}

#[test]
fn more_than_the_quota_is_not_taken_from_answers_under_way_either() {
    let mut desk = Desk::hub_with(HubPolicy { entry_bytes: 60_000, ..HubPolicy::default() });
    let mut ana = Actor::new(2);
    fill(&mut ana, 600_000);
    let way = comes(&mut desk, 1, &ana);
    // Several parts are asked for at once, before the first of them has come.
    let heads = vec![ana.head(ana.synod()), ana.head(ana.device())];
    desk.say(way.link, Message::LastKnownHeads { heads });
    ana.answers(&mut desk, way.link);
    assert!(bytes_kept(&desk) < 80_000, "{} bytes", bytes_kept(&desk));
    assert!(!desk.closed.contains(&way.link), "nobody did wrong");
}

#[test]
fn members_of_whom_nobody_comes_expire_and_those_who_come_do_not() {
    let policy = HubPolicy { silence: Some(Span::days(180)), ..HubPolicy::default() };
    let mut desk = Desk::hub_with(policy);
    let (ana, ben, eva) = (Actor::new(2), Actor::new(3), Actor::new(4));
    for (n, actor) in [&ana, &ben, &eva].into_iter().enumerate() {
        let way = comes(&mut desk, n as u64, actor);
        actor.gives(&mut desk, way.link);
        leaves(&mut desk, way);
    }
    assert_eq!(told(&desk).members, 3);
    // The others come by after half a year less a day.
    desk.pass(179 * DAY);
    assert_eq!(told(&desk).expired, 0);
    for (n, actor) in [(10, &ben), (11, &eva)] {
        let way = comes(&mut desk, n, actor);
        leaves(&mut desk, way);
    }
    desk.restart();
    assert_eq!(told(&desk).members, 3, "when somebody was here is written down");
    desk.pass(2 * DAY);
    assert_eq!(told(&desk), Upkeep { expired: 1, members: 2, swept: 0 });
    assert!(!desk.keeps(ana.synod()) && !desk.keeps(ana.device()));
    assert!(desk.keeps(ben.synod()) && desk.keeps(eva.synod()));
    // Nothing is left of Ana but that she is gone, for those who watched.
    let left = desk.table(Table::Peers);
    let is_hers = |key: &[u8]| {
        key.ends_with(ana.synod().bytes().as_slice())
            || key.ends_with(ana.device().bytes().as_slice())
    };
    let mut left = left.iter().filter(|(key, _)| is_hers(key));
    assert!(left.all(|(key, _)| key.starts_with(b"moved/")));
    // Who comes back has everything still, and is as welcome as before.
    let again = comes(&mut desk, 12, &ana);
    ana.gives(&mut desk, again.link);
    assert_eq!(told(&desk).members, 3);
    assert!(desk.keeps(ana.synod()));
}

#[test]
fn a_clock_that_is_wrong_for_a_while_costs_little() {
    let mut desk = Desk::hub_with(HubPolicy::default());
    for n in 0..40 {
        let actor = Actor::numbered(n);
        let way = comes(&mut desk, u64::from(n), &actor);
        actor.gives(&mut desk, way.link);
        leaves(&mut desk, way);
    }
    assert_eq!(told(&desk).members, 40);
    // Three hours at a date ten years from now.
    let now = desk.now;
    desk.now += 3_650 * DAY;
    desk.tell(Input::Tick);
    desk.pass(3 * 3_600_000);
    assert!(told(&desk).expired <= 32, "{:?}", told(&desk));
    assert!(told(&desk).members >= 8);
    desk.now = now;
    desk.restart();
    let members = told(&desk).members;
    desk.pass(10 * DAY);
    assert_eq!(told(&desk).members, members);
}

#[test]
fn a_hub_may_keep_for_ever() {
    let mut desk = Desk::hub_with(HubPolicy { silence: None, ..HubPolicy::default() });
    let ana = Actor::new(2);
    let way = comes(&mut desk, 1, &ana);
    ana.gives(&mut desk, way.link);
    leaves(&mut desk, way);
    desk.pass(2_000 * DAY);
    assert!(desk.keeps(ana.synod()));
}

#[test]
fn members_of_an_earlier_version_count_from_the_first_start_on() {
    let mut desk = Desk::hub_with(HubPolicy::default());
    let ana = Actor::new(2);
    let way = comes(&mut desk, 1, &ana);
    ana.gives(&mut desk, way.link);
    leaves(&mut desk, way);
    for (key, value) in &mut desk.disk {
        if key.bytes.starts_with(b"member/") {
            value.clear();
        }
    }
    // It was off for longer than it keeps anybody.
    desk.now += 400 * DAY;
    desk.restart();
    desk.pass(100 * DAY);
    assert!(desk.keeps(ana.synod()));
    desk.pass(100 * DAY);
    assert!(!desk.keeps(ana.synod()));
}

#[test]
fn what_guests_left_behind_is_swept_after_a_start_a_few_at_a_time() {
    let mut desk = Desk::hub(0, 1 << 20);
    let guests: Vec<Actor> = (0..20).map(Actor::numbered).collect();
    for (n, guest) in guests.iter().enumerate() {
        let way = comes(&mut desk, n as u64, guest);
        guest.gives(&mut desk, way.link);
        assert!(desk.keeps(guest.device()), "while they are here");
    }
    // The hub dies with all of them inside; one comes back at once.
    desk.restart();
    let way = comes(&mut desk, 100, &guests[7]);
    let before = desk.table(Table::Packs).len();
    desk.pass(100);
    let after = desk.table(Table::Packs).len();
    assert!(before - after <= 8, "four accounts of two feeds at most: {before} to {after}");
    desk.pass(10_000);
    for (n, guest) in guests.iter().enumerate() {
        assert_eq!(desk.keeps(guest.device()), n == 7, "guest {n}");
    }
    assert_eq!(told(&desk).swept, 19);
    leaves(&mut desk, way);
    assert!(desk.table(Table::Packs).is_empty(), "and the last with its connection");
}

#[test]
fn a_hub_whose_disk_is_full_gives_and_passes_on_and_asks_for_nothing() {
    let mut desk = Desk::hub_with(HubPolicy::default());
    let (mut ana, mut ben) = (Actor::new(2), Actor::new(3));
    ana.posts("before");
    for (n, actor) in [(1, &ana), (2, &ben)] {
        let way = comes(&mut desk, n, actor);
        actor.gives(&mut desk, way.link);
        leaves(&mut desk, way);
    }
    desk.restart_full();
    let saves = desk.saves;
    ana.posts("while it is full");
    ben.posts("the first");
    let (ana_way, ben_way) = (comes(&mut desk, 3, &ana), comes(&mut desk, 4, &ben));
    // Somebody who was never here is a guest of whom nothing is kept.
    let eva = Actor::new(4);
    let eva_way = comes(&mut desk, 5, &eva);
    for (way, actor) in [(ana_way, &ana), (ben_way, &ben), (eva_way, &eva)] {
        let told = Message::Error { about: 0, code: ErrorCode::Full };
        assert!(desk.heard(way.link).contains(&told));
        actor.gives(&mut desk, way.link);
        desk.pass(1_000);
        let heard = desk.heard(way.link);
        assert!(!heard.iter().any(|m| matches!(m, Message::GetEntries { .. })), "{heard:?}");
    }
    // What is there is given.
    desk.say(ben_way.link, Message::GetHeads { identities: vec![ana.device()] });
    let heard = desk.heard(ben_way.link);
    let heads = heard.iter().find_map(|message| match message {
        Message::LastKnownHeads { heads } => heads.first().map(|head| head.count),
        _ => None,
    });
    assert_eq!(heads, Some(1));
    let (after, identity) = (Vec::new(), ana.device());
    let (generation, limit, request, skip) = (0, 100, 7, 0);
    let wanted = Message::GetEntries { after, generation, identity, limit, request, skip };
    desk.say(ben_way.link, wanted);
    let given = desk.heard(ben_way.link);
    assert!(
        given.iter().any(|m| matches!(m, Message::Entries { records, .. } if records.len() == 1))
    );
    // People are told of each other.
    for (way, other) in [(ana_way, &ben), (ben_way, &ana)] {
        desk.say(way.link, Message::Online { watch: vec![other.device()] });
    }
    let present = Message::PresenceList { identities: vec![ben.device()] };
    assert!(desk.heard(ana_way.link).contains(&present));
    // Nothing at all was written, for weeks.
    desk.pass(30 * DAY);
    assert_eq!(desk.saves, saves);
    assert_eq!(told(&desk).expired, 0);
    // There is room again: what was missed comes.
    desk.restart();
    let way = comes(&mut desk, 6, &ana);
    ana.gives(&mut desk, way.link);
    assert_eq!(desk.records(ana.device()), 2);
}

#[test]
fn a_full_hub_tries_whether_there_is_room_and_less_often_with_time() {
    let mut desk = Desk::hub_with(HubPolicy::default());
    desk.restart_full();
    let mut tries = Vec::new();
    for second in 0..3_600 {
        desk.pass(1_000);
        if desk.node.looks_for_room() {
            tries.push(second);
        }
    }
    assert!(tries[0] <= 3 && tries[1] <= 8, "{tries:?}");
    assert!((20..60).contains(&tries.len()), "{tries:?}");
    let mut other = Desk::hub_with(HubPolicy::default());
    other.pass(3_600_000);
    assert!(!other.node.looks_for_room(), "who is not full does not look");
}

/// What is told of the hub that this person's node uses.
fn refused(desk: &Desk) -> Option<HubRefusal> {
    desk.network().unwrap().hubs[0].refuses
}

#[test]
fn a_person_is_told_what_the_hub_does_not_keep_until_it_is_another_connection() {
    for (code, expected) in
        [(ErrorCode::Full, HubRefusal::Disk), (ErrorCode::EntryQuota, HubRefusal::Entries)]
    {
        let mut desk = Desk::person(2);
        let hub = desk.hub_answers(&Secret::from_seed(&[9; 32]));
        desk.pass(2_000);
        assert_eq!(refused(&desk), None);
        desk.say(hub.link, Message::Error { about: 0, code });
        desk.pass(2_000);
        assert_eq!(refused(&desk), Some(expected));
        leaves(&mut desk, hub);
        desk.pass(2_000);
        assert_eq!(refused(&desk), None);
    }
}

#[test]
fn people_come_back_to_a_hub_that_was_stopped_one_after_another() {
    let mut waits: Vec<u64> = (0..200)
        .map(|_| {
            let mut desk = Desk::person(2);
            let hub = desk.hub_answers(&Secret::from_seed(&[9; 32]));
            desk.say(hub.link, Message::Away { spread: 20_000 });
            leaves(&mut desk, hub);
            until_dialled(&mut desk)
        })
        .collect();
    waits.sort_unstable();
    assert!(waits[0] < 2_000 && waits[199] > 17_000 && waits[199] <= 21_000, "{waits:?}");
    // In no second more than three times what it would be if they were spread evenly.
    for second in 0..21 {
        let n = waits.iter().filter(|wait| **wait / 1_000 == second).count();
        assert!(n <= 30, "{n} in second {second}");
    }
    // Whatever a hub says, nobody waits for longer than about a minute; and it counts once.
    let mut desk = Desk::person(2);
    let hub = desk.hub_answers(&Secret::from_seed(&[9; 32]));
    desk.say(hub.link, Message::Away { spread: u32::MAX });
    leaves(&mut desk, hub);
    assert!(until_dialled(&mut desk) <= 61_000);
    let hub = desk.hub_answers(&Secret::from_seed(&[9; 32]));
    leaves(&mut desk, hub);
    assert!(until_dialled(&mut desk) <= 1_000);
}

/// How long it takes until the hub is dialled again.
fn until_dialled(desk: &mut Desk) -> u64 {
    let begin = desk.now;
    while desk.dialled.is_empty() {
        desk.pass(100);
        assert!(desk.now - begin < 100_000, "never");
    }
    desk.now - begin
}
