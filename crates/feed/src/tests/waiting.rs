//! The waiting room: however many come, and however large, it stays small, and nobody crowds out others.

use effigy_core::limits::{WAITING, WAITING_BYTES, WAITING_PER_FEED};
use effigy_core::{Cid, Draft, Entry, Signature, Time};

use super::secret;
use crate::{Arrival, Waiting};

/// An entry whose parent nobody has, with a payload of so many bytes.
fn orphan(device: u8, size: usize) -> Arrival {
    let payload = vec![b' '; size];
    let draft = Draft {
        after: 0,
        generation: 0,
        identity: secret(device).identity(),
        kind: "anything".to_owned(),
        parents: vec![Cid::of(b"nobody has this")],
        payload: payload.clone(),
        synod: None,
    };
    Arrival { entry: draft.sign(&secret(device), Time(1)).unwrap(), payload: Some(payload) }
}

/// The same under another name, made without a key: signing takes longer than waiting.
fn another(arrival: &Arrival, n: u32) -> Arrival {
    let mut bytes = [0; 64];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    let header = arrival.entry.bytes().split(|byte| *byte == b'\n').next().unwrap();
    let signature = Signature::from_bytes(bytes).to_string();
    let entry = Entry::reload(&[header, b"\n", signature.as_bytes()].concat()).unwrap();
    Arrival { entry, payload: arrival.payload.clone() }
}

#[test]
fn there_are_never_too_many_nor_too_large_ones() {
    for (size, count) in [(0, WAITING + 200), (15_360, 600)] {
        let feeds: Vec<Arrival> = (1..=40).map(|device| orphan(device, size)).collect();
        let mut waiting = Waiting::default();
        for n in 0..count {
            waiting.add(another(&feeds[n % 40], n as u32), Time(0));
            assert!(waiting.len() <= WAITING && waiting.bytes() <= WAITING_BYTES);
        }
        let full = waiting.len() == WAITING || waiting.bytes() + 18_000 > WAITING_BYTES;
        assert!(full, "{size}: {} wait, {} bytes", waiting.len(), waiting.bytes());
        let held = waiting.len();
        assert_eq!(feeds.iter().map(|of| take(&mut waiting, of)).sum::<usize>(), held);
        assert_eq!((waiting.len(), waiting.bytes()), (0, 0));
    }
}

fn take(waiting: &mut Waiting, of: &Arrival) -> usize {
    waiting.take(of.entry.header().identity).len()
}

#[test]
fn who_sends_most_leaves_first() {
    let (honest, greedy) = (orphan(1, 100), [orphan(2, 15_360), orphan(3, 15_360)]);
    let mut waiting = Waiting::default();
    for n in 0..10 {
        waiting.add(another(&honest, n), Time(0));
    }
    for n in 0..600 {
        waiting.add(another(&greedy[n as usize % 2], n), Time(0));
    }
    assert!(waiting.bytes() + 18_000 > WAITING_BYTES);
    assert_eq!(take(&mut waiting, &honest), 10, "nobody crowds out others");
    for of in &greedy {
        assert!((150..WAITING_PER_FEED).contains(&take(&mut waiting, of)));
    }
}

#[test]
fn of_one_feed_only_so_many_wait() {
    let small = orphan(1, 0);
    let mut waiting = Waiting::default();
    for n in 0..300 {
        waiting.add(another(&small, n), Time(0));
    }
    let left = waiting.take(small.entry.header().identity);
    assert_eq!((left.len(), waiting.bytes()), (WAITING_PER_FEED, 0));
    assert_eq!(left[0].entry.id(), another(&small, 44).entry.id(), "the oldest left");
}

#[test]
fn what_is_due_is_no_longer_counted() {
    let parked = orphan(1, 1_000);
    let mut waiting = Waiting::default();
    for n in 0..100 {
        waiting.add(another(&parked, n), Time(u64::from(n / 50) * 1_000 + 1_000));
        // One that waits already is not counted again.
        waiting.add(another(&parked, n), Time(5));
    }
    let all = waiting.bytes();
    assert_eq!((waiting.len(), waiting.next()), (100, Some(Time(1_000))));
    assert_eq!(waiting.due(Time(1_500)).len(), 50);
    assert_eq!((waiting.len(), waiting.bytes() * 2), (50, all));
    assert_eq!(waiting.due(Time(2_000)).len(), 50);
    assert_eq!((waiting.len(), waiting.bytes(), waiting.next()), (0, 0, None));
}
