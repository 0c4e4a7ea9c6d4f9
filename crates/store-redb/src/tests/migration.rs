//! Every old shape is brought forward, and no newer one is touched.

use effigy_store::suite::{Place, block_on};
use effigy_store::{Batch, Key, Store, StoreError, Table};
use redb::{Database, ReadableDatabase, TableHandle};

use super::OnDisk;
use crate::RedbStore;
use crate::schema::{self, SCHEMA, VERSION, VERSION_KEY};

fn set_version(place: &OnDisk, version: u64) {
    let database = Database::create(place.path()).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(SCHEMA).unwrap().insert(VERSION_KEY, version).unwrap();
    transaction.commit().unwrap();
}

#[test]
fn version_1_comes_forward() {
    let place = block_on(OnDisk::fresh(""));
    schema::v1::fixture(&place.path());
    for _ in 0..2 {
        let store = block_on(place.open());
        assert!(!store.is_new());
        for table in schema::v1::KEPT {
            let value = block_on(store.read(Key::new(table, *b"key"))).unwrap();
            assert_eq!(value, Some(table.name().as_bytes().to_vec()));
        }
        let packs = block_on(store.read(Key::new(Table::Packs, *b"key"))).unwrap();
        assert_eq!(packs, Some(b"entries".to_vec()));
    }
    let everywhere = Table::ALL
        .iter()
        .fold(Batch::new(), |batch, table| batch.put(Key::new(*table, *b"new"), *b"value"));
    block_on(block_on(place.open()).apply(everywhere)).unwrap();
    let database = Database::open(place.path()).unwrap();
    let transaction = database.begin_read().unwrap();
    let tables = transaction.list_tables().unwrap();
    let mut tables: Vec<String> = tables.map(|table| table.name().to_owned()).collect();
    tables.sort();
    let mut expected: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
    expected.push("schema");
    expected.sort_unstable();
    assert_eq!(tables, expected);
}

#[test]
fn a_newer_file_is_left_alone() {
    let place = block_on(OnDisk::fresh(""));
    let batch = Batch::new().put(Key::new(Table::Keys, *b"root"), *b"secret");
    block_on(block_on(place.open()).apply(batch)).unwrap();
    set_version(&place, VERSION + 1);
    let error = RedbStore::open(place.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 3, known: VERSION }), "{error:?}");
    set_version(&place, VERSION);
    let store = block_on(place.open());
    let found = block_on(store.read(Key::new(Table::Keys, *b"root"))).unwrap();
    assert_eq!(found, Some(b"secret".to_vec()));
}

#[test]
fn a_file_without_a_sensible_version_is_damaged() {
    let place = block_on(OnDisk::fresh(""));
    set_version(&place, 0);
    assert!(matches!(RedbStore::open(place.path()), Err(StoreError::Damaged(_))));
    let place = block_on(OnDisk::fresh(""));
    {
        let database = Database::create(place.path()).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(schema::definition(Table::Packs)).unwrap();
        transaction.commit().unwrap();
    }
    assert!(matches!(RedbStore::open(place.path()), Err(StoreError::Damaged(_))));
}
