//! What crosses the wire. Text frames are JSON; binary frames carry blobs.

mod checked;
mod codec;
mod linking;
mod names;
mod passing;
mod reconciling;

pub use codec::Garbage;
pub(crate) use codec::{lists, open_payload};
pub use linking::{LinkEnd, LinkStep};
pub use names::{NameError, StoreName, WatchName};
pub use passing::{Name, Passing};

use effigy_core::link::Token;
use effigy_core::seal::Letter;
use effigy_core::{Cid, Entry, Identity, Payload, Signature};
use serde::{Deserialize, Serialize};

use crate::reconcile::{Root, Symbol};

/// Most identities or ids in one list.
pub const LIST: usize = 256;
/// Most entries in one message.
pub const BATCH: usize = 100;
/// Most entries that a request may leave out: as many as may be under way before them.
pub const SKIP: usize = 1_600;
/// Most entries that may be looked for by their ids in one message: each may be in any feed.
pub const FIND: usize = 32;
/// Most bytes of the list of versions in a session's request.
pub const SESSION_BYTES: usize = 256;

/// A frame as it goes onto a transport.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Frame {
    /// A piece of a blob.
    Binary(Vec<u8>),
    /// A JSON message.
    Text(String),
}

impl Frame {
    /// How many bytes it has.
    pub const fn len(&self) -> usize {
        match self {
            Self::Binary(bytes) => bytes.len(),
            Self::Text(text) => text.len(),
        }
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A head as nodes tell each other.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WireHead {
    /// The clock of the newest entry.
    pub comparable: u64,
    /// How many entries there are.
    pub count: u64,
    /// Which writing of the feed.
    pub generation: u64,
    /// The id of the newest entry.
    pub id: Cid,
    /// Whose feed.
    pub identity: Identity,
    /// Where the feed has several ends, a hash of which entries there are: the newest alone does not
    /// say it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Cid>,
}

/// A moment in the life of a store: heads that moved later have greater marks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Mark(pub StoreName, pub u64);

/// All feeds of a node in few bytes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// How many there are.
    pub count: u64,
    /// The hash of their states.
    pub root: Root,
}

/// The first message of a session, each way.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// 32 random bytes in base64url.
    pub challenge: String,
    /// The head of the sender's own feed, if it has one.
    pub head: Option<Cid>,
    /// The sender's key.
    pub identity: Identity,
    /// The versions that the sender speaks, best first.
    pub protocols: Vec<String>,
    /// The sender's account and its head; absent for a hub.
    pub synod: Option<(Identity, Option<Cid>)>,
}

/// An entry and its payload, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The entry.
    pub entry: Entry,
    /// The payload: its bytes, and what they say. `None` where it was taken back.
    pub payload: Option<(Vec<u8>, Payload)>,
}

