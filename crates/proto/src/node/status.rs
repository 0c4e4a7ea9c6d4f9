//! How the network is doing, told at most once a second; and who holds the own entries.

use effigy_core::{Identity, Span, Time};
use effigy_store::{Batch, Key, Table};

use super::Node;
use super::state::{Conn, ContentState, Holding};
use crate::api::{
    Event, FeedStatus, HolderKind, HubStatus, Network, PeerStatus, Receipt, StorageStatus,
};
use crate::io::Link;
use crate::message::WireHead;

/// How often the network's state is told at most.
const EVERY: Span = Span::seconds(1);

/// Most holders of whom receipts are kept.
const HOLDERS: usize = 1_000;

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
        if self.status_changed && due {
            self.status_changed = false;
            self.status_due = Some(self.now.after(EVERY));
            let network = self.network();
            self.emit(Event::Network(network));
        } else if !self.status_changed && due {
            self.status_due = None;
        }
    }

    fn network(&self) -> Network {
        let own = self.feeds.get(&self.me).map_or(0, |held| held.feed.len() as u64);
        let most = self.receipts.values().map(|holding| holding.count).max().unwrap_or(0);
        Network {
            feeds: self.tracked.iter().map(|(feed, synod)| self.feed_status(feed, synod)).collect(),
            followers: self.followers.iter().copied().collect(),
            hubs: self
                .hubs
                .iter()
                .map(|hub| HubStatus {
                    identity: hub.identity,
                    origin: hub.origin.clone(),
                    state: hub.state,
                    retry_at: hub.link.is_none().then_some(hub.retry_at),
                })
                .collect(),
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
            waiting: own.saturating_sub(most),
        }
    }

    fn feed_status(&self, feed: &Identity, synod: &Identity) -> FeedStatus {
        let Some(held) = self.feeds.get(feed) else {
            return FeedStatus {
                confirmed_by: 0,
                fork: None,
                head_time: Time(0),
                held: 0,
                identity: *feed,
                known: 0,
                synod: *synod,
            };
        };
        let here = held.feed.len() as u64;
        // Who announced more than they gave is not believed.
        let told = || held.remote.values().filter(|told| !told.spent).map(|told| told.head.count);
        let most = told().max().unwrap_or(0).max(here);
        let agree = held.remote.values().filter(|told| told.head.count == most).count();
        FeedStatus {
            confirmed_by: u32::try_from(agree).unwrap_or(u32::MAX),
            // On a synod's feed several write: only a device's own feed has one line.
            fork: if feed == synod { None } else { held.feed.fork() },
            head_time: Time(held.newest),
            held: here,
            identity: *feed,
            known: most,
            synod: *synod,
        }
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

    fn storage(&self) -> StorageStatus {
        let mut status = StorageStatus::default();
        for held in self.feeds.values() {
            let mine = self.my_synod() == Some(held.synod);
            let sum = if mine { &mut status.own } else { &mut status.others };
            *sum = sum.saturating_add(held.bytes);
        }
        for content in self.contents.values().filter(|c| c.state == ContentState::Complete) {
            if self.my_synod().is_some_and(|me| content.owners.contains_key(&me)) {
                status.own = status.own.saturating_add(content.size);
            } else {
                status.others = status.others.saturating_add(content.size);
            }
        }
        status
    }
}

impl Holding {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let kind = match self.kind {
            HolderKind::Friend => 0,
            HolderKind::Hub => 1,
            HolderKind::OwnDevice => 2,
        };
        let synod = self.synod.map(|synod| synod.bytes().to_vec()).unwrap_or_default();
        [&[kind], self.count.to_be_bytes().as_slice(), &synod].concat()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (count, synod) = rest.split_first_chunk::<8>()?;
        let kind = match kind {
            0 => HolderKind::Friend,
            1 => HolderKind::Hub,
            2 => HolderKind::OwnDevice,
            _ => return None,
        };
        let synod = <[u8; 32]>::try_from(synod).ok().map(Identity::from_bytes);
        Some(Self { count: u64::from_be_bytes(*count), kind, synod })
    }
}
