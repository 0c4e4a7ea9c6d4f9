//! One account: the fold of a synod's feed.
//!
//! The state is a function of the set of entries: they are replayed in their order, and an entry
//! counts if, among what came before it in the graph, its signer had been given the power.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::payload::{AddDevice, Hub, Power, Profile};
use effigy_core::seal::SealingKey;
use effigy_core::{Cid, Entry, Identity, Payload};

use crate::chain::{Feed, Order};

/// An account and what its feed says of it.
#[derive(Clone, Debug)]
pub struct Synod {
    /// The synod's key: the name of the account.
    pub id: Identity,
    /// The devices of the account, by key.
    pub devices: BTreeMap<Identity, Device>,
    /// Where the person can be met.
    pub hubs: Vec<Hub>,
    /// How the person presents themselves.
    pub profile: Option<Profile>,
    profile_order: Order,
    hubs_order: Order,
    /// Digests of the entries that gave a device its power, by device.
    added: BTreeMap<Identity, BTreeSet<Cid>>,
    begun: bool,
    /// The latest writing of every feed that a rewrite names, be it a device's of this account or not.
    rewritten: BTreeMap<Identity, u64>,
    /// The statement that stands about each device.
    stated: BTreeMap<Identity, Order>,
}

/// Most devices of one account. Of more the earliest count, whatever came in which order.
pub const DEVICES: usize = 64;

/// A device of an account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Device {
    /// When it was added, by the clock of the entry.
    pub added: u64,
    /// What the person calls it.
    pub name: String,
    /// What it may do.
    pub powers: Vec<Power>,
    /// Where its secrets are sealed to.
    pub sealing_key: SealingKey,
}

impl Synod {
    /// An account of which nothing is known.
    pub fn new(id: Identity) -> Self {
        let never = (0, Cid::from_digest([0; 32]));
        Self {
            id,
            devices: BTreeMap::new(),
            rewritten: BTreeMap::new(),
            stated: BTreeMap::new(),
            hubs: Vec::new(),
            profile: None,
            profile_order: never,
            hubs_order: never,
            added: BTreeMap::new(),
            begun: false,
        }
    }

    /// Whether an entry may stand on this synod's feed. Its parents must be part of `feed`.
    ///
    /// # Errors
    /// When its signer had no power to write it, whatever else may still arrive.
    pub fn permits(&self, feed: &Feed, entry: &Entry, payload: &Payload) -> Result<(), SynodError> {
        let header = entry.header();
        let signer = entry.signer();
        let root = signer == self.id;
        if matches!(payload, Payload::Genesis(_)) {
            let first = header.parents.is_empty() && root;
            return if first { Ok(()) } else { Err(SynodError::Genesis) };
        }
        if header.parents.is_empty() {
            return Err(SynodError::Genesis);
        }
        if !root {
            let granted = self
                .added
                .get(&signer)
                .is_some_and(|by| by.iter().any(|grant| feed.precedes(grant, &header.parents)));
            if !granted {
                return Err(SynodError::Power);
            }
        }
        match payload {
            Payload::AddDevice(device) => {
                device.consented(self.id).map_err(|_| SynodError::Consent)
            }
            Payload::Hubs(_) | Payload::Profile(_) | Payload::Unknown | Payload::Sealed(_) => {
                Ok(())
            }
            Payload::Rewrite(_) => Ok(()),
            _ => Err(SynodError::Place),
        }
    }

    /// Takes an entry into account that [`permits`](Self::permits) has let pass.
    pub fn apply(&mut self, entry: &Entry, payload: &Payload) {
        let order = (entry.header().comparable, entry.digest());
        match payload {
            Payload::AddDevice(device) => self.add(device, order),
            Payload::Genesis(_) => self.begun = true,
            Payload::Hubs(hubs) if order > self.hubs_order => {
                self.hubs_order = order;
                self.hubs.clone_from(&hubs.hubs);
            }
            Payload::Profile(profile) if order > self.profile_order => {
                self.profile_order = order;
                self.profile = Some(profile.clone());
            }
            Payload::Rewrite(rewrite) => {
                let generation = self.rewritten.entry(rewrite.identity).or_default();
                *generation = rewrite.generation.max(*generation);
            }
            _ => (),
        }
    }

    /// Whether the account has begun.
    pub const fn begun(&self) -> bool {
        self.begun
    }

    /// Which writing of a device's feed counts. An account speaks for its own devices only.
    pub fn generation(&self, device: &Identity) -> u64 {
        let of_us = self.devices.contains_key(device);
        self.rewritten.get(device).filter(|_| of_us).copied().unwrap_or(0)
    }

    fn add(&mut self, device: &AddDevice, order: Order) {
        if device.powers.contains(&Power::Admin) {
            self.added.entry(device.identity).or_default().insert(order.1);
        }
        // Of two statements about one device the earlier stands: it was the one consented to first.
        let stands = self.stated.get(&device.identity).is_some_and(|known| *known <= order);
        // The account's own feed is no device's.
        if stands || device.identity == self.id {
            return;
        }
        self.stated.insert(device.identity, order);
        let new = Device {
            added: order.0,
            name: device.name.clone(),
            powers: device.powers.clone(),
            sealing_key: device.sealing_key,
        };
        self.devices.insert(device.identity, new);
        if self.devices.len() > DEVICES {
            let last = self.stated.iter().max_by_key(|(_, order)| **order).map(|(key, _)| *key);
            if let Some(last) = last {
                self.devices.remove(&last);
                self.stated.remove(&last);
            }
        }
    }
}

/// Why an entry may not stand on a synod's feed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SynodError {
    /// The device never agreed to belong to this synod.
    #[error("the device did not agree to belong to this account")]
    Consent,
    /// A beginning that is none, or none where one has to be.
    #[error("an account begins with one entry of its root")]
    Genesis,
    /// A kind that has no business on a synod's feed.
    #[error("this kind does not stand on an account's feed")]
    Place,
    /// The signer was not given the power before this entry.
    #[error("the signer has no power over this account")]
    Power,
}
