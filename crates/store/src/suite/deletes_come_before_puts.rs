//! A batch that deletes and puts one key leaves the new value; of two puts, the later one.

use super::Place;
use crate::{Batch, Key, Store, Table};

/// A batch that deletes and puts one key leaves the new value; of two puts, the later one.
pub async fn deletes_come_before_puts<P: Place>() {
    let place = P::fresh("deletes_come_before_puts").await;
    let store = place.open().await;
    let key = Key::new(Table::Drafts, *b"draft");
    for batch in [Batch::new(), Batch::new().strict()] {
        let batch = batch.put(key.clone(), *b"old").put(key.clone(), *b"new").delete(key.clone());
        for _ in 0..2 {
            store.apply(batch.clone()).await.unwrap();
            assert_eq!(store.read(key.clone()).await.unwrap(), Some(b"new".to_vec()));
        }
        store.apply(Batch::new().delete(key.clone())).await.unwrap();
    }
}
