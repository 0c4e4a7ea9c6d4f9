//! What a backup holds: items, one after the other, inside of what [`effigy_core::backup`] seals.
//!
//! ```text
//! kind | length of the key, 2 bytes | length of the value, 4 bytes | key | value
//! ```
//!
//! The first item is the account. The others are records of this device's store, as they rest there: they
//! are what no other device may have. What a start makes again from them is left out, and so is what only
//! means something on the device that was backed up.

mod judge;
#[cfg(test)]
mod tests;

pub use judge::{Counts, Judge};

use effigy_core::Time;
use effigy_core::limits::NAME_BYTES;
use effigy_core::text::clean_name;
use effigy_store::{Key, Table};
use zeroize::{Zeroize as _, Zeroizing};

use crate::api::Named;
use crate::keys::Keys;
use crate::node::long_named;

/// Most bytes of a key.
const KEY: usize = 1_024;
/// Most bytes of a value: what a pack may have.
const VALUE: usize = 1 << 24;
/// Kind and lengths.
const FRAME: usize = 7;

const ACCOUNT: u8 = 0;
/// The tables whose records may be in a backup, by their kinds.
const TABLES: [(u8, Table); 5] =
    [(1, Table::Packs), (2, Table::Blobs), (3, Table::Meta), (4, Table::Peers), (5, Table::Drafts)];

/// How the keys begin of what of a table belongs into a backup.
const fn prefixes(table: Table) -> &'static [&'static [u8]] {
    match table {
        Table::Blobs | Table::Drafts | Table::Packs => &[b""],
        Table::Meta => &[
            b"bits/",
            b"blob/",
            b"hubs",
            b"large/",
            b"lazy_before",
            b"register/",
            b"shares",
            b"upload/",
            b"whole/",
        ],
        Table::Peers => &[b"called/", b"follower/", b"greeting/", b"share/"],
        _ => &[],
    }
}

/// Whether a record of a store belongs into a backup.
pub fn is_kept(key: &Key) -> bool {
    prefixes(key.table).iter().any(|prefix| key.bytes.starts_with(prefix))
}

/// The key of what is known of a blob that is here, from the key of the blob: they belong together.
pub fn note_of(blob: &[u8]) -> Key {
    Key::new(Table::Meta, [b"blob/", blob].concat())
}

/// The video, file or folder of which a record among [`Table::Meta`] tells that some of it is here.
pub fn long_content(key: &[u8]) -> Option<Named> {
    long_named(key.strip_prefix(b"large/")?)
}

/// Whose backup it is.
#[derive(Clone, Debug)]
pub struct Account {
    /// The keys of the device that was backed up.
    pub keys: Keys,
    /// When it was made.
    pub made: Time,
    /// What the person was called then.
    pub name: String,
}

/// A part of a backup.
#[derive(Clone, Debug)]
pub enum Item {
    /// Whose it is. The first.
    Account(Box<Account>),
    /// Something that a later version has put there.
    Other,
    /// A record of the store.
    Record {
        /// Where it rests.
        key: Key,
        /// What it says.
        value: Vec<u8>,
    },
}

/// Writes the first item.
pub fn account(account: &Account) -> Zeroizing<Vec<u8>> {
    let name = clean_name(&account.name);
    let length = u16::try_from(name.len()).unwrap_or_default().to_be_bytes();
    let keys = account.keys.to_bytes();
    let made = account.made.0.to_be_bytes();
    let value = Zeroizing::new([made.as_slice(), &length, name.as_bytes(), &keys].concat());
    Zeroizing::new(item(ACCOUNT, &[], &value))
}

/// Writes an item of a record; `None` for what does not belong into a backup.
pub fn record(key: &Key, value: &[u8]) -> Option<Vec<u8>> {
    let (kind, _) = TABLES.iter().find(|(_, table)| *table == key.table)?;
    let fits = key.bytes.len() <= KEY && value.len() <= VALUE;
    (fits && is_kept(key)).then(|| item(*kind, &key.bytes, value))
}

