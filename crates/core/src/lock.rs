//! Secrets behind a lock: sealed with a key of their own, which every way of opening the lock has wrapped:
//! a passphrase, or a passkey that gives the same 32 bytes for the same salt each time (WebAuthn's PRF).
//!
//! ```text
//! 89 "EFLOCK" 01 | number of ways | way | way | .. | nonce, 24 bytes | sealed
//! way: 0 | cost, 12 | salt, 16 | wrapped, 48
//!      1 | length, 2 | credential | salt, 32 | wrapped, 48
//! ```

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::passphrase::{COST, Cost, SALT, Stretched};

/// How every locked secret begins; no JSON begins so.
const MAGIC: [u8; 8] = *b"\x89EFLOCK\x01";
/// Most ways of opening one lock.
pub const WAYS: usize = 8;
/// Most bytes of a credential's name, as WebAuthn has it.
const CREDENTIAL: usize = 1_023;
const WRAPPED: usize = 32 + 16;
const NONCE: usize = 24;
const INFO: &[u8] = b"effigy/lock/v1";

const PASSPHRASE: u8 = 0;
const PASSKEY: u8 = 1;

/// The key of a lock. Wiped when dropped, silent when printed.
#[derive(Clone)]
pub struct LockKey(Zeroizing<[u8; 32]>);

impl LockKey {
    /// A key of fresh random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

impl std::fmt::Debug for LockKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LockKey(..)")
    }
}

/// A way of opening a lock.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Way {
    /// By a passkey.
    Passkey {
        /// The name of its credential.
        credential: Vec<u8>,
        /// What it is asked for.
        salt: [u8; 32],
        /// The lock's key, sealed with what it answers.
        wrapped: [u8; WRAPPED],
    },
    /// By a passphrase.
    Passphrase {
        /// What a guess costs.
        cost: Cost,
        /// What is mixed with the passphrase.
        salt: [u8; SALT],
        /// The lock's key, sealed with what was made of the passphrase.
        wrapped: [u8; WRAPPED],
    },
}

impl Way {
    /// A way by a passphrase of which that key was made. The salt must be new.
    ///
    /// # Errors
    /// Never for 32 bytes.
    pub fn by_passphrase(
        stretched: &Stretched,
        cost: Cost,
        salt: [u8; SALT],
        key: &LockKey,
    ) -> Result<Self, LockError> {
        Ok(Self::Passphrase { cost, salt, wrapped: wrap(stretched.bytes(), &salt, key)? })
    }

    /// A way by a passkey that answered so for this salt, which must be new.
    ///
    /// # Errors
    /// When the credential's name is longer than any may be.
    pub fn by_passkey(
        answer: &[u8; 32],
        credential: Vec<u8>,
        salt: [u8; 32],
        key: &LockKey,
    ) -> Result<Self, LockError> {
        if credential.len() > CREDENTIAL {
            return Err(LockError);
        }
        Ok(Self::Passkey { credential, salt, wrapped: wrap(answer, &salt, key)? })
    }

    /// The lock's key, by what was made of the passphrase or what the passkey answered.
    ///
    /// # Errors
    /// When it is another one.
    pub fn key(&self, opener: &[u8; 32]) -> Result<LockKey, LockError> {
        let (salt, wrapped): (&[u8], _) = match self {
            Self::Passkey { salt, wrapped, .. } => (salt, wrapped),
            Self::Passphrase { salt, wrapped, .. } => (salt, wrapped),
        };
        let key = wrapping(opener, salt).decrypt(&XNonce::from([0; NONCE]), wrapped.as_slice());
        let key = Zeroizing::new(key.map_err(|_| LockError)?);
        key.as_slice().try_into().map(LockKey::new).map_err(|_| LockError)
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Passkey { credential, salt, wrapped } => {
                let length = u16::try_from(credential.len()).unwrap_or_default().to_be_bytes();
                bytes.push(PASSKEY);
                bytes.extend([&length, credential.as_slice(), salt, wrapped].concat());
            }
            Self::Passphrase { cost, salt, wrapped } => {
                bytes.push(PASSPHRASE);
                bytes.extend([cost.to_bytes().as_slice(), salt, wrapped].concat());
            }
        }
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        match bytes.split_first()? {
            (&PASSKEY, rest) => {
                let (length, rest) = rest.split_first_chunk()?;
                let length = usize::from(u16::from_be_bytes(*length));
                let (credential, rest) = rest.split_at_checked(length)?;
                let (salt, rest) = rest.split_first_chunk()?;
                let (wrapped, rest) = rest.split_first_chunk()?;
                let credential = (length <= CREDENTIAL).then(|| credential.to_vec())?;
                Some((Self::Passkey { credential, salt: *salt, wrapped: *wrapped }, rest))
            }
            (&PASSPHRASE, rest) => {
                let (cost, rest) = rest.split_first_chunk::<COST>()?;
                let (salt, rest) = rest.split_first_chunk()?;
                let (wrapped, rest) = rest.split_first_chunk()?;
                let cost = Cost::from_bytes(cost).ok()?;
                Some((Self::Passphrase { cost, salt: *salt, wrapped: *wrapped }, rest))
            }
            _ => None,
        }
    }
}

/// A secret behind a lock.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Locked {
    /// How it can be opened.
    pub ways: Vec<Way>,
    nonce: [u8; NONCE],
    sealed: Vec<u8>,
}

