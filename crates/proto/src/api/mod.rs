//! What a person (or an operator) may ask of a node, and what a node tells them.

mod command;
mod content;
mod event;
mod linking;
mod network;
mod refusal;
pub mod registers;
mod share;

pub use command::{Attaching, Command, Conditions, Counts, PictureChange, Removal, Ticket};
pub use content::{ContentKind, Named, Picture, Pixels, Transfer, TransferState};
pub use event::{Agreed, Event, HandStep, Known, Membership, Repair, Upkeep};
pub use linking::{LinkCommand, LinkFailure, Linked, Linking, Shown};
pub use network::{
    DeviceStatus, Difference, Differing, FeedStatus, Given, HolderKind, HubRefusal, HubStatus,
    LinkState, Network, Path, PeerStatus, Receipt, StorageStatus,
};
pub use refusal::Refusal;
pub use share::{HeldShare, ShareSet, ShareState, Shares};
