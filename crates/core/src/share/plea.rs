//! What somebody shows who comes back: a key to which friends seal their shares.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::{ShareError, checked, from_text, to_text};
use crate::link::Check;
use crate::seal::SealingKey;

/// How the text of a plea begins.
const SCHEME: &str = "effigy-help:";
/// From what people compare.
const CHECK: &[u8] = b"effigy/plea/v1\0";

/// The key of a device to which somebody comes back. There is no secret in it; whose it is, people have
/// to [tell each other](Self::check).
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Plea(SealingKey);

impl Plea {
    pub(super) const fn new(key: SealingKey) -> Self {
        Self(key)
    }

    /// The key to which shares are sealed.
    pub const fn key(&self) -> &SealingKey {
        &self.0
    }

    /// What both people compare before anything is given.
    pub fn check(&self) -> Check {
        let mut hash = Sha256::new();
        hash.update(CHECK);
        hash.update(self.0.bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let (emoji, rest) = digest.split_first_chunk::<6>().unwrap_or((&[0; 6], &[]));
        let number = rest.first_chunk::<8>().copied().unwrap_or_default();
        Check::new(*emoji, u64::from_be_bytes(number))
    }

    /// The text, as a QR code says it.
    pub fn to_text(&self) -> String {
        to_text(SCHEME, self.0.bytes())
    }

    /// Whether a text means to be a plea.
    pub fn is_text(text: &str) -> bool {
        text.trim().starts_with(SCHEME)
    }

    /// Reads a plea as it was scanned or pasted.
    ///
    /// # Errors
    /// When it is something else, of another version, or damaged.
    pub fn parse(text: &str) -> Result<Self, ShareError> {
        let bytes = from_text(SCHEME, text)?;
        let key = checked(&bytes)?.try_into().map_err(|_| ShareError::Damaged)?;
        Ok(Self(SealingKey::from_bytes(key)))
    }
}

impl fmt::Debug for Plea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plea(..)")
    }
}
