//! Two people, their hub, and anything that may happen to them, told by bytes. First it happens; then
//! everything is healed, and what must hold is demanded.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Entry, Identity};
use effigy_feed::Relation;
use effigy_proto::{Command, Event, Frame, Known, Network, Path, PictureChange, Ticket, record};
use effigy_store::Table;
use effigy_store::pack::Pack;

use crate::together::{HUB, Together, picture};

const ANA: usize = 1;
const BEN: usize = 2;
/// Most things that happen in one play.
const DEEDS: usize = 60;

/// What is left of the bytes; zeros behind their end.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn text(&mut self) -> String {
        let length = usize::from(self.next() % 24).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }
}

/// A play: who is there, and what was promised to them.
struct Play {
    together: Together,
    /// What was asked for that makes an entry, by who asked.
    asked: BTreeMap<usize, Vec<Ticket>>,
    /// The entries that they were told are done.
    promised: BTreeMap<usize, BTreeSet<Cid>>,
    /// Ids of posts, to answer and to take back.
    posts: Vec<Cid>,
    /// Hubs that were added and do not exist.
    nowhere: Vec<String>,
}

/// Plays what the bytes say.
///
/// # Panics
/// When a node does, or when something does not hold that must.
pub(crate) fn play(bytes: &[u8]) {
    let mut play = Play::begin();
    let mut bytes = Bytes(bytes);
    for _ in 0..DEEDS {
        if bytes.0.is_empty() {
            break;
        }
        play.deed(&mut bytes);
        play.note_promises();
    }
    play.heal();
    play.demand();
}

impl Play {
    fn begin() -> Self {
        let mut play = Self {
            together: Together::new(2),
            asked: BTreeMap::new(),
            promised: BTreeMap::new(),
            posts: Vec::new(),
            nowhere: Vec::new(),
        };
        for (person, name) in [(ANA, "Ana"), (BEN, "Ben")] {
            let (device_name, name) = ("phone".to_owned(), name.to_owned());
            play.ask(person, |ticket| Command::Begin { device_name, name, picture: None, ticket });
        }
        play.note_promises();
        play
    }

    fn ask(&mut self, person: usize, command: impl FnOnce(Ticket) -> Command) {
        let ticket = self.together.ask(person, command);
        self.asked.entry(person).or_default().push(ticket);
    }

    fn synod(&self, person: usize) -> Identity {
        self.together.machines[person].keys.synod.unwrap()
    }

