//! Shamir's scheme over bytes, as a crate does it: nothing here calculates in a field.

use vsss_rs::Gf256;
use zeroize::Zeroizing;

use super::Share;
use crate::random::Random;

/// Points of a polynomial for each byte of a secret: the number first, the values behind. Wiped when dropped.
type Points = Zeroizing<Vec<Vec<u8>>>;

/// The values of so many shares, with their numbers from 1.
pub(super) fn divide(
    secret: &[u8],
    need: u8,
    of: u8,
    random: &mut Random,
) -> Option<Vec<(u8, Zeroizing<Vec<u8>>)>> {
    let (need, of) = (usize::from(need), usize::from(of));
    let points = Gf256::split_bytes(need, of, secret, random.generator()).map(Points::new).ok()?;
    let values = points.iter().map(|point| {
        let (number, value) = point.split_first()?;
        Some((*number, Zeroizing::new(value.to_vec())))
    });
    values.collect()
}

/// What was divided, if these are as many shares of it as are needed.
pub(super) fn rebuild(shares: &[&Share]) -> Option<Zeroizing<Vec<u8>>> {
    let points = shares.iter().map(|share| [&[share.number], share.value.as_slice()].concat());
    let points = Points::new(points.collect());
    Gf256::combine_bytes(points.as_slice()).map(Zeroizing::new).ok()
}
