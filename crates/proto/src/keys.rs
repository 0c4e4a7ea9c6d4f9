//! The keys of a device, and how they rest (always wrapped by the platform).

use data_encoding::BASE64URL_NOPAD;
use effigy_core::mnemonic::Words;
use effigy_core::random::Random;
use effigy_core::seal::SealingSecret;
use effigy_core::{Identity, Secret};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// Everything secret that a device has. Silent when printed.
#[derive(Clone)]
pub struct Keys {
    /// Signs the device's entries.
    pub device: Secret,
    /// Whether the account began elsewhere: this device may begin nothing of it, and comes to belong to
    /// it once the account names it.
    pub joining: bool,
    /// Opens what is sealed for the device.
    pub sealing: SealingSecret,
    /// The account; `None` for a hub, and for a device before it is linked.
    pub synod: Option<Identity>,
    /// What lets this device into the account, while it comes out of a backup.
    pub voucher: Option<Voucher>,
    /// The account's root, until the person has written the words down.
    pub words: Option<Words>,
}

/// The keys of the device that was backed up. A device that comes out of a backup has keys of its own:
/// these open what was sealed for the other one, sign one entry of the account that names this device,
/// and are forgotten. So no feed of a device ever has two writers, however often a backup is restored.
#[derive(Clone)]
pub struct Voucher {
    /// Signs that entry, with the powers of the device that was backed up.
    pub device: Secret,
    /// Opens what was sealed for that device.
    pub sealing: SealingSecret,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WireVoucher {
    device: String,
    sealing: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    device: String,
    entropy: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    joining: bool,
    sealing: String,
    synod: Option<Identity>,
    v: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voucher: Option<WireVoucher>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.device.zeroize();
        self.sealing.zeroize();
        self.entropy.zeroize();
    }
}

impl Drop for WireVoucher {
    fn drop(&mut self) {
        self.device.zeroize();
        self.sealing.zeroize();
    }
}

impl Keys {
    /// The keys of a new account and its first device, from a secret seed that is used once.
    ///
    /// # Errors
    /// Never for a working build of BIP-39.
    pub fn for_account(seed: [u8; 32]) -> Result<Self, KeysError> {
        let mut random = Random::seeded(seed);
        let words = Words::from_entropy(&random.bytes::<16>()).map_err(|_| KeysError)?;
        Ok(Self { synod: Some(words.root_sign().identity()), words: Some(words), ..new(random) })
    }

    /// The keys of a new device for an account that began elsewhere, from a secret seed that is used
    /// once. Another device of the account has to add it.
    pub fn for_device(seed: [u8; 32], synod: Identity) -> Self {
        Self { joining: true, synod: Some(synod), ..new(Random::seeded(seed)) }
    }

    /// The same with the words of the account, by which the device adds itself.
    pub fn for_recovery(seed: [u8; 32], words: Words) -> Self {
        let synod = words.root_sign().identity();
        Self { words: Some(words), ..Self::for_device(seed, synod) }
    }

    /// The keys of a new device of the account that was backed up with these keys, from a secret seed that
    /// is used once. It is let in by them; where the words were still to be written down, they still are.
    pub fn for_restoring(seed: [u8; 32], backed_up: Self) -> Result<Self, KeysError> {
        let Self { device, sealing, synod, voucher, words, .. } = backed_up;
        let synod = synod.ok_or(KeysError)?;
        // A device that had not been let in yet lends what was to let it in.
        let voucher = Some(voucher.unwrap_or(Voucher { device, sealing }));
        Ok(Self { voucher, words, ..Self::for_device(seed, synod) })
    }

    /// The keys of a hub, from a secret seed that is used once.
    pub fn for_hub(seed: [u8; 32]) -> Self {
        new(Random::seeded(seed))
    }

    /// The keys of a device that belongs to no account yet, from a secret seed that is used once.
    pub fn for_newcomer(seed: [u8; 32]) -> Self {
        Self::for_hub(seed)
    }

