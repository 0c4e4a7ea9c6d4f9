//! The shape of the database, one version after another.
//!
//! The whole upgrade is one transaction of the browser: a crash leaves the old shape or the new
//! one. Old shapes stay described in their modules for ever, since nobody knows which databases
//! are still out there.

pub(crate) mod v1;

use effigy_store::{StoreError, Table};
use rexie::{ObjectStore, Rexie};
use wasm_bindgen::JsValue;

use crate::failure;
use crate::open::Upgrade;

/// The newest shape.
pub(crate) const VERSION: u32 = 2;

/// Brings a database to the newest shape, one version after another.
pub(crate) fn upgrade(upgrade: &Upgrade<'_>) -> Result<(), JsValue> {
    if upgrade.old_version == 0 {
        for table in Table::ALL {
            upgrade.database.create_object_store(table.name())?;
        }
        return Ok(());
    }
    if upgrade.old_version < 2 {
        v1::migrate(upgrade)?;
    }
    Ok(())
}

/// Opens rexie's connection to a database that has the newest shape.
///
/// rexie deletes every object store that is not listed here when it upgrades a database. It never
/// does, since [`upgrade`] was there before; the list is complete all the same.
pub(crate) async fn open_rexie(name: &str) -> Result<Rexie, StoreError> {
    let builder =
        Table::ALL.iter().fold(Rexie::builder(name).version(VERSION), |builder, table| {
            builder.add_object_store(ObjectStore::new(table.name()))
        });
    builder.build().await.map_err(failure::opening)
}
