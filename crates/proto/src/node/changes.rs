//! Telling somebody who was here before what changed since, without their saying again what they
//! watch.

use std::collections::BTreeSet;

use effigy_core::random::Random;
use effigy_core::{Cid, Identity, Time};
use effigy_feed::planted::{self, Bug};
use effigy_store::{Batch, Key, Table};

use super::Node;
use super::heads::WATCHES;
use super::restore::RestoreError;
use super::state::{Conn, Pending, Remembered, Watches};
use crate::io::Link;
use crate::message::{ErrorCode, LIST, Mark, Message, WatchName, WireHead};

/// Most devices whose lists are remembered, and most feeds on all of them together: 32 MiB on the
/// disk. Those who were not here for longest are forgotten first.
pub(super) const REMEMBERED: usize = 16_384;
pub(super) const REMEMBERED_FEEDS: usize = 1 << 20;

/// Where a list rests.
fn list_key(device: &Identity) -> Key {
    Key::new(Table::Peers, [b"watch/".as_slice(), device.bytes()].concat())
}

/// By what a name is known again. It does not open the list.
fn tag_of(watch: WatchName) -> [u8; 16] {
    let hash = Cid::of(&[b"effigy/watch-tag/v1\0".as_slice(), &watch.0].concat());
    hash.digest().first_chunk().copied().unwrap_or_default()
}

/// Closes a list with its name, or opens it again. The name is the asker's secret, and for each list
/// another one: what rests on a hub's disk does not say who watches whom.
fn veil(feeds: impl IntoIterator<Item = [u8; 32]>, watch: WatchName) -> Vec<[u8; 32]> {
    let key = Cid::of(&[b"effigy/watch-key/v1\0".as_slice(), &watch.0].concat());
    let mut stream = Random::seeded(*key.digest());
    let cover = |feed: [u8; 32]| {
        let mut covered = stream.bytes::<32>();
        covered.iter_mut().zip(feed).for_each(|(byte, of_feed)| *byte ^= of_feed);
        covered
    };
    feeds.into_iter().map(cover).collect()
}

impl Node {
    /// A peer asks what changed since a mark, or only wants what it watches remembered.
    pub(super) fn changes_asked(
        &mut self,
        link: Link,
        request: u32,
        since: Option<Mark>,
        watch: WatchName,
    ) {
        let Some(conn) = self.links.get(&link) else { return };
        let Some(device) = conn.peer() else { return };
        let listed = !matches!(&conn.watches, Watches::Listed(feeds) if feeds.is_empty());
        match since {
            _ if listed => {
                self.remember(link, watch);
                self.answer_changes(link, request, since);
            }
            Some(since) if self.remembers(&device, watch) => {
                self.load(list_key(&device), Pending::Watched { link, request, since, watch });
            }
            _ => self.send(link, &Message::Error { about: request, code: ErrorCode::NotFound }),
        }
        if listed {
            self.peer_is_known(link);
        }
    }

    fn remembers(&self, device: &Identity, watch: WatchName) -> bool {
        self.remembered.get(device).is_some_and(|list| list.tag == tag_of(watch))
    }

    /// The list that a peer gave before is here.
    pub(super) fn watches_loaded(
        &mut self,
        link: Link,
        request: u32,
        since: Mark,
        watch: WatchName,
        bytes: Option<Vec<u8>>,
    ) {
        let now = self.clock;
        let Some(conn) = self.links.get_mut(&link) else { return };
        let Some(device) = conn.peer() else { return };
        let list = bytes.as_deref().and_then(|bytes| bytes.get(24..)).map(<[u8]>::as_chunks);
        let Some((feeds, [])) = list else {
            self.send(link, &Message::Error { about: request, code: ErrorCode::NotFound });
            return;
        };
        conn.talk.remembered = Some(watch);
        let feeds = veil(feeds.iter().copied(), watch).into_iter().map(Identity::from_bytes);
        let feeds: BTreeSet<Identity> = feeds.take(WATCHES).collect();
        if let Some(list) = self.remembered.get_mut(&device) {
            list.used = now;
        }
        let asked = self.links.get(&link).map(|conn| &conn.talk.about);
        let new = feeds.iter().filter(|feed| asked.is_none_or(|asked| !asked.contains(feed)));
        let new: Vec<Identity> = new.copied().collect();
        self.set_watches(link, Watches::Listed(feeds));
        if self.is_hub() {
            // It may have been asked before it was known what concerns it.
            self.asked_by(link, &new);
            self.ask_blobs(link);
        }
        self.answer_changes(link, request, Some(since));
        self.peer_is_known(link);
    }

