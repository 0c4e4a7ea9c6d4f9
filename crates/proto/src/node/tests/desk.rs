//! A node on a table, its disk beside it, and somebody who speaks for everybody else.

use std::collections::BTreeMap;
use std::ops::RangeBounds as _;
use std::sync::atomic::{AtomicU64, Ordering};

use effigy_core::random::Random;
use effigy_core::{Identity, Secret, Time};
use effigy_store::{Batch, Key, Pack, Table};

use crate::api::{Command, Event, Network, Path, Ticket};
use crate::io::{Binding, Fence, Input, Link, Output, RtcAction};
use crate::keys::Keys;
use crate::message::{Frame, Message};
use crate::node::{Config, HubPolicy, Node, Role};
use crate::session::{Session, Step};

/// The origin of the hub that a person's node dials.
pub(super) const HUB: &str = "https://hub.example";
/// An ordinary day in 2025.
const BEGINNING: u64 = 1_763_632_800_000;

/// A node, what it keeps and what it said.
pub(super) struct Desk {
    pub alarm: Option<u64>,
    /// How often it was started; more than turned on when it had to read everything once more.
    pub boots: u32,
    pub closed: Vec<Link>,
    pub dialled: Vec<(Link, String)>,
    pub disk: BTreeMap<Key, Vec<u8>>,
    pub events: Vec<Event>,
    pub fence: Option<Fence>,
    pub keys: Keys,
    pub node: Node,
    pub now: u64,
    pub rtc: Vec<(Link, RtcAction)>,
    pub sent: Vec<(Link, Message)>,
    /// How often something was read from the disk, and written to it.
    pub loads: usize,
    pub saves: usize,
    /// Binary frames that are on their way, where they do not leave at once.
    pub on_its_way: Option<Vec<Link>>,
    /// How many entries were written, those that were written again among them.
    pub written: usize,
    role: Role,
    tickets: u64,
}

/// Somebody at the other end of a connection.
#[derive(Clone, Copy)]
pub(super) struct Peer {
    pub link: Link,
}

impl Desk {
    /// A person's device, without an account yet.
    pub(super) fn new(seed: u8) -> Self {
        Self::with(Keys::for_account([seed; 32]).unwrap(), Role::Person)
    }

    /// A person's device, with an account.
    pub(super) fn person(seed: u8) -> Self {
        let mut desk = Self::new(seed);
        desk.ask(|ticket| Command::Begin {
            device_name: "phone".to_owned(),
            name: "Ana".to_owned(),
            picture: None,
            ticket,
        });
        desk
    }

    /// A device of somebody who has no account on it.
    pub(super) fn newcomer(seed: u8) -> Self {
        Self::with(Keys::for_newcomer([seed; 32]), Role::Person)
    }

    /// A hub with room for so many accounts, each with so many bytes.
    pub(super) fn hub(members: usize, member_bytes: u64) -> Self {
        let role = Role::Hub(HubPolicy { members, member_bytes, ..HubPolicy::default() });
        Self::with(Keys::for_hub([200; 32]), role)
    }

    /// A hub with other bounds.
    pub(super) fn hub_with(policy: HubPolicy) -> Self {
        Self::with(Keys::for_hub([200; 32]), Role::Hub(policy))
    }

    /// From its next start on this hub has other bounds.
    pub(super) fn govern(&mut self, policy: HubPolicy) {
        self.role = Role::Hub(policy);
    }

    /// A device whose keys and disk somebody else made.
    pub(super) fn kept(keys: Keys, disk: BTreeMap<Key, Vec<u8>>) -> Self {
        let mut desk = Self::with(keys, Role::Person);
        desk.disk = disk;
        desk.restart();
        desk
    }

    /// Connects two devices directly.
    pub(super) fn connect(&mut self, other: &mut Self) -> Peer {
        let link = Link(Link::ACCEPTED + 77);
        let binding = || Binding::Fingerprints("a".to_owned(), "b".to_owned());
        for (desk, dialled) in [(&mut *self, true), (&mut *other, false)] {
            let path = Path::Direct;
            desk.tell(Input::Connected { binding: binding(), dialled, link, path });
        }
        self.talk(other, Peer { link });
        Peer { link }
    }

    /// Two connected devices say what they have to say, for a while.
    pub(super) fn talk(&mut self, other: &mut Self, peer: Peer) {
        for _ in 0..60 {
            for _ in 0..50 {
                let (ours, theirs) = (self.heard(peer.link), other.heard(peer.link));
                if ours.is_empty() && theirs.is_empty() {
                    break;
                }
                ours.into_iter().for_each(|message| other.say(peer.link, message));
                theirs.into_iter().for_each(|message| self.say(peer.link, message));
            }
            self.pass(500);
            other.pass(500);
        }
    }

