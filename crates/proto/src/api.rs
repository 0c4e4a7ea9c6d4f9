//! What a person (or an operator) may ask of a node, and what a node tells them.

use effigy_core::payload::ImageType;
use effigy_core::video::VideoType;
use effigy_core::{Cid, Entry, Identity, Invite, Payload, Time};
use effigy_feed::Relation;

/// Comes back in the answer to a [`Command`], so that the asker knows which it was.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Ticket(pub u64);

/// A picture as a screen hands it over: already decoded to pixels and encoded anew.
#[derive(Clone, Eq, PartialEq)]
pub struct Picture {
    /// What somebody who cannot see it is told.
    pub alt: String,
    /// The picture.
    pub full: Pixels,
    /// A small version for lists.
    pub thumbnail: Option<Pixels>,
}

/// An encoded picture.
#[derive(Clone, Eq, PartialEq)]
pub struct Pixels {
    /// The encoded bytes.
    pub bytes: Vec<u8>,
    /// How they are encoded.
    pub image_type: ImageType,
    /// The height in pixels.
    pub height: u32,
    /// The width in pixels.
    pub width: u32,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Picture(..)")
    }
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({} bytes)", self.bytes.len())
    }
}

/// What to do with the picture of a profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PictureChange {
    /// Leave it as it is.
    Keep,
    /// Take it away.
    Remove,
    /// Put this one in its place.
    Replace(Picture),
}

/// As what content is looked through.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ContentKind {
    /// A picture.
    #[default]
    Picture,
    /// A video.
    Video(VideoType),
    /// Anything: it is never shown.
    File,
}

/// What an entry points to: a name, the size that it is said to have, and as what. Whoever says another
/// size points to something else; at most one of them is right, and hides none of the others.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Named {
    /// The name of the content.
    pub cid: Cid,
    /// Its size in bytes.
    pub size: u64,
    /// As what it is looked through.
    pub kind: ContentKind,
}

impl Named {
    /// Before and behind all others.
    pub(crate) const FIRST: Self =
        Self { cid: Cid::from_digest([0; 32]), size: 0, kind: ContentKind::Picture };
    pub(crate) const LAST: Self =
        Self { cid: Cid::from_digest([0xFF; 32]), size: u64::MAX, kind: ContentKind::File };
}

/// As what attachments are published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Attaching {
    /// A folder.
    Collection {
        /// Its files: the number of each attachment, and where in the folder it is.
        items: Vec<(u64, String)>,
        /// What it is called.
        name: String,
    },
    /// A file.
    File {
        /// Its media type, or nothing.
        mime: String,
        /// What it is called.
        name: String,
        /// The number of the attachment.
        upload: u64,
    },
    /// A video.
    Video {
        /// What somebody who cannot see it is told.
        alt: String,
        /// How long it plays, in milliseconds; 0 where that is not known.
        duration: u64,
        /// The height in pixels.
        height: u32,
        /// A picture of it.
        poster: Option<Picture>,
        /// The number of the attachment.
        upload: u64,
        /// The width in pixels.
        width: u32,
    },
}

/// What a device is told of its surroundings: what sharing costs it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Conditions {
    /// How many bytes the store can still take, where that is known.
    pub free: Option<u64>,
    /// Whether the battery is low.
    pub low_battery: bool,
    /// Whether bytes cost money.
    pub metered: bool,
}

