//! What follows from the statements of an account that count.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::Identity;
use effigy_core::payload::{Hub, Profile};
use effigy_core::seal::SealingKey;

use super::statement::{Statement, Statements, What};
use super::{DEVICES, Device, FORMER, Former, Synod};
use crate::chain::Order;

/// Statements about one thing by which is the later, and their numbers among all.
type Register = BTreeSet<(Order, usize)>;

/// What follows from the statements that count.
#[derive(Clone, Debug, Default)]
pub(super) struct Registers {
    /// The removals that stand, by whom they remove.
    ended: BTreeMap<Identity, BTreeSet<u32>>,
    epochs: Register,
    finals: BTreeSet<usize>,
    /// Devices that were removed, those first that were added first.
    gone: BTreeSet<(Order, Identity)>,
    hubs: Register,
    names: BTreeMap<Identity, Register>,
    /// The devices of now: those first that the root added, then those that were added first.
    present: BTreeSet<((bool, Order), Identity)>,
    profile: Register,
    /// Where each device stands in the two lists.
    ranks: BTreeMap<Identity, (bool, Order)>,
    rewritten: BTreeMap<Identity, BTreeSet<(u64, usize)>>,
    roots: Register,
    /// What is stated of each device.
    stated: BTreeMap<Identity, Register>,
    /// Of what has to be shown anew.
    stale: Stale,
}

#[derive(Clone, Debug, Default)]
struct Stale {
    devices: BTreeSet<Identity>,
    hubs: bool,
    profile: bool,
}

impl Registers {
    /// A removal stands, or no longer does.
    pub(super) fn end(&mut self, device: Identity, mark: u32, stands: bool) {
        let ends = self.ended.entry(device).or_default();
        if stands {
            ends.insert(mark);
        } else {
            ends.remove(&mark);
        }
        if ends.is_empty() {
            self.ended.remove(&device);
        }
        self.stale.devices.insert(device);
    }

    /// A statement counts, or no longer does.
    pub(super) fn turn(&mut self, statement: &Statement, at: usize, holds: bool, id: &Identity) {
        let entry = (statement.order, at);
        match &statement.what {
            // An account is never a device of its own.
            What::Add { identity, .. } if identity == id => (),
            What::Add { identity, .. } => {
                put(self.stated.entry(*identity).or_default(), entry, holds);
                self.stale.devices.insert(*identity);
            }
            What::Epoch(_) => put(&mut self.epochs, entry, holds),
            What::Final => put(&mut self.finals, at, holds),
            What::Genesis(_) => put(&mut self.roots, entry, holds),
            What::Hubs(_) => {
                put(&mut self.hubs, entry, holds);
                self.stale.hubs = true;
            }
            What::Name { identity, .. } => {
                put(self.names.entry(*identity).or_default(), entry, holds);
                self.stale.devices.insert(*identity);
            }
            What::Profile(_) => {
                put(&mut self.profile, entry, holds);
                self.stale.profile = true;
            }
            What::Rewrite { identity, generation } => {
                put(self.rewritten.entry(*identity).or_default(), (*generation, at), holds);
            }
            What::Other | What::Revoke { .. } => (),
        }
    }

    /// The removals of a device that stand.
    pub(super) fn ends_of(&self, device: &Identity) -> impl Iterator<Item = u32> + '_ {
        self.ended.get(device).into_iter().flatten().copied()
    }

    pub(super) fn is_ended(&self, device: &Identity) -> bool {
        self.ended.contains_key(device)
    }

    pub(super) fn is_closed(&self) -> bool {
        !self.finals.is_empty()
    }

    pub(super) fn generation(&self, device: &Identity) -> u64 {
        let written = self.rewritten.get(device).and_then(BTreeSet::last);
        written.map_or(0, |(generation, _)| *generation)
    }

    /// Statements of keys that count, the newest first.
    pub(super) fn epochs<'a>(
        &'a self,
        all: &'a Statements,
    ) -> impl Iterator<Item = (SealingKey, &'a Statement)> {
        self.epochs.iter().rev().filter_map(|(_, at)| {
            let statement = all.at(*at)?;
            match &statement.what {
                What::Epoch(key) => Some((*key, statement)),
                _ => None,
            }
        })
    }

    /// The newest key that was stated in knowledge of every removal that stands.
    pub(super) fn epoch(&self, all: &Statements) -> Option<SealingKey> {
        let known = |statement: &Statement| {
            self.ended.values().flatten().all(|mark| statement.known.has(*mark))
        };
        self.epochs(all).find(|(_, statement)| known(statement)).map(|(key, _)| key)
    }

    pub(super) fn root_sealing(&self, all: &Statements) -> Option<SealingKey> {
        match &all.at(self.roots.first()?.1)?.what {
            What::Genesis(key) => Some(*key),
            _ => None,
        }
    }

    /// The number among statements about devices of that which tells who a device is.
    pub(super) fn stated(&self, device: &Identity, all: &Statements) -> Option<u32> {
        all.at(self.stated.get(device)?.first()?.1)?.mark
    }

    fn hubs(&self, all: &Statements) -> Vec<Hub> {
        let latest = self.hubs.last().and_then(|(_, at)| all.at(*at));
        match latest.map(|statement| &statement.what) {
            Some(What::Hubs(hubs)) => hubs.clone(),
            _ => Vec::new(),
        }
    }

    fn profile(&self, all: &Statements) -> Option<Profile> {
        match &all.at(self.profile.last()?.1)?.what {
            What::Profile(profile) => Some(Profile::clone(profile)),
            _ => None,
        }
    }

    /// The latest name that a device was given.
    fn name(&self, device: &Identity, all: &Statements) -> Option<String> {
        match &all.at(self.names.get(device)?.last()?.1)?.what {
            What::Name { name, .. } => Some(name.clone()),
            _ => None,
        }
    }

    /// Puts a device where it belongs in the two lists.
    fn rank(&mut self, device: Identity, all: &Statements, id: &Identity) {
        if let Some((by_device, order)) = self.ranks.remove(&device) {
            self.present.remove(&((by_device, order), device));
            self.gone.remove(&(order, device));
        }
        let first = self.stated.get(&device).and_then(BTreeSet::first);
        let Some((order, statement)) = first.and_then(|(order, at)| Some((*order, all.at(*at)?)))
        else {
            return;
        };
        // Whom the root let in comes first: others could be dated before them.
        let by_device = statement.signer != *id;
        if self.ended.contains_key(&device) {
            self.gone.insert((order, device));
        } else {
            self.present.insert(((by_device, order), device));
        }
        self.ranks.insert(device, (by_device, order));
    }
}

