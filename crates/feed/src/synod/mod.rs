//! One account: the fold of a synod's feed.
//!
//! Two questions are kept apart. Whether an entry may stand on the feed follows from what came before
//! it in the graph, so it never changes. What counts of all that stands follows from the whole set: a
//! removal takes from a device what nobody who removed it had seen.

mod fold;
mod graph;
mod registers;
mod statement;

use std::collections::BTreeMap;

use effigy_core::payload::{Hub, Power, Profile};
use effigy_core::seal::SealingKey;
use effigy_core::{Cid, Entry, Identity, Payload, Span};

use crate::chain::Feed;
use graph::{Graph, Known};
use statement::{Statement, Statements, What};

/// Most devices of one account. Of more the earliest count, whatever came in which order.
pub const DEVICES: usize = 64;
/// Most devices of one account that were removed and of which something still counts.
pub const FORMER: usize = 256;
/// How long a device that another device added may neither add, remove nor rewrite.
pub const PROBATION: Span = Span::days(1);
/// How many statements about devices may come before one more by a device. The root may go on for as
/// many again.
pub const STATEMENTS: usize = 512;
/// How many bytes of memory, about, may be taken up by what was stated on an account's feed. Behind that
/// a node takes in what the root says, and nothing else: no honest account comes near.
pub const WEIGHT: usize = 4 * 1024 * 1024;

/// An account and what its feed says of it.
#[derive(Clone, Debug)]
pub struct Synod {
    /// The synod's key: the name of the account.
    pub id: Identity,
    /// The devices of the account, by key.
    pub devices: BTreeMap<Identity, Device>,
    /// Devices that were removed, of whose feeds something may still count.
    pub former: BTreeMap<Identity, Former>,
    /// Where the person can be met.
    pub hubs: Vec<Hub>,
    /// How the person presents themselves.
    pub profile: Option<Profile>,
    graph: Graph,
    statements: Statements,
    fold: fold::Fold,
}

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
    /// What it called itself when it joined: of what kind it is.
    pub system: String,
}

/// A device that was removed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Former {
    /// What the person called it.
    pub name: String,
    /// When it was removed, by the clock of the entry.
    pub removed: u64,
    /// The device that took its place.
    pub replaced_by: Option<Identity>,
    /// What still counts of its feed: that which is or came before every one of these entries.
    /// `None` when nothing does.
    pub last_valid: Option<Vec<Cid>>,
}

impl Synod {
    /// An account of which nothing is known.
    pub fn new(id: Identity) -> Self {
        Self {
            id,
            devices: BTreeMap::new(),
            former: BTreeMap::new(),
            hubs: Vec::new(),
            profile: None,
            graph: Graph::default(),
            statements: Statements::of(id),
            fold: fold::Fold::default(),
        }
    }

    /// Whether an entry may stand on this synod's feed. Its parents must be part of it.
    ///
    /// # Errors
    /// When its signer had no power to write it, whatever else may still arrive.
    pub fn permits(&self, entry: &Entry, payload: &Payload) -> Result<(), SynodError> {
        let header = entry.header();
        let root = entry.signer() == self.id;
        if matches!(payload, Payload::Genesis(_)) {
            let first = header.parents.is_empty() && root;
            return if first { Ok(()) } else { Err(SynodError::Genesis) };
        }
        if header.parents.is_empty() {
            return Err(SynodError::Genesis);
        }
        let known = self.graph.known_by(&header.parents);
        let mut marks = known.marks().filter_map(|mark| self.statements.mark(mark));
        if self.closed() && marks.any(|mark| matches!(mark.what, What::Final)) {
            return Err(SynodError::Closed);
        }
        if !root {
            self.granted(entry, payload, &known)?;
            if self.weight() >= WEIGHT {
                return Err(SynodError::Room);
            }
        }
        // Each signer for themselves: who says much leaves the others their say.
        let own = known.marks().filter_map(|mark| self.statements.mark(mark));
        let own = own.filter(|mark| mark.signer == entry.signer()).count();
        match payload {
            Payload::AddDevice(_) | Payload::Final(_) | Payload::RevokeDevice(_)
                if own >= STATEMENTS =>
            {
                Err(SynodError::Full)
            }
            Payload::AddDevice(device) => {
                device.consented(self.id).map_err(|_| SynodError::Consent)
            }
            Payload::Final(_) if !root => Err(SynodError::Power),
            // A device speaks for its own feed, the root for all.
            Payload::Rewrite(rewrite) if !root && rewrite.identity != entry.signer() => {
                Err(SynodError::Power)
            }
            Payload::Epoch(_)
            | Payload::Final(_)
            | Payload::Hubs(_)
            | Payload::NameDevice(_)
            | Payload::Profile(_)
            | Payload::RevokeDevice(_)
            | Payload::Rewrite(_)
            | Payload::Sealed(_)
            | Payload::Unknown => Ok(()),
            _ => Err(SynodError::Place),
        }
    }