/// Everything that one node says to another.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// This hub is told to stop and closes the connection. Come back, but not all at once.
    Away {
        /// Over how many milliseconds those who are here are to spread their coming back.
        spread: u32,
    },
    /// No longer send this.
    Cancel {
        /// The number of the request.
        request: u32,
    },
    /// What changed of the feeds that the receiver watches.
    Changes {
        /// Feeds that are not here, or no longer.
        gone: Vec<Identity>,
        /// The heads of those that are.
        heads: Vec<WireHead>,
        /// All that was watched and changed up to this mark has been told.
        mark: Mark,
        /// Whether more follows: it has to be asked for, from the mark on.
        more: bool,
        /// The number of the request; 0 unasked.
        request: u32,
    },
    /// A piece of a blob.
    Chunk {
        /// The bytes.
        bytes: Vec<u8>,
        /// Where in the blob they begin.
        offset: u32,
        /// The number of the request.
        request: u32,
        /// The size of the whole blob.
        size: u32,
    },
    /// Of the items of a sketch these are missing here, by their short names.
    Differences {
        /// The short names.
        missing: Vec<u64>,
        /// The number of the request.
        request: u32,
    },
    /// Entries that were asked for.
    Entries {
        /// Whose feed.
        identity: Identity,
        /// Whether more follow after these.
        more: bool,
        /// The entries, every parent before its child.
        records: Vec<Record>,
        /// The number of the request.
        request: u32,
    },
    /// Something was refused.
    Error {
        /// What it was about: a request's number, or 0.
        about: u32,
        /// Why.
        code: ErrorCode,
    },
    /// Send these entries, of whatever feeds, if they are there.
    FindEntries {
        /// Their ids.
        ids: Vec<Cid>,
        /// A number for the answer.
        request: u32,
    },
    /// Those of the entries looked for that are here.
    FoundEntries {
        /// The entries.
        records: Vec<Record>,
        /// The number of the request.
        request: u32,
    },
    /// Send a blob.
    GetBlob {
        /// Its name.
        cid: Cid,
        /// The most bytes that are wanted.
        max_size: u32,
        /// Where to begin.
        offset: u32,
        /// A number for the answer.
        request: u32,
    },
    /// Tell what changed since a mark, of the feeds that I watch.
    GetChanges {
        /// A number for the answer.
        request: u32,
        /// The mark; without one only remember what I watch, and tell a mark.
        since: Option<Mark>,
        /// What I watch here, as it is to be remembered or was.
        watch: WatchName,
    },
    /// Send entries of a feed.
    GetEntries {
        /// The heads of what the asker has.
        after: Vec<Cid>,
        /// Which writing of the feed.
        generation: u64,
        /// Whose feed.
        identity: Identity,
        /// The most entries that are wanted.
        limit: u32,
        /// A number for the answer.
        request: u32,
        /// How many of the first to leave out: others are asked for them.
        skip: u32,
    },
    /// Say how far these feeds are, now and whenever they move.
    GetHeads {
        /// Whose feeds.
        identities: Vec<Identity>,
    },
    /// Send more symbols of the sketch.
    GetSymbols {
        /// How many there should be altogether.
        count: u32,
        /// The number of the sketch's request.
        request: u32,
    },
    /// These blobs are here, with their sizes.
    IHave {
        /// Names and sizes.
        blobs: Vec<(Cid, u64)>,
    },
    /// Which of these blobs are there?
    IWant {
        /// Their names.
        cids: Vec<Cid>,
    },
    /// How far feeds are.
    LastKnownHeads {
        /// One for each feed of which anything is known.
        heads: Vec<WireHead>,
    },
    /// Let me meet who shows the offer of this token.
    LinkClaim {
        /// A number for the answer.
        request: u32,
        /// The token.
        token: Token,
    },
    /// Two devices that were being linked no longer have each other.
    LinkClosed {
        /// Why.
        why: LinkEnd,
    },
    /// The two have met: from here on what one says is passed on to the other.
    LinkMet,
    /// Keep an offer to link a device for the first who comes with its token.
    LinkOpen {
        /// A number for the answer.
        request: u32,
        /// The token.
        token: Token,
    },
    /// It is kept.
    LinkOpened {
        /// The number of the request.
        request: u32,
    },
    /// What one of two devices that met says to the other.
    LinkStep {
        /// What.
        step: LinkStep,
    },
    /// A letter of somebody else that came through this hub.
    MessageFrom {
        /// The letter.
        letter: Letter,
    },
    /// Pass a letter on to somebody who is connected here.
    MessageTo {
        /// The letter.
        letter: Letter,
    },
    /// A step of a reconciliation by negentropy.
    Negentropy {
        /// The step.
        bytes: Vec<u8>,
        /// The number of the request.
        request: u32,
    },
    /// Somebody is no longer here.
    Offline {
        /// Who.
        identity: Identity,
    },
    /// I am here, and these may know it; tell me of those of them who list me too.
    Online {
        /// Devices.
        watch: Vec<Identity>,
    },
    /// A letter to be passed on, at the hub that does: [`MessageTo`](Self::MessageTo) as it came.
    Pass(Passing),
    /// Are you there?
    Ping,
    /// I am.
    Pong,
    /// Who of those who were listed is here; also one who just came.
    PresenceList {
        /// Devices.
        identities: Vec<Identity>,
    },
    /// What the sender is willing to do.
    Provides {
        /// All feeds that the sender replicates, where there are many.
        feeds: Option<Summary>,
        /// Names of services.
        services: Vec<String>,
    },
    /// The proof of the sender's key.
    SessionAuth {
        /// Over the whole transcript.
        signature: Signature,
    },
    /// The beginning of a session.
    SessionRequest(SessionRequest),
    /// Symbols of the feeds that the sender replicates: the first, or the next.
    Sketch {
        /// A number for the answers.
        request: u32,
        /// The hash of all items.
        root: Root,
        /// How many symbols of this request and root came before; 0 where the row begins anew.
        skip: u16,
        /// The symbols.
        symbols: Vec<Symbol>,
    },
    /// The full hashes of items of a sketch that were missing.
    States {
        /// The number of the request.
        request: u32,
        /// The hashes.
        states: Vec<Cid>,
    },
    /// No longer tell of these feeds.
    Unwatch {
        /// Whose feeds.
        identities: Vec<Identity>,
    },
}

/// Why something was refused. A fixed list; one code for all failures of cryptography.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A hub keeps no more entries of this account.
    EntryQuota,
    /// The session is not proven, or the service was not offered.
    Forbidden,
    /// A hub's disk is full: it reads and passes on, and keeps nothing new.
    Full,
    /// The message makes no sense.
    Malformed,
    /// It is not here.
    NotFound,
    /// The receiver of a letter is not connected.
    Offline,
    /// Too much, too often, or too large.
    TooMuch,
    /// A signature or seal does not count.
    Untrusted,
    /// No version in common.
    Version,
}
