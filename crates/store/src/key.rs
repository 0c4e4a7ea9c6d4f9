//! Names of records: a table and some bytes.

use std::fmt;

/// A table of the store: one object store in IndexedDB, one table in redb.
///
/// Tables differ in who needs them and how much it hurts to lose them; adding one needs a new
/// schema version in every adapter.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Table {
    /// Blobs by name: whole, or in chunks while they arrive.
    Blobs,
    /// What a person has begun to write.
    Drafts,
    /// The newest entry known of each feed, and the fence before own signatures.
    Heads,
    /// Own keys, sealed.
    Keys,
    /// Settings and counters of this installation.
    Meta,
    /// Entries, many to a value (see [`crate::pack`]).
    Packs,
    /// What is known of peers: addresses, give and take.
    Peers,
    /// Records found damaged, out of the way of everything else.
    Quarantine,
    /// Who has confirmed to hold which own entries.
    Receipts,
}

impl Table {
    /// Every table.
    pub const ALL: &[Self] = &[
        Self::Blobs,
        Self::Drafts,
        Self::Heads,
        Self::Keys,
        Self::Meta,
        Self::Packs,
        Self::Peers,
        Self::Quarantine,
        Self::Receipts,
    ];

    /// The name under which every adapter keeps the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blobs => "blobs",
            Self::Drafts => "drafts",
            Self::Heads => "heads",
            Self::Keys => "keys",
            Self::Meta => "meta",
            Self::Packs => "packs",
            Self::Peers => "peers",
            Self::Quarantine => "quarantine",
            Self::Receipts => "receipts",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of one record.
///
/// Keys of a table are ordered by their bytes, a prefix before what it begins. An empty key is a
/// key like any other.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Key {
    /// Where the record is.
    pub table: Table,
    /// Which record it is.
    pub bytes: Vec<u8>,
}

impl Key {
    /// Names a record.
    pub fn new(table: Table, bytes: impl Into<Vec<u8>>) -> Self {
        Self { table, bytes: bytes.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_listed_once_in_order() {
        assert!(Table::ALL.windows(2).all(|pair| pair[0].name() < pair[1].name()));
        for (position, table) in Table::ALL.iter().enumerate() {
            assert_eq!(*table as usize, position, "{table}");
        }
    }
}
