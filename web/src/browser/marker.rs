//! A mark beside the store that says: there is an account in this browser.
//!
//! Browsers sometimes replace a damaged database by an empty one without a word. Whoever finds the
//! mark but no keys must not take the person for a newcomer.

use effigy_core::Identity;
use leptos::prelude::window;
use web_sys::Storage;

/// The name of the record.
const NAME: &str = "effigy.account";

/// Whether there is, or was, an account here.
pub(crate) fn is_set() -> bool {
    storage().is_some_and(|storage| matches!(storage.get_item(NAME), Ok(Some(_))))
}

/// Marks the account. Tells whether the browser kept it.
pub(crate) fn set(account: &Identity) -> bool {
    storage().is_some_and(|storage| storage.set_item(NAME, &account.to_string()).is_ok())
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
