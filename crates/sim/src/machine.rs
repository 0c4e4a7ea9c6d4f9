//! A machine: a node, its disk, its fence, and what its person sees.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Identity, Time};
use effigy_feed::View;
use effigy_proto::{
    Config, Event, Fence, HubPolicy, Input, Keys, Known, Link, Network as Status, Node, Refusal,
    Repair, Role, Transfer,
};

use crate::Disk;
use crate::lies::Liar;

/// Whose machine it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Who {
    /// An operator's.
    Hub,
    /// A person's.
    Person,
}

/// A machine of the network.
#[derive(Debug)]
pub struct Machine {
    /// What it has written.
    pub disk: Disk,
    /// The fence beside the disk.
    pub fence: Option<Fence>,
    /// How often it was started.
    pub life: u32,
    /// The running node; `None` while the machine is off.
    pub node: Option<Node>,
    /// What the person asked that was refused, in order.
    pub refusals: Vec<Refusal>,
    /// What is wrong with the own feed, as last told.
    pub repair: Option<Repair>,
    /// How often a write failed.
    pub failed_writes: u32,
    /// The ids of the entries that were confirmed as durable, in order.
    pub confirmed: Vec<Cid>,
    /// The network's state as last told.
    pub status: Option<Status>,
    /// Pictures that came, by name.
    pub pictures: BTreeMap<Cid, Option<Vec<u8>>>,
    /// How far contents are, as last told.
    pub transfers: BTreeMap<Cid, Transfer>,
    /// Pieces of contents that came, by the number of the question.
    pub ranges: BTreeMap<u64, Option<Vec<u8>>>,
    /// What the person sees.
    pub view: Option<View>,
    /// The invite that is shown.
    pub invite: Option<effigy_core::Invite>,
    /// The entries that it was told of since it was started, by feed.
    pub entries: BTreeMap<Identity, BTreeSet<Cid>>,
    /// What its person was told that all their devices agree on: by whom it was said, when, and what.
    pub agreed: BTreeMap<String, (Identity, Time, String)>,
    /// Everybody whom it ever shut out for misbehaving.
    pub blamed: BTreeSet<Identity>,
    /// Whether it is asleep: on, and deaf.
    pub asleep: bool,
    /// How many milliseconds its clock is ahead.
    pub skew: i64,
    pub(crate) keys: Keys,
    pub(crate) who: Who,
    /// How it lies, if it does.
    pub(crate) liar: Option<Liar>,
    /// What happened while it slept.
    pub(crate) missed: Vec<Input>,
    /// When a write last failed.
    pub(crate) failed_at: Option<u64>,
    /// Which wire each connection is.
    pub(crate) wires: BTreeMap<Link, u64>,
    pub(crate) alarm: Option<u64>,
}

impl Machine {
    pub(crate) fn new(who: Who, seed: [u8; 32]) -> Self {
        let hub = || Keys::for_hub(seed);
        let keys = match who {
            Who::Hub => hub(),
            Who::Person => Keys::for_account(seed).unwrap_or_else(|_| hub()),
        };
        Self::with_keys(who, keys)
    }

    pub(crate) const fn with_keys(who: Who, keys: Keys) -> Self {
        Self {
            disk: Disk::new(),
            fence: None,
            life: 0,
            node: None,
            refusals: Vec::new(),
            repair: None,
            failed_writes: 0,
            confirmed: Vec::new(),
            status: None,
            pictures: BTreeMap::new(),
            transfers: BTreeMap::new(),
            ranges: BTreeMap::new(),
            view: None,
            invite: None,
            entries: BTreeMap::new(),
            agreed: BTreeMap::new(),
            blamed: BTreeSet::new(),
            asleep: false,
            skew: 0,
            keys,
            who,
            liar: None,
            missed: Vec::new(),
            failed_at: None,
            wires: BTreeMap::new(),
            alarm: None,
        }
    }

    /// Whether it is off.
    pub const fn is_off(&self) -> bool {
        self.node.is_none()
    }

    /// What its clock says at a moment.
    pub(crate) const fn clock(&self, now: u64) -> Time {
        Time(now.saturating_add_signed(self.skew))
    }

    /// The moment at which its clock will say this.
    pub(crate) const fn moment(&self, clock: Time) -> u64 {
        clock.0.saturating_add_signed(self.skew.saturating_neg())
    }