impl Locked {
    /// Puts a secret behind a lock. The nonce must be fresh.
    ///
    /// # Errors
    /// When there is no way to open it again, or there are more than [`WAYS`].
    pub fn seal(
        secret: &[u8],
        key: &LockKey,
        ways: Vec<Way>,
        nonce: [u8; NONCE],
    ) -> Result<Self, LockError> {
        if ways.is_empty() || ways.len() > WAYS {
            return Err(LockError);
        }
        let sealed = key.cipher().encrypt(&XNonce::from(nonce), secret).map_err(|_| LockError)?;
        Ok(Self { ways, nonce, sealed })
    }

    /// Whether bytes are a locked secret, of whatever version.
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC.get(..7).unwrap_or_default())
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// When the bytes are not that.
    pub fn parse(bytes: &[u8]) -> Result<Self, LockError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(LockError)?;
        let (count, mut rest) = rest.split_first().ok_or(LockError)?;
        let count = usize::from(*count);
        if count == 0 || count > WAYS {
            return Err(LockError);
        }
        let mut ways = Vec::new();
        for _ in 0..count {
            let (way, behind) = Way::read(rest).ok_or(LockError)?;
            ways.push(way);
            rest = behind;
        }
        let (nonce, sealed) = rest.split_first_chunk().ok_or(LockError)?;
        Ok(Self { ways, nonce: *nonce, sealed: sealed.to_vec() })
    }

    /// As it rests.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(u8::try_from(self.ways.len()).unwrap_or_default());
        self.ways.iter().for_each(|way| way.write(&mut bytes));
        bytes.extend(self.nonce);
        bytes.extend(&self.sealed);
        bytes
    }

    /// The secret.
    ///
    /// # Errors
    /// When the key is another one, or it was altered.
    pub fn open(&self, key: &LockKey) -> Result<Zeroizing<Vec<u8>>, LockError> {
        let payload = Payload { msg: &self.sealed, aad: &[] };
        let opened = key.cipher().decrypt(&XNonce::from(self.nonce), payload);
        opened.map(Zeroizing::new).map_err(|_| LockError)
    }
}

/// The lock did not open, or is none. Says no more.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it could not be opened")]
pub struct LockError;

/// Each salt is used for one key once, so the nonce may be fixed.
fn wrap(opener: &[u8; 32], salt: &[u8], key: &LockKey) -> Result<[u8; WRAPPED], LockError> {
    let wrapped = wrapping(opener, salt).encrypt(&XNonce::from([0; NONCE]), key.0.as_slice());
    wrapped.map_err(|_| LockError)?.try_into().map_err(|_| LockError)
}

fn wrapping(opener: &[u8; 32], salt: &[u8]) -> XChaCha20Poly1305 {
    let mut key = Zeroizing::new([0; 32]);
    // Fails only where more than 255 hashes are asked for.
    let _ = Hkdf::<Sha256>::new(Some(salt), opener).expand(INFO, key.as_mut());
    XChaCha20Poly1305::new((&*key).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both() -> (LockKey, Locked) {
        let key = LockKey::new([1; 32]);
        let made = Stretched::from_bytes([2; 32]);
        let ways = vec![
            Way::by_passphrase(&made, Cost::USUAL, [3; SALT], &key).unwrap(),
            Way::by_passkey(&[4; 32], vec![5; 40], [6; 32], &key).unwrap(),
        ];
        (key.clone(), Locked::seal(b"keys", &key, ways, [7; 24]).unwrap())
    }

    #[test]
    fn each_way_opens_it_and_nothing_else_does() {
        let (_, locked) = both();
        let locked = Locked::parse(&locked.to_bytes()).unwrap();
        for (way, opener) in locked.ways.iter().zip([[2; 32], [4; 32]]) {
            let key = way.key(&opener).unwrap();
            assert_eq!(locked.open(&key).unwrap().as_slice(), b"keys");
            assert_eq!(way.key(&[9; 32]).err(), Some(LockError));
            assert_eq!(format!("{key:?}"), "LockKey(..)");
        }
        assert!(locked.ways[0].key(&[4; 32]).is_err());
        assert_eq!(locked.open(&LockKey::new([8; 32])).err(), Some(LockError));
    }

    #[test]
    fn whatever_is_changed_or_cut_opens_nothing() {
        let (key, locked) = both();
        let bytes = locked.to_bytes();
        assert!(Locked::is_one(&bytes) && !Locked::is_one(b"{\"device\":1}"));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            if let Ok(changed) = Locked::parse(&changed) {
                let opens = changed.ways.iter().zip([[2; 32], [4; 32]]).all(|(way, opener)| {
                    way.key(&opener).is_ok_and(|key| changed.open(&key).is_ok())
                });
                // The name of a credential is looked up, not sealed; its answer would be another.
                assert!(
                    !opens
                        || changed.ways[1] != locked.ways[1]
                        || changed.ways[0] != locked.ways[0],
                    "byte {at}"
                );
            }
            if let Ok(cut) = Locked::parse(&bytes[..at]) {
                assert!(cut.open(&key).is_err(), "{at} bytes");
            }
        }
        assert!(Locked::seal(b"", &key, Vec::new(), [0; 24]).is_err());
        assert!(Locked::seal(b"", &key, vec![locked.ways[0].clone(); 9], [0; 24]).is_err());
    }
}
