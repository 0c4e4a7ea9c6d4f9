//! What several test binaries share, and the fuzz targets beside them.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

#[path = "../../examples/tables/messages.rs"]
pub(crate) mod messages;
#[path = "../../examples/tables/session.rs"]
pub(crate) mod session;
pub(crate) mod together;
