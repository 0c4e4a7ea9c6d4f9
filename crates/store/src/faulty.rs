//! A store that fails on purpose, after so many writes.

use std::cell::Cell;
use std::fmt;

use crate::{Batch, Key, Range, Store, StoreError, Usage};

/// What the first write that fails leaves behind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Everything: the batch landed, and only the answer was lost.
    Land,
    /// Nothing, as the contract promises when a store is full.
    Vanish,
    /// Half of the batch. No store may do this; it shows that the suite would notice.
    Tear,
}

/// Lets so many writes through and fails each one after that. Reads go on working, as on a disk
/// that is full.
#[derive(Debug)]
pub struct Faulty<S> {
    store: S,
    writes_left: Cell<u64>,
    failed: Cell<bool>,
    fault: Fault,
    error: fn() -> StoreError,
}

impl<S> Faulty<S> {
    /// Fails every write after the first `n_writes`, leaving nothing of it behind.
    pub fn after(n_writes: u64, store: S) -> Self {
        let error = || StoreError::Backend(Box::new(OnPurpose));
        let (writes_left, failed) = (Cell::new(n_writes), Cell::new(false));
        Self { store, writes_left, failed, fault: Fault::Vanish, error }
    }

    /// Says what the first failing write leaves behind; those after it leave nothing.
    #[must_use]
    pub fn leaving(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }

    /// Says how writes fail, for example `|| StoreError::Full`.
    #[must_use]
    pub fn failing_with(self, error: fn() -> StoreError) -> Self {
        Self { error, ..self }
    }

    /// Whether a write has failed yet.
    pub fn has_failed(&self) -> bool {
        self.failed.get()
    }

    /// The store below.
    pub fn into_inner(self) -> S {
        self.store
    }
}

impl<S: Store> Store for Faulty<S> {
    async fn apply(&self, mut batch: Batch) -> Result<(), StoreError> {
        let writes_left = self.writes_left.get();
        if writes_left > 0 {
            self.writes_left.set(writes_left - 1);
            return self.store.apply(batch).await;
        }
        if !self.failed.replace(true) {
            match self.fault {
                Fault::Land => self.store.apply(batch).await?,
                Fault::Vanish => {}
                Fault::Tear => {
                    batch.puts.truncate(batch.puts.len() / 2);
                    self.store.apply(batch).await?;
                }
            }
        }
        Err((self.error)())
    }

    async fn read(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.read(key).await
    }

    async fn scan(&self, range: Range) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.store.scan(range).await
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        self.store.usage().await
    }
}

/// The cause of a failure that a test asked for.
#[derive(Debug)]
struct OnPurpose;

impl fmt::Display for OnPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed on purpose")
    }
}

impl std::error::Error for OnPurpose {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::block_on;
    use crate::{MemoryStore, Table};

    fn batch(n: u8) -> Batch {
        Batch::new().put(Key::new(Table::Meta, [n]), [n]).put(Key::new(Table::Meta, [n, n]), [n])
    }

    fn records(store: &MemoryStore) -> u64 {
        block_on(store.usage()).unwrap().records()
    }

    #[test]
    fn writes_fail_from_the_nth_on() {
        let memory = MemoryStore::new();
        let store = Faulty::after(2, memory.clone()).failing_with(|| StoreError::Full);
        for n in 0..2 {
            block_on(store.apply(batch(n))).unwrap();
        }
        assert!(!store.has_failed());
        for n in 2..5 {
            assert!(matches!(block_on(store.apply(batch(n))), Err(StoreError::Full)));
        }
        assert!(store.has_failed());
        assert_eq!(records(&memory), 4);
    }

    #[test]
    fn only_the_first_failure_leaves_something_behind() {
        for (fault, left) in [(Fault::Vanish, 0), (Fault::Tear, 1), (Fault::Land, 2)] {
            let memory = MemoryStore::new();
            let store = Faulty::after(0, memory.clone()).leaving(fault);
            for n in 0..3 {
                assert!(block_on(store.apply(batch(n))).is_err());
            }
            assert_eq!(records(&memory), left, "{fault:?}");
        }
    }
}
