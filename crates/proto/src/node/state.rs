//! What a node remembers of feeds, connections, hubs and blobs. Plain data; the rules are beside.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use effigy_core::{Cid, Identity, Time};
use effigy_feed::Feed;

use crate::api::{HolderKind, LinkState, Path};
use crate::io::Link;
use crate::message::{LIST, WireHead};
use crate::session::Session;

/// A feed that is kept here.
#[derive(Debug)]
pub(super) struct Held {
    pub feed: Feed,
    /// How many bytes its records have.
    pub bytes: u64,
    /// How many records each pack has, by the place of its first.
    pub packs: BTreeMap<u32, u32>,
    /// What others said of it, by who said it. Only of those who are connected.
    pub remote: BTreeMap<Identity, Remote>,
    /// The clock of the newest entry.
    pub newest: u64,
    /// The request that is under way.
    pub asking: Option<Asking>,
    /// To the account that owns it.
    pub synod: Identity,
    pub walk: Walk,
}

/// How far a peer has gone through entries that are known here, on its way to what is not.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Entries after which nothing has been sent.
    pub ends: VecDeque<Cid>,
    /// How many entries were sent that were known.
    pub count: usize,
    pub peer: Option<Identity>,
}

impl Walk {
    /// Most ends that are remembered: half of what one request can name.
    const ENDS: usize = LIST / 2;

    pub(super) fn begin(&mut self, peer: Identity) {
        *self = Self { peer: Some(peer), ..Self::default() };
    }

    /// Goes past entries, given by their ids and those of their parents.
    pub(super) fn pass(&mut self, sent: &[(Cid, Vec<Cid>)]) {
        self.count = self.count.saturating_add(sent.len());
        for (id, parents) in sent {
            self.ends.retain(|end| end != id && !parents.contains(end));
            self.ends.push_back(*id);
            if self.ends.len() > Self::ENDS {
                self.ends.pop_front();
            }
        }
    }
}

/// What somebody said of a feed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remote {
    pub head: WireHead,
    /// It gave all that it was willing to give. Only another head makes it worth asking again.
    pub spent: bool,
}

/// A request for entries that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    pub link: Link,
    pub peer: Identity,
    pub request: u32,
    pub since: Time,
}

impl Held {
    /// Nothing of a feed yet, in the writing that counts.
    pub(super) fn new(identity: Identity, synod: Identity, generation: u64) -> Self {
        let mut feed = Feed::new(identity);
        feed.begin(generation);
        Self {
            feed,
            bytes: 0,
            packs: BTreeMap::new(),
            remote: BTreeMap::new(),
            newest: 0,
            asking: None,
            synod,
            walk: Walk::default(),
        }
    }

