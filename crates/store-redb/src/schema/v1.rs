//! Version 1: packs were called entries, and damaged records had no place of their own.

use effigy_store::Table;
use redb::{TableDefinition, WriteTransaction};

use super::{Definition, definition};

/// What [`Table::Packs`] was.
pub(crate) const ENTRIES: Definition = TableDefinition::new("entries");

/// The tables that have not changed since.
#[cfg(test)]
pub(crate) const KEPT: [Table; 7] = [
    Table::Blobs,
    Table::Drafts,
    Table::Heads,
    Table::Keys,
    Table::Meta,
    Table::Peers,
    Table::Receipts,
];

/// Takes a file of version 1 to version 2.
pub(super) fn migrate(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.rename_table(ENTRIES, definition(Table::Packs))?;
    transaction.open_table(definition(Table::Quarantine))?;
    Ok(())
}

/// Makes a file as version 1 made it, with one record in each table.
#[cfg(test)]
pub(crate) fn fixture(path: &std::path::Path) {
    let database = redb::Database::create(path).unwrap();
    let transaction = database.begin_write().unwrap();
    for table in KEPT.map(definition).into_iter().chain([ENTRIES]) {
        let name = redb::TableHandle::name(&table).to_owned();
        let mut table = transaction.open_table(table).unwrap();
        table.insert(&b"key"[..], name.as_bytes()).unwrap();
    }
    transaction.open_table(super::SCHEMA).unwrap().insert(super::VERSION_KEY, 1).unwrap();
    transaction.commit().unwrap();
}
