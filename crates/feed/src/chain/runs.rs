//! Which entries came before which: a graph by its runs, since nearly every entry names the one
//! before it.

use std::collections::BTreeMap;

/// The parents of entries by their places: every parent before its child.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    end: u32,
    /// The places of the parents, where they are not just the place before: there a run begins.
    parents: BTreeMap<u32, Vec<u32>>,
}

/// Entries and all that came before them: of each run, by the place at which it begins, up to which
/// place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past(BTreeMap<u32, u32>);

impl Runs {
    /// The place behind the last.
    pub(crate) const fn end(&self) -> u32 {
        self.end
    }

    /// Adds an entry behind all others. Its parents are places that are taken.
    pub(crate) fn push(&mut self, parents: Vec<u32>) {
        if !parents.iter().copied().eq(self.end.checked_sub(1)) {
            self.parents.insert(self.end, parents);
        }
        self.end = self.end.saturating_add(1);
    }

    /// The places of an entry's parents.
    pub(crate) fn parents(&self, place: u32) -> Vec<u32> {
        let named = self.parents.get(&place).cloned();
        named.unwrap_or_else(|| place.checked_sub(1).into_iter().collect())
    }

    /// The place at which the run of an entry begins: from there to it, each names the one before.
    pub(crate) fn run_of(&self, place: u32) -> u32 {
        self.parents.range(..=place).next_back().map_or(0, |(start, _)| *start)
    }

    /// The place behind the last of the run that begins there.
    pub(crate) fn end_of_run(&self, start: u32) -> u32 {
        let next = self.parents.range(start.saturating_add(1)..).next();
        next.map_or(self.end, |(next, _)| *next)
    }

    /// These and all that came before. Walks from run to run: a chain is one.
    pub(crate) fn past(&self, mut from: Vec<u32>) -> Past {
        let mut past = BTreeMap::new();
        while let Some(position) = from.pop() {
            let start = self.run_of(position);
            match past.get_mut(&start) {
                Some(last) => *last = position.max(*last),
                None => {
                    past.insert(start, position);
                    from.extend(self.parents(start));
                }
            }
        }
        Past(past)
    }

    /// Whether a place is among these.
    pub(crate) fn is_past(&self, place: u32, past: &Past) -> bool {
        past.last(self.run_of(place)).is_some_and(|last| place <= last)
    }
}

impl Past {
    /// How many runs there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Up to which place of the run that begins there.
    pub(crate) fn last(&self, start: u32) -> Option<u32> {
        self.0.get(&start).copied()
    }
}
