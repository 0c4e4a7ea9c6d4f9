//! The fence: how far this device's own feeds are, written down beside the store.
//!
//! It rests in `localStorage`, which browsers keep in other files than IndexedDB. Whoever finds a
//! fence, but a store that is behind it, knows that the store was emptied or rolled back. A browser may
//! have several accounts, and each of them a note of its own.

use effigy_proto::Fence;
use serde::{Deserialize, Serialize};
use web_sys::Storage;

/// The name of the note, where a browser has one account.
pub const NAME: &str = "effigy.fence";
/// The name of a record that is written only to see whether one can be.
const PROBE: &str = "effigy.probe";

/// How the record is written.
#[derive(Deserialize, Serialize)]
struct Written {
    device: u64,
    synod: u64,
}

/// What is written beside the store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Record {
    /// Nothing was ever written, or all of it was cleared.
    Absent,
    /// Something is there that is no fence: a browser or a person has meddled with it.
    Garbled,
    /// A fence.
    Present(Fence),
    /// The browser keeps nothing beside the store, or does not let this page look.
    Unavailable,
}

/// Where the fence of an account is written down.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note(String);

impl Note {
    /// The note of this name.
    pub const fn named(name: String) -> Self {
        Self(name)
    }

    /// Reads the fence.
    pub fn read(&self) -> Record {
        let Some(storage) = storage() else { return Record::Unavailable };
        match storage.get_item(&self.0) {
            Ok(Some(text)) => match serde_json::from_str::<Written>(&text) {
                Ok(fence) => {
                    Record::Present(Fence { device_count: fence.device, synod_count: fence.synod })
                }
                Err(_) => Record::Garbled,
            },
            Ok(None) => Record::Absent,
            Err(_) => Record::Unavailable,
        }
    }

    /// Writes the fence. Tells whether the browser kept it.
    pub fn write(&self, fence: &Fence) -> bool {
        let written = Written { device: fence.device_count, synod: fence.synod_count };
        let Ok(text) = serde_json::to_string(&written) else { return false };
        storage().is_some_and(|storage| storage.set_item(&self.0, &text).is_ok())
    }

    /// Takes the fence away, when the account leaves this device.
    pub fn clear(&self) {
        if let Some(storage) = storage() {
            // Fails where nothing can have been written either.
            let _ = storage.remove_item(&self.0);
        }
    }
}

/// Whether the browser keeps what is written beside the store.
pub fn is_kept() -> bool {
    storage().is_some_and(|storage| {
        let kept = storage.set_item(PROBE, PROBE).is_ok();
        // What was not written need not go.
        let _ = storage.remove_item(PROBE);
        kept
    })
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}
