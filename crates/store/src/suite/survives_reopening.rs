//! What was written before a store is closed is there when it is opened again.

use super::{Place, contents};
use crate::{Batch, Key, Store, Table};

/// What was written before a store is closed is there when it is opened again.
pub async fn survives_reopening<P: Place>() {
    let place = P::fresh("survives_reopening").await;
    for n in 0..6u8 {
        let store = place.open().await;
        assert_eq!(contents(&store).await.len(), usize::from(n) * 2);
        let (relaxed, strict) = (Key::new(Table::Packs, [n]), Key::new(Table::Keys, [n]));
        // The order changes from round to round: the last write must be as safe as the first.
        let batches = [Batch::new().put(relaxed, [n]), Batch::new().put(strict, [n]).strict()];
        let order = if n % 2 == 0 { [0, 1] } else { [1, 0] };
        for which in order {
            store.apply(batches[which].clone()).await.unwrap();
        }
    }
    let store = place.open().await;
    for n in 0..6u8 {
        for table in [Table::Packs, Table::Keys] {
            assert_eq!(store.read(Key::new(table, [n])).await.unwrap(), Some(vec![n]), "{table}");
        }
    }
}