    fn with(keys: Keys, role: Role) -> Self {
        let mut desk = Self {
            alarm: None,
            boots: 0,
            closed: Vec::new(),
            dialled: Vec::new(),
            disk: BTreeMap::new(),
            events: Vec::new(),
            fence: None,
            node: Node::new(Self::config(&keys, &role, None)),
            keys,
            now: BEGINNING,
            rtc: Vec::new(),
            sent: Vec::new(),
            loads: 0,
            saves: 0,
            on_its_way: None,
            written: 0,
            role,
            tickets: 0,
        };
        desk.boot(Node::new);
        desk
    }

    fn config(keys: &Keys, role: &Role, fence: Option<Fence>) -> Config {
        let hubs = if *role == Role::Person { vec![HUB.to_owned()] } else { Vec::new() };
        // No two starts draw the same: names of stores are told apart by it.
        static STARTS: AtomicU64 = AtomicU64::new(0);
        let mut seed = [7; 32];
        let start = STARTS.fetch_add(1, Ordering::Relaxed);
        seed[..8].copy_from_slice(&start.to_be_bytes());
        Config { fence, hubs, keys: keys.clone(), role: role.clone(), seed }
    }

    /// Turns it off and on again.
    pub(super) fn restart(&mut self) {
        self.events.clear();
        self.boot(Node::new);
    }

    /// The same, with a disk on which there is no room.
    pub(super) fn restart_full(&mut self) {
        self.events.clear();
        self.boot(|config| {
            let mut node = Node::new(config);
            node.keep_nothing();
            node
        });
    }

    fn boot(&mut self, begin: fn(Config) -> Node) {
        self.node = begin(Self::config(&self.keys, &self.role, self.fence.clone()));
        self.boots += 1;
        let boots = self.boots;
        self.alarm = None;
        self.sent.clear();
        self.dialled.clear();
        while let Some(range) = self.node.next_read() {
            let bounds = (range.start.clone(), range.end.clone());
            for (key, value) in self.table(range.table) {
                if bounds.contains(&key) {
                    let _ = self.node.restore(range.table, &key, &value);
                }
            }
            self.drain();
            if self.boots != boots {
                return;
            }
        }
        self.node.start(Time(self.now));
        self.drain();
    }

    /// What a table holds.
    pub(super) fn table(&self, table: Table) -> Vec<(Vec<u8>, Vec<u8>)> {
        let of_table = self.disk.iter().filter(|(key, _)| key.table == table);
        of_table.map(|(key, value)| (key.bytes.clone(), value.clone())).collect()
    }

    /// Whose feeds are on the disk.
    pub(super) fn keeps(&self, feed: Identity) -> bool {
        self.table(Table::Packs).iter().any(|(key, _)| key.starts_with(feed.bytes()))
    }

    /// How many entries of a feed are on the disk.
    pub(super) fn records(&self, feed: Identity) -> usize {
        let packs = self.table(Table::Packs).into_iter();
        let of_feed = packs.filter(|(key, _)| key.starts_with(feed.bytes()));
        of_feed.map(|(_, pack)| Pack::decode(&pack).unwrap().len()).sum()
    }

    /// How the network is doing, as last told.
    pub(super) fn network(&self) -> Option<Network> {
        self.events.iter().rev().find_map(|event| match event {
            Event::Network(network) => Some(network.clone()),
            _ => None,
        })
    }

    /// From its next start on this hub takes nobody in any more.
    pub(super) fn fill_up(&mut self) {
        self.role = Role::Hub(HubPolicy { members: 0, member_bytes: 0, ..HubPolicy::default() });
    }

    /// The person asks for something. Gives what they are answered.
    pub(super) fn ask(&mut self, command: impl FnOnce(Ticket) -> Command) -> Option<Event> {
        self.tickets += 1;
        let ours = Ticket(self.tickets);
        self.tell(Input::Command(command(ours)));
        let answer = |event: &&Event| match event {
            Event::Done { ticket, .. } | Event::Refused { ticket, .. } => *ticket == ours,
            _ => false,
        };
        self.events.iter().rev().find(answer).cloned()
    }

    /// Posts; tells whether it was kept.
    pub(super) fn post(&mut self, text: &str) -> bool {
        let text = text.to_owned();
        let done = self.ask(|ticket| Command::Publish { pictures: Vec::new(), text, ticket });
        matches!(done, Some(Event::Done { .. }))
    }

    pub(super) fn tell(&mut self, input: Input) {
        self.node.handle(input, Time(self.now));
        self.drain();
    }

    /// The alarm rings once, and after so many of the outputs the person takes a post back.
    pub(super) fn take_back_after(&mut self, outputs: usize, target: effigy_core::Cid) {
        self.now = self.alarm.take().unwrap_or(self.now);
        self.node.handle(Input::Tick, Time(self.now));
        for _ in 0..outputs {
            self.drain_one();
        }
        self.ask(|ticket| Command::Delete { target, ticket });
    }

    /// A peer says something.
    pub(super) fn say(&mut self, link: Link, message: Message) {
        self.tell(Input::Received(link, Ok(message)));
    }

    /// A peer says what it is willing to do.
    pub(super) fn provides(&mut self, link: Link, services: &[&str]) {
        let services = services.iter().map(|service| (*service).to_owned()).collect();
        self.say(link, Message::Provides { feeds: None, services });
    }

