//! What a node remembers of feeds, connections, hubs and blobs. Plain data; the rules are beside.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use effigy_core::{Cid, Identity, Time};
use effigy_feed::Feed;

use super::blobs::{Looking, Tree, Turn};
use super::hand::Found;
use crate::api::{HolderKind, HubRefusal, LinkState, Named, Path};
use crate::io::Link;
use crate::message::{LIST, Mark, Record, Summary, WatchName, WireHead};
use crate::reconcile::{Root, Symbol};
use crate::session::Session;

/// A feed that is kept here.
#[derive(Debug)]
pub(super) struct Held {
    pub feed: Feed,
    /// How many bytes its records have.
    pub bytes: u64,
    /// The mark of its last change, and the moment.
    pub changed: u64,
    pub moved: Time,
    /// How many records each pack has, by the place of its first.
    pub packs: BTreeMap<u32, u32>,
    /// What others said of it, by who said it.
    pub remote: BTreeMap<Identity, Remote>,
    /// The clock of the newest entry.
    pub newest: u64,
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
    /// In which session it was said, or holds on; `None` for what is remembered of one before.
    pub session: Option<Link>,
    /// Since when it says so.
    pub since: Time,
    /// Whether nobody here knows who says so: others are asked before, and remembered rather.
    pub stranger: bool,
}

impl Held {
    /// Nothing of a feed yet, in the writing that counts.
    pub(super) fn new(identity: Identity, synod: Identity, generation: u64) -> Self {
        let mut feed = Feed::new(identity);
        feed.begin(generation);
        Self {
            feed,
            bytes: 0,
            changed: 0,
            moved: Time(0),
            packs: BTreeMap::new(),
            remote: BTreeMap::new(),
            newest: 0,
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
    /// Requests for entries that the peer has yet to answer, by their feeds.
    pub asked: BTreeMap<u32, Identity>,
    /// When the peer last answered one: it does so one after another.
    pub answered: Time,
    /// How long it takes for an answer, in milliseconds, lately.
    pub pace: Option<u64>,
    /// Feeds of which the peer has more, and which wait until fewer are asked for.
    pub hungry: BTreeSet<Identity>,
    /// Requests for entries that were given up, whose answers may still be on their way.
    pub given_up: BTreeSet<u32>,
    /// Feeds of whose heads the peer told.
    pub told: BTreeSet<Identity>,
    /// Whose heads the peer wants to hear of.
    pub watches: Watches,
    /// What is said and known of heads in this session.
    pub talk: Talk,
    /// Blobs that the peer is looking for.
    pub looking: Looking,
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
    /// When a blob on its way to the peer last moved.
    pub moved: Time,
    /// Devices whose presence the peer asked for, and may be told its own.
    pub watching: BTreeSet<Identity>,
    /// How often it may still come with the token of no offer.
    pub guesses: Allowance,
}

/// Whose heads a peer wants to hear of.
#[derive(Debug)]
pub(super) enum Watches {
    /// Of these.
    Listed(BTreeSet<Identity>),
    /// Of all that are replicated here but these: so many that they are not listed.
    AllBut(BTreeSet<Identity>),
}

impl Default for Watches {
    fn default() -> Self {
        Self::Listed(BTreeSet::new())
    }
}

impl Watches {
    pub(super) fn contains(&self, feed: &Identity) -> bool {
        match self {
            Self::Listed(feeds) => feeds.contains(feed),
            Self::AllBut(feeds) => !feeds.contains(feed),
        }
    }
}

/// What is said and known of heads in one session.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// What the peer is willing to do; `None` before it has said so.
    pub services: Option<BTreeSet<Service>>,
    /// All feeds that are replicated here, as the peer was told, and the mark at which that was.
    pub told: Option<(Summary, u64)>,
    /// All feeds that are replicated there, as it said.
    pub theirs: Option<Summary>,
    /// How it was asked what it has.
    pub question: Question,
    /// Feeds of whose heads it was asked.
    pub about: BTreeSet<Identity>,
    /// Whether these are all, and too many to be listed.
    pub all: bool,
    /// All that changed there up to this mark was told.
    pub mark: Option<Mark>,
    /// The mark that was kept last.
    pub kept: Option<Mark>,
    /// Under which name the peer has its list remembered here.
    pub remembered: Option<WatchName>,
    /// A reconciliation that goes on, or has been.
    pub reconciling: Option<Reconciling>,
    /// The request for entries of unknown feeds that is under way.
    pub finding: Option<u32>,
    /// Which of them it was asked for.
    pub sought: BTreeSet<Cid>,
    /// How many heads it may still ask for without pausing.
    pub allowance: Allowance,
    /// And how many entries by their ids.
    pub finds: Allowance,
    /// Whether the peer was told that no more of its account's entries are kept.
    pub quota_told: bool,
}

/// How a peer was asked what it has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Question {
    /// Not yet.
    #[default]
    None,
    /// What changed since a mark.
    Changes { request: u32, since: u64 },
    /// For the heads of a list.
    List,
    /// For a mark, after the heads of a list, or what came to be the same.
    Mark { request: u32 },
    /// Nothing is open.
    Settled,
}

