//! Batches that the browser does not take: nothing of them is left.

use effigy_store::suite::{Place, contents};
use effigy_store::{Batch, Key, Store, StoreError, Table};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{IdbFactory, IdbTransaction};

use super::Database;
use crate::convert::Change;
use crate::failure::Failure;
use crate::open::{Missing, open};
use crate::schema::{self, VERSION};
use crate::write;

fn change(durability: Batch) -> Change {
    let batch = (0..10u8).fold(durability, |batch, n| {
        batch.put(Key::new(Table::Packs, [n]), [n]).delete(Key::new(Table::Heads, *b"head"))
    });
    Change::new(batch)
}

#[wasm_bindgen_test]
async fn a_request_that_throws_takes_the_batch_with_it() {
    let place = Database::fresh("throws").await;
    let store = place.open().await;
    let head = Key::new(Table::Heads, *b"head");
    store.apply(Batch::new().put(head.clone(), *b"1")).await.unwrap();
    let connection = store.connection.borrow().clone();
    for batch in [Batch::new(), Batch::new().strict()] {
        let mut change = change(batch);
        change.puts[7].1 = JsValue::from_bool(true); // no key can be a boolean
        let failure = write::apply(connection.database(), &change).await.unwrap_err();
        assert!(matches!(failure, Failure::Store(StoreError::Backend(_))), "{failure:?}");
        assert_eq!(contents(&store).await, [(head.clone(), b"1".to_vec())].into());
    }
}

/// An error that comes later than the call shows in the end of the transaction, and nowhere else.
#[wasm_bindgen_test]
async fn a_request_that_fails_later_takes_the_batch_with_it() {
    let place = Database::fresh("fails_later").await;
    let store = place.open().await;
    let connection = store.connection.borrow().clone();
    let change = change(Batch::new());
    let transaction = write::begin(connection.database(), &change.tables, "strict").unwrap();
    let ended = write::end(&transaction);
    let packs = transaction.object_store(Table::Packs.name()).unwrap();
    let key = crate::convert::key(&[1]);
    for n in 0..3 {
        packs.add_with_key(&JsValue::from(n), &key).unwrap();
    }
    JsFuture::from(ended).await.unwrap_err();
    assert_eq!(transaction.error().map(|error| error.name()).as_deref(), Some("ConstraintError"));
    assert!(contents(&store).await.is_empty());
}

#[wasm_bindgen_test]
async fn the_browser_hears_how_durable_a_batch_is_to_be() {
    let place = Database::fresh("durability").await;
    let store = place.open().await;
    let connection = store.connection.borrow().clone();
    for (batch, expected) in [(Batch::new(), "relaxed"), (Batch::new().strict(), "strict")] {
        let change = change(batch);
        let begun = write::begin(connection.database(), &change.tables, change.durability);
        let transaction: IdbTransaction = begun.unwrap();
        let durability = Reflect::get(&transaction, &"durability".into()).unwrap();
        assert_eq!(durability.as_string().as_deref(), Some(expected));
        transaction.abort().unwrap();
    }
}

/// Databases in a bucket of storage that holds two megabytes.
async fn small_bucket() -> IdbFactory {
    let get = |from: &JsValue, name: &str| Reflect::get(from, &name.into()).unwrap();
    let call = |on: &JsValue, name: &str, options: &Object| {
        let method: Function = get(on, name).dyn_into().unwrap();
        let promise = method.call2(on, &"small".into(), options).unwrap();
        JsFuture::from(promise.dyn_into::<Promise>().unwrap())
    };
    let buckets = get(&get(&js_sys::global(), "navigator"), "storageBuckets");
    call(&buckets, "delete", &Object::new()).await.unwrap();
    let options = Object::new();
    Reflect::set(&options, &"quota".into(), &f64::from(2 << 20).into()).unwrap();
    let bucket = call(&buckets, "open", &options).await.unwrap();
    get(&bucket, "indexedDB").dyn_into().unwrap()
}

#[wasm_bindgen_test]
async fn a_full_store_says_so_and_changes_nothing() {
    let factory = small_bucket().await;
    let opened = open(&factory, "full", VERSION, schema::upgrade, Missing::Create).await.unwrap();
    let (database, _) = opened;
    let blob = |n: u8, batch: Batch| {
        let batch = batch.put(Key::new(Table::Heads, *b"blobs"), [n]);
        Change::new(batch.put(Key::new(Table::Blobs, [n]), noise(n)))
    };
    let mut n_written = 0;
    let failure = loop {
        let batch = if n_written % 2 == 0 { Batch::new() } else { Batch::new().strict() };
        match write::apply(&database, &blob(n_written, batch)).await {
            Ok(()) => n_written += 1,
            Err(failure) => break failure,
        }
        assert!(n_written < 100, "the bucket has no bottom");
    };
    assert!(matches!(failure, Failure::Store(StoreError::Full)), "{failure:?}");
    assert!(n_written > 2, "only {n_written} blobs found room");
    assert_eq!(count(&database, Table::Blobs).await, f64::from(n_written));
    // What makes room must still be possible.
    let deletes = (0..n_written).map(|n| Key::new(Table::Blobs, [n])).collect();
    let room = Change::new(Batch { deletes, ..Batch::new() }.strict());
    write::apply(&database, &room).await.unwrap();
    assert_eq!(count(&database, Table::Blobs).await, 0.0);
    database.close();
}

/// 200 kB that do not compress.
fn noise(seed: u8) -> Vec<u8> {
    let mut dice = effigy_store::suite::Dice::new(u64::from(seed));
    (0..200_000).map(|_| dice.roll(256) as u8).collect()
}

async fn count(database: &web_sys::IdbDatabase, table: Table) -> f64 {
    let tables = js_sys::Array::of1(&table.name().into());
    let transaction = write::begin(database, &tables, "relaxed").unwrap();
    let count = transaction.object_store(table.name()).unwrap().count().unwrap();
    crate::open::settled(&count).await.unwrap().as_f64().unwrap()
}

#[wasm_bindgen_test]
async fn a_value_of_another_type_is_damage() {
    let place = Database::fresh("foreign").await;
    let store = place.open().await;
    let connection = store.connection.borrow().clone();
    let mut change = change(Batch::new());
    change.puts[3].2 = JsValue::from_str("text");
    write::apply(connection.database(), &change).await.unwrap();
    let error = store.read(Key::new(Table::Packs, [3])).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
    assert_eq!(store.read(Key::new(Table::Packs, [4])).await.unwrap(), Some(vec![4]));
}
