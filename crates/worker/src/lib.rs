//! Work beside the page: what would hold it up is done by Web Workers.
//!
//! Both ends are here. The page has a [`Pool`], hands it jobs and is called back; a worker runs the
//! same WebAssembly and does what [`serve()`] says. A worker is no other machine: it was started by the
//! page from the page's own files, so what it says of bytes is as good as if the page had looked.
//!
//! Nothing depends on there being workers. A browser without them, a policy that forbids them, one
//! that crashes: each time the one who asked is told that nobody did it, and does it itself.
#![cfg(target_family = "wasm")]

mod job;
mod listen;
pub mod picture;
mod pool;
mod serve;

pub use job::{Job, Passphrase};
pub use listen::Listener;
pub use pool::Pool;
pub use serve::{is_worker, serve};

#[cfg(test)]
mod browser_tests;
