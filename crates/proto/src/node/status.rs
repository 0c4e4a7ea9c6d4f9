//! How the network is doing, told at most once a second; and who holds the own entries.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Identity, Span, Time};
use effigy_store::{Batch, Key, Table};

use super::Node;
use super::state::{Conn, Content, ContentState, Held, Holding, Remote};
use crate::api::{
    Difference, Differing, Event, FeedStatus, HolderKind, HubStatus, Network, PeerStatus, Receipt,
    StorageStatus,
};
use crate::io::Link;
use crate::message::WireHead;

/// How often the network's state is told at most.
const EVERY: Span = Span::seconds(1);

/// How long somebody may differ before that is told: longer than it takes to fetch what is missing.
const GRACE: Span = Span::seconds(30);

/// Most holders of whom receipts are kept.
pub(super) const HOLDERS: usize = 1_000;

/// Somebody who says how far feeds are.
#[derive(Clone, Copy, Debug)]
struct Source {
    /// By the clock.
    heard: Time,
    here: bool,
    kind: HolderKind,
    synod: Option<Identity>,
}

impl Node {
    /// A peer said how much of the own feed it holds.
    pub(super) fn note_receipt(&mut self, link: Link, holder: Identity, head: &WireHead) {
        let Some(held) = self.feeds.get(&self.me) else { return };
        // A head that is not ours proves nothing; more than what it covers cannot be.
        let Some(position) = held.feed.position(&head.id) else { return };
        let count = head.count.min(u64::from(position).saturating_add(1));
        let Some(conn) = self.links.get(&link) else { return };
        let synod = self.account_of(conn);
        let kind = match synod {
            None if conn.is_hub() => HolderKind::Hub,
            None => return,
            Some(synod) if Some(synod) == self.my_synod() => HolderKind::OwnDevice,
            Some(_) => HolderKind::Friend,
        };
        let before = self.receipts.get(&holder).map_or(0, |holding| holding.count);
        let known = self.receipts.contains_key(&holder) || self.receipts.len() < HOLDERS;
        if count > before && known {
            let holding = Holding { count, kind, synod };
            self.receipts.insert(holder, holding);
            let key = Key::new(Table::Receipts, holder.bytes().as_slice());
            self.save(Batch::new().put(key, holding.to_bytes()));
            self.status_changed = true;
        }
    }

    /// Tells of the network if something changed and the last telling is a second ago.
    pub(super) fn reconsider_status(&mut self) {
        self.reconsider_repair();
        if !self.ready || self.is_hub() {
            self.status_changed = false;
            return;
        }
        let due = self.status_due.is_none_or(|due| due <= self.now);
        self.status_changed |= self.differ_at.take_if(|at| *at <= self.now).is_some();
        if self.status_changed && due {
            self.status_changed = false;
            self.status_due = Some(self.now.after(EVERY));
            let network = self.network();
            self.emit(Event::Network(network));
        } else if !self.status_changed && due {
            self.status_due = None;
        }
    }

    /// Everybody who says, or said, how far feeds are.
    fn sources(&self) -> BTreeMap<Identity, Source> {
        let met = self.met.iter().map(|(peer, met)| {
            let source = Source { heard: met.at, here: false, kind: met.kind, synod: met.synod };
            (*peer, source)
        });
        let here = self.links.values().filter_map(|conn| {
            let heard = self.clock_at(conn.heard);
            let (kind, synod) = (self.kind_of(conn), self.account_of(conn));
            // Whoever names an account that does not name them is nobody.
            let known = synod.is_some() || conn.is_hub();
            known.then_some((conn.peer()?, Source { heard, here: true, kind, synod }))
        });
        met.chain(here).collect()
    }

    fn network(&mut self) -> Network {
        let sources = self.sources();
        let feeds = self.tracked.iter();
        let feeds = feeds.map(|(feed, synod)| self.feed_status(feed, synod, &sources)).collect();
        self.differ_at = self.feeds.values().filter_map(|held| self.differs_at(held)).min();
        Network {
            devices: self.device_statuses(),
            feeds,
            gaps: self.gaps(),
            followers: self.followers.iter().copied().collect(),
            ledger: self.ledger(),
            hubs: self
                .hubs
                .iter()
                .map(|hub| HubStatus {
                    identity: hub.identity,
                    origin: hub.origin.clone(),
                    refuses: hub.refuses,
                    state: hub.state,
                    retry_at: hub.link.is_none().then_some(self.clock_at(hub.retry_at)),
                })
                .collect(),
            missing: self.missing(),
            peers: self.links.values().filter_map(|conn| self.peer_status(conn)).collect(),
            receipts: self
                .receipts
                .iter()
                .map(|(holder, holding)| Receipt {
                    count: holding.count,
                    holder: *holder,
                    kind: holding.kind,
                    synod: holding.synod,
                })
                .collect(),
            storage: self.storage(),
            uploads: self.uploads.iter().copied().collect(),
            waiting: self.unheld(),
        }
    }

    /// How much of what was written here no other node is known to hold.
    fn unheld(&self) -> u64 {
        let Some(own) = self.feeds.get(&self.me) else { return 0 };
        let held = self.receipts.values().map(|holding| holding.count).max().unwrap_or(0);
        let after = |entry: &Cid| own.feed.position(entry).is_some_and(|at| u64::from(at) >= held);
        let unheld = (own.feed.len() as u64).saturating_sub(held);
        // What the devices agree on by themselves is nothing that somebody waits for.
        unheld.saturating_sub(self.statements().filter(|entry| after(entry)).count() as u64)
    }

