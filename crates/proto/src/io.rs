//! What goes into a node and what comes out of it.

use effigy_core::Time;
use effigy_store::{Batch, Key};

use crate::api::{Command, Event, Path};
use crate::message::{Frame, Garbage, Message};

/// One connection, for as long as it lives. Never used again for another.
///
/// Numbers from 0 are given by the node to what it dials; numbers from [`Link::ACCEPTED`] by the
/// world to what it accepts.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Link(pub u64);

impl Link {
    /// The first number of connections that came from outside.
    pub const ACCEPTED: u64 = 1 << 63;
}

/// A number that comes back with what was loaded.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Load(pub u64);

/// What a connection is bound to, so that a proof given on it counts on no other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Binding {
    /// A WebSocket: the origin that was dialled, as the dialler wrote it.
    Origin(String),
    /// A WebRTC connection: the DTLS fingerprints of both ends, sorted.
    Fingerprints(String, String),
}

/// What the world tells the node.
#[derive(Debug)]
pub enum Input {
    /// A connection opened.
    Connected {
        /// What a proof on it is bound to.
        binding: Binding,
        /// Whether this side dialled (or made the WebRTC offer).
        dialled: bool,
        /// Which connection.
        link: Link,
        /// By which way it runs.
        path: Path,
    },
    /// The person asked for something.
    Command(Command),
    /// A connection that was open or on its way is gone.
    Disconnected(Link),
    /// What was sent in binary frames on this connection has left: there is room for more. Told
    /// after each binary frame, at once or as soon as the buffer is low.
    Drained(Link),
    /// The answer to [`Output::Load`].
    Loaded(Load, Option<Vec<u8>>),
    /// A message came, decoded and its signatures checked; or garbage came.
    Received(Link, Result<Message, Garbage>),
    /// A WebRTC connection on its way made something for the other side.
    Rtc(Link, RtcEvent),
    /// The moment of [`Output::WakeAt`] has come.
    Tick,
}

/// What the node asks of the world, in the order in which it must be done.
#[derive(Debug)]
pub enum Output {
    /// Close a connection.
    Close(Link),
    /// Open a WebSocket to the hub at this origin (path `/ws`).
    Dial(Link, String),
    /// Tell the person.
    Emit(Event),
    /// Write down beside the store how far this device's own feeds are.
    Fence(Fence),
    /// Read this and hand it back with [`Input::Loaded`].
    Load(Load, Key),
    /// What was noted of the store's packs cannot be right: begin again with [`Node::rereading`].
    /// Nothing that is asked behind it is to be done.
    ///
    /// [`Node::rereading`]: crate::Node::rereading
    Reread,
    /// Do this on a WebRTC connection.
    Rtc(Link, RtcAction),
    /// Make this durable before going on.
    Save(Batch),
    /// Send this.
    Send(Link, Frame),
    /// Hand in [`Input::Tick`] at this moment, unless a later one replaces it.
    WakeAt(Time),
}

/// How far this device's own feeds are: kept outside the store, so that a store that was emptied or
/// rolled back is noticed before anything is signed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fence {
    /// How many entries the device's feed has.
    pub device_count: u64,
    /// How many entries the synod's feed has.
    pub synod_count: u64,
}

impl Fence {
    /// A record that is there and cannot be read. It may have said anything, so nothing that is here is
    /// known to be all.
    pub const UNREADABLE: Self = Self { device_count: u64::MAX, synod_count: u64::MAX };
}

/// A WebRTC session description or candidate, as the browser writes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RtcEvent {
    /// A candidate of this side; `mid` and `line` as in `RTCIceCandidate`.
    Candidate {
        /// The candidate line.
        candidate: String,
        /// `sdpMLineIndex`.
        line: u16,
        /// `sdpMid`.
        mid: String,
    },
    /// The local description is ready: an offer after [`RtcAction::Offer`], an answer after
    /// [`RtcAction::Answer`].
    Description(String),
}

/// What to do on a WebRTC connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RtcAction {
    /// Make a connection from the other side's offer, and an answer to it.
    Answer {
        /// The other side's description.
        offer: String,
    },
    /// Take a candidate of the other side.
    Candidate {
        /// The candidate line.
        candidate: String,
        /// `sdpMLineIndex`.
        line: u16,
        /// `sdpMid`.
        mid: String,
    },
    /// Make a connection with one ordered, reliable data channel `effigy`, and an offer.
    Offer,
    /// The other side answered.
    TakeAnswer {
        /// The other side's description.
        answer: String,
    },
}
