//! Connections between machines, and what becomes of the frames on them.

use effigy_core::{Cid, Identity};
use effigy_proto::{Binding, Frame, Input, Link, Path, RtcAction, RtcEvent};

use super::Network;
use crate::happening::Happening;
use crate::{Machine, Who};

/// A connection between two machines.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    pub ends: [(usize, Link); 2],
    binding: Binding,
    open: bool,
    /// When it opened.
    since: u64,
    /// When the last frame each way arrives: frames never overtake one another.
    arrival: [u64; 2],
    /// Whether nothing arrives any more that goes this way.
    stalled: [bool; 2],
}

/// What comes twice or late without anybody being to blame: it passes through a hub, which may do so, or
/// says what was said before.
const REPEATABLE: [&str; 10] = [
    "get_heads",
    "ihave",
    "iwant",
    "last_known_heads",
    "message_from",
    "message_to",
    "offline",
    "ping",
    "pong",
    "presence_list",
];

impl Network {
    /// Cuts every connection between two machines and lets none come about.
    pub fn part(&mut self, a: usize, b: usize) {
        self.parted.insert((a.min(b), a.max(b)));
        self.cut_between(a, b);
    }

    /// Cuts every connection between two machines.
    pub fn cut_between(&mut self, a: usize, b: usize) {
        let between = |wire: &Wire| {
            let ends = [wire.ends[0].0, wire.ends[1].0];
            ends == [a, b] || ends == [b, a]
        };
        let wires = self.wires.iter().filter(|(_, wire)| between(wire));
        let wires: Vec<u64> = wires.map(|(wire, _)| *wire).collect();
        wires.into_iter().for_each(|wire| self.cut(wire, None));
    }

    /// Lets everybody reach everybody again.
    pub fn heal(&mut self) {
        self.parted.clear();
        self.weather = super::Weather { delay: self.weather.delay, ..super::Weather::default() };
    }

    /// How many connections there are between two machines.
    pub fn connections(&self, a: usize, b: usize) -> usize {
        self.between(a, b).count()
    }

    /// For how many milliseconds two machines have been connected.
    pub fn connected_for(&self, a: usize, b: usize) -> Option<u64> {
        self.between(a, b).map(|wire| self.now.saturating_sub(wire.since)).max()
    }

    /// The open connections of a machine, and who is at their other ends.
    pub(crate) fn wires_of(&self, machine: usize) -> Vec<(u64, usize)> {
        let far = |wire: &Wire| wire.ends.iter().map(|end| end.0).find(|end| *end != machine);
        let of = |wire: &Wire| wire.open && wire.ends.iter().any(|end| end.0 == machine);
        let all = self.wires.iter().filter(|(_, wire)| of(wire));
        all.filter_map(|(number, wire)| Some((*number, far(wire)?))).collect()
    }

    fn between(&self, a: usize, b: usize) -> impl Iterator<Item = &Wire> {
        self.wires.values().filter(move |wire| {
            let ends = [wire.ends[0].0, wire.ends[1].0];
            wire.open && (ends == [a, b] || ends == [b, a])
        })
    }

    pub(super) fn far_end(&self, wire: u64, near: usize) -> Option<Identity> {
        let wire = self.wires.get(&wire)?;
        let far = wire.ends.iter().find(|(machine, _)| *machine != near)?.0;
        self.machines.get(far).map(Machine::device)
    }

    pub(super) fn dial(&mut self, machine: usize, link: Link, origin: &str) {
        let hub = self.origins().iter().position(|known| known == origin);
        let mut hubs = self.machines.iter().enumerate().filter(|(_, m)| m.who == Who::Hub);
        let hub = hub.and_then(|at| hubs.nth(at)).map(|(at, _)| at);
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
        let (arrival, stalled) = ([0; 2], [false; 2]);
        let new = Wire { ends, binding, open: false, since: self.now, arrival, stalled };
        self.wires.insert(wire, new);
        let at = self.now.saturating_add(self.delay());
        self.put(at, Happening::Opens { wire, path });
    }

