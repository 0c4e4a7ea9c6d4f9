//! The hub's store, watched: how much is on it, and whether it still takes what it is given.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use effigy_store::pack::Pack;
use effigy_store::{Batch, Key, Range, Store, StoreError, Table, Usage};
use effigy_store_redb::RedbStore;
use tokio::time::Instant;

/// A disk that is asked for longer than this counts as broken.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is known of the store on other threads.
#[derive(Debug, Default)]
pub(crate) struct ShelfState {
    /// Since when the disk owes an answer.
    asked: Mutex<Option<Instant>>,
    blobs: AtomicU64,
    entries: AtomicU64,
    failures: AtomicU64,
    /// The last write found no room.
    is_full: AtomicBool,
    /// The last write did not succeed.
    is_failing: AtomicBool,
    path: PathBuf,
}

impl ShelfState {
    /// Of a store in this file.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, ..Self::default() }
    }

    /// Blobs on the shelf.
    pub(crate) fn blobs(&self) -> u64 {
        self.blobs.load(Ordering::Relaxed)
    }

    /// Bytes of the file.
    pub(crate) fn bytes(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// The store's file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Entries on the shelf.
    pub(crate) fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }

    /// Reads and writes that failed.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Whether the last write found no room.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }

    /// Whether the last write succeeded and the disk answers.
    pub(crate) fn is_ok(&self) -> bool {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_prompt = asked.is_none_or(|asked| asked.elapsed() < PATIENCE);
        is_prompt && !self.is_failing.load(Ordering::Relaxed)
    }

    fn ask(&self, since: Option<Instant>) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn count_entries(&self, more: u64, fewer: u64) {
        let entries = self.entries().saturating_add(more).saturating_sub(fewer);
        self.entries.store(entries, Ordering::Relaxed);
    }
}

/// The store of a hub.
pub(crate) struct Shelf<'a> {
    state: &'a ShelfState,
    store: RedbStore,
}

impl<'a> Shelf<'a> {
    /// Opens the store, making it when there is none.
    ///
    /// # Errors
    /// As [`RedbStore::open`].
    pub(crate) fn open(state: &'a ShelfState) -> Result<Self, StoreError> {
        let shelf = Self { store: RedbStore::open(&state.path)?, state };
        shelf.count_blobs()?;
        Ok(shelf)
    }

    fn count_blobs(&self) -> Result<(), StoreError> {
        self.state.blobs.store(self.store.records(Table::Blobs)?, Ordering::Relaxed);
        Ok(())
    }

    /// Notes how it went.
    fn noted<T>(&self, result: Result<T, StoreError>, is_write: bool) -> Result<T, StoreError> {
        self.state.ask(None);
        if result.is_err() {
            self.state.failures.fetch_add(1, Ordering::Relaxed);
        }
        if is_write {
            let is_full = matches!(result, Err(StoreError::Full));
            self.state.is_full.store(is_full, Ordering::Relaxed);
        }
        if is_write || result.is_err() {
            self.state.is_failing.store(result.is_err(), Ordering::Relaxed);
        }
        result
    }

    /// Entries in packs that this batch takes away or writes over.
    async fn entries_replaced(&self, batch: &Batch) -> Result<u64, StoreError> {
        let written = batch.puts.iter().map(|(key, _)| key);
        let mut keys: Vec<&Key> = batch.deletes.iter().chain(written).collect();
        keys.retain(|key| key.table == Table::Packs);
        keys.sort_unstable();
        keys.dedup();
        let mut n_entries = 0;
        for key in keys {
            n_entries += self.store.read(key.clone()).await?.map_or(0, |bytes| n_records(&bytes));
        }
        Ok(n_entries)
    }
}

impl Store for Shelf<'_> {
    async fn apply(&self, batch: Batch) -> Result<(), StoreError> {
        self.state.ask(Some(Instant::now()));
        let replaced = self.entries_replaced(&batch).await;
        let replaced = self.noted(replaced, true)?;
        let packs = batch.puts.iter().filter(|(key, _)| key.table == Table::Packs);
        let added = packs.map(|(_, bytes)| n_records(bytes)).sum();
        let has_blobs = batch.tables().contains(&Table::Blobs);
        self.state.ask(Some(Instant::now()));
        let applied = self.store.apply(batch).await;
        self.noted(applied, true)?;
        self.state.count_entries(added, replaced);
        if has_blobs {
            self.count_blobs()?;
        }
        Ok(())
    }

    async fn read(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.state.ask(Some(Instant::now()));
        let found = self.store.read(key).await;
        self.noted(found, false)
    }

    async fn scan(&self, range: Range) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.state.ask(Some(Instant::now()));
        // A node reads all packs when it begins, from the first on; that is when they are counted.
        let is_packs = range.table == Table::Packs;
        let is_first = range.start == std::ops::Bound::Unbounded;
        if is_packs && is_first {
            self.state.entries.store(0, Ordering::Relaxed);
        }
        // And this is what it reads first.
        if range.table == Table::Meta && is_first {
            self.store.begin_anew();
        }
        let found = self.store.scan(range).await;
        let found = self.noted(found, false)?;
        if is_packs {
            self.state.count_entries(found.iter().map(|(_, pack)| n_records(pack)).sum(), 0);
        }
        Ok(found)
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        self.store.usage().await
    }
}

impl Drop for Shelf<'_> {
    fn drop(&mut self) {
        // Dropping the store makes what waits durable too; this way a failure is counted.
        let flushed = self.store.flush();
        let _ = self.noted(flushed, true);
    }
}

fn n_records(pack: &[u8]) -> u64 {
    Pack::open(pack).map_or(0, |pack| pack.records().count() as u64)
}

#[cfg(test)]
mod tests {
    use effigy_store::pack;

    use super::*;

    fn pack(n_records: usize) -> Vec<u8> {
        pack::encode(&vec![b"record".as_slice(); n_records]).unwrap()
    }

    fn key(name: &[u8]) -> Key {
        Key::new(Table::Packs, name)
    }

    #[tokio::test]
    async fn entries_and_blobs_are_counted_through_every_change() {
        let folder = tempfile::tempdir().unwrap();
        let state = ShelfState::new(folder.path().join("hub.redb"));
        let shelf = Shelf::open(&state).unwrap();
        let blob = Key::new(Table::Blobs, b"b");
        let batch = Batch::new().put(key(b"1"), pack(3)).put(key(b"2"), pack(4));
        shelf.apply(batch.put(blob.clone(), b"blob").strict()).await.unwrap();
        assert_eq!((state.entries(), state.blobs()), (7, 1));
        shelf.apply(Batch::new().put(key(b"2"), pack(1)).put(blob.clone(), b"b")).await.unwrap();
        assert_eq!((state.entries(), state.blobs()), (4, 1));
        shelf.apply(Batch::new().delete(key(b"1")).delete(blob)).await.unwrap();
        assert_eq!((state.entries(), state.blobs()), (1, 0));
        drop(shelf);
        assert!(state.is_ok() && state.bytes() > 0 && state.failures() == 0);
        let again = Shelf::open(&state).unwrap();
        again.scan(Range::all(Table::Packs)).await.unwrap();
        assert_eq!(state.entries(), 1);
    }
}
