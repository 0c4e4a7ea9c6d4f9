//! What is put is read, what is deleted is not, and tables do not see each other.

use super::{Place, contents};
use crate::{Batch, Key, Store, Table};

/// What is put is read, what is deleted is not, and tables do not see each other.
pub async fn put_read_delete<P: Place>() {
    let place = P::fresh("put_read_delete").await;
    let store = place.open().await;
    assert!(contents(&store).await.is_empty(), "the place was not fresh");
    for (n, table) in Table::ALL.iter().enumerate() {
        let key = Key::new(*table, *b"same key");
        assert_eq!(store.read(key.clone()).await.unwrap(), None);
        store.apply(Batch::new().put(key, vec![n as u8; 3])).await.unwrap();
    }
    for (n, table) in Table::ALL.iter().enumerate() {
        let value = store.read(Key::new(*table, *b"same key")).await.unwrap();
        assert_eq!(value, Some(vec![n as u8; 3]), "{table}");
    }
    let gone = Key::new(Table::Heads, *b"same key");
    let never_there = Key::new(Table::Heads, *b"another");
    let batch = Batch::new().delete(gone.clone()).delete(never_there.clone());
    store.apply(batch).await.unwrap();
    assert_eq!(store.read(gone).await.unwrap(), None);
    assert_eq!(store.read(never_there).await.unwrap(), None);
    assert_eq!(contents(&store).await.len(), Table::ALL.len() - 1);
    store.apply(Batch::new()).await.unwrap();
    store.apply(Batch::new().strict()).await.unwrap();
    assert_eq!(contents(&store).await.len(), Table::ALL.len() - 1);
}
