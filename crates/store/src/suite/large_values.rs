//! Values of 256 KiB come back as they were, alone and several at once.

use super::{Dice, Place};
use crate::{Batch, Key, Range, Store, Table};

/// Bytes of a large value.
const LARGE: usize = 256 * 1024;

/// Values of 256 KiB come back as they were, alone and several at once.
pub async fn large_values<P: Place>() {
    let place = P::fresh("large_values").await;
    let store = place.open().await;
    let mut dice = Dice::new(1);
    let values: Vec<Vec<u8>> =
        (0..4).map(|_| (0..LARGE).map(|_| dice.roll(256) as u8).collect()).collect();
    let batch = values.iter().zip(0u8..).fold(Batch::new(), |batch, (value, n)| {
        batch.put(Key::new(Table::Blobs, [n]), value.as_slice())
    });
    store.apply(batch).await.unwrap();
    drop(store);
    let store = place.open().await;
    let key = Key::new(Table::Blobs, [2]);
    assert!(store.read(key).await.unwrap().as_ref() == Some(&values[2]), "the value changed");
    let found = store.scan(Range::all(Table::Blobs).limited(3)).await.unwrap();
    let found: Vec<Vec<u8>> = found.into_iter().map(|(_, value)| value).collect();
    assert!(found == values[..3], "the values changed");
}
