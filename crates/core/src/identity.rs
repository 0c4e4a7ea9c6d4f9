//! Keys that sign: who somebody is, and the one rule by which a signature counts.
//!
//! Every signature is made over `"effigy/<purpose>/v1\0"` followed by the bytes, so that a
//! signature given for one use can never be replayed as another.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Multicodec `ed25519-pub` as a varint (source: the did:key method specification).
const ED25519_PUB: [u8; 2] = [0xed, 0x01];
const DID_KEY: &str = "did:key:z";
/// Longest text behind that which is read at all, and so the most bytes that it can stand for: each
/// leading 1 is a byte.
const LETTERS: usize = 64;
/// Letters of 34 bytes in base58, at most.
const WRITTEN: usize = 48;

/// A public Ed25519 key: a device, a hub or a synod. Written as a `did:key`.
///
/// Holding one proves nothing about the point; [`Identity::verify`] refuses keys that are not
/// canonical or of small order, every time.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Identity([u8; 32]);

impl Identity {
    /// The key with these 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The last eight letters of the `did:key`, for people who compare by eye.
    pub fn short(&self) -> String {
        let text = self.to_string();
        text.get(text.len().saturating_sub(8)..).unwrap_or_default().to_owned()
    }

    /// Checks a signature for one purpose. The only place of the project where one is checked.
    pub fn verify(
        &self,
        purpose: Purpose,
        bytes: &[u8],
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        self.verifier()?.verify(purpose, bytes, signature)
    }

    /// The key made ready for many checks in a row.
    pub fn verifier(&self) -> Result<Verifier, SignatureError> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| SignatureError::Key)?;
        if key.is_weak() {
            return Err(SignatureError::SmallOrder);
        }
        // Decompression also takes y at or above the prime, a second spelling of the same point.
        if key.to_edwards().compress().to_bytes() != self.0 {
            return Err(SignatureError::Key);
        }
        Ok(Verifier { identity: *self, key })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 34];
        bytes[..2].copy_from_slice(&ED25519_PUB);
        bytes[2..].copy_from_slice(&self.0);
        let mut letters = [0; WRITTEN];
        let length = bs58::encode(bytes).onto(&mut letters[..]).map_err(|_| fmt::Error)?;
        let letters = letters.get(..length).and_then(|letters| str::from_utf8(letters).ok());
        f.write_str(DID_KEY)?;
        f.write_str(letters.ok_or(fmt::Error)?)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(..{})", self.short())
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let letters = text.strip_prefix(DID_KEY).ok_or(IdentityError::Method)?;
        if letters.len() > LETTERS {
            return Err(IdentityError::Base);
        }
        let mut bytes = [0; LETTERS];
        let length = bs58::decode(letters).onto(&mut bytes[..]).map_err(|_| IdentityError::Base)?;
        // There is no second spelling of these bytes: base58 is a number in digits, and only zeros in
        // front, which stand for bytes of their own, would leave it the same. See the tests.
        let bytes = bytes.get(..length).unwrap_or_default();
        let key = bytes.strip_prefix(&ED25519_PUB).ok_or(IdentityError::Kind)?;
        key.try_into().map(Self).map_err(|_| IdentityError::Kind)
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A public key decompressed once, for many checks.
#[derive(Clone, Debug)]
pub struct Verifier {
    identity: Identity,
    key: VerifyingKey,
}

impl Verifier {
    /// Whose key this is.
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// Checks a signature for one purpose: strictly, so that all nodes agree on what is valid.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn verify(
        &self,
        purpose: Purpose,
        bytes: &[u8],
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.key
            .verify_strict(&purpose.prefix(bytes), &signature)
            .map_err(|_| SignatureError::Mismatch)
    }

    /// Checks a signature over the bytes alone, for vectors of other projects. Never for our data.
    #[doc(hidden)]
    #[expect(clippy::disallowed_methods, reason = "judges sign without a purpose")]
    pub fn verify_raw(&self, bytes: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.key.verify_strict(bytes, &signature).is_ok()
    }
}

/// A secret Ed25519 key. Wiped when dropped, silent when printed.
#[derive(Clone)]
pub struct Secret(SigningKey);