    /// One thing happens.
    #[expect(clippy::too_many_lines, reason = "a table of deeds is read from top to bottom")]
    fn deed(&mut self, bytes: &mut Bytes<'_>) {
        let (what, how) = (bytes.next(), bytes.next());
        let person = if how & 1 == 0 { ANA } else { BEN };
        let other = if person == ANA { BEN } else { ANA };
        let (on, which) = (how & 2 == 0, usize::from(how >> 2));
        match what % 24 {
            0..=2 => {
                let text = bytes.text();
                let pictures = if how & 4 == 0 { vec![] } else { vec![picture(how)] };
                self.ask(person, |ticket| Command::Publish { pictures, text, ticket });
            }
            3 => {
                let (text, pictures) = (bytes.text(), vec![]);
                let Some(parent) = self.post(which) else { return };
                let root = parent;
                self.ask(person, |ticket| Command::Comment {
                    parent,
                    pictures,
                    root,
                    text,
                    ticket,
                });
            }
            4 => {
                let Some(target) = self.post(which) else { return };
                self.ask(person, |ticket| Command::Delete { target, ticket });
            }
            5 => {
                let word = bytes.text();
                let Some(target) = self.post(which) else { return };
                self.ask(person, |ticket| Command::Tag { on, target, ticket, word });
            }
            6 => {
                let (about, name) = (bytes.text(), bytes.text());
                let change = [PictureChange::Keep, PictureChange::Remove];
                let picture = change[usize::from(on)].clone();
                self.ask(person, |ticket| Command::EditProfile { about, name, picture, ticket });
            }
            7 | 8 => {
                let relations = [Relation::Follow, Relation::Block, Relation::Mute];
                let (relation, synod) = (relations[which % 3], self.synod(other));
                self.ask(person, |ticket| Command::Relate { on, relation, synod, ticket });
            }
            9 => self.invite(person, other),
            10 => self.together.cut_one(which),
            11 => {
                self.together.crash(0, which);
            }
            12 => {
                self.together.crash(person, which);
                if on {
                    self.together.start(person);
                }
            }
            13 => (0..3).for_each(|machine| self.together.start(machine)),
            14 => self.together.pass(u64::from(how) * 500),
            15..=18 => {
                (0..how).for_each(|n| {
                    self.together.deliver(usize::from(n));
                });
            }
            19 => {
                let frame = garbage(bytes, how);
                self.together.hears(usize::from(how) % 3, which, &frame);
            }
            20 => {
                // Somebody says again what was said before, here or elsewhere.
                let heard = self.together.heard.get(which % 16).cloned();
                if let Some(frame) = heard {
                    self.together.hears(usize::from(how) % 3, which, &frame);
                }
            }
            21 => {
                let text = bytes.text();
                let command = match which % 5 {
                    0 => Command::FreeSpace { ticket: Ticket::default() },
                    1 => Command::Wake,
                    2 => Command::NewInvite,
                    3 => Command::SaveDraft { slot: "post".to_owned(), text },
                    _ => {
                        let origin = format!("https://{text}");
                        self.nowhere.push(origin.clone());
                        Command::AddHub { origin }
                    }
                };
                self.together.ask(person, |_| command);
            }
            22 => {
                if let Some(cid) = self.post(which) {
                    self.together.ask(person, |_| Command::LoadContent { cid, size: 90 });
                }
            }
            _ => {
                let origin = HUB.to_owned();
                let add = Command::AddHub { origin: origin.clone() };
                let remove = Command::RemoveHub { origin };
                self.together.ask(person, |_| if on { add } else { remove });
            }
        }
    }

    fn post(&self, which: usize) -> Option<Cid> {
        self.posts.get(which % self.posts.len().max(1)).copied()
    }

    fn invite(&mut self, host: usize, guest: usize) {
        let shown =
            self.together.machines[host].events.iter().rev().find_map(|event| match event {
                Event::Invite(invite) => Some(invite.clone()),
                _ => None,
            });
        if let Some(invite) = shown {
            self.ask(guest, |ticket| Command::AcceptInvite { invite, ticket });
        }
    }

    /// Writes down what people were told is done.
    fn note_promises(&mut self) {
        for person in [ANA, BEN] {
            let asked = self.asked.entry(person).or_default();
            for event in &self.together.machines[person].events {
                let Event::Done { id: Some(id), ticket } = event else { continue };
                if asked.contains(ticket) {
                    self.promised.entry(person).or_default().insert(*id);
                    if !self.posts.contains(id) {
                        self.posts.push(*id);
                    }
                }
            }
        }
    }

    /// Everybody is on, at the hub, friends with one another, and has all the time in the world.
    fn heal(&mut self) {
        (0..3).for_each(|machine| self.together.start(machine));
        for person in [ANA, BEN] {
            for origin in self.nowhere.clone() {
                self.together.ask(person, |_| Command::RemoveHub { origin });
            }
            self.together.ask(person, |_| Command::AddHub { origin: HUB.to_owned() });
        }
        // Who misbehaved is shunned for an hour and a half at most, and claims are disproved.
        for minute in 0..400 {
            if [0, 12, 40].contains(&minute) {
                self.befriend();
            }
            self.together.live(if minute < 20 { 2_000 } else { 60_000 });
            self.note_promises();
            if minute > 3 && self.agrees() && self.meets() {
                return;
            }
        }
    }

    /// Each follows the other. Who must not write at the moment is asked again later.
    fn befriend(&mut self) {
        for (person, other) in [(ANA, BEN), (BEN, ANA)] {
            let synod = self.synod(other);
            for (on, relation) in [(false, Relation::Block), (true, Relation::Follow)] {
                self.ask(person, |ticket| Command::Relate { on, relation, synod, ticket });
            }
        }
    }