    /// Whether the device that signed an entry had the power, among what came before.
    fn granted(&self, entry: &Entry, payload: &Payload, known: &Known) -> Result<(), SynodError> {
        let signer = entry.signer();
        if self.statements.ends_of(&signer).any(|mark| known.has(mark)) {
            return Err(SynodError::Removed);
        }
        let grants = self.statements.grants_of(&signer).filter(|mark| known.has(*mark));
        let mut grants = grants.filter_map(|mark| self.statements.mark(mark)).peekable();
        if grants.peek().is_none() {
            return Err(SynodError::Power);
        }
        let guarded = matches!(
            payload,
            Payload::AddDevice(_) | Payload::RevokeDevice(_) | Payload::Rewrite(_)
        );
        let clock = entry.header().comparable;
        let trusted = |grant: &Statement| {
            grant.signer == self.id || clock >= grant.order.0.saturating_add(PROBATION.0)
        };
        if guarded && !grants.any(trusted) { Err(SynodError::TooSoon) } else { Ok(()) }
    }

    /// How many bytes of memory, about, what was stated takes up.
    pub const fn weight(&self) -> usize {
        self.graph.weight().saturating_add(self.statements.weight())
    }

    /// Takes an entry into account that [`permits`](Self::permits) has let pass, when it has become
    /// part of the feed.
    pub fn apply(&mut self, entry: &Entry, payload: &Payload) {
        let header = entry.header();
        let what = What::of(payload);
        let known = self.graph.known_by(&header.parents);
        let mark = what.is_mark().then(|| self.statements.next_mark());
        let place = self.graph.push(entry.id(), &header.parents, &known, mark);
        let Some(what) = what.stated() else { return };
        let ends = what.ends().then(|| self.graph.past(place));
        let statement = Statement {
            place,
            order: (header.comparable, entry.digest()),
            signer: entry.signer(),
            mark,
            known,
            past: ends.unwrap_or_default(),
            what,
        };
        self.state(statement);
    }

    /// An entry is known by a further id.
    pub fn know_as(&mut self, known: &Cid, id: Cid) {
        self.graph.name(known, id);
    }

    /// Puts the graph right from the feed, where an entry named a parent by an id that was not known
    /// when the store was read.
    pub fn place(&mut self, feed: &Feed) {
        if !self.graph.is_misplaced() {
            return;
        }
        let statements = std::mem::replace(&mut self.statements, Statements::of(self.id));
        let mut stated = statements.all().iter().cloned().peekable();
        let ids = (0..self.graph.end()).filter_map(|place| feed.noted(place));
        let noted: Vec<_> = ids.collect();
        self.graph = Graph::default();
        for noted in noted {
            let known = self.graph.known_at(&noted.parents);
            let place = self.graph.end();
            let next = stated.next_if(|statement| statement.place == place);
            let mark = next.as_ref().and_then(|statement| statement.mark);
            self.graph.put(noted.id, noted.parents, &known, mark);
            if let Some(statement) = next {
                let past =
                    if statement.what.ends() { self.graph.past(place) } else { statement.past };
                self.statements.push(Statement { known, past, ..statement });
            }
        }
        self.fold_anew();
    }

