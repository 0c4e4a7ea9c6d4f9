//! Real nodes, their disks, and the wires between them, moved by hand: one frame at a time.

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeBounds as _;

use effigy_core::Time;
use effigy_core::payload::ImageType;
use effigy_proto::{
    Binding, Command, Config, Event, Fence, Frame, Input, Keys, Link, Message, Node, Output, Path,
    Picture, Pixels, Role, RtcAction, RtcEvent, Ticket,
};
use effigy_store::{Batch, Durability, Key};

/// The origin of the hub, which is the first machine.
pub(crate) const HUB: &str = "https://hub.example";
/// An ordinary day in 2025.
const BEGINNING: u64 = 1_763_632_800_000;
/// Most things that follow from one input: more is a loop.
const CONSEQUENCES: usize = 20_000;

/// A node and what stands beside it.
pub(crate) struct Machine {
    pub(crate) events: Vec<Event>,
    pub(crate) keys: Keys,
    pub(crate) node: Option<Node>,
    role: Role,
    /// What is durable.
    disk: BTreeMap<Key, Vec<u8>>,
    /// What was written after that, in its order, and may be lost.
    loose: Vec<Batch>,
    fence: Option<Fence>,
    alarm: Option<u64>,
    life: u64,
}

/// A connection, with what is on its way to each end.
struct Wire {
    ends: [(usize, Link); 2],
    way: [VecDeque<Frame>; 2],
}

/// Several machines. The first is the hub.
pub(crate) struct Together {
    pub(crate) machines: Vec<Machine>,
    pub(crate) now: u64,
    /// The last frames that went over any wire: for those who say again what others said.
    pub(crate) heard: VecDeque<Frame>,
    next: u64,
    wires: BTreeMap<u64, Wire>,
    /// What happens next, before anything else does.
    due: VecDeque<(usize, u64, Input)>,
    offers: BTreeMap<String, (usize, Link)>,
}

impl Together {
    /// A hub that keeps what these people publish, and their devices, all turned on.
    pub(crate) fn new(people: u8) -> Self {
        let hub = Role::Hub(effigy_proto::HubPolicy {
            members: 9,
            member_bytes: 1 << 24,
            ..effigy_proto::HubPolicy::default()
        });
        let mut machines = vec![Machine::new(Keys::for_hub([200; 32]), hub)];
        for n in 0..people {
            machines.push(Machine::new(Keys::for_account([n + 1; 32]).unwrap(), Role::Person));
        }
        let mut together = Self {
            machines,
            now: BEGINNING,
            heard: VecDeque::new(),
            next: 0,
            wires: BTreeMap::new(),
            due: VecDeque::new(),
            offers: BTreeMap::new(),
        };
        (0..together.machines.len()).for_each(|machine| together.start(machine));
        together
    }

    /// Somebody's new device, turned on.
    pub(crate) fn add(&mut self, keys: Keys) -> usize {
        self.machines.push(Machine::new(keys, Role::Person));
        let machine = self.machines.len() - 1;
        self.start(machine);
        machine
    }

    /// Somebody's new device with something in its store, turned on.
    pub(crate) fn add_with(&mut self, keys: Keys, records: Vec<(Key, Vec<u8>)>) -> usize {
        let mut machine = Machine::new(keys, Role::Person);
        machine.disk.extend(records);
        self.machines.push(machine);
        let machine = self.machines.len() - 1;
        self.start(machine);
        machine
    }

    /// What a machine kept in its store is gone: it is off.
    pub(crate) fn empty(&mut self, machine: usize) {
        self.crash(machine, 0);
        self.machines[machine].disk.clear();
    }

    /// All that a machine kept is gone but its keys: it is off.
    pub(crate) fn wipe(&mut self, machine: usize) {
        self.empty(machine);
        self.machines[machine].fence = None;
    }

    /// Turns a machine on.
    pub(crate) fn start(&mut self, machine: usize) {
        self.next += 1;
        let seed = [u8::try_from(self.next % 251).unwrap(); 32];
        let state = &mut self.machines[machine];
        if state.node.is_some() {
            return;
        }
        self.boot(machine, Node::new, seed);
        self.settle();
    }

