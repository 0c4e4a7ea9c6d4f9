//! One sum of items.

use super::{Places, stir};

/// The sum of the items of a set that stand at one place: of their short names, and of a check of
/// each, by which a sum of one is told from a sum of several.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Symbol {
    /// Of 24 bits.
    check: u32,
    sum: u64,
}

impl Symbol {
    /// How many bytes one has on the wire.
    pub const BYTES: usize = 11;

    /// What the check of an item is made from besides its name.
    const CHECK: u64 = 0x6566_6669_6779_2f76;

    /// Adds an item, or takes it away again.
    pub const fn toggle(&mut self, short: u64) {
        self.sum ^= short;
        self.check ^= Self::check(short);
    }

    /// The sum of what only one of two sets has at this place.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self { check: self.check ^ other.check, sum: self.sum ^ other.sum }
    }

    /// Whether it is the sum of nothing, as far as can be told.
    pub const fn is_empty(&self) -> bool {
        self.sum == 0 && self.check == 0
    }

    /// The item, if this is the sum of one item alone, as far as can be told.
    pub fn only(&self, place: usize) -> Option<u64> {
        if self.is_empty() || Self::check(self.sum) != self.check {
            return None;
        }
        // An item that does not stand here is a sum of several that looks like one.
        let mut places = Places::of(self.sum);
        (places.find(|at| *at >= place) == Some(place)).then_some(self.sum)
    }

    /// As it crosses the wire: the sum, then the check, the high bytes first.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (sum, check) = bytes.split_at_mut(8);
        sum.copy_from_slice(&self.sum.to_be_bytes());
        check.copy_from_slice(self.check.to_be_bytes().get(1..).unwrap_or_default());
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub const fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k] = *bytes;
        Self {
            check: u32::from_be_bytes([0, i, j, k]),
            sum: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
        }
    }

    const fn check(short: u64) -> u32 {
        (stir(short ^ Self::CHECK) >> 40) as u32
    }
}
