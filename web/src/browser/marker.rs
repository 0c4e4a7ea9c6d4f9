//! A mark beside the store that says: there is an account in this browser. Each of several accounts has
//! its own, and what is asked without a number is asked of this page's.
//!
//! Browsers sometimes replace a damaged database by an empty one without a word. Whoever finds the
//! mark but no keys must not take the person for a newcomer.

use effigy_core::Identity;
use effigy_core::text::clean_name;
use leptos::prelude::window;
use web_sys::Storage;

use super::accounts;

/// The name of the record.
const NAME: &str = "effigy.account";
/// The name of the record of what the person is called.
const CALLED: &str = "effigy.name";
/// The name of the record of this device.
const DEVICE: &str = "effigy.device";
/// The name of the record that a backup is being restored.
const RESTORING: &str = "effigy.restoring";

/// Whether there is, or was, an account here.
pub(crate) fn is_set() -> bool {
    accounts::is_listed(accounts::number())
}

/// The account that is, or was, here.
pub(crate) fn account() -> Option<Identity> {
    text_of(accounts::number())?.parse().ok()
}

/// The mark of the account with this number, as it was written.
pub(super) fn text_of(number: u32) -> Option<String> {
    storage()?.get_item(&accounts::named(NAME, number)).ok()?
}

/// What the person is called in the account with this number.
pub(super) fn name_of(number: u32) -> Option<String> {
    let written = storage()?.get_item(&accounts::named(CALLED, number)).ok()??;
    Some(clean_name(&written)).filter(|name| !name.is_empty())
}

/// Marks that there is an account with this number, of which nothing else is known here.
pub(crate) fn set_unknown(number: u32) {
    if let Some(storage) = storage()
        && text_of(number).is_none()
    {
        // Where it cannot be kept, it is found again next time.
        storage.set_item(&accounts::named(NAME, number), "unknown").unwrap_or_default();
    }
}

/// Notes what the person is called.
pub(crate) fn set_name(name: &str) {
    if let Some(storage) = storage() {
        // Without it the account has its key in lists.
        storage.set_item(&accounts::name(CALLED), name).unwrap_or_default();
    }
}

/// Marks the account. Tells whether the browser kept it.
pub(crate) fn set(account: &Identity) -> bool {
    storage().is_some_and(|storage| {
        storage.set_item(&accounts::name(NAME), &account.to_string()).is_ok()
    })
}

/// Writes down which device of the account this is.
pub(crate) fn set_device(device: &Identity) {
    if let Some(storage) = storage() {
        // Where it cannot be kept, the person says which device this was.
        storage.set_item(&accounts::name(DEVICE), &device.to_string()).unwrap_or_default();
    }
}

/// Which device this was when it last had its keys.
pub(crate) fn device() -> Option<Identity> {
    storage()?.get_item(&accounts::name(DEVICE)).ok()??.parse().ok()
}

/// Notes that a backup is being written into the store: whoever finds no keys then finds half of one.
pub(crate) fn begin_restoring() {
    if let Some(storage) = storage() {
        storage.set_item(&accounts::name(RESTORING), "yes").unwrap_or_default();
    }
}

/// Whether that was not finished.
pub(crate) fn is_restoring() -> bool {
    storage()
        .is_some_and(|storage| matches!(storage.get_item(&accounts::name(RESTORING)), Ok(Some(_))))
}

/// It is finished, or undone.
pub(crate) fn end_restoring() {
    if let Some(storage) = storage() {
        storage.remove_item(&accounts::name(RESTORING)).unwrap_or_default();
    }
}

/// Forgets which device this was.
pub(crate) fn clear_device() {
    if let Some(storage) = storage() {
        storage.remove_item(&accounts::name(DEVICE)).unwrap_or_default();
    }
}

/// Takes the mark away.
pub(crate) fn clear() {
    if let Some(storage) = storage() {
        // Where they cannot be removed, none can have been set.
        storage.remove_item(&accounts::name(NAME)).unwrap_or_default();
        storage.remove_item(&accounts::name(CALLED)).unwrap_or_default();
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}
