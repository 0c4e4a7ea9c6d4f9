//! Doing what a schedule says, healing everything, and waiting until it has come to rest.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Time};
use effigy_feed::Relation;
use effigy_proto::{Command, PictureChange, registers};

use super::cast::Cast;
use super::judge;
use super::members;
use super::{Fault, LOOK, OVERRIDE, TOLD};
use crate::deed::{Deed, What};
use crate::pictures::picture;
use crate::scenario::Rule;
use crate::{Disk, Network, Scenario, Weather};

/// What a device without its storage, or without a part of it, can no longer be held to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Promise {
    pub author: usize,
    pub id: Cid,
}

/// A schedule under way.
#[derive(Debug)]
pub(crate) struct Play<'a> {
    scenario: &'a Scenario,
    pub network: Network,
    pub cast: Cast,
    /// Posts that were confirmed, and by whom.
    posts: Vec<Promise>,
    pub promised: BTreeSet<Promise>,
    /// How many confirmations of each machine were looked at.
    noted: BTreeMap<usize, usize>,
    snapshots: BTreeMap<usize, Disk>,
    /// Machines that found another disk than they left.
    pub bereft: BTreeSet<usize>,
    /// How many devices came.
    pub linked: usize,
    /// How many pictures were posted.
    pictures: u32,
    /// How long it took to come to rest.
    pub rested: u64,
}

const HOUR: i64 = 3_600_000;
/// How long the copy of a device speaks with the others once everything is healed, in milliseconds.
const CONFESSED: u64 = 15_000;

impl<'a> Play<'a> {
    pub(crate) fn new(scenario: &'a Scenario, network: Network, cast: Cast) -> Self {
        Self {
            scenario,
            network,
            cast,
            posts: Vec::new(),
            promised: BTreeSet::new(),
            noted: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            bereft: BTreeSet::new(),
            linked: 0,
            pictures: 0,
            rested: 0,
        }
    }

    /// The whole schedule.
    pub(crate) fn all(&mut self, deeds: &[Deed]) -> Result<(), Fault> {
        let machines: Vec<usize> =
            self.cast.hubs.iter().chain(&self.cast.people).copied().collect();
        self.close_networks();
        machines.into_iter().for_each(|machine| self.network.start(machine));
        self.network.weather = Weather::default();
        self.network.run(2_000);
        self.network.weather = self.scenario.weather;
        for (number, deed) in deeds.iter().enumerate() {
            let moment = self.network.now().0;
            let text = format!("== deed {number}: {deed}");
            self.network.transcript.say(moment, &text);
            self.deed(number, *deed);
            self.note_promises();
            self.network.run(deed.pause);
            self.note_promises();
            judge::watch(&mut self.network, &self.cast, &self.scenario.rest.holds)?;
        }
        self.heal();
        self.come_to_rest()?;
        judge::judge(self, self.scenario)
    }

    /// Where people reach one another over hubs only, that stays so whatever is healed.
    fn close_networks(&mut self) {
        let people = if self.scenario.who.direct { &[] } else { self.cast.people.as_slice() };
        for (at, one) in people.iter().enumerate() {
            people.iter().skip(at + 1).for_each(|other| self.network.part(*one, *other));
        }
    }

