//! One feed: which entries belong to it, in which order, and what its heads are.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::limits::{CLOCK_AHEAD, PARENTS};
use effigy_core::{Cid, Entry, Identity, Time};

/// What views are sorted by: the clock, then the digest. The digest and not the id, because the
/// owner of a key can sign one header twice, and two nodes may hold different ids of one entry.
pub type Order = (u64, Cid);

/// By how many ids one entry may be known. The owner of a key can sign one header again and again;
/// who builds on a further name waits in vain.
const NAMES: u8 = 8;

/// A feed: a graph of entries without gaps. Normally a chain; several tips are a fork.
#[derive(Clone, Debug)]
pub struct Feed {
    generation: u64,
    identity: Identity,
    /// The digest behind every id that was seen.
    ids: BTreeMap<Cid, Cid>,
    nodes: BTreeMap<Cid, Link>,
    /// Digests in the order in which they became part of the feed: every parent before its child.
    sequence: Vec<Cid>,
    /// Digests that nothing names as a parent.
    tips: BTreeSet<Cid>,
    /// How many entries from the first name exactly the one before: all of them, but for forks.
    trunk: u32,
}

#[derive(Clone, Debug)]
struct Link {
    comparable: u64,
    /// The id under which it came first, and under which it is kept and passed on.
    id: Cid,
    /// By how many ids it is known.
    names: u8,
    parents: Vec<Cid>,
    position: u32,
}

/// The state of a feed, as nodes tell each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    /// The clock of the newest entry.
    pub comparable: u64,
    /// How many entries the feed has.
    pub count: u64,
    /// Which writing of the feed.
    pub generation: u64,
    /// The id of the newest entry.
    pub id: Cid,
}

/// What became of an entry that was offered to its feed. All of these are normal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is part of the feed now.
    New {
        /// Its place in the order of arrival, from 0.
        position: u32,
    },
    /// It was part of the feed already.
    Known,
    /// It belongs to a generation that was given up.
    Obsolete,
    /// Its clock is too far ahead: it may come again at this moment.
    Parked {
        /// When it is due.
        until: Time,
    },
    /// Entries before it are missing.
    Waiting {
        /// The ids that are not here.
        missing: Vec<Cid>,
    },
}

impl Feed {
    /// An empty feed in its first generation.
    pub const fn new(identity: Identity) -> Self {
        Self {
            generation: 0,
            identity,
            ids: BTreeMap::new(),
            nodes: BTreeMap::new(),
            sequence: Vec::new(),
            tips: BTreeSet::new(),
            trunk: 0,
        }
    }

    /// Whose feed this is.
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// Which writing of the feed this is.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// How many entries there are.
    pub const fn len(&self) -> usize {
        self.sequence.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.sequence.is_empty()
    }

    /// Offers an entry whose own checks have passed.
    ///
    /// # Errors
    /// When it can never be part of this feed, whoever is asked.
    pub fn offer(&mut self, entry: &Entry, now: Time) -> Result<Verdict, ChainError> {
        let header = entry.header();
        if header.identity != self.identity {
            return Err(ChainError::Stranger);
        }
        if header.generation < self.generation {
            return Ok(Verdict::Obsolete);
        }
        if header.generation > self.generation {
            return Ok(Verdict::Waiting { missing: Vec::new() });
        }
        if let Some(known) = self.nodes.get_mut(&entry.digest()) {
            if known.names < NAMES && self.ids.insert(entry.id(), entry.digest()).is_none() {
                known.names = known.names.saturating_add(1);
            }
            return Ok(Verdict::Known);
        }
        let missing: Vec<Cid> =
            header.parents.iter().filter(|id| !self.ids.contains_key(id)).copied().collect();
        if !missing.is_empty() {
            return Ok(Verdict::Waiting { missing });
        }
        for id in &header.parents {
            let parent = self.ids.get(id).and_then(|digest| self.nodes.get(digest));
            if parent.is_some_and(|parent| parent.comparable >= header.comparable) {
                return Err(ChainError::Backwards);
            }
        }
        let limit = now.after(CLOCK_AHEAD);
        if header.comparable > limit.0 {
            let until = Time(header.comparable.saturating_sub(CLOCK_AHEAD.0));
            return Ok(Verdict::Parked { until });
        }
        self.take(entry)
    }

    fn take(&mut self, entry: &Entry) -> Result<Verdict, ChainError> {
        let header = entry.header();
        let position = u32::try_from(self.sequence.len()).map_err(|_| ChainError::TooLong)?;
        let parents: Vec<Cid> =
            header.parents.iter().filter_map(|id| self.ids.get(id).copied()).collect();
        if self.trunk == position && parents.iter().eq(self.sequence.last()) {
            self.trunk = self.trunk.saturating_add(1);
        }
        for parent in &parents {
            self.tips.remove(parent);
        }
        let digest = entry.digest();
        self.tips.insert(digest);
        self.sequence.push(digest);
        self.ids.insert(entry.id(), digest);
        self.nodes.insert(
            digest,
            Link { comparable: header.comparable, id: entry.id(), names: 1, parents, position },
        );
        Ok(Verdict::New { position })
    }

