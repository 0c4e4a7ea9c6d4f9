//! The promises of a store, as tests that every store runs.
//!
//! One file, one promise. A store says where it lives by implementing [`Place`], and runs all of
//! them with [`store_suite!`](crate::store_suite): as `#[test]` natively, as `#[wasm_bindgen_test]`
//! in a browser.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test suite")]
#![allow(clippy::missing_panics_doc, reason = "a test that fails panics")]

mod answers_as_memory;
mod batch_lands_whole;
mod deletes_come_before_puts;
mod empty_is_something;
mod fails_after_n_writes;
mod large_values;
mod many_records;
mod overwriting;
mod put_read_delete;
mod scan_in_order;
mod survives_reopening;
mod usage_counts;

pub use answers_as_memory::answers_as_memory;
pub use batch_lands_whole::batch_lands_whole;
pub use deletes_come_before_puts::deletes_come_before_puts;
pub use empty_is_something::empty_is_something;
pub use fails_after_n_writes::fails_after_n_writes;
pub use large_values::large_values;
pub use many_records::many_records;
pub use overwriting::overwriting;
pub use put_read_delete::put_read_delete;
pub use scan_in_order::scan_in_order;
pub use survives_reopening::survives_reopening;
pub use usage_counts::usage_counts;

use std::collections::BTreeMap;

use crate::{Key, Range, Store, Table};

/// Where a store lives, so that the suite can close it and open it again.
#[allow(async_fn_in_trait, reason = "a test runs in one task")]
pub trait Place {
    /// The store under test.
    type Store: Store;

    /// A place where nothing is yet. The name keeps tests that run at the same time apart.
    async fn fresh(name: &str) -> Self;

    /// Opens the store with what was left there. The one opened before has been dropped.
    async fn open(&self) -> Self::Store;
}

/// Everything a store holds, read by scanning.
pub async fn contents(store: &impl Store) -> BTreeMap<Key, Vec<u8>> {
    let mut contents = BTreeMap::new();
    for table in Table::ALL {
        for (bytes, value) in store.scan(Range::all(*table)).await.unwrap() {
            contents.insert(Key::new(*table, bytes), value);
        }
    }
    contents
}

/// Drives a future that waits for nothing but the processor and the disk.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    /// Dice that fall as the seed says.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`, which is not 0.
    pub const fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Makes one test of every promise, for the store of a [`Place`](crate::suite::Place).
///
/// In a browser the crate that calls this needs `wasm-bindgen-test` among its dev-dependencies.
#[macro_export]
macro_rules! store_suite {
    ($place:ty) => {
        $crate::store_suite! { $place:
            answers_as_memory batch_lands_whole deletes_come_before_puts empty_is_something
            fails_after_n_writes large_values many_records overwriting put_read_delete
            scan_in_order survives_reopening usage_counts
        }
    };
    ($place:ty: $($promise:ident)+) => {$(
        #[cfg(not(target_family = "wasm"))]
        #[test]
        fn $promise() {
            $crate::suite::block_on($crate::suite::$promise::<$place>());
        }

        #[cfg(target_family = "wasm")]
        #[::wasm_bindgen_test::wasm_bindgen_test]
        async fn $promise() {
            $crate::suite::$promise::<$place>().await;
        }
    )+};
}
