//! The network itself: time, chance, and what the machines ask of them.

mod devices;
mod frozen;
mod power;
mod wires;

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::random::Random;
use effigy_core::{Cid, Identity, Time};
use effigy_proto::{Command, Event, Input, Link, Message, Node, Output, Ticket};
use serde::Deserialize;

use crate::happening::Happening;
use crate::transcript::Transcript;
use crate::verdicts::Verdicts;
use crate::{Machine, Who};

pub use frozen::Frozen;
use wires::Wire;
pub(crate) use wires::is_question;

/// How the wires behave.
///
/// Connections are ordered and reliable, as WebSockets and data channels are: a frame that is lost takes
/// all behind it along, and the connection is silent from then on. What passes through a hub, and what
/// is told again and again, can come twice or late.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weather {
    /// The shortest and the longest a frame takes, in milliseconds.
    pub delay: (u64, u64),
    /// Of a thousand frames so many take their connection with them, and both ends know.
    pub cuts: u64,
    /// Of a thousand frames so many are lost, with all behind them, and nobody knows.
    pub loss: u64,
    /// Of a thousand frames that may come twice so many do.
    pub twice: u64,
    /// Of a thousand frames that may come late so many are overtaken by those behind them.
    pub late: u64,
}

impl Default for Weather {
    fn default() -> Self {
        Self { delay: (5, 50), cuts: 0, loss: 0, twice: 0, late: 0 }
    }
}

/// Many machines and everything between them.
#[derive(Debug)]
pub struct Network {
    /// The machines, hubs and persons alike.
    pub machines: Vec<Machine>,
    /// How the wires behave now.
    pub weather: Weather,
    /// Bytes that went over wires, without those that only asked whether somebody is there.
    pub bytes: u64,
    /// Bytes of blobs among them.
    pub blob_bytes: u64,
    /// Bytes of blobs that were lies.
    pub false_bytes: u64,
    /// Frames that went over wires, without those that only asked whether somebody is there.
    pub frames: u64,
    /// What happened, as a hash: the same seed gives the same.
    pub trace: Cid,
    /// What happened, in words, where somebody wants to read it.
    pub transcript: Transcript,
    now: u64,
    next: u64,
    random: Random,
    flight: BTreeMap<(u64, u64), Happening>,
    wires: BTreeMap<u64, Wire>,
    /// Pairs between which nothing goes.
    parted: BTreeSet<(usize, usize)>,
    /// WebRTC offers, by their text: who made them, on which connection.
    offers: BTreeMap<String, (usize, Link)>,
    /// What was checked before.
    pub(crate) verdicts: Verdicts,
    /// Who sent something, without lying, that nobody can read, and to whom.
    pub(crate) garbled: Option<(usize, usize)>,
}

