//! Devices of one account that come, remove one another, are stolen, and are removed by the words.

use effigy_proto::{Command, Counts, Removal};

use super::act::Play;
use crate::Lie;

/// Most devices that come while a schedule is played: each costs all others something.
const COMING: usize = 2;
const HOUR: i64 = 3_600_000;

impl Play<'_> {
    /// The other devices of a person.
    fn others(&self, person: usize) -> Vec<usize> {
        let synod = self.network.machines[person].synod();
        let all = self.cast.people.iter().copied();
        all.filter(|it| *it != person && self.network.machines[*it].synod() == synod).collect()
    }

    fn other_device(&self, person: usize, which: u32) -> Option<usize> {
        let others = self.others(person);
        others.get(which as usize % others.len().max(1)).copied()
    }

    /// The root lets one more device in, as the account is known to one of them.
    pub(super) fn link(&mut self, person: usize) {
        let is_honest = !self.cast.liars.contains_key(&person);
        if is_honest
            && self.linked < COMING
            && let Some(device) = self.network.another_device(person)
        {
            self.linked += 1;
            self.cast.people.push(device);
            self.network.start(device);
        }
    }

    pub(super) fn remove(&mut self, person: usize, which: u32) {
        if let Some(other) = self.other_device(person, which) {
            let identity = self.network.machines[other].device();
            self.network.act(person, |ticket| Command::RemoveDevice { identity, ticket });
        }
    }

    /// The words remove a stolen device, or another.
    pub(super) fn words(&mut self, person: usize, which: u32) {
        if self.cast.liars.contains_key(&person) {
            return;
        }
        let stolen = self.others(person).into_iter().find(|it| self.cast.liars.contains_key(it));
        let Some(other) = stolen.or_else(|| self.other_device(person, which)) else { return };
        let synod = self.network.machines[person].synod();
        let of_account = self.network.machines.iter().filter(|machine| machine.synod() == synod);
        let words = of_account.filter_map(|machine| machine.keys.words.clone()).next();
        let identity = self.network.machines[other].device();
        let removals = vec![Removal { counts: Counts::Everything, identity }];
        self.network.act(person, |ticket| Command::RemoveByWords { removals, ticket, words });
    }

    /// A device is gone for good, and a copy of it is turned on far away, with a clock that was set back.
    /// What it writes there nobody has heard of before it comes back.
    pub(super) fn steal(&mut self, person: usize, which: u32) {
        let is_last = self.others(person).is_empty();
        if is_last || self.network.machines[person].is_off() || !self.cast.stolen.is_empty() {
            return;
        }
        let Some(copy) = self.network.copy(person) else { return };
        // The owner writes a little more than the copy knows of.
        self.network.post(person, "the last of mine");
        self.network.run(u64::from(which % 3_000));
        self.network.crash(person);
        self.cast.stolen.insert(person);
        for machine in [person, copy] {
            self.cast.liars.insert(machine, Lie::Equivocation);
        }
        self.cast.people.iter_mut().filter(|it| **it == person).for_each(|it| *it = copy);
        let everybody: Vec<usize> =
            self.cast.people.iter().chain(&self.cast.hubs).copied().collect();
        let far = everybody.into_iter().filter(|it| *it != copy);
        far.for_each(|it| self.network.part(copy, it));
        self.network.skew(copy, -HOUR * i64::from(1 + which % 12));
        self.network.start(copy);
        self.network.post(copy, "forged");
        self.network.post(copy, "forged again");
        self.remove(copy, which);
    }
}
