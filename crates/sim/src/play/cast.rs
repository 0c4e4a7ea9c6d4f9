//! Who is who among the machines.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Identity};

use crate::lies::Liar;
use crate::{Lie, Network, Scenario};

/// Who is who.
#[derive(Debug, Default)]
pub(crate) struct Cast {
    /// Machines of people.
    pub people: Vec<usize>,
    /// Machines of operators.
    pub hubs: Vec<usize>,
    /// Machines that lie, and how.
    pub liars: BTreeMap<usize, Lie>,
    /// Copies of machines whose owners write two histories.
    pub twins: BTreeMap<usize, usize>,
    /// Devices that somebody else has, in whose place a copy is among the people.
    pub stolen: BTreeSet<usize>,
    /// Those who have, and the first entries of both.
    pub forked: BTreeMap<usize, [Cid; 2]>,
}

impl Cast {
    /// Nobody lies. Every device counts as somebody.
    pub(crate) fn honest(people: usize, hubs: usize) -> Self {
        let people = (hubs..hubs.saturating_add(people)).collect();
        Self { people, hubs: (0..hubs).collect(), ..Self::default() }
    }

    /// Gives out the roles of a scenario.
    pub(crate) fn of(scenario: &Scenario, network: &mut Network) -> Self {
        let who = &scenario.who;
        let mut cast = Self::honest(who.people.saturating_mul(who.devices), who.hubs);
        let (mut people, mut hubs) = (cast.people.clone(), cast.hubs.clone());
        for liar in &who.liars {
            let from = if liar.hub { &mut hubs } else { &mut people };
            let Some(machine) = from.pop() else { continue };
            cast.liars.insert(machine, liar.lie);
            network.machines[machine].liar = Some(Liar::new(liar.lie));
            if liar.lie == Lie::Equivocation {
                cast.twins.extend(network.copy(machine).map(|twin| (machine, twin)));
            }
        }
        cast
    }

    /// Everybody honest of these.
    pub(crate) fn honest_of<'a>(&'a self, all: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
        all.iter().copied().filter(|machine| !self.liars.contains_key(machine))
    }

    /// All honest machines.
    pub(crate) fn honest_all(&self) -> impl Iterator<Item = usize> + '_ {
        self.honest_of(&self.people).chain(self.honest_of(&self.hubs))
    }

    /// People and hubs, to be counted through.
    pub(crate) fn machine(&self, number: u32) -> usize {
        let all = self.people.len() + self.hubs.len();
        let at = number as usize % all.max(1);
        let hub = at.checked_sub(self.people.len());
        hub.map_or_else(|| self.people[at], |hub| self.hubs[hub])
    }

    /// A person, to be counted through.
    pub(crate) fn person(&self, number: u32) -> usize {
        self.people[number as usize % self.people.len().max(1)]
    }

    /// The feeds of a person: the account's and the device's.
    pub(crate) fn feeds(network: &Network, person: usize) -> [Identity; 2] {
        let machine = &network.machines[person];
        [machine.synod(), machine.device()]
    }
}
