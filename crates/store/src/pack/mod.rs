//! Many records in one value.
//!
//! A store pays by the record: IndexedDB takes nine times as many entries a second when a hundred
//! of them are one value. The price is that one damaged byte could hide a hundred entries; so a
//! pack is made to be read around damage. Its lengths are written twice, before each record and in
//! a directory at the end, and each record has its own checksum: whatever single place is damaged,
//! at most one record is lost, and it is known which one.
//!
//! ```text
//! E5 01 | count | length record checksum | length record checksum .. | directory
//!                                                     directory = length length .. count checksum
//! ```
//!
//! Numbers are 32 bits, the high byte first. A checksum is a CRC-32: of the length and the record;
//! in the directory, of magic, version, the lengths and the count.

mod crc;
mod error;
#[cfg(all(test, not(target_family = "wasm")))]
mod properties;
#[cfg(test)]
mod tests;

pub use error::{DamagedRecord, Harm, PackError};

use crc::Crc;

/// The first byte of every pack.
const MAGIC: u8 = 0xE5;
/// The version of the encoding, which is the second byte.
const VERSION: u8 = 1;
/// Bytes of a length, a count or a checksum.
const NUMBER: usize = 4;
/// Magic, version and count.
const HEADER: usize = 2 + NUMBER;
/// What a record costs in front of the directory, beside itself.
const FRAME: usize = 2 * NUMBER;
/// Count and checksum, at the very end.
const TRAILER: usize = 2 * NUMBER;

/// The largest record a pack takes, in bytes (16 MiB). Entries are a thousand times smaller.
pub const MAX_RECORD: usize = 1 << 24;

/// Encodes records as one value, in their order.
///
/// # Errors
/// [`PackError::TooLarge`] when a record is over [`MAX_RECORD`], and when there are 2^32 of
/// them or more.
pub fn encode(records: &[&[u8]]) -> Result<Vec<u8>, PackError> {
    let count = u32::try_from(records.len()).map_err(|_| PackError::TooLarge { index: 0 })?;
    let payload: usize = records.iter().map(|record| record.len() + FRAME + NUMBER).sum();
    let mut bytes = Vec::with_capacity(HEADER + payload + TRAILER);
    let mut directory = Vec::with_capacity(records.len() * NUMBER + TRAILER);
    bytes.extend([MAGIC, VERSION]);
    bytes.extend(count.to_be_bytes());
    for (index, record) in records.iter().enumerate() {
        let length = u32::try_from(record.len()).ok().filter(|_| record.len() <= MAX_RECORD);
        let length = length.ok_or(PackError::TooLarge { index })?.to_be_bytes();
        bytes.extend(length);
        bytes.extend(*record);
        bytes.extend(checksum(&length, record).to_be_bytes());
        directory.extend(length);
    }
    directory.extend(count.to_be_bytes());
    let sum = directory_checksum(&directory);
    bytes.extend(directory);
    bytes.extend(sum.to_be_bytes());
    Ok(bytes)
}

/// A pack whose records can be read one by one.
#[derive(Clone, Debug)]
pub struct Pack<'a> {
    bytes: &'a [u8],
    /// Lengths of the records as the directory has them; `None` when it is damaged.
    directory: Option<Vec<u32>>,
    /// How many records there are, as far as that is known.
    count: usize,
}

impl<'a> Pack<'a> {
    /// Opens a pack. Damage to records is found when they are read.
    ///
    /// # Errors
    /// [`PackError::Foreign`] when the bytes are no pack, [`PackError::Newer`] when they are one
    /// of an unknown version.
    pub fn open(bytes: &'a [u8]) -> Result<Self, PackError> {
        let (Some(&MAGIC), Some(&version)) = (bytes.first(), bytes.get(1)) else {
            return Err(PackError::Foreign);
        };
        if version != VERSION {
            return Err(PackError::Newer { found: version });
        }
        let directory = directory(bytes);
        let announced = number(bytes, 2).map_or(0, |count| count as usize);
        let count = directory.as_ref().map_or(announced, Vec::len);
        Ok(Self { bytes, directory, count })
    }

