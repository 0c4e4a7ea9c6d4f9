//! One thing at a time: what an entry, a blob or a key is, and whether it is genuine.
//!
//! Values only. Nothing here knows two entries at once, reads a clock, draws a random number or
//! waits. What arrives from outside becomes a type that proves what was checked, or a typed error.

// Bytes of strangers are read here: no index and no sum may be beyond what there is.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

pub mod backup;
pub mod blob;
pub mod canon;
pub mod cid;
pub mod entry;
pub mod identity;
pub mod image;
pub mod invite;
pub mod limits;
pub mod link;
pub mod lock;
pub mod mnemonic;
pub mod passphrase;
pub mod payload;
pub mod random;
pub mod seal;
pub mod share;
pub mod text;
pub mod time;
pub mod video;

pub use blob::{Blob, Manifest};
pub use cid::Cid;
pub use entry::{Draft, Entry, EntryError};
pub use identity::{Identity, Purpose, Secret, Signature};
pub use invite::Invite;
pub use payload::Payload;
pub use time::{Span, Time};
