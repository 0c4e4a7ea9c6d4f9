//! A scan keeps to its bounds, its limit and its direction.

use std::ops::Bound;

use super::Place;
use crate::{Batch, Key, Range, Store, Table};

/// Keys of the test in their order: bytes count, and a prefix comes before what it begins.
const KEYS: [&[u8]; 8] = [b"", b"\x00", b"a", b"a\x00", b"a\xFF", b"b", b"\xFF", b"\xFF\xFF"];

/// A scan keeps to its bounds, its limit and its direction.
pub async fn scan_in_order<P: Place>() {
    let place = P::fresh("scan_in_order").await;
    let store = place.open().await;
    let batch = [3, 7, 0, 5, 1, 6, 2, 4].into_iter().fold(Batch::new(), |batch, n: usize| {
        batch.put(Key::new(Table::Packs, KEYS[n]), [n as u8])
    });
    // Neighbours in other tables must not be seen.
    let batch =
        batch.put(Key::new(Table::Meta, *b"a"), *b"x").put(Key::new(Table::Peers, []), *b"x");
    store.apply(batch).await.unwrap();

    let all = Range::all(Table::Packs);
    let with = |start, end| Range { start, end, ..all.clone() };
    let key = |n: usize| KEYS[n].to_vec();
    let cases: [(Range, &[u8]); 23] = [
        (all.clone(), &[0, 1, 2, 3, 4, 5, 6, 7]),
        (all.clone().reversed(), &[7, 6, 5, 4, 3, 2, 1, 0]),
        (all.clone().limited(3), &[0, 1, 2]),
        (all.clone().limited(3).reversed(), &[7, 6, 5]),
        (all.clone().limited(1_000), &[0, 1, 2, 3, 4, 5, 6, 7]),
        (all.clone().limited(1_000).reversed(), &[7, 6, 5, 4, 3, 2, 1, 0]),
        (all.clone().limited(0), &[]),
        (all.clone().limited(0).reversed(), &[]),
        (Range::prefix(Table::Packs, *b"a"), &[2, 3, 4]),
        (Range::prefix(Table::Packs, *b"a").reversed().limited(2), &[4, 3]),
        (Range::prefix(Table::Packs, *b"\xFF"), &[6, 7]),
        (Range::prefix(Table::Packs, *b"c"), &[]),
        (Range::prefix(Table::Packs, []), &[0, 1, 2, 3, 4, 5, 6, 7]),
        (Range::between(Table::Packs, key(2), key(5)), &[2, 3, 4]),
        (Range::between(Table::Packs, key(5), key(2)), &[]),
        (Range::between(Table::Packs, key(2), key(2)), &[]),
        (with(Bound::Included(key(2)), Bound::Included(key(2))), &[2]),
        (with(Bound::Excluded(key(2)), Bound::Excluded(key(2))), &[]),
        (with(Bound::Excluded(key(2)), Bound::Included(key(4))), &[3, 4]),
        (with(Bound::Excluded(key(2)), Bound::Unbounded).limited(2), &[3, 4]),
        (with(Bound::Unbounded, Bound::Included(key(1))), &[0, 1]),
        (with(Bound::Unbounded, Bound::Excluded(key(3))).reversed().limited(2), &[2, 1]),
        (with(Bound::Unbounded, Bound::Excluded(key(0))), &[]),
    ];
    for (range, expected) in cases {
        let found = store.scan(range.clone()).await.unwrap();
        let expected: Vec<_> = expected.iter().map(|n| (key(usize::from(*n)), vec![*n])).collect();
        assert_eq!(found, expected, "{range:?}");
    }
    assert_eq!(store.scan(Range::all(Table::Blobs)).await.unwrap(), []);
}