    /// What was said on a connection since last asked.
    pub(super) fn heard(&mut self, link: Link) -> Vec<Message> {
        let all = std::mem::take(&mut self.sent);
        let (heard, rest) = all.into_iter().partition(|(to, _)| *to == link);
        self.sent = rest;
        let heard: Vec<(Link, Message)> = heard;
        heard.into_iter().map(|(_, message)| message).collect()
    }

    /// Lets time go by, ringing the alarm when it is due. Tells how often it rang.
    pub(super) fn pass(&mut self, span: u64) -> usize {
        let end = self.now + span;
        let mut rung = 0;
        while let Some(at) = self.alarm.filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.alarm = None;
            rung += 1;
            assert!(rung < 200_000, "the alarm does not stop ringing");
            self.tell(Input::Tick);
        }
        self.now = end;
        rung
    }

    fn drain(&mut self) {
        while self.drain_one() {}
    }

    /// Does the next thing that the node asks. Tells whether there was one.
    fn drain_one(&mut self) -> bool {
        let Some(output) = self.node.poll() else { return false };
        match output {
            Output::Close(link) => self.closed.push(link),
            Output::Dial(link, origin) => self.dialled.push((link, origin)),
            Output::Emit(event) => self.events.push(event),
            Output::Fence(fence) => self.fence = Some(fence),
            Output::Load(load, key) => {
                self.loads += 1;
                let found = self.disk.get(&key).cloned();
                self.node.handle(Input::Loaded(load, found), Time(self.now));
            }
            Output::Reread => self.boot(Node::rereading),
            Output::Rtc(link, action) => self.rtc.push((link, action)),
            Output::Save(batch) => self.keep(batch),
            Output::Send(link, frame) => {
                let message = match &frame {
                    Frame::Binary(bytes) => Message::decode_binary(bytes),
                    Frame::Text(text) => Message::decode_text(text),
                };
                self.sent.push((link, message.unwrap()));
                match (&frame, &mut self.on_its_way) {
                    (Frame::Text(_), _) => (),
                    (Frame::Binary(_), Some(frames)) => frames.push(link),
                    (Frame::Binary(_), None) => {
                        self.node.handle(Input::Drained(link), Time(self.now));
                    }
                }
            }
            Output::WakeAt(time) => self.alarm = Some(time.0),
        }
        true
    }

    /// Puts a batch on the disk.
    pub(super) fn keep(&mut self, batch: Batch) {
        self.saves += 1;
        let packs = batch.puts.iter().filter(|(key, _)| key.table == Table::Packs);
        self.written += packs.map(|(_, pack)| Pack::decode(pack).unwrap().len()).sum::<usize>();
        for key in &batch.deletes {
            self.disk.remove(key);
        }
        self.disk.extend(batch.puts);
    }

    /// The hub that this person's node dialled answers, with this key.
    pub(super) fn hub_answers(&mut self, hub: &Secret) -> Peer {
        let (link, origin) = self.dialled.pop().unwrap();
        let binding = Binding::Origin(origin);
        self.open(link, binding, true, Path::Hub, hub, None)
    }

    /// Somebody comes in to this hub, with a device and the account that it says it is of.
    pub(super) fn enters(&mut self, number: u64, device: &Secret, synod: Option<Identity>) -> Peer {
        let link = Link(Link::ACCEPTED + number);
        let binding = Binding::Origin("https://here.example".to_owned());
        self.open(link, binding, false, Path::Hub, device, synod)
    }

    /// A direct way that this node answered has opened.
    pub(super) fn way_opens(&mut self, link: Link, device: &Secret, synod: Identity) -> Peer {
        let binding = Binding::Fingerprints("a".to_owned(), "b".to_owned());
        self.open(link, binding, false, Path::Direct, device, Some(synod))
    }

    fn open(
        &mut self,
        link: Link,
        binding: Binding,
        dialled: bool,
        path: Path,
        secret: &Secret,
        synod: Option<Identity>,
    ) -> Peer {
        let mut random = Random::seeded(*secret.seed());
        let synod = synod.map(|synod| (synod, None));
        let (mut session, first) =
            Session::begin(binding.clone(), !dialled, secret.identity(), None, synod, &mut random);
        self.tell(Input::Connected { binding, dialled, link, path });
        let mut open = false;
        let mut to_node: Vec<Message> = first.into_iter().collect();
        loop {
            for message in std::mem::take(&mut to_node) {
                self.say(link, message);
            }
            if open {
                break;
            }
            for message in self.heard(link) {
                if open {
                    self.sent.push((link, message));
                    continue;
                }
                match session.take(&message, secret) {
                    Step::Say(say) => to_node.extend(say),
                    Step::Opened(say) => {
                        open = true;
                        to_node.extend(say);
                    }
                    Step::Refuse(code) => unreachable!("{code:?} to {message:?}"),
                }
            }
            assert!(open || !to_node.is_empty(), "the session opens");
        }
        Peer { link }
    }
}