    /// The newest entry and the size of the feed; `None` while it is empty.
    pub fn head(&self) -> Option<Head> {
        let digest = self.tips.iter().max_by_key(|&&digest| {
            (self.nodes.get(&digest).map_or(0, |link| link.comparable), digest)
        })?;
        let link = self.nodes.get(digest)?;
        Some(Head {
            comparable: link.comparable,
            count: self.sequence.len() as u64,
            generation: self.generation,
            id: link.id,
        })
    }

    /// The ids that nothing names as a parent, the newest first.
    pub fn tips(&self) -> Vec<Cid> {
        let links = self.tips.iter().filter_map(|digest| self.nodes.get(digest));
        let mut tips: Vec<(u64, Cid)> = links.map(|link| (link.comparable, link.id)).collect();
        tips.sort_unstable_by(|a, b| b.cmp(a));
        tips.into_iter().map(|(_, id)| id).collect()
    }

    /// The ids that the next entry names as parents, and the greatest clock among them: all tips,
    /// or as many of the newest as an entry can name. What is left over is joined by later ones.
    pub fn ends(&self) -> (Vec<Cid>, u64) {
        let mut ends = self.tips();
        ends.truncate(PARENTS);
        let clock = ends.first().and_then(|id| self.nodes.get(self.ids.get(id)?));
        (ends, clock.map_or(0, |link| link.comparable))
    }

    /// Two entries of which neither came before the other: the proof that the feed has two
    /// versions. `None` for a chain, and for a fork that a later entry has healed.
    pub fn fork(&self) -> Option<(Cid, Cid)> {
        let mut tips = self.tips.iter().filter_map(|digest| self.nodes.get(digest));
        Some((tips.next()?.id, tips.next()?.id))
    }

    /// Whether an entry is part of the feed, by its id.
    pub fn contains(&self, id: &Cid) -> bool {
        self.ids.contains_key(id)
    }

    /// Where an entry stands in the order of arrival, by its id.
    pub fn position(&self, id: &Cid) -> Option<u32> {
        Some(self.nodes.get(self.ids.get(id)?)?.position)
    }

    /// Places, in the order of arrival, of what somebody lacks who has these tips and all that
    /// came before them. Ids that are unknown here are passed over.
    pub fn lacking(&self, tips: &[Cid], limit: usize) -> Vec<u32> {
        let known = tips.iter().filter_map(|id| self.position(id)).collect();
        let (trunk, branches) = self.held_by(known);
        let end = u32::try_from(self.sequence.len()).unwrap_or(u32::MAX);
        let rest = (trunk..end).filter(|position| !branches.contains(position));
        rest.take(limit).collect()
    }

    /// What somebody has who has the entries at these places: so many from the first, and these.
    /// Walks only where the feed is no chain.
    fn held_by(&self, mut from: Vec<u32>) -> (u32, BTreeSet<u32>) {
        let (mut trunk, mut branches) = (0, BTreeSet::new());
        while let Some(position) = from.pop() {
            if position < self.trunk {
                trunk = trunk.max(position.saturating_add(1));
            } else if branches.insert(position) {
                from.extend(self.parents_of(position));
            }
        }
        (trunk, branches)
    }

    fn parents_of(&self, position: u32) -> impl Iterator<Item = u32> + '_ {
        let digest = self.sequence.get(position as usize);
        let link = digest.and_then(|digest| self.nodes.get(digest));
        let parents = link.into_iter().flat_map(|link| &link.parents);
        parents.filter_map(|parent| Some(self.nodes.get(parent)?.position))
    }

    /// Whether an entry, given by its digest, is one of these, given by their ids, or came before
    /// one of them.
    pub fn precedes(&self, earlier: &Cid, ids: &[Cid]) -> bool {
        let Some(earlier) = self.nodes.get(earlier).map(|link| link.position) else { return false };
        let mut from: Vec<u32> = ids.iter().filter_map(|id| self.position(id)).collect();
        let mut seen = BTreeSet::new();
        while let Some(position) = from.pop() {
            // Nothing comes before what arrived earlier; and what is on the trunk comes after all
            // of the trunk that arrived earlier.
            if position == earlier || (earlier < position && position < self.trunk) {
                return true;
            }
            if position > earlier && seen.insert(position) {
                from.extend(self.parents_of(position));
            }
        }
        false
    }

    /// Gives up this writing of the feed for a later one.
    pub fn begin(&mut self, generation: u64) {
        *self = Self { generation, ..Self::new(self.identity) };
    }
}

/// Why an entry can never be part of a feed. Its author is to blame, and whoever passes it on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// Its clock is not past its parents'.
    #[error("the entry's clock is not past its parents'")]
    Backwards,
    /// It is of another feed.
    #[error("the entry is of another feed")]
    Stranger,
    /// The feed has as many entries as can be counted.
    #[error("the feed is full")]
    TooLong,
}
