//! Feeds: every record read, every signature checked, every rule of chains and accounts applied.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::entry::{Checker, EntryError};
use effigy_core::payload::Content;
use effigy_core::{Cid, Entry, Identity, Payload};
use effigy_feed::{ChainError, Feed, Synod, Verdict};
use serde::Serialize;

use crate::fault::{Fault, FaultKind, Place};
use crate::people::{ALWAYS, People};
use crate::walk::{FeedKey, Slot, Visitor};

/// What was counted.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct FeedCounts {
    /// Feeds, each generation by itself.
    pub(crate) feeds: u64,
    /// Entries without a fault of their own.
    pub(crate) entries: u64,
    /// Payloads that are the ones their entries name.
    pub(crate) payloads: u64,
    /// Entries whose payload was taken back by a device of the same account.
    pub(crate) taken_back: u64,
    /// Entries whose payload is not here, though nobody took it back: a node asks for it again.
    pub(crate) bare: u64,
    /// Entries that follow from one that is missing or refused: nothing can be said of them.
    pub(crate) out_of_reach: u64,
}

/// A device's feed that has two versions: a fact, and no fault of whoever keeps it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Fork {
    /// Whose feed.
    pub(crate) feed: Identity,
    /// Two entries of which neither came before the other.
    pub(crate) entries: (Cid, Cid),
}

/// Goes through feeds as a node would that trusts nothing.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    pub(crate) counts: FeedCounts,
    pub(crate) faults: Vec<Fault>,
    pub(crate) forks: Vec<Fork>,
    /// Entries that follow from one that is missing or refused.
    pub(crate) out_of_reach: BTreeSet<Cid>,
    /// Every picture and thumbnail that an entry points to.
    pub(crate) contents: BTreeMap<(Cid, u64), Content>,
    people: &'a People,
    checker: Checker,
    current: Option<Current>,
    /// Entries without their payload, and what was taken back, each with the account.
    silent: BTreeSet<(Identity, Cid)>,
    taken_back: BTreeSet<(Identity, Cid)>,
}

/// The feed that is gone through.
#[derive(Debug)]
struct Current {
    key: FeedKey,
    feed: Feed,
    /// The account as far as its own feed has been read; unused on a device's feed.
    account: Synod,
    owner: Owner,
    /// Entries that did not become part of the feed.
    left_out: BTreeSet<Cid>,
    /// Whether a record before had a fault: places are then no longer what they were.
    shifted: bool,
}

/// To whom a feed belongs, which its first entry says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Owner {
    Unknown,
    Account,
    DeviceOf(Identity),
}

impl<'a> Judge<'a> {
    /// A judge who knows these accounts.
    pub(crate) fn new(people: &'a People) -> Self {
        Self {
            counts: FeedCounts::default(),
            faults: Vec::new(),
            forks: Vec::new(),
            out_of_reach: BTreeSet::new(),
            contents: BTreeMap::new(),
            people,
            checker: Checker::default(),
            current: None,
            silent: BTreeSet::new(),
            taken_back: BTreeSet::new(),
        }
    }

    /// Tells entries whose payload was taken back from those that never had it, once all was read.
    pub(crate) fn tell_apart(&mut self) {
        let taken_back = self.silent.intersection(&self.taken_back).count() as u64;
        self.counts.taken_back = taken_back;
        self.counts.bare = (self.silent.len() as u64).saturating_sub(taken_back);
    }

    /// Checks an entry and makes it part of its feed.
    fn take(&mut self, current: &mut Current, slot: &Slot<'_>) -> Result<(), Objection> {
        let entry = self.checker.entry(slot.entry).map_err(|error| match error {
            EntryError::Signature(error) => object(FaultKind::Signature, error),
            error => object(FaultKind::EntryMalformed, error),
        })?;
        let header = entry.header();
        let key = FeedKey { identity: header.identity, generation: header.generation };
        if key != current.key {
            return Err(object(FaultKind::Stranger, format!("it is of {}", Place::feed(key))));
        }
        let payload = slot.payload.map(|bytes| payload_of(&entry, bytes)).transpose();
        let known = payload.as_ref().ok().and_then(Option::as_ref);
        let placed = place_in(current, &entry, known, slot.position);
        // A damaged payload takes nothing from the entry's place in the chain.
        let account = header.synod.map_or(header.identity, |(synod, _)| synod);
        match payload? {
            None => {
                self.silent.insert((account, entry.id()));
            }
            Some(payload) => {
                let targets = payload.taken_back().iter();
                self.taken_back.extend(targets.map(|target| (account, *target)));
                self.count_payload(&payload);
            }
        }
        placed?;
        self.counts.entries = self.counts.entries.saturating_add(1);
        Ok(())
    }

    fn count_payload(&mut self, payload: &Payload) {
        self.counts.payloads = self.counts.payloads.saturating_add(1);
        for image in payload.images() {
            let contents = image.thumbnail.iter().chain([&image.content]).cloned();
            self.contents.extend(contents.map(|content| ((content.cid, content.size), content)));
        }
    }

