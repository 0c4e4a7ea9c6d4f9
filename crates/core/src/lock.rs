//! A secret behind a lock: sealed with what opens it, a passphrase or a passkey that gives the same 32 bytes
//! for the same salt each time (WebAuthn's PRF).
//!
//! ```text
//! 89 "EFLOCK" 01 | way | nonce, 24 bytes | sealed
//! way: 0 | cost, 12 | salt, 16
//!      1 | salt, 32 | length, 2 | credential
//! ```
//!
//! All that comes before the nonce goes into the key, so nothing of it can be changed. A lock that is
//! changed has a new salt and with it a new key: who knew the old passphrase opens nothing with it.

use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::passphrase::{COST, Cost, SALT};

/// How every locked secret begins, of whatever version; no JSON begins so.
const MAGIC: [u8; 7] = *b"\x89EFLOCK";
/// The only version of the form.
const VERSION: u8 = 1;
/// Most bytes of a credential's name, as WebAuthn has it.
pub const CREDENTIAL: usize = 1_023;
/// Bytes of what a passkey is asked for.
pub const PASSKEY_SALT: usize = 32;
const NONCE: usize = 24;
const INFO: &[u8] = b"effigy/lock/v1";

const PASSPHRASE: u8 = 0;
const PASSKEY: u8 = 1;

/// By what a lock opens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Way {
    /// By a passkey.
    Passkey {
        /// The name of its credential.
        credential: Vec<u8>,
        /// What it is asked for.
        salt: [u8; PASSKEY_SALT],
    },
    /// By a passphrase.
    Passphrase {
        /// What a guess costs.
        cost: Cost,
        /// What is mixed with the passphrase.
        salt: [u8; SALT],
    },
}

impl Way {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Passkey { credential, salt } => {
                let length = u16::try_from(credential.len()).unwrap_or_default().to_be_bytes();
                [[PASSKEY].as_slice(), salt, &length, credential.as_slice()].concat()
            }
            Self::Passphrase { cost, salt } => {
                [[PASSPHRASE].as_slice(), &cost.to_bytes(), salt].concat()
            }
        }
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        match bytes.split_first()? {
            (&PASSKEY, rest) => {
                let (salt, rest) = rest.split_first_chunk()?;
                let (length, rest) = rest.split_first_chunk()?;
                let length = usize::from(u16::from_be_bytes(*length));
                let (credential, rest) = rest.split_at_checked(length)?;
                let credential = (length <= CREDENTIAL).then(|| credential.to_vec())?;
                Some((Self::Passkey { credential, salt: *salt }, rest))
            }
            (&PASSPHRASE, rest) => {
                let (cost, rest) = rest.split_first_chunk::<COST>()?;
                let (salt, rest) = rest.split_first_chunk()?;
                Some((Self::Passphrase { cost: Cost::from_bytes(cost).ok()?, salt: *salt }, rest))
            }
            _ => None,
        }
    }
}

/// A lock that is open: it puts secrets behind it and takes them out again. Its key is wiped when dropped,
/// and silent when printed.
#[derive(Clone)]
pub struct Lock {
    key: Zeroizing<[u8; 32]>,
    way: Way,
}

impl Lock {
    /// The lock of this way, by what was made of the passphrase or what the passkey answered. Whether that
    /// is the right one shows when something is opened. The salt of a new lock must be new.
    ///
    /// # Errors
    /// When the credential's name is longer than any may be.
    pub fn new(way: Way, opener: &[u8; 32]) -> Result<Self, LockError> {
        if matches!(&way, Way::Passkey { credential, .. } if credential.len() > CREDENTIAL) {
            return Err(LockError);
        }
        let mut key = Zeroizing::new([0; 32]);
        let made = Hkdf::<Sha256>::new(Some(&way.to_bytes()), opener).expand(INFO, key.as_mut());
        made.map_err(|_| LockError)?;
        Ok(Self { key, way })
    }

    /// By what it opens.
    pub const fn way(&self) -> &Way {
        &self.way
    }

    /// Whether both open the same.
    pub fn is_same(&self, other: &Self) -> bool {
        bool::from(self.key.ct_eq(&*other.key))
    }

    /// Puts a secret behind the lock. The nonce must be random.
    ///
    /// # Errors
    /// Never for a secret that fits into memory twice.
    pub fn seal(&self, secret: &[u8], nonce: [u8; NONCE]) -> Result<Vec<u8>, LockError> {
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), secret);
        let sealed = sealed.map_err(|_| LockError)?;
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        bytes.extend(self.way.to_bytes());
        bytes.extend(nonce);
        bytes.extend(sealed);
        Ok(bytes)
    }

    /// Takes a secret out.
    ///
    /// # Errors
    /// When it is behind another lock, or was altered.
    pub fn open(&self, locked: &Locked) -> Result<Zeroizing<Vec<u8>>, LockError> {
        let nonce = XNonce::from(locked.nonce);
        let opened = self.cipher().decrypt(&nonce, locked.sealed.as_slice());
        opened.map(Zeroizing::new).map_err(|_| LockError)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }
}

