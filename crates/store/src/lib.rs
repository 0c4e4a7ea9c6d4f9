//! Where bytes rest: the contract of a store, a store in memory, and the suite every store passes.
//!
//! A store is dumb on purpose. It knows tables, keys and bytes; what is valid was decided before
//! the bytes arrived. So its contract is four verbs, its adapters are small, and IndexedDB and
//! redb cannot disagree: whoever writes an index writes it in the same [`Batch`] as the thing.
//!
//! - [`Batch`]: one change, which lands whole or not at all.
//! - [`Store::read`] and [`Store::scan`]: one value, or a run of keys in the order of their bytes.
//! - [`pack`]: many small records in one value, since a store pays by the record.
//! - [`MemoryStore`]: the reference; the others must answer as it does.
//! - `Faulty` and `suite` (feature `testing`): what a disk can do, and what a store promises.

mod batch;
mod error;
#[cfg(any(test, feature = "testing"))]
mod faulty;
mod key;
mod memory;
pub mod pack;
mod range;
#[cfg(any(test, feature = "testing"))]
pub mod suite;
mod usage;

pub use batch::{Batch, Durability};
pub use error::StoreError;
#[cfg(any(test, feature = "testing"))]
pub use faulty::{Fault, Faulty};
pub use key::{Key, Table};
pub use memory::MemoryStore;
pub use pack::Pack;
pub use range::Range;
pub use usage::{TableUsage, Usage};

/// A place that keeps bytes under keys.
///
/// A store has one owner, who awaits one verb before asking the next.
#[allow(async_fn_in_trait, reason = "every store is owned by one task: futures need not be Send")]
pub trait Store {
    /// Applies a batch: all of it, or nothing.
    ///
    /// When this returns `Ok`, every later read sees the batch; how safe it is from a crash is
    /// what its [`Durability`] says.
    ///
    /// # Errors
    /// After [`StoreError::Full`] nothing of the batch is there. After any other error it is there
    /// whole or not at all, as when the machine dies in the middle: read to find out.
    async fn apply(&self, batch: Batch) -> Result<(), StoreError>;

    /// Finds the value of a key, `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when something is there that can no longer be read.
    async fn read(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError>;

    /// Lists keys and values of a range, in the order of the keys' bytes.
    ///
    /// The whole answer is in memory at once: give a range of large values a limit.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when something is there that can no longer be read.
    async fn scan(&self, range: Range) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError>;

    /// Counts what is kept. Records are exact; bytes may be an estimate made from a sample, and
    /// leave out what the store needs for itself.
    ///
    /// # Errors
    /// As [`Store::scan`].
    async fn usage(&self) -> Result<Usage, StoreError>;
}

#[cfg(all(test, target_family = "wasm"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
