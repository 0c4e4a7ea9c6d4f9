//! Which feeds are replicated here, and giving up those that no longer are.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::Identity;
use effigy_feed::planted::{self, Bug};
use effigy_feed::{Relation, Synod};
use effigy_store::{Batch, Key, Table};

use super::packs::delete_pack;
use super::restore::follower_key;
use super::state::Conn;
use super::{Node, Role};
use crate::api::{Event, Named, registers};
use crate::io::Link;

/// Most accounts of people who only follow whose profiles are kept.
const PROFILES: usize = 500;

impl Node {
    /// Accounts of which everything is replicated here.
    fn accounts(&self) -> BTreeSet<Identity> {
        let mut accounts: BTreeSet<Identity> = self.members.keys().copied().collect();
        accounts.extend(self.guests());
        let followed = self.relations.all(Relation::Follow);
        accounts.extend(followed.filter(|synod| !self.leaves_out(synod)));
        accounts.retain(|synod| !self.is_blocked(synod));
        accounts.extend(self.my_synod());
        accounts
    }

    /// Accounts of which it is only known who they are: of those with whom shares are, of those who follow or
    /// say so, and of those who are followed and whose posts are not kept on this device.
    fn acquainted(&self) -> BTreeSet<Identity> {
        let left_out = self.relations.all(Relation::Follow).filter(|synod| self.leaves_out(synod));
        let known = self.knocking.keys().chain(&self.followers).copied();
        let all = self
            .people_of_shares()
            .chain(left_out)
            .chain(known)
            .filter(|synod| !self.is_blocked(synod));
        all.take(PROFILES).collect()
    }

    /// Something was said of what a device keeps: if it is this one, posts go, or come.
    pub(super) fn keeping_changed(&mut self, name: &str) {
        let begin = format!("{}{}/", registers::KEEPS, self.me);
        let synod = name.strip_prefix(&begin).and_then(|synod| synod.parse::<Identity>().ok());
        let Some(synod) = synod.filter(|synod| Some(*synod) != self.my_synod()) else { return };
        let is_kept = self.accounts().contains(&synod);
        if !is_kept && self.relations.wants(&synod) {
            let mut batch = Batch::new();
            self.drop_feeds(synod, false, &mut batch);
            self.save(batch.strict());
            self.emit(Event::Forgotten(synod));
        }
        self.retrack();
    }

    /// Works out which feeds are replicated, after whatever they follow from has changed.
    pub(super) fn retrack(&mut self) {
        let accounts = self.accounts();
        let mut tracked: BTreeMap<Identity, Identity> =
            accounts.iter().map(|synod| (*synod, *synod)).collect();
        // One's own devices first: nobody else's account can take them over.
        for synod in self.my_synod().into_iter().chain(accounts) {
            for device in self.synods.get(&synod).into_iter().flat_map(Synod::feeds) {
                tracked.entry(*device).or_insert(synod);
            }
        }
        if let Some(synod) = self.my_synod() {
            tracked.insert(self.me, synod);
        }
        for synod in self.acquainted() {
            tracked.entry(synod).or_insert(synod);
        }
        let old = std::mem::replace(&mut self.tracked, tracked);
        let new: Vec<Identity> =
            self.tracked.keys().filter(|feed| !old.contains_key(feed)).copied().collect();
        let lost: Vec<Identity> =
            old.into_keys().filter(|feed| !self.tracked.contains_key(feed)).collect();
        self.note_tracked(&new, &lost);
    }

    /// These are replicated from now on, or no longer.
    pub(super) fn note_tracked(&mut self, new: &[Identity], lost: &[Identity]) {
        self.unsummed.extend(new.iter().chain(lost));
        if !self.ready {
            return;
        }
        for feed in new.iter().chain(lost) {
            if self.feeds.get(feed).is_none_or(|held| held.feed.is_empty()) {
                continue;
            }
            // What is kept becomes known to others, or is no longer.
            if self.tracked.contains_key(feed) {
                self.note_change(*feed);
            } else {
                self.note_gone(*feed);
            }
        }
        self.unask_everybody(lost);
        self.ask_for_new(new);
    }

