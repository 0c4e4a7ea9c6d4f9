//! A disk of bytes in memory, over which somebody watches who may refuse.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use redb::{Builder, DatabaseError, StorageBackend};

use crate::RedbStore;
use effigy_store::StoreError;

/// What redb asks of a disk.
#[derive(Debug)]
pub(super) enum Call<'a> {
    Length(u64),
    Read,
    Sync,
    Write { offset: u64, bytes: &'a [u8] },
}

/// Looks at each call before it happens, and may make it fail.
type Watcher = Box<dyn FnMut(&Call<'_>) -> io::Result<()> + Send>;

/// A disk. Clones are the same disk.
#[derive(Clone)]
pub(super) struct Drive {
    bytes: Arc<Mutex<Vec<u8>>>,
    watcher: Arc<Mutex<Watcher>>,
}

impl Drive {
    /// A disk with these bytes, that never fails.
    pub(super) fn holding(bytes: Vec<u8>) -> Self {
        let watcher: Watcher = Box::new(|_| Ok(()));
        Self { bytes: Arc::new(Mutex::new(bytes)), watcher: Arc::new(Mutex::new(watcher)) }
    }

    /// From now on somebody else watches.
    pub(super) fn watch(&self, watcher: impl FnMut(&Call<'_>) -> io::Result<()> + Send + 'static) {
        *self.watcher.lock().unwrap() = Box::new(watcher);
    }

    /// From now on nothing fails.
    pub(super) fn heal(&self) {
        self.watch(|_| Ok(()));
    }

    /// What is on it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }

    /// Opens a store on it.
    pub(super) fn try_open(&self) -> Result<RedbStore, StoreError> {
        let create = |drive: Self| Builder::new().create_with_backend(drive);
        let database = crate::handle::open(|| create(self.clone()))?;
        let drive = self.clone();
        RedbStore::with(database, move || -> Result<_, DatabaseError> { create(drive.clone()) })
    }

    pub(super) fn open(&self) -> RedbStore {
        self.try_open().unwrap()
    }

    fn admit(&self, call: &Call<'_>) -> io::Result<()> {
        (self.watcher.lock().unwrap())(call)
    }
}

impl fmt::Debug for Drive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drive").finish_non_exhaustive()
    }
}

impl StorageBackend for Drive {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.lock().unwrap().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.admit(&Call::Read)?;
        let bytes = self.bytes.lock().unwrap();
        let offset = offset as usize;
        let found = bytes.get(offset..offset + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.admit(&Call::Length(len))?;
        self.bytes.lock().unwrap().resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.admit(&Call::Sync)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.admit(&Call::Write { offset, bytes })?;
        let offset = offset as usize;
        self.bytes.lock().unwrap()[offset..offset + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}
