//! How entries rest: many to a value, each answer in one transaction, read by ranges, joined as a feed
//! grows.

use effigy_core::Payload;
use effigy_core::payload::Delete;
use effigy_store::Table;

use super::devices::{following, held};
use super::{Actor, Desk};
use crate::io::Input;
use crate::message::Message;

fn packs_of(desk: &Desk, feed: effigy_core::Identity) -> usize {
    desk.table(Table::Packs).iter().filter(|(key, _)| key.starts_with(feed.bytes())).count()
}

#[test]
fn a_feed_that_grows_one_by_one_has_few_packs_and_is_not_written_again_for_ever() {
    let mut desk = Desk::person(1);
    let feed = desk.keys.device.identity();
    let before = desk.written;
    for n in 0..2_000 {
        assert!(desk.post(&format!("{n}")));
    }
    assert!(packs_of(&desk, feed) <= 2_000 / 64 + 9, "{} packs", packs_of(&desk, feed));
    let written = desk.written - before;
    assert!(written <= 4 * 2_000, "{written} records were written for 2000 entries");
    assert_eq!(desk.records(feed), 2_000);
    desk.restart();
    assert_eq!(desk.records(feed), 2_000);
    assert!(desk.post("goes on"));
    assert_eq!(desk.records(feed), 2_001);
}

#[test]
fn what_was_joined_is_served_as_before() {
    let mut ben = Actor::new(2);
    let (mut desk, hub) = following(&[&ben]);
    for n in 0..70 {
        ben.posts(&format!("{n}"));
        ben.gives(&mut desk, hub.link);
    }
    assert!(packs_of(&desk, ben.device()) <= 10);
    let mut reader = Actor::new(3);
    reader.feeds.clear();
    desk.heard(hub.link);
    let (identity, generation) = (ben.device(), 0);
    let ask = Message::GetEntries {
        after: Vec::new(),
        generation,
        identity,
        limit: 100,
        request: 1,
        skip: 0,
    };
    desk.say(hub.link, ask);
    let served = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::Entries { records, .. } => Some(records),
        _ => None,
    });
    assert_eq!(served.unwrap(), ben.feed(ben.device()));
}

#[test]
fn a_range_is_read_without_the_rest_of_the_feed() {
    let mut ben = Actor::new(2);
    for n in 0..5_000 {
        ben.posts(&format!("{n}"));
    }
    let (mut desk, hub) = following(&[&ben]);
    assert_eq!(held(&mut desk, hub.link, ben.device()), 5_000);
    let records = ben.feed(ben.device()).to_vec();
    let (identity, generation) = (ben.device(), 0);
    for (after, skip) in [(2_499, 0), (99, 1_500), (4_899, 0), (0, 7)] {
        desk.heard(hub.link);
        let before = desk.loads;
        let after = vec![records[after].entry.id()];
        let ask = Message::GetEntries {
            after: after.clone(),
            generation,
            identity,
            limit: 100,
            request: 1,
            skip,
        };
        desk.say(hub.link, ask);
        assert!(desk.loads - before <= 2, "{} reads for a hundred entries", desk.loads - before);
        let heard = desk.heard(hub.link);
        let Some(Message::Entries { records: got, more, .. }) = heard.last() else {
            unreachable!("{heard:?}")
        };
        let expected = ben.after(identity, &after, skip as usize, 100);
        assert_eq!((got, *more), (&expected.0, expected.1));
    }
}

#[test]
fn an_answer_is_one_transaction_with_its_indexes() {
    let mut ben = Actor::new(2);
    let (mut desk, hub) = following(&[&ben]);
    for n in 0..100 {
        ben.posts(&format!("{n}"));
    }
    desk.say(hub.link, Message::LastKnownHeads { heads: vec![ben.head(ben.device())] });
    let request = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::GetEntries { request, .. } => Some(request),
        _ => None,
    });
    let (records, identity) = (ben.feed(ben.device()).to_vec(), ben.device());
    let request = request.unwrap();
    let before = desk.saves;
    desk.say(hub.link, Message::Entries { identity, more: false, records, request });
    assert_eq!(desk.saves - before, 1);
    let mark = [b"moved/".as_slice(), identity.bytes()].concat();
    let index = desk.table(Table::Peers);
    assert!(index.iter().any(|(key, _)| *key == mark), "the mark is kept with it");
}

/// A disk that damages what it keeps must not have a node read it for ever.
#[test]
fn packs_that_cannot_be_joined_are_left_until_the_next_start() {
    let mut desk = Desk::person(1);
    let feed = desk.keys.device.identity();
    desk.restart();
    let mine = |desk: &Desk| {
        let own = |key: &&effigy_store::Key| {
            key.table == Table::Packs && key.bytes.starts_with(feed.bytes())
        };
        desk.disk.keys().filter(own).cloned().collect::<Vec<_>>()
    };
    for n in 0..40 {
        assert!(desk.post(&format!("{n}")));
        // Whatever was written last, and whenever it is joined.
        if n % 4 == 1
            && let Some(value) = mine(&desk).last().and_then(|key| desk.disk.get_mut(key))
        {
            let at = value.len() / 2;
            value[at] ^= 0x10;
        }
    }
    assert_eq!(desk.node.feeds[&feed].feed.len(), 40, "what is known is known");
}

#[test]
fn taking_back_and_joining_do_not_undo_each_other() {
    let mut ben = Actor::new(2);
    let (mut desk, hub) = following(&[&ben]);
    let mut ids = Vec::new();
    for n in 0..300_u32 {
        ids.push(ben.posts(&format!("{n}")).entry.id());
        if n % 7 == 3 {
            ben.says(Payload::Delete(Delete { target: ids[(n / 2) as usize] }));
        }
        ben.gives(&mut desk, hub.link);
        if n % 50 == 0 {
            desk.tell(Input::Tick);
        }
    }
    let all = ben.feed(ben.device()).len();
    assert_eq!(desk.records(ben.device()), all);
    let bare = |desk: &Desk| {
        let packs = desk.table(Table::Packs).into_iter();
        let of_ben = packs.filter(|(key, _)| key.starts_with(ben.device().bytes()));
        of_ben
            .flat_map(|(_, pack)| effigy_store::Pack::decode(&pack).unwrap())
            .filter(|bytes| crate::node::record::reload(bytes).unwrap().payload.is_none())
            .count()
    };
    let taken_back = (0..300).filter(|n| n % 7 == 3).count();
    assert_eq!(bare(&desk), taken_back);
    desk.restart();
    assert_eq!((desk.records(ben.device()), bare(&desk)), (all, taken_back));
}
