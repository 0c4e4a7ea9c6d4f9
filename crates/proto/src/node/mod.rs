//! The node: one device on the network, in a browser or as a hub.
//!
//! This file routes; what is done stands in the files beside it, one per concern.

mod agreeing;
mod arrivals;
mod asking;
mod blobs;
mod census;
mod changes;
mod devices;
mod directory;
mod drafts;
mod epochs;
mod full;
mod gaps;
mod greet;
mod hand;
mod heads;
mod hubs;
mod index;
mod linking;
mod links;
mod marks;
mod meeting;
mod members;
mod membership;
mod merging;
mod met;
#[cfg(feature = "negentropy")]
mod negentropy;
mod newest;
mod outline;
mod own;
mod packs;
mod quota;
mod reconciling;
pub mod record;
mod rendezvous;
mod restore;
mod review;
mod serving;
mod shares;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod tracking;
mod upkeep;
mod uploads;

pub(crate) use agreeing::resting_register;
pub(crate) use blobs::{WHOLE, large_named as long_named};
pub use census::Filled;
pub use met::Met;
pub(crate) use packs::pack_parts;
pub use restore::{RestoreError, hubs_to_dial, reread};
pub(crate) use shares::{is_giving, kept_share};
pub use state::{Here, Holding};

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use effigy_core::identity::Secret;
use effigy_core::invite::Token;
use effigy_core::random::Random;
use effigy_core::{Cid, Identity, Span, Time};
use effigy_feed::{Relations, Synod, Waiting};
use effigy_store::Batch;

use crate::api::{Command, Conditions, Event, Named, Repair, Ticket};
use crate::io::{Fence, Input, Link, Load, Output};
use crate::keys::Keys;
use crate::message::{Frame, Message};
use crate::reconcile::Items;
use blobs::{Bits, Leaf, Ledger, Placed, Portions, Read, Scan, Turns, Upload};
use gaps::Threads;
use marks::Marks;
use merging::Merge;
use state::{
    Conn, Content, Direct, Fetch, Greeting, Held, HubSlot, Knock, Pending, Remembered, Serve, Want,
};

/// What changes in a pack, by place: a payload that comes, or one that goes.
type Changes = BTreeMap<u32, Option<Vec<u8>>>;

/// What a node is told before it begins. Silent about its chance when printed.
#[derive(Clone)]
pub struct Config {
    /// How far the own feeds were, as the record beside the store says; `None` without a record.
    pub fence: Option<Fence>,
    /// The device's keys.
    pub keys: Keys,
    /// Origins of hubs to dial at the first start; afterwards the store knows.
    pub hubs: Vec<String>,
    /// Whose device this is.
    pub role: Role,
    /// Fresh random bytes, secret and used once.
    pub seed: [u8; 32],
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { fence, keys, hubs, role, .. } = self;
        write!(f, "Config({fence:?}, {keys:?}, {hubs:?}, {role:?}, ..)")
    }
}

/// Whose device a node is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Role {
    /// An operator's: it keeps what those who connect to it publish, within bounds.
    Hub(HubPolicy),
    /// A person's.
    Person,
}

/// What a hub is willing to keep.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HubPolicy {
    /// The most bytes of entries that it keeps of one account.
    pub entry_bytes: u64,
    /// The most bytes of blobs that it keeps for one account.
    pub member_bytes: u64,
    /// The most accounts whose feeds it keeps.
    pub members: usize,
    /// After how long without anybody of an account it keeps that account no longer; `None` for never.
    pub silence: Option<Span>,
}

impl Default for HubPolicy {
    fn default() -> Self {
        Self {
            entry_bytes: 64 * 1024 * 1024,
            member_bytes: 256 * 1024 * 1024,
            members: 10_000,
            silence: Some(Span::days(180)),
        }
    }
}

