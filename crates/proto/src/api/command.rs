//! What a person (or an operator) may ask of a node.

use effigy_core::mnemonic::Words;
use effigy_core::share::Plea;
use effigy_core::{Cid, Identity, Invite, Time};
use effigy_feed::Relation;

use super::content::{ContentKind, Named, Picture};
use super::linking::LinkCommand;

/// Comes back in the answer to a [`Command`], so that the asker knows which it was.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Ticket(pub u64);

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
        /// The draft to which it belongs: once all of it came, it outlives a restart with that.
        slot: String,
        /// Comes back in the answer.
        ticket: Ticket,
        /// The screen's own number for it, never used again.
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
    /// Drop attachments that were not published.
    CancelAttached {
        /// Which: all of a folder go by one command, since few commands can wait.
        uploads: Vec<u64>,
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
    /// Close the account for good: nothing of it counts any more, for anybody. Only the root can.
    CloseAccount {
        /// Comes back in the answer.
        ticket: Ticket,
        /// The words, where this device no longer keeps them.
        words: Option<Words>,
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
    /// themselves. [`Event::ByHand`](super::Event) brings the letter.
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
    /// No longer keep the share of somebody's account, and tell them so.
    DropShare {
        /// Whose.
        synod: Identity,
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
    /// Fetch content until it is whole, also after a restart. [`Event::Transfer`](super::Event) tells
    /// how far it is.
    FetchContent {
        /// Which.
        content: Named,
    },
    /// Drop other people's pictures from this device. They are fetched again when they are looked at.
    /// [`Event::Freed`](super::Event) comes before the answer.
    FreeSpace {
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Forget the keys of the device out of whose backup this one comes: the account names this one.
    ForgetVoucher,
    /// Divide the account's root among friends, of whom some are enough to bring it back. The set that was
    /// given before counts no longer.
    GiveShares {
        /// The friends.
        friends: Vec<Identity>,
        /// How many of them are enough.
        need: u8,
        /// Comes back in the answer.
        ticket: Ticket,
        /// The words, where this device has forgotten them.
        words: Option<Words>,
    },
    /// Forget the words of the account: the person has written them down.
    ForgetWords {
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Have this device added to the account that began elsewhere, by the words.
    Join {
        /// What the person calls this device.
        device_name: String,
        /// The device of the account whose place it takes; all that is known of that one has to be here.
        replaces: Option<Identity>,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// What is asked about linking a device.
    Link(LinkCommand),
    /// Read the bytes of a picture, fetching them if need be. Answered by
    /// [`Event::Content`](super::Event).
    LoadContent {
        /// The name of the content.
        cid: Cid,
        /// Its size in bytes, as its entry says.
        size: u64,
    },
    /// Read a picture of a draft. Answered by [`Event::DraftPicture`](super::Event).
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
    /// it is fetched before all others. Answered by [`Event::Range`](super::Event).
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
    /// Remove devices by the words: at once, whatever else was said of them, and also where others
    /// withhold what they posted. Nothing changes unless all of them can be removed.
    RemoveByWords {
        /// Which, and how much of each counts.
        removals: Vec<Removal>,
        /// Comes back in the answer.
        ticket: Ticket,
        /// The words, where this device no longer keeps them.
        words: Option<Words>,
    },
    /// Remove a device from the account. What is here of its posts counts, and no more.
    RemoveDevice {
        /// Which.
        identity: Identity,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// No longer meet at a hub.
    RemoveHub {
        /// Its origin.
        origin: String,
    },
    /// Call a device something else.
    RenameDevice {
        /// Which.
        identity: Identity,
        /// What from now on.
        name: String,
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Give somebody's share to the device on which they come back. Answered by
    /// [`Event::ShareReturned`](super::Event) as well.
    ReturnShare {
        /// Whether the share before it is meant, which stays for a while.
        former: bool,
        /// The number that the device shows, as its person said it.
        number: u8,
        /// What the device shows.
        plea: Plea,
        /// Whose share.
        synod: Identity,
        /// Comes back in the answer.
        ticket: Ticket,
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
    /// Have a register of the account hold something, on all devices. They are told soon, by one entry for
    /// all that was set meanwhile. [`Event::Registers`](super::Event) comes before the answer.
    SetRegister {
        /// Which, see [`registers`](crate::registers).
        name: String,
        /// Comes back in the answer.
        ticket: Ticket,
        /// By what it is ordered, in place of the moment: of a mark, how far somebody has read. One that
        /// is not later than what is known changes nothing.
        time: Option<Time>,
        /// What it holds.
        value: String,
    },
    /// Answer once everything that was asked before is durable.
    Settle {
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Tell the other devices at once what was set in registers: this one may not be here much longer.
    StateRegisters,
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
    /// Have everybody drop the shares that this device gave.
    VoidShares {
        /// Comes back in the answer.
        ticket: Ticket,
    },
    /// Tell how far content is, now and whenever that changes. Answered by
    /// [`Event::Transfer`](super::Event).
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
            | Self::CloseAccount { ticket, .. }
            | Self::Comment { ticket, .. }
            | Self::ConnectByHand { ticket, .. }
            | Self::Delete { ticket, .. }
            | Self::DropShare { ticket, .. }
            | Self::EditProfile { ticket, .. }
            | Self::ForgetWords { ticket }
            | Self::FreeSpace { ticket }
            | Self::GiveShares { ticket, .. }
            | Self::Join { ticket, .. }
            | Self::Publish { ticket, .. }
            | Self::PublishAttached { ticket, .. }
            | Self::Relate { ticket, .. }
            | Self::RemoveByWords { ticket, .. }
            | Self::RemoveDevice { ticket, .. }
            | Self::RenameDevice { ticket, .. }
            | Self::ReturnShare { ticket, .. }
            | Self::SetRegister { ticket, .. }
            | Self::Settle { ticket }
            | Self::Tag { ticket, .. }
            | Self::TakeLetter { ticket, .. }
            | Self::VoidShares { ticket } => Some(*ticket),
            Self::SendDraft { command, .. } => command.ticket(),
            Self::AddHub { .. }
            | Self::CancelAttached { .. }
            | Self::CancelContent { .. }
            | Self::Conditions(_)
            | Self::FetchContent { .. }
            | Self::ForgetVoucher
            | Self::Link(_)
            | Self::LoadContent { .. }
            | Self::LoadDraftPicture { .. }
            | Self::NewInvite
            | Self::OverrideFence
            | Self::PauseContent { .. }
            | Self::ReadContent { .. }
            | Self::RemoveHub { .. }
            | Self::SaveDraft { .. }
            | Self::SaveDraftPicture { .. }
            | Self::StateRegisters
            | Self::WatchContent { .. }
            | Self::Wake => None,
        }
    }
}

/// A device that is removed by the words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Removal {
    /// What of it counts.
    pub counts: Counts,
    /// Which device.
    pub identity: Identity,
}

/// How much counts of what a removed device said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Counts {
    /// What is here.
    Everything,
    /// Nothing.
    Nothing,
    /// This entry, and what came before it.
    UpTo(Cid),
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
