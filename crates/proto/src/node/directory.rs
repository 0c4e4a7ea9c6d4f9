//! In which feed an entry is that is known by its id only: nobody's question costs a look at all feeds.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Identity};

/// The feeds of entries, by the first bytes of their ids. Two ids may begin alike, so whoever looks one
/// up asks the feeds that are named here.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// The number of each feed: what stands beside every entry should be short.
    numbers: BTreeMap<Identity, u32>,
    feeds: BTreeMap<u32, Identity>,
    next: u32,
    entries: BTreeSet<(u32, u32)>,
    /// Entries that came before anybody looked: to sort all of them at once takes a tenth of the time.
    early: Vec<(u32, u32)>,
}

impl Directory {
    /// An entry is part of a feed.
    pub(super) fn add(&mut self, feed: Identity, id: &Cid) {
        let number = self.number(feed);
        if self.entries.is_empty() {
            self.early.push((start(id), number));
        } else {
            self.entries.insert((start(id), number));
        }
    }

    /// A feed is no longer here, nor are its entries, which had these ids.
    pub(super) fn forget<'a>(&mut self, feed: &Identity, ids: impl Iterator<Item = &'a Cid>) {
        self.settle();
        let Some(number) = self.numbers.remove(feed) else { return };
        self.feeds.remove(&number);
        for id in ids {
            self.entries.remove(&(start(id), number));
        }
    }

    /// Feeds that may have an entry; seldom more than one.
    pub(super) fn feeds_of(&mut self, id: &Cid) -> Vec<Identity> {
        self.settle();
        let start = start(id);
        let numbers = self.entries.range((start, 0)..=(start, u32::MAX));
        numbers.filter_map(|(_, number)| self.feeds.get(number)).copied().collect()
    }

    fn settle(&mut self) {
        if !self.early.is_empty() {
            self.entries = std::mem::take(&mut self.early).into_iter().collect();
        }
    }

    fn number(&mut self, feed: Identity) -> u32 {
        *self.numbers.entry(feed).or_insert_with(|| {
            // No node lives to see four billion feeds.
            self.next = self.next.wrapping_add(1);
            self.feeds.insert(self.next, feed);
            self.next
        })
    }
}

fn start(id: &Cid) -> u32 {
    id.digest().first_chunk().copied().map_or(0, u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(last: u8) -> Cid {
        let mut digest = [7; 32];
        digest[31] = last;
        Cid::from_digest(digest)
    }

    #[test]
    fn entries_are_found_until_their_feed_goes() {
        let [one, two] = [1, 2].map(|byte| Identity::from_bytes([byte; 32]));
        let mut directory = Directory::default();
        let ids: Vec<Cid> = (0..100_u32).map(|n| Cid::of(&n.to_be_bytes())).collect();
        for (n, id) in ids.iter().enumerate() {
            directory.add(if n % 2 == 0 { one } else { two }, id);
            if n == 50 {
                assert_eq!(directory.feeds_of(&ids[50]), [one], "also before all have come");
            }
        }
        directory.add(one, &alike(1));
        directory.add(two, &alike(2));
        assert_eq!(directory.feeds_of(&alike(2)), [one, two], "they begin alike");
        assert_eq!(directory.feeds_of(&ids[33]), [two]);
        directory.forget(&two, ids.iter().chain([&alike(2)]));
        assert_eq!(directory.feeds_of(&ids[33]), []);
        assert_eq!(directory.feeds_of(&alike(2)), [one]);
        assert_eq!(directory.entries.len(), 51, "nothing of the feed is left");
        directory.add(two, &ids[33]);
        assert_eq!(directory.feeds_of(&ids[33]), [two], "it may come again");
    }
}
