//! The name of a blob: a CIDv1, codec `raw`, multihash `sha2-256`.
//!
//! Source: the CID and multihash specifications of multiformats.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Version 1, codec raw (0x55), hash sha2-256 (0x12) of 32 bytes (0x20).
const PREFIX: [u8; 4] = [0x01, 0x55, 0x12, 0x20];
/// The multibase letter of lower-case base32 and 36 bytes at 5 bits a letter.
const TEXT_LENGTH: usize = 1 + 58;

/// The name of some bytes: their SHA-256.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Cid([u8; 32]);

impl Cid {
    /// Names bytes by hashing them.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// A name whose digest is known.
    pub const fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The SHA-256 inside the name.
    pub const fn digest(&self) -> &[u8; 32] {
        &self.0
    }

    /// The last eight letters, for people who compare by eye.
    pub fn short(&self) -> String {
        let text = self.to_string();
        text.get(text.len().saturating_sub(8)..).unwrap_or_default().to_owned()
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 36];
        bytes[..4].copy_from_slice(&PREFIX);
        bytes[4..].copy_from_slice(&self.0);
        write!(f, "b{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cid(..{})", self.short())
    }
}

impl FromStr for Cid {
    type Err = CidError;

    fn from_str(text: &str) -> Result<Self, CidError> {
        if text.len() != TEXT_LENGTH {
            return Err(CidError::Length);
        }
        let letters = text.strip_prefix('b').ok_or(CidError::Base)?;
        if letters.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(CidError::Base);
        }
        let bytes = BASE32_NOPAD
            .decode(letters.to_ascii_uppercase().as_bytes())
            .map_err(|_| CidError::Base)?;
        let digest = bytes.strip_prefix(&PREFIX).ok_or(CidError::Kind)?;
        digest.try_into().map(Self).map_err(|_| CidError::Length)
    }
}

impl Serialize for Cid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why a text is not the name of a blob.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CidError {
    /// Not lower-case base32.
    #[error("a CID is lower-case base32 after the letter b")]
    Base,
    /// Another version, codec or hash.
    #[error("a CID here is version 1, codec raw, hash sha2-256")]
    Kind,
    /// Too short or too long.
    #[error("a CID here has 59 letters")]
    Length,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_nothing_is_the_one_every_tool_prints() {
        let cid = Cid::of(b"");
        let text = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
        assert_eq!(cid.to_string(), text);
        assert_eq!(text.parse(), Ok(cid));
    }

    #[test]
    fn other_spellings_are_refused() {
        let text = Cid::of(b"x").to_string();
        assert_eq!(text.to_ascii_uppercase().parse::<Cid>(), Err(CidError::Base));
        assert_eq!(text[..58].parse::<Cid>(), Err(CidError::Length));
        let dag = text.replacen("bafkrei", "bafyrei", 1);
        assert_eq!(dag.parse::<Cid>(), Err(CidError::Kind));
    }
}
