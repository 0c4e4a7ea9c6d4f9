//! The world of a browser: WebSockets, WebRTC, a clock, and the fence beside the store.
//!
//! Nothing is decided here: what is open, and what is written there, is all this crate knows. It
//! starts no task of its own. Callbacks of the browser only put what arrived into a bounded inbox;
//! the engine takes it out, one message at a time, and between messages gives the page a chance to
//! draw.
#![cfg(target_family = "wasm")]

mod alarm;
#[cfg(test)]
mod browser_tests;
pub mod fence;
mod inbox;
mod platform;
mod rtc;
#[cfg(test)]
mod socket_tests;
mod turn;
mod websocket;
mod world;

pub use platform::{NoChance, now, random};
pub use rtc::IceServer;
pub use world::{Stopper, WebWorld};
