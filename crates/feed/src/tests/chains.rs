//! Chain rules: what may join a feed, what is the same entry, and what waits.

use effigy_core::{Cid, Draft, Entry, Signature, Time};

use super::{FAR, entry, note, secret};
use crate::{ChainError, Feed, Verdict};

/// The same header under another signature. A feed does not look at signatures: whoever loads
/// entries from a store or a peer has done so.
pub(super) fn signed_again(entry: &Entry, n: u32) -> Entry {
    let mut bytes = [0; 64];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    let header = entry.bytes().split(|byte| *byte == b'\n').next().unwrap();
    let signature = Signature::from_bytes(bytes).to_string();
    Entry::reload(&[header, b"\n", signature.as_bytes()].concat()).unwrap()
}

/// An entry with this clock, whatever its parents say.
fn at(clock: u64, parents: Vec<Cid>, text: &str) -> Entry {
    let payload = note(text);
    let draft = Draft {
        after: 0,
        generation: 0,
        identity: secret(1).identity(),
        kind: payload.kind().unwrap().to_owned(),
        parents,
        payload: payload.write().unwrap(),
        synod: Some((secret(2).identity(), Cid::of(b"head"))),
    };
    draft.sign(&secret(1), Time(clock)).unwrap()
}

#[test]
fn a_thousand_signatures_of_one_header_are_one_entry_with_eight_names() {
    let mut feed = Feed::new(secret(1).identity());
    let first = entry(1, 2, &[], 10, &note("one"));
    assert!(matches!(feed.offer(&first, FAR), Ok(Verdict::New { .. })));
    let head = feed.head();
    let again: Vec<Entry> = (0..1_000).map(|n| signed_again(&first, n)).collect();
    for entry in &again {
        assert_ne!(entry.id(), first.id());
        assert_eq!(entry.digest(), first.digest());
        assert_eq!(feed.offer(entry, FAR), Ok(Verdict::Known));
    }
    assert_eq!((feed.len(), feed.fork(), feed.head()), (1, None, head));
    // Who built on any of the first eight built on this entry; the ninth is the name of nothing.
    let ids = [&first].into_iter().chain(&again).map(Entry::id);
    for (n, id) in ids.enumerate() {
        assert_eq!(feed.contains(&id), n < 8, "name {n}");
        let child = at(20, vec![id], "child");
        let mut feed = feed.clone();
        if n < 8 {
            assert_eq!(feed.offer(&child, FAR), Ok(Verdict::New { position: 1 }), "name {n}");
            assert_eq!(feed.fork(), None);
            assert_eq!(feed.lacking(&[id], 0, 9), [1], "name {n}");
        } else if n < 12 {
            assert_eq!(feed.offer(&child, FAR), Ok(Verdict::Waiting { missing: vec![id] }));
            assert_eq!(feed.len(), 1);
        }
    }
}

#[test]
fn whichever_signature_comes_first_the_feed_is_the_same() {
    let first = at(10, vec![], "one");
    let again = signed_again(&first, 7);
    let child = at(20, vec![again.id()], "two");
    for order in [[&first, &again, &child], [&again, &first, &child], [&again, &child, &first]] {
        let mut feed = Feed::new(secret(1).identity());
        for entry in order {
            feed.offer(entry, FAR).unwrap();
        }
        let head = feed.head().unwrap();
        assert_eq!((head.id, head.count, head.comparable), (child.id(), 2, 20));
        assert_eq!(feed.fork(), None);
    }
}

#[test]
fn a_clock_that_is_not_past_its_parents_is_refused() {
    let mut feed = Feed::new(secret(1).identity());
    let left = at(10, vec![], "left");
    let right = at(30, vec![], "right");
    feed.offer(&left, FAR).unwrap();
    feed.offer(&right, FAR).unwrap();
    let head = feed.head();
    let backwards = Err(ChainError::Backwards);
    assert_eq!(feed.offer(&at(9, vec![left.id()], "before"), FAR), backwards);
    assert_eq!(feed.offer(&at(10, vec![left.id()], "same"), FAR), backwards);
    let mut both = vec![left.id(), right.id()];
    both.sort_unstable();
    assert_eq!(feed.offer(&at(20, both.clone(), "past one of two"), FAR), backwards);
    assert_eq!(feed.offer(&at(30, both.clone(), "past one of two"), FAR), backwards);
    assert_eq!((feed.len(), feed.head()), (2, head), "nothing changed");
    assert!(matches!(feed.offer(&at(31, both, "past both"), FAR), Ok(Verdict::New { .. })));
}

#[test]
fn an_entry_of_another_feed_is_refused() {
    let mut feed = Feed::new(secret(1).identity());
    let own = entry(1, 2, &[], 10, &note("own"));
    feed.offer(&own, FAR).unwrap();
    let strange = entry(3, 2, &[], 20, &note("strange"));
    assert_eq!(feed.offer(&strange, FAR), Err(ChainError::Stranger));
    let child = entry(3, 2, &[&own], 20, &note("strange child"));
    assert_eq!(feed.offer(&child, FAR), Err(ChainError::Stranger));
    assert_eq!((feed.len(), feed.head().unwrap().id), (1, own.id()), "nothing changed");
    // A parent of another feed is one that never comes.
    let orphan = at(30, vec![strange.id()], "of a strange parent");
    let missing = vec![strange.id()];
    assert_eq!(feed.offer(&orphan, FAR), Ok(Verdict::Waiting { missing }));
}
