//! Two people, their hub, and whatever may happen to them in whatever order.
#![no_main]

#[path = "../../crates/proto/tests/interaction/driver.rs"]
mod driver;
#[path = "../../crates/proto/tests/support/together.rs"]
#[allow(dead_code)]
mod together;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| driver::play(bytes));