impl Synod {
    /// Brings what is shown up to date.
    pub(super) fn show(&mut self, registers: &mut Registers) {
        let Stale { devices: stale, hubs, profile } = std::mem::take(&mut registers.stale);
        if hubs {
            self.hubs = registers.hubs(&self.statements);
        }
        if profile {
            self.profile = registers.profile(&self.statements);
        }
        if stale.is_empty() {
            return;
        }
        for device in &stale {
            registers.rank(*device, &self.statements, &self.id);
        }
        let present: BTreeSet<Identity> =
            registers.present.iter().take(DEVICES).map(|(_, device)| *device).collect();
        let gone: BTreeSet<Identity> =
            registers.gone.iter().take(FORMER).map(|(_, device)| *device).collect();
        self.devices.retain(|device, _| present.contains(device) && !stale.contains(device));
        self.former.retain(|device, _| gone.contains(device) && !stale.contains(device));
        for device in present {
            if !self.devices.contains_key(&device)
                && let Some(shown) = self.device(&device, registers)
            {
                self.devices.insert(device, shown);
            }
        }
        for device in gone {
            if !self.former.contains_key(&device)
                && let Some(shown) = self.left_of(&device, registers)
            {
                self.former.insert(device, shown);
            }
        }
    }

    fn device(&self, device: &Identity, registers: &Registers) -> Option<Device> {
        let statement = self.statements.mark(registers.stated(device, &self.statements)?)?;
        let What::Add { name: system, powers, sealing_key, .. } = &statement.what else {
            return None;
        };
        let name = registers.name(device, &self.statements);
        Some(Device {
            added: statement.order.0,
            name: name.unwrap_or_else(|| system.clone()),
            powers: powers.clone(),
            sealing_key: *sealing_key,
            system: system.clone(),
        })
    }

    /// What is left of a device that was removed.
    fn left_of(&self, device: &Identity, registers: &Registers) -> Option<Former> {
        let named = self.device(device, registers)?;
        let ends = registers.ends_of(device).filter_map(|mark| self.statements.mark(mark));
        let mut ends: Vec<&Statement> = ends.collect();
        // Where the root says how much counts, no device does.
        if ends.iter().any(|end| end.signer == self.id) {
            ends.retain(|end| end.signer == self.id);
        }
        let lasts = ends.iter().filter_map(|end| end.what.ended()).map(|(_, last)| last);
        let last_valid: Option<Vec<_>> = lasts.collect();
        let last_valid = last_valid.map(|mut lasts| {
            lasts.sort_unstable();
            lasts.dedup();
            lasts
        });
        let replacing = ends.iter().filter_map(|end| match &end.what {
            What::Add { identity, .. } => Some((end.order, *identity)),
            _ => None,
        });
        Some(Former {
            name: named.name,
            removed: ends.iter().map(|end| end.order.0).min().unwrap_or(0),
            replaced_by: replacing.max().map(|(_, identity)| identity),
            last_valid,
        })
    }
}

/// Puts something into a set, or takes it out.
fn put<T: Ord>(set: &mut BTreeSet<T>, item: T, is_in: bool) {
    if is_in {
        set.insert(item);
    } else {
        set.remove(&item);
    }
}
