//! One feed: which entries belong to it, in which order, and what its heads are.

mod columns;
mod places;
mod runs;

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::limits::{CLOCK_AHEAD, PARENTS};
use effigy_core::{Cid, Entry, Identity, Time};

use columns::Columns;
pub(crate) use runs::{Past, Runs};

use crate::planted::{self, Bug};

/// What views are sorted by: the clock, then the digest. The digest and not the id, because the
/// owner of a key can sign one header twice, and two nodes may hold different ids of one entry.
pub type Order = (u64, Cid);

/// What is hashed before the state of a feed, so that it is the hash of nothing else.
const STATE: &[u8] = b"effigy/state/v1\0";

/// A feed: a graph of entries without gaps. Normally a chain; several tips are a fork.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The entries, in the order in which they became part of the feed: every parent before its
    /// child.
    entries: Columns,
    generation: u64,
    identity: Identity,
    /// Digests that nothing names as a parent.
    tips: BTreeSet<Cid>,
}

/// What is noted of an entry of a feed: enough to put the feed together again without its bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Noted {
    /// The entry's clock.
    pub comparable: u64,
    /// The hash of its header.
    pub digest: Cid,
    /// The id under which it is kept.
    pub id: Cid,
    /// The places of its parents, in the order of the feed; for most just the place before.
    pub parents: Vec<u32>,
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
    pub fn new(identity: Identity) -> Self {
        Self { entries: Columns::default(), generation: 0, identity, tips: BTreeSet::new() }
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
        self.entries.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.entries.len() == 0
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
        if let Some(known) = self.entries.place_of_digest(&entry.digest()) {
            self.entries.name(known, entry.id());
            return Ok(Verdict::Known);
        }
        let (mut parents, mut missing) = (Vec::new(), Vec::new());
        for id in &header.parents {
            match self.entries.place(id) {
                Some(place) => parents.push(place),
                None => missing.push(*id),
            }
        }
        if !missing.is_empty() {
            return Ok(Verdict::Waiting { missing });
        }
        let clock = |place: &u32| self.entries.at(*place).map_or(0, |(clock, ..)| clock);
        if parents.iter().any(|parent| clock(parent) >= header.comparable) {
            return Err(ChainError::Backwards);
        }
        let limit = now.after(CLOCK_AHEAD);
        if header.comparable > limit.0 {
            let until = Time(header.comparable.saturating_sub(CLOCK_AHEAD.0));
            return Ok(Verdict::Parked { until });
        }
        let (comparable, digest, id) = (header.comparable, entry.digest(), entry.id());
        self.take(Noted { comparable, digest, id, parents })
    }

    fn take(&mut self, noted: Noted) -> Result<Verdict, ChainError> {
        let position = self.entries.end();
        if position == u32::MAX {
            return Err(ChainError::TooLong);
        }
        let Noted { comparable, digest, id, parents } = noted;
        for parent in &parents {
            if let Some((_, digest, _)) = self.entries.at(*parent) {
                self.tips.remove(&digest);
            }
        }
        self.tips.insert(digest);
        self.entries.push(comparable, digest, id, parents);
        Ok(Verdict::New { position })
    }

    /// What to note of the entry at a place.
    pub fn noted(&self, position: u32) -> Option<Noted> {
        let (comparable, digest, id) = self.entries.at(position)?;
        Some(Noted { comparable, digest, id, parents: self.entries.runs.parents(position) })
    }

    /// Puts back the entry that was at the next place when it was noted. Tells whether it fits: what
    /// was noted may be damaged.
    pub fn put_back(&mut self, noted: Noted) -> bool {
        let position = self.entries.end();
        let fits = noted.parents.iter().all(|parent| *parent < position)
            && self.entries.place_of_digest(&noted.digest).is_none()
            && self.entries.place(&noted.id).is_none();
        fits && self.take(noted).is_ok()
    }

    /// The newest entry and the size of the feed; `None` while it is empty.
    pub fn head(&self) -> Option<Head> {
        let (comparable, _, id) =
            self.ends_at().max_by_key(|(clock, digest, _)| (*clock, *digest))?;
        let count = self.entries.len() as u64;
        Some(Head { comparable, count, generation: self.generation, id })
    }

    /// A hash of which entries there are: the same wherever the same entries are held, whatever ids
    /// they are known by and however they came. Tips are enough, since each names what came before it.
    pub fn state(&self) -> Cid {
        let count = self.entries.len() as u64;
        let mut bytes = [STATE, self.identity.bytes()].concat();
        bytes.extend(self.generation.to_be_bytes());
        bytes.extend(count.to_be_bytes());
        self.tips.iter().for_each(|digest| bytes.extend_from_slice(digest.digest()));
        Cid::of(&bytes)
    }

    /// The ids that nothing names as a parent, the newest first.
    pub fn tips(&self) -> Vec<Cid> {
        let mut tips: Vec<(u64, Cid)> = self.ends_at().map(|(clock, _, id)| (clock, id)).collect();
        tips.sort_unstable_by(|a, b| b.cmp(a));
        tips.into_iter().map(|(_, id)| id).collect()
    }

    /// The ids that the next entry names as parents, and the greatest clock among them: all tips,
    /// or as many of the newest as an entry can name. What is left over is joined by later ones.
    pub fn ends(&self) -> (Vec<Cid>, u64) {
        let mut ends = self.tips();
        ends.truncate(PARENTS);
        (ends, self.ends_at().map(|(clock, ..)| clock).max().unwrap_or(0))
    }

    /// Two entries of which neither came before the other: the proof that the feed has two
    /// versions. `None` for a chain, and for a fork that a later entry has healed.
    pub fn fork(&self) -> Option<(Cid, Cid)> {
        if planted::has(Bug::ForkUnseen) {
            return None;
        }
        let mut tips = self.ends_at();
        Some((tips.next()?.2, tips.next()?.2))
    }

    /// Clock, digest and id of what nothing names as a parent, in the order of the digests.
    fn ends_at(&self) -> impl Iterator<Item = (u64, Cid, Cid)> + '_ {
        let places = self.tips.iter().filter_map(|digest| self.entries.place_of_digest(digest));
        places.filter_map(|place| self.entries.at(place))
    }

    /// Whether an entry is part of the feed, by its id.
    pub fn contains(&self, id: &Cid) -> bool {
        self.entries.place(id).is_some()
    }

    /// Where an entry stands in the order of arrival, by its id.
    pub fn position(&self, id: &Cid) -> Option<u32> {
        self.entries.place(id)
    }

    /// The id of the entry at a place in the order of arrival.
    pub fn id_at(&self, position: u32) -> Option<Cid> {
        self.entries.at(position).map(|(_, _, id)| id)
    }

    /// All ids by which entries of the feed are known.
    pub fn ids(&self) -> impl Iterator<Item = &Cid> {
        self.entries.ids()
    }

    /// Places, in the order of arrival, of what somebody lacks who has these tips and all that
    /// came before them: at most `limit` after the first `skip`. Ids that are unknown here are passed
    /// over.
    pub fn lacking(&self, tips: &[Cid], skip: usize, limit: usize) -> Vec<u32> {
        let runs = &self.entries.runs;
        let held = runs.past(tips.iter().filter_map(|id| self.position(id)).collect());
        let (mut lacking, mut start, mut skip) = (Vec::new(), 0, skip);
        while start < self.entries.end() && lacking.len() < limit {
            let end = runs.end_of_run(start);
            let first = held.last(start).map_or(start, |last| last.saturating_add(1));
            let run = (first..end).len();
            lacking.extend((first..end).skip(skip).take(limit.saturating_sub(lacking.len())));
            skip = skip.saturating_sub(run);
            start = end;
        }
        lacking
    }

    /// Whether an entry, given by its digest, is one of these, given by their ids, or came before
    /// one of them.
    pub fn precedes(&self, earlier: &Cid, ids: &[Cid]) -> bool {
        let Some(earlier) = self.entries.place_of_digest(earlier) else { return false };
        let runs = &self.entries.runs;
        let held = runs.past(ids.iter().filter_map(|id| self.position(id)).collect());
        runs.is_past(earlier, &held)
    }

    /// Places of what neither is one of these entries, given by their ids, nor came before every one of
    /// them. `None` while one of them is not here.
    pub fn beyond(&self, ids: &[Cid]) -> Option<BTreeSet<u32>> {
        let runs = &self.entries.runs;
        let places: Option<Vec<u32>> = ids.iter().map(|id| self.position(id)).collect();
        let pasts: Vec<Past> = places?.into_iter().map(|place| runs.past(vec![place])).collect();
        let counts = |place: &u32| pasts.iter().all(|past| runs.is_past(*place, past));
        Some((0..runs.end()).filter(|place| !counts(place)).collect())
    }

    /// The feed without what stands at these places, on which nothing builds that stays; and where
    /// what stays stands from now on, by where it stood.
    pub fn without(&self, gone: &BTreeSet<u32>) -> (Self, BTreeMap<u32, u32>) {
        let mut feed = Self { generation: self.generation, ..Self::new(self.identity) };
        let mut moved = BTreeMap::new();
        for place in (0..self.entries.end()).filter(|place| !gone.contains(place)) {
            let Some(mut noted) = self.noted(place) else { continue };
            noted.parents =
                noted.parents.iter().filter_map(|old| moved.get(old).copied()).collect();
            moved.insert(place, feed.entries.end());
            feed.put_back(noted);
        }
        (feed, moved)
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
