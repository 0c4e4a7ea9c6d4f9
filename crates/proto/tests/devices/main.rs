//! Several devices of one person: a new one that joins by the words or out of a
//! backup, and those that replicate each other.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod joining;
mod linking;
mod people;
mod replicating;
mod restoring;
#[path = "../support/together.rs"]
#[allow(dead_code, reason = "the plays use the rest of it")]
mod together;
