//! A backup as a file: what is sealed with a passphrase, in chunks, so that neither whoever writes it
//! nor whoever reads it needs all of it in memory.
//!
//! ```text
//! 89 "EFBACK" 01 | cost, 12 bytes | salt, 16 | check, 32 | chunk | chunk | .. | last chunk
//! ```
//!
//! The passphrase makes a key (see [`passphrase`](crate::passphrase)), and that key with the first 36
//! bytes makes two more: one stands in the header, so that a wrong passphrase is told from damage and no
//! file opens under two; the other seals the chunks, each of 64 KiB but the last (XChaCha20-Poly1305 in
//! the STREAM construction, with a counter and a mark on the last). So nothing can be changed, left out,
//! cut off or put elsewhere.

use aead_stream::{NewStream as _, StreamBE32, StreamPrimitive as _};
use chacha20poly1305::aead::Payload;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::passphrase::{COST, Cost, SALT, Stretched};

/// How every backup begins.
pub const MAGIC: [u8; 7] = *b"\x89EFBACK";
/// The only version of the form.
pub const VERSION: u8 = 1;
/// Bytes of what is sealed in each chunk but the last.
pub const CHUNK: usize = 64 * 1024;
/// Bytes of each chunk but the last, as it stands in the file.
pub const SEALED: usize = CHUNK + 16;
/// Bytes before the first chunk.
pub const HEADER: usize = OPEN + CHECK;

/// Bytes of the header by which the keys are made.
const OPEN: usize = 8 + COST + SALT;
const CHECK: usize = 32;
const INFO: &[u8] = b"effigy/backup/v1";

/// The beginning of a backup.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    cost: Cost,
    salt: [u8; SALT],
    check: [u8; CHECK],
}

impl Header {
    /// Reads the beginning of a file.
    ///
    /// # Errors
    /// `Foreign` when it is no backup, `Newer` when it is one of a later version, `Truncated` when it ends
    /// before the header does, `Cost` when it asks for more than any device should give.
    pub fn parse(bytes: &[u8]) -> Result<Self, BackupError> {
        let (magic, rest) = bytes.split_first_chunk().ok_or(BackupError::Foreign)?;
        if *magic != MAGIC {
            return Err(BackupError::Foreign);
        }
        let (version, rest) = rest.split_first().ok_or(BackupError::Truncated)?;
        if *version != VERSION {
            return Err(BackupError::Newer { found: *version });
        }
        let (cost, rest) = rest.split_first_chunk().ok_or(BackupError::Truncated)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(BackupError::Truncated)?;
        let check = rest.first_chunk().ok_or(BackupError::Truncated)?;
        let cost = Cost::from_bytes(cost).map_err(|_| BackupError::Cost)?;
        Ok(Self { cost, salt: *salt, check: *check })
    }

    /// What it costs to make the key of a passphrase.
    pub const fn cost(&self) -> Cost {
        self.cost
    }

    /// What is mixed with the passphrase.
    pub const fn salt(&self) -> &[u8; SALT] {
        &self.salt
    }

    /// Begins to read, with the key that was made of the passphrase, of this cost and this salt.
    ///
    /// # Errors
    /// `Passphrase` when it is another one.
    pub fn open(&self, key: &Stretched) -> Result<Opener, BackupError> {
        let (stream, check) = keys(key, self.cost, &self.salt);
        if bool::from(check.ct_eq(&self.check)) {
            Ok(Opener { stream, position: 0 })
        } else {
            Err(BackupError::Passphrase)
        }
    }
}

/// Writes a backup.
pub struct Sealer {
    stream: StreamBE32<XChaCha20Poly1305>,
    position: u32,
    /// What has been written and not been sealed yet: at most one chunk.
    rest: Zeroizing<Vec<u8>>,
}

impl Sealer {
    /// Begins a backup under the key that was made of a passphrase. The salt must be new. The header comes
    /// first in the file.
    pub fn new(key: &Stretched, cost: Cost, salt: &[u8; SALT]) -> (Self, [u8; HEADER]) {
        let (stream, check) = keys(key, cost, salt);
        let mut header = [0; HEADER];
        let bytes = open_part(cost, salt).into_iter().chain(check);
        header.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        let rest = Zeroizing::new(Vec::with_capacity(SEALED));
        (Self { stream, position: 0, rest }, header)
    }