    fn feed_status(
        &self,
        feed: &Identity,
        synod: &Identity,
        sources: &BTreeMap<Identity, Source>,
    ) -> FeedStatus {
        let mut status = FeedStatus {
            confirmed_by: 0,
            differing: Vec::new(),
            fork: None,
            head_time: Time(0),
            heard: None,
            held: 0,
            identity: *feed,
            known: 0,
            synod: *synod,
        };
        let Some(held) = self.feeds.get(feed) else { return status };
        let here = held.feed.len() as u64;
        // Who announced more than they gave is not believed.
        let told = held.remote.values().filter(|told| !told.spent).map(|told| told.head.count);
        let most = told.max().unwrap_or(0).max(here);
        let newest = |told: &Remote| match most == here {
            true => held.agrees(&told.head),
            false => !told.spent && told.head.count == most,
        };
        let mine = self.my_synod();
        let others = held.remote.iter().filter_map(|(peer, told)| {
            let source = sources.get(peer)?;
            (mine.is_none() || source.synod != mine).then_some((*peer, source, told))
        });
        let confirming = others.clone().filter(|(_, _, told)| newest(told));
        let independent: BTreeSet<Identity> =
            confirming.clone().map(|(peer, source, _)| source.synod.unwrap_or(peer)).collect();
        status.confirmed_by = u32::try_from(independent.len()).unwrap_or(u32::MAX);
        status.heard = confirming.map(|(_, source, _)| source.heard).max();
        status.differing = others
            .filter(|(_, source, told)| source.here && self.grace_of(held, told) <= self.now)
            .filter_map(|(holder, source, told)| {
                let how = held.difference(told)?;
                let Source { kind, synod, .. } = *source;
                Some(Differing { count: told.head.count, holder, how, kind, synod })
            })
            .collect();
        // On a synod's feed several write: only a device's own feed has one line.
        status.fork = if feed == synod { None } else { held.feed.fork() };
        status.head_time = Time(held.newest);
        (status.held, status.known) = (here, most);
        status
    }

    /// Until when somebody may differ.
    fn grace_of(&self, held: &Held, told: &Remote) -> Time {
        told.since.max(held.moved).after(GRACE)
    }

    /// When it has to be told next that somebody differs.
    fn differs_at(&self, held: &Held) -> Option<Time> {
        let remote = held.remote.iter().filter(|(peer, _)| self.index.peers.any(**peer));
        let differing = remote.filter(|(_, told)| held.difference(told).is_some());
        let moments = differing.map(|(_, told)| self.grace_of(held, told));
        moments.filter(|moment| *moment > self.now).min()
    }

    fn peer_status(&self, conn: &Conn) -> Option<PeerStatus> {
        let identity = conn.peer()?;
        let to_receive = self
            .feeds
            .values()
            .filter_map(|held| {
                let told = held.remote.get(&identity).filter(|told| !told.spent)?;
                Some(told.head.count.saturating_sub(held.feed.len() as u64))
            })
            .sum();
        Some(PeerStatus {
            bytes_in: conn.bytes_in,
            bytes_out: conn.bytes_out,
            identity,
            path: conn.path,
            synod: self.account_of(conn),
            to_receive,
        })
    }

    /// How many own contents are not here whole.
    fn missing(&self) -> u64 {
        let Some(me) = self.my_synod() else { return 0 };
        let lacks = |content: &&Content| {
            content.state != ContentState::Complete && content.owners.contains_key(&me)
        };
        self.contents.values().filter(lacks).count() as u64
    }

    pub(super) fn storage(&self) -> StorageStatus {
        let mut status = StorageStatus::default();
        for held in self.feeds.values() {
            let mine = self.my_synod() == Some(held.synod);
            let sum = if mine { &mut status.own } else { &mut status.others };
            *sum = sum.saturating_add(held.bytes);
        }
        let is_whole = |content: &Content| content.state == ContentState::Complete;
        for (named, content) in &self.contents {
            let bytes = if is_whole(content) { named.size } else { self.bytes_here(content) };
            if self.my_synod().is_some_and(|me| content.owners.contains_key(&me)) {
                status.own = status.own.saturating_add(bytes);
            } else {
                status.others = status.others.saturating_add(bytes);
            }
        }
        status
    }
}

impl Held {
    /// In what somebody who said this differs from what is here.
    fn difference(&self, told: &Remote) -> Option<Difference> {
        if told.head.generation != self.feed.generation() {
            return None;
        }
        match self.lacks(told) {
            true => told.spent.then_some(Difference::Promises),
            false => (!self.agrees(&told.head)).then_some(Difference::Behind),
        }
    }
}

impl Holding {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let synod = self.synod.map(|synod| synod.bytes().to_vec()).unwrap_or_default();
        [&[self.kind.to_byte()], self.count.to_be_bytes().as_slice(), &synod].concat()
    }

    /// Reads what is kept of it; `None` when it is damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let kind = HolderKind::from_byte(*kind)?;
        let (count, synod) = rest.split_first_chunk::<8>()?;
        let synod = match synod {
            [] => None,
            synod => Some(Identity::from_bytes(synod.try_into().ok()?)),
        };
        Some(Self { count: u64::from_be_bytes(*count), kind, synod })
    }
}
