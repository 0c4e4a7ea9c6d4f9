//! The world of a native program: WebSockets that are accepted and dialled, and a clock.
//!
//! A node lives on one thread; its connections live on all the others. Each connection is a task
//! that reads, decodes and checks signatures, and hands the result to the node's thread through one
//! queue; what the node says goes the other way through a queue for each connection. Both are bounded
//! in bytes. So a slow peer waits for itself, and arithmetic uses every core. Who is connected and
//! silent has neither a timer nor a buffer.
#![cfg(not(target_family = "wasm"))]

mod bucket;
mod connection;
mod dial;
mod frames;
mod gate;
mod inbox;
mod limits;
mod line;
mod outbox;
mod socket;
mod tally;
#[cfg(test)]
mod tests;
mod world;

pub use frames::Frames;
pub use gate::{Gate, Guest};
pub use limits::{Limits, Rate};
pub use socket::{Broken, Incoming, Outgoing, Reason, Socket, accept_key};
pub use tally::{Counter, Gauge, Tally};
pub use world::{NativeWorld, now};
