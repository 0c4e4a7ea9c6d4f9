//! One change of a store, as plain data.

use crate::{Key, Table};

/// How safe a batch must be before its writer is told that it landed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Durability {
    /// May be lost when the machine or the process dies soon after; never in part, and never an
    /// earlier batch without the later ones. For what others can give again.
    #[default]
    Relaxed,
    /// Survives the death of process and machine from the moment `apply` returns. For keys, own
    /// entries and fences: for everything nobody else can give again.
    Strict,
}

/// One change. All of it lands, or none of it.
///
/// Deletes are applied before puts, so a key that is in both holds the new value afterwards; of
/// two puts of one key the later one stays.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Batch {
    /// Values to write, over whatever was there.
    pub puts: Vec<(Key, Vec<u8>)>,
    /// Records to remove; one that is not there is no error.
    pub deletes: Vec<Key>,
    /// How safe this must be when `apply` returns.
    pub durability: Durability,
}

impl std::fmt::Debug for Batch {
    /// Values may be keys or what nobody but their owner may read, so only names are printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let puts: Vec<_> = self.puts.iter().map(|(key, value)| (key, value.len())).collect();
        f.debug_struct("Batch")
            .field("puts", &puts)
            .field("deletes", &self.deletes)
            .field("durability", &self.durability)
            .finish()
    }
}

impl Batch {
    /// A batch that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value to write.
    #[must_use]
    pub fn put(mut self, key: Key, value: impl Into<Vec<u8>>) -> Self {
        self.puts.push((key, value.into()));
        self
    }

    /// Adds a record to remove.
    #[must_use]
    pub fn delete(mut self, key: Key) -> Self {
        self.deletes.push(key);
        self
    }

    /// Asks that the batch be safe when `apply` returns.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.durability = Durability::Strict;
        self
    }

    /// Appends what another batch does. The result is strict when either was; deletes of both come
    /// before puts of both.
    pub fn extend(&mut self, other: Self) {
        self.puts.extend(other.puts);
        self.deletes.extend(other.deletes);
        if other.durability == Durability::Strict {
            self.durability = Durability::Strict;
        }
    }

    /// Whether the batch changes nothing.
    pub fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.deletes.is_empty()
    }

    /// The tables the batch touches, each once, in the order of [`Table::ALL`].
    pub fn tables(&self) -> Vec<Table> {
        let touched = |table: &Table| {
            self.puts.iter().any(|(key, _)| key.table == *table)
                || self.deletes.iter().any(|key| key.table == *table)
        };
        Table::ALL.iter().copied().filter(touched).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_printed() {
        let batch = Batch::new().put(Key::new(Table::Keys, *b"device"), *b"secret words");
        let printed = format!("{batch:?}");
        assert!(printed.contains("12") && !printed.contains("115, 101"), "{printed}");
    }

    #[test]
    fn a_batch_grows_and_names_its_tables() {
        let mut batch = Batch::new().put(Key::new(Table::Packs, [1]), [2]);
        assert_eq!(batch.durability, Durability::Relaxed);
        batch.extend(Batch::new().delete(Key::new(Table::Blobs, [3])).strict());
        assert_eq!(batch.durability, Durability::Strict);
        assert_eq!(batch.tables(), [Table::Blobs, Table::Packs]);
        assert!(!batch.is_empty());
        assert!(Batch::new().strict().is_empty());
    }
}
