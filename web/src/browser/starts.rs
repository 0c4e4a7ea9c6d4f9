//! How many starts in a row ended before anything was shown.
//!
//! A start is counted when it begins, and forgotten when the app is in use, or left by the person. What
//! ends in between, a crash or a page that stands still, leaves its count.

use std::sync::atomic::{AtomicBool, Ordering};

use leptos::prelude::window;
use web_sys::Storage;

use super::accounts;

/// The name of the record.
const NAME: &str = "effigy.starts";

/// Whether the app itself has failed on this page: leaving it then is no choice of the person.
static HAS_FAILED: AtomicBool = AtomicBool::new(false);

/// Counts this start. Tells how many before it came to nothing.
pub(crate) fn begin() -> u32 {
    let before =
        storage().and_then(|storage| storage.get_item(&accounts::name(NAME)).ok().flatten());
    let before: u32 = before.and_then(|count| count.parse().ok()).unwrap_or_default();
    if let Some(storage) = storage() {
        // Where nothing can be stored, every start is the first.
        storage
            .set_item(&accounts::name(NAME), &before.saturating_add(1).to_string())
            .unwrap_or_default();
    }
    before
}

/// This start came to something, or was given up by the person.
pub(crate) fn end_well() {
    if HAS_FAILED.load(Ordering::Relaxed) {
        return;
    }
    if let Some(storage) = storage() {
        // Where it cannot be removed, none can have been set.
        storage.remove_item(&accounts::name(NAME)).unwrap_or_default();
    }
}

/// The app itself has failed: this start stays counted, however the page is left.
pub(crate) fn fail() {
    HAS_FAILED.store(true, Ordering::Relaxed);
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