    /// Adds some bytes. What can be sealed already goes to the end of `sealed`.
    ///
    /// # Errors
    /// `TooLong` after 256 TiB.
    pub fn write(&mut self, mut bytes: &[u8], sealed: &mut Vec<u8>) -> Result<(), BackupError> {
        while !bytes.is_empty() {
            // What is full is sealed only now: it may have been the last.
            if self.rest.len() == CHUNK {
                self.seal(false, sealed)?;
            }
            let room = CHUNK.saturating_sub(self.rest.len()).min(bytes.len());
            let (now, later) = bytes.split_at(room);
            self.rest.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Ends the backup: without what this adds it is not one.
    ///
    /// # Errors
    /// `TooLong` after 256 TiB.
    pub fn finish(mut self, sealed: &mut Vec<u8>) -> Result<(), BackupError> {
        self.seal(true, sealed)
    }

    fn seal(&mut self, is_last: bool, sealed: &mut Vec<u8>) -> Result<(), BackupError> {
        let payload = Payload { msg: &self.rest, aad: &[] };
        let chunk = self.stream.encrypt(self.position, is_last, payload);
        sealed.append(&mut chunk.map_err(|_| BackupError::TooLong)?);
        self.rest.iter_mut().for_each(|byte| *byte = 0);
        self.rest.clear();
        self.position = self.position.checked_add(1).ok_or(BackupError::TooLong)?;
        Ok(())
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(..)")
    }
}

/// Reads a backup, chunk by chunk in their order.
pub struct Opener {
    stream: StreamBE32<XChaCha20Poly1305>,
    position: u32,
}

impl Opener {
    /// Opens the next chunk: [`SEALED`] bytes of the file, or what is left of it, which is then the last.
    ///
    /// # Errors
    /// `Damaged` when it is not as it was written; of the last chunk `Truncated`, because where a file was
    /// cut off cannot be told from damage there.
    pub fn open(
        &mut self,
        sealed: &[u8],
        is_last: bool,
    ) -> Result<Zeroizing<Vec<u8>>, BackupError> {
        let payload = Payload { msg: sealed, aad: &[] };
        let opened = self.stream.decrypt(self.position, is_last, payload);
        let wrong = if is_last { BackupError::Truncated } else { BackupError::Damaged };
        let opened = Zeroizing::new(opened.map_err(|_| wrong)?);
        self.position = self.position.checked_add(1).ok_or(BackupError::TooLong)?;
        Ok(opened)
    }
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opener(..)")
    }
}

/// Why a file cannot be read as a backup, or none be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// Its header asks for more memory or time than any device should give.
    #[error("it asks for more than any device should give")]
    Cost,
    /// It was changed since it was written.
    #[error("it is damaged")]
    Damaged,
    /// It is something else.
    #[error("it is no backup")]
    Foreign,
    /// A later version wrote it.
    #[error("it is a backup of version {found}")]
    Newer {
        /// That version.
        found: u8,
    },
    /// The passphrase is another one, or the first bytes of the file are damaged.
    #[error("the passphrase is another one")]
    Passphrase,
    /// It is longer than any backup may be.
    #[error("it is too long")]
    TooLong,
    /// It ends early, or its end is damaged.
    #[error("it ends early")]
    Truncated,
}

fn open_part(cost: Cost, salt: &[u8; SALT]) -> Vec<u8> {
    [MAGIC.as_slice(), &[VERSION], &cost.to_bytes(), salt].concat()
}

