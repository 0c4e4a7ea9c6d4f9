//! Version 1: packs were called entries, and damaged records had no place of their own.

use effigy_store::Table;
use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::open::Upgrade;

/// What [`Table::Packs`] was.
pub(crate) const ENTRIES: &str = "entries";

/// The object stores that have not changed since.
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

/// Takes a database of version 1 to version 2.
pub(super) fn migrate(upgrade: &Upgrade<'_>) -> Result<(), JsValue> {
    let entries = upgrade.transaction.object_store(ENTRIES)?;
    // The setter of web-sys cannot report that a browser refuses.
    Reflect::set(&entries, &"name".into(), &Table::Packs.name().into())?;
    upgrade.database.create_object_store(Table::Quarantine.name())?;
    Ok(())
}

/// Makes a database as version 1 made it.
#[cfg(test)]
pub(crate) fn create(upgrade: &Upgrade<'_>) -> Result<(), JsValue> {
    for name in KEPT.iter().map(|table| table.name()).chain([ENTRIES]) {
        upgrade.database.create_object_store(name)?;
    }
    Ok(())
}
