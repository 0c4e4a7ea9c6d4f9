//! An empty key is a key, and an empty value is not the same as none.

use super::Place;
use crate::{Batch, Key, Range, Store, Table};

/// An empty key is a key, and an empty value is not the same as none.
pub async fn empty_is_something<P: Place>() {
    let place = P::fresh("empty_is_something").await;
    let store = place.open().await;
    let (empty, zero) = (Key::new(Table::Meta, []), Key::new(Table::Meta, [0]));
    let batch = Batch::new().put(empty.clone(), *b"of the empty key").put(zero.clone(), []);
    store.apply(batch).await.unwrap();
    assert_eq!(store.read(empty.clone()).await.unwrap(), Some(b"of the empty key".to_vec()));
    assert_eq!(store.read(zero.clone()).await.unwrap(), Some(Vec::new()));
    let all = store.scan(Range::prefix(Table::Meta, [])).await.unwrap();
    assert_eq!(all, [(vec![], b"of the empty key".to_vec()), (vec![0], vec![])]);
    store.apply(Batch::new().delete(empty.clone())).await.unwrap();
    assert_eq!(store.read(empty).await.unwrap(), None);
    assert_eq!(store.read(zero).await.unwrap(), Some(Vec::new()));
}