    /// As the engine does: the node is told what it asks of the disk; what cannot be read is passed
    /// over, and it may say that it has to begin again.
    fn boot(&mut self, machine: usize, begin: fn(Config) -> Node, seed: [u8; 32]) {
        let state = &mut self.machines[machine];
        let hubs = if state.role == Role::Person { vec![HUB.to_owned()] } else { Vec::new() };
        let (fence, keys, role) = (state.fence.clone(), state.keys.clone(), state.role.clone());
        state.node = Some(begin(Config { fence, hubs, keys, role, seed }));
        state.life += 1;
        let life = state.life;
        while self.machines[machine].life == life {
            let state = &mut self.machines[machine];
            let node = state.node.as_mut().unwrap();
            let Some(range) = node.next_read() else {
                node.start(Time(self.now));
                return self.drain(machine);
            };
            let bounds = (range.start.clone(), range.end.clone());
            let of_table = state.disk.iter().filter(|(key, _)| key.table == range.table);
            for (key, value) in of_table.filter(|(key, _)| bounds.contains(&key.bytes)) {
                let _ = node.restore(range.table, &key.bytes, value);
            }
            self.drain(machine);
        }
    }

    /// Kills a machine. Of what was not durable only so many of the first writes stay.
    pub(crate) fn crash(&mut self, machine: usize, stay: usize) {
        let state = &mut self.machines[machine];
        state.node = None;
        state.alarm = None;
        state.events.clear();
        let loose = std::mem::take(&mut state.loose);
        loose.into_iter().take(stay).for_each(|batch| state.land(batch));
        let wires: Vec<u64> = self.wires_of(machine);
        wires.into_iter().for_each(|wire| self.cut(wire));
        self.settle();
    }

    fn wires_of(&self, machine: usize) -> Vec<u64> {
        let of = self.wires.iter().filter(|(_, wire)| wire.ends.iter().any(|end| end.0 == machine));
        of.map(|(wire, _)| *wire).collect()
    }

    /// How many wires there are.
    pub(crate) fn n_wires(&self) -> usize {
        self.wires.len()
    }

    /// Cuts one of the wires, counted in their order.
    pub(crate) fn cut_one(&mut self, which: usize) {
        let wire = self.wires.keys().nth(which % self.wires.len().max(1)).copied();
        if let Some(wire) = wire {
            self.cut(wire);
            self.settle();
        }
    }

    fn cut(&mut self, wire: u64) {
        let Some(wire) = self.wires.remove(&wire) else { return };
        for (machine, link) in wire.ends {
            self.later(machine, Input::Disconnected(link));
        }
    }

    /// The person asks for something.
    pub(crate) fn ask(
        &mut self,
        machine: usize,
        command: impl FnOnce(Ticket) -> Command,
    ) -> Ticket {
        self.next += 1;
        let ticket = Ticket(self.next);
        self.tell(machine, Input::Command(command(ticket)));
        ticket
    }

    /// Something comes in on one of a machine's connections, whoever said it. Tells whether there
    /// was one.
    pub(crate) fn hears(&mut self, machine: usize, which: usize, frame: &Frame) -> bool {
        let wires = self.wires_of(machine);
        let Some(wire) = wires.get(which % wires.len().max(1)) else { return false };
        let ends = self.wires[wire].ends;
        let link = ends.iter().find(|(end, _)| *end == machine).unwrap().1;
        self.tell(machine, received(link, frame));
        true
    }

    /// Lets one frame of the wire that is next arrive. Tells whether there was any.
    pub(crate) fn deliver(&mut self, which: usize) -> bool {
        let waiting: Vec<(u64, usize)> = self
            .wires
            .iter()
            .flat_map(|(wire, state)| [(*wire, 0), (*wire, 1)].map(|way| (way, &state.way[way.1])))
            .filter(|(_, frames)| !frames.is_empty())
            .map(|(way, _)| way)
            .collect();
        let Some((wire, end)) = waiting.get(which % waiting.len().max(1)).copied() else {
            return false;
        };
        let state = self.wires.get_mut(&wire).unwrap();
        let frame = state.way[end].pop_front().unwrap();
        let ((to, link), (from, back)) = (state.ends[end], state.ends[1 - end]);
        if matches!(frame, Frame::Binary(_)) {
            self.later(from, Input::Drained(back));
        }
        self.later(to, received(link, &frame));
        self.heard.push_back(frame);
        if self.heard.len() > 16 {
            self.heard.pop_front();
        }
        self.settle();
        true
    }

