//! The store of the hub and the command line: one file, through redb.
//!
//! Every verb blocks until the disk has answered, so the store belongs to a task of its own
//! thread. There is one writer: a second process, or a second [`RedbStore::open`], is refused.
//!
//! **What durability means here.** A strict batch is on the disk when `apply` returns. A relaxed
//! one is in memory until the next strict batch, [`RedbStore::flush`], the drop of the store, or
//! [`RELAXED_BATCHES`] further ones, whichever is first: a killed process loses it, unlike in a
//! browser. So a hub writes strictly whatever it acknowledges to others.
#![cfg(not(target_family = "wasm"))]

mod error;
mod guard;
mod handle;
mod schema;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::rc::Rc;

use effigy_store::{Batch, Durability, Key, Range, Store, StoreError, Table, TableUsage, Usage};
use redb::{Builder, Database, DatabaseError, ReadableDatabase, ReadableTableMetadata};

use handle::Handle;

/// How many relaxed batches may wait in memory before one is made durable, and those before it
/// with it.
pub const RELAXED_BATCHES: usize = 64;

/// Bytes of the cache of pages (64 MiB): a hub runs on small machines, and redb's own default
/// would be a gigabyte.
const CACHE: usize = 64 << 20;

/// Keeps bytes in one file. Clones are handles to the same open file.
#[derive(Clone, Debug)]
pub struct RedbStore {
    handle: Rc<Handle>,
}

impl RedbStore {
    /// Opens the file, making it when it is not there, and migrates it when it is old. Nobody but
    /// its owner may read a file that is made here.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer version wrote the file, [`StoreError::Damaged`] when it
    /// is no store, [`StoreError::Backend`] when it is open elsewhere or may not be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let is_new = !path.exists();
        if is_new {
            make(&path)?;
        }
        let store = Self::open_existing(path)?;
        store.handle.is_new.set(is_new);
        Ok(store)
    }

    /// Opens a file that is already there, and migrates it when it is old. For whoever only looks:
    /// a mistyped path must not become a new store.
    ///
    /// # Errors
    /// As [`RedbStore::open`], and [`StoreError::Backend`] when there is no such file.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let database = handle::open(|| builder().open(&path))?;
        Self::with(database, move || builder().open(&path))
    }

    /// Makes every relaxed batch durable.
    ///
    /// # Errors
    /// As [`Store::apply`].
    pub fn flush(&self) -> Result<(), StoreError> {
        if self.handle.relaxed() == 0 {
            return Ok(());
        }
        self.handle.run(|database| write(database, &Batch::new(), redb::Durability::Immediate))?;
        self.handle.wrote_durably();
        Ok(())
    }

    /// The owner begins anew, and counts on nothing but what is on the disk: relaxed batches that an
    /// error of the disk took along are forgotten, and a store that stayed closed for their sake is
    /// opened again by the next verb.
    pub fn begin_anew(&self) {
        self.handle.begin_anew();
    }

    /// How many records a table has, without reading any of them.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn records(&self, table: Table) -> Result<u64, StoreError> {
        self.handle.run(|database| {
            let transaction = database.begin_read()?;
            Ok(transaction.open_table(schema::definition(table))?.len()?)
        })
    }

    /// Whether [`RedbStore::open`] found nothing and began a new store.
    pub fn is_new(&self) -> bool {
        self.handle.is_new.get()
    }

    fn with(
        database: Database,
        reopen: impl Fn() -> Result<Database, DatabaseError> + 'static,
    ) -> Result<Self, StoreError> {
        match guard::guarded(|| schema::prepare(&database)).flatten() {
            Ok(()) => Ok(Self { handle: Rc::new(Handle::new(database, Box::new(reopen))) }),
            Err(error) => {
                handle::close(database);
                Err(error)
            }
        }
    }
}

impl Store for RedbStore {
    async fn apply(&self, batch: Batch) -> Result<(), StoreError> {
        let durable =
            batch.durability == Durability::Strict || self.handle.relaxed() + 1 >= RELAXED_BATCHES;
        if batch.is_empty() && batch.durability == Durability::Relaxed {
            return Ok(());
        }
        let durability = if durable { redb::Durability::Immediate } else { redb::Durability::None };
        self.handle.run(|database| write(database, &batch, durability))?;
        if durable {
            self.handle.wrote_durably();
        } else {
            self.handle.wrote_relaxed();
        }
        Ok(())
    }

    async fn read(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.handle.run(|database| {
            let transaction = database.begin_read()?;
            let table = transaction.open_table(schema::definition(key.table))?;
            Ok(table.get(key.bytes.as_slice())?.map(|value| value.value().to_vec()))
        })
    }

    async fn scan(&self, range: Range) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        self.handle.run(|database| {
            let transaction = database.begin_read()?;
            let table = transaction.open_table(schema::definition(range.table))?;
            let start = range.start.as_ref().map(Vec::as_slice);
            let end = range.end.as_ref().map(Vec::as_slice);
            let mut rows = table.range::<&[u8]>((start, end))?;
            let mut next = || if range.reverse { rows.next_back() } else { rows.next() };
            let mut found = Vec::new();
            while found.len() < range.limit {
                let Some(row) = next() else { break };
                let (key, value) = row?;
                found.push((key.value().to_vec(), value.value().to_vec()));
            }
            Ok(found)
        })
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        self.handle.run(|database| {
            let transaction = database.begin_read()?;
            let mut usage = Usage::default();
            for table in Table::ALL {
                let open = transaction.open_table(schema::definition(*table))?;
                let bytes = open.stats()?.stored_bytes();
                usage.note(*table, TableUsage { bytes, records: open.len()? });
            }
            Ok(usage)
        })
    }
}

/// Writes a batch as one transaction.
fn write(
    database: &Database,
    batch: &Batch,
    durability: redb::Durability,
) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(durability)?;
    for name in batch.tables() {
        let mut table = transaction.open_table(schema::definition(name))?;
        for key in batch.deletes.iter().filter(|key| key.table == name) {
            table.remove(key.bytes.as_slice())?;
        }
        for (key, value) in batch.puts.iter().filter(|(key, _)| key.table == name) {
            table.insert(key.bytes.as_slice(), value.as_slice())?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Makes a new store, aside, and gives it its name when it is whole: a machine that dies meanwhile
/// leaves no store, and never half of one.
fn make(path: &Path) -> Result<(), StoreError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    let file = owned(options).open(&aside).map_err(error::io)?;
    let database = handle::open(|| builder().create_file(file))?;
    let prepared = guard::guarded(|| schema::prepare(&database)).flatten();
    handle::close(database);
    prepared?;
    std::fs::rename(&aside, path).map_err(error::io)?;
    sync_folder(path)
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder
}

/// Keeps what is made from the eyes of other users of the machine: it will hold keys.
#[cfg(unix)]
fn owned(mut options: OpenOptions) -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn owned(options: OpenOptions) -> OpenOptions {
    options
}

/// Makes the name of a new file as durable as its contents.
#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new("."))).map_err(error::io)?;
    folder.sync_all().map_err(error::io)
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}
