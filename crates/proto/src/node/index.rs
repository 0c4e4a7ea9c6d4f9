//! Who is connected, found by what one asks for them, and when to look at whom again: nothing that
//! happens on one connection may cost a look at all the others.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use effigy_core::{Cid, Identity, Time};

use super::state::Later;
use crate::io::Link;
use crate::message::Name;

/// What a node looks up of its connections and of what it waits for.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Open sessions by the account that the other side says it belongs to.
    pub accounts: Pairs<Identity>,
    /// What is done later on connections.
    pub later: Timers<(Link, Later)>,
    /// Connections that have to prove themselves, or to be asked whether somebody is there.
    pub links: Timers<Link>,
    /// Sessions by blobs that the other side looks for.
    pub lookers: Pairs<Cid>,
    /// Open sessions by who is at the other end, as letters name them; at a hub.
    pub names: Pairs<Name>,
    /// Open sessions by who is at the other end.
    pub peers: Pairs<Identity>,
    /// Blobs on their way.
    pub wants: Timers<Cid>,
    /// Sessions by feeds whose heads the other side wants to hear of.
    pub watchers: Pairs<Identity>,
}

/// Connections by something that several of them may have in common.
#[derive(Debug)]
pub(super) struct Pairs<K>(BTreeSet<(K, Link)>);

impl<K> Default for Pairs<K> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<K: Copy + Ord> Pairs<K> {
    pub(super) fn insert(&mut self, key: K, link: Link) {
        self.0.insert((key, link));
    }

    pub(super) fn remove(&mut self, key: K, link: Link) {
        self.0.remove(&(key, link));
    }

    /// The connections of one, the oldest first.
    pub(super) fn of(&self, key: K) -> impl DoubleEndedIterator<Item = Link> + '_ {
        self.0.range((key, Link(0))..=(key, Link(u64::MAX))).map(|(_, link)| *link)
    }

    pub(super) fn contains(&self, key: K, link: Link) -> bool {
        self.0.contains(&(key, link))
    }

    pub(super) fn any(&self, key: K) -> bool {
        self.of(key).next().is_some()
    }
}

/// Moments at which something has to be looked at. Whatever pushes a moment back costs nothing: it
/// is looked at when the first one comes, and armed again by whoever finds it too early.
#[derive(Debug)]
pub(super) struct Timers<K> {
    armed: BTreeMap<K, Time>,
    moments: BTreeSet<(Time, K)>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self { armed: BTreeMap::new(), moments: BTreeSet::new() }
    }
}

impl<K: Copy + Ord> Timers<K> {
    /// Looks at this no later than at that moment.
    pub(super) fn arm(&mut self, key: K, at: Time) {
        match self.armed.insert(key, at) {
            Some(before) if before <= at => {
                self.armed.insert(key, before);
            }
            before => {
                if let Some(before) = before {
                    self.moments.remove(&(before, key));
                }
                self.moments.insert((at, key));
            }
        }
    }

    /// Looks at this no more.
    pub(super) fn disarm(&mut self, key: K) {
        if let Some(at) = self.armed.remove(&key) {
            self.moments.remove(&(at, key));
        }
    }

    /// Looks at none of these any more.
    pub(super) fn disarm_all(&mut self, keys: RangeInclusive<K>) {
        let armed: Vec<K> = self.armed.range(keys).map(|(key, _)| *key).collect();
        armed.into_iter().for_each(|key| self.disarm(key));
    }

    /// Takes out all whose moment has come.
    pub(super) fn due(&mut self, now: Time) -> Vec<K> {
        let mut due = Vec::new();
        while let Some((at, key)) = self.moments.first().copied()
            && at <= now
        {
            self.disarm(key);
            due.push(key);
        }
        due
    }

    /// The next moment.
    pub(super) fn next(&self) -> Option<Time> {
        self.moments.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_found_by_what_they_have_in_common() {
        let mut pairs = Pairs::default();
        for (key, link) in [(2, 7), (1, 9), (2, 3), (3, 0), (2, u64::MAX)] {
            pairs.insert(key, Link(link));
        }
        let of = |pairs: &Pairs<i32>, key| pairs.of(key).map(|link| link.0).collect::<Vec<_>>();
        assert_eq!(of(&pairs, 2), [3, 7, u64::MAX]);
        pairs.remove(2, Link(7));
        pairs.remove(1, Link(7));
        assert_eq!((of(&pairs, 2), of(&pairs, 1)), (vec![3, u64::MAX], vec![9]));
        assert!(pairs.any(3) && !pairs.any(4));
    }

    #[test]
    fn the_earliest_moment_of_each_counts() {
        let mut timers = Timers::default();
        timers.arm('a', Time(50));
        timers.arm('b', Time(30));
        timers.arm('a', Time(70));
        timers.arm('b', Time(20));
        timers.arm('c', Time(60));
        timers.disarm('c');
        timers.disarm('d');
        assert_eq!(timers.next(), Some(Time(20)));
        assert_eq!(timers.due(Time(19)), Vec::<char>::new());
        assert_eq!(timers.due(Time(50)), ['b', 'a']);
        assert_eq!((timers.next(), timers.due(Time(1_000))), (None, vec![]));
        "abcd".chars().for_each(|key| timers.arm(key, Time(40)));
        timers.disarm_all('b'..='c');
        assert_eq!(timers.due(Time(40)), ['a', 'd']);
    }
}
