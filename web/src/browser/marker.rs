//! A mark beside the store that says: there is an account in this browser.
//!
//! Browsers sometimes replace a damaged database by an empty one without a word. Whoever finds the
//! mark but no keys must not take the person for a newcomer.

use effigy_core::Identity;
use leptos::prelude::window;
use web_sys::Storage;

/// The name of the record.
const NAME: &str = "effigy.account";
/// The name of the record of this device.
const DEVICE: &str = "effigy.device";
/// The name of the record that a backup is being restored.
const RESTORING: &str = "effigy.restoring";

/// Whether there is, or was, an account here.
pub(crate) fn is_set() -> bool {
    storage().is_some_and(|storage| matches!(storage.get_item(NAME), Ok(Some(_))))
}

/// The account that is, or was, here.
pub(crate) fn account() -> Option<Identity> {
    storage()?.get_item(NAME).ok()??.parse().ok()
}

/// Marks the account. Tells whether the browser kept it.
pub(crate) fn set(account: &Identity) -> bool {
    storage().is_some_and(|storage| storage.set_item(NAME, &account.to_string()).is_ok())
}

/// Writes down which device of the account this is.
pub(crate) fn set_device(device: &Identity) {
    if let Some(storage) = storage() {
        // Where it cannot be kept, the person says which device this was.
        storage.set_item(DEVICE, &device.to_string()).unwrap_or_default();
    }
}

/// Which device this was when it last had its keys.
pub(crate) fn device() -> Option<Identity> {
    storage()?.get_item(DEVICE).ok()??.parse().ok()
}

/// Notes that a backup is being written into the store: whoever finds no keys then finds half of one.
pub(crate) fn begin_restoring() {
    if let Some(storage) = storage() {
        storage.set_item(RESTORING, "yes").unwrap_or_default();
    }
}

/// Whether that was not finished.
pub(crate) fn is_restoring() -> bool {
    storage().is_some_and(|storage| matches!(storage.get_item(RESTORING), Ok(Some(_))))
}

/// It is finished, or undone.
pub(crate) fn end_restoring() {
    if let Some(storage) = storage() {
        storage.remove_item(RESTORING).unwrap_or_default();
    }
}

/// Forgets which device this was.
pub(crate) fn clear_device() {
    if let Some(storage) = storage() {
        storage.remove_item(DEVICE).unwrap_or_default();
    }
}

/// Takes the mark away.
pub(crate) fn clear() {
    if let Some(storage) = storage() {
        // Where it cannot be removed, none can have been set.
        storage.remove_item(NAME).unwrap_or_default();
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}
