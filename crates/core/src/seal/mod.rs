//! Sealing: bytes that only some devices can open.
//!
//! Keys are wrapped by HPKE (RFC 9180: DHKEM X25519 with HKDF-SHA-256, HKDF-SHA-256,
//! ChaCha20-Poly1305). All failures of opening are one error, so that none tells anything.

mod envelope;
mod letter;

pub use envelope::{Envelope, open, seal};
pub use letter::{Letter, open_letter, seal_letter};

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::random::Random;

type Private = <X25519HkdfSha256 as Kem>::PrivateKey;
type Public = <X25519HkdfSha256 as Kem>::PublicKey;
type Encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Bytes that HPKE adds: the ephemeral key and the tag.
const OVERHEAD: usize = 32 + 16;

/// The public X25519 key to which a device's secrets are sealed. Base64url without padding.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// The key with these bytes. Whether it is one shows when something is sealed to it.
    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({self})")
    }
}

impl fmt::Display for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl FromStr for SealingKey {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, SealError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| SealError)?;
        bytes.try_into().map(Self).map_err(|_| SealError)
    }
}

impl Serialize for SealingKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SealingKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The secret half. Wiped when dropped, silent when printed.
#[derive(Clone)]
pub struct SealingSecret(Zeroizing<[u8; 32]>);

impl SealingSecret {
    /// The secret with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to be wrapped before they rest anywhere.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public half.
    ///
    /// # Errors
    /// Never for 32 bytes.
    pub fn key(&self) -> Result<SealingKey, SealError> {
        let public = X25519HkdfSha256::sk_to_pk(&self.private()?);
        public.to_bytes().as_slice().try_into().map(SealingKey).map_err(|_| SealError)
    }

    /// What this secret and another key have in common, and nobody else has (X25519).
    ///
    /// # Errors
    /// When the key is of small order: everybody would know what is in common with it.
    pub(crate) fn agree(&self, key: &SealingKey) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let shared = Zeroizing::new(x25519_dalek::x25519(*self.0, key.0));
        let is_known = bool::from(shared.as_slice().ct_eq(&[0; 32]));
        if is_known { Err(SealError) } else { Ok(shared) }
    }

    fn private(&self) -> Result<Private, SealError> {
        Private::from_bytes(self.0.as_slice()).map_err(|_| SealError)
    }
}

impl fmt::Debug for SealingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingSecret(..)")
    }
}

/// Something could not be sealed or opened. Deliberately says no more.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it could not be opened")]
pub struct SealError;

/// HPKE in base mode: the ephemeral key followed by the ciphertext.
pub(crate) fn wrap(
    to: &SealingKey,
    info: &[u8],
    plaintext: &[u8],
    aad: &[u8],
    random: &mut Random,
) -> Result<Vec<u8>, SealError> {
    let public = Public::from_bytes(&to.0).map_err(|_| SealError)?;
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public,
            info,
            plaintext,
            aad,
            random.generator(),
        )
        .map_err(|_| SealError)?;
    Ok([encapsulated.to_bytes().as_slice(), &ciphertext].concat())
}

/// Opens what [`wrap`] made.
pub(crate) fn unwrap(
    secret: &SealingSecret,
    info: &[u8],
    sealed: &[u8],
    aad: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (encapsulated, ciphertext) = sealed.split_at_checked(32).ok_or(SealError)?;
    let encapsulated = Encapsulated::from_bytes(encapsulated).map_err(|_| SealError)?;
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &secret.private()?,
        &encapsulated,
        info,
        ciphertext,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| SealError)
}
