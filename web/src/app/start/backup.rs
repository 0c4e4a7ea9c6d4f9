//! Writing a backup: what this device keeps, read piece by piece, looked through, sealed, and handed to
//! the browser as a file. The engine goes on meanwhile; all packs of a feed are read at one moment.

use std::collections::BTreeSet;
use std::ops::Bound;

use effigy_core::backup::Sealer;
use effigy_core::blob::{Manifest, Parts, Shape};
use effigy_core::limits::BLOB_BYTES;
use effigy_core::passphrase::{Cost, SALT};
use effigy_core::{Cid, Time};
use effigy_net_web::random;
use effigy_proto::backup::{self, Account, Counts, Item, Judge, long_content, note_of};
use effigy_store::{Key, Range, Store as _, Table};
use effigy_store_idb::IdbStore;
use zeroize::Zeroizing;

use super::account;
use super::breath::Breath;
use crate::app::phase::BackupFault;
use crate::browser::clock;
use crate::browser::save::Gathered;
use crate::browser::stretch::stretch;

/// How many sealed bytes are handed to the browser at a time.
const HANDED: usize = 1 << 20;
/// How many small records are read at a time.
const PAGE: usize = 64;
/// How a pack's key begins: the feed.
const FEED: usize = 32;

/// What a person wants to have backed up.
pub(crate) struct Wanted {
    /// Whether with videos, files and folders.
    pub(crate) files: bool,
    /// What they are called.
    pub(crate) name: String,
    /// By which it is sealed.
    pub(crate) passphrase: Zeroizing<String>,
}

/// A backup, whole.
pub(crate) struct Written {
    /// What it holds.
    pub(crate) counts: Counts,
    /// The file.
    pub(crate) file: Gathered,
    /// How long it is.
    pub(crate) size: u64,
}

/// Writes a backup. `tell` hears how many bytes of how many have been read, and says whether to go on.
///
/// # Errors
/// When there is none, and why.
pub(crate) async fn write(
    wanted: Wanted,
    tell: impl Fn(u64, u64) -> bool,
) -> Result<Written, BackupFault> {
    let (keys, store) = account::kept().await.ok_or(BackupFault::Store { full: false })?;
    let salt: [u8; SALT] = random().map_err(|_| STORE)?;
    let key = stretch(&wanted.passphrase, &salt, Cost::USUAL).await?;
    let (sealer, header) = Sealer::new(&key, Cost::USUAL, &salt);
    let mut writer = Writer {
        all: 0,
        breath: Breath::new(),
        done: 0,
        file: Gathered::new(),
        judge: Judge::default(),
        sealed: header.to_vec(),
        sealer,
        size: 0,
        store,
        tell,
    };
    writer.account(Account { keys, made: Time(clock::now()), name: wanted.name })?;
    writer.contents(wanted.files).await?;
    writer.finish()
}

struct Writer<T> {
    /// Bytes that are read in all, as far as is known.
    all: u64,
    breath: Breath,
    done: u64,
    file: Gathered,
    judge: Judge,
    /// Sealed and not yet handed to the browser.
    sealed: Vec<u8>,
    sealer: Sealer,
    size: u64,
    store: IdbStore,
    tell: T,
}

impl<T: Fn(u64, u64) -> bool> Writer<T> {
    fn account(&mut self, account: Account) -> Result<(), BackupFault> {
        let bytes = backup::account(&account);
        self.judge.look(&Item::Account(Box::new(account)))?;
        self.put(&bytes)
    }

    async fn contents(&mut self, with_files: bool) -> Result<(), BackupFault> {
        let long = self.long_blobs().await?;
        let none = BTreeSet::new();
        let blobs = self.blobs(if with_files { &none } else { &long }).await?;
        // Of pieces nothing is noted but in the lists that name them.
        let noted: BTreeSet<&[u8]> = blobs.iter().map(|(digest, _)| digest.as_slice()).collect();
        let is_piece = |cid: &&Cid| with_files && !noted.contains(cid.digest().as_slice());
        let pieces: Vec<Cid> = long.iter().filter(is_piece).copied().collect();
        let packs = self.store.usage().await.map_err(|_| STORE)?.of(Table::Packs).bytes;
        let sizes = blobs.iter().map(|(_, size)| *size).fold(0, u64::saturating_add);
        let rest = (pieces.len() as u64).saturating_mul(BLOB_BYTES as u64);
        self.all = packs.saturating_add(sizes).saturating_add(rest);
        self.packs().await?;
        for (key, _) in blobs {
            self.blob(key).await?;
        }
        for piece in pieces {
            if let Some(bytes) = self.read(piece).await {
                let key = Key::new(Table::Blobs, piece.digest().as_slice());
                self.record(key, bytes).await?;
            }
        }
        for (prefix, is_of_files) in META {
            if with_files || !is_of_files {
                self.range(Range::prefix(Table::Meta, prefix)).await?;
            }
        }
        self.range(Range::all(Table::Peers)).await?;
        self.range(Range::all(Table::Drafts)).await
    }

    /// All packs, a feed at a time: between two packs of one the engine could join them to another.
    async fn packs(&mut self) -> Result<(), BackupFault> {
        let mut range = Range::all(Table::Packs).limited(1);
        loop {
            let first = self.store.scan(range.clone()).await.map_err(|_| STORE)?;
            let Some(feed) = first.first().and_then(|(key, _)| key.get(..FEED)) else {
                return Ok(());
            };
            let feed = feed.to_vec();
            let packs = self.store.scan(Range::prefix(Table::Packs, feed.clone())).await;
            for (key, value) in packs.map_err(|_| STORE)? {
                self.record(Key::new(Table::Packs, key), value).await?;
            }
            // No key of the feed comes behind this.
            range.start = Bound::Excluded([feed.as_slice(), &[u8::MAX; FEED]].concat());
        }
    }

