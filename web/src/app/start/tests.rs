//! What is made of what a browser keeps.

use effigy_core::Identity;
use effigy_net_web::fence;
use effigy_proto::Fence;
use effigy_store::{Batch, Key, Store as _, Table};
use effigy_store_idb::IdbStore;
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::account::{self, Found};
use crate::browser::{database, marker};

/// All in one test, because there is one database, and tests run side by side.
#[test]
async fn an_account_is_found_and_its_loss_is_noticed() {
    assert!(account::forget().await);
    assert!(matches!(account::find().await, Ok(Found::Nothing)));

    let Ok(made) = account::make().await else { panic!("no account") };
    let device = made.keys.device.identity();
    drop(made);
    let Ok(Found::Account(found)) = account::find().await else { panic!("not found") };
    assert_eq!(found.keys.device.identity(), device);
    assert_eq!(found.fence, None);
    drop(found);
    assert!(fence::write(&Fence { device_count: 3, synod_count: 4 }));
    let Ok(Found::Account(found)) = account::find().await else { panic!("not found") };
    assert_eq!(found.fence, Some(Fence { device_count: 3, synod_count: 4 }));
    drop(found);

    // The keys at rest are sealed: the seed is nowhere in them.
    let (store, _) = IdbStore::open("effigy").await.unwrap();
    let key = Key::new(Table::Keys, b"device".as_slice());
    let mut sealed = store.read(key.clone()).await.unwrap().unwrap();
    assert!(!sealed.windows(6).any(|six| six == b"device"), "legible");

    // Altered.
    *sealed.last_mut().unwrap() ^= 1;
    store.apply(Batch::new().put(key.clone(), sealed)).await.unwrap();
    assert!(matches!(account::find().await, Ok(Found::Remains)));
    // Gone, or never there: the fence and the mark remember.
    store.apply(Batch::new().delete(key)).await.unwrap();
    assert!(matches!(account::find().await, Ok(Found::Remains)));
    marker::clear();
    assert!(matches!(account::find().await, Ok(Found::Remains)));
    fence::clear();
    assert!(marker::set(&Identity::from_bytes([1; 32])));
    drop(store);
    assert!(database::delete("effigy").await);
    assert!(matches!(account::find().await, Ok(Found::Remains)));

    assert!(account::forget().await);
    assert!(matches!(account::find().await, Ok(Found::Nothing)));

    // Keys of a vault that is gone.
    assert!(account::make().await.is_ok());
    assert!(database::delete(effigy_store_idb::keys::VAULT).await);
    assert!(matches!(account::find().await, Ok(Found::Remains)));
    assert!(account::forget().await);
}
