//! In which symbols an item stands.

use super::{SYMBOLS, stir};

/// What the state moves on by: 2^64 divided by the golden ratio, which visits every number.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The places of an item in a sketch, ascending, from its short name: always 0, and place `i` with
/// probability `2 / (i + 2)`.
///
/// Between place `i` and the next one `j` nothing is hit; the probability of a gap beyond `j` is the
/// product of `k / (k + 2)` over all `k` from `i + 1` to `j`, which is
/// `(i + 1)(i + 2) / ((j + 1)(j + 2))`. So `j` is drawn by one number and without a fraction.
#[derive(Clone, Debug)]
pub struct Places {
    next: Option<usize>,
    state: u64,
}

impl Places {
    /// The places of the item with this short name.
    pub const fn of(short: u64) -> Self {
        Self { next: Some(0), state: short }
    }

    /// A number from 1 to 2^32.
    const fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        (stir(self.state) >> 32).saturating_add(1)
    }
}

impl Iterator for Places {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let place = self.next?;
        let drawn = self.draw();
        // Below 2^63, since places are below 2^15.
        let product = (place as u64).saturating_add(1).saturating_mul(place as u64 + 2);
        let bound = product.saturating_mul(1 << 32) / drawn;
        // The smallest `n` with `n (n + 1) > bound` is the next place plus one.
        let root = bound.isqrt();
        let root = if root.saturating_mul(root.saturating_add(1)) > bound {
            root
        } else {
            root.saturating_add(1)
        };
        self.next = usize::try_from(root.saturating_sub(1)).ok().filter(|next| *next < SYMBOLS);
        Some(place)
    }
}
