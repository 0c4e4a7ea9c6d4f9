//! Usage counts records exactly, and bytes at least nearly.

use super::Place;
use crate::{Batch, Key, Store, Table, TableUsage};

/// Usage counts records exactly, and bytes at least nearly.
pub async fn usage_counts<P: Place>() {
    let place = P::fresh("usage_counts").await;
    let store = place.open().await;
    assert_eq!(store.usage().await.unwrap().records(), 0);
    assert_eq!(store.usage().await.unwrap().bytes(), 0);
    let batch = (0..100u32).fold(Batch::new(), |batch, n| {
        batch.put(Key::new(Table::Packs, n.to_be_bytes()), vec![1; 996])
    });
    let batch = batch.put(Key::new(Table::Keys, *b"root"), vec![2; 60]);
    store.apply(batch).await.unwrap();
    let usage = store.usage().await.unwrap();
    assert_eq!(usage.records(), 101);
    assert_eq!(usage.of(Table::Packs).records, 100);
    // Equal records leave nothing to estimate; nine tenths and eleven tenths allow for rounding.
    assert!((90_000..=110_000).contains(&usage.of(Table::Packs).bytes), "{usage:?}");
    assert_eq!(usage.of(Table::Keys), TableUsage { bytes: 64, records: 1 });
    assert_eq!(usage.of(Table::Blobs), TableUsage::default());
    let deletes = (0..100u32).map(|n| Key::new(Table::Packs, n.to_be_bytes())).collect();
    store.apply(Batch { deletes, ..Batch::new() }).await.unwrap();
    assert_eq!(store.usage().await.unwrap().of(Table::Packs), TableUsage::default());
}
