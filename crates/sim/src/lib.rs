//! A network in one thread: many nodes, their disks and the messages between them, all from one
//! seed. The nodes are the real ones; only time, chance and the wires are made here.

#[cfg(test)]
mod contents_tests;
mod deed;
mod disk;
mod happening;
pub mod hunt;
mod lies;
mod machine;
mod network;
mod pictures;
mod play;
mod regression;
mod scenario;
#[cfg(test)]
mod schedules;
pub mod season;
mod shrink;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod time_tests;
mod transcript;
mod verdicts;

pub use deed::{Deed, DeedError, What};
pub use disk::Disk;
pub use lies::Lie;
pub use machine::{Machine, Who};
pub use network::{Frozen, Network, Weather};
pub use play::{Fault, Outcome, Stage};
pub use regression::Regression;
pub use scenario::{Rule, Scenario, ScenarioError};
pub use shrink::shrink;
pub use transcript::Transcript;
