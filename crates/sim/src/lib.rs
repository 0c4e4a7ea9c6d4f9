//! A network in one thread: many nodes, their disks and the messages between them, all from one
//! seed. The nodes are the real ones; only time, chance and the wires are made here.

mod disk;
mod happening;
mod machine;
mod network;
#[cfg(test)]
mod tests;

pub use disk::Disk;
pub use machine::{Machine, Who};
pub use network::{Network, Weather};
