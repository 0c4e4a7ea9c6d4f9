//! Several real nodes on one table, with wires between them on which everything is counted.

use std::collections::{BTreeMap, BTreeSet};

use super::desk::{Desk, HUB};
use crate::api::Path;
use crate::io::{Binding, Input, Link};
use crate::message::Message;

/// How long a frame is on its way, in milliseconds.
const DELAY: u64 = 20;

/// Nodes and the wires between them.
pub(super) struct Circle {
    pub desks: Vec<Desk>,
    wires: BTreeMap<(usize, Link), (usize, Link)>,
    /// What went over the wires since last asked: from whom, and what.
    pub said: Vec<(usize, Message)>,
    /// In which step of going to and fro each of these was.
    pub steps: Vec<usize>,
    next: u64,
}

/// What was said of heads and entries.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Cost {
    pub bytes: usize,
    pub messages: usize,
    /// How often the one who asked more often had to ask, one question after another.
    pub trips: usize,
}

impl Circle {
    pub(super) fn new(desks: Vec<Desk>) -> Self {
        let (wires, said, steps) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { desks, wires, said, steps, next: 0 }
    }

    /// A person's device dials a hub.
    pub(super) fn dial(&mut self, person: usize, hub: usize) {
        while self.desks[person].dialled.is_empty() {
            self.pass(500);
        }
        let (link, _) = self.desks[person].dialled.pop().unwrap();
        self.wire((person, link), hub, Binding::Origin(HUB.to_owned()), Path::Hub);
    }

    /// Two persons' devices find a direct way; the first offered it.
    pub(super) fn meet(&mut self, one: usize, other: usize) -> (Link, Link) {
        self.next += 1;
        let link = Link(1 << 40 | self.next);
        let binding = Binding::Fingerprints("a".to_owned(), "b".to_owned());
        (link, self.wire((one, link), other, binding, Path::Direct))
    }

    fn wire(&mut self, dialler: (usize, Link), other: usize, binding: Binding, path: Path) -> Link {
        self.next += 1;
        let accepted = Link(Link::ACCEPTED + self.next);
        self.wires.insert(dialler, (other, accepted));
        self.wires.insert((other, accepted), dialler);
        for ((desk, link), dialled) in [(dialler, true), ((other, accepted), false)] {
            let binding = binding.clone();
            self.desks[desk].tell(Input::Connected { binding, dialled, link, path });
        }
        accepted
    }

    /// Cuts every wire of a node.
    pub(super) fn cut(&mut self, desk: usize) {
        self.lose(desk);
        let ends: Vec<(usize, Link)> =
            self.wires.keys().filter(|(at, _)| *at == desk).copied().collect();
        for end in ends {
            let far = self.wires.remove(&end).unwrap();
            self.wires.remove(&far);
            for (desk, link) in [end, far] {
                self.desks[desk].tell(Input::Disconnected(link));
            }
        }
    }

    /// Turns a node off without a word, and on again.
    pub(super) fn restart(&mut self, desk: usize) {
        self.cut_without(desk);
        self.desks[desk].restart();
    }

    /// Cuts every wire of a node that is not there any more to notice.
    pub(super) fn cut_without(&mut self, desk: usize) {
        self.lose(desk);
        let ends: Vec<(usize, Link)> =
            self.wires.keys().filter(|(at, _)| *at == desk).copied().collect();
        for end in ends {
            let (far, link) = self.wires.remove(&end).unwrap();
            self.wires.remove(&(far, link));
            self.desks[far].tell(Input::Disconnected(link));
        }
    }

    /// What was on its way is lost.
    fn lose(&mut self, desk: usize) {
        self.desks[desk].sent.clear();
    }

    /// Lets frames go to and fro until all are quiet.
    pub(super) fn settle(&mut self) {
        for step in 0.. {
            assert!(step < 10_000, "never quiet: {:?}", self.said.last());
            if !self.step(step) {
                return;
            }
        }
    }

    /// Carries everything over that has been said. Tells whether there was anything.
    pub(super) fn step(&mut self, step: usize) -> bool {
        let mut carried = Vec::new();
        for desk in 0..self.desks.len() {
            for (link, message) in std::mem::take(&mut self.desks[desk].sent) {
                if let Some(far) = self.wires.get(&(desk, link)) {
                    carried.push((*far, message.clone()));
                    self.said.push((desk, message));
                    self.steps.push(step);
                }
            }
        }
        for desk in &mut self.desks {
            desk.now += DELAY;
        }
        let any = !carried.is_empty();
        for ((desk, link), message) in carried {
            if self.wires.contains_key(&(desk, link)) {
                self.desks[desk].say(link, message);
            }
        }
        any
    }

    /// Lets time go by at all of them.
    pub(super) fn pass(&mut self, span: u64) {
        let mut left = span;
        while left > 0 {
            let some = left.min(50);
            left -= some;
            self.desks.iter_mut().for_each(|desk| {
                desk.pass(some);
            });
            self.settle();
        }
    }

    /// Forgets what was said so far.
    pub(super) fn forget(&mut self) {
        self.said.clear();
        self.steps.clear();
    }

    /// What it cost since last asked to tell each other of heads.
    pub(super) fn heads_cost(&mut self) -> Cost {
        self.cost(|message| {
            matches!(
                message,
                Message::Changes { .. }
                    | Message::Differences { .. }
                    | Message::GetChanges { .. }
                    | Message::GetHeads { .. }
                    | Message::GetSymbols { .. }
                    | Message::LastKnownHeads { .. }
                    | Message::Provides { .. }
                    | Message::Sketch { .. }
                    | Message::States { .. }
                    | Message::Unwatch { .. }
            )
        })
    }

    /// What messages of some kinds cost since last asked.
    pub(super) fn cost(&mut self, of: impl Fn(&Message) -> bool) -> Cost {
        let (mut cost, mut asked) = (Cost::default(), BTreeMap::<usize, BTreeSet<usize>>::new());
        for ((desk, message), step) in self.said.iter().zip(&self.steps) {
            if of(message) {
                cost.bytes += message.encode().len();
                cost.messages += 1;
                let question = matches!(
                    message,
                    Message::GetChanges { .. }
                        | Message::GetHeads { .. }
                        | Message::GetSymbols { .. }
                        | Message::Sketch { .. }
                        | Message::States { .. }
                );
                if question {
                    asked.entry(*desk).or_default().insert(*step);
                }
            }
        }
        cost.trips = asked.values().map(BTreeSet::len).max().unwrap_or(0);
        self.forget();
        cost
    }

    /// How many messages were said of some kind.
    pub(super) fn count(&self, of: impl Fn(&Message) -> bool) -> usize {
        self.said.iter().filter(|(_, message)| of(message)).count()
    }
}
