//! The network itself: time, chance, wires, and what the machines ask of them.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::random::Random;
use effigy_core::{Cid, Identity, Time};
use effigy_proto::{
    Binding, Command, Config, Event, Frame, Input, Link, Message, Node, Output, Path, RtcAction,
    RtcEvent, Ticket,
};

use crate::happening::Happening;
use crate::{Machine, Who};

/// How the wires behave.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// The shortest and the longest a frame takes, in milliseconds.
    pub delay: (u64, u64),
    /// Of a thousand frames so many take their connection with them.
    pub cuts: u64,
}

impl Default for Weather {
    fn default() -> Self {
        Self { delay: (5, 50), cuts: 0 }
    }
}

/// A connection between two machines.
#[derive(Clone, Debug)]
struct Wire {
    ends: [(usize, Link); 2],
    binding: Binding,
    open: bool,
    /// When the last frame each way arrives: frames never overtake one another.
    arrival: [u64; 2],
}

/// Many machines and everything between them.
#[derive(Debug)]
pub struct Network {
    /// The machines, hubs and persons alike.
    pub machines: Vec<Machine>,
    /// How the wires behave now.
    pub weather: Weather,
    /// Bytes that went over wires.
    pub bytes: u64,
    /// Bytes of blobs among them.
    pub blob_bytes: u64,
    /// Frames that went over wires.
    pub frames: u64,
    /// What happened, as a hash: the same seed gives the same.
    pub trace: Cid,
    now: u64,
    next: u64,
    random: Random,
    flight: BTreeMap<(u64, u64), Happening>,
    wires: BTreeMap<u64, Wire>,
    /// Pairs between which nothing goes.
    parted: BTreeSet<(usize, usize)>,
    /// WebRTC offers, by their text: who made them, on which connection.
    offers: BTreeMap<String, (usize, Link)>,
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
            frames: 0,
            trace: Cid::of(&bytes),
            // An ordinary day in 2025.
            now: 1_763_632_800_000,
            next: 0,
            random: Random::seeded(bytes),
            flight: BTreeMap::new(),
            wires: BTreeMap::new(),
            parted: BTreeSet::new(),
            offers: BTreeMap::new(),
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
        let mut machine = Machine::new(original.who, [0; 32]);
        machine.keys = original.keys.clone();
        machine.disk = original.disk.clone();
        machine.disk.crash(usize::MAX);
        self.machines.push(machine);
        Some(self.machines.len().saturating_sub(1))
    }

    /// Turns a machine on.
    pub fn start(&mut self, machine: usize) {
        self.boot(machine, Node::new);
    }

    fn boot(&mut self, machine: usize, begin: fn(Config) -> Node) {
        let hubs = self.origins();
        let seed = self.random.bytes();
        let now = Time(self.now);
        let Some(state) = self.machines.get_mut(machine) else { return };
        let hubs = if state.who == Who::Hub { Vec::new() } else { hubs };
        state.life = state.life.saturating_add(1);
        state.view = None;
        state.repair = None;
        state.alarm = None;
        let life = state.life;
        state.node = Some(begin(state.config(hubs, seed)));
        while let Some(state) = self.machines.get_mut(machine).filter(|state| state.life == life) {
            let Some(node) = &mut state.node else { return };
            let Some(range) = node.next_read() else {
                node.start(now);
                return self.drain(machine);
            };
            for (key, value) in state.disk.scan(&range) {
                // As the engine does: what cannot be read is passed over.
                let _ = node.restore(range.table, &key, &value);
            }
            self.drain(machine);
        }
    }

    /// What a machine noted of its packs cannot be right: it begins again and reads all of them.
    fn reread(&mut self, machine: usize) {
        let Some(state) = self.machines.get_mut(machine) else { return };
        let wires: Vec<u64> = std::mem::take(&mut state.wires).into_values().collect();
        wires.into_iter().for_each(|wire| self.cut(wire, Some(machine)));
        self.boot(machine, Node::rereading);
    }

    /// Kills a machine: what was not durable may be lost, and every connection is.
    pub fn crash(&mut self, machine: usize) {
        let loose = self.machines.get(machine).map_or(0, |state| state.disk.loose());
        let kept = self.random.below((loose as u64).saturating_add(1));
        let Some(state) = self.machines.get_mut(machine) else { return };
        state.disk.crash(usize::try_from(kept).unwrap_or(usize::MAX));
        state.node = None;
        let wires: Vec<u64> = std::mem::take(&mut state.wires).into_values().collect();
        wires.into_iter().for_each(|wire| self.cut(wire, Some(machine)));
    }

    /// Cuts every connection between two machines and lets none come about.
    pub fn part(&mut self, a: usize, b: usize) {
        self.parted.insert((a.min(b), a.max(b)));
        let between: Vec<u64> = self
            .wires
            .iter()
            .filter(|(_, wire)| {
                let ends = [wire.ends[0].0, wire.ends[1].0];
                ends == [a, b] || ends == [b, a]
            })
            .map(|(wire, _)| *wire)
            .collect();
        between.into_iter().for_each(|wire| self.cut(wire, None));
    }

    /// Lets everybody reach everybody again.
    pub fn heal(&mut self) {
        self.parted.clear();
        self.weather.cuts = 0;
    }

    /// A person does something. The same ticket comes back in the answer.
    pub fn act(&mut self, machine: usize, command: impl FnOnce(Ticket) -> Command) {
        self.next = self.next.saturating_add(1);
        let command = command(Ticket(self.next));
        self.tell(machine, Input::Command(command));
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

    fn far_end(&self, wire: u64, near: usize) -> Option<Identity> {
        let wire = self.wires.get(&wire)?;
        let far = wire.ends.iter().find(|(machine, _)| *machine != near)?.0;
        self.machines.get(far).map(Machine::device)
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

    /// How many connections there are between two machines.
    pub fn connections(&self, a: usize, b: usize) -> usize {
        let between = |wire: &&Wire| {
            let ends = [wire.ends[0].0, wire.ends[1].0];
            wire.open && (ends == [a, b] || ends == [b, a])
        };
        self.wires.values().filter(between).count()
    }

    /// Hubs by the name they are dialled by.
    fn origins(&self) -> Vec<String> {
        let hubs = self.machines.iter().enumerate().filter(|(_, m)| m.who == Who::Hub);
        hubs.map(|(at, _)| format!("https://hub-{at}.example")).collect()
    }

    fn tell(&mut self, machine: usize, input: Input) {
        let now = Time(self.now);
        let Some(node) = self.machines.get_mut(machine).and_then(|m| m.node.as_mut()) else {
            return;
        };
        node.handle(input, now);
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
                let wire =
                    self.machines.get_mut(machine).and_then(|state| state.wires.remove(&link));
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
            Output::Save(batch) => {
                let kept =
                    self.machines.get_mut(machine).is_some_and(|state| state.disk.apply(batch));
                if !kept {
                    self.write_failed(machine);
                }
            }
            Output::Send(link, frame) => self.send(machine, link, frame),
            Output::WakeAt(time) => {
                let at = time.0.max(self.now.saturating_add(1));
                if let Some(state) = self.machines.get_mut(machine) {
                    state.alarm = Some(at);
                }
                self.put(at, Happening::Rings { machine, life, at });
            }
        }
    }

    fn heard(&mut self, machine: usize, event: Event) {
        if let Some(state) = self.machines.get_mut(machine) {
            state.hear(event);
        }
    }

    /// As the engine does: nothing that followed from the write happens, and the node begins again.
    fn write_failed(&mut self, machine: usize) {
        if let Some(state) = self.machines.get_mut(machine) {
            state.failed_writes = state.failed_writes.saturating_add(1);
            state.node = None;
            state.disk.crash(usize::MAX);
            let wires: Vec<u64> = std::mem::take(&mut state.wires).into_values().collect();
            wires.into_iter().for_each(|wire| self.cut(wire, Some(machine)));
        }
        self.start(machine);
    }

    fn dial(&mut self, machine: usize, link: Link, origin: &str) {
        let hub = self.origins().iter().position(|known| known == origin);
        let hubs: Vec<usize> = self
            .machines
            .iter()
            .enumerate()
            .filter(|(_, state)| state.who == Who::Hub)
            .map(|(at, _)| at)
            .collect();
        let hub = hub.and_then(|at| hubs.get(at)).copied();
        self.next = self.next.saturating_add(1);
        let accepted = Link(Link::ACCEPTED.saturating_add(self.next));
        let Some(hub) = hub else {
            let life = self.machines.get(machine).map_or(0, |state| state.life);
            let input = Input::Disconnected(link);
            self.put(self.now.saturating_add(20), Happening::Told { machine, life, input });
            return;
        };
        let binding = Binding::Origin(origin.to_owned());
        self.wire([(machine, link), (hub, accepted)], binding, Path::Hub);
    }

    fn wire(&mut self, ends: [(usize, Link); 2], binding: Binding, path: Path) {
        self.next = self.next.saturating_add(1);
        let wire = self.next;
        for (machine, link) in ends {
            if let Some(state) = self.machines.get_mut(machine) {
                state.wires.insert(link, wire);
            }
        }
        self.wires.insert(wire, Wire { ends, binding, open: false, arrival: [0; 2] });
        let at = self.now.saturating_add(self.delay());
        self.put(at, Happening::Opens { wire, path });
    }

    fn rtc(&mut self, machine: usize, link: Link, action: RtcAction) {
        let life = self.machines.get(machine).map_or(0, |state| state.life);
        let at = self.now.saturating_add(2);
        let say = |network: &mut Self, text: String| {
            let input = Input::Rtc(link, RtcEvent::Description(text));
            network.put(at, Happening::Told { machine, life, input });
        };
        match action {
            RtcAction::Offer => {
                self.next = self.next.saturating_add(1);
                let offer = format!("offer {}", self.next);
                self.offers.insert(offer.clone(), (machine, link));
                say(self, offer);
            }
            RtcAction::Answer { offer } => {
                self.next = self.next.saturating_add(1);
                let answer = format!("answer {} to {offer}", self.next);
                self.offers.insert(answer.clone(), (machine, link));
                say(self, answer);
            }
            RtcAction::TakeAnswer { answer } => {
                let Some(far) = self.offers.remove(&answer) else { return };
                let prints = Binding::Fingerprints(format!("a {answer}"), format!("b {answer}"));
                self.wire([(machine, link), far], prints, Path::Direct);
            }
            RtcAction::Candidate { .. } => (),
        }
    }

    fn send(&mut self, machine: usize, link: Link, frame: Frame) {
        let wire = self.machines.get(machine).and_then(|state| state.wires.get(&link)).copied();
        let Some(wire) = wire else { return };
        self.frames = self.frames.saturating_add(1);
        self.bytes = self.bytes.saturating_add(frame.len() as u64);
        let binary = matches!(frame, Frame::Binary(_));
        if binary {
            self.blob_bytes = self.blob_bytes.saturating_add(frame.len() as u64);
        }
        if self.weather.cuts > 0 && self.random.below(1_000) < self.weather.cuts {
            self.put(self.now, Happening::Cut { wire });
        }
        let at = self.now.saturating_add(self.delay());
        let Some(state) = self.wires.get_mut(&wire) else { return };
        let near = usize::from(state.ends[1] == (machine, link));
        let arrival = state.arrival[near].max(at);
        state.arrival[near] = arrival;
        let far = state.ends[1 - near].1;
        self.put(arrival, Happening::Arrives { link: far, wire, frame });
        if binary {
            let life = self.machines.get(machine).map_or(0, |state| state.life);
            let input = Input::Drained(link);
            self.put(arrival, Happening::Told { machine, life, input });
        }
    }

    fn delay(&mut self) -> u64 {
        let (least, most) = self.weather.delay;
        least.saturating_add(self.random.below(most.saturating_sub(least).saturating_add(1)))
    }

    fn put(&mut self, at: u64, happening: Happening) {
        self.next = self.next.saturating_add(1);
        self.flight.insert((at.max(self.now), self.next), happening);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrives { link, wire, frame } => self.arrive(link, wire, &frame),
            Happening::Cut { wire } => self.cut(wire, None),
            Happening::Opens { wire, path } => self.open(wire, path),
            Happening::Rings { machine, life, at } => {
                let due = self
                    .machines
                    .get(machine)
                    .is_some_and(|state| state.life == life && state.alarm == Some(at));
                if due {
                    self.tell(machine, Input::Tick);
                }
            }
            Happening::Told { machine, life, input } => {
                if self.machines.get(machine).is_some_and(|state| state.life == life) {
                    self.tell(machine, input);
                }
            }
        }
    }

    fn arrive(&mut self, link: Link, wire: u64, frame: &Frame) {
        let Some(state) = self.wires.get(&wire).filter(|state| state.open) else { return };
        let Some((machine, _)) = state.ends.iter().find(|(_, end)| *end == link).copied() else {
            return;
        };
        let bytes = match frame {
            Frame::Binary(bytes) => bytes.as_slice(),
            Frame::Text(text) => text.as_bytes(),
        };
        let moment = self.now.to_be_bytes();
        self.trace = Cid::of(&[self.trace.digest().as_slice(), &moment, bytes].concat());
        let message = match frame {
            Frame::Binary(bytes) => Message::decode_binary(bytes),
            Frame::Text(text) => Message::decode_text(text),
        };
        self.tell(machine, Input::Received(link, message));
    }

    fn open(&mut self, wire: u64, path: Path) {
        let Some(state) = self.wires.get_mut(&wire) else { return };
        let ends = state.ends;
        let up = ends.iter().all(|(machine, _)| {
            self.machines.get(*machine).is_some_and(|state| state.node.is_some())
        });
        let (a, b) = (ends[0].0, ends[1].0);
        if !up || self.parted.contains(&(a.min(b), a.max(b))) {
            self.cut(wire, None);
            return;
        }
        state.open = true;
        let binding = state.binding.clone();
        for ((machine, link), dialled) in ends.into_iter().zip([true, false]) {
            let binding = binding.clone();
            self.tell(machine, Input::Connected { binding, dialled, link, path });
        }
    }

    /// A connection is gone. `by` closed it and knows.
    fn cut(&mut self, wire: u64, by: Option<usize>) {
        let Some(state) = self.wires.remove(&wire) else { return };
        for (machine, link) in state.ends {
            if let Some(machine) = self.machines.get_mut(machine) {
                machine.wires.remove(&link);
            }
            if Some(machine) != by {
                let life = self.machines.get(machine).map_or(0, |state| state.life);
                let input = Input::Disconnected(link);
                self.put(self.now.saturating_add(1), Happening::Told { machine, life, input });
            }
        }
    }
}
