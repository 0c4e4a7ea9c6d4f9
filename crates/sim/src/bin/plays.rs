//! The plays of `crates/proto/tests/interaction`, many of them and fast: whatever two people, their hub,
//! wires and liars do, in whatever order, nothing panics and afterwards all agree.

#![expect(clippy::print_stdout, reason = "a tool of the command line talks to its terminal")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a play fails")]
#![allow(dead_code, unreachable_pub, reason = "the tests use the rest of it")]

#[path = "../../../proto/tests/interaction/driver.rs"]
mod driver;
#[path = "../../../proto/tests/support/together.rs"]
mod together;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use clap::Parser;
use effigy_core::random::Random;

/// Plays of two people and their hub.
#[derive(Debug, Parser)]
#[command(name = "plays")]
struct Arguments {
    /// How many.
    #[arg(long, default_value_t = 10_000)]
    count: u32,
    /// From which one on.
    #[arg(long, default_value_t = 0)]
    from: u32,
}

/// What the first byte of every seed is: other plays than those of the tests.
const SEED: u8 = 3;

fn main() -> ExitCode {
    let Arguments { count, from } = Arguments::parse();
    let next = AtomicU32::new(0);
    let failed = AtomicU32::new(0);
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let bytes = bytes(from.saturating_add(number));
                    if std::panic::catch_unwind(|| driver::play(&bytes)).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                        println!("play {} fails: {bytes:?}", from.saturating_add(number));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    println!("{count} plays, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn bytes(number: u32) -> Vec<u8> {
    let mut chance = [SEED; 32];
    chance[..4].copy_from_slice(&number.to_be_bytes());
    let mut random = Random::seeded(chance);
    let length = 40 + random.below(200);
    (0..length).map(|_| random.bytes::<1>()[0]).collect()
}