    pub(crate) fn begin_life(&mut self) {
        self.life = self.life.saturating_add(1);
        self.view = None;
        self.repair = None;
        self.alarm = None;
        self.status = None;
        self.entries.clear();
        self.agreed.clear();
        self.missed.clear();
        self.asleep = false;
    }

    pub(crate) fn end_life(&mut self) {
        self.note_blame();
        self.node = None;
        self.asleep = false;
        self.missed.clear();
    }

    /// Remembers whom the node shuts out now: it forgets that when it is turned off.
    pub(crate) fn note_blame(&mut self) {
        if let Some(node) = &self.node {
            self.blamed.extend(node.shut_out());
        }
    }

    /// The device's key.
    pub fn device(&self) -> Identity {
        self.keys.device.identity()
    }

    /// The account; of a hub its own key.
    pub fn synod(&self) -> Identity {
        self.keys.synod.unwrap_or_else(|| self.device())
    }

    /// What the person sees.
    pub fn view(&self) -> View {
        self.view.clone().unwrap_or_else(|| View::new(self.synod()))
    }

    pub(crate) fn config(&self, hubs: Vec<String>, seed: [u8; 32]) -> Config {
        let role = match self.who {
            Who::Hub => Role::Hub(HubPolicy {
                members: 1_000,
                member_bytes: 64 * 1024 * 1024,
                ..HubPolicy::default()
            }),
            Who::Person => Role::Person,
        };
        Config { fence: self.fence.clone(), keys: self.keys.clone(), hubs, role, seed }
    }

    fn take_in(&mut self, known: &[Known]) {
        let synod = self.synod();
        for known in known {
            let feed = self.entries.entry(known.entry.header().identity).or_default();
            feed.insert(known.entry.id());
        }
        if self.who == Who::Hub {
            return;
        }
        let view = self.view.get_or_insert_with(|| View::new(synod));
        for known in known {
            if let Some(payload) = &known.payload {
                view.insert(&known.entry, payload);
            }
        }
    }

    /// What counts no longer.
    fn withdraw(&mut self, known: &[Known]) {
        for known in known {
            if let Some(feed) = self.entries.get_mut(&known.entry.header().identity) {
                feed.remove(&known.entry.id());
            }
            if let (Some(view), Some(payload)) = (&mut self.view, &known.payload) {
                view.withdraw(&known.entry, payload);
            }
        }
    }

    pub(crate) fn hear(&mut self, event: Event) {
        match event {
            Event::Content { bytes, cid, .. } => {
                self.pictures.insert(cid, bytes);
            }
            Event::Done { id, .. } => self.confirmed.extend(id),
            Event::Entries(known) => self.take_in(&known),
            Event::Forgotten(synod) => {
                // Who somebody is may stay known, and is then not told again.
                let view = self.view.as_ref();
                let owner = |feed: &Identity| view.and_then(|view| view.owner(feed));
                self.entries.retain(|feed, _| owner(feed) != Some(synod));
                if let Some(view) = &mut self.view {
                    view.forget(&synod);
                }
            }
            Event::Members(members) if self.who == Who::Person => {
                let synod = self.synod();
                self.view.get_or_insert_with(|| View::new(synod)).settle(*members);
            }
            Event::Registers(all) => {
                let said = all.into_iter().map(|it| (it.name, (it.by, it.time, it.value)));
                self.agreed.extend(said);
            }
            Event::Withdrawn(known) => self.withdraw(&known),
            Event::Invite(invite) => self.invite = Some(invite),
            Event::Network(status) => self.status = Some(status),
            Event::Refused { why, .. } => self.refusals.push(why),
            Event::Repair(repair) => self.repair = (!repair.mended).then_some(repair),
            Event::StoreFailed { .. } => self.failed_writes = self.failed_writes.saturating_add(1),
            Event::Closed
            | Event::Members(_)
            | Event::Removed { .. }
            | Event::Draft { .. }
            | Event::DraftPicture { .. }
            | Event::ByHand { .. }
            | Event::Followed { .. }
            | Event::Freed(_)
            | Event::Linking(_)
            | Event::Membership(_)
            | Event::Ready
            | Event::Room
            | Event::NotKept { .. }
            | Event::ShareCame { .. }
            | Event::ShareReturned { .. }
            | Event::Shares(_)
            | Event::Upkeep(_)
            | Event::Called { .. } => (),
            Event::Range { bytes, number, .. } => {
                self.ranges.insert(number, bytes);
            }
            Event::Transfer(transfer) => {
                self.transfers.insert(transfer.cid, transfer);
            }
        }
    }
}
