//! Many machines: what to say to whom, and when. A state machine without IO, clock or chance.
//!
//! Drive it like this: hand it one [`Input`], then drain [`Node::poll`] until it yields nothing,
//! doing each [`Output`] in its order. **Invariant:** every `handle` is followed by a full drain;
//! a [`Output::Save`] is durable before anything behind it is done.

mod api;
pub mod backup;
mod io;
mod keys;
mod message;
mod node;
pub mod reconcile;
mod session;

pub use api::registers;
pub use api::{
    Agreed, Attaching, Command, Conditions, ContentKind, Counts, DeviceStatus, Difference,
    Differing, Event, FeedStatus, Given, HandStep, HeldShare, HolderKind, HubRefusal, HubStatus,
    Known, LinkCommand, LinkFailure, LinkState, Linked, Linking, Membership, Named, Network, Path,
    PeerStatus, Picture, PictureChange, Pixels, Receipt, Refusal, Removal, Repair, ShareSet,
    ShareState, Shares, Shown, StorageStatus, Ticket, Transfer, TransferState, Upkeep,
};
pub use io::{Binding, Fence, Input, Link, Load, Output, RtcAction, RtcEvent};
pub use keys::{Keys, KeysError, Voucher};
pub use message::{
    BATCH, ErrorCode, FIND, Frame, Garbage, LIST, LinkEnd, LinkStep, Mark, Message, Name,
    NameError, Passing, Record, SESSION_BYTES, SKIP, SessionRequest, StoreName, Summary, WatchName,
    WireHead,
};
pub use node::{
    Config, Filled, Here, Holding, HubPolicy, Met, Node, RestoreError, Role, hubs_to_dial, record,
    reread,
};
pub use session::PROTOCOL;