/// What seals the chunks, and what stands in the header to know the passphrase by.
fn keys(
    key: &Stretched,
    cost: Cost,
    salt: &[u8; SALT],
) -> (StreamBE32<XChaCha20Poly1305>, [u8; CHECK]) {
    let expander = Hkdf::<Sha256>::new(Some(&open_part(cost, salt)), key.bytes());
    let (mut sealing, mut check) = (Zeroizing::new([0; 32]), [0; CHECK]);
    // Fails only where more than 255 hashes are asked for.
    let _ = expander.expand_multi_info(&[INFO, b"/chunks"], sealing.as_mut());
    let _ = expander.expand_multi_info(&[INFO, b"/check"], &mut check);
    // The key is of this file alone, so the nonces may begin alike in all.
    let stream = StreamBE32::from_aead(XChaCha20Poly1305::new((&*sealing).into()), &[0; 19].into());
    (stream, check)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT_OF_TEST: [u8; SALT] = [5; SALT];

    fn sealed(length: usize) -> (Stretched, Vec<u8>, Vec<u8>) {
        let key = Stretched::from_bytes([9; 32]);
        let text: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let (mut sealer, header) = Sealer::new(&key, Cost::USUAL, &SALT_OF_TEST);
        let mut file = header.to_vec();
        for part in text.chunks(1_000) {
            sealer.write(part, &mut file).unwrap();
        }
        sealer.finish(&mut file).unwrap();
        (key, text, file)
    }

    fn opened(key: &Stretched, file: &[u8]) -> Result<Vec<u8>, BackupError> {
        let header = Header::parse(file)?;
        let mut opener = header.open(key)?;
        let mut text = Vec::new();
        let chunks = file[HEADER..].chunks(SEALED).count();
        for (at, chunk) in file[HEADER..].chunks(SEALED).enumerate() {
            text.extend_from_slice(&opener.open(chunk, at + 1 == chunks)?);
        }
        if chunks == 0 { Err(BackupError::Truncated) } else { Ok(text) }
    }

    #[test]
    fn what_was_sealed_is_opened_whatever_its_length() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7] {
            let (key, text, file) = sealed(length);
            assert_eq!(file.len(), HEADER + length + 16 * length.div_ceil(CHUNK).max(1));
            assert_eq!(opened(&key, &file).as_ref(), Ok(&text), "{length}");
            let other = Stretched::from_bytes([8; 32]);
            assert_eq!(opened(&other, &file), Err(BackupError::Passphrase));
        }
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        let (key, _, file) = sealed(2 * CHUNK + 100);
        for at in (0..HEADER + 40)
            .chain(HEADER + SEALED - 3..HEADER + SEALED + 3)
            .chain(file.len() - 20..file.len())
        {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(opened(&key, &changed).is_err(), "byte {at}");
        }
        let mut damaged = file.clone();
        damaged[HEADER + 7] ^= 1;
        assert_eq!(opened(&key, &damaged), Err(BackupError::Damaged));
        // Two chunks in the place of each other.
        let (one, two) = (
            file[HEADER..HEADER + SEALED].to_vec(),
            file[HEADER + SEALED..HEADER + 2 * SEALED].to_vec(),
        );
        let swapped = [&file[..HEADER], &two, &one, &file[HEADER + 2 * SEALED..]].concat();
        assert_eq!(opened(&key, &swapped), Err(BackupError::Damaged));
        let longer = [file.as_slice(), &one].concat();
        assert!(opened(&key, &longer).is_err());
    }

    #[test]
    fn wherever_it_is_cut_it_is_noticed() {
        let (key, _, file) = sealed(2 * CHUNK + 100);
        let ends =
            [HEADER + 1, HEADER + 16, HEADER + SEALED - 1, HEADER + SEALED, HEADER + 2 * SEALED];
        for end in (8..=HEADER).chain(ends).chain([file.len() - 1]) {
            assert_eq!(opened(&key, &file[..end]), Err(BackupError::Truncated), "{end} bytes");
        }
    }

    #[test]
    fn what_is_no_backup_is_told_from_one_of_a_later_version() {
        let (_, _, mut file) = sealed(1);
        for bytes in [b"".as_slice(), b"\x89EFB", b"\x89EFFIGY\x01", &[0; 100]] {
            assert_eq!(Header::parse(bytes), Err(BackupError::Foreign));
        }
        file[7] = 2;
        assert_eq!(Header::parse(&file), Err(BackupError::Newer { found: 2 }));
        file[7] = 1;
        file[8] = 0xFF;
        assert_eq!(Header::parse(&file), Err(BackupError::Cost));
    }
}
