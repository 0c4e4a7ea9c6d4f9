//! Marks: in which order the feeds that are kept here have moved, so that somebody who was here before
//! can be told what changed since, and nothing else.
//!
//! Marks count changes of heads. A mark is told together with the name of the store, which is drawn
//! anew at each start: a machine that dies may lose the last of what it said it had, and gives the same
//! marks again to other changes. Which names there were, and at which mark each began, is kept; so an
//! old mark is cut to what was still there when the next name was drawn, and one of a store that was
//! emptied or rolled back is known to be none.

use effigy_core::Identity;
use effigy_store::{Batch, Key, Table};

use super::Node;
use super::restore::RestoreError;
use crate::message::{Mark, StoreName};

/// Most names of former starts that are kept. Whoever comes with an older one begins anew.
pub(super) const NAMES: usize = 256;
/// Most feeds that are no longer here of which that is remembered. Whoever was told a mark from before
/// the oldest of them begins anew.
pub(super) const GONE: usize = 4_096;

const HERE: u8 = 0;
const NO_MORE: u8 = 1;

/// The marks of a store.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The mark of the last change.
    pub last: u64,
    /// The mark of the last change that was there when this node started.
    pub started: u64,
    /// Feeds that are no longer here, and the mark at which they went.
    pub gone: std::collections::BTreeMap<Identity, u64>,
    /// Of feeds that went at this mark or before nothing is known.
    pub floor: u64,
    /// Names of this store, and the mark after which each began.
    pub names: Vec<(StoreName, u64)>,
    /// Whether the last of the names is that of this start.
    pub named: bool,
}

fn change_key(feed: &Identity) -> Key {
    Key::new(Table::Peers, [b"moved/".as_slice(), feed.bytes()].concat())
}

fn names_key() -> Key {
    Key::new(Table::Meta, b"names".as_slice())
}

fn floor_key() -> Key {
    Key::new(Table::Meta, b"floor".as_slice())
}

impl Node {
    /// The head of a feed is another one now.
    pub(super) fn note_change(&mut self, feed: Identity) {
        let mark = self.next_mark();
        self.marks.gone.remove(&feed);
        let now = self.now;
        if let Some(held) = self.feeds.get_mut(&feed) {
            (held.changed, held.moved) = (mark, now);
        }
        self.note_moved(feed, HERE, mark);
    }

    /// A feed is no longer here, or no longer given.
    pub(super) fn note_gone(&mut self, feed: Identity) {
        let mark = self.next_mark();
        self.marks.gone.insert(feed, mark);
        self.note_moved(feed, NO_MORE, mark);
        if self.marks.gone.len() <= GONE {
            return;
        }
        let oldest = self.marks.gone.iter().min_by_key(|(_, mark)| **mark);
        if let Some((oldest, mark)) = oldest.map(|(feed, mark)| (*feed, *mark)) {
            self.marks.gone.remove(&oldest);
            self.marks.floor = mark;
            let batch = Batch::new().delete(change_key(&oldest));
            self.save(batch.put(floor_key(), mark.to_be_bytes().as_slice()));
        }
    }

    fn next_mark(&mut self) -> u64 {
        // What was told under the name before must not be taken for what comes now.
        self.store_name();
        self.marks.last = self.marks.last.saturating_add(1);
        self.marks.last
    }

    fn note_moved(&mut self, feed: Identity, state: u8, mark: u64) {
        self.moved.insert(feed);
        self.unsummed.insert(feed);
        let value = [&[state], mark.to_be_bytes().as_slice()].concat();
        self.save(Batch::new().put(change_key(&feed), value));
    }

    /// The name of this store since its start, drawn when it is first needed.
    pub(super) fn store_name(&mut self) -> StoreName {
        if self.marks.named
            && let Some((name, _)) = self.marks.names.last()
        {
            return *name;
        }
        let name = StoreName(self.random.bytes());
        self.marks.names.push((name, self.marks.started));
        self.marks.named = true;
        let old = self.marks.names.len().saturating_sub(NAMES);
        self.marks.names.drain(..old);
        let names = self.marks.names.iter();
        let value: Vec<u8> =
            names.flat_map(|(name, from)| name.0.into_iter().chain(from.to_be_bytes())).collect();
        self.save(Batch::new().put(names_key(), value));
        name
    }

    /// A mark of this store, to be told.
    pub(super) fn mark(&mut self, at: u64) -> Mark {
        Mark(self.store_name(), at)
    }

    /// What a mark that somebody was told once stands for now; `None` when that is not known here.
    pub(super) fn known_mark(&self, mark: Mark) -> Option<u64> {
        let at = self.marks.names.iter().position(|(name, _)| *name == mark.0)?;
        let next = self.marks.names.get(at.saturating_add(1));
        // What was told above this was lost before the next start.
        let most = next.map_or(self.marks.last, |(_, from)| *from);
        let since = mark.1.min(most);
        (since >= self.marks.floor).then_some(since)
    }

    /// The mark of a feed's last change.
    pub(super) fn changed_at(&self, feed: &Identity) -> u64 {
        let held = self.feeds.get(feed).map(|held| held.changed);
        held.or_else(|| self.marks.gone.get(feed).copied()).unwrap_or(0)
    }

    pub(super) fn restore_change(&mut self, key: &[u8], value: &[u8]) -> Result<(), RestoreError> {
        let feed = key.try_into().map(Identity::from_bytes).map_err(|_| RestoreError)?;
        let (state, mark) = value.split_first().ok_or(RestoreError)?;
        let mark = u64::from_be_bytes(mark.try_into().map_err(|_| RestoreError)?);
        self.restore_mark(mark);
        match *state {
            HERE => {
                self.restoring.changed.insert(feed, mark);
            }
            NO_MORE => {
                self.marks.gone.insert(feed, mark);
            }
            _ => return Err(RestoreError),
        }
        Ok(())
    }

    fn restore_mark(&mut self, mark: u64) {
        self.marks.last = self.marks.last.max(mark);
        self.marks.started = self.marks.last;
    }

    /// Takes what belongs to the marks from what the store tells. Says whether it does.
    pub(super) fn restore_names(&mut self, key: &[u8], value: &[u8]) -> Result<bool, RestoreError> {
        if key == b"floor" {
            let floor = u64::from_be_bytes(value.try_into().map_err(|_| RestoreError)?);
            self.marks.floor = floor;
            self.restore_mark(floor);
            return Ok(true);
        }
        if key != b"names" {
            return Ok(false);
        }
        let (names, rest) = value.as_chunks::<16>();
        if !rest.is_empty() {
            return Err(RestoreError);
        }
        for name in names {
            let (name, from) = name.split_first_chunk::<8>().ok_or(RestoreError)?;
            let from = u64::from_be_bytes(from.try_into().map_err(|_| RestoreError)?);
            self.marks.names.push((StoreName(*name), from));
            self.restore_mark(from);
        }
        Ok(true)
    }
}