/// What a node is willing to do, by the names in `provides`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Service {
    Blobs,
    Changes,
    Entries,
    Find,
    Heads,
    Negentropy,
    Reconcile,
    Signalling,
}

impl Service {
    const ALL: [Self; 8] = [
        Self::Blobs,
        Self::Changes,
        Self::Entries,
        Self::Find,
        Self::Heads,
        Self::Negentropy,
        Self::Reconcile,
        Self::Signalling,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Blobs => "blobs",
            Self::Changes => "changes",
            Self::Entries => "entries",
            Self::Find => "find",
            Self::Heads => "heads",
            Self::Negentropy => "negentropy",
            Self::Reconcile => "reconcile",
            Self::Signalling => "signalling",
        }
    }

    /// Those of a list that are known here.
    pub(super) fn of(names: &[String]) -> BTreeSet<Self> {
        Self::ALL.into_iter().filter(|service| names.iter().any(|n| n == service.name())).collect()
    }
}

/// What somebody may ask for without pausing: so much at once, and so much more with time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allowance {
    used: u64,
    since: Time,
}

impl Allowance {
    /// Takes so much, if there is as much: `most` at once, and `each` a second after that.
    pub(super) fn take(&mut self, wanted: u64, most: u64, each: u64, now: Time) -> bool {
        let back = now.since(self.since).0.saturating_mul(each) / 1_000;
        if back > 0 {
            self.used = self.used.saturating_sub(back);
            self.since = now;
        }
        let used = self.used.saturating_add(wanted);
        if used > most {
            return false;
        }
        self.used = used;
        true
    }
}

/// A reconciliation on one connection.
#[derive(Debug)]
pub(super) struct Reconciling {
    pub request: u32,
    /// Whether this side sent its sketch.
    pub ours: bool,
    /// The mark at which this side's set was summed up, and the number of that sum.
    pub mark: u64,
    pub sums: u64,
    /// How many symbols were sent, or the symbols that came.
    pub sent: usize,
    pub symbols: Vec<Symbol>,
    pub root: Root,
    pub step: Step,
}

/// Where a reconciliation stands.
#[derive(Debug)]
pub(super) enum Step {
    /// Symbols go over.
    Symbols,
    /// What only this side has was told; the full hashes of what only the other has are to come.
    States {
        missing: BTreeSet<u64>,
        only_here: Vec<Identity>,
    },
    /// By negentropy.
    #[cfg(feature = "negentropy")]
    Negentropy(super::negentropy::Exchange),
    Done,
}

/// What somebody watches here, between their sessions: the list itself rests on the disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remembered {
    /// A hash of the name that opens it.
    pub tag: [u8; 16],
    pub count: usize,
    pub used: Time,
}

/// Entries of one feed that are on their way.
#[derive(Debug, Default)]
pub(super) struct Fetch {
    /// How many were taken in since it began.
    pub taken: u32,
    /// What is asked for, one part after another.
    pub parts: VecDeque<Part>,
}

/// A run of entries that is asked for at once.
#[derive(Debug)]
pub(super) struct Part {
    /// Its place, counted from where the fetch began.
    pub first: u32,
    pub count: u32,
    /// Who is asked for it: one, and somebody faster where the one is slow.
    pub asked: Vec<Asking>,
    pub answer: Option<Answer>,
}

/// A request for entries that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    pub link: Link,
    pub peer: Identity,
    pub request: u32,
    pub since: Time,
    /// When somebody else is asked too, if everything waits for this.
    pub hedge: Option<Time>,
}

/// Entries that came before those that go before them.
#[derive(Debug)]
pub(super) struct Answer {
    pub link: Link,
    pub peer: Identity,
    pub records: Vec<Record>,
    pub more: bool,
}

/// What is done later on a connection.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Later {
    /// Ask it what it has, if it has not shown by then how it wants to be asked.
    Ask,
    /// Have the list remembered that it was asked about.
    Name,
    /// Keep the mark up to which all is here.
    Keep,
    /// Tell a hub who may know that this device is here.
    Presence,
    /// Give up the request for a stranger's account.
    Account(u32),
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
            asked: BTreeMap::new(),
            answered: now,
            pace: None,
            hungry: BTreeSet::new(),
            given_up: BTreeSet::new(),
            told: BTreeSet::new(),
            watches: Watches::default(),
            talk: Talk::default(),
            looking: Looking::default(),
            offers: BTreeSet::new(),
            fetching: BTreeMap::new(),
            sending: VecDeque::new(),
            serving: 0,
            in_flight: 0,
            moved: Time(0),
            watching: BTreeSet::new(),
            guesses: Allowance::default(),
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
    /// What it said that it does not keep, in this session.
    pub refuses: Option<HubRefusal>,
    /// Over how many milliseconds to spread coming back, as it said before it went.
    pub spread: Option<u32>,
}

