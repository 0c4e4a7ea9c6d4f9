//! A row of symbols, and taking the difference of two rows apart.

use std::collections::BTreeSet;

use super::{Places, Symbol};

/// The first symbols of a set.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sketch {
    symbols: Vec<Symbol>,
}

impl Sketch {
    /// The first symbols of the empty set.
    pub fn empty(length: usize) -> Self {
        Self { symbols: vec![Symbol::default(); length] }
    }

    /// The first symbols of a set, given by the short names of its items.
    pub fn of(shorts: impl IntoIterator<Item = u64>, length: usize) -> Self {
        let mut sketch = Self::empty(length);
        shorts.into_iter().for_each(|short| sketch.toggle(short));
        sketch
    }

    /// Adds an item to the set, or takes it away again.
    pub fn toggle(&mut self, short: u64) {
        for place in Places::of(short) {
            let Some(symbol) = self.symbols.get_mut(place) else { return };
            symbol.toggle(short);
        }
    }

    /// The symbols.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }
}

/// The short names of all items that only one of two sets has, from as many first symbols of both.
/// `None` when these are too few, or no sums of two sets at all.
///
/// What comes out is right unless short names collide: compare [`Root`](super::Root)s.
pub fn peel(one: &[Symbol], other: &[Symbol]) -> Option<BTreeSet<u64>> {
    let mut rest: Vec<Symbol> = one.iter().zip(other).map(|(a, b)| a.minus(*b)).collect();
    let mut found = BTreeSet::new();
    let mut single: Vec<usize> = (0..rest.len()).collect();
    while let Some(place) = single.pop() {
        let Some(short) = rest.get(place).and_then(|symbol| symbol.only(place)) else { continue };
        // Sums of sets never hold one item twice, nor more items than sums.
        if !found.insert(short) || found.len() > rest.len() {
            return None;
        }
        for place in Places::of(short) {
            let Some(symbol) = rest.get_mut(place) else { break };
            symbol.toggle(short);
            single.push(place);
        }
    }
    rest.iter().all(Symbol::is_empty).then_some(found)
}