    /// Whether the account has begun.
    pub fn begun(&self) -> bool {
        self.root_sealing().is_some()
    }

    /// Whether the account is closed.
    pub fn closed(&self) -> bool {
        self.fold.registers.is_closed()
    }

    /// Which writing of a device's feed counts. An account speaks for its own devices only.
    pub fn generation(&self, device: &Identity) -> u64 {
        if self.speaks(device) { self.fold.registers.generation(device) } else { 0 }
    }

    /// Whether something that a device wrote may count as this account's.
    pub fn speaks(&self, device: &Identity) -> bool {
        self.devices.contains_key(device) || self.former.contains_key(device)
    }

    /// Devices of whose feeds something may count: those of now and those that were removed.
    pub fn feeds(&self) -> impl Iterator<Item = &Identity> {
        let former = self.former.iter().filter(|(_, former)| former.last_valid.is_some());
        let all = self.devices.keys().chain(former.map(|(device, _)| device));
        all.filter(|_| !self.closed())
    }

    /// Whether a device was removed, be it known what it was or not.
    pub fn removed(&self, device: &Identity) -> bool {
        self.fold.registers.is_ended(device)
    }

    /// The key to which secrets for the root are sealed.
    pub fn root_sealing(&self) -> Option<SealingKey> {
        self.fold.registers.root_sealing(&self.statements)
    }

    /// The key to which the account seals what is for all its devices: the newest of those that were
    /// stated in knowledge of every removal. `None` when there is none yet.
    pub fn epoch(&self) -> Option<SealingKey> {
        self.fold.registers.epoch(&self.statements)
    }

    /// Whether the account ever had an epoch.
    pub fn had_epoch(&self) -> bool {
        self.fold.registers.epochs(&self.statements).next().is_some()
    }

    /// Whether an epoch was stated and counts, an earlier one included.
    pub fn counts_epoch(&self, key: &SealingKey) -> bool {
        self.fold.registers.epochs(&self.statements).any(|(stated, _)| stated == *key)
    }

    /// Devices for which nobody has sealed the secret of the epoch yet: they were added without those
    /// knowing it who did.
    pub fn left_out(&self) -> Vec<Identity> {
        let Some(key) = self.epoch() else { return Vec::new() };
        let registers = &self.fold.registers;
        let shares = registers.epochs(&self.statements).filter(|(shared, _)| *shared == key);
        let shares: Vec<&Known> = shares.map(|(_, statement)| &statement.known).collect();
        let is_out = |device: &&Identity| {
            let mark = registers.stated(device, &self.statements);
            mark.is_some_and(|mark| !shares.iter().any(|known| known.has(mark)))
        };
        self.devices.keys().filter(is_out).copied().collect()
    }
}

/// Why an entry may not stand on a synod's feed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SynodError {
    /// The account was closed before.
    #[error("the account was closed before")]
    Closed,
    /// The device never agreed to belong to this synod.
    #[error("the device did not agree to belong to this account")]
    Consent,
    /// Too much was said about devices before.
    #[error("no more can be said about the devices of this account")]
    Full,
    /// A beginning that is none, or none where one has to be.
    #[error("an account begins with one entry of its root")]
    Genesis,
    /// A kind that has no business on a synod's feed.
    #[error("this kind does not stand on an account's feed")]
    Place,
    /// The signer was not given the power before this entry.
    #[error("the signer has no power over this account")]
    Power,
    /// So much was said of this account that this node takes in only what its root says.
    #[error("no more is kept here of what is said of this account")]
    Room,
    /// The signer was removed before this entry.
    #[error("the signer was removed from this account before")]
    Removed,
    /// The signer was added by a device less than a day before.
    #[error("a new device has to wait for a day")]
    TooSoon,
}