    /// Reads every record of a pack.
    ///
    /// # Errors
    /// As [`Pack::open`], and [`PackError::Damaged`] for the first record that is damaged; use
    /// [`Pack::records`] to read the others.
    pub fn decode(bytes: &[u8]) -> Result<Vec<Vec<u8>>, PackError> {
        let pack = Pack::open(bytes)?;
        pack.records().map(|record| Ok(record?.to_vec())).collect()
    }

    /// The records in their order; a damaged one is named, and those behind it still come.
    ///
    /// Only when the directory and the length of a record are both damaged, which takes two
    /// injuries, is the rest out of reach: the last item is then [`Harm::CutOff`].
    pub fn records(&self) -> Records<'_> {
        Records { pack: self, index: 0, offset: HEADER }
    }

    /// Whether lengths and count agree with their checksum. A pack can be read without, but should
    /// then be written anew while it still can be.
    pub const fn is_sound(&self) -> bool {
        self.directory.is_some()
    }
}

/// The records of a [`Pack`], from the first.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    pack: &'a Pack<'a>,
    index: usize,
    offset: usize,
}

impl Records<'_> {
    /// The length of the record at the offset: from the directory, else from in front of it.
    fn length(&self) -> Option<usize> {
        let length = match &self.pack.directory {
            Some(lengths) => *lengths.get(self.index)?,
            None => number(self.pack.bytes, self.offset)?,
        };
        Some(length as usize).filter(|length| *length <= MAX_RECORD)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<&'a [u8], DamagedRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.index >= self.pack.count {
            return None;
        }
        let index = self.index;
        let frame = self.length().and_then(|length| {
            let end = self.offset.checked_add(FRAME)?.checked_add(length)?;
            self.pack.bytes.get(self.offset..end)
        });
        let Some(frame) = frame else {
            self.index = self.pack.count;
            return Some(Err(DamagedRecord { index, harm: Harm::CutOff }));
        };
        self.index += 1;
        self.offset += frame.len();
        let (length, rest) = frame.split_at_checked(NUMBER)?;
        let (record, sum) = rest.split_last_chunk::<NUMBER>()?;
        // The length in front may be the damaged one, so the true one is what gets checked.
        let true_length = u32::try_from(record.len()).unwrap_or(u32::MAX).to_be_bytes();
        let sound =
            length == true_length && checksum(&true_length, record) == u32::from_be_bytes(*sum);
        Some(if sound { Ok(record) } else { Err(DamagedRecord { index, harm: Harm::Altered }) })
    }
}

/// The checksum of a record and its length.
fn checksum(length: &[u8], record: &[u8]) -> u32 {
    Crc::new().update(length).update(record).finish()
}

/// The checksum of the directory. It begins with magic and version, so that no record, least of all
/// an empty one, is taken for a directory when a pack is cut behind it.
fn directory_checksum(directory: &[u8]) -> u32 {
    Crc::new().update(&[MAGIC, VERSION]).update(directory).finish()
}

/// The number at an offset, `None` when the bytes end before.
fn number(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().copied().map(u32::from_be_bytes)
}

/// The lengths at the end of a pack, when they are undamaged and fill it exactly.
fn directory(bytes: &[u8]) -> Option<Vec<u32>> {
    let trailer = bytes.len().checked_sub(TRAILER)?;
    let count = number(bytes, trailer)? as usize;
    let start = trailer.checked_sub(count.checked_mul(NUMBER)?)?;
    let lengths = bytes.get(start..trailer)?;
    let sum = directory_checksum(bytes.get(start..trailer + NUMBER)?);
    if number(bytes, trailer + NUMBER)? != sum {
        return None;
    }
    let (lengths, _) = lengths.as_chunks::<NUMBER>();
    let lengths: Vec<u32> = lengths.iter().copied().map(u32::from_be_bytes).collect();
    let filled = lengths.iter().try_fold(HEADER, |offset, length| {
        offset.checked_add(FRAME)?.checked_add(usize::try_from(*length).ok()?)
    })?;
    (filled == start).then_some(lengths)
}