/// One device on the network.
///
/// **Invariant:** every [`handle`](Node::handle) is followed by a full drain of
/// [`poll`](Node::poll), or, where it [`may_go_on`](Node::may_go_on), by another.
#[derive(Debug)]
pub struct Node {
    keys: Keys,
    me: Identity,
    /// The moment, for everything that is waited for: it never goes back, whatever the clock does.
    now: Time,
    /// What the clock says, for everything that others or later starts read.
    clock: Time,
    outbox: VecDeque<Output>,
    random: Random,
    role: Role,
    ready: bool,

    feeds: BTreeMap<Identity, Held>,
    directory: directory::Directory,
    /// Feeds that are replicated, and the account each belongs to.
    tracked: BTreeMap<Identity, Identity>,
    synods: BTreeMap<Identity, Synod>,
    /// Accounts that a hub keeps, and when somebody of them was here last, by the clock.
    members: BTreeMap<Identity, Time>,
    upkeep: upkeep::Keeping,
    full: full::Full,
    relations: Relations,
    agreeing: agreeing::Agreeing,
    epochs: epochs::Epochs,
    cuts: members::Cuts,
    waiting: Waiting,
    /// Entries that were taken back, by id, and the device that said so.
    deletions: BTreeMap<Cid, BTreeSet<Identity>>,
    /// Those of them whose payloads have yet to go, once what came with them is kept.
    taken_back: Vec<(Identity, Cid)>,
    /// What changes in packs that are being read for it.
    rewriting: BTreeMap<(Identity, u32), Changes>,
    /// Packs that are being read to become one, by feed.
    merging: BTreeMap<Identity, Merge>,
    /// Entries that came without what they say, though nobody is known to have taken it back.
    bare: BTreeSet<(Identity, u32)>,
    threads: Threads,
    /// Whether there is more to look for since everybody was asked.
    seeks: bool,
    /// Feeds that moved since the last announcement.
    moved: BTreeSet<Identity>,
    /// Before this moment nothing is announced.
    announce_at: Time,
    /// In which order feeds moved.
    marks: Marks,
    /// Who watches all that are not left out.
    watching_all: BTreeSet<Link>,
    /// What devices watch here, between their sessions.
    remembered: BTreeMap<Identity, Remembered>,
    /// Who was met before.
    met: BTreeMap<Identity, Met>,
    /// From which the names of lists are made that others are to remember.
    watching: Option<[u8; 16]>,
    /// All feeds that are replicated, by what is in them, for those who have many of them too.
    items: Items<Identity>,
    summed: BTreeMap<Identity, Cid>,
    /// Feeds that moved since they were summed up, and how often that was done.
    unsummed: BTreeSet<Identity>,
    sums: u64,
    /// Entries that are asked for, by feed.
    fetches: BTreeMap<Identity, Fetch>,

    links: BTreeMap<Link, Conn>,
    index: index::Index,
    next_link: u64,
    next_request: u32,
    next_load: u64,
    loads: BTreeMap<Load, Pending>,
    serves: BTreeMap<u64, Serve>,
    hubs: Vec<HubSlot>,
    direct: BTreeMap<Link, Direct>,
    /// Before this moment hubs are not told again who may know of this device.
    presence_at: Time,
    /// Devices that are at a hub now, by hub.
    present: BTreeMap<Identity, BTreeSet<Link>>,
    /// Attempts at direct ways that were answered, and when: a letter may come twice.
    answered: BTreeMap<(Identity, String), Time>,
    /// When a device may be tried again, and how often it failed.
    tries: BTreeMap<Identity, (u32, Time)>,
    /// Who did not deliver what they announced, and how often.
    doubts: BTreeMap<Identity, u32>,
    /// Who misbehaved, how often, and until when nothing is had with them.
    shunned: BTreeMap<Identity, (u32, Time)>,

