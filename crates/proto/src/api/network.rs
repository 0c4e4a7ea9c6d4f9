//! How the network is doing, as a node tells it.

use effigy_core::{Cid, Identity, Time};

/// How the network is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    /// The devices of this person's account, those that were added first before all others.
    pub devices: Vec<DeviceStatus>,
    /// Feeds that this node replicates.
    pub feeds: Vec<FeedStatus>,
    /// Entries that are answered by those that are here, and are missing. They are looked for.
    pub gaps: u64,
    /// The hubs.
    pub hubs: Vec<HubStatus>,
    /// Who gave and took how many bytes of blobs.
    pub ledger: Vec<Given>,
    /// Own pictures, videos and files of which this device does not have all.
    pub missing: u64,
    /// Who is connected.
    pub peers: Vec<PeerStatus>,
    /// Who holds how much of this device's own feed.
    pub receipts: Vec<Receipt>,
    /// People who follow this person, as they said.
    pub followers: Vec<Identity>,
    /// Bytes of entries and blobs, own and others'.
    pub storage: StorageStatus,
    /// Own pictures of the last posts that no hub is known to have whole.
    pub uploads: Vec<Cid>,
    /// Entries made here that no other node is known to hold, without what only tells the own devices
    /// of settings, drafts and marks.
    pub waiting: u64,
}

/// A device of this person's account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceStatus {
    /// When it was added, by the clock of who added it.
    pub added: Time,
    /// Whether it is known to have written something: only of such a device another can take the place.
    pub has_written: bool,
    /// Its key.
    pub identity: Identity,
    /// Whether it may manage the account, or only post.
    pub is_admin: bool,
    /// Whether it is connected here, or at a hub.
    pub is_here: bool,
    /// Whether it is this one.
    pub is_this: bool,
    /// What the person calls it.
    pub name: String,
    /// When something of it was seen last, as far as is known here.
    pub seen: Time,
    /// What it called itself when it joined: of what kind it is.
    pub system: String,
}

/// A feed that is replicated here.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedStatus {
    /// How many independent sources have just what is known to be newest: hubs, and accounts of other
    /// people, however many devices they have.
    pub confirmed_by: u32,
    /// Who is connected and has something else, for longer than it takes to fetch it.
    pub differing: Vec<Differing>,
    /// Two entries of which neither came before the other.
    pub fork: Option<(Cid, Cid)>,
    /// When its newest entry was made, by its clock.
    pub head_time: Time,
    /// When one of those sources last said so; `None` when none ever did.
    pub heard: Option<Time>,
    /// How many entries are here.
    pub held: u64,
    /// Whose feed: a device or a synod.
    pub identity: Identity,
    /// How many entries there are, as far as anybody told.
    pub known: u64,
    /// The account to which it belongs.
    pub synod: Identity,
}

/// Somebody who has another state of a feed than is here, and does not change that.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Differing {
    /// How many entries it says it has.
    pub count: u64,
    /// Who.
    pub holder: Identity,
    /// What is wrong with that.
    pub how: Difference,
    /// What they are.
    pub kind: HolderKind,
    /// Their account.
    pub synod: Option<Identity>,
}

/// In what a source differs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Difference {
    /// It shows less than there is, though it was told: it withholds the rest, or takes nothing in.
    Behind,
    /// It says that it has more than is here, and does not give it.
    Promises,
}

/// A hub that this node uses.
#[derive(Clone, Debug, PartialEq)]
pub struct HubStatus {
    /// The hub's key, once it proved itself.
    pub identity: Option<Identity>,
    /// Its origin.
    pub origin: String,
    /// What it said that it does not keep at the moment.
    pub refuses: Option<HubRefusal>,
    /// Where the connection stands.
    pub state: LinkState,
    /// When the next try is, where it is not connected.
    pub retry_at: Option<Time>,
}

/// What a hub does not keep, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HubRefusal {
    /// Anything new: its disk is full.
    Disk,
    /// More entries of this person: they have as many there as it keeps of one.
    Entries,
}

/// Where a connection stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkState {
    /// On the way.
    Connecting,
    /// Both sides proved who they are.
    Open,
    /// Not connected.
    Closed,
}

/// By which way a peer is reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Path {
    /// From device to device.
    Direct,
    /// Over a hub's WebSocket; also the hub itself.
    Hub,
    /// From device to device over a TURN relay.
    Relay,
}

/// A peer that is connected.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerStatus {
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// The device's or hub's key.
    pub identity: Identity,
    /// By which way.
    pub path: Path,
    /// The account to which the device belongs; `None` for a hub.
    pub synod: Option<Identity>,
    /// How many entries are still on their way from there, as it said.
    pub to_receive: u64,
}

/// What somebody gave to this device, and took from it, as far as it remembers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Given {
    /// Bytes of blobs that went to them.
    pub given: u64,
    /// Bytes of blobs that came from them.
    pub taken: u64,
    /// An account, or the key of a hub or of a stranger's device.
    pub who: Identity,
}

/// Who holds how much of this device's own feed: a real answer of theirs, never a guess.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The number of entries, from the first, that they hold without gaps.
    pub count: u64,
    /// Who.
    pub holder: Identity,
    /// What they are.
    pub kind: HolderKind,
    /// Their account.
    pub synod: Option<Identity>,
}

/// What somebody who holds a copy is to this person.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HolderKind {
    /// Somebody else's device.
    Friend,
    /// A hub.
    Hub,
    /// Another device of the same account.
    OwnDevice,
}

impl HolderKind {
    /// As it is written in what rests.
    pub(crate) const fn to_byte(self) -> u8 {
        match self {
            Self::Friend => 0,
            Self::Hub => 1,
            Self::OwnDevice => 2,
        }
    }

    /// Reads what [`to_byte`](Self::to_byte) wrote.
    pub(crate) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Friend),
            1 => Some(Self::Hub),
            2 => Some(Self::OwnDevice),
            _ => None,
        }
    }
}

/// Bytes on this device.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StorageStatus {
    /// Other people's posts and pictures.
    pub others: u64,
    /// One's own posts and pictures.
    pub own: u64,
}
