//! What opening shows: first starts, old shapes, newer ones.

use effigy_store::suite::{Place, contents};
use effigy_store::{Batch, Key, Store, StoreError, Table};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::Database;
use crate::open::{Missing, Opening, Steps, Upgrade, factory, open, says_data_loss};
use crate::schema::{VERSION, v1};
use crate::{IdbStore, convert, write};

#[wasm_bindgen_test]
async fn an_opening_says_whether_the_database_was_there() {
    let place = Database::fresh("opening").await;
    let (store, opening) = IdbStore::open(&place.0).await.unwrap();
    assert_eq!(opening, Opening { created: true, data_loss: false });
    drop(store);
    for _ in 0..2 {
        let (_store, opening) = IdbStore::open(&place.0).await.unwrap();
        assert_eq!(opening, Opening::default());
    }
}

#[wasm_bindgen_test]
async fn two_may_have_it_open_in_one_version() {
    let place = Database::fresh("two").await;
    let (one, other) = (place.open().await, place.open().await);
    let key = Key::new(Table::Meta, *b"key");
    one.apply(Batch::new().put(key.clone(), *b"value")).await.unwrap();
    assert_eq!(other.read(key).await.unwrap(), Some(b"value".to_vec()));
}

/// Makes a database in a shape that is not today's.
async fn make(place: &Database, version: u32, steps: Steps) -> web_sys::IdbDatabase {
    let factory = factory().unwrap();
    open(&factory, &place.0, version, steps, Missing::Create).await.unwrap().0
}

/// Writes one record into each object store of a database.
async fn fill(database: &web_sys::IdbDatabase, tables: &[&str]) {
    let names: Array = tables.iter().map(|name| JsValue::from_str(name)).collect();
    let transaction = write::begin(database, &names, "strict").unwrap();
    let ended = write::end(&transaction);
    for name in tables {
        let value = Uint8Array::from(name.as_bytes());
        let store = transaction.object_store(name).unwrap();
        store.put_with_key(&value, &convert::key(b"key")).unwrap();
    }
    JsFuture::from(ended).await.unwrap();
}

#[wasm_bindgen_test]
async fn version_1_comes_forward() {
    let place = Database::fresh("migration").await;
    let old = make(&place, 1, v1::create).await;
    let kept = v1::KEPT.map(Table::name);
    let tables: Vec<&str> = kept.into_iter().chain([v1::ENTRIES]).collect();
    fill(&old, &tables).await;
    old.close();
    for _ in 0..2 {
        let (store, opening) = IdbStore::open(&place.0).await.unwrap();
        assert_eq!(opening, Opening::default(), "an upgrade is no first start");
        for table in v1::KEPT {
            let value = store.read(Key::new(table, *b"key")).await.unwrap();
            assert_eq!(value, Some(table.name().as_bytes().to_vec()));
        }
        let packs = store.read(Key::new(Table::Packs, *b"key")).await.unwrap();
        assert_eq!(packs, Some(b"entries".to_vec()));
        assert_eq!(contents(&store).await.len(), v1::KEPT.len() + 1);
    }
    let everywhere = Table::ALL
        .iter()
        .fold(Batch::new(), |batch, table| batch.put(Key::new(*table, *b"new"), *b"value"));
    place.open().await.apply(everywhere).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_failed_upgrade_leaves_the_old_shape() {
    fn stumble(upgrade: &Upgrade<'_>) -> Result<(), JsValue> {
        upgrade.database.delete_object_store(v1::ENTRIES)?;
        Err(js_sys::Error::new("stumbled").into())
    }
    let place = Database::fresh("failed_upgrade").await;
    let old = make(&place, 1, v1::create).await;
    fill(&old, &[v1::ENTRIES]).await;
    old.close();
    let factory = factory().unwrap();
    let error = open(&factory, &place.0, 2, stumble, Missing::Create).await.unwrap_err();
    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(source.as_deref(), Some("Error: stumbled"));
    let store = place.open().await;
    let packs = store.read(Key::new(Table::Packs, *b"key")).await.unwrap();
    assert_eq!(packs, Some(b"entries".to_vec()));
}

#[wasm_bindgen_test]
async fn a_newer_database_is_left_alone() {
    let place = Database::fresh("newer").await;
    let key = Key::new(Table::Keys, *b"root");
    place.open().await.apply(Batch::new().put(key, *b"secret").strict()).await.unwrap();
    let newer = make(&place, VERSION + 1, |_| Ok(())).await;
    newer.close();
    let error = IdbStore::open(&place.0).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 3, known: 2 }), "{error:?}");
    let newer = make(&place, VERSION + 1, |_| Ok(())).await;
    let names = newer.object_store_names();
    assert_eq!(names.length() as usize, Table::ALL.len());
    let tables = Array::of1(&Table::Keys.name().into());
    let transaction = write::begin(&newer, &tables, "relaxed").unwrap();
    let count = transaction.object_store(Table::Keys.name()).unwrap().count().unwrap();
    let count = crate::open::settled(&count).await.unwrap();
    assert_eq!(count, JsValue::from_f64(1.0));
    newer.close();
}

/// Chromium's word for having thrown a damaged database away, which no web standard has.
#[wasm_bindgen_test]
fn a_loss_of_data_is_heard() {
    let event = web_sys::IdbVersionChangeEvent::new("upgradeneeded").unwrap();
    assert!(!says_data_loss(&event));
    for (word, expected) in [("none", false), ("total", true)] {
        let property = Object::new();
        Reflect::set(&property, &"value".into(), &word.into()).unwrap();
        Reflect::set(&property, &"configurable".into(), &true.into()).unwrap();
        assert!(Reflect::define_property(&event, &"dataLoss".into(), &property).unwrap());
        assert_eq!(says_data_loss(&event), expected, "{word}");
    }
}
