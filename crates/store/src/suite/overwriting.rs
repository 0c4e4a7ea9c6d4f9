//! A second value replaces the first, whichever is longer.

use super::{Place, contents};
use crate::{Batch, Key, Store, Table};

/// A second value replaces the first, whichever is longer.
pub async fn overwriting<P: Place>() {
    let place = P::fresh("overwriting").await;
    let store = place.open().await;
    let key = Key::new(Table::Heads, *b"feed");
    for length in [10usize, 10_000, 0, 3, 100_000, 1] {
        let value = vec![length as u8; length];
        store.apply(Batch::new().put(key.clone(), value.clone())).await.unwrap();
        assert_eq!(store.read(key.clone()).await.unwrap(), Some(value));
        assert_eq!(contents(&store).await.len(), 1);
    }
}