fn item(kind: u8, key: &[u8], value: &[u8]) -> Vec<u8> {
    let key_length = u16::try_from(key.len()).unwrap_or_default().to_be_bytes();
    let length = u32::try_from(value.len()).unwrap_or_default().to_be_bytes();
    [&[kind], key_length.as_slice(), &length, key, value].concat()
}

/// Reads items out of bytes that come piece by piece. Holds one item and one piece at most.
#[derive(Default)]
pub struct Items {
    bytes: Zeroizing<Vec<u8>>,
    /// How many of them have been read.
    at: usize,
}

impl Items {
    /// The next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let at = std::mem::take(&mut self.at);
        self.bytes.drain(..at);
        self.bytes.extend_from_slice(bytes);
    }

    /// The next item; `None` before all of it is here.
    ///
    /// # Errors
    /// When it is none, or longer than it may be.
    pub fn read(&mut self) -> Result<Option<Item>, ItemError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some((kind, key, value)) = take(rest)? else { return Ok(None) };
        let length = FRAME.saturating_add(key.len()).saturating_add(value.len());
        let item = if kind == ACCOUNT {
            Item::Account(Box::new(read_account(value)?))
        } else {
            match TABLES.iter().find(|(known, _)| *known == kind) {
                Some((_, table)) => {
                    Item::Record { key: Key::new(*table, key), value: value.to_vec() }
                }
                None => Item::Other,
            }
        };
        let end = self.at.saturating_add(length);
        self.bytes.get_mut(self.at..end).unwrap_or_default().zeroize();
        self.at = end;
        Ok(Some(item))
    }

    /// There are no more bytes.
    ///
    /// # Errors
    /// When an item has begun and is not whole.
    pub fn finish(self) -> Result<(), ItemError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(ItemError::Cut) }
    }
}

impl std::fmt::Debug for Items {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Items(..)")
    }
}

/// Kind, key and value of an item.
type Parts<'a> = (u8, &'a [u8], &'a [u8]);

/// The first item, once it is there.
fn take(bytes: &[u8]) -> Result<Option<Parts<'_>>, ItemError> {
    let Some((frame, rest)) = bytes.split_first_chunk::<FRAME>() else { return Ok(None) };
    let [kind, k0, k1, v0, v1, v2, v3] = *frame;
    let key = usize::from(u16::from_be_bytes([k0, k1]));
    let value = u32::from_be_bytes([v0, v1, v2, v3]) as usize;
    if key > KEY || value > VALUE {
        return Err(ItemError::Long);
    }
    let Some((key, rest)) = rest.split_at_checked(key) else { return Ok(None) };
    Ok(rest.get(..value).map(|value| (kind, key, value)))
}

fn read_account(value: &[u8]) -> Result<Account, ItemError> {
    let (made, rest) = value.split_first_chunk().ok_or(ItemError::Account)?;
    let (length, rest) = rest.split_first_chunk().ok_or(ItemError::Account)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (name, keys) = rest.split_at_checked(length).ok_or(ItemError::Account)?;
    let name = std::str::from_utf8(name).ok().filter(|name| name.len() <= NAME_BYTES);
    let keys = Keys::from_bytes(keys).map_err(|_| ItemError::Account)?;
    Ok(Account {
        keys,
        made: Time(u64::from_be_bytes(*made)),
        name: clean_name(name.ok_or(ItemError::Account)?),
    })
}

/// Why what a backup holds cannot be read: whoever sealed it did not write it as it is said to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ItemError {
    /// It does not begin with an account, or has two.
    #[error("it does not say whose it is")]
    Account,
    /// The last item is not whole.
    #[error("its last part is cut short")]
    Cut,
    /// An item is longer than it may be.
    #[error("a part of it is too long")]
    Long,
}