    /// The pack that holds the entry at a place.
    pub(super) fn pack_of(&self, position: u32) -> Option<(u32, u32)> {
        let (first, count) = self.packs.range(..=position).next_back()?;
        (position < first.saturating_add(*count)).then_some((*first, *count))
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Conn {
    pub dialled: bool,
    pub path: Path,
    pub session: Option<Session>,
    /// When the session must be open, or the connection is closed.
    pub deadline: Time,
    pub heard: Time,
    pub pinged: Time,
    pub faults: u32,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// How many requests for entries the peer has yet to answer.
    pub asking: usize,
    /// When the peer last answered one: it does so one after another.
    pub answered: Time,
    /// Feeds of which the peer has more, and which wait until fewer are asked for.
    pub hungry: BTreeSet<Identity>,
    /// Requests for entries that were given up, whose answers may still be on their way.
    pub given_up: BTreeSet<u32>,
    /// Feeds of whose heads the peer told.
    pub told: BTreeSet<Identity>,
    /// Whose heads the peer wants to hear of.
    pub watches: BTreeSet<Identity>,
    /// Blobs that the peer is looking for.
    pub looking: BTreeSet<Cid>,
    /// Blobs that the peer has and this node wants.
    pub offers: BTreeSet<Cid>,
    /// Blobs that were asked for here, by request.
    pub fetching: BTreeMap<u32, Cid>,
    /// Blobs on their way to the peer.
    pub sending: VecDeque<Sending>,
    /// Loads under way for the peer.
    pub serving: u32,
    /// Binary frames that have not left yet.
    pub in_flight: u32,
    /// Devices whose presence the peer asked for, and may be told its own.
    pub watching: BTreeSet<Identity>,
}

/// A blob on its way out.
#[derive(Debug)]
pub(super) struct Sending {
    pub request: u32,
    pub bytes: Vec<u8>,
    pub offset: usize,
    pub end: usize,
}

impl Conn {
    pub(super) fn new(
        dialled: bool,
        path: Path,
        session: Session,
        now: Time,
        deadline: Time,
    ) -> Self {
        Self {
            dialled,
            path,
            session: Some(session),
            deadline,
            heard: now,
            pinged: now,
            faults: 0,
            bytes_in: 0,
            bytes_out: 0,
            asking: 0,
            answered: now,
            hungry: BTreeSet::new(),
            given_up: BTreeSet::new(),
            told: BTreeSet::new(),
            watches: BTreeSet::new(),
            looking: BTreeSet::new(),
            offers: BTreeSet::new(),
            fetching: BTreeMap::new(),
            sending: VecDeque::new(),
            serving: 0,
            in_flight: 0,
            watching: BTreeSet::new(),
        }
    }

    /// Who is at the other end, once it proved itself.
    pub(super) fn peer(&self) -> Option<Identity> {
        match &self.session {
            Some(Session::Open { peer, .. }) => Some(*peer),
            _ => None,
        }
    }

    /// The account that who is at the other end says it belongs to; `None` for a hub or before the
    /// proof. The device's key is proven, this is not: see [`Node::account_of`].
    ///
    /// [`Node::account_of`]: super::Node::account_of
    pub(super) fn claimed(&self) -> Option<Identity> {
        match &self.session {
            Some(Session::Open { synod, .. }) => synod.map(|(synod, _)| synod),
            _ => None,
        }
    }

    /// Whether a hub is at the other end: one that this node dialled, and that speaks for nobody.
    pub(super) fn is_hub(&self) -> bool {
        let at_hub = self.dialled && self.path == Path::Hub;
        at_hub && self.peer().is_some() && self.claimed().is_none()
    }
}

/// A hub that this node dials.
#[derive(Debug)]
pub(super) struct HubSlot {
    pub origin: String,
    pub identity: Option<Identity>,
    pub link: Option<Link>,
    pub state: LinkState,
    pub attempts: u32,
    pub retry_at: Time,
}

/// A way to a device, or the attempt to open one.
#[derive(Debug)]
pub(super) struct Direct {
    /// Over which hub the two arrange it.
    pub over: Link,
    pub peer: Identity,
    /// The number by which both sides know this attempt.
    pub attempt: String,
    pub until: Time,
    pub open: bool,
}

/// A blob on this device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Here {
    pub size: u32,
    pub own: bool,
    /// Whether the content it belongs to was looked through. Others are not given to anybody.
    pub proven: bool,
}

/// A picture that some entry points to.
#[derive(Debug)]
pub(super) struct Content {
    pub size: u64,
    /// Accounts whose entries point to it, and how many of their entries do.
    pub owners: BTreeMap<Identity, u32>,
    /// Its pieces, once they are known: itself, or what its manifest lists.
    pub pieces: Vec<(Cid, u32)>,
    pub state: ContentState,
    /// Whether it is fetched unasked.
    pub auto: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ContentState {
    Missing,
    /// All is here and is being looked through.
    Checking,
    Complete,
    Refused,
}

/// A blob that is wanted.
#[derive(Debug, Default)]
pub(super) struct Want {
    /// The most bytes it may have; exactly these where `exact`.
    pub max: u32,
    pub exact: bool,
    pub contents: BTreeSet<Cid>,
    pub asked: Option<(Link, u32, Time)>,
    pub part: Vec<u8>,
}

/// What a load is for.
#[derive(Debug)]
pub(super) enum Pending {
    /// A piece of a picture that a screen wants.
    Content { content: Cid, piece: Cid },
    /// A piece of content that has to be looked through.
    Check { content: Cid, piece: Cid },
    /// A manifest whose pieces have to be known.
    Manifest { content: Cid },
    /// A blob for a peer.
    Blob { link: Link, request: u32, offset: u32, max_size: u32 },
    /// A picture of a draft.
    DraftPicture { slot: String, place: u8 },
    /// A pack for a peer.
    Pack { serve: u64, first: u32 },
    /// A pack out of which a payload has to go.
    Forget { identity: Identity, first: u32 },
    /// A pack with some of the newest posts.
    Glimpse { identity: Identity, generation: u64, first: u32 },
    /// A pack that is to be joined with others.
    Join { identity: Identity, generation: u64, first: u32 },
    /// A pack that is read once more after the start.
    Review { identity: Identity, generation: u64, first: u32 },
}

/// Entries on their way to a peer, while their packs are being loaded.
#[derive(Debug)]
pub(super) struct Serve {
    pub link: Link,
    pub request: u32,
    pub identity: Identity,
    pub positions: BTreeSet<u32>,
    pub more: bool,
    pub left: usize,
    pub records: BTreeMap<u32, Vec<u8>>,
}

/// Somebody whom this person wants to tell that they follow them.
#[derive(Clone)]
pub(super) struct Greeting {
    /// The secret of their invite, if one was shown.
    pub token: Option<[u8; 16]>,
    pub attempts: u32,
    pub next: Time,
}

impl std::fmt::Debug for Greeting {
    /// The token opens a door, so it is not printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Greeting({} attempts)", self.attempts)
    }
}

/// Somebody who says that they follow this person, before their account is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knock {
    pub device: Identity,
    /// Whether they showed the invite.
    pub invited: bool,
    /// Over which hub they wrote.
    pub over: Link,
    pub until: Time,
}

/// Who holds how much of the own feed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holding {
    pub count: u64,
    pub kind: HolderKind,
    pub synod: Option<Identity>,
}