    contents: BTreeMap<Named, Content>,
    /// Pictures that are here whole and were looked through, and their pieces; none for one blob.
    wholes: BTreeMap<Cid, Vec<Cid>>,
    /// Bytes of the contents of each account.
    owned: BTreeMap<Identity, u64>,
    here: BTreeMap<Cid, Here>,
    wants: BTreeMap<Cid, Want>,
    turns: Turns,
    /// Parts of long content by their names; and which of their pieces are here of those that are not
    /// known yet.
    leaves: BTreeMap<Cid, Leaf>,
    bits: BTreeMap<Cid, Bits>,
    /// Pieces of long content that are here.
    placed: BTreeMap<Cid, Placed>,
    /// What was kept of long content besides its blobs.
    kept: BTreeMap<Named, u8>,
    /// Lists that are being read.
    reading: BTreeSet<(Named, Cid)>,
    /// Videos that are being looked through.
    scans: BTreeMap<Named, Scan>,
    /// Pieces that screens wait for.
    reads: BTreeMap<Named, VecDeque<Read>>,
    /// What this person attaches, by the screen's own numbers.
    attached: BTreeMap<u64, Upload>,
    conditions: Conditions,
    /// Who gave and took how much.
    ledger: Ledger,
    /// What those who only take may have while others wait.
    portions: Portions,
    /// Pieces that were loaded for a check or a screen, by content.
    gathered: BTreeMap<(bool, Named), BTreeMap<Cid, Vec<u8>>>,
    /// Pictures that a screen waits for.
    looked_at: BTreeSet<Named>,
    /// Pictures of others from before this moment are fetched only when they are looked at.
    lazy_before: Time,
    /// Own pictures that no hub is known to have, the oldest first.
    uploads: VecDeque<Cid>,

    invite: Option<(Token, Time)>,
    greetings: BTreeMap<Identity, Greeting>,
    linking: Option<linking::Talk>,
    meetings: rendezvous::Meetings,
    shares: shares::Shares,
    followers: BTreeSet<Identity>,
    /// Accounts that said they follow this person, while their own feed is asked for.
    knocking: BTreeMap<Identity, Knock>,
    receipts: BTreeMap<Identity, Holding>,
    belonging: membership::Belonging,
    fence: Option<Fence>,
    /// Set while this device must not write.
    repair: Option<Repair>,
    /// Who claims that there is a newer own head, and until when they are believed without proof.
    claim: Option<(Identity, Time)>,
    /// Who claimed so in vain, and is not believed again.
    disproved: BTreeSet<Identity>,
    /// Whether the person said that this device goes on, whatever others claim.
    overridden: bool,

    status_due: Option<Time>,
    /// When somebody has differed for so long that it is told.
    differ_at: Option<Time>,
    status_changed: bool,
    waking: Option<Time>,

    restoring: restore::Restoring,
    newest: newest::Newest,
    review: review::Review,
}