    /// Lets everything arrive that is on its way, and what follows from it.
    pub(crate) fn deliver_all(&mut self) {
        let mut frames = 0;
        while self.deliver(0) {
            frames += 1;
            assert!(frames < CONSEQUENCES, "they never stop talking");
        }
    }

    /// Lets time go by; alarms ring when they are due, and nothing that is on its way arrives.
    pub(crate) fn pass(&mut self, span: u64) {
        let end = self.now + span;
        while self.ring(end) {}
        self.now = end;
    }

    /// Lets time go by in which everything arrives at once.
    pub(crate) fn live(&mut self, span: u64) {
        let end = self.now + span;
        self.deliver_all();
        while self.ring(end) {
            self.deliver_all();
        }
        self.now = end;
    }

    /// Rings the next alarm that is due until then. Tells whether there was one.
    fn ring(&mut self, end: u64) -> bool {
        let due = self.machines.iter().enumerate().filter_map(|(at, m)| Some((m.alarm?, at)));
        let Some((at, machine)) = due.min().filter(|(at, _)| *at <= end) else { return false };
        self.now = self.now.max(at);
        self.machines[machine].alarm = None;
        self.tell(machine, Input::Tick);
        true
    }

    /// Tells a machine something.
    pub(crate) fn tell(&mut self, machine: usize, input: Input) {
        self.later(machine, input);
        self.settle();
    }

    fn later(&mut self, machine: usize, input: Input) {
        let life = self.machines[machine].life;
        self.due.push_back((machine, life, input));
    }

    fn settle(&mut self) {
        let mut steps = 0;
        while let Some((machine, life, input)) = self.due.pop_front() {
            steps += 1;
            assert!(steps < CONSEQUENCES, "one thing leads to another for ever");
            let state = &mut self.machines[machine];
            if state.life != life {
                continue;
            }
            if let Some(node) = &mut state.node {
                node.handle(input, Time(self.now));
                self.drain(machine);
            }
        }
    }

    fn drain(&mut self, machine: usize) {
        while let Some(output) = self.machines[machine].node.as_mut().and_then(Node::poll) {
            match output {
                Output::Close(link) => {
                    if let Some(wire) = self.wire_at(machine, link) {
                        let ends = self.wires.remove(&wire).unwrap().ends;
                        let (far, end) = ends.into_iter().find(|(end, _)| *end != machine).unwrap();
                        self.later(far, Input::Disconnected(end));
                    }
                }
                Output::Dial(link, origin) => self.dial(machine, link, &origin),
                Output::Load(load, key) => {
                    let found = self.machines[machine].read(&key);
                    let now = Time(self.now);
                    let node = self.machines[machine].node.as_mut().unwrap();
                    node.handle(Input::Loaded(load, found), now);
                }
                Output::Reread => {
                    let wires = self.wires_of(machine);
                    wires.into_iter().for_each(|wire| self.cut(wire));
                    self.boot(machine, Node::rereading, [251; 32]);
                }
                Output::Rtc(link, action) => self.rtc(machine, link, action),
                Output::Save(batch) => self.machines[machine].save(batch),
                Output::Send(link, frame) => {
                    if let Some(wire) = self.wire_at(machine, link) {
                        let state = self.wires.get_mut(&wire).unwrap();
                        let far = usize::from(state.ends[0] == (machine, link));
                        state.way[far].push_back(frame);
                    }
                }
                Output::Emit(event) => self.machines[machine].events.push(event),
                Output::Fence(fence) => self.machines[machine].fence = Some(fence),
                Output::WakeAt(time) => self.machines[machine].alarm = Some(time.0),
            }
        }
    }

    fn wire_at(&self, machine: usize, link: Link) -> Option<u64> {
        let at = self.wires.iter().find(|(_, wire)| wire.ends.contains(&(machine, link)));
        at.map(|(wire, _)| *wire)
    }

