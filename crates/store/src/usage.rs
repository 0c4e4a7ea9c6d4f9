//! How much a store holds.

use crate::Table;

/// What one table holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TableUsage {
    /// Bytes of keys and values; an adapter may estimate them from a sample.
    pub bytes: u64,
    /// Number of records, exact.
    pub records: u64,
}

/// What a store holds, table by table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Usage {
    tables: [TableUsage; Table::ALL.len()],
}

impl Usage {
    /// What one table holds.
    pub fn of(&self, table: Table) -> TableUsage {
        self.tables.get(table as usize).copied().unwrap_or_default()
    }

    /// Notes what one table holds; for adapters.
    pub fn note(&mut self, table: Table, usage: TableUsage) {
        if let Some(slot) = self.tables.get_mut(table as usize) {
            *slot = usage;
        }
    }

    /// Bytes of all tables.
    pub fn bytes(&self) -> u64 {
        self.tables.iter().map(|table| table.bytes).fold(0, u64::saturating_add)
    }

    /// Records of all tables.
    pub fn records(&self) -> u64 {
        self.tables.iter().map(|table| table.records).fold(0, u64::saturating_add)
    }
}
