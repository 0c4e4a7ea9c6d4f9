//! What holds for any input: no parser panics, what is understood can be said again, and no number
//! of any message is too large or too small for a node.
//!
//! `PROPERTY_TIMES=20 cargo test -p effigy-proto --test properties` looks twenty times as long.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod extremes;
mod keys;
mod messages;
mod records;
#[path = "../support/mod.rs"]
mod support;

use proptest::test_runner::Config;

/// So many cases, and no files of failures: a failure found here becomes a test by name.
fn cases(count: u32) -> Config {
    let times = std::env::var("PROPERTY_TIMES").ok().and_then(|times| times.parse().ok());
    Config { failure_persistence: None, ..Config::with_cases(count * times.unwrap_or(1)) }
}