impl Network {
    /// An empty network.
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        Self {
            machines: Vec::new(),
            weather: Weather::default(),
            bytes: 0,
            blob_bytes: 0,
            false_bytes: 0,
            frames: 0,
            trace: Cid::of(&bytes),
            transcript: Transcript::default(),
            // An ordinary day in 2025.
            now: 1_763_632_800_000,
            next: 0,
            random: Random::seeded(bytes),
            flight: BTreeMap::new(),
            wires: BTreeMap::new(),
            parted: BTreeSet::new(),
            offers: BTreeMap::new(),
            verdicts: Verdicts::default(),
            garbled: None,
        }
    }

    /// The current time.
    pub const fn now(&self) -> Time {
        Time(self.now)
    }

    /// A number below `bound`, from the network's own chance.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    /// Adds a hub and starts it.
    pub fn hub(&mut self) -> usize {
        self.add(Who::Hub)
    }

    /// Adds a person with a new account, and starts their device.
    pub fn person(&mut self, name: &str) -> usize {
        let machine = self.add(Who::Person);
        self.act(machine, |ticket| Command::Begin {
            device_name: "phone".to_owned(),
            name: name.to_owned(),
            picture: None,
            ticket,
        });
        machine
    }

    /// Adds a machine without telling it anything.
    pub fn add(&mut self, who: Who) -> usize {
        let seed = self.random.bytes();
        self.machines.push(Machine::new(who, seed));
        let machine = self.machines.len().saturating_sub(1);
        self.start(machine);
        machine
    }

    /// Adds a machine that has the same keys as another: a stolen or copied one.
    pub fn copy(&mut self, of: usize) -> Option<usize> {
        let original = self.machines.get(of)?;
        let mut machine = Machine::with_keys(original.who, original.keys.clone());
        machine.disk = original.disk.clone();
        machine.disk.crash(usize::MAX);
        self.machines.push(machine);
        Some(self.machines.len().saturating_sub(1))
    }

    /// A person does something. The same ticket comes back in the answer.
    pub fn act(&mut self, machine: usize, command: impl FnOnce(Ticket) -> Command) {
        self.next = self.next.saturating_add(1);
        let command = command(Ticket(self.next));
        // Nobody does anything with a phone that sleeps.
        if self.machines.get(machine).is_some_and(|state| !state.asleep) {
            self.tell(machine, Input::Command(command));
        }
    }

    /// Posts a text.
    pub fn post(&mut self, machine: usize, text: &str) {
        let text = text.to_owned();
        self.act(machine, |ticket| Command::Publish { pictures: Vec::new(), text, ticket });
    }

    /// `guest` takes the invite that `host` shows.
    pub fn invite(&mut self, host: usize, guest: usize) {
        let invite = self.machines.get(host).and_then(|machine| machine.invite.clone());
        let Some(invite) = invite else { return };
        self.act(guest, |ticket| Command::AcceptInvite { invite, ticket });
    }

    /// Hands a message to a machine as if it came from a peer on an open connection: for liars.
    pub fn inject(&mut self, machine: usize, from: Identity, message: Message) -> bool {
        let link = self.machines.get(machine).and_then(|state| {
            state
                .wires
                .iter()
                .find(|(_, wire)| self.far_end(**wire, machine) == Some(from))
                .map(|(link, _)| *link)
        });
        let Some(link) = link else { return false };
        self.tell(machine, Input::Received(link, Ok(message)));
        true
    }

    /// Lets time go by, in milliseconds.
    pub fn run(&mut self, span: u64) {
        let end = self.now.saturating_add(span);
        while let Some(entry) = self.flight.first_entry() {
            if entry.key().0 > end {
                break;
            }
            let ((time, _), happening) = entry.remove_entry();
            self.now = self.now.max(time);
            self.happen(happening);
        }
        self.now = end;
    }

    /// Lets time go by until something holds, looking once every 100 ms; tells whether it did.
    pub fn until(&mut self, span: u64, mut holds: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now.saturating_add(span);
        while self.now < end {
            if holds(self) {
                return true;
            }
            self.run(100);
        }
        holds(self)
    }

    /// Hubs by the name they are dialled by.
    fn origins(&self) -> Vec<String> {
        let hubs = self.machines.iter().enumerate().filter(|(_, m)| m.who == Who::Hub);
        hubs.map(|(at, _)| format!("https://hub-{at}.example")).collect()
    }

    fn tell(&mut self, machine: usize, input: Input) {
        let now = self.now;
        let Some(state) = self.machines.get_mut(machine) else { return };
        let clock = state.clock(now);
        let Some(node) = state.node.as_mut() else { return };
        node.handle(input, clock);
        self.drain(machine);
    }

    fn drain(&mut self, machine: usize) {
        while let Some(output) = self
            .machines
            .get_mut(machine)
            .and_then(|state| state.node.as_mut())
            .and_then(Node::poll)
        {
            self.carry_out(machine, output);
        }
    }

    fn carry_out(&mut self, machine: usize, output: Output) {
        let life = self.machines.get(machine).map_or(0, |state| state.life);
        match output {
            Output::Close(link) => {
                let wire = self.machines.get_mut(machine).and_then(|state| {
                    state.note_blame();
                    state.wires.remove(&link)
                });
                if let Some(wire) = wire {
                    self.cut(wire, Some(machine));
                }
            }
            Output::Dial(link, origin) => self.dial(machine, link, &origin),
            Output::Emit(event) => self.heard(machine, event),
            Output::Fence(fence) => {
                if let Some(state) = self.machines.get_mut(machine) {
                    state.fence = Some(fence);
                }
            }
            Output::Load(load, key) => {
                let found = self.machines.get(machine).and_then(|state| state.disk.read(&key));
                self.tell(machine, Input::Loaded(load, found));
            }
            Output::Reread => self.reread(machine),
            Output::Rtc(link, action) => self.rtc(machine, link, action),
            Output::Save(batch) => self.save(machine, batch),
            Output::Send(link, frame) => self.send(machine, link, frame),
            Output::WakeAt(time) => {
                let least = self.now.saturating_add(1);
                let Some(state) = self.machines.get_mut(machine) else { return };
                let at = state.moment(time).max(least);
                state.alarm = Some(at);
                self.put(at, Happening::Rings { machine, life, at });
            }
        }
    }

    fn heard(&mut self, machine: usize, event: Event) {
        self.transcript.event(self.now, machine, &event);
        if let Some(state) = self.machines.get_mut(machine) {
            state.hear(event);
        }
    }

    fn put(&mut self, at: u64, happening: Happening) {
        self.next = self.next.saturating_add(1);
        self.flight.insert((at.max(self.now), self.next), happening);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrives { link, wire, frame, forged } => {
                self.arrive(link, wire, &frame, forged);
            }
            Happening::Cut { wire } => self.cut(wire, None),
            Happening::Opens { wire, path } => self.open(wire, path),
            Happening::Rings { machine, life, at } => {
                let due = self.machines.get(machine).is_some_and(|state| {
                    state.life == life && state.alarm == Some(at) && !state.asleep
                });
                if due {
                    self.tell(machine, Input::Tick);
                }
            }
            Happening::Starts { machine, life } => {
                let off = self.machines.get(machine).is_some_and(|m| m.life == life && m.is_off());
                if off {
                    self.start(machine);
                }
            }
            Happening::Told { machine, life, input } => {
                let Some(state) = self.machines.get_mut(machine) else { return };
                if state.life != life {
                    return;
                }
                if state.asleep {
                    state.missed.push(input);
                } else {
                    self.tell(machine, input);
                }
            }
        }
    }
}