    fn dial(&mut self, machine: usize, link: Link, origin: &str) {
        if origin != HUB || self.machines[0].node.is_none() {
            self.later(machine, Input::Disconnected(link));
            return;
        }
        self.next += 1;
        let accepted = Link(Link::ACCEPTED + self.next);
        let binding = Binding::Origin(HUB.to_owned());
        self.connect([(machine, link), (0, accepted)], &binding, Path::Hub);
    }

    fn connect(&mut self, ends: [(usize, Link); 2], binding: &Binding, path: Path) {
        self.next += 1;
        self.wires.insert(self.next, Wire { ends, way: [VecDeque::new(), VecDeque::new()] });
        for ((machine, link), dialled) in ends.into_iter().zip([true, false]) {
            let binding = binding.clone();
            self.later(machine, Input::Connected { binding, dialled, link, path });
        }
    }

    fn rtc(&mut self, machine: usize, link: Link, action: RtcAction) {
        self.next += 1;
        let text = match action {
            RtcAction::Offer => format!("offer {}", self.next),
            RtcAction::Answer { offer } => format!("answer {} to {offer}", self.next),
            RtcAction::TakeAnswer { answer } => {
                let far = self.offers.remove(&answer);
                let far = far.filter(|(far, _)| self.machines[*far].node.is_some());
                match far {
                    Some(far) if far.0 != machine => {
                        let prints = Binding::Fingerprints("a".to_owned(), "b".to_owned());
                        self.connect([(machine, link), far], &prints, Path::Direct);
                    }
                    _ => self.later(machine, Input::Disconnected(link)),
                }
                return;
            }
            RtcAction::Candidate { .. } => return,
        };
        self.offers.insert(text.clone(), (machine, link));
        self.later(machine, Input::Rtc(link, RtcEvent::Description(text)));
    }
}

impl Machine {
    fn new(keys: Keys, role: Role) -> Self {
        Self {
            events: Vec::new(),
            keys,
            node: None,
            role,
            disk: BTreeMap::new(),
            loose: Vec::new(),
            fence: None,
            alarm: None,
            life: 0,
        }
    }

    fn save(&mut self, batch: Batch) {
        let strict = batch.durability == Durability::Strict;
        self.loose.push(batch);
        if strict {
            for batch in std::mem::take(&mut self.loose) {
                self.land(batch);
            }
        }
    }

    fn land(&mut self, batch: Batch) {
        for key in &batch.deletes {
            self.disk.remove(key);
        }
        self.disk.extend(batch.puts);
    }

    fn read(&self, key: &Key) -> Option<Vec<u8>> {
        for batch in self.loose.iter().rev() {
            if let Some((_, value)) = batch.puts.iter().rev().find(|(put, _)| put == key) {
                return Some(value.clone());
            }
            if batch.deletes.contains(key) {
                return None;
            }
        }
        self.disk.get(key).cloned()
    }

    /// All that is on the disk, durable or not.
    pub(crate) fn rows(&self) -> BTreeMap<Key, Vec<u8>> {
        let mut rows = self.disk.clone();
        for batch in &self.loose {
            batch.deletes.iter().for_each(|key| drop(rows.remove(key)));
            rows.extend(batch.puts.iter().cloned());
        }
        rows
    }
}

fn received(link: Link, frame: &Frame) -> Input {
    Input::Received(
        link,
        match frame {
            Frame::Binary(bytes) => Message::decode_binary(bytes),
            Frame::Text(text) => Message::decode_text(text),
        },
    )
}

/// A picture of its own for each number: nothing here looks at its pixels.
pub(crate) fn picture(number: u8) -> Picture {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let pixels = [number; 40];
    for (kind, data) in [
        (b"IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0].as_slice()),
        (b"IDAT", pixels.as_slice()),
        (b"IEND", &[]),
    ] {
        file.extend_from_slice(&u32::try_from(data.len()).unwrap().to_be_bytes());
        let body = [kind.as_slice(), data].concat();
        file.extend_from_slice(&body);
        file.extend_from_slice(&crc(&body).to_be_bytes());
    }
    let full = Pixels { bytes: file, image_type: ImageType::Png, height: 1, width: 1 };
    Picture { alt: String::new(), full, thumbnail: None }
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}
