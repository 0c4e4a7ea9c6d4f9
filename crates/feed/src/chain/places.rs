//! Finding things by their hash in four bytes each: a table of places, and the hashes stay where they
//! are.

use effigy_core::Cid;

/// No place.
const FREE: u32 = u32::MAX;
/// Slots of the smallest table.
const LEAST: usize = 16;

/// Places of hashes, found by the hash.
///
/// A hash is spread evenly by itself, so its first bytes say where to look. Whoever makes hashes that
/// begin alike, at a cost of thousands of tries each, makes their own feed slow to look at: that of
/// ten thousand such entries costs about as much as checking a signature.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    count: usize,
    slots: Vec<u32>,
}

impl Places {
    /// The place of a hash, where `at` says which hash stands at a place.
    pub(super) fn find<'a>(&self, hash: &Cid, at: impl Fn(u32) -> Option<&'a Cid>) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = start(hash) & mask;
        loop {
            let place = *self.slots.get(slot)?;
            if place == FREE {
                return None;
            }
            if at(place) == Some(hash) {
                return Some(place);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Remembers a place. Its hash must not have one yet.
    pub(super) fn insert<'a>(&mut self, place: u32, at: impl Fn(u32) -> Option<&'a Cid>) {
        // A quarter stays free, so that whatever is looked for a free slot is not far.
        if self.count.saturating_add(1) > self.slots.len() / 4 * 3 {
            self.grow(&at);
        }
        if let Some(hash) = at(place) {
            self.put(place, hash);
            self.count = self.count.saturating_add(1);
        }
    }

    fn grow<'a>(&mut self, at: &impl Fn(u32) -> Option<&'a Cid>) {
        let room = self.slots.len().saturating_mul(2).max(LEAST);
        let old = std::mem::replace(&mut self.slots, vec![FREE; room]);
        for place in old.into_iter().filter(|place| *place != FREE) {
            if let Some(hash) = at(place) {
                self.put(place, hash);
            }
        }
    }

    fn put(&mut self, place: u32, hash: &Cid) {
        let mask = self.slots.len().saturating_sub(1);
        let mut slot = start(hash) & mask;
        while let Some(taken) = self.slots.get_mut(slot) {
            if *taken == FREE {
                *taken = place;
                return;
            }
            slot = (slot + 1) & mask;
        }
    }
}

/// Where the search for a hash begins, before it is cut to the size of the table: a power of two.
fn start(hash: &Cid) -> usize {
    let first = hash.digest().first_chunk().copied().unwrap_or_default();
    u32::from_le_bytes(first) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hash_is_found_at_its_place_and_no_other_is() {
        let hashes: Vec<Cid> = (0..5_000_u32).map(|n| Cid::of(&n.to_be_bytes())).collect();
        let mut places = Places::default();
        let at = |place: u32| hashes.get(place as usize);
        for place in 0..4_000 {
            assert_eq!(places.find(&hashes[place as usize], at), None);
            places.insert(place, at);
        }
        for (place, hash) in (0..).zip(&hashes) {
            assert_eq!(places.find(hash, at), (place < 4_000).then_some(place));
        }
    }

    #[test]
    fn hashes_that_begin_alike_are_told_apart() {
        let hashes: Vec<Cid> = (0..300_u32)
            .map(|n| {
                let mut digest = [7; 32];
                digest[28..].copy_from_slice(&n.to_be_bytes());
                Cid::from_digest(digest)
            })
            .collect();
        let mut places = Places::default();
        let at = |place: u32| hashes.get(place as usize);
        (0..300).for_each(|place| places.insert(place, at));
        for (place, hash) in (0..).zip(&hashes) {
            assert_eq!(places.find(hash, at), Some(place));
        }
        assert_eq!(places.find(&Cid::from_digest([7; 32]), at), None);
    }
}
