//! The hub as operators and browsers meet it: a real process on a free port.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "these tests live in real time, and their helpers fail as tests do"
)]

mod disk;
mod doors;
mod files;
mod hostile;
mod letters;
mod life;
mod meeting;
mod person;
mod proxy;
mod raw;
mod support;
mod tls;
mod versions;
mod weather;
