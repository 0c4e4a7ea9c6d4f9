//! Envelopes: a payload that several devices can open, and nobody can tell which.
//!
//! A random content key encrypts the padded text (XChaCha20-Poly1305) and is committed to, so that
//! no two readers can be shown different texts. The key is wrapped for each reader in a slot;
//! slots are padded to a power of two with random bytes and name nobody.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{OVERHEAD, SealError, SealingKey, SealingSecret, unwrap, wrap};
use crate::canon;
use crate::limits::PAYLOAD_BYTES;
use crate::random::Random;

const INFO: &[u8] = b"effigy/envelope/v1";
/// Most readers of one envelope.
const SLOTS: usize = 64;
const SLOT_BYTES: usize = 32 + OVERHEAD;
/// Plaintexts are padded to a multiple of this.
const BUCKET: usize = 256;

/// A sealed payload as it stands in JSON.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The encrypted text in base64url.
    pub body: String,
    /// What binds the content key: HKDF of it, in base64url.
    pub commitment: String,
    /// The content key, once per reader and padded, in base64url.
    pub slots: Vec<String>,
    /// Always `sealed`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Seals a text for some devices. `binding` ties it to its place; the same is needed to open it.
///
/// # Errors
/// When there are too many readers or the result would be larger than a payload.
pub fn seal(
    text: &[u8],
    readers: &[SealingKey],
    binding: &[u8],
    random: &mut Random,
) -> Result<Vec<u8>, SealError> {
    if readers.is_empty() || readers.len() > SLOTS {
        return Err(SealError);
    }
    let content = Zeroizing::new(random.bytes::<32>());
    let (key, commitment) = expand(&content)?;
    let length = u32::try_from(text.len()).map_err(|_| SealError)?;
    let mut padded = [length.to_be_bytes().as_slice(), text].concat();
    padded.resize(padded.len().next_multiple_of(BUCKET), 0);
    // The key is used once, so its nonce may be fixed.
    let body = XChaCha20Poly1305::new((&*key).into())
        .encrypt(&XNonce::from([0; 24]), Payload { msg: &padded, aad: binding })
        .map_err(|_| SealError)?;
    let mut slots = Vec::new();
    for reader in readers {
        slots.push(BASE64URL_NOPAD.encode(&wrap(reader, INFO, &*content, binding, random)?));
    }
    while slots.len() < readers.len().next_power_of_two().max(4) {
        slots.push(BASE64URL_NOPAD.encode(&random.bytes::<SLOT_BYTES>()));
    }
    slots.sort_unstable();
    let envelope = Envelope {
        body: BASE64URL_NOPAD.encode(&body),
        commitment: BASE64URL_NOPAD.encode(&commitment),
        slots,
        kind: "sealed".to_owned(),
    };
    let bytes = canon::write(&envelope).map_err(|_| SealError)?;
    if bytes.len() > PAYLOAD_BYTES { Err(SealError) } else { Ok(bytes) }
}

/// Opens an envelope with this device's secret.
///
/// # Errors
/// One error for every reason: not for this device, moved from its place, changed.
pub fn open(
    envelope: &Envelope,
    secret: &SealingSecret,
    binding: &[u8],
) -> Result<Vec<u8>, SealError> {
    if envelope.slots.len() > SLOTS {
        return Err(SealError);
    }
    let body = BASE64URL_NOPAD.decode(envelope.body.as_bytes()).map_err(|_| SealError)?;
    for slot in &envelope.slots {
        let Ok(slot) = BASE64URL_NOPAD.decode(slot.as_bytes()) else { continue };
        let Ok(content) = unwrap(secret, INFO, &slot, binding) else { continue };
        let Ok(content) = <[u8; 32]>::try_from(content.as_slice()) else { continue };
        let (key, commitment) = expand(&content)?;
        let expected = BASE64URL_NOPAD.encode(&commitment);
        if !bool::from(expected.as_bytes().ct_eq(envelope.commitment.as_bytes())) {
            return Err(SealError);
        }
        let padded = XChaCha20Poly1305::new((&*key).into())
            .decrypt(&XNonce::from([0; 24]), Payload { msg: &body, aad: binding })
            .map_err(|_| SealError)?;
        let (length, rest) = padded.split_first_chunk::<4>().ok_or(SealError)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| SealError)?;
        return rest.get(..length).map(<[u8]>::to_vec).ok_or(SealError);
    }
    Err(SealError)
}

/// The encryption key and the commitment that follow from a content key.
fn expand(content: &[u8; 32]) -> Result<(Zeroizing<[u8; 32]>, [u8; 32]), SealError> {
    let expander = Hkdf::<Sha256>::new(Some(INFO), content);
    let (mut key, mut commitment) = (Zeroizing::new([0; 32]), [0; 32]);
    expander.expand(b"key", key.as_mut()).map_err(|_| SealError)?;
    expander.expand(b"commitment", &mut commitment).map_err(|_| SealError)?;
    Ok((key, commitment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_opens_it_and_nobody_else_does() {
        let secrets: Vec<_> = (1..=5).map(|n| SealingSecret::from_bytes([n; 32])).collect();
        let keys: Vec<_> = secrets[..4].iter().map(|s| s.key().unwrap()).collect();
        let mut random = Random::seeded([9; 32]);
        let bytes = seal(b"secret", &keys, b"place", &mut random).unwrap();
        let envelope: Envelope = canon::read(&bytes).unwrap();
        for secret in &secrets[..4] {
            assert_eq!(open(&envelope, secret, b"place"), Ok(b"secret".to_vec()));
            assert_eq!(open(&envelope, secret, b"elsewhere"), Err(SealError));
        }
        assert_eq!(open(&envelope, &secrets[4], b"place"), Err(SealError));
    }

    #[test]
    fn the_number_of_readers_is_hidden_in_size_classes() {
        let key = SealingSecret::from_bytes([1; 32]).key().unwrap();
        let mut sizes = std::collections::BTreeSet::new();
        for readers in 1..=64 {
            let mut random = Random::seeded([readers; 32]);
            let keys = vec![key; usize::from(readers)];
            sizes.insert(seal(b"x", &keys, b"", &mut random).unwrap().len());
        }
        assert_eq!(sizes.len(), 5);
    }
}
