//! What counts of all that stands on an account's feed, and what follows from it.
//!
//! A statement of the root always counts. One of a device counts when an entry that counts gave it the
//! power before, and when it came before every removal of that device: who removes a device says by
//! it how far the account goes along with what the device wrote. Whether a *removal* stands is asked
//! without regard to removals by devices that did not come before it, or two devices that remove each
//! other would have to wait for each other: so both are out. Only the root's word takes it back.

use std::collections::BTreeMap;

use effigy_core::Identity;
use effigy_core::payload::{Hub, Profile};
use effigy_core::seal::SealingKey;

use super::graph::Known;
use super::statement::{Statement, What};
use super::{DEVICES, Device, FORMER, Former, Synod};
use crate::chain::Order;

/// What follows from the statements that count.
#[derive(Clone, Debug, Default)]
pub(super) struct Registers {
    pub closed: bool,
    /// Which statements about devices count, by their numbers.
    counts: Vec<bool>,
    /// The removals that stand, by whom they remove.
    pub ended: BTreeMap<Identity, Vec<u32>>,
    pub epoch: Option<(Order, SealingKey)>,
    /// Keys that were stated, and what was known to those who did.
    pub epochs: Vec<(Order, SealingKey, Known)>,
    hubs: Option<(Order, Vec<Hub>)>,
    names: BTreeMap<Identity, (Order, String)>,
    profile: Option<(Order, Box<Profile>)>,
    pub rewritten: BTreeMap<Identity, u64>,
    pub root_sealing: Option<(Order, SealingKey)>,
    /// The statement that stands about each device, and its number.
    pub stated: BTreeMap<Identity, (Order, u32)>,
}

impl Synod {
    /// Takes a statement in.
    pub(super) fn state(&mut self, statement: Statement) {
        let is_mark = statement.mark.is_some();
        self.statements.push(statement);
        if is_mark {
            return self.fold();
        }
        let mut registers = std::mem::take(&mut self.registers);
        if let Some(statement) = self.statements.all().last()
            && self.counts(statement, &registers)
        {
            registers.take(statement);
            match &statement.what {
                What::Epoch(key) if registers.knows_ends(&statement.known) => {
                    latest(&mut registers.epoch, statement.order, key);
                }
                What::Name { identity, .. } => {
                    let named = registers.names.get(identity).map(|(_, name)| name.clone());
                    let device = self.devices.get_mut(identity).map(|device| &mut device.name);
                    let former = self.former.get_mut(identity).map(|former| &mut former.name);
                    if let (Some(name), Some(named)) = (device.or(former), named) {
                        *name = named;
                    }
                }
                What::Hubs(_) => self.hubs = registers.hubs(),
                What::Profile(_) => self.profile = registers.profile(),
                _ => (),
            }
        }
        self.registers = registers;
    }

    /// Works everything out anew.
    pub(super) fn fold(&mut self) {
        let mut registers = Registers { ended: self.ended(), ..Registers::default() };
        for statement in self.statements.marks() {
            let counts = self.counts(statement, &registers);
            registers.counts.push(counts);
        }
        for statement in self.statements.all() {
            if self.counts(statement, &registers) {
                registers.take(statement);
            }
        }
        registers.stated.remove(&self.id);
        (self.devices, self.former) = self.members(&registers);
        (self.hubs, self.profile) = (registers.hubs(), registers.profile());
        let epochs = registers.epochs.iter();
        let known = epochs.filter(|(_, _, known)| registers.knows_ends(known));
        registers.epoch = known.map(|(order, key, _)| (*order, *key)).max();
        self.registers = registers;
    }

    /// The removals that stand.
    fn ended(&self) -> BTreeMap<Identity, Vec<u32>> {
        let mut by_root = Registers::default();
        for (device, marks) in self.statements.ends() {
            let of_root = |mark: &u32| self.mark_of_root(*mark);
            by_root.ended.insert(*device, marks.iter().copied().filter(of_root).collect());
        }
        for statement in self.statements.marks() {
            let stands = self.counts(statement, &by_root);
            by_root.counts.push(stands);
        }
        let standing = |mark: &u32| by_root.counts.get(*mark as usize).copied().unwrap_or(false);
        let mut ended = self.statements.ends().clone();
        ended.retain(|_, marks| {
            marks.retain(standing);
            !marks.is_empty()
        });
        ended
    }

    fn mark_of_root(&self, mark: u32) -> bool {
        self.statements.mark(mark).is_some_and(|statement| statement.signer == self.id)
    }

