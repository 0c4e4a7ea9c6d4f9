//! Whatever people, wires and liars do, in whatever order: nothing panics, nothing that was promised
//! is lost, and afterwards all agree. `cargo xtask fuzz interaction` looks for worse orders.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod driver;
#[path = "../support/together.rs"]
#[allow(dead_code, reason = "the properties use the rest of it")]
mod together;

use effigy_core::random::Random;

/// So many plays, `PROPERTY_TIMES` as many where that is set.
fn plays(seed: u8, count: u32) {
    let times = std::env::var("PROPERTY_TIMES").ok().and_then(|times| times.parse().ok());
    for n in 0..count * times.unwrap_or(1) {
        let mut chance = [seed; 32];
        chance[..4].copy_from_slice(&n.to_be_bytes());
        let mut random = Random::seeded(chance);
        let length = 40 + usize::try_from(random.below(200)).unwrap();
        let bytes: Vec<u8> = (0..length).map(|_| random.bytes::<1>()[0]).collect();
        let end = std::panic::catch_unwind(|| driver::play(&bytes));
        assert!(end.is_ok(), "seed {seed}, play {n}: {bytes:?}");
    }
}

#[test]
fn nothing_happens() {
    driver::play(&[]);
}

#[test]
fn anything_may_happen() {
    plays(1, 40);
}

#[test]
fn anything_else_may_happen() {
    plays(2, 40);
}
