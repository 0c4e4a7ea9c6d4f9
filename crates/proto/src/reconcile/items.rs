//! A set with what reconciliation needs of it at hand.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::Cid;

use super::{SYMBOLS, Sketch, Symbol, short};

/// How many symbols are kept up to date from the beginning. A longer row is rare; the first who asks for
/// it has it made from the whole set, and from then on it is kept, too, so that nobody can have it made
/// again.
const KEPT: usize = 256;
/// Into how many parts the hash of a whole set is divided: a change makes one of them hashed anew.
const PARTS: usize = 256;
/// What is hashed before the parts, so that a root is the hash of nothing else.
const ROOT: &[u8] = b"effigy/root/v1\0";

/// A hash of all items of a set: two sets that have it in common are the same. Whoever could make two
/// sets of one root would have to hash 2^64 of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Root(pub [u8; 16]);

/// Items by their full hashes, what each of them stands for, a sketch, and the root.
#[derive(Debug)]
pub struct Items<T> {
    items: BTreeMap<Cid, T>,
    parts: Vec<Option<Cid>>,
    sketch: Sketch,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { items: BTreeMap::new(), parts: vec![None; PARTS], sketch: Sketch::empty(KEPT) }
    }
}

impl<T> Items<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds an item; one that is there already stays.
    pub fn insert(&mut self, hash: Cid, value: T) {
        if self.items.contains_key(&hash) {
            return;
        }
        self.items.insert(hash, value);
        self.changed(&hash);
    }

    /// Takes an item away.
    pub fn remove(&mut self, hash: &Cid) {
        if self.items.remove(hash).is_some() {
            self.changed(hash);
        }
    }

    fn changed(&mut self, hash: &Cid) {
        self.sketch.toggle(short(hash));
        if let Some(part) = self.parts.get_mut(part_of(hash)) {
            *part = None;
        }
    }

    /// The item with a short name. Of several with the same one the first.
    pub fn find(&self, short: u64) -> Option<(&Cid, &T)> {
        let (mut least, mut most) = ([0; 32], [0xff; 32]);
        least[..8].copy_from_slice(&short.to_be_bytes());
        most[..8].copy_from_slice(&short.to_be_bytes());
        self.items.range(Cid::from_digest(least)..=Cid::from_digest(most)).next()
    }

    /// All items, ascending by their hashes.
    pub fn iter(&self) -> impl Iterator<Item = (&Cid, &T)> {
        self.items.iter()
    }

    /// The first symbols, so many of them.
    pub fn symbols(&mut self, count: usize) -> Vec<Symbol> {
        let count = count.min(SYMBOLS);
        if count > self.sketch.symbols().len() {
            let kept = count.next_power_of_two();
            self.sketch = Sketch::of(self.items.keys().map(short), kept);
        }
        self.sketch.symbols().get(..count).unwrap_or_default().to_vec()
    }

    /// The hash of all items.
    pub fn root(&mut self) -> Root {
        let none = BTreeSet::new();
        for part in 0..PARTS {
            if self.parts.get(part).is_some_and(Option::is_none) {
                let hash = self.part(part, &none, &none);
                if let Some(kept) = self.parts.get_mut(part) {
                    *kept = Some(hash);
                }
            }
        }
        root_of(&self.parts)
    }

    /// The root as it would be with some items more and some less.
    pub fn root_with(&mut self, more: &BTreeSet<Cid>, less: &BTreeSet<Cid>) -> Root {
        self.root();
        let mut parts = self.parts.clone();
        let touched: BTreeSet<usize> = more.iter().chain(less).map(part_of).collect();
        for part in touched {
            if let Some(kept) = parts.get_mut(part) {
                *kept = Some(self.part(part, more, less));
            }
        }
        root_of(&parts)
    }

    /// The hash of one part, with some items more and some less.
    fn part(&self, part: usize, more: &BTreeSet<Cid>, less: &BTreeSet<Cid>) -> Cid {
        let inside = |hash: &&Cid| part_of(hash) == part;
        let here = self.items.range(first_of(part)..).map(|(hash, _)| hash).take_while(inside);
        let new = more.range(first_of(part)..).take_while(inside);
        let mut hashes: Vec<&Cid> = here.chain(new).filter(|hash| !less.contains(hash)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let bytes: Vec<u8> = hashes.into_iter().flat_map(|hash| *hash.digest()).collect();
        Cid::of(&bytes)
    }
}

/// The part in which an item is: the first byte of its hash.
fn part_of(hash: &Cid) -> usize {
    let [first, ..] = *hash.digest();
    usize::from(first)
}

/// The smallest hash that a part can have.
fn first_of(part: usize) -> Cid {
    let mut digest = [0; 32];
    digest[0] = u8::try_from(part).unwrap_or(u8::MAX);
    Cid::from_digest(digest)
}

fn root_of(parts: &[Option<Cid>]) -> Root {
    let mut bytes = ROOT.to_vec();
    parts.iter().flatten().for_each(|part| bytes.extend_from_slice(part.digest()));
    let mut root = [0; 16];
    root.copy_from_slice(Cid::of(&bytes).digest().get(..16).unwrap_or(&[0; 16]));
    Root(root)
}