    fn network(&self, person: usize) -> Option<&Network> {
        self.together.machines[person].events.iter().rev().find_map(|event| match event {
            Event::Network(network) => Some(network),
            _ => None,
        })
    }

    /// How much of each feed somebody's device holds.
    fn held(&self, person: usize) -> BTreeMap<Identity, u64> {
        let feeds = self.network(person).map(|network| network.feeds.as_slice());
        feeds.unwrap_or_default().iter().map(|feed| (feed.identity, feed.held)).collect()
    }

    fn agrees(&self) -> bool {
        let (ana, ben) = (self.held(ANA), self.held(BEN));
        let own = |person: usize| {
            let keys = &self.together.machines[person].keys;
            [keys.device.identity(), keys.synod.unwrap()]
        };
        [own(ANA), own(BEN)].concat().iter().all(|feed| {
            ana.get(feed).is_some_and(|held| *held > 0) && ana.get(feed) == ben.get(feed)
        })
    }

    /// Whether both are at the hub.
    fn meets(&self) -> bool {
        [ANA, BEN].iter().all(|person| {
            let peers = self.network(*person).map(|network| network.peers.as_slice());
            peers.unwrap_or_default().iter().any(|peer| peer.path == Path::Hub)
        })
    }

    /// What must hold once everything is healed.
    fn demand(&mut self) {
        assert!(self.agrees(), "{:?} {:?}", self.held(ANA), self.held(BEN));
        assert!(self.meets(), "{:?}", [ANA, BEN].map(|person| self.network(person)));
        for person in [ANA, BEN] {
            let network = self.network(person).unwrap();
            assert!(network.feeds.iter().all(|feed| feed.fork.is_none()), "no fork");
        }
        self.all_is_genuine();
        // Turned off and on again, everybody still has what was promised to them.
        for person in [ANA, BEN] {
            self.together.crash(person, 0);
            self.together.start(person);
            let ids: BTreeSet<Cid> = self.known(person).map(|known| known.entry.id()).collect();
            let lost: Vec<_> = self.promised[&person].difference(&ids).collect();
            assert!(lost.is_empty(), "{person} lost {lost:?}");
        }
    }

    fn known(&self, person: usize) -> impl Iterator<Item = &Known> {
        let told = self.together.machines[person].events.iter().filter_map(|event| match event {
            Event::Entries(known) => Some(known),
            _ => None,
        });
        told.flatten()
    }

    /// Whatever anybody said, nothing is kept but what somebody signed.
    fn all_is_genuine(&self) {
        for machine in &self.together.machines {
            for (key, value) in machine.rows() {
                if key.table == Table::Packs {
                    for bytes in Pack::open(&value).unwrap().records() {
                        let read = record::reload(bytes.unwrap()).unwrap();
                        assert!(Entry::parse(read.entry.bytes()).is_ok());
                        assert!(key.bytes.starts_with(read.entry.header().identity.bytes()));
                    }
                } else if key.table == Table::Blobs {
                    assert_eq!(key.bytes, Cid::of(&value).digest());
                }
            }
        }
    }
}

/// A frame that is anything: bytes, text, or a message whose members are.
fn garbage(bytes: &mut Bytes<'_>, how: u8) -> Frame {
    let kinds = [
        "cancel",
        "entries",
        "error",
        "get_blob",
        "get_entries",
        "get_heads",
        "ihave",
        "iwant",
        "last_known_heads",
        "offline",
        "online",
        "ping",
        "presence_list",
        "provides",
        "session_auth",
        "session_request",
    ];
    let text = bytes.text();
    match how % 3 {
        0 => Frame::Binary(text.into_bytes()),
        1 => Frame::Text(text),
        _ => {
            let kind = kinds[usize::from(bytes.next()) % kinds.len()];
            Frame::Text(format!("{{\"type\":\"{kind}\"{text}}}"))
        }
    }
}