    /// What can be said of a feed once its owner is known.
    fn finish(&mut self, current: &Current) {
        let Current { key, feed, owner, .. } = current;
        let at = Place::feed(*key);
        let account = match owner {
            Owner::Unknown => return,
            Owner::Account => key.identity,
            Owner::DeviceOf(account) => *account,
        };
        let Some(synod) = self.people.synod(&account) else {
            let why = format!("the feed of …{} is not here", account.short());
            self.faults.push(Fault::new(FaultKind::AccountMissing, at, why));
            return;
        };
        if *owner != Owner::Account {
            if !synod.devices.contains_key(&key.identity) {
                let why = format!("the account …{} does not name this device", account.short());
                self.faults.push(Fault::new(FaultKind::NotPermitted, at.clone(), why));
            }
            if let Some(entries) = feed.fork() {
                self.forks.push(Fork { feed: key.identity, entries });
            }
        }
        let announced = synod.generation(&key.identity);
        let kind = match key.generation.cmp(&announced) {
            std::cmp::Ordering::Less => FaultKind::ObsoleteGeneration,
            std::cmp::Ordering::Equal => return,
            std::cmp::Ordering::Greater => FaultKind::UnannouncedGeneration,
        };
        let why = format!("the account says generation {announced}");
        self.faults.push(Fault::new(kind, at, why));
    }
}

impl Visitor for Judge<'_> {
    fn begin(&mut self, key: FeedKey) {
        let mut feed = Feed::new(key.identity);
        feed.begin(key.generation);
        let account = Synod::new(key.identity);
        self.current = Some(Current {
            key,
            feed,
            account,
            owner: Owner::Unknown,
            left_out: BTreeSet::new(),
            shifted: false,
        });
        self.counts.feeds = self.counts.feeds.saturating_add(1);
    }

    fn slot(&mut self, slot: &Slot<'_>) {
        let Some(mut current) = self.current.take() else { return };
        if let Err(objection) = self.take(&mut current, slot) {
            let id = Cid::of(slot.entry);
            if !current.feed.contains(&id) {
                current.left_out.insert(id);
            }
            match objection {
                Objection::OutOfReach => {
                    self.out_of_reach.insert(id);
                    self.counts.out_of_reach = self.out_of_reach.len() as u64;
                }
                Objection::Fault(kind, why) => {
                    let at = Place::entry(current.key, slot.position);
                    self.faults.push(Fault::new(kind, at, why));
                }
            }
            current.shifted = true;
        }
        self.current = Some(current);
    }

    fn end(&mut self) {
        if let Some(current) = self.current.take() {
            self.finish(&current);
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
        if let Some(current) = self.current.as_mut() {
            current.shifted = true;
        }
    }
}

/// Why an entry is not what it should be.
#[derive(Debug)]
enum Objection {
    Fault(FaultKind, String),
    /// It follows from one that was left out: nothing can be said of it.
    OutOfReach,
}

fn object(kind: FaultKind, why: impl ToString) -> Objection {
    Objection::Fault(kind, why.to_string())
}

/// Reads a payload against the entry that names it.
fn payload_of(entry: &Entry, bytes: &[u8]) -> Result<Payload, Objection> {
    let named = &entry.header().payload;
    if bytes.len() as u64 != named.size {
        let why = format!("{} bytes, and the entry says {}", bytes.len(), named.size);
        return Err(object(FaultKind::PayloadHash, why));
    }
    if Cid::of(bytes) != named.cid {
        return Err(object(FaultKind::PayloadHash, "its hash is another one"));
    }
    Payload::parse(&named.kind, bytes).map_err(|error| object(FaultKind::PayloadMalformed, error))
}

/// Applies the rules of the chain and of the account, and makes the entry part of its feed.
fn place_in(
    current: &mut Current,
    entry: &Entry,
    payload: Option<&Payload>,
    announced: u32,
) -> Result<(), Objection> {
    let header = entry.header();
    let missing = header.parents.iter().find(|parent| !current.feed.contains(parent));
    if let Some(parent) = missing {
        if current.left_out.contains(parent) {
            return Err(Objection::OutOfReach);
        }
        let why = format!("…{} is not here", parent.short());
        return Err(object(FaultKind::MissingParent, why));
    }
    let owner = header.synod.map_or(Owner::Account, |(synod, _)| Owner::DeviceOf(synod));
    if current.owner == Owner::Unknown {
        current.owner = owner;
    }
    if current.owner != owner {
        let why = "its feed's first entry names another one, or none";
        return Err(object(FaultKind::OtherAccount, why));
    }
    let payload = payload.unwrap_or(&Payload::Unknown);
    if owner == Owner::Account {
        let permitted = current.account.permits(entry, payload);
        permitted.map_err(|error| object(FaultKind::NotPermitted, error))?;
    }
    match current.feed.offer(entry, ALWAYS) {
        Ok(Verdict::New { position }) => {
            if owner == Owner::Account {
                current.account.apply(entry, payload);
            }
            if position != announced && !current.shifted {
                current.shifted = true;
                let why = format!("it belongs to place {position}");
                return Err(object(FaultKind::Misplaced, why));
            }
            Ok(())
        }
        Ok(Verdict::Known) => Err(object(FaultKind::Duplicate, "it is here already")),
        Ok(Verdict::Obsolete | Verdict::Parked { .. } | Verdict::Waiting { .. }) => {
            Err(object(FaultKind::MissingParent, "it cannot be placed"))
        }
        Err(error @ ChainError::Stranger) => Err(object(FaultKind::Stranger, error)),
        Err(error) => Err(object(FaultKind::Backwards, error)),
    }
}