impl std::fmt::Debug for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lock(..)")
    }
}

/// A secret behind a lock.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Locked {
    nonce: [u8; NONCE],
    sealed: Vec<u8>,
    way: Way,
}

impl Locked {
    /// Whether bytes are a locked secret, of whatever version.
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// Reads what [`Lock::seal`] wrote.
    ///
    /// # Errors
    /// When the bytes are not that, or of a later version.
    pub fn parse(bytes: &[u8]) -> Result<Self, LockError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(LockError)?;
        let (version, rest) = rest.split_first().ok_or(LockError)?;
        if *version != VERSION {
            return Err(LockError);
        }
        let (way, rest) = Way::read(rest).ok_or(LockError)?;
        let (nonce, sealed) = rest.split_first_chunk().ok_or(LockError)?;
        Ok(Self { nonce: *nonce, sealed: sealed.to_vec(), way })
    }

    /// By what its lock opens.
    pub const fn way(&self) -> &Way {
        &self.way
    }
}

/// The lock did not open, or is none. Says no more.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it could not be opened")]
pub struct LockError;

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"keys";

    fn locks() -> [Lock; 2] {
        [by_passphrase(3, &[1; 32]), by_passkey(vec![5; 40], &[2; 32])]
    }

    fn by_passphrase(salt: u8, opener: &[u8; 32]) -> Lock {
        Lock::new(Way::Passphrase { cost: Cost::USUAL, salt: [salt; SALT] }, opener).unwrap()
    }

    fn by_passkey(credential: Vec<u8>, opener: &[u8; 32]) -> Lock {
        Lock::new(Way::Passkey { credential, salt: [6; PASSKEY_SALT] }, opener).unwrap()
    }

    #[test]
    fn what_opens_it_opens_it_after_a_restart_and_nothing_else_does() {
        for (lock, opener) in locks().into_iter().zip([[1; 32], [2; 32]]) {
            let bytes = lock.seal(SECRET, [7; NONCE]).unwrap();
            assert!(Locked::is_one(&bytes) && !Locked::is_one(b"{\"device\":1}"));
            let locked = Locked::parse(&bytes).unwrap();
            let again = Lock::new(locked.way().clone(), &opener).unwrap();
            assert_eq!(again.open(&locked).unwrap().as_slice(), SECRET);
            assert!(again.is_same(&lock));
            let other = Lock::new(locked.way().clone(), &[9; 32]).unwrap();
            assert_eq!(other.open(&locked).err(), Some(LockError));
            assert!(!other.is_same(&lock));
            assert_eq!(format!("{lock:?}"), "Lock(..)");
        }
    }

    #[test]
    fn a_lock_that_was_changed_has_another_key() {
        let (old, new) = (by_passphrase(3, &[1; 32]), by_passphrase(4, &[1; 32]));
        assert!(!old.is_same(&new));
        let locked = Locked::parse(&new.seal(SECRET, [7; NONCE]).unwrap()).unwrap();
        assert!(old.open(&locked).is_err() && new.open(&locked).is_ok());
    }

    #[test]
    fn whatever_is_changed_or_cut_opens_nothing() {
        for (lock, opener) in locks().into_iter().zip([[1; 32], [2; 32]]) {
            let bytes = lock.seal(SECRET, [7; NONCE]).unwrap();
            let opens = |bytes: &[u8]| {
                let Ok(locked) = Locked::parse(bytes) else { return false };
                Lock::new(locked.way().clone(), &opener).is_ok_and(|it| it.open(&locked).is_ok())
            };
            assert!(opens(&bytes));
            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                assert!(!opens(&changed), "byte {at}");
                assert!(!opens(&bytes[..at]), "{at} bytes");
            }
        }
    }

    #[test]
    fn a_name_or_a_cost_out_of_bounds_is_refused() {
        let long = Way::Passkey { credential: vec![0; CREDENTIAL + 1], salt: [0; PASSKEY_SALT] };
        assert!(Lock::new(long.clone(), &[0; 32]).is_err());
        let mut bytes = [MAGIC.as_slice(), &[VERSION], &long.to_bytes()].concat();
        bytes.extend([0; NONCE + 16]);
        assert!(Locked::parse(&bytes).is_err());
        let mut dear = by_passphrase(1, &[1; 32]).seal(SECRET, [0; NONCE]).unwrap();
        // The cost stands behind magic, version and kind.
        dear[9..13].fill(0xff);
        assert!(Locked::parse(&dear).is_err());
    }
}
