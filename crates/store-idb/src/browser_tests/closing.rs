//! Connections that are closed under us.

use effigy_store::suite::Place;
use effigy_store::{Batch, Key, Range, Store, StoreError, Table};
use rexie::Rexie;
use wasm_bindgen_test::wasm_bindgen_test;

use super::Database;
use crate::open::{Missing, factory, open};
use crate::schema::VERSION;

fn record(n: u8) -> Batch {
    Batch::new().put(Key::new(Table::Packs, [n]), [n])
}

#[wasm_bindgen_test]
async fn a_closed_connection_is_opened_again() {
    let place = Database::fresh("closed").await;
    let store = place.open().await;
    store.apply(record(1)).await.unwrap();
    // Once without a word to us, as when the browser closes it, for each kind of verb.
    store.connection.borrow().database().close();
    store.apply(record(2).strict()).await.unwrap();
    store.connection.borrow().database().close();
    assert_eq!(store.scan(Range::all(Table::Packs)).await.unwrap().len(), 2);
    store.apply(record(3)).await.unwrap();
    assert_eq!(store.usage().await.unwrap().records(), 3);
}

#[wasm_bindgen_test]
async fn another_tab_may_delete_the_database_and_nobody_makes_it_anew() {
    let place = Database::fresh("deleted").await;
    let store = place.open().await;
    store.apply(record(1).strict()).await.unwrap();
    Rexie::delete(&place.0).await.unwrap();
    for _ in 0..2 {
        let error = store.read(Key::new(Table::Packs, [1])).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
        let error = store.apply(record(2)).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
    }
    drop(store);
    let (_store, opening) = crate::IdbStore::open(&place.0).await.unwrap();
    assert!(opening.created, "the attempts left a database behind");
}

#[wasm_bindgen_test]
async fn a_newer_tab_may_upgrade_the_database() {
    let place = Database::fresh("upgraded").await;
    let store = place.open().await;
    store.apply(record(1)).await.unwrap();
    let factory = factory().unwrap();
    let newer = open(&factory, &place.0, VERSION + 1, |_| Ok(()), Missing::Refuse).await.unwrap();
    let error = store.apply(record(2)).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 3, known: 2 }), "{error:?}");
    newer.0.close();
}

/// The reason for all the care about what is awaited where.
#[wasm_bindgen_test]
async fn a_turn_of_the_event_loop_ends_a_transaction() {
    let place = Database::fresh("turn").await;
    let store = place.open().await;
    let connection = store.connection.borrow().clone();
    let rexie = connection.rexie().unwrap();
    let transaction =
        rexie.transaction(&[Table::Packs.name()], rexie::TransactionMode::ReadOnly).unwrap();
    let packs = transaction.store(Table::Packs.name()).unwrap();
    assert_eq!(packs.count(None).await.unwrap(), 0);
    assert_eq!(packs.count(None).await.unwrap(), 0, "own requests keep it open");
    super::pause(5).await;
    assert!(packs.count(None).await.is_err());
}
