//! The shape of the file, one version after another.
//!
//! The version is a record of its own table. A migration is one durable transaction with the new
//! version in it: a crash leaves the old shape or the new one. Old shapes stay described in their
//! modules for ever, since nobody knows which files are still out there.

pub(crate) mod v1;

use effigy_store::{StoreError, Table};
use redb::{
    Database, ReadableDatabase, TableDefinition, TableError, TableHandle, WriteTransaction,
};

use crate::error;

/// The newest shape.
pub(crate) const VERSION: u64 = 2;

/// A table: bytes by bytes.
pub(crate) type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Where the file says which shape it has.
pub(crate) const SCHEMA: TableDefinition<'static, &str, u64> = TableDefinition::new("schema");

/// The key of the version in [`SCHEMA`].
pub(crate) const VERSION_KEY: &str = "version";

/// Steps from each version to the next, the first one from version 1.
const MIGRATIONS: [Step; VERSION as usize - 1] = [v1::migrate];

/// A step from one version to the next, within the transaction of the whole migration.
type Step = fn(&WriteTransaction) -> Result<(), redb::Error>;

/// How redb knows a table of the store.
pub(crate) const fn definition(table: Table) -> Definition {
    TableDefinition::new(table.name())
}

/// Gives a database the newest shape.
pub(crate) fn prepare(database: &Database) -> Result<(), StoreError> {
    let found = version(database).map_err(error::redb)?;
    match found {
        Some(VERSION) => return Ok(()),
        Some(found) if found > VERSION => return Err(StoreError::Newer { found, known: VERSION }),
        Some(0) => {
            return Err(StoreError::Damaged(Box::new(redb::Error::Corrupted(
                "schema version 0 was never written".to_owned(),
            ))));
        }
        None | Some(_) => {}
    }
    migrate(database, found).map_err(error::redb)
}

/// The version of a database; `None` when it is empty.
fn version(database: &Database) -> Result<Option<u64>, redb::Error> {
    let transaction = database.begin_read()?;
    let unnamed = match transaction.open_table(SCHEMA) {
        Ok(table) => match table.get(VERSION_KEY)? {
            Some(version) => return Ok(Some(version.value())),
            None => "the schema version is missing",
        },
        Err(TableError::TableDoesNotExist(_)) => "tables without a schema version",
        Err(error) => return Err(error.into()),
    };
    match transaction.list_tables()?.next() {
        None => Ok(None),
        Some(table) => Err(redb::Error::Corrupted(format!("{unnamed} ({})", table.name()))),
    }
}

fn migrate(database: &Database, found: Option<u64>) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    match found {
        None => {
            for table in Table::ALL {
                transaction.open_table(definition(*table))?;
            }
        }
        Some(found) => {
            let done = usize::try_from(found).unwrap_or(usize::MAX).saturating_sub(1);
            for step in MIGRATIONS.iter().skip(done) {
                step(&transaction)?;
            }
        }
    }
    transaction.open_table(SCHEMA)?.insert(VERSION_KEY, VERSION)?;
    transaction.commit()?;
    Ok(())
}
