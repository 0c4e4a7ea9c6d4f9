//! Finding out in what two large sets differ, for bytes that follow the difference and not the size.
//!
//! Every item has a full hash, and a short name: its first eight bytes. A set is *sketched* as a row
//! of symbols without an end, each of them the sum of some items: the first of all, the later ones of
//! fewer and fewer. The sums of one set taken from those of another leave the sums of what only one
//! of them has, and of few items a short row is enough to take them apart again.
//!
//! - [`Places`]: in which symbols an item stands. Depends on nothing but its short name, so a sketch
//!   is kept up to date for a handful of operations a change, and serves every peer.
//! - [`Symbol`], [`Sketch`], [`peel`]: the sums, a row of them, and taking a difference apart.
//! - [`Items`]: a set with a sketch at hand, and its [`Root`]: a hash of all full hashes. Short names
//!   can be made to collide by whoever looks for long enough; the root tells when that has happened.

mod items;
mod places;
#[cfg(test)]
mod properties;
mod sketch;
mod symbol;
#[cfg(test)]
mod tests;

pub use items::{Items, Root};
pub use places::Places;
pub use sketch::{Sketch, peel};
pub use symbol::Symbol;

/// Most symbols of one sketch: enough for some 20,000 differing items. Beyond, lists are as good.
pub const SYMBOLS: usize = 32_768;

/// Symbols that are sent first: nine times of ten enough for ten differing items.
const FIRST: usize = 26;

/// How many symbols are sent first, where one set has so many items more than the other.
pub fn first_symbols(apart: u64) -> usize {
    let apart = usize::try_from(apart).unwrap_or(SYMBOLS).min(SYMBOLS);
    (apart.saturating_mul(3) / 2 + 11).clamp(FIRST, SYMBOLS)
}

/// How many symbols are needed where these rows were too short.
/// Of the later half of the differences nearly none is empty when far more items differ than there are
/// symbols (with `d` items, the symbol at place `i` is with probability `e^(-2d / (i + 2))`); then the
/// row becomes four times as long, else twice.
pub fn next_symbols(one: &[Symbol], other: &[Symbol]) -> usize {
    let length = one.len();
    let later = || one.iter().zip(other).skip(length / 2);
    let empty = later().filter(|(a, b)| a == b).count();
    let times = if empty.saturating_mul(8) < later().count() { 4 } else { 2 };
    length.saturating_mul(times).clamp(FIRST, SYMBOLS)
}

/// The short name of an item: the first eight bytes of its full hash.
pub fn short(hash: &effigy_core::Cid) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash.digest();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Stirs a number so that each bit of it depends on each. The constants are those of SplitMix64.
pub(crate) const fn stir(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
