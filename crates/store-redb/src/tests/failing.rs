//! R20: of all that an operation asks of the disk, the nth fails, for every n. Whoever asked is told,
//! nothing happens in part, and when the disk is whole again everything that was acknowledged is there.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use effigy_store::suite::{block_on, contents};
use effigy_store::{Batch, Key, Range, Store, StoreError, Table};

use super::drive::{Call, Drive};
use crate::{RedbStore, schema};

/// More calls than any operation here makes.
const MANY: usize = 5_000;

/// How the disk fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Failure {
    /// One call, and then it is well.
    Once,
    /// From that call on.
    Onwards,
}

/// Something that is asked of a store, and whether it changes anything.
struct Operation {
    name: &'static str,
    /// What the disk holds before.
    before: fn() -> Vec<u8>,
    run: fn(&Drive) -> Result<(), StoreError>,
}

const OPERATIONS: [Operation; 13] = [
    Operation { name: "open", before: closed, run: |drive| drive.try_open().map(drop) },
    Operation {
        name: "open after a crash",
        before: crashed,
        run: |drive| drive.try_open().map(drop),
    },
    Operation { name: "migrate", before: old, run: |drive| drive.try_open().map(drop) },
    Operation { name: "put", before: closed, run: |drive| apply(drive, put(b"new", 10)) },
    Operation { name: "put relaxed", before: closed, run: |drive| apply(drive, relaxed(b"new")) },
    Operation { name: "put much", before: closed, run: |drive| apply(drive, put(b"new", 300_000)) },
    Operation {
        name: "overwrite",
        before: closed,
        run: |drive| apply(drive, put(b"key 3", 5_000)),
    },
    Operation { name: "delete", before: closed, run: |drive| apply(drive, delete(b"key 3")) },
    Operation {
        name: "put and delete",
        before: closed,
        run: |drive| apply(drive, delete(b"key 3").put(key(b"new"), vec![7; 5_000])),
    },
    Operation {
        name: "flush",
        before: closed,
        run: |drive| {
            let store = drive.try_open()?;
            block_on(store.apply(relaxed(b"new")))?;
            store.flush()
        },
    },
    Operation {
        name: "read",
        before: closed,
        run: |drive| {
            let found = block_on(drive.try_open()?.read(key(b"key 3")))?;
            assert_eq!(found, Some(value(3)));
            Ok(())
        },
    },
    Operation {
        name: "scan",
        before: closed,
        run: |drive| {
            let found = block_on(drive.try_open()?.scan(Range::all(Table::Packs)))?;
            assert_eq!(found.len(), 10);
            Ok(())
        },
    },
    Operation {
        name: "usage",
        before: closed,
        run: |drive| {
            let store = drive.try_open()?;
            assert_eq!(block_on(store.usage())?.records(), 10);
            assert_eq!(store.records(Table::Packs)?, 10);
            Ok(())
        },
    },
];

#[test]
fn whichever_call_fails_whoever_asked_is_told_and_nothing_happens_in_part() {
    for operation in &OPERATIONS {
        let before = (operation.before)();
        let expected = outcomes(operation, &before);
        for failure in [Failure::Once, Failure::Onwards] {
            let n_calls =
                (1..MANY).take_while(|nth| fails_at(operation, &before, *nth, failure, &expected));
            let n_calls = n_calls.count();
            println!("{}: {n_calls} calls, each failed {failure:?}", operation.name);
            assert!(n_calls > 3 && n_calls < MANY - 1, "{}: {n_calls} calls", operation.name);
        }
    }
}

/// What a store holds before an operation and after it.
fn outcomes(operation: &Operation, held: &[u8]) -> [BTreeMap<Key, Vec<u8>>; 2] {
    let before = block_on(contents(&Drive::holding(held.to_vec()).open()));
    let drive = Drive::holding(held.to_vec());
    (operation.run)(&drive).unwrap();
    [before, block_on(contents(&drive.open()))]
}