    /// The keys as bytes, to be wrapped before they rest anywhere.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let wire = Wire {
            device: BASE64URL_NOPAD.encode(&*self.device.seed()),
            entropy: self.words.as_ref().map(|words| BASE64URL_NOPAD.encode(&words.entropy())),
            joining: self.joining,
            sealing: BASE64URL_NOPAD.encode(self.sealing.bytes()),
            synod: self.synod,
            v: 1,
            voucher: self.voucher.as_ref().map(|voucher| WireVoucher {
                device: BASE64URL_NOPAD.encode(&*voucher.device.seed()),
                sealing: BASE64URL_NOPAD.encode(voucher.sealing.bytes()),
            }),
        };
        Zeroizing::new(serde_json::to_vec(&wire).unwrap_or_default())
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// When the bytes are not that.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeysError> {
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| KeysError)?;
        let words = match &wire.entropy {
            Some(entropy) => {
                let entropy = BASE64URL_NOPAD.decode(entropy.as_bytes()).map(Zeroizing::new);
                let entropy = entropy.map_err(|_| KeysError)?;
                Some(Words::from_entropy(&entropy).map_err(|_| KeysError)?)
            }
            None => None,
        };
        let voucher = wire.voucher.as_ref().map(|voucher| {
            let device = Secret::from_seed(&*decode::<32>(&voucher.device)?);
            let sealing = SealingSecret::from_bytes(*decode::<32>(&voucher.sealing)?);
            Ok(Voucher { device, sealing })
        });
        Ok(Self {
            device: Secret::from_seed(&*decode::<32>(&wire.device)?),
            joining: wire.joining,
            sealing: SealingSecret::from_bytes(*decode::<32>(&wire.sealing)?),
            synod: wire.synod,
            voucher: voucher.transpose()?,
            words,
        })
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl std::fmt::Debug for Voucher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Voucher(..)")
    }
}

/// New keys that belong to nobody yet.
fn new(mut random: Random) -> Keys {
    Keys {
        device: Secret::from_seed(&random.bytes()),
        joining: false,
        sealing: SealingSecret::from_bytes(random.bytes()),
        synod: None,
        voucher: None,
        words: None,
    }
}

fn decode<const N: usize>(text: &str) -> Result<Zeroizing<[u8; N]>, KeysError> {
    let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| KeysError)?);
    bytes.as_slice().try_into().map(Zeroizing::new).map_err(|_| KeysError)
}

/// The bytes are not the keys of a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the device's keys cannot be read")]
pub struct KeysError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_and_print_nothing() {
        let account = Keys::for_account([1; 32]).unwrap();
        let words = Words::from_entropy(&[3; 32]).unwrap();
        let device = Keys::for_device([4; 32], account.synod.unwrap());
        let restored = Keys::for_restoring([6; 32], account.clone()).unwrap();
        let recovered = Keys::for_recovery([5; 32], words);
        for keys in [account, Keys::for_hub([2; 32]), recovered, device, restored] {
            let again = Keys::from_bytes(&keys.to_bytes()).unwrap();
            assert_eq!(again.device.identity(), keys.device.identity());
            assert_eq!((again.synod, again.joining), (keys.synod, keys.joining));
            let entropy = |keys: &Keys| keys.words.as_ref().map(Words::entropy);
            assert_eq!(entropy(&again), entropy(&keys));
            let voucher = |keys: &Keys| keys.voucher.as_ref().map(|found| found.device.identity());
            assert_eq!(voucher(&again), voucher(&keys));
            assert_eq!(format!("{keys:?}"), "Keys(..)");
        }
        assert_eq!(Keys::from_bytes(b"{}").err(), Some(KeysError));
    }

    #[test]
    fn a_device_out_of_a_backup_has_keys_of_its_own() {
        let account = Keys::for_account([1; 32]).unwrap();
        let one = Keys::for_restoring([2; 32], account.clone()).unwrap();
        let two = Keys::for_restoring([3; 32], account.clone()).unwrap();
        assert!(one.joining && one.synod == account.synod && one.words.is_some());
        assert_ne!(one.device.identity(), account.device.identity());
        assert_ne!(one.device.identity(), two.device.identity());
        // A backup of what has not joined yet is let in by the same keys.
        let again = Keys::for_restoring([4; 32], one).unwrap();
        assert_eq!(again.voucher.unwrap().device.identity(), account.device.identity());
        assert!(Keys::for_restoring([5; 32], Keys::for_hub([6; 32])).is_err());
    }
}
