//! A disk that forgets, when its machine dies, what was not made durable.

use std::collections::BTreeMap;
use std::ops::RangeBounds as _;

use effigy_store::{Batch, Durability, Key, Range, Table};

/// What a machine has written, and what of it would survive.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    durable: BTreeMap<Key, Vec<u8>>,
    /// Batches since the last strict one, in their order. A crash keeps only the first few.
    loose: Vec<Batch>,
    /// After so many more writes every write fails, as on a full disk.
    pub writes_left: Option<u64>,
    /// After so many more writes the machine dies while it writes.
    pub dies_after: Option<u64>,
}

impl Disk {
    /// An empty disk with all the room in the world.
    pub(crate) const fn new() -> Self {
        Self { durable: BTreeMap::new(), loose: Vec::new(), writes_left: None, dies_after: None }
    }

    /// Applies a batch. Tells whether it was kept; one that was not changed nothing.
    pub fn apply(&mut self, batch: Batch) -> bool {
        match &mut self.writes_left {
            Some(0) => return false,
            Some(left) => *left = left.saturating_sub(1),
            None => (),
        }
        let strict = batch.durability == Durability::Strict;
        self.loose.push(batch);
        if strict {
            self.settle(usize::MAX);
        }
        true
    }

    /// Whether the machine dies during the write that comes now.
    pub(crate) const fn dies_now(&mut self) -> bool {
        match self.dies_after {
            Some(0) => {
                self.dies_after = None;
                true
            }
            Some(left) => {
                self.dies_after = Some(left.saturating_sub(1));
                false
            }
            None => false,
        }
    }

    /// The machine dies: of the loose batches the first `kept` had reached the disk.
    pub fn crash(&mut self, kept: usize) {
        self.settle(kept);
    }

    /// How many batches a crash may lose.
    pub fn loose(&self) -> usize {
        self.loose.len()
    }

    /// Reads a value.
    pub fn read(&self, key: &Key) -> Option<Vec<u8>> {
        let mut found = self.durable.get(key);
        for batch in &self.loose {
            if batch.deletes.contains(key) {
                found = None;
            }
            if let Some((_, value)) = batch.puts.iter().rev().find(|(put, _)| put == key) {
                found = Some(value);
            }
        }
        found.cloned()
    }

    /// All durable records of a table, in the order of their keys.
    pub fn table(&self, table: Table) -> Vec<(Vec<u8>, Vec<u8>)> {
        let of_table = self.durable.iter().filter(|(key, _)| key.table == table);
        of_table.map(|(key, value)| (key.bytes.clone(), value.clone())).collect()
    }

    /// The records of a range, in the order of their keys, as they are now.
    pub fn scan(&self, range: &Range) -> Vec<(Vec<u8>, Vec<u8>)> {
        let bounds = (range.start.clone(), range.end.clone());
        let within = |key: &Key| key.table == range.table && bounds.contains(&key.bytes);
        let mut found: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let durable = self.durable.iter().filter(|(key, _)| within(key));
        found.extend(durable.map(|(key, value)| (key.bytes.clone(), value.clone())));
        for batch in &self.loose {
            for key in batch.deletes.iter().filter(|key| within(key)) {
                found.remove(&key.bytes);
            }
            let puts = batch.puts.iter().filter(|(key, _)| within(key));
            found.extend(puts.map(|(key, value)| (key.bytes.clone(), value.clone())));
        }
        found.into_iter().collect()
    }

    fn settle(&mut self, kept: usize) {
        for batch in self.loose.drain(..).take(kept) {
            for key in &batch.deletes {
                self.durable.remove(key);
            }
            self.durable.extend(batch.puts);
        }
    }
}
