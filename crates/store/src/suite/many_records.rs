//! 5,000 small records in one batch are all there, in order.

use super::Place;
use crate::{Batch, Key, Range, Store, Table};

/// How many records the batch has.
const MANY: u32 = 5_000;

/// 5,000 small records in one batch are all there, in order.
pub async fn many_records<P: Place>() {
    let place = P::fresh("many_records").await;
    let store = place.open().await;
    // 7 shares no divisor with 5,000: every record is put once, and not in the order of the keys.
    let batch = (0..MANY).map(|n| n * 7 % MANY).fold(Batch::new(), |batch, n| {
        batch.put(Key::new(Table::Receipts, n.to_be_bytes()), n.to_string())
    });
    store.apply(batch).await.unwrap();
    let found = store.scan(Range::all(Table::Receipts)).await.unwrap();
    let written = (0..MANY).map(|n| (n.to_be_bytes().to_vec(), n.to_string().into_bytes()));
    assert!(found == written.collect::<Vec<_>>(), "{} records came back", found.len());
    let deletes = (0..MANY).filter(|n| n % 5 != 0);
    let deletes = deletes.map(|n| Key::new(Table::Receipts, n.to_be_bytes())).collect();
    store.apply(Batch { deletes, ..Batch::new() }).await.unwrap();
    let left = store.scan(Range::all(Table::Receipts)).await.unwrap();
    assert_eq!(left.len(), MANY as usize / 5);
}
