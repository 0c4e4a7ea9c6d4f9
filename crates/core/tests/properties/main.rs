//! What holds for any input: no parser panics, what is accepted is written back to the same bytes,
//! and each way of damaging a good input is refused by its name.
//!
//! `PROPERTY_TIMES=20 cargo test -p effigy-core --test properties` looks twenty times as long.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]
#![allow(clippy::panic, reason = "a panic is how a test fails")]

mod canon;
mod entry;
mod json;
mod manifest;
mod names;
mod payload;
mod seal;
mod share;
#[path = "../support/mod.rs"]
mod support;

use proptest::test_runner::Config;

/// So many cases, and no files of failures: a failure found here becomes a test by name.
fn cases(count: u32) -> Config {
    let times = std::env::var("PROPERTY_TIMES").ok().and_then(|times| times.parse().ok());
    Config { failure_persistence: None, ..Config::with_cases(count * times.unwrap_or(1)) }
}