    /// Replicates one account more, or devices of it that are new.
    fn track_account(&mut self, synod: Identity) {
        let devices = self.synods.get(&synod).into_iter().flat_map(Synod::feeds);
        let feeds = std::iter::once(&synod).chain(devices).copied();
        let new: Vec<Identity> = feeds.filter(|feed| !self.tracked.contains_key(feed)).collect();
        self.tracked.extend(new.iter().map(|feed| (*feed, synod)));
        self.note_tracked(&new, &[]);
    }

    /// The devices of an account have changed.
    pub(super) fn devices_changed(&mut self, synod: Identity) {
        if self.is_hub() {
            self.track_account(synod);
            self.admit_guest(synod);
        } else {
            self.retrack();
        }
    }

    fn ask_for_new(&mut self, new: &[Identity]) {
        if new.is_empty() || !self.ready {
            return;
        }
        self.status_changed = true;
        self.ask_everybody(new);
        self.share_presence();
    }

    /// Open sessions of those who may be asked for what these accounts published.
    pub(super) fn concerned<'a>(
        &self,
        synods: impl IntoIterator<Item = &'a Identity>,
    ) -> BTreeSet<Link> {
        if !self.is_hub() {
            return self.open_links().into_iter().collect();
        }
        let synods: BTreeSet<&Identity> = synods.into_iter().collect();
        let of =
            |synod: &Identity| self.index.accounts.of(*synod).chain(self.index.watchers.of(*synod));
        synods.into_iter().flat_map(of).collect()
    }

    /// The account of who is at the other end of a connection, if that account names the device.
    pub(super) fn account_of(&self, conn: &Conn) -> Option<Identity> {
        let (peer, synod) = (conn.peer()?, conn.claimed()?);
        self.synods.get(&synod)?.devices.contains_key(&peer).then_some(synod)
    }

    // Hubs: members and guests.

    /// Accounts that those say they are of who are connected to this hub and are no members.
    fn guests(&self) -> impl Iterator<Item = Identity> + '_ {
        let claimed = self.links.values().filter_map(Conn::claimed);
        claimed.filter(|synod| self.is_hub() && !self.members.contains_key(synod))
    }

    /// Somebody came to this hub. What they say their account is makes them a guest: what they show
    /// of it is kept while they are here. A member is who is named by the account.
    pub(super) fn welcome(&mut self, synod: Identity) {
        if !self.is_hub() {
            return;
        }
        if self.members.contains_key(&synod) {
            self.see_member(synod);
            return;
        }
        self.track_account(synod);
        self.admit_guest(synod);
    }

    /// Makes a guest a member whose account names the device that is here, while there is room.
    fn admit_guest(&mut self, synod: Identity) {
        let Role::Hub(policy) = &self.role else { return };
        if self.is_full()
            || self.members.contains_key(&synod)
            || self.members.len() >= policy.members
        {
            return;
        }
        if self.is_somebody_here(synod) {
            self.note_member(synod, true);
            self.tell_upkeep();
        }
    }

    /// Whether a device is connected that its account names.
    pub(super) fn is_somebody_here(&self, synod: Identity) -> bool {
        let names = |link| self.links.get(&link).and_then(|conn| self.account_of(conn));
        self.index.accounts.of(synod).any(|link| names(link) == Some(synod))
    }

    /// Somebody left this hub: what a guest showed is dropped with the last who showed it.
    pub(super) fn see_off(&mut self, synod: Identity) {
        if !self.is_hub() || self.members.contains_key(&synod) || self.index.accounts.any(synod) {
            return;
        }
        // Who only said a name left nothing behind.
        if !self.feeds.contains_key(&synod) && !self.synods.contains_key(&synod) {
            self.tracked.remove(&synod);
            return;
        }
        self.give_up_account(synod, Batch::new());
    }

    // Giving up.

    /// A hub keeps an account no longer: all of it goes, with what else belongs to that.
    pub(super) fn give_up_account(&mut self, synod: Identity, mut batch: Batch) {
        for device in self.drop_account(synod, &mut batch) {
            self.forget_list(&device);
            self.forget_met(&device);
        }
        let lost: Vec<Identity> =
            self.tracked.extract_if(.., |_, owner| *owner == synod).map(|(feed, _)| feed).collect();
        self.note_tracked(&[], &lost);
        self.save(batch);
    }

    /// Somebody is blocked: everything of theirs goes, and they are shut out.
    pub(super) fn forget_account(&mut self, synod: Identity) {
        let links: Vec<Link> = self
            .links
            .iter()
            .filter(|(_, conn)| conn.claimed() == Some(synod) || self.is_of(conn, &synod))
            .map(|(link, _)| *link)
            .collect();
        let ways = self.direct.iter().filter(|(_, direct)| self.names(&synod, &direct.peer));
        let ways: Vec<Link> = ways.map(|(link, _)| *link).collect();
        let mut batch = Batch::new();
        let devices = self.drop_account(synod, &mut batch);
        for device in devices {
            self.present.remove(&device);
            self.tries.remove(&device);
            if self.receipts.remove(&device).is_some() {
                batch.deletes.push(Key::new(Table::Receipts, device.bytes().as_slice()));
            }
            self.forget_list(&device);
            self.forget_met(&device);
        }
        self.followers.remove(&synod);
        self.knocking.remove(&synod);
        self.drop_greeting(synod);
        if planted::has(Bug::BlockedKept) {
            batch.deletes.clear();
        }
        self.save(batch.delete(follower_key(&synod)).strict());
        self.emit(Event::Forgotten(synod));
        links.into_iter().chain(ways).for_each(|link| self.close(link));
        self.retrack();
    }

    fn is_of(&self, conn: &Conn, synod: &Identity) -> bool {
        conn.peer().is_some_and(|peer| self.names(synod, &peer))
    }

    /// Whether an account names a device as its own.
    pub(super) fn names(&self, synod: &Identity, device: &Identity) -> bool {
        self.synods.get(synod).is_some_and(|state| state.devices.contains_key(device))
    }

    /// Somebody is no longer followed: what they said goes, to make room. Who they are stays known
    /// if they follow.
    pub(super) fn unfollow(&mut self, synod: Identity) {
        let known = self.acquainted().contains(&synod);
        let mut batch = Batch::new();
        if known {
            self.drop_feeds(synod, false, &mut batch);
        } else {
            self.drop_account(synod, &mut batch);
        }
        self.drop_greeting(synod);
        self.save(batch.strict());
        self.emit(Event::Forgotten(synod));
        self.retrack();
    }

    /// Drops everything of one account. Gives its devices.
    fn drop_account(&mut self, synod: Identity, batch: &mut Batch) -> Vec<Identity> {
        self.drop_feeds(synod, true, batch);
        let state = self.synods.remove(&synod);
        state.into_iter().flat_map(|state| state.devices.into_keys()).collect()
    }

    /// Drops the feeds of an account's devices and their pictures; `whole` also the account's own.
    pub(super) fn drop_feeds(&mut self, synod: Identity, whole: bool, batch: &mut Batch) {
        let feeds: Vec<Identity> = self
            .feeds
            .iter()
            .filter(|(feed, held)| held.synod == synod && (whole || **feed != synod))
            .map(|(feed, _)| *feed)
            .collect();
        for feed in feeds {
            let Some(held) = self.feeds.remove(&feed) else { continue };
            let generation = held.feed.generation();
            let firsts = held.packs.keys();
            batch.deletes.extend(firsts.flat_map(|first| delete_pack(&feed, generation, *first)));
            self.newest.forget(&feed);
            self.stop_asking(&feed);
            self.stop_merging(&feed);
            self.forget_closed(&feed);
            self.forget_places(feed, &held.feed);
            if !held.feed.is_empty() {
                self.note_gone(feed);
            }
            self.waiting.take(feed);
        }
        let pictures: Vec<Named> = self
            .contents
            .iter()
            .filter(|(_, content)| content.owners.contains_key(&synod))
            .map(|(named, _)| *named)
            .collect();
        pictures.into_iter().for_each(|named| self.disown(named, synod, batch));
        self.save_newest(batch);
    }
}