/// A way to a device, or the attempt to open one.
#[derive(Debug)]
pub(super) struct Direct {
    pub arranged: Arranged,
    pub peer: Identity,
    /// The number by which both sides know this attempt.
    pub attempt: String,
    pub until: Time,
    pub open: bool,
}

/// How two devices come to a direct way.
#[derive(Debug)]
pub(super) enum Arranged {
    /// By letters that people hand over.
    Hand(Found),
    /// By letters over this hub.
    Hub(Link),
}

/// A blob on this device.
#[derive(Clone, Copy, Debug)]
pub struct Here {
    /// How many bytes it has.
    pub size: u32,
    /// Whether it was written here.
    pub own: bool,
    /// Whether the content it belongs to was looked through. Others are not given to anybody.
    pub proven: bool,
}

/// Content that some entry points to.
#[derive(Debug)]
pub(super) struct Content {
    /// Accounts whose entries point to it, and how many of their entries do.
    pub owners: BTreeMap<Identity, u32>,
    /// Its pieces, once they are known: itself, or what its manifest lists.
    pub pieces: Vec<(Cid, u32)>,
    /// How it is put together, if it is long and no picture.
    pub tree: Option<Tree>,
    pub state: ContentState,
    /// Whether it is fetched unasked.
    pub auto: bool,
    pub turn: Turn,
    /// How often nobody had it in its turn.
    pub vain: u32,
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
#[derive(Debug)]
pub(super) struct Want {
    /// The contents it belongs to.
    pub claims: BTreeMap<Named, Claim>,
    /// The account in whose turn it was asked for first.
    pub payer: Identity,
    /// Who has it, and how many bytes it has as they say.
    pub sources: BTreeMap<Link, u32>,
    pub asked: Option<(Link, u32, Time)>,
    pub part: Begun,
}

/// What a content says of a blob.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Claim {
    /// How many bytes it has; `None` for a list, of which only the most is known.
    pub size: Option<u32>,
    /// Which piece of long content it is, counted through all parts.
    pub place: u64,
}

impl Want {
    pub(super) fn new(payer: Identity) -> Self {
        let (claims, sources) = (BTreeMap::new(), BTreeMap::new());
        Self { claims, payer, sources, asked: None, part: Begun::default() }
    }
}

/// What came of a blob so far.
#[derive(Debug, Default)]
pub(super) struct Begun {
    pub bytes: Vec<u8>,
    /// How many bytes the whole blob has.
    pub size: u32,
    /// From whom it is, if all of it is from one.
    pub from: Option<Link>,
}

/// What a load is for.
#[derive(Debug)]
pub(super) enum Pending {
    /// A piece of a picture that a screen wants.
    Content { content: Named, piece: Cid },
    /// A piece of content that has to be looked through.
    Check { content: Named, piece: Cid },
    /// A manifest whose pieces have to be known.
    Manifest { content: Named },
    /// A list of long content.
    List { content: Named, list: Cid },
    /// A piece of long content that a screen wants, from a byte on.
    Range { content: Named, piece: Cid, from: u64, number: u64 },
    /// A piece of a video that is looked through.
    Scan { content: Named, piece: Cid },
    /// A blob for a peer.
    Blob { blob: Cid, link: Link, request: u32, offset: u32, max_size: u32 },
    /// A picture of a draft.
    DraftPicture { slot: String, place: u8 },
    /// A pack of a feed that is being cut.
    Cut { identity: Identity, first: u32 },
    /// A pack for a peer.
    Pack { serve: u64, feed: Identity, first: u32 },
    /// A pack that is joined with its neighbours.
    Merge { identity: Identity, first: u32 },
    /// What a peer watches here, as it said in a session before.
    Watched { link: Link, request: u32, since: Mark, watch: WatchName },
    /// A pack in which payloads come or go.
    Rewrite { identity: Identity, first: u32 },
    /// A pack with some of the newest posts.
    Glimpse { identity: Identity, generation: u64, first: u32 },
    /// A pack with own entries that may be opened now.
    Reopen { identity: Identity, generation: u64, first: u32 },
    /// A pack that is read once more after the start.
    Review { identity: Identity, generation: u64, first: u32 },
}

/// Entries on their way to a peer, while their packs are being loaded.
#[derive(Debug)]
pub(super) struct Serve {
    pub link: Link,
    pub request: u32,
    pub answer: Answering,
    /// The places that are wanted, by feed, in their order.
    pub places: Vec<(Identity, u32)>,
    /// How many packs have yet to be loaded.
    pub left: usize,
    pub records: BTreeMap<(Identity, u32), Vec<u8>>,
}

/// As the answer to what entries go out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answering {
    /// Those of one feed; whether there are more.
    Feed { identity: Identity, more: bool },
    /// Those that were looked for.
    Found,
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
pub struct Holding {
    /// How many entries, from the first.
    pub count: u64,
    /// What they are.
    pub kind: HolderKind,
    /// Their account; a hub has none.
    pub synod: Option<Identity>,
}
