//! Whatever is asked in whatever order, a store answers as the one in memory does.

use std::ops::Bound;

use super::{Dice, Place, contents};
use crate::{Batch, Key, MemoryStore, Range, Store, Table};

/// How many batches are applied; after each, one key and one range are compared.
const ROUNDS: u64 = 150;

/// Whatever is asked in whatever order, a store answers as the one in memory does.
pub async fn answers_as_memory<P: Place>() {
    let place = P::fresh("answers_as_memory").await;
    let (mut store, memory) = (place.open().await, MemoryStore::new());
    let mut dice = Dice::new(42);
    for round in 0..ROUNDS {
        let batch = batch(&mut dice);
        store.apply(batch.clone()).await.unwrap();
        memory.apply(batch.clone()).await.unwrap();
        if dice.roll(20) == 0 {
            drop(store);
            store = place.open().await;
        }
        let key = key(&mut dice);
        let (found, expected) = (store.read(key.clone()).await, memory.read(key.clone()).await);
        assert_eq!(found.unwrap(), expected.unwrap(), "round {round}: {key:?} after {batch:?}");
        let range = range(&mut dice);
        let (found, expected) = (store.scan(range.clone()).await, memory.scan(range.clone()).await);
        assert_eq!(found.unwrap(), expected.unwrap(), "round {round}: {range:?} after {batch:?}");
    }
    assert_eq!(contents(&store).await, contents(&memory).await);
    assert!(contents(&memory).await.len() > 20, "the dice fell too flat to show anything");
}

fn batch(dice: &mut Dice) -> Batch {
    let mut batch = Batch::new();
    for _ in 0..dice.roll(5) {
        let value = vec![dice.roll(256) as u8; dice.roll(2_000) as usize];
        batch = batch.put(key(dice), value);
    }
    for _ in 0..dice.roll(3) {
        batch = batch.delete(key(dice));
    }
    if dice.roll(4) == 0 { batch.strict() } else { batch }
}

fn key(dice: &mut Dice) -> Key {
    let table = [Table::Blobs, Table::Heads, Table::Packs][dice.roll(3) as usize];
    Key::new(table, bytes(dice))
}

/// Few and short, so that puts, deletes and bounds meet each other.
fn bytes(dice: &mut Dice) -> Vec<u8> {
    (0..dice.roll(4)).map(|_| [0, 1, 128, 255][dice.roll(4) as usize]).collect()
}

fn range(dice: &mut Dice) -> Range {
    let table = key(dice).table;
    let range = match dice.roll(4) {
        0 => Range::all(table),
        1 => Range::prefix(table, bytes(dice)),
        2 => Range::between(table, bytes(dice), bytes(dice)),
        _ => Range { start: bound(dice), end: bound(dice), ..Range::all(table) },
    };
    let range = if dice.roll(2) == 0 { range.reversed() } else { range };
    if dice.roll(2) == 0 { range.limited(dice.roll(6) as usize) } else { range }
}

fn bound(dice: &mut Dice) -> Bound<Vec<u8>> {
    match dice.roll(3) {
        0 => Bound::Included(bytes(dice)),
        1 => Bound::Excluded(bytes(dice)),
        _ => Bound::Unbounded,
    }
}