impl Node {
    /// A node that has yet to be told what its store holds.
    #[expect(clippy::too_many_lines, reason = "one line a field, and nothing else")]
    pub fn new(config: Config) -> Self {
        let me = config.keys.device.identity();
        let hubs = config.hubs.into_iter().map(HubSlot::new).collect();
        Self {
            me,
            keys: config.keys,
            now: Time(0),
            clock: Time(0),
            outbox: VecDeque::new(),
            random: Random::seeded(config.seed),
            role: config.role,
            ready: false,
            feeds: BTreeMap::new(),
            directory: directory::Directory::default(),
            tracked: BTreeMap::new(),
            synods: BTreeMap::new(),
            members: BTreeMap::new(),
            upkeep: upkeep::Keeping::default(),
            full: full::Full::default(),
            relations: Relations::default(),
            agreeing: agreeing::Agreeing::default(),
            epochs: epochs::Epochs::default(),
            cuts: members::Cuts::default(),
            waiting: Waiting::default(),
            deletions: BTreeMap::new(),
            taken_back: Vec::new(),
            rewriting: BTreeMap::new(),
            merging: BTreeMap::new(),
            bare: BTreeSet::new(),
            threads: Threads::default(),
            seeks: false,
            moved: BTreeSet::new(),
            announce_at: Time(0),
            marks: Marks::default(),
            watching_all: BTreeSet::new(),
            remembered: BTreeMap::new(),
            met: BTreeMap::new(),
            watching: None,
            items: Items::default(),
            summed: BTreeMap::new(),
            unsummed: BTreeSet::new(),
            sums: 0,
            fetches: BTreeMap::new(),
            links: BTreeMap::new(),
            index: index::Index::default(),
            next_link: 0,
            next_request: 0,
            next_load: 0,
            loads: BTreeMap::new(),
            serves: BTreeMap::new(),
            hubs,
            direct: BTreeMap::new(),
            presence_at: Time(0),
            present: BTreeMap::new(),
            answered: BTreeMap::new(),
            tries: BTreeMap::new(),
            doubts: BTreeMap::new(),
            shunned: BTreeMap::new(),
            contents: BTreeMap::new(),
            wholes: BTreeMap::new(),
            owned: BTreeMap::new(),
            here: BTreeMap::new(),
            wants: BTreeMap::new(),
            turns: Turns::default(),
            leaves: BTreeMap::new(),
            bits: BTreeMap::new(),
            placed: BTreeMap::new(),
            kept: BTreeMap::new(),
            reading: BTreeSet::new(),
            scans: BTreeMap::new(),
            reads: BTreeMap::new(),
            attached: BTreeMap::new(),
            conditions: Conditions::default(),
            ledger: Ledger::default(),
            portions: Portions::default(),
            gathered: BTreeMap::new(),
            looked_at: BTreeSet::new(),
            lazy_before: Time(0),
            uploads: VecDeque::new(),
            invite: None,
            greetings: BTreeMap::new(),
            linking: None,
            meetings: rendezvous::Meetings::default(),
            shares: shares::Shares::default(),
            followers: BTreeSet::new(),
            knocking: BTreeMap::new(),
            receipts: BTreeMap::new(),
            belonging: membership::Belonging::default(),
            fence: config.fence,
            repair: None,
            claim: None,
            disproved: BTreeSet::new(),
            overridden: false,
            status_due: None,
            differ_at: None,
            status_changed: false,
            waking: None,
            restoring: restore::Restoring::default(),
            newest: newest::Newest::default(),
            review: review::Review::default(),
        }
    }

    /// The device's key.
    pub const fn identity(&self) -> Identity {
        self.me
    }

    /// Takes one input at one moment.
    pub fn handle(&mut self, input: Input, now: Time) {
        self.pass(now);
        if !self.ready {
            // While the store is read only what was asked of it comes.
            if let Input::Loaded(load, bytes) = input {
                self.loaded(load, bytes);
            }
            return;
        }
        let begin = if self.may_go_on() { 0 } else { self.outbox.len() };
        match input {
            Input::Command(command) => self.command(command),
            Input::Connected { binding, dialled, link, path } => {
                self.connected(link, binding, dialled, path);
            }
            Input::Disconnected(link) => self.disconnected(link),
            Input::Drained(link) => self.drained(link),
            Input::Loaded(load, bytes) => self.loaded(load, bytes),
            Input::Received(link, message) => self.received(link, message),
            Input::Rtc(link, event) => self.rtc_event(link, event),
            Input::Tick => self.tick(),
        }
        self.settle_account();
        self.forget_payloads();
        self.settle_members();
        self.reopen();
        self.tell_registers();
        self.announce_moved();
        self.seek();
        self.reconsider_status();
        self.set_alarm();
        self.join_saves(begin);
    }

    /// Lets the time pass that the clock says has passed. A clock that was set back says none has.
    fn pass(&mut self, clock: Time) {
        if clock < self.clock {
            // The alarm was set by what the clock said before.
            self.waking = None;
        }
        self.now = self.now.after(clock.since(self.clock));
        self.clock = clock;
    }