/// Runs an operation whose nth call fails. Whether it came that far.
fn fails_at(
    operation: &Operation,
    held: &[u8],
    nth: usize,
    failure: Failure,
    expected: &[BTreeMap<Key, Vec<u8>>; 2],
) -> bool {
    let what = format!("{}, call {nth} failed {failure:?}", operation.name);
    let drive = Drive::holding(held.to_vec());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    drive.watch(move |_: &Call<'_>| {
        let n = counted.fetch_add(1, Ordering::Relaxed) + 1;
        let fails = n == nth || (failure == Failure::Onwards && n > nth);
        if fails { Err(io::ErrorKind::Other.into()) } else { Ok(()) }
    });
    let ran = (operation.run)(&drive);
    let came_that_far = calls.load(Ordering::Relaxed) >= nth;
    drive.heal();
    match &ran {
        Ok(()) | Err(StoreError::Backend(_)) => (),
        Err(error) => panic!("{what}: {error:?}"),
    }
    let found = match drive.try_open() {
        Ok(store) => block_on(contents(&store)),
        Err(error) => panic!("{what}: cannot be opened afterwards: {error}"),
    };
    let [before, after] = expected;
    assert!(found == *before || found == *after, "{what}: something happened in part");
    // A relaxed batch may be lost; what was acknowledged otherwise may not. What fails behind an
    // acknowledgement, when the store is closed, is nobody's loss either.
    let is_acknowledged = ran.is_ok() && operation.name != "put relaxed";
    assert!(!is_acknowledged || found == *after, "{what}: acknowledged and lost");
    assert!(came_that_far || ran.is_ok(), "{what}: failed without a reason");
    came_that_far
}

/// After a failure the same store goes on, as soon as the disk does.
#[test]
fn a_store_outlives_every_single_failure() {
    for nth in 1..MANY {
        let drive = Drive::holding(closed());
        let store = drive.open();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        drive.watch(move |_: &Call<'_>| {
            let n = counted.fetch_add(1, Ordering::Relaxed) + 1;
            if n == nth { Err(io::ErrorKind::Other.into()) } else { Ok(()) }
        });
        let applied = block_on(store.apply(put(b"new", 5_000)));
        if calls.load(Ordering::Relaxed) < nth {
            assert!(applied.is_ok() && nth > 3);
            return;
        }
        let found = block_on(contents(&store));
        assert_eq!(found.contains_key(&key(b"new")), applied.is_ok() || found.len() == 11, "{nth}");
        block_on(store.apply(put(b"newer", 5_000))).unwrap();
        assert!(block_on(contents(&store)).contains_key(&key(b"newer")), "{nth}");
    }
    panic!("the operation has no end");
}

fn apply(drive: &Drive, batch: Batch) -> Result<(), StoreError> {
    block_on(drive.try_open()?.apply(batch))
}

fn key(name: &[u8]) -> Key {
    Key::new(Table::Packs, name)
}

fn value(n: u8) -> Vec<u8> {
    vec![n; usize::from(n) * 700]
}

fn put(name: &[u8], length: usize) -> Batch {
    Batch::new().put(key(name), vec![9; length]).strict()
}

fn relaxed(name: &[u8]) -> Batch {
    Batch::new().put(key(name), vec![9; 10])
}

fn delete(name: &[u8]) -> Batch {
    Batch::new().delete(key(name)).strict()
}

/// A store that was used.
fn used(drive: &Drive) -> RedbStore {
    let store = drive.open();
    for n in 0..10 {
        let name = format!("key {n}");
        block_on(store.apply(Batch::new().put(key(name.as_bytes()), value(n)).strict())).unwrap();
    }
    store
}

/// What is on a disk after a store was closed.
fn closed() -> Vec<u8> {
    let drive = Drive::holding(Vec::new());
    drop(used(&drive));
    drive.bytes()
}

/// What is on a disk while a store is open.
fn crashed() -> Vec<u8> {
    let drive = Drive::holding(Vec::new());
    let _store = used(&drive);
    drive.bytes()
}

/// What version 1 wrote.
fn old() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.redb");
    schema::v1::fixture(&path);
    std::fs::read(path).unwrap()
}