impl Secret {
    /// The key with this 32-byte seed (RFC 8032, 5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The 32-byte seed, to be wrapped before it rests anywhere.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn identity(&self) -> Identity {
        Identity(self.0.verifying_key().to_bytes())
    }

    /// Signs bytes for one purpose.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn sign(&self, purpose: Purpose, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&purpose.prefix(bytes)).to_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

/// An Ed25519 signature of 64 bytes, written in base64url without padding.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// The signature with these bytes.
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The 64 bytes.
    pub const fn bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let bytes =
            BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| SignatureError::Spelling)?;
        bytes.try_into().map(Self).map_err(|_| SignatureError::Spelling)
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a signature is given for. One purpose per use.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Purpose {
    /// A call's description of its media.
    Call,
    /// A device agrees to belong to a synod.
    Consent,
    /// A request left for somebody at a hub.
    Drop,
    /// An entry of a feed.
    Entry,
    /// A promise to keep data.
    Lease,
    /// A step of linking a device.
    Link,
    /// A message that passes through a hub.
    Message,
    /// A confirmation of what was received.
    Receipt,
    /// A list of a release's files.
    Release,
    /// The proof of a key at the start of a session.
    SessionAuth,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 10] = [
        Self::Call,
        Self::Consent,
        Self::Drop,
        Self::Entry,
        Self::Lease,
        Self::Link,
        Self::Message,
        Self::Receipt,
        Self::Release,
        Self::SessionAuth,
    ];

    /// The purpose's name in the signed bytes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Consent => "consent",
            Self::Drop => "drop",
            Self::Entry => "entry",
            Self::Lease => "lease",
            Self::Link => "link",
            Self::Message => "message",
            Self::Receipt => "receipt",
            Self::Release => "release",
            Self::SessionAuth => "session-auth",
        }
    }

    fn prefix(self, bytes: &[u8]) -> Vec<u8> {
        [b"effigy/", self.name().as_bytes(), b"/v1\0", bytes].concat()
    }
}

/// Why a text is not an identity.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// Not base58.
    #[error("a did:key is base58 after the letter z")]
    Base,
    /// Another kind of key.
    #[error("an identity is an Ed25519 key")]
    Kind,
    /// Not a `did:key` at all.
    #[error("an identity begins with did:key:z")]
    Method,
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The key is no canonical point of the curve.
    #[error("the key is no canonical Ed25519 key")]
    Key,
    /// The signature was not made by this key over these bytes for this purpose, or is malleable.
    #[error("the signature does not match")]
    Mismatch,
    /// The key is of small order: a signature of it would say nothing.
    #[error("the key is of small order")]
    SmallOrder,
    /// Not 64 bytes of base64url.
    #[error("a signature is 64 bytes of base64url")]
    Spelling,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_never_stand_for_one_another() {
        let secret = Secret::from_seed(&[7; 32]);
        for signed in Purpose::ALL {
            let signature = secret.sign(signed, b"bytes");
            for checked in Purpose::ALL {
                let verdict = secret.identity().verify(checked, b"bytes", &signature);
                assert_eq!(verdict.is_ok(), signed == checked, "{signed:?} as {checked:?}");
            }
        }
    }

    #[test]
    fn secrets_print_nothing() {
        let secret = Secret::from_seed(&[7; 32]);
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }

    #[test]
    fn an_identity_reads_back() {
        let identity = Secret::from_seed(&[7; 32]).identity();
        assert_eq!(identity.to_string().parse(), Ok(identity));
        assert!(identity.to_string().starts_with("did:key:z6Mk"));
    }

    #[test]
    fn small_order_and_second_spellings_are_refused() {
        let mut one = [0; 32];
        one[0] = 1;
        assert_eq!(Identity::from_bytes(one).verifier().err(), Some(SignatureError::SmallOrder));
        // y = p + 3 spells the point with y = 3 a second time.
        let mut high = [0xff; 32];
        high[0] = 0xf0;
        high[31] = 0x7f;
        assert_eq!(Identity::from_bytes(high).verifier().err(), Some(SignatureError::Key));
    }
}
