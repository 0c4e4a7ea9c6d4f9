//! What counts of all that stands on an account's feed.
//!
//! A statement of the root always counts. One of a device counts when an entry that counts gave it the
//! power before, and when it came before every removal of that device: who removes a device says by
//! it how far the account goes along with what the device wrote. Whether a *removal* stands is asked
//! without regard to removals by devices that did not come before it, or two devices that remove each
//! other would have to wait for each other: so both are out. Only the root's word takes it back.
//!
//! A statement that comes is looked at, and others only as far as it can change whether they count: a
//! removal those of whom it removes, a grant those of whom it gives power. Both lead to statements
//! behind them alone, so each is looked at once.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::Identity;

use super::Synod;
use super::registers::Registers;
use super::statement::{Statement, What};

/// What counts, and what follows from that.
#[derive(Clone, Debug, Default)]
pub(super) struct Fold {
    /// Whether each statement counts as far as the root's removals say.
    by_root: Vec<bool>,
    /// Whether each statement counts.
    counts: Vec<bool>,
    pub registers: Registers,
    /// How often it was asked of a statement whether it counts.
    #[cfg(test)]
    pub looks: u64,
    /// Statements by devices, by their numbers among all.
    signed: BTreeMap<Identity, Vec<usize>>,
}

/// Which removals are asked about.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Layer {
    All,
    Root,
}

impl Synod {
    /// Takes a statement in.
    pub(super) fn state(&mut self, statement: Statement) {
        let mut fold = std::mem::take(&mut self.fold);
        let at = self.statements.all().len();
        fold.sign(&statement, at);
        self.statements.push(statement);
        self.settle(&mut fold, BTreeSet::from([at]));
        self.fold = fold;
    }

    /// Works everything out anew.
    pub(super) fn fold_anew(&mut self) {
        let mut fold = Fold::default();
        for (at, statement) in self.statements.all().iter().enumerate() {
            fold.sign(statement, at);
        }
        (self.devices, self.former) = (BTreeMap::new(), BTreeMap::new());
        (self.hubs, self.profile) = (Vec::new(), None);
        let all = (0..self.statements.all().len()).collect();
        self.settle(&mut fold, all);
        self.fold = fold;
    }

    /// Looks at these statements, and at all that follows from them.
    fn settle(&mut self, fold: &mut Fold, mut dirty: BTreeSet<usize>) {
        let mut next = dirty.clone();
        for at in dirty.clone() {
            let Some(statement) = self.statements.at(at) else { continue };
            if statement.signer == self.id
                && let Some((device, _)) = statement.what.ended()
            {
                // Another removal lets nothing stand that did not.
                dirty.extend(fold.signed_by(&device).filter(|at| is(&fold.by_root, *at)));
            }
        }
        while let Some(at) = dirty.pop_first() {
            let Some(statement) = self.statements.at(at) else { continue };
            let holds = self.holds(statement, fold, Layer::Root);
            #[cfg(test)]
            fold.look();
            if set(&mut fold.by_root, at, holds) {
                dirty.extend(fold.given_by(statement, at));
                if let (Some((device, _)), Some(mark)) = (statement.what.ended(), statement.mark) {
                    fold.registers.end(device, mark, holds);
                    let of_device = fold.signed_by(&device);
                    next.extend(of_device.filter(|at| !holds || is(&fold.counts, *at)));
                }
            }
        }
        while let Some(at) = next.pop_first() {
            let Some(statement) = self.statements.at(at) else { continue };
            let holds = self.holds(statement, fold, Layer::All);
            #[cfg(test)]
            fold.look();
            if set(&mut fold.counts, at, holds) {
                next.extend(fold.given_by(statement, at));
                fold.registers.turn(statement, at, holds, &self.id);
            }
        }
        self.show(&mut fold.registers);
    }

    /// Whether a statement counts, once it is known of all before it and which removals stand.
    fn holds(&self, statement: &Statement, fold: &Fold, layer: Layer) -> bool {
        let signer = &statement.signer;
        if *signer == self.id {
            return true;
        }
        let known = if layer == Layer::Root { &fold.by_root } else { &fold.counts };
        let holds = |mark: u32| self.statements.place_of(mark).is_some_and(|at| is(known, at));
        let mut grants = self.statements.grants_of(signer);
        if !grants.any(|mark| statement.known.has(mark) && holds(mark)) {
            return false;
        }
        let came_before = |mark: u32| {
            let end = self.statements.mark(mark);
            end.is_none_or(|end| self.graph.is_past(statement.place, &end.past))
        };
        match layer {
            Layer::All => fold.registers.ends_of(signer).all(came_before),
            Layer::Root => self.statements.root_ends_of(signer).all(came_before),
        }
    }
}

#[cfg(test)]
impl Fold {
    const fn look(&mut self) {
        self.looks = self.looks.saturating_add(1);
    }
}

#[cfg(test)]
impl Synod {
    /// How often it was asked of a statement whether it counts.
    pub(crate) const fn looks(&self) -> u64 {
        self.fold.looks
    }
}

impl Fold {
    /// Notes who states something.
    fn sign(&mut self, statement: &Statement, at: usize) {
        self.by_root.push(false);
        self.counts.push(false);
        self.signed.entry(statement.signer).or_default().push(at);
    }

    fn signed_by(&self, signer: &Identity) -> impl Iterator<Item = usize> + '_ {
        self.signed.get(signer).into_iter().flatten().copied()
    }

    /// Statements behind this one for which it may give the power.
    fn given_by(&self, statement: &Statement, at: usize) -> Vec<usize> {
        match &statement.what {
            What::Add { identity, .. } => {
                self.signed_by(identity).filter(|later| *later > at).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn is(all: &[bool], at: usize) -> bool {
    all.get(at).copied().unwrap_or(false)
}

/// Notes whether a statement counts. Tells whether that is new.
fn set(all: &mut [bool], at: usize, holds: bool) -> bool {
    all.get_mut(at).is_some_and(|known| std::mem::replace(known, holds) != holds)
}
