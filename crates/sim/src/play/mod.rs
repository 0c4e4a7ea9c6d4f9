//! One schedule: what happens, what is healed, and what must hold then.

mod act;
mod cast;
mod devices;
mod judge;
mod members;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use effigy_core::random::Random;
use effigy_core::{Cid, Time};
use effigy_feed::Relation;
use effigy_feed::planted::Bug;
use effigy_proto::Command;

use crate::deed::{Deed, plan};
use crate::scenario::Rule;
use crate::{Frozen, Network, Scenario};
use act::Play;
use cast::Cast;

/// Of how many beginnings each schedule takes one: other keys, and so other orders among them.
const BEGINNINGS: u64 = 4;
/// How long the people of a scenario may take to know one another.
const BEGIN: u64 = 30 * 60_000;
/// How long they then have to greet one another, in milliseconds: or every schedule would begin with that.
const GREETED: u64 = 10 * 60_000;
/// How often it is looked whether everything came to rest, in milliseconds.
const LOOK: u64 = 1_000;
/// When a person says that a device goes on, though entries of its own are nowhere to be had.
const OVERRIDE: u64 = 3 * 60_000;
/// How long somebody who withholds must be connected before that has to be told, and a little more.
pub(crate) const TOLD: u64 = 40_000;

/// A scenario, and where its schedules begin.
#[derive(Debug)]
pub struct Stage {
    /// The scenario.
    pub scenario: Scenario,
    /// A bug that is planted in every node of it. Without the feature `planted` it is not.
    pub bug: Option<Bug>,
    beginnings: Vec<OnceLock<Frozen>>,
}

/// What became of a schedule.
#[derive(Debug)]
pub struct Outcome {
    /// What happened, as a hash.
    pub trace: Cid,
    /// What was to happen.
    pub deeds: Vec<Deed>,
    /// How many frames went over wires.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How long it took after everything was healed, in milliseconds.
    pub rest: u64,
    /// What did not hold.
    pub fault: Option<Fault>,
    /// What happened, in words, if that was wanted.
    pub transcript: Vec<String>,
}

/// Something did not hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// What; nothing where it broke off.
    pub rule: Option<Rule>,
    /// In words.
    pub what: String,
}

impl Fault {
    pub(crate) const fn of(rule: Rule, what: String) -> Self {
        Self { rule: Some(rule), what }
    }
}

impl Stage {
    /// The stage of a scenario.
    pub fn new(scenario: Scenario) -> Self {
        let beginnings = (0..BEGINNINGS).map(|_| OnceLock::new()).collect();
        Self { scenario, bug: None, beginnings }
    }

    /// The stages of all scenarios of the project.
    ///
    /// # Errors
    /// When a scenario cannot be read.
    pub fn all() -> Result<Vec<Self>, crate::ScenarioError> {
        Ok(Scenario::all()?.into_iter().map(Self::new).collect())
    }

    /// What is to happen with this seed.
    pub fn plan(&self, seed: u64) -> Vec<Deed> {
        plan(&self.scenario, &mut Random::seeded(self.chance(seed, b"plan")))
    }

    /// Plays the schedule of a seed.
    pub fn play(&self, seed: u64) -> Outcome {
        self.play_deeds(seed, self.plan(seed), false)
    }

    /// Plays these deeds with the chance of a seed; `told` with a transcript.
    pub fn play_deeds(&self, seed: u64, deeds: Vec<Deed>, told: bool) -> Outcome {
        let variant = usize::try_from(seed % BEGINNINGS).unwrap_or_default();
        let begin = || begin(&self.scenario, self.chance(seed % BEGINNINGS, b"begin"));
        let mut network = match self.beginnings.get(variant) {
            Some(known) => known.get_or_init(begin).thaw(self.chance(seed, b"play")),
            None => begin().thaw(self.chance(seed, b"play")),
        };
        if told {
            network.transcript.want();
        }
        let cast = Cast::of(&self.scenario, &mut network);
        let mut play = Play::new(&self.scenario, network, cast);
        #[cfg(feature = "planted")]
        effigy_feed::planted::plant(self.bug);
        let end = catch_unwind(AssertUnwindSafe(|| play.all(&deeds)));
        #[cfg(feature = "planted")]
        effigy_feed::planted::plant(None);
        let fault = match end {
            Ok(Ok(())) => None,
            Ok(Err(fault)) => Some(fault),
            Err(panic) => Some(Fault { rule: None, what: said(panic.as_ref()) }),
        };
        Outcome {
            trace: play.network.trace,
            deeds,
            frames: play.network.frames,
            bytes: play.network.bytes,
            rest: play.rested,
            fault,
            transcript: play.network.transcript.lines().map(str::to_owned).collect(),
        }
    }

    /// The chance of one thing: that of another is not touched when somebody draws more of it.
    fn chance(&self, seed: u64, of: &[u8]) -> [u8; 32] {
        let name = self.scenario.name.as_bytes();
        *Cid::of(&[name, b"/", of, b"/", &seed.to_be_bytes()].concat()).digest()
    }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_default())
}

/// Brings the people of a scenario to where they know one another.
fn begin(scenario: &Scenario, seed: [u8; 32]) -> Frozen {
    let mut chance = Random::seeded(seed);
    let mut network = Network::new(u64::from_be_bytes(chance.bytes()));
    let who = &scenario.who;
    for _ in 0..who.hubs {
        network.hub();
    }
    let people: Vec<usize> =
        (0..who.people).map(|at| network.person(&format!("person {at}"))).collect();
    network.run(3_000);
    let follows = who.follows.unwrap_or_else(|| who.people.saturating_sub(1));
    for (at, &one) in people.iter().enumerate() {
        for next in 1..=follows {
            let other = people[(at + next) % people.len()];
            for (a, b) in [(one, other), (other, one)] {
                let synod = network.machines[b].synod();
                if !network.machines[a].view().relations.wants(&synod) {
                    let relation = Relation::Follow;
                    network.act(a, |ticket| Command::Relate { on: true, relation, synod, ticket });
                }
            }
        }
        network.run(100);
    }
    for _ in 1..who.devices {
        for &person in &people {
            if let Some(device) = network.another_device(person) {
                network.start(device);
            }
        }
    }
    // What was said before somebody had the second device is sealed for the first alone.
    network.run(10_000);
    for device in who.hubs.saturating_add(people.len())..network.machines.len() {
        for &person in &people {
            let (relation, synod) = (Relation::Follow, network.machines[person].synod());
            network.act(device, |ticket| Command::Relate { on: true, relation, synod, ticket });
        }
    }
    let cast = Cast::honest(who.people.saturating_mul(who.devices), who.hubs);
    let end = Time(network.now().0.saturating_add(BEGIN));
    while network.now() < end && judge::missing(&mut network, &cast).is_some() {
        network.run(LOOK);
    }
    network.run(GREETED);
    network.freeze()
}
