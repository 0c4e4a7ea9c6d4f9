//! Looking through a backup: every signature and every hash once more. A store trusts what it holds, so
//! nothing may get into it that was not looked at.

use std::collections::BTreeSet;

use effigy_core::entry::Checker;
use effigy_core::limits::BLOB_BYTES;
use effigy_core::{Cid, Identity, Payload};
use effigy_store::{Key, Pack, Table};

use super::{Item, ItemError, is_kept, long_content};
use crate::message::open_payload;
use crate::node::{WHOLE, is_giving, kept_share, pack_parts, record, resting_register};

/// What a backup holds, counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Bytes of pictures, videos and files.
    pub bytes: u64,
    /// Records that are not what they should be. They are passed over.
    pub damaged: u64,
    /// What was begun to be written.
    pub drafts: u64,
    /// Entries of everybody.
    pub entries: u64,
    /// Videos, files and folders that are there whole.
    pub files: u64,
    /// Posts and answers of the person.
    pub own_posts: u64,
    /// Accounts of others.
    pub people: u64,
    /// Pictures that are there whole.
    pub pictures: u64,
    /// Posts and answers of everybody.
    pub posts: u64,
    /// Shares that are kept for friends.
    pub shares: u64,
}

/// Looks through the items of a backup in their order.
#[derive(Debug, Default)]
pub struct Judge {
    checker: Checker,
    counts: Counts,
    me: Option<Identity>,
    people: BTreeSet<Identity>,
    /// What posts and profiles name as pictures.
    pictures: BTreeSet<Cid>,
}

impl Judge {
    /// Looks at the next item. Tells whether it is a record that may be kept.
    ///
    /// # Errors
    /// `Account` when the first is not the account, or another one is.
    pub fn look(&mut self, item: &Item) -> Result<bool, ItemError> {
        match (item, self.me) {
            (Item::Account(account), None) => {
                self.me = Some(account.keys.synod.ok_or(ItemError::Account)?);
                Ok(false)
            }
            (Item::Account(_), Some(_)) | (_, None) => Err(ItemError::Account),
            (Item::Other, _) => Ok(false),
            (Item::Record { key, value }, Some(_)) => Ok(self.judge(key, value)),
        }
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        let people = self.people.iter().filter(|synod| Some(**synod) != self.me).count();
        Counts { people: people as u64, ..self.counts }
    }

    fn judge(&mut self, key: &Key, value: &[u8]) -> bool {
        if !is_kept(key) {
            return false;
        }
        let is_sound = match key.table {
            Table::Packs => self.pack(&key.bytes, value).is_some(),
            Table::Blobs => self.blob(&key.bytes, value),
            Table::Meta => {
                self.note(&key.bytes, value);
                is_sound_note(&key.bytes, value)
            }
            Table::Peers => self.peer(&key.bytes, value),
            Table::Drafts => {
                // Pictures of drafts stand under names that no text can have.
                let is_text = std::str::from_utf8(&key.bytes).is_ok();
                self.counts.drafts = self.counts.drafts.saturating_add(u64::from(is_text));
                true
            }
            _ => true,
        };
        if !is_sound {
            self.counts.damaged = self.counts.damaged.saturating_add(1);
        }
        is_sound
    }

    /// Checks all entries of a pack, and counts them if all are as they should be.
    fn pack(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let (feed, generation, _) = pack_parts(key)?;
        let records = Pack::decode(value).ok()?;
        let mut found = Vec::new();
        for bytes in &records {
            let (entry, payload) = record::split(bytes).ok()?;
            let entry = self.checker.entry(entry).ok()?;
            let header = entry.header();
            if header.identity != feed || header.generation != generation {
                return None;
            }
            let owner = header.synod.map_or(feed, |(synod, _)| synod);
            let payload = payload.map(|bytes| open_payload(&entry, bytes)).transpose().ok()?;
            found.push((owner, payload.map(|(_, payload)| payload)));
        }
        for (owner, payload) in found {
            self.count(owner, payload.as_ref());
        }
        Some(())
    }

    fn count(&mut self, owner: Identity, payload: Option<&Payload>) {
        self.people.insert(owner);
        let counts = &mut self.counts;
        counts.entries = counts.entries.saturating_add(1);
        let Some(payload) = payload else { return };
        let is_post = payload.is_post_or_answer();
        let is_own = is_post && Some(owner) == self.me;
        counts.posts = counts.posts.saturating_add(u64::from(is_post));
        counts.own_posts = counts.own_posts.saturating_add(u64::from(is_own));
        self.pictures.extend(payload.images().iter().map(|image| image.content.cid));
    }

    fn blob(&mut self, key: &[u8], value: &[u8]) -> bool {
        let is_sound = value.len() <= BLOB_BYTES && Cid::of(value).digest().as_slice() == key;
        if is_sound {
            self.counts.bytes = self.counts.bytes.saturating_add(value.len() as u64);
        }
        is_sound
    }

    fn peer(&mut self, key: &[u8], value: &[u8]) -> bool {
        let Some(account) = key.strip_prefix(b"share/") else { return true };
        let share = kept_share(account, value);
        self.counts.shares = self.counts.shares.saturating_add(u64::from(share == Some(true)));
        share.is_some()
    }

    fn note(&mut self, key: &[u8], value: &[u8]) {
        if let Some(digest) = key.strip_prefix(b"whole/") {
            let cid = digest.try_into().map(Cid::from_digest);
            let is_picture = cid.is_ok_and(|cid| self.pictures.remove(&cid));
            self.counts.pictures = self.counts.pictures.saturating_add(u64::from(is_picture));
        } else if long_content(key).is_some() {
            let is_whole = value.first().is_some_and(|kept| kept & WHOLE != 0);
            self.counts.files = self.counts.files.saturating_add(u64::from(is_whole));
        }
    }
}

/// Whether a start can read what a record says: with one that it cannot, it would take the store for damaged.
fn is_sound_note(key: &[u8], value: &[u8]) -> bool {
    match key.strip_prefix(b"register/") {
        Some(name) => resting_register(name, value).is_some(),
        None => key != b"shares" || is_giving(value),
    }
}
