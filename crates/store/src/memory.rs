//! A store that forgets when its last owner is dropped.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::{Batch, Key, Range, Store, StoreError, Table, TableUsage, Usage};

/// One table: values by key.
type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// Keeps bytes in memory.
///
/// Clones share the same data: keep one, drop another and you have restarted a program with its
/// disk intact.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    tables: Rc<RefCell<BTreeMap<Table, Rows>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Store for MemoryStore {
    async fn apply(&self, batch: Batch) -> Result<(), StoreError> {
        let mut tables = self.tables.borrow_mut();
        for key in batch.deletes {
            if let Some(rows) = tables.get_mut(&key.table) {
                rows.remove(&key.bytes);
            }
        }
        for (key, value) in batch.puts {
            tables.entry(key.table).or_default().insert(key.bytes, value);
        }
        Ok(())
    }

    async fn read(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        let tables = self.tables.borrow();
        Ok(tables.get(&key.table).and_then(|rows| rows.get(&key.bytes)).cloned())
    }

    async fn scan(&self, range: Range) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        let tables = self.tables.borrow();
        let Some(rows) = tables.get(&range.table).filter(|_| !range.is_empty()) else {
            return Ok(Vec::new());
        };
        let found = rows.range((range.start, range.end));
        let found = found.map(|(key, value)| (key.clone(), value.clone()));
        Ok(match range.reverse {
            false => found.take(range.limit).collect(),
            true => found.rev().take(range.limit).collect(),
        })
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        let mut usage = Usage::default();
        for (table, rows) in self.tables.borrow().iter() {
            let bytes = rows.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum();
            usage.note(*table, TableUsage { bytes, records: rows.len() as u64 });
        }
        Ok(usage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Place;

    struct Memory(MemoryStore);

    impl Place for Memory {
        type Store = MemoryStore;

        async fn fresh(_name: &str) -> Self {
            Self(MemoryStore::new())
        }

        async fn open(&self) -> MemoryStore {
            self.0.clone()
        }
    }

    crate::store_suite!(Memory);
}