    pub(super) fn rtc(&mut self, machine: usize, link: Link, action: RtcAction) {
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

    /// Sends what a machine says; what a liar says instead.
    pub(super) fn send(&mut self, machine: usize, link: Link, frame: Frame) {
        let wire = self.machines.get(machine).and_then(|state| state.wires.get(&link)).copied();
        let Some(wire) = wire else { return };
        let Some(liar) = self.machines.get_mut(machine).and_then(|state| state.liar.as_mut())
        else {
            return self.put_on(machine, link, wire, frame, false);
        };
        for (frame, forged) in liar.says(frame, wire, &mut self.random) {
            self.put_on(machine, link, wire, frame, forged);
        }
    }

    fn put_on(&mut self, machine: usize, link: Link, wire: u64, frame: Frame, forged: bool) {
        if !is_question(&frame) {
            self.frames = self.frames.saturating_add(1);
            self.bytes = self.bytes.saturating_add(frame.len() as u64);
        }
        let binary = matches!(frame, Frame::Binary(_));
        if binary {
            self.blob_bytes = self.blob_bytes.saturating_add(frame.len() as u64);
            let lies = if forged { frame.len() as u64 } else { 0 };
            self.false_bytes = self.false_bytes.saturating_add(lies);
        }
        if self.chance(self.weather.cuts) {
            self.put(self.now, Happening::Cut { wire });
        }
        let at = self.now.saturating_add(self.delay());
        let (loss, twice, late) = (self.weather.loss, self.weather.twice, self.weather.late);
        let lost = self.chance(loss);
        let repeats = (twice > 0 || late > 0) && is_repeatable(&frame);
        let (again, overtaken) = (repeats && self.chance(twice), repeats && self.chance(late));
        let slow = self.delay();
        let Some(state) = self.wires.get_mut(&wire) else { return };
        let near = usize::from(state.ends[1] == (machine, link));
        state.stalled[near] |= lost;
        let arrival = state.arrival[near].max(at);
        if !overtaken {
            state.arrival[near] = arrival;
        }
        let far = state.ends[1 - near];
        if binary {
            let life = self.machines.get(machine).map_or(0, |state| state.life);
            let input = Input::Drained(link);
            self.put(arrival, Happening::Told { machine, life, input });
        }
        self.transcript.frame(self.now, machine, far.0, &frame, forged);
        let arrives = |frame| Happening::Arrives { link: far.1, wire, frame, forged };
        if again {
            self.put(arrival.saturating_add(slow), arrives(frame.clone()));
        }
        let arrival = if overtaken { arrival.saturating_add(slow) } else { arrival };
        self.put(arrival, arrives(frame));
    }

    /// Whether something happens that happens so often of a thousand times.
    fn chance(&mut self, of_a_thousand: u64) -> bool {
        of_a_thousand > 0 && self.random.below(1_000) < of_a_thousand
    }

    fn delay(&mut self) -> u64 {
        let (least, most) = self.weather.delay;
        least.saturating_add(self.random.below(most.saturating_sub(least).saturating_add(1)))
    }

    pub(super) fn arrive(&mut self, link: Link, wire: u64, frame: &Frame, forged: bool) {
        let Some(state) = self.wires.get(&wire).filter(|state| state.open) else { return };
        let Some(near) = state.ends.iter().position(|(_, end)| *end == link) else { return };
        if state.stalled[1 - near] {
            return;
        }
        let (machine, from) = (state.ends[near].0, state.ends[1 - near].0);
        let bytes = match frame {
            Frame::Binary(bytes) => bytes.as_slice(),
            Frame::Text(text) => text.as_bytes(),
        };
        let moment = self.now.to_be_bytes();
        self.trace = Cid::of(&[self.trace.digest().as_slice(), &moment, bytes].concat());
        let message = self.verdicts.decode(frame, forged);
        if forged && let Some(liar) = self.machines.get_mut(from).and_then(|m| m.liar.as_mut()) {
            liar.was_heard(machine, wire, &message);
        }
        if message.is_err() && !forged && self.garbled.is_none() {
            self.garbled = Some((from, machine));
        }
        self.tell(machine, Input::Received(link, message));
    }

    pub(super) fn open(&mut self, wire: u64, path: Path) {
        let Some(state) = self.wires.get_mut(&wire) else { return };
        let ends = state.ends;
        let up = ends.iter().all(|(machine, _)| {
            self.machines.get(*machine).is_some_and(|state| !state.is_off() && !state.asleep)
        });
        let (a, b) = (ends[0].0, ends[1].0);
        if !up || self.parted.contains(&(a.min(b), a.max(b))) {
            self.cut(wire, None);
            return;
        }
        state.open = true;
        state.since = self.now;
        let binding = state.binding.clone();
        for ((machine, link), dialled) in ends.into_iter().zip([true, false]) {
            let binding = binding.clone();
            self.tell(machine, Input::Connected { binding, dialled, link, path });
        }
    }

    /// From now on nothing arrives on a connection, and nobody knows.
    pub(super) fn stall(&mut self, wire: u64) {
        if let Some(state) = self.wires.get_mut(&wire) {
            state.stalled = [true; 2];
        }
    }

    /// Every connection of a machine is gone, and so is who would have to be told there.
    pub(super) fn cut_all(&mut self, machine: usize) {
        let Some(state) = self.machines.get_mut(machine) else { return };
        let wires: Vec<u64> = std::mem::take(&mut state.wires).into_values().collect();
        wires.into_iter().for_each(|wire| self.cut(wire, Some(machine)));
    }

    /// Every connection of a machine is gone, and it is told.
    pub(super) fn cut_all_known(&mut self, machine: usize) {
        let Some(state) = self.machines.get_mut(machine) else { return };
        let wires: Vec<u64> = std::mem::take(&mut state.wires).into_values().collect();
        wires.into_iter().for_each(|wire| self.cut(wire, None));
    }

    /// A connection is gone. `by` closed it and knows.
    pub(super) fn cut(&mut self, wire: u64, by: Option<usize>) {
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

/// Whether a frame only asks whether somebody is there, or says so: how many there are is a matter of time.
pub(crate) fn is_question(frame: &Frame) -> bool {
    matches!(frame, Frame::Text(text) if text == "{\"type\":\"ping\"}" || text == "{\"type\":\"pong\"}")
}

fn is_repeatable(frame: &Frame) -> bool {
    let Frame::Text(text) = frame else { return false };
    let kind = text.strip_prefix("{\"type\":\"").and_then(|rest| rest.split('"').next());
    kind.is_some_and(|kind| REPEATABLE.contains(&kind))
}