    /// What the clock says at a moment.
    fn clock_at(&self, moment: Time) -> Time {
        if moment < self.now {
            Time(self.clock.0.saturating_sub(self.now.since(moment).0))
        } else {
            self.clock.after(moment.since(self.now))
        }
    }

    /// The moment at which the clock will say this; now, if it has.
    const fn moment_of(&self, clock: Time) -> Time {
        self.now.after(clock.since(self.clock))
    }

    /// Joins all that one input saves into one transaction, before everything else that follows from
    /// it: what belongs together lands together, and nothing is told before.
    fn join_saves(&mut self, begin: usize) {
        let of_input = self.outbox.split_off(begin.min(self.outbox.len()));
        let mut joined = Batch::new();
        let mut rest = VecDeque::with_capacity(of_input.len());
        for output in of_input {
            if let Output::Save(batch) = output {
                // Deletes come before puts: what is deleted later must not be put by the earlier.
                joined.puts.retain(|(key, _)| !batch.deletes.contains(key));
                joined.extend(batch);
            } else {
                rest.push_back(output);
            }
        }
        if !joined.is_empty() {
            self.outbox.push_back(Output::Save(joined));
        }
        self.outbox.append(&mut rest);
    }

    /// Whether it may be handed another input before what it asks is done: what a hub saves for all of
    /// them is one transaction then, still before anything that follows from any of them.
    pub fn may_go_on(&self) -> bool {
        let has_to_happen_first = |output: &Output| {
            matches!(output, Output::Close(_) | Output::Load(..) | Output::Reread)
        };
        self.is_hub()
            && matches!(self.outbox.front(), Some(Output::Save(_)))
            && !self.outbox.iter().any(has_to_happen_first)
    }

    /// The keys as they are now: the words may have been forgotten.
    pub fn into_keys(self) -> Keys {
        self.keys
    }

