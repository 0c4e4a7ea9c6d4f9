//! What a node tells.

use effigy_core::{Cid, Entry, Identity, Invite, Payload, Time};
use effigy_feed::Members;

use super::command::Ticket;
use super::content::{Named, Picture, Transfer};
use super::linking::Linking;
use super::network::Network;
use super::refusal::Refusal;
use super::share::Shares;

/// What became true.
#[derive(Clone, Debug)]
pub enum Event {
    /// How far a direct way is that people arrange themselves.
    ByHand {
        /// How far.
        step: HandStep,
        /// With whom.
        synod: Identity,
    },
    /// What somebody was called who is blocked, and of whom nothing else is kept.
    Called {
        /// The name.
        name: String,
        /// Who.
        synod: Identity,
    },
    /// The account was closed: nothing can be written any more, and all of it may go from this device.
    Closed,
    /// The bytes of a picture, checked against their name; `None` when they cannot be had.
    Content {
        /// The bytes.
        bytes: Option<Vec<u8>>,
        /// The name of the content.
        cid: Cid,
        /// The size with which it was asked for.
        size: u64,
    },
    /// What a ticket asked for is durable.
    Done {
        /// The id of the entry that says so.
        id: Option<Cid>,
        /// Whose answer this is.
        ticket: Ticket,
    },
    /// A draft that was kept.
    Draft {
        /// Which draft.
        slot: String,
        /// What it says.
        text: String,
    },
    /// A picture of a draft.
    DraftPicture {
        /// The picture, without what is told of it; `None` when it is not here or damaged.
        picture: Option<Picture>,
        /// Which picture of the draft, from 0.
        place: u8,
        /// Which draft.
        slot: String,
    },
    /// Entries that are part of their feeds now, with their payloads opened. After a start those that
    /// were kept come: first what others depend on (accounts, relations, takings back), then the
    /// newest posts, and after [`Ready`](Self::Ready) the rest, each once and in no certain order.
    Entries(Vec<Known>),
    /// Everything of this account is gone from here.
    Forgotten(Identity),
    /// Somebody follows this person now.
    Followed {
        /// Whether they are followed back: they showed an invite.
        mutual: bool,
        /// Who.
        synod: Identity,
    },
    /// So many bytes of other people's pictures are gone from this device, because room was asked for.
    Freed(u64),
    /// The invite to show as QR code, link and text.
    Invite(Invite),
    /// Where linking a device stands.
    Linking(Linking),
    /// Where a device stands that is to join an account which began elsewhere. Told at the start of such
    /// a device, and when it changes.
    Membership(Membership),
    /// Who belongs to an account, and how the person presents themselves: this counts, whatever single
    /// entries of its feed said before.
    Members(Box<Members>),
    /// How the network is doing. At most once a second.
    Network(Network),
    /// What a ticket asked for could not be written, and is not done.
    NotKept {
        /// Whether for want of room.
        full: bool,
        /// Whose answer this is.
        ticket: Ticket,
    },
    /// The bytes that were asked for with [`Command::ReadContent`](super::Command); `None` when they
    /// cannot be had.
    Range {
        /// The bytes.
        bytes: Option<Vec<u8>>,
        /// Of which content.
        content: Named,
        /// From which byte on.
        from: u64,
        /// The screen's own number for the question.
        number: u64,
    },
    /// What a first screen shows has been read; the app can be used. What is asked from now on is done
    /// once everything that a node has to know was read, too.
    Ready,
    /// What registers of the account hold now. After a start those that hold anything come.
    Registers(Vec<Agreed>),
    /// What a ticket asked for was not done. Nothing changed.
    Refused {
        /// Whose answer this is.
        ticket: Ticket,
        /// Why.
        why: Refusal,
    },
    /// This device was removed from the account: it can write nothing any more.
    Removed {
        /// How many of its entries still count for everybody else.
        counts: u64,
        /// How many it wrote.
        of: u64,
    },
    /// This device must not write: its store is behind what is known of its own feed.
    Repair(Repair),
    /// Somebody gave this device a share of their account's root, to be kept for them.
    ShareCame {
        /// Who.
        synod: Identity,
    },
    /// The share of somebody, sealed for the device on which they come back: to be scanned or pasted there.
    ShareReturned {
        /// Who.
        synod: Identity,
        /// The text.
        text: String,
    },
    /// What stands of shares. Told at the start, and when it changes.
    Shares(Shares),
    /// A disk is full or broken. What was under way was not kept; who waits for an answer got it with
    /// [`Event::NotKept`]. What was asked for since is done later.
    StoreFailed {
        /// Whether it is for want of room.
        full: bool,
    },
    /// How far a picture is that a screen waits for.
    Transfer(Transfer),
    /// There is room again on a hub's disk that was full.
    Room,
    /// What became of those whose posts a hub keeps. Told to its operator only, by numbers.
    Upkeep(Upkeep),
    /// Entries that count no longer, since the device that wrote them was removed.
    Withdrawn(Vec<Known>),
}

/// What a register holds that the devices of an account agree on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Agreed {
    /// The device that said so.
    pub by: Identity,
    /// Which register.
    pub name: String,
    /// By what it is ordered.
    pub time: Time,
    /// What this device said before, if the one that had the last word did not know of it.
    pub unseen: Option<String>,
    /// What it holds.
    pub value: String,
}

/// Where a device stands with an account that began elsewhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Membership {
    /// Nothing of the account has come. Nothing may be published in its name.
    Searching,
    /// Something of the account is here. It does not name this device, which may only read.
    Found,
    /// The account names this device.
    Member,
}

/// What a hub did with what it keeps for others.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Upkeep {
    /// How many members were silent for so long that they are none any more.
    pub expired: u64,
    /// How many members there are.
    pub members: u64,
    /// How many accounts were dropped of whom something had been left behind.
    pub swept: u64,
}

/// How far a direct way is that people arrange themselves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum HandStep {
    /// This letter is to be handed over now. It may be told again with more addresses in it.
    Letter {
        /// Whether it answers theirs.
        answer: bool,
        /// The text of the letter.
        text: String,
    },
    /// The two are connected.
    Met,
    /// Nothing came of it.
    Vain,
}

/// An entry that is part of its feed, and what it says.
#[derive(Clone, Debug)]
pub struct Known {
    /// The entry.
    pub entry: Entry,
    /// What it says, opened where it was sealed for this device; `None` when it was taken back.
    pub payload: Option<Payload>,
    /// Its place in its feed by order of arrival, from 0.
    pub position: u32,
}

/// Where a device stands that must not write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Repair {
    /// How many of the feed's entries are here.
    pub held: u64,
    /// How many there must be, as the record beside the store or another node says.
    pub known: u64,
    /// Whether the feed is whole again and writing goes on.
    pub mended: bool,
}

impl Repair {
    /// Whether it is known how many there must be. It is not where the record beside the store cannot
    /// be read: only the person can say then that all is here.
    pub const fn is_counted(&self) -> bool {
        self.known != u64::MAX
    }
}
