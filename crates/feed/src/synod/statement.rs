//! What entries of an account's feed state, as far as something follows from it.

use std::collections::BTreeMap;

use effigy_core::payload::{Hub, Power, Profile};
use effigy_core::seal::SealingKey;
use effigy_core::{Cid, Identity, Payload};

use super::graph::Known;
use crate::chain::{Order, Past};

/// A statement, where it stands, and what came before it.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub place: u32,
    pub order: Order,
    pub signer: Identity,
    /// Its number among the statements about devices.
    pub mark: Option<u32>,
    /// Which of those came before it.
    pub known: Known,
    /// All that came before it, where it removes somebody.
    pub past: Past,
    pub what: What,
}

impl Statement {
    fn weight(&self) -> usize {
        let past = self.past.len().saturating_mul(RUN);
        STATEMENT.saturating_add(past).saturating_add(self.what.weight())
    }
}

/// What is stated.
#[derive(Clone, Debug)]
pub(super) enum What {
    Add {
        identity: Identity,
        name: String,
        powers: Vec<Power>,
        replaces: Option<(Identity, Cid)>,
        sealing_key: SealingKey,
    },
    Epoch(SealingKey),
    Final,
    Genesis(SealingKey),
    Hubs(Vec<Hub>),
    Name {
        identity: Identity,
        name: String,
    },
    /// Nothing that the account follows from.
    Other,
    Profile(Box<Profile>),
    Revoke {
        identity: Identity,
        last_valid: Option<Cid>,
    },
    Rewrite {
        identity: Identity,
        generation: u64,
    },
}

impl What {
    pub(super) fn of(payload: &Payload) -> Self {
        match payload {
            Payload::AddDevice(device) => Self::Add {
                identity: device.identity,
                name: device.name.clone(),
                powers: device.powers.clone(),
                replaces: device.replaces,
                sealing_key: device.sealing_key,
            },
            Payload::Epoch(epoch) => Self::Epoch(epoch.key),
            Payload::Final(_) => Self::Final,
            Payload::Genesis(genesis) => Self::Genesis(genesis.sealing_key),
            Payload::Hubs(hubs) => Self::Hubs(hubs.hubs.clone()),
            Payload::NameDevice(device) => {
                Self::Name { identity: device.identity, name: device.name.clone() }
            }
            Payload::Profile(profile) => Self::Profile(Box::new(profile.clone())),
            Payload::RevokeDevice(device) => {
                Self::Revoke { identity: device.identity, last_valid: device.last_valid }
            }
            Payload::Rewrite(rewrite) => {
                Self::Rewrite { identity: rewrite.identity, generation: rewrite.generation }
            }
            _ => Self::Other,
        }
    }

    /// How many bytes of text it has, about.
    fn weight(&self) -> usize {
        match self {
            Self::Add { name, .. } | Self::Name { name, .. } => name.len(),
            Self::Hubs(hubs) => hubs.iter().map(|hub| hub.origin.len()).sum(),
            Self::Profile(profile) => profile.name.len().saturating_add(profile.about.len()),
            _ => 0,
        }
    }

    pub(super) fn stated(self) -> Option<Self> {
        if matches!(self, Self::Other) { None } else { Some(self) }
    }

    /// Whether it says who belongs to the account.
    pub(super) const fn is_mark(&self) -> bool {
        matches!(self, Self::Add { .. } | Self::Final | Self::Revoke { .. })
    }

    /// Whether it removes somebody.
    pub(super) fn ends(&self) -> bool {
        self.ended().is_some()
    }

    /// Whom it removes, and the last entry of theirs that counts.
    pub(super) fn ended(&self) -> Option<(Identity, Option<Cid>)> {
        match self {
            Self::Add { replaces, .. } => replaces.map(|(identity, last)| (identity, Some(last))),
            Self::Revoke { identity, last_valid } => Some((*identity, *last_valid)),
            _ => None,
        }
    }
}

/// How many bytes of memory, about, a statement takes up by itself, and each run of what came before it.
const STATEMENT: usize = 256;
const RUN: usize = 24;

/// All statements in the order of their places; those about devices are found by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Statements {
    all: Vec<Statement>,
    /// Whose word outweighs all others.
    root: Option<Identity>,
    weight: usize,
    marks: Vec<usize>,
    /// Those that give a device power, and those that remove it.
    grants: BTreeMap<Identity, Vec<u32>>,
    ends: BTreeMap<Identity, Vec<u32>>,
    /// Of the latter those by the root.
    root_ends: BTreeMap<Identity, Vec<u32>>,
}

impl Statements {
    /// None yet, of the account of this root.
    pub(super) fn of(root: Identity) -> Self {
        Self { root: Some(root), ..Self::default() }
    }

    pub(super) fn at(&self, at: usize) -> Option<&Statement> {
        self.all.get(at)
    }

    /// How many bytes of memory, about, they take up.
    pub(super) const fn weight(&self) -> usize {
        self.weight
    }

    pub(super) fn all(&self) -> &[Statement] {
        &self.all
    }

    pub(super) fn next_mark(&self) -> u32 {
        u32::try_from(self.marks.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn mark(&self, mark: u32) -> Option<&Statement> {
        self.all.get(self.place_of(mark)?)
    }

    /// The number among all of a statement about a device.
    pub(super) fn place_of(&self, mark: u32) -> Option<usize> {
        self.marks.get(mark as usize).copied()
    }

    pub(super) fn grants_of(&self, device: &Identity) -> impl Iterator<Item = u32> + '_ {
        self.grants.get(device).into_iter().flatten().copied()
    }

    pub(super) fn ends_of(&self, device: &Identity) -> impl Iterator<Item = u32> + '_ {
        self.ends.get(device).into_iter().flatten().copied()
    }

    /// The removals of a device by the root.
    pub(super) fn root_ends_of(&self, device: &Identity) -> impl Iterator<Item = u32> + '_ {
        self.root_ends.get(device).into_iter().flatten().copied()
    }

    pub(super) fn push(&mut self, statement: Statement) {
        if let Some(mark) = statement.mark {
            self.marks.push(self.all.len());
            if let What::Add { identity, powers, .. } = &statement.what
                && powers.contains(&Power::Admin)
            {
                self.grants.entry(*identity).or_default().push(mark);
            }
            if let Some((device, _)) = statement.what.ended() {
                self.ends.entry(device).or_default().push(mark);
                if self.root == Some(statement.signer) {
                    self.root_ends.entry(device).or_default().push(mark);
                }
            }
        }
        self.weight = self.weight.saturating_add(statement.weight());
        self.all.push(statement);
    }
}
