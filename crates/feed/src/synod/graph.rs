//! Which entries of an account's feed came before which, and what each knew of its devices.

use std::collections::BTreeMap;
use std::sync::Arc;

use effigy_core::Cid;

use crate::chain::{Past, Runs};

/// Statements about devices that came before an entry, by their numbers. Entries that know the same
/// share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Known(Arc<Vec<u32>>);

impl Known {
    pub(super) fn has(&self, mark: u32) -> bool {
        self.0.binary_search(&mark).is_ok()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn weight(&self) -> usize {
        self.len().saturating_mul(size_of::<u32>())
    }

    pub(super) fn marks(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied()
    }

    /// This and one more.
    fn with(&self, mark: u32) -> Self {
        let mut marks = Vec::clone(&self.0);
        if let Err(at) = marks.binary_search(&mark) {
            marks.insert(at, mark);
        }
        Self(Arc::new(marks))
    }

    /// All that either knows.
    fn join(self, other: &Self) -> Self {
        if Arc::ptr_eq(&self.0, &other.0) || other.0.iter().all(|mark| self.has(*mark)) {
            return self;
        }
        if self.0.iter().all(|mark| other.has(*mark)) {
            return other.clone();
        }
        let mut marks = Vec::clone(&self.0);
        marks.extend(other.0.iter().filter(|mark| !self.has(**mark)));
        marks.sort_unstable();
        Self(Arc::new(marks))
    }
}

/// The entries of an account's feed by their places, as in the feed itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    ids: BTreeMap<Cid, u32>,
    /// What is known once an entry is.
    known: Vec<Known>,
    /// Whether a parent was not found.
    misplaced: bool,
    runs: Runs,
    /// How many bytes of memory, about, what is known takes up.
    weight: usize,
}

impl Graph {
    /// The place behind the last.
    pub(super) const fn end(&self) -> u32 {
        self.runs.end()
    }

    /// What those know who know these entries, by their ids.
    pub(super) fn known_by(&self, ids: &[Cid]) -> Known {
        let places: Vec<u32> = ids.iter().filter_map(|id| self.ids.get(id)).copied().collect();
        self.known_at(&places)
    }

    /// What those know who know the entries at these places.
    pub(super) fn known_at(&self, places: &[u32]) -> Known {
        let known = places.iter().filter_map(|place| self.known.get(*place as usize));
        known.fold(
            Known::default(),
            |sum, known| {
                if sum.len() == 0 { known.clone() } else { sum.join(known) }
            },
        )
    }

    /// Adds an entry behind all others, whose parents are named by their ids.
    pub(super) fn push(
        &mut self,
        id: Cid,
        parents: &[Cid],
        known: &Known,
        mark: Option<u32>,
    ) -> u32 {
        let places: Vec<u32> = parents.iter().filter_map(|id| self.ids.get(id)).copied().collect();
        self.misplaced |= places.len() != parents.len();
        self.put(id, places, known, mark)
    }

    /// The same, with the places of its parents.
    pub(super) fn put(
        &mut self,
        id: Cid,
        parents: Vec<u32>,
        known: &Known,
        mark: Option<u32>,
    ) -> u32 {
        let place = self.runs.end();
        let known = mark.map_or_else(|| known.clone(), |mark| known.with(mark));
        let of_parents = parents.iter().filter_map(|place| self.known.get(*place as usize));
        if !of_parents.into_iter().any(|of_parent| of_parent.is_same(&known)) {
            self.weight = self.weight.saturating_add(known.weight());
        }
        self.runs.push(parents);
        self.ids.insert(id, place);
        self.known.push(known);
        place
    }

    /// Remembers a further id of an entry.
    pub(super) fn name(&mut self, known: &Cid, id: Cid) {
        if let Some(place) = self.ids.get(known).copied() {
            self.ids.entry(id).or_insert(place);
        }
    }

    pub(super) const fn weight(&self) -> usize {
        self.weight
    }

    pub(super) const fn is_misplaced(&self) -> bool {
        self.misplaced
    }

    /// An entry and all that came before it.
    pub(super) fn past(&self, place: u32) -> Past {
        self.runs.past(vec![place])
    }

    pub(super) fn is_past(&self, place: u32, past: &Past) -> bool {
        self.runs.is_past(place, past)
    }
}