    /// Whether a statement counts, once it is known of all before it and which removals stand.
    fn counts(&self, statement: &Statement, registers: &Registers) -> bool {
        let signer = &statement.signer;
        if *signer == self.id {
            return true;
        }
        let granted = |mark: u32| registers.counts.get(mark as usize).copied().unwrap_or(false);
        let ended = registers.ended.get(signer).into_iter().flatten();
        let mut ends = ended.filter_map(|mark| self.statements.mark(*mark));
        self.statements.grants_of(signer).any(|mark| statement.known.has(mark) && granted(mark))
            && ends.all(|end| self.graph.is_past(statement.place, &end.past))
    }

    /// The devices of now, and those that were removed.
    fn members(
        &self,
        registers: &Registers,
    ) -> (BTreeMap<Identity, Device>, BTreeMap<Identity, Former>) {
        let (mut devices, mut former) = (Vec::new(), Vec::new());
        for (identity, (order, mark)) in &registers.stated {
            let Some(statement) = self.statements.mark(*mark) else { continue };
            let What::Add { name, powers, sealing_key, .. } = &statement.what else { continue };
            let name = registers.names.get(identity).map_or(name, |(_, name)| name).clone();
            if registers.ended.contains_key(identity) {
                former.push((*order, *identity, self.former(identity, name, registers)));
            } else {
                let (powers, sealing_key) = (powers.clone(), *sealing_key);
                let device = Device { added: order.0, name, powers, sealing_key };
                // Whom the root let in comes first: others could be dated before them.
                let by_root = statement.signer == self.id;
                devices.push(((!by_root, *order), *identity, device));
            }
        }
        (earliest(devices, DEVICES), earliest(former, FORMER))
    }

    /// What is left of a device that was removed.
    fn former(&self, device: &Identity, name: String, registers: &Registers) -> Former {
        let ended = registers.ended.get(device).into_iter().flatten();
        let ends = ended.filter_map(|mark| self.statements.mark(*mark));
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
        Former {
            name,
            removed: ends.iter().map(|end| end.order.0).min().unwrap_or(0),
            replaced_by: replacing.max().map(|(_, identity)| identity),
            last_valid,
        }
    }
}

impl Registers {
    fn hubs(&self) -> Vec<Hub> {
        self.hubs.as_ref().map_or_else(Vec::new, |(_, hubs)| hubs.clone())
    }

    fn profile(&self) -> Option<Profile> {
        self.profile.as_ref().map(|(_, profile)| Profile::clone(profile))
    }

    /// Whether those knew of every removal that stands who knew these statements.
    fn knows_ends(&self, known: &Known) -> bool {
        self.ended.values().flatten().all(|mark| known.has(*mark))
    }

    /// A statement that counts.
    fn take(&mut self, statement: &Statement) {
        let order = statement.order;
        match &statement.what {
            What::Add { identity, .. } => {
                let stands = self.stated.get(identity).is_some_and(|(known, _)| *known <= order);
                if let (false, Some(mark)) = (stands, statement.mark) {
                    self.stated.insert(*identity, (order, mark));
                }
            }
            What::Epoch(key) => self.epochs.push((order, *key, statement.known.clone())),
            What::Final => self.closed = true,
            What::Genesis(key) => {
                let earlier = self.root_sealing.is_none_or(|(known, _)| order < known);
                if earlier {
                    self.root_sealing = Some((order, *key));
                }
            }
            What::Hubs(hubs) => latest(&mut self.hubs, order, hubs),
            What::Name { identity, name } => {
                let known = self.names.entry(*identity).or_insert_with(|| (order, name.clone()));
                if order > known.0 {
                    *known = (order, name.clone());
                }
            }
            What::Profile(profile) => latest(&mut self.profile, order, profile),
            What::Rewrite { identity, generation } => {
                let known = self.rewritten.entry(*identity).or_default();
                *known = (*generation).max(*known);
            }
            What::Other | What::Revoke { .. } => (),
        }
    }
}

/// Keeps the later of two statements about one thing.
fn latest<T: Clone>(register: &mut Option<(Order, T)>, order: Order, value: &T) {
    if register.as_ref().is_none_or(|(known, _)| order > *known) {
        *register = Some((order, value.clone()));
    }
}

/// So many of those that were added first.
fn earliest<K: Ord + Copy, T>(
    mut all: Vec<(K, Identity, T)>,
    most: usize,
) -> BTreeMap<Identity, T> {
    all.sort_by_key(|(order, ..)| *order);
    all.into_iter().take(most).map(|(_, identity, device)| (identity, device)).collect()
}