    /// The blobs that are wanted, and their sizes.
    async fn blobs(&self, without: &BTreeSet<Cid>) -> Result<Vec<(Vec<u8>, u64)>, BackupFault> {
        let notes = self.store.scan(Range::prefix(Table::Meta, *b"blob/")).await;
        let mut blobs = Vec::new();
        for (key, note) in notes.map_err(|_| STORE)? {
            let Some(digest) = key.strip_prefix(b"blob/") else { continue };
            let is_left_out =
                digest.try_into().is_ok_and(|digest| without.contains(&Cid::from_digest(digest)));
            let size = note.last_chunk::<4>().map_or(0, |size| u32::from_be_bytes(*size));
            if !is_left_out {
                blobs.push((digest.to_vec(), u64::from(size)));
            }
        }
        Ok(blobs)
    }

    /// A blob and what is known of it: both or neither.
    async fn blob(&mut self, digest: Vec<u8>) -> Result<(), BackupFault> {
        let note = note_of(&digest);
        let key = Key::new(Table::Blobs, digest);
        let blob = self.store.read(key.clone()).await.ok().flatten();
        let told = self.store.read(note.clone()).await.ok().flatten();
        let (Some(blob), Some(told)) = (blob, told) else { return Ok(()) };
        if self.record(key, blob).await? {
            self.record(note, told).await?;
        }
        Ok(())
    }

    /// The lists and pieces of videos, files and folders.
    async fn long_blobs(&self) -> Result<BTreeSet<Cid>, BackupFault> {
        let mut found = BTreeSet::new();
        let notes = self.store.scan(Range::prefix(Table::Meta, *b"large/")).await;
        for (key, _) in notes.map_err(|_| STORE)? {
            let Some(named) = long_content(&key) else { continue };
            found.insert(named.cid);
            let has_parts = Shape::of(named.size).is_some_and(Shape::has_parts);
            let lists = match self.read(named.cid).await {
                Some(list) if has_parts => {
                    Parts::parse(&list).map_or_else(|_| Vec::new(), |list| list.parts().to_vec())
                }
                _ => vec![named.cid],
            };
            for list in lists {
                found.insert(list);
                let bytes = self.read(list).await.unwrap_or_default();
                found.extend(Manifest::parse(&bytes).iter().flat_map(Manifest::pieces).copied());
            }
        }
        Ok(found)
    }

    async fn read(&self, cid: Cid) -> Option<Vec<u8>> {
        let key = Key::new(Table::Blobs, cid.digest().as_slice());
        self.store.read(key).await.ok().flatten()
    }

    /// All of a range that belongs into a backup, a few records at a time.
    async fn range(&mut self, range: Range) -> Result<(), BackupFault> {
        // Pictures of drafts are megabytes each.
        let count = if range.table == Table::Drafts { 4 } else { PAGE };
        let mut range = range.limited(count);
        loop {
            let page = self.store.scan(range.clone()).await.map_err(|_| STORE)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            range.start = Bound::Excluded(last.clone());
            for (key, value) in page {
                self.record(Key::new(range.table, key), value).await?;
            }
        }
    }

    /// Adds a record, if it belongs into a backup and is as it should be. Tells whether it is.
    async fn record(&mut self, key: Key, value: Vec<u8>) -> Result<bool, BackupFault> {
        let Some(bytes) = backup::record(&key, &value) else { return Ok(false) };
        let counts = matches!(key.table, Table::Blobs | Table::Packs);
        let is_sound = self.judge.look(&Item::Record { key, value })?;
        if is_sound {
            self.put(&bytes)?;
        }
        if counts {
            self.done = self.done.saturating_add(bytes.len() as u64).min(self.all);
        }
        if !(self.tell)(self.done, self.all) {
            return Err(BackupFault::Cancelled);
        }
        self.breath.take().await;
        Ok(is_sound)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), BackupFault> {
        self.sealer.write(bytes, &mut self.sealed)?;
        if self.sealed.len() >= HANDED { self.hand_over() } else { Ok(()) }
    }

    fn hand_over(&mut self) -> Result<(), BackupFault> {
        self.size = self.size.saturating_add(self.sealed.len() as u64);
        let had_room = self.file.add(&self.sealed);
        self.sealed.clear();
        if had_room { Ok(()) } else { Err(BackupFault::NoRoom) }
    }

    fn finish(mut self) -> Result<Written, BackupFault> {
        let mut last = Vec::new();
        self.sealer.finish(&mut last)?;
        self.size = self.size.saturating_add(self.sealed.len() as u64);
        self.size = self.size.saturating_add(last.len() as u64);
        if !self.file.add(&self.sealed) || !self.file.add(&last) {
            return Err(BackupFault::NoRoom);
        }
        Ok(Written { counts: self.judge.counts(), file: self.file, size: self.size })
    }
}

/// Records of settings and of what is known of contents, by how their keys begin, and whether they are of
/// videos, files and folders alone. Those of blobs go with their blobs.
const META: [(&[u8], bool); 8] = [
    (b"bits/", true),
    (b"hubs", false),
    (b"large/", true),
    (b"lazy_before", false),
    (b"register/", false),
    (b"shares", false),
    (b"upload/", true),
    (b"whole/", false),
];

const STORE: BackupFault = BackupFault::Store { full: false };
