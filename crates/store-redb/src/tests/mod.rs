//! What the file adds to the promises of the contract, and what it does when it cannot keep them.

mod damage;
mod disk;
mod drive;
mod failing;
mod migration;
mod power;

use std::path::PathBuf;

use effigy_store::suite::{Place, block_on};
use effigy_store::{Batch, Key, Store, Table};
use tempfile::TempDir;

use crate::{RELAXED_BATCHES, RedbStore};

/// A file in a folder of its own.
struct OnDisk(TempDir);

impl OnDisk {
    fn path(&self) -> PathBuf {
        self.0.path().join("store.redb")
    }
}

impl Place for OnDisk {
    type Store = RedbStore;

    async fn fresh(_name: &str) -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> RedbStore {
        RedbStore::open(self.path()).unwrap()
    }
}

effigy_store::store_suite!(OnDisk);

fn record(n: u32) -> Batch {
    Batch::new().put(Key::new(Table::Packs, n.to_be_bytes()), [1])
}

fn n_records(store: &RedbStore) -> u64 {
    block_on(store.usage()).unwrap().records()
}

#[test]
fn a_store_says_whether_it_is_new() {
    let place = block_on(OnDisk::fresh(""));
    assert!(RedbStore::open_existing(place.path()).is_err());
    assert!(!place.path().exists(), "looking made a file");
    assert!(RedbStore::open(place.path()).unwrap().is_new());
    assert!(!RedbStore::open(place.path()).unwrap().is_new());
    assert!(!RedbStore::open_existing(place.path()).unwrap().is_new());
}

/// What a machine leaves that dies while a store is made.
#[test]
fn half_a_store_is_none_and_is_made_anew() {
    let place = block_on(OnDisk::fresh(""));
    let aside = place.path().with_extension("redb.new");
    std::fs::write(&aside, [7; 5_000]).unwrap();
    let store = RedbStore::open(place.path()).unwrap();
    assert!(store.is_new() && !aside.exists());
    block_on(store.apply(record(1).strict())).unwrap();
}

#[test]
fn there_is_one_writer() {
    let place = block_on(OnDisk::fresh(""));
    let store = block_on(place.open());
    let error = RedbStore::open(place.path()).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("already open"), "{source}");
    block_on(store.apply(record(1))).unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let place = block_on(OnDisk::fresh(""));
    drop(block_on(place.open()));
    let mode = std::fs::metadata(place.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Copies the file as a crash would leave it, and counts what a restart finds.
fn n_after_crash(place: &OnDisk) -> u64 {
    let copy = place.path().with_extension("copy");
    std::fs::copy(place.path(), &copy).unwrap();
    n_records(&RedbStore::open(copy).unwrap())
}

#[test]
fn relaxed_batches_wait_for_a_strict_one_a_flush_or_their_number() {
    let place = block_on(OnDisk::fresh(""));
    let store = block_on(place.open());
    block_on(store.apply(record(0))).unwrap();
    assert_eq!((n_records(&store), n_after_crash(&place)), (1, 0), "nothing was left to wait");
    block_on(store.apply(record(1).strict())).unwrap();
    assert_eq!(n_after_crash(&place), 2);
    block_on(store.apply(record(2))).unwrap();
    store.flush().unwrap();
    assert_eq!(n_after_crash(&place), 3);
    for n in 0..RELAXED_BATCHES as u32 {
        block_on(store.apply(record(3 + n))).unwrap();
    }
    assert_eq!(n_after_crash(&place), 3 + RELAXED_BATCHES as u64);
    block_on(store.apply(record(1_000))).unwrap();
    block_on(store.apply(Batch::new().strict())).unwrap();
    assert_eq!(n_after_crash(&place), 4 + RELAXED_BATCHES as u64);
}
