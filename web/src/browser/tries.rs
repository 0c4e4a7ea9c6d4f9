//! How often somebody tried the passphrase of the app lock in vain, and how long the next try has to wait.
//!
//! This holds back who tries it out on the screen. Who has a copy of what the browser keeps is held back by
//! what each guess costs.

use leptos::prelude::window;
use web_sys::Storage;

use super::{accounts, clock};

/// The name of the record, where a browser has one account.
const NAME: &str = "effigy.lock-tries";
/// With which try in vain waiting begins.
const FREE: u32 = 3;
/// How long it is then, in milliseconds. It doubles with each try.
const FIRST: u64 = 15_000;
/// How long it is at most, in milliseconds.
const LONGEST: u64 = 300_000;

/// Counts a try before it is made: whoever loads the page anew meanwhile has tried.
pub(crate) fn begin() {
    let count = record().map_or(0, |(count, _)| count).saturating_add(1);
    let until = clock::now().saturating_add(wait(count));
    if let Some(storage) = storage() {
        // Where nothing can be stored there are no keys to try for.
        storage.set_item(&accounts::name(NAME), &format!("{count} {until}")).unwrap_or_default();
    }
}

/// It was the right one.
pub(crate) fn end_well() {
    if let Some(storage) = storage() {
        storage.remove_item(&accounts::name(NAME)).unwrap_or_default();
    }
}

/// How many seconds the next try has to wait.
pub(crate) fn left() -> u64 {
    let left = record().map_or(0, |(_, until)| until.saturating_sub(clock::now()));
    // What was written under another clock would keep its owner out.
    if left > LONGEST { 0 } else { left.div_ceil(1_000) }
}

/// How long whoever tried so often waits, in milliseconds.
fn wait(count: u32) -> u64 {
    let Some(doubled) = count.checked_sub(FREE) else { return 0 };
    FIRST.saturating_mul(2_u64.saturating_pow(doubled)).min(LONGEST)
}

fn record() -> Option<(u32, u64)> {
    let record = storage()?.get_item(&accounts::name(NAME)).ok()??;
    let (count, until) = record.split_once(' ')?;
    Some((count.parse().ok()?, until.parse().ok()?))
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn each_try_in_vain_waits_longer_than_the_one_before() {
        let waits = [0, 1, 2, 3, 4, 5, 9, u32::MAX].map(wait);
        assert_eq!(waits, [0, 0, 0, 15_000, 30_000, 60_000, LONGEST, LONGEST]);
    }

    #[test]
    fn tries_are_counted_until_one_is_right() {
        end_well();
        for _ in 0..FREE {
            assert_eq!(left(), 0);
            begin();
        }
        assert_eq!(left(), FIRST / 1_000);
        end_well();
        assert_eq!(left(), 0);
    }
}
