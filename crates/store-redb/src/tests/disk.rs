//! A disk that is full, fails, and recovers.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use effigy_store::suite::{block_on, contents};
use effigy_store::{Batch, Key, Store, StoreError, Table};
use redb::StorageBackend;

use super::drive::{Call, Drive};
use crate::RedbStore;

/// A disk that takes no write at or behind a limit.
struct Disk {
    drive: Drive,
    limit: Arc<AtomicU64>,
}

impl Disk {
    fn new(kind: io::ErrorKind) -> Self {
        let drive = Drive::holding(Vec::new());
        let (limit, length) = (Arc::new(AtomicU64::new(u64::MAX)), AtomicU64::new(0));
        let allowed = Arc::clone(&limit);
        drive.watch(move |call| {
            let end = match call {
                Call::Length(end) if *end > length.swap(*end, Ordering::Relaxed) => *end,
                Call::Write { offset, bytes } => offset + bytes.len() as u64,
                Call::Length(_) | Call::Read | Call::Sync => 0,
            };
            if end > allowed.load(Ordering::Relaxed) { Err(kind.into()) } else { Ok(()) }
        });
        Self { drive, limit }
    }

    fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::Relaxed);
    }
}

fn blob(n: u8) -> Batch {
    Batch::new()
        .put(Key::new(Table::Blobs, [n]), vec![n; 300_000])
        .put(Key::new(Table::Heads, *b"blobs"), [n])
        .strict()
}

/// Fills a disk; what was acknowledged, and the error that ended it.
fn fill(store: &RedbStore) -> (u8, StoreError) {
    for n in 1..100 {
        if let Err(error) = block_on(store.apply(blob(n))) {
            return (n - 1, error);
        }
    }
    panic!("the disk had no end");
}

#[test]
fn a_full_disk_says_so_changes_nothing_and_works_again() {
    for kind in
        [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge]
    {
        let disk = Disk::new(kind);
        let store = disk.drive.open();
        disk.set_limit(disk.drive.len().unwrap() + (6 << 20));
        let (acknowledged, error) = fill(&store);
        assert!(matches!(error, StoreError::Full), "{error:?}");
        assert!(acknowledged > 3);
        let found = block_on(contents(&store));
        assert_eq!(found.len(), usize::from(acknowledged) + 1);
        assert_eq!(found.get(&Key::new(Table::Heads, *b"blobs")), Some(&vec![acknowledged]));
        // Making room with what is there must be possible while the disk is full.
        let room = Batch::new().delete(Key::new(Table::Blobs, [1])).strict();
        block_on(store.apply(room)).unwrap();
        block_on(store.apply(blob(1))).unwrap();
        disk.set_limit(u64::MAX);
        block_on(store.apply(blob(200))).unwrap();
        drop(store);
        assert_eq!(block_on(contents(&disk.drive.open())).len(), usize::from(acknowledged) + 2);
    }
}

#[test]
fn relaxed_batches_are_not_lost_behind_the_owners_back() {
    let disk = Disk::new(io::ErrorKind::StorageFull);
    let store = disk.drive.open();
    let relaxed = Batch::new().put(Key::new(Table::Packs, *b"relaxed"), *b"acknowledged");
    block_on(store.apply(relaxed)).unwrap();
    disk.set_limit(0);
    assert!(block_on(store.apply(blob(1))).is_err());
    disk.set_limit(u64::MAX);
    let key = Key::new(Table::Packs, *b"relaxed");
    match block_on(store.read(key)) {
        Ok(found) => assert_eq!(found, Some(b"acknowledged".to_vec())),
        Err(error) => assert!(matches!(error, StoreError::Closed), "{error:?}"),
    }
    // Whoever begins anew with what the disk has can go on with the same store.
    store.begin_anew();
    assert_eq!(block_on(store.read(Key::new(Table::Packs, *b"relaxed"))).unwrap(), None);
    block_on(store.apply(blob(2))).unwrap();
    drop(store);
    block_on(disk.drive.open().apply(blob(1))).unwrap();
}

#[test]
fn another_failure_of_the_disk_keeps_its_cause() {
    let disk = Disk::new(io::ErrorKind::PermissionDenied);
    let store = disk.drive.open();
    disk.set_limit(0);
    let error = block_on(store.apply(blob(1))).unwrap_err();
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref());
    assert_eq!(source.map(io::Error::kind), Some(io::ErrorKind::PermissionDenied));
}
