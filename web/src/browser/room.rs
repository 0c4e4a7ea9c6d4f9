//! How much room the browser gives this page, and whether it promises to keep what is there.

use leptos::prelude::window;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{StorageEstimate, StorageManager};

/// The browser's estimate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Room {
    /// Bytes that may still be written.
    pub(crate) free: u64,
    /// Bytes in use by this page, everything included.
    pub(crate) used: u64,
}

fn manager() -> Option<StorageManager> {
    // Absent where the page is not secure.
    window().is_secure_context().then(|| window().navigator().storage())
}

/// Asks how much room there is. `None` where the browser does not say.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, positive")]
pub(crate) async fn estimate() -> Option<Room> {
    let answer = JsFuture::from(manager()?.estimate().ok()?).await.ok()?;
    let estimate: StorageEstimate = answer.unchecked_into();
    let used = estimate.get_usage()? as u64;
    let quota = estimate.get_quota()? as u64;
    Some(Room { free: quota.saturating_sub(used), used })
}

/// Whether the browser promised not to clear this page's data by itself. `None` where it does not
/// say.
pub(crate) async fn is_kept() -> Option<bool> {
    JsFuture::from(manager()?.persisted().ok()?).await.ok()?.as_bool()
}

/// Asks for that promise.
pub(crate) async fn ask_to_keep() -> Option<bool> {
    JsFuture::from(manager()?.persist().ok()?).await.ok()?.as_bool()
}
