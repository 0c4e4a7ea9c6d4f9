//! The one loop that joins node, store and network. The same in the browser and in the hub.

mod run;
mod world;

pub use run::{EngineError, run};
pub use world::World;
