//! A batch over all tables is there at once, relaxed or strict.

use super::{Place, contents};
use crate::{Batch, Key, Store, Table};

/// A batch over all tables is there at once, relaxed or strict.
pub async fn batch_lands_whole<P: Place>() {
    let place = P::fresh("batch_lands_whole").await;
    let store = place.open().await;
    for batch in [Batch::new(), Batch::new().strict()] {
        let batch = Table::ALL.iter().fold(batch, |batch, table| {
            (0..20u8).fold(batch, |batch, n| batch.put(Key::new(*table, [n]), [n, n]))
        });
        let deletes = batch.puts.iter().map(|(key, _)| key.clone()).collect();
        let undo = Batch { deletes, durability: batch.durability, ..Batch::new() };
        store.apply(batch.clone()).await.unwrap();
        assert_eq!(contents(&store).await, batch.puts.into_iter().collect());
        store.apply(undo).await.unwrap();
        assert!(contents(&store).await.is_empty());
    }
}
