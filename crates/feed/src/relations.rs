//! Whom a person follows, blocks and mutes: registers in which the later statement wins.

use std::collections::BTreeMap;

use effigy_core::{Cid, Identity, Payload};

use crate::chain::Order;

/// A relation to somebody.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Relation {
    /// Nothing of theirs is kept, nothing is given to them.
    Block,
    /// Their posts are wanted.
    Follow,
    /// Their posts are not shown.
    Mute,
}

/// All relations of one person.
#[derive(Clone, Debug, Default)]
pub struct Relations {
    registers: BTreeMap<(Relation, Identity), (Order, bool)>,
}

impl Relations {
    /// Takes a statement into account. Tells whether anything changed by it.
    pub fn apply(&mut self, order: Order, payload: &Payload) -> bool {
        let (relation, synod, on) = match payload {
            Payload::Block(block) => (Relation::Block, block.synod, block.on),
            Payload::Follow(follow) => (Relation::Follow, follow.synod, follow.on),
            Payload::Mute(mute) => (Relation::Mute, mute.synod, mute.on),
            _ => return false,
        };
        let never = ((0, Cid::from_digest([0; 32])), false);
        let register = self.registers.entry((relation, synod)).or_insert(never);
        if order <= register.0 {
            return false;
        }
        let changed = register.1 != on;
        *register = (order, on);
        changed
    }

    /// Whether a relation holds.
    pub fn holds(&self, relation: Relation, synod: &Identity) -> bool {
        self.registers.get(&(relation, *synod)).is_some_and(|(_, on)| *on)
    }

    /// Whether the person has said anything about it, yes or no.
    pub fn is_settled(&self, relation: Relation, synod: &Identity) -> bool {
        self.registers.contains_key(&(relation, *synod))
    }

    /// The clock of what was said last about it; 0 for nothing.
    pub fn clock(&self, relation: Relation, synod: &Identity) -> u64 {
        self.registers.get(&(relation, *synod)).map_or(0, |((clock, _), _)| *clock)
    }

    /// Whether somebody's posts are wanted: followed and not blocked.
    pub fn wants(&self, synod: &Identity) -> bool {
        self.holds(Relation::Follow, synod) && !self.holds(Relation::Block, synod)
    }

    /// Everybody to whom a relation holds.
    pub fn all(&self, relation: Relation) -> impl Iterator<Item = Identity> + '_ {
        self.registers
            .iter()
            .filter(move |((kind, _), (_, on))| *kind == relation && *on)
            .map(|((_, synod), _)| *synod)
    }
}