    pub(crate) fn holds(&self) -> &'a [Rule] {
        &self.scenario.rest.holds
    }

    fn note_promises(&mut self) {
        for &machine in &self.cast.people {
            let confirmed = &self.network.machines[machine].confirmed;
            let noted = self.noted.entry(machine).or_default();
            let new = confirmed.get(*noted..).unwrap_or_default();
            *noted = confirmed.len();
            self.promised.extend(new.iter().map(|id| Promise { author: machine, id: *id }));
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table of deeds is read from top to bottom")]
    fn deed(&mut self, number: usize, deed: Deed) {
        let Deed { what, who, which, .. } = deed;
        let person = self.cast.person(who);
        let other = self.other(person, which);
        let machine = self.cast.machine(who);
        let far = self.cast.machine(which);
        let network = &mut self.network;
        let text = format!("{number} of {person}");
        let relate = |network: &mut Network, relation, on| {
            let synod = network.machines[other].synod();
            network.act(person, |ticket| Command::Relate { on, relation, synod, ticket });
        };
        match what {
            _ if self.cast.forked.contains_key(&person) && what.is_of_person() => (),
            What::Post => self.post(person, Vec::new(), text),
            What::Picture => {
                let sizes = &self.scenario.script.pictures;
                let size = sizes.get(which as usize % sizes.len().max(1)).copied().unwrap_or(300);
                self.pictures += 1;
                let tint = self.pictures << 8 | u32::from(self.pictures.to_be_bytes()[3]);
                self.post(person, vec![picture(size, tint)], text);
            }
            What::Comment => {
                if let Some(post) = self.known_post(which) {
                    let (parent, root) = (post.id, post.id);
                    let pictures = Vec::new();
                    self.network.act(person, |ticket| Command::Comment {
                        parent,
                        pictures,
                        root,
                        text,
                        ticket,
                    });
                }
            }
            What::Delete => {
                let own: Vec<Cid> =
                    self.posts.iter().filter(|p| p.author == person).map(|p| p.id).collect();
                if let Some(target) = own.get(which as usize % own.len().max(1)).copied() {
                    self.network.act(person, |ticket| Command::Delete { target, ticket });
                }
            }
            What::Choose => {
                let names =
                    [registers::COLOURS, registers::LETTER_KEYS, "draft/post", registers::HOME];
                let name = names[which as usize % names.len()].to_owned();
                let reads = name == registers::HOME;
                let time = reads.then(|| Time(network.now().0.saturating_sub(which.into())));
                let value = if reads { String::new() } else { text };
                network.act(person, |ticket| Command::SetRegister { name, ticket, time, value });
            }
            What::Tag => {
                if let Some(post) = self.known_post(which) {
                    let (on, target, word) = (which % 3 > 0, post.id, "word".to_owned());
                    self.network.act(person, |ticket| Command::Tag { on, target, ticket, word });
                }
            }
            What::Rename => {
                let (about, picture) = (String::new(), PictureChange::Keep);
                let name = format!("name {number}");
                network.act(person, |ticket| Command::EditProfile { about, name, picture, ticket });
            }
            What::Follow => relate(network, Relation::Follow, true),
            What::Unfollow => relate(network, Relation::Follow, false),
            What::Block => relate(network, Relation::Block, true),
            What::Unblock => relate(network, Relation::Block, false),
            What::Mute => relate(network, Relation::Mute, true),
            What::Unmute => relate(network, Relation::Mute, false),
            What::Draft => {
                network.act(person, |_| Command::SaveDraft { slot: "post".to_owned(), text });
            }
            What::Send => {
                let slot = "post".to_owned();
                network.act(person, |ticket| {
                    let publish = Command::Publish { pictures: Vec::new(), text, ticket };
                    Command::SendDraft { command: Box::new(publish), slot }
                });
            }
            What::Look => {
                if let Some((cid, size)) = self.some_picture(person, which) {
                    self.network.act(person, |_| Command::LoadContent { cid, size });
                }
            }
            What::Meet => network.invite(other, person),
            What::Crash => network.crash(machine),
            What::Start => {
                if network.machines[machine].is_off() {
                    network.start(machine);
                }
            }
            What::Kill => {
                network.machines[machine].disk.dies_after = Some(u64::from(which % 8));
            }
            What::DiskFull => {
                network.machines[machine].disk.writes_left = Some(u64::from(which % 8));
            }
            What::Room => network.machines[machine].disk.writes_left = None,
            What::Wipe => self.put_disk(machine, Disk::new()),
            What::Snapshot => {
                let mut copy = network.machines[machine].disk.clone();
                copy.crash(usize::MAX);
                (copy.writes_left, copy.dies_after) = (None, None);
                self.snapshots.insert(machine, copy);
            }
            What::RollBack => {
                if let Some(copy) = self.snapshots.get(&machine).cloned() {
                    self.put_disk(machine, copy);
                }
            }
            What::Sleep => network.sleep(person),
            What::Wake => network.wake(person),
            What::Part if machine != far => network.part(machine, far),
            What::Cut if machine != far => network.cut_between(machine, far),
            What::Part | What::Cut => (),
            What::Heal => {
                network.heal();
                network.weather = self.scenario.weather;
                self.close_networks();
            }
            What::Skew => {
                // Half an hour for each step, three hours at most, either way.
                let steps = i64::from(which % 13) - 6;
                network.skew(person, steps * HOUR / 2);
            }
            What::Fork => self.fork(which),
            What::Link => self.link(person),
            What::Remove => self.remove(person, which),
            What::Steal => self.steal(person, which),
            What::Words => self.words(person, which),
        }
    }

    fn other(&self, person: usize, which: u32) -> usize {
        let at = self.cast.people.iter().position(|one| *one == person).unwrap_or_default();
        let count = self.cast.people.len();
        let step = 1 + which as usize % count.saturating_sub(1).max(1);
        self.cast.people[(at + step) % count.max(1)]
    }

    fn known_post(&self, which: u32) -> Option<Promise> {
        self.posts.get(which as usize % self.posts.len().max(1)).copied()
    }

    fn post(&mut self, person: usize, pictures: Vec<effigy_proto::Picture>, text: String) {
        let before = self.network.machines[person].confirmed.len();
        self.network.act(person, |ticket| Command::Publish { pictures, text, ticket });
        let confirmed = &self.network.machines[person].confirmed;
        let new = confirmed.get(before..).unwrap_or_default();
        self.posts.extend(new.iter().map(|id| Promise { author: person, id: *id }));
    }

    fn some_picture(&self, person: usize, which: u32) -> Option<(Cid, u64)> {
        let view = self.network.machines[person].view.as_ref()?;
        let posts = view.timeline(None, 100);
        let images =
            posts.iter().filter_map(|id| view.post_by_id(id)).flat_map(|p| p.said.images());
        let contents: Vec<_> =
            images.map(|image| (image.content.cid, image.content.size)).collect();
        contents.get(which as usize % contents.len().max(1)).copied()
    }

    /// A machine dies and finds another disk when it is turned on. What nobody else is sure to have
    /// of what its owner was promised can no longer be demanded.
    fn put_disk(&mut self, machine: usize, disk: Disk) {
        self.network.crash(machine);
        self.network.machines[machine].disk = disk;
        self.bereft.insert(machine);
        let is_hub = self.cast.hubs.contains(&machine);
        let keepers = if is_hub { self.cast.people.clone() } else { self.cast.hubs.clone() };
        let kept: BTreeMap<usize, BTreeSet<Cid>> = keepers
            .into_iter()
            .filter(|keeper| !self.cast.liars.contains_key(keeper))
            .map(|keeper| (keeper, judge::durable_ids(&mut self.network, keeper)))
            .collect();
        self.promised.retain(|Promise { author, id }| match is_hub {
            // Who lost something before may have had it from this hub alone.
            true => kept.get(author).is_some_and(|ids| ids.contains(id)),
            false => author != &machine || kept.values().any(|ids| ids.contains(id)),
        });
        self.network.start(machine);
    }

    /// A liar's device is copied as it was in the beginning, and the copy writes something else.
    fn fork(&mut self, which: u32) {
        let twins: Vec<(usize, usize)> =
            self.cast.twins.iter().map(|(liar, twin)| (*liar, *twin)).collect();
        let Some((liar, twin)) = twins.get(which as usize % twins.len().max(1)).copied() else {
            return;
        };
        if self.network.machines[liar].is_off() || self.cast.forked.contains_key(&liar) {
            return;
        }
        self.network.post(liar, "left");
        let pause = self.network.below(3_000);
        self.network.run(pause);
        self.network.crash(liar);
        self.network.start(twin);
        self.network.post(twin, "right");
        let last = |machine: usize| self.network.machines[machine].confirmed.last().copied();
        if let (Some(left), Some(right)) = (last(liar), last(twin)) {
            self.cast.forked.insert(liar, [left, right]);
        }
    }

    /// The copies of devices have had the time to say what they have to say: from now on there is one of
    /// each, or nobody could tell whom they speak with.
    fn end_twins(&mut self) {
        let forked = self.cast.twins.iter().filter(|(liar, _)| self.cast.forked.contains_key(liar));
        let forked: Vec<(usize, usize)> = forked.map(|(liar, twin)| (*liar, *twin)).collect();
        for (liar, twin) in forked {
            if !self.network.machines[twin].is_off() {
                self.network.run(CONFESSED);
                self.network.crash(twin);
            }
            self.network.start(liar);
        }
    }

    /// Nothing goes wrong any more.
    fn heal(&mut self) {
        self.network.heal();
        self.close_networks();
        let network = &mut self.network;
        network.weather.delay = Weather::default().delay;
        let moment = network.now().0;
        network.transcript.say(moment, "== everything is healed");
        let all = self.cast.hubs.iter().chain(&self.cast.people);
        for &machine in all.filter(|machine| !self.cast.forked.contains_key(machine)) {
            let state = &mut network.machines[machine];
            (state.disk.writes_left, state.disk.dies_after) = (None, None);
            network.skew(machine, 0);
            network.wake(machine);
            if network.machines[machine].is_off() {
                network.start(machine);
            }
        }
        self.end_twins();
    }

    /// Waits until everybody has everything, and a little longer where somebody has to be found out.
    fn come_to_rest(&mut self) -> Result<(), Fault> {
        let begun = self.network.now().0;
        let most = self.scenario.rest.minutes.saturating_mul(60_000);
        let mut overridden = false;
        // To look through all disks takes longer than to ask all screens.
        let look = if self.holds().contains(&Rule::Members) { LOOK * 3 } else { LOOK };
        loop {
            self.network.run(look);
            self.rested = self.network.now().0.saturating_sub(begun);
            let Some(missing) = self.missing() else { break };
            if self.rested >= most {
                let rules = [Rule::Converges, Rule::Members].into_iter();
                let mut broken = rules.filter(|rule| self.holds().contains(rule));
                match broken.next() {
                    Some(rule) => return Err(Fault::of(rule, missing)),
                    None => break,
                }
            }
            if !overridden && self.rested >= OVERRIDE {
                overridden = true;
                self.go_on();
            }
        }
        if !self.cast.liars.is_empty() {
            self.network.run(TOLD);
        }
        self.note_promises();
        judge::watch(&mut self.network, &self.cast, &self.scenario.rest.holds)
    }

    /// What is still to come before all is at rest.
    fn missing(&mut self) -> Option<String> {
        if self.holds().contains(&Rule::Members) {
            return members::disagree(&mut self.network, &self.cast);
        }
        judge::missing(&mut self.network, &self.cast)
    }

    /// People whose devices wait for what is nowhere to be had say that they go on.
    fn go_on(&mut self) {
        for person in self.cast.people.clone() {
            if self.network.machines[person].repair.is_some() {
                self.network.act(person, |_| Command::OverrideFence);
            }
        }
    }
}

impl What {
    /// Whether a person does it, not a machine or the weather.
    const fn is_of_person(self) -> bool {
        matches!(
            self,
            Self::Block
                | Self::Choose
                | Self::Comment
                | Self::Delete
                | Self::Draft
                | Self::Follow
                | Self::Link
                | Self::Look
                | Self::Meet
                | Self::Mute
                | Self::Picture
                | Self::Post
                | Self::Remove
                | Self::Rename
                | Self::Send
                | Self::Steal
                | Self::Tag
                | Self::Unblock
                | Self::Unfollow
                | Self::Unmute
                | Self::Words
        )
    }
}