/// What a person may ask.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Command {
    /// Add the person of an invite; they follow back because the invite proves itself.
    AcceptInvite {
        /// What was scanned or pasted.
        invite: Invite,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Attach something that is no picture: its bytes follow, and it counts once it is published. Refused
    /// before anything is kept where there is no room for it.
    Attach {
        /// As what.
        kind: ContentKind,
        /// How many bytes it has.
        size: u64,
        /// Comes back in the answer.
        ticket: Ticket,
        /// The screen's own number for it.
        upload: u64,
    },
    /// The next bytes of an attachment. The answer says that they are kept, and asks for the next.
    AttachBytes {
        /// The bytes; 1 MiB at a time is enough.
        bytes: Vec<u8>,
        /// Comes back in the answer.
        ticket: Ticket,
        /// Of which attachment.
        upload: u64,
    },
    /// Drop an attachment that was not published.
    CancelAttached {
        /// Which.
        upload: u64,
    },
    /// Take what is here of content off this device, unless it is one's own.
    CancelContent {
        /// Which.
        content: Named,
    },
    /// Tells of the surroundings of this device.
    Conditions(Conditions),
    /// Meet at one more hub.
    AddHub {
        /// Its origin, `https://…`.
        origin: String,
    },
    /// The first words of a new account: its genesis, this device, its profile.
    Begin {
        /// What the person calls this device.
        device_name: String,
        /// What the person is called.
        name: String,
        /// Their picture.
        picture: Option<Picture>,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Answer an entry.
    Comment {
        /// The id of the entry that is answered.
        parent: Cid,
        /// The pictures.
        pictures: Vec<Picture>,
        /// The id of the entry that began the thread.
        root: Cid,
        /// The text in Markdown.
        text: String,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Begin a direct way to somebody who is followed without a hub, by letters that the two hand over
    /// themselves. [`Event::ByHand`] brings the letter.
    ConnectByHand {
        /// Whom.
        synod: Identity,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Take one's own entry back.
    Delete {
        /// The id of the entry.
        target: Cid,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Change the profile.
    EditProfile {
        /// What they say about themselves.
        about: String,
        /// What they are called.
        name: String,
        /// What becomes of the picture.
        picture: PictureChange,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Fetch content until it is whole, also after a restart. [`Event::Transfer`] tells how far it is.
    FetchContent {
        /// Which.
        content: Named,
    },
    /// Drop other people's pictures from this device. They are fetched again when they are looked at.
    /// [`Event::Freed`] comes before the answer.
    FreeSpace {
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Read the bytes of a picture, fetching them if need be. Answered by [`Event::Content`].
    LoadContent {
        /// The name of the content.
        cid: Cid,
        /// Its size in bytes, as its entry says.
        size: u64,
    },
    /// Read a picture of a draft. Answered by [`Event::DraftPicture`].
    LoadDraftPicture {
        /// Which picture of the draft, from 0.
        place: u8,
        /// Which draft.
        slot: String,
    },
    /// Make a new invite; the one before no longer counts.
    NewInvite,
    /// Say once, after a warning, that this device's own feed is to go on although a newer head of
    /// it was seen elsewhere.
    OverrideFence,
    /// Fetch no more of content. What is here of it stays.
    PauseContent {
        /// Which.
        content: Named,
    },
    /// Post what was attached, once all of it has come.
    PublishAttached {
        /// The text in Markdown.
        text: String,
        /// Comes back in the answer.
        ticket: Ticket,
        /// As what.
        what: Box<Attaching>,
    },
    /// Post.
    Publish {
        /// The pictures.
        pictures: Vec<Picture>,
        /// The text in Markdown.
        text: String,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Read content that is no picture from a byte on, as far as one piece goes, as soon as that is here:
    /// it is fetched before all others. Answered by [`Event::Range`].
    ReadContent {
        /// Which.
        content: Named,
        /// From which byte on.
        from: u64,
        /// The screen's own number for the question.
        number: u64,
    },
    /// Follow, block or mute somebody, or no longer.
    Relate {
        /// Whether it holds from now on.
        on: bool,
        /// What kind of relation.
        relation: Relation,
        /// About whom.
        synod: Identity,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// No longer meet at a hub.
    RemoveHub {
        /// Its origin.
        origin: String,
    },
    /// Keep a draft through reload and crash, or drop it with its pictures when `text` is empty.
    SaveDraft {
        /// Which draft: `post`, or the id of the entry that is answered.
        slot: String,
        /// The draft as the screen writes it (JSON); at most 1 MiB.
        text: String,
    },
    /// Keep a picture of a draft.
    SaveDraftPicture {
        /// The picture, without what is told of it; `None` drops it.
        picture: Option<Picture>,
        /// Which picture of the draft, from 0; less than a post may have.
        place: u8,
        /// Which draft.
        slot: String,
    },
    /// Do what was written in a draft. Once it is done the draft is gone, in the same transaction.
    SendDraft {
        /// What is to be done. Its ticket comes back in the answer.
        command: Box<Self>,
        /// Which draft.
        slot: String,
    },
    /// Answer once everything that was asked before is durable.
    Settle {
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Mark an entry with a word, or take the mark off.
    Tag {
        /// Whether the mark is on from now on.
        on: bool,
        /// The id of the entry.
        target: Cid,
        /// Comes back in the answer.
        ticket: Ticket,
        /// The word.
        word: String,
    },
    /// Take a letter that somebody handed over: their offer of a direct way, or their answer to one's
    /// own.
    TakeLetter {
        /// The letter's text.
        text: String,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Tell how far content is, now and whenever that changes. Answered by [`Event::Transfer`].
    WatchContent {
        /// Which.
        content: Named,
    },
    /// Wake up: the page is visible again or the network came back. Dials what is not connected.
    Wake,
}

impl Command {
    /// The ticket that comes back in the answer; `None` for what is not answered.
    pub fn ticket(&self) -> Option<Ticket> {
        match self {
            Self::AcceptInvite { ticket, .. }
            | Self::Attach { ticket, .. }
            | Self::AttachBytes { ticket, .. }
            | Self::Begin { ticket, .. }
            | Self::Comment { ticket, .. }
            | Self::ConnectByHand { ticket, .. }
            | Self::Delete { ticket, .. }
            | Self::EditProfile { ticket, .. }
            | Self::FreeSpace { ticket }
            | Self::Publish { ticket, .. }
            | Self::PublishAttached { ticket, .. }
            | Self::Relate { ticket, .. }
            | Self::Settle { ticket }
            | Self::Tag { ticket, .. }
            | Self::TakeLetter { ticket, .. } => Some(*ticket),
            Self::SendDraft { command, .. } => command.ticket(),
            Self::AddHub { .. }
            | Self::CancelAttached { .. }
            | Self::CancelContent { .. }
            | Self::Conditions(_)
            | Self::FetchContent { .. }
            | Self::LoadContent { .. }
            | Self::LoadDraftPicture { .. }
            | Self::NewInvite
            | Self::OverrideFence
            | Self::PauseContent { .. }
            | Self::ReadContent { .. }
            | Self::RemoveHub { .. }
            | Self::SaveDraft { .. }
            | Self::SaveDraftPicture { .. }
            | Self::WatchContent { .. }
            | Self::Wake => None,
        }
    }
}

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
    /// How the network is doing. At most once a second.
    Network(Network),
    /// What a ticket asked for could not be written, and is not done.
    NotKept {
        /// Whether for want of room.
        full: bool,
        /// Whose answer this is.
        ticket: Ticket,
    },
    /// The bytes that were asked for with [`Command::ReadContent`]; `None` when they cannot be had.
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
    /// What a ticket asked for was not done. Nothing changed.
    Refused {
        /// Whose answer this is.
        ticket: Ticket,
        /// Why.
        why: Refusal,
    },
    /// This device must not write: its store is behind what is known of its own feed.
    Repair(Repair),
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

/// How much of some content is here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Transfer {
    /// The name of the content.
    pub cid: Cid,
    /// How many of its bytes are here.
    pub here: u64,
    /// As what it is looked through.
    pub kind: ContentKind,
    /// How many bytes it has.
    pub size: u64,
    /// How many who are connected have more of it.
    pub sources: u32,
    /// Where it stands.
    pub state: TransferState,
}

/// Where content stands on its way to this device.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TransferState {
    /// It comes, or waits for somebody who has it.
    #[default]
    Arriving,
    /// Nobody asks for it.
    Paused,
    /// It is not what it was said to be.
    Refused,
    /// All of it is here and was looked through.
    Whole,
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

/// Why a command was not done. Each has its sentence on the screen.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The account began already, or has not begun.
    #[error("the account is not ready for that")]
    Account,
    /// There is nothing in it.
    #[error("there is nothing in it")]
    Empty,
    /// The letter is damaged, too old, or not for this device.
    #[error("the letter is of no use here")]
    Letter,
    /// There is no room for it on this device.
    #[error("there is no room for it")]
    NoRoom,
    /// The picture carries data beyond its pixels, or is none.
    #[error("the picture cannot be posted as it is")]
    Picture,
    /// This device must not write before its own feed is repaired.
    #[error("this device must not write yet")]
    Repairing,
    /// One's own invite, or oneself.
    #[error("that is yourself")]
    Self_,
    /// Too long.
    #[error("it is too long")]
    TooLong,
    /// The entry is not here or not one's own.
    #[error("the entry is not here")]
    Unknown,
    /// The video carries what cannot be taken out of it, or is none.
    #[error("the video cannot be posted as it is")]
    Video,
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

/// How the network is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    /// Feeds that this node replicates.
    pub feeds: Vec<FeedStatus>,
    /// Entries that are answered by those that are here, and are missing. They are looked for.
    pub gaps: u64,
    /// The hubs.
    pub hubs: Vec<HubStatus>,
    /// Who gave and took how many bytes of blobs.
    pub ledger: Vec<Given>,
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
    /// Entries made here that no other node is known to hold.
    pub waiting: u64,
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

/// Bytes on this device.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StorageStatus {
    /// Other people's posts and pictures.
    pub others: u64,
    /// One's own posts and pictures.
    pub own: u64,
}
