//! Many things together: what follows from all entries that somebody holds.
//!
//! Everything here is a pure function of the *set* of valid entries, whatever their order of
//! arrival: chains and their heads, forks, accounts, relations, and what the screens show.
//! Signatures were checked below; peers are known above.

mod chain;
pub mod planted;
mod registers;
mod relations;
mod synod;
mod view;
mod waiting;

pub use chain::{ChainError, Feed, Head, Noted, Order, Verdict};
pub use registers::{Holds, Registers};
pub use relations::{Relation, Relations};
pub use synod::{
    DEVICES, Device, FORMER, Former, PROBATION, STATEMENTS, Synod, SynodError, WEIGHT,
};
pub use view::{Attachment, Members, Person, Post, Reply, ReplyState, Said, View};
pub use waiting::{Arrival, Waiting};

#[cfg(test)]
mod tests;
