//! Feeds: whatever entries are offered, in whatever order, the feed is the same, and what waits is bounded.
#![no_main]

use effigy_core::limits::{WAITING, WAITING_BYTES};
use effigy_core::{Cid, Draft, Entry, Identity, Secret, Signature, Time};
use effigy_feed::{Arrival, Feed, Head, Verdict, Waiting};

const FAR: Time = Time(u64::MAX / 2);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let entries = entries(bytes);
    let forwards = fold(entries.iter());
    let backwards = fold(entries.iter().rev());
    assert_eq!(forwards, backwards);
    // Each again, from the middle.
    let (before, after) = entries.split_at(entries.len() / 2);
    assert_eq!(fold(after.iter().chain(&entries).chain(before)), forwards);
});

/// Four bytes make an entry: two parents among those before, a step of the clock, and what it is.
fn entries(bytes: &[u8]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for four in bytes.chunks_exact(4).take(40) {
        let parent = |at: u8| entries.get(usize::from(at)).map(Entry::id);
        let mut parents: Vec<Cid> =
            [parent(four[0]), parent(four[1])].into_iter().flatten().collect();
        let secret = Secret::from_seed(&[1 + four[3] % 8 / 7; 32]);
        match four[3] % 8 {
            // The same header under another signature: another name of the same entry.
            0 => {
                if let Some(entry) = entries.get(usize::from(four[0])) {
                    entries.push(signed_again(entry, four[1]));
                }
                continue;
            }
            // A parent that nobody has.
            1 => parents.push(Cid::of(four)),
            _ => (),
        }
        let draft = Draft {
            after: 0,
            generation: u64::from(four[3] == 255),
            identity: secret.identity(),
            kind: "public_note".to_owned(),
            parents,
            payload: four.to_vec(),
            synod: Some((Identity::from_bytes([7; 32]), Cid::of(b"head"))),
        };
        let clock = Time(u64::from(four[2]) + 1);
        entries.extend(draft.sign(&secret, clock).ok());
    }
    entries
}

fn signed_again(entry: &Entry, number: u8) -> Entry {
    let header = entry.bytes().split(|byte| *byte == b'\n').next().unwrap_or_default();
    let signature = Signature::from_bytes([number % 4; 64]).to_string();
    Entry::reload(&[header, b"\n", signature.as_bytes()].concat()).expect("an entry")
}

/// What the feed is once everything was offered: how long, its head, its fork, its digests.
fn fold<'a>(entries: impl Iterator<Item = &'a Entry>) -> (usize, Option<(u64, u64)>, bool, usize) {
    let mut feed = Feed::new(Secret::from_seed(&[1; 32]).identity());
    let mut waiting = Waiting::default();
    let mut n_refused = 0;
    for entry in entries {
        let mut offered = vec![Arrival { entry: entry.clone(), payload: None }];
        while let Some(arrival) = offered.pop() {
            match feed.offer(&arrival.entry, FAR) {
                Ok(Verdict::New { .. } | Verdict::Known) => {
                    offered.extend(waiting.take(feed.identity()))
                }
                Ok(Verdict::Waiting { .. }) => waiting.add(arrival, Time(0)),
                Ok(Verdict::Obsolete | Verdict::Parked { .. }) => {
                    unreachable!("neither old nor early")
                }
                Err(_) => n_refused = 1,
            }
            assert!(waiting.len() <= WAITING && waiting.bytes() <= WAITING_BYTES);
        }
    }
    let head = feed.head();
    if let Some(Head { id, count, .. }) = head {
        assert!(feed.contains(&id));
        assert_eq!(count as usize, feed.len());
        let ends = feed.tips();
        assert!(feed.lacking(&ends, 0, 1_000).is_empty(), "who has all tips has all");
        assert_eq!(feed.lacking(&[], 0, 1_000).len(), feed.len());
    }
    let clock = head.map(|head| (head.comparable, head.count));
    (feed.len(), clock, feed.fork().is_some(), n_refused)
}
