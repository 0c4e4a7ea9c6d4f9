//! What is made of what a browser keeps.

use effigy_core::Identity;
use effigy_core::lock::{Lock, Way};
use effigy_core::passphrase::Cost;
use effigy_proto::Fence;
use effigy_store::{Batch, Key, Store as _, Table};
use effigy_store_idb::IdbStore;
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::account::{self, Found};
use super::{app_lock, unmarked};
use crate::browser::{accounts, database, marker};

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
    assert!(account::note().write(&Fence { device_count: 3, synod_count: 4 }));
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
    account::note().clear();
    assert!(marker::set(&Identity::from_bytes([1; 32])));
    drop(store);
    assert!(database::delete("effigy").await);
    assert!(matches!(account::find().await, Ok(Found::Remains)));

    assert!(account::forget().await);
    assert!(matches!(account::find().await, Ok(Found::Nothing)));

    behind_a_lock().await;

    // Keys of a vault that is gone.
    assert!(account::make().await.is_ok());
    assert!(database::delete(effigy_store_idb::keys::VAULT).await);
    assert!(matches!(account::find().await, Ok(Found::Remains)));
    assert!(account::forget().await);
    accounts_whose_marks_are_gone_are_listed_again().await;
}

/// The mark of an account that is not this page's.
fn mark(number: u32) -> Option<accounts::Listed> {
    accounts::others().into_iter().find(|listed| listed.number == number)
}

async fn accounts_whose_marks_are_gone_are_listed_again() {
    for name in ["effigy-3", "effigy-4", "effigy-9"] {
        assert!(database::delete(name).await);
        let (store, _) = IdbStore::open(name).await.unwrap();
        let (table, key) = if name == "effigy-4" {
            (Table::Meta, b"begun".as_slice())
        } else {
            (Table::Keys, b"device".as_slice())
        };
        store.apply(Batch::new().put(Key::new(table, key), *b"sealed")).await.unwrap();
    }
    unmarked::find().await;
    let found = accounts::Listed { account: None, name: None, number: 3 };
    assert_eq!((mark(3), mark(4)), (Some(found), None), "one without keys is none");
    // What is known is not forgotten.
    let storage = leptos::prelude::window().local_storage().unwrap().unwrap();
    let known = Identity::from_bytes([3; 32]);
    storage.set_item("effigy.account-3", &known.to_string()).unwrap();
    unmarked::find().await;
    assert_eq!(mark(3).and_then(|listed| listed.account), Some(known));
    storage.remove_item("effigy.account-3").unwrap();
    for name in ["effigy-3", "effigy-4", "effigy-9"] {
        assert!(database::delete(name).await);
    }
}

/// Behind a lock keys are found by who has opened it, and nobody writes over them.
async fn behind_a_lock() {
    let lock = |salt| {
        let way = Way::Passphrase { cost: Cost::USUAL, salt: [salt; 16] };
        Lock::new(way, &[2; 32]).unwrap()
    };
    // As a page that was loaded anew, or where somebody has opened this one.
    let is_locked = async |open: Option<Lock>| {
        app_lock::set(open);
        match account::find().await {
            Ok(Found::Account(_)) => false,
            Ok(Found::Locked) => app_lock::is_closed(),
            _ => panic!("no keys"),
        }
    };
    assert!(account::make().await.is_ok());
    assert!(account::relock(Some(lock(1))).await);
    assert!(matches!(account::find().await, Ok(Found::Account(_))), "it is open in this page");
    assert!(is_locked(None).await);
    assert!(!account::change(|keys| keys.words = None).await && !account::relock(None).await);
    assert!(is_locked(Some(lock(3))).await, "another lock");
    assert!(!is_locked(Some(lock(1))).await);
    // What is written while it is open is behind it, too; changed, the old one opens nothing.
    assert!(account::change(|keys| keys.words = None).await);
    assert!(is_locked(None).await && !is_locked(Some(lock(1))).await);
    assert!(account::relock(Some(lock(4))).await);
    assert!(is_locked(Some(lock(1))).await && !is_locked(Some(lock(4))).await);
    assert!(account::relock(None).await);
    assert!(!is_locked(None).await);
    assert!(account::forget().await);
}
