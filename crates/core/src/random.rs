//! Chance as an input: a generator that somebody outside has seeded.

use std::num::NonZeroU64;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// A seeded stream of random bytes (ChaCha20). The same seed gives the same stream, which is what
/// the simulator lives on; a device seeds it once from its operating system.
pub struct Random(ChaCha20Rng);

impl Random {
    /// Starts a stream. The seed must be secret and used once.
    pub fn seeded(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    /// The next bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// A number below `bound`, or zero when the bound is zero. Good enough for jitter; not for keys.
    pub fn below(&mut self, bound: u64) -> u64 {
        NonZeroU64::new(bound).map_or(0, |bound| self.0.next_u64() % bound)
    }

    /// The generator itself, for crates that draw from one.
    pub(crate) fn generator(&mut self) -> &mut ChaCha20Rng {
        &mut self.0
    }
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random(..)")
    }
}