    /// The next thing to do, if any.
    pub fn poll(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::AcceptInvite { invite, ticket } => self.accept_invite(&invite, ticket),
            Command::AddHub { origin } => self.add_hub(origin),
            Command::Comment { parent, pictures, root, text, ticket } => {
                let done = self.comment(parent, pictures, root, text);
                self.answer(ticket, done);
            }
            Command::ConnectByHand { synod, ticket } => {
                let done = self.connect_by_hand(synod);
                self.answer(ticket, done.map(|()| None));
            }
            Command::Delete { target, ticket } => {
                let done = self.take_back(target);
                self.answer(ticket, done);
            }
            Command::EditProfile { about, name, picture, ticket } => {
                let done = self.edit_profile(&about, &name, picture);
                self.answer(ticket, done);
            }
            Command::FreeSpace { ticket } => {
                let before = self.storage().others;
                self.free_space();
                self.emit(Event::Freed(before.saturating_sub(self.storage().others)));
                self.answer(ticket, Ok(None));
            }
            Command::Link(what) => self.link_command(what),
            Command::LoadDraftPicture { place, slot } => self.load_draft_picture(slot, place),
            Command::NewInvite => self.new_invite(),
            Command::OverrideFence => self.override_fence(),
            Command::Publish { pictures, text, ticket } => {
                let done = self.publish(pictures, text);
                self.answer(ticket, done);
            }
            Command::Relate { on, relation, synod, ticket } => {
                let done = self.relate(relation, synod, on);
                self.answer(ticket, done);
            }
            Command::RemoveHub { origin } => self.remove_hub(&origin),
            Command::SaveDraft { slot, text } => self.save_draft(&slot, &text),
            Command::SaveDraftPicture { picture, place, slot } => {
                self.save_draft_picture(&slot, place, picture.as_ref());
            }
            Command::SendDraft { command, slot } => self.send_draft(&slot, *command),
            Command::SetRegister { name, ticket, time, value } => {
                let done = self.set_register(name, value, time);
                self.answer(ticket, done.map(|()| None));
            }
            Command::Settle { ticket } => self.answer(ticket, Ok(None)),
            Command::StateRegisters => self.state_registers(),
            Command::Tag { on, target, ticket, word } => {
                let done = self.tag(target, word, on);
                self.answer(ticket, done);
            }
            Command::TakeLetter { text, ticket } => {
                let done = self.take_letter(&text);
                self.answer(ticket, done.map(|()| None));
            }
            Command::Wake => self.wake(),
            other => self.account_command(other),
        }
    }

    /// What is asked of the account itself.
    fn account_command(&mut self, command: Command) {
        match command {
            Command::Begin { device_name, name, picture, ticket } => {
                let done = self.begin(&device_name, &name, picture);
                self.answer(ticket, done);
            }
            Command::ForgetVoucher => self.keys.voucher = None,
            Command::ForgetWords { ticket } => {
                self.keys.words = None;
                self.answer(ticket, Ok(None));
            }
            Command::Join { device_name, replaces, ticket } => {
                let done = self.join(&device_name, replaces);
                self.answer(ticket, done);
            }
            of_contents => self.content_command(of_contents),
        }
    }

    /// What is asked of contents and attachments.
    fn content_command(&mut self, command: Command) {
        match command {
            Command::Attach { kind, size, slot, ticket, upload } => {
                let done = self.attach(upload, kind, size, slot);
                self.answer(ticket, done);
            }
            Command::AttachBytes { bytes, ticket, upload } => {
                let done = self.attach_bytes(upload, &bytes);
                self.answer(ticket, done);
            }
            Command::CancelAttached { uploads } => {
                uploads.into_iter().for_each(|upload| self.drop_attached(upload));
            }
            Command::CancelContent { content } => self.cancel_content(content),
            Command::Conditions(conditions) => self.set_conditions(conditions),
            Command::FetchContent { content } => self.fetch_content(content),
            Command::PauseContent { content } => self.pause_content(content),
            Command::WatchContent { content } => self.watch_content(content),
            Command::PublishAttached { text, ticket, what } => {
                let done = self.publish_attached(*what, text);
                self.answer(ticket, done);
            }
            Command::ReadContent { content, from, number } => {
                self.read_range(content, from, number);
            }
            Command::LoadContent { cid, size } => self.look_at(cid, size),
            of_devices => self.device_command(of_devices),
        }
    }

    /// What is asked of the account and its devices.
    fn device_command(&mut self, command: Command) {
        match command {
            Command::CloseAccount { words, ticket } => {
                let done = self.end_account(words);
                self.answer(ticket, done);
            }
            Command::RemoveByWords { removals, words, ticket } => {
                let done = self.remove_by_words(words, &removals);
                self.answer(ticket, done);
            }
            Command::RemoveDevice { identity, ticket } => {
                let done = self.remove_device(identity);
                self.answer(ticket, done);
            }
            Command::RenameDevice { identity, name, ticket } => {
                let done = self.rename_device(identity, &name);
                self.answer(ticket, done);
            }
            of_shares => self.share_command(of_shares),
        }
    }

    /// What is asked of shares of an account's root.
    fn share_command(&mut self, command: Command) {
        let (ticket, done) = match command {
            Command::DropShare { synod, ticket } => (ticket, self.drop_share(synod)),
            Command::GiveShares { friends, need, ticket, words } => {
                (ticket, self.give_shares(&friends, need, words))
            }
            Command::ReturnShare { former, number, plea, synod, ticket } => {
                (ticket, self.return_share(synod, &plea, number, former))
            }
            Command::VoidShares { ticket } => (ticket, self.void_shares()),
            _ => return,
        };
        self.answer(ticket, done.map(|()| None));
    }

    fn answer(&mut self, ticket: Ticket, done: Result<Option<Cid>, crate::api::Refusal>) {
        self.emit(match done {
            Ok(id) => Event::Done { id, ticket },
            Err(why) => Event::Refused { ticket, why },
        });
    }

    fn tick(&mut self) {
        self.waking = None;
        self.check_links();
        self.retry_hubs();
        self.retry_asking();
        self.retry_wants();
        self.retry_turns();
        self.let_late_through();
        self.retry_direct();
        self.retry_greetings();
        self.retry_shares();
        self.look_at_linking();
        self.end_meetings();
        self.do_later();
        self.take_due();
        self.keep_epochs();
        self.keep_agreeing();
        self.keep_up();
        self.look_for_room();
        if self.review_due().is_some() {
            self.go_on_reviewing();
        }
    }

    /// Sets the alarm for whatever comes first.
    fn set_alarm(&mut self) {
        let moments = [
            self.index.links.next(),
            self.hubs_due(),
            self.asking_due(),
            self.index.wants.next(),
            self.turns.due(),
            self.portions.due(),
            self.direct_due(),
            self.greetings_due(),
            self.shares_due(),
            self.linking_due(),
            self.meetings.next(),
            self.waiting.next().map(|until| self.moment_of(until)),
            self.index.later.next(),
            self.status_due,
            self.differ_at,
            self.announce_due(),
            self.claim_due(),
            self.epochs_due(),
            self.agreeing_due(),
            self.review_due(),
            self.upkeep_due(),
            self.room_due(),
        ];
        let Some(first) = moments.into_iter().flatten().min() else { return };
        let first = first.max(Time(self.now.0.saturating_add(1)));
        if self.waking != Some(first) {
            self.waking = Some(first);
            self.outbox.push_back(Output::WakeAt(self.clock_at(first)));
        }
    }

    fn emit(&mut self, event: Event) {
        if self.role == Role::Person {
            self.outbox.push_back(Output::Emit(event));
        }
    }

    /// Makes a batch durable. What a hub keeps is confirmed to others by its heads, so there every
    /// batch is strict; a person's device can ask again for what is not its own.
    fn save(&mut self, batch: Batch) {
        if !batch.is_empty() && !self.is_full() {
            let batch = if self.is_hub() { batch.strict() } else { batch };
            self.outbox.push_back(Output::Save(batch));
        }
    }

    /// Keeps what others can tell again: nobody waits for the disk.
    fn save_loosely(&mut self, batch: Batch) {
        if !batch.is_empty() && !self.is_full() {
            self.outbox.push_back(Output::Save(batch));
        }
    }

    fn send(&mut self, link: Link, message: &Message) {
        self.send_frame(link, message.encode());
    }

    fn send_frame(&mut self, link: Link, frame: Frame) {
        if let Some(conn) = self.links.get_mut(&link) {
            conn.bytes_out = conn.bytes_out.saturating_add(frame.len() as u64);
            self.status_changed = true;
            self.outbox.push_back(Output::Send(link, frame));
        }
    }

    fn load(&mut self, key: effigy_store::Key, pending: Pending) {
        let load = Load(self.next_load);
        self.next_load = self.next_load.wrapping_add(1);
        self.loads.insert(load, pending);
        self.outbox.push_back(Output::Load(load, key));
    }

    fn request(&mut self) -> u32 {
        self.next_request = self.next_request.wrapping_add(1).max(1);
        self.next_request
    }

    /// The person's own account; `None` for a hub.
    const fn my_synod(&self) -> Option<Identity> {
        self.keys.synod
    }

    fn secret(&self) -> Secret {
        self.keys.device.clone()
    }

    /// A waiting time that doubles with every failure, up to a minute, with a random half.
    fn backoff(&mut self, attempts: u32) -> u64 {
        let ceiling = 1_000_u64.saturating_mul(1 << attempts.min(6)).min(60_000);
        (ceiling / 2).saturating_add(self.random.below(ceiling / 2))
    }
}