    /// Remembers what a peer watches until it comes again: of those whose account is kept here, and of
    /// hubs that this node uses.
    fn remember(&mut self, link: Link, watch: WatchName) {
        let Some(conn) = self.links.get(&link) else { return };
        let Some(device) = conn.peer() else { return };
        let Watches::Listed(feeds) = &conn.watches else { return };
        if !self.keeps_for(conn) || conn.talk.remembered == Some(watch) {
            return;
        }
        let (tag, used, count) = (tag_of(watch), self.clock, feeds.len());
        let list = veil(feeds.iter().map(|feed| *feed.bytes()), watch).concat();
        let value = [tag.as_slice(), &used.0.to_be_bytes(), &list].concat();
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.remembered = Some(watch);
        }
        self.remembered.insert(device, Remembered { tag, count, used });
        // Lists can be told again: for their sake nobody waits for a disk.
        self.save_loosely(Batch::new().put(list_key(&device), value));
        self.forget_lists();
    }

    /// Whether this node does something for a peer beyond its session: a person for hubs and for those
    /// whose accounts it replicates, a hub for its members. Strangers can come in any number.
    pub(super) fn keeps_for(&self, conn: &Conn) -> bool {
        match self.account_of(conn) {
            Some(synod) if self.is_hub() => self.members.contains_key(&synod),
            Some(synod) => self.tracked.contains_key(&synod),
            None => conn.is_hub(),
        }
    }

    fn forget_lists(&mut self) {
        let feeds = |lists: &std::collections::BTreeMap<Identity, Remembered>| {
            lists.values().map(|list| list.count).sum::<usize>()
        };
        while self.remembered.len() > REMEMBERED || feeds(&self.remembered) > REMEMBERED_FEEDS {
            let oldest = self.remembered.iter().min_by_key(|(_, list)| list.used);
            let Some(oldest) = oldest.map(|(device, _)| *device) else { return };
            self.forget_list(&oldest);
        }
    }

    pub(super) fn forget_list(&mut self, device: &Identity) {
        if self.remembered.remove(device).is_some() {
            self.save_loosely(Batch::new().delete(list_key(device)));
        }
    }

    pub(super) fn restore_list(&mut self, key: &[u8], value: &[u8]) -> Result<(), RestoreError> {
        let device = key.try_into().map(Identity::from_bytes).map_err(|_| RestoreError)?;
        let (tag, rest) = value.split_first_chunk().ok_or(RestoreError)?;
        let (used, list) = rest.split_first_chunk().ok_or(RestoreError)?;
        let (tag, used) = (*tag, Time(u64::from_be_bytes(*used)));
        self.remembered.insert(device, Remembered { tag, count: list.len() / 32, used });
        Ok(())
    }

    /// Answers what changed, one page of it.
    fn answer_changes(&mut self, link: Link, request: u32, since: Option<Mark>) {
        let Some(since) = since else {
            // All was told already, but for what moved just now and is about to be.
            let pending = self.moved.iter().map(|feed| self.changed_at(feed)).min();
            let at = pending.map_or(self.marks.last, |first| first.saturating_sub(1));
            let mark = self.mark(at);
            let (gone, heads) = (Vec::new(), Vec::new());
            self.send(link, &Message::Changes { gone, heads, mark, more: false, request });
            return;
        };
        let (Some(since), Some(conn)) = (self.known_mark(since), self.links.get(&link)) else {
            self.send(link, &Message::Error { about: request, code: ErrorCode::NotFound });
            return;
        };
        let feeds = self.watched(conn).into_iter().map(|feed| (self.changed_at(&feed), feed));
        let mut changed: Vec<(u64, Identity)> = feeds.filter(|(at, _)| *at > since).collect();
        changed.sort_unstable();
        if planted::has(Bug::MarkSkips) && !changed.is_empty() {
            changed.remove(0);
        }
        let more = changed.len() > LIST;
        changed.truncate(LIST);
        let last = changed.last().map_or(0, |(at, _)| *at);
        let at = if more { last } else { self.marks.last };
        self.send_changes(link, request, &changed, at, more);
    }

    /// Tells of feeds that moved just now.
    pub(super) fn tell_changes(&mut self, link: Link, feeds: &[Identity]) {
        let mut changed: Vec<(u64, Identity)> =
            feeds.iter().map(|feed| (self.changed_at(feed), *feed)).collect();
        changed.sort_unstable();
        let mut pages = changed.chunks(LIST).peekable();
        while let Some(page) = pages.next() {
            let last = page.last().map_or(0, |(at, _)| *at);
            let at = if pages.peek().is_some() { last } else { self.marks.last };
            self.send_changes(link, 0, page, at, false);
        }
    }

    fn send_changes(
        &mut self,
        link: Link,
        request: u32,
        changed: &[(u64, Identity)],
        at: u64,
        more: bool,
    ) {
        let mark = self.mark(at);
        let (mut heads, mut gone): (Vec<WireHead>, _) = (Vec::new(), Vec::new());
        for (_, feed) in changed {
            match self.wire_head(feed) {
                Some(head) => heads.push(head),
                None => gone.push(*feed),
            }
        }
        self.send(link, &Message::Changes { gone, heads, mark, more, request });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_with_its_name_and_not_without() {
        let feeds = [[1; 32], [2; 32], [3; 32]];
        let (name, other) = (WatchName([7; 16]), WatchName([8; 16]));
        let veiled = veil(feeds, name);
        assert!(feeds.iter().all(|feed| !veiled.contains(feed)));
        assert_eq!(veil(veiled.clone(), name), feeds);
        assert_ne!(veil(veiled, other), feeds);
        assert_ne!(tag_of(name), name.0);
    }
}
