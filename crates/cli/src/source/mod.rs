//! Where things rest: a hub's store, or an export. Both are read the same way.
//!
//! **Invariant:** own keys, drafts and the secrets of invites have no [`Shelf`], so no command can
//! read them. Records of greetings carry a secret as their value; it is dropped here.

mod archive;
mod folder;

pub(crate) use archive::Writer;

use std::future::Future;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use effigy_store::{Key, Range, Store, StoreError, Table};
use effigy_store_redb::RedbStore;

use crate::error::CliError;
use crate::fault::Fault;
use archive::Archive;

/// How many small records are read at a time.
const PAGE: usize = 1_024;
/// How many packs or blobs are read at a time: a pack may have three megabytes.
const LARGE_PAGE: usize = 16;

/// A key and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// One kind of record that may be looked at.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Shelf {
    /// Blobs by the hash in their name.
    Blobs,
    /// The number of each feed's last change.
    Changes,
    /// What is known of each blob: flags and size.
    Facts,
    /// Accounts that follow this person.
    Followers,
    /// Accounts that are to be told that they are followed.
    Greetings,
    /// Accounts that a hub keeps.
    Members,
    /// Who was met, and what they had.
    Met,
    /// Entries, many to a value.
    Packs,
    /// Which pieces of a part of long content are here.
    Pieces,
    /// Damaged records that a node has set aside.
    Quarantine,
    /// Who holds how many of the own entries.
    Receipts,
    /// Pictures that are here whole and were looked through.
    Whole,
}

impl Shelf {
    /// What an export holds, in its order.
    pub(crate) const EXPORTED: [Self; 6] =
        [Self::Members, Self::Packs, Self::Facts, Self::Whole, Self::Pieces, Self::Blobs];

    const ALL: [Self; 12] = [
        Self::Blobs,
        Self::Changes,
        Self::Facts,
        Self::Followers,
        Self::Greetings,
        Self::Members,
        Self::Met,
        Self::Packs,
        Self::Pieces,
        Self::Quarantine,
        Self::Receipts,
        Self::Whole,
    ];

    /// The name under which an export keeps it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Blobs => "blobs",
            Self::Changes => "changes",
            Self::Facts => "facts",
            Self::Followers => "followers",
            Self::Greetings => "greetings",
            Self::Members => "members",
            Self::Met => "met",
            Self::Packs => "packs",
            Self::Pieces => "pieces",
            Self::Quarantine => "quarantine",
            Self::Receipts => "receipts",
            Self::Whole => "whole",
        }
    }

    fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|shelf| shelf.name().as_bytes() == name)
    }

    const fn table(self) -> Table {
        match self {
            Self::Blobs => Table::Blobs,
            Self::Facts | Self::Pieces | Self::Whole => Table::Meta,
            Self::Changes | Self::Followers | Self::Greetings | Self::Members | Self::Met => {
                Table::Peers
            }
            Self::Packs => Table::Packs,
            Self::Quarantine => Table::Quarantine,
            Self::Receipts => Table::Receipts,
        }
    }

    /// How the keys of the shelf begin in its table.
    const fn prefix(self) -> &'static [u8] {
        match self {
            Self::Changes => b"moved/",
            Self::Facts => b"blob/",
            Self::Followers => b"follower/",
            Self::Greetings => b"greeting/",
            Self::Members => b"member/",
            Self::Met => b"met/",
            Self::Pieces => b"bits/",
            Self::Whole => b"whole/",
            Self::Blobs | Self::Packs | Self::Quarantine | Self::Receipts => b"",
        }
    }

    const fn page(self) -> usize {
        match self {
            Self::Blobs | Self::Packs | Self::Quarantine => LARGE_PAGE,
            _ => PAGE,
        }
    }
}

/// What is looked at.
#[derive(Debug)]
pub(crate) struct Source {
    kept: Kept,
    path: PathBuf,
}

#[derive(Debug)]
enum Kept {
    Export(Archive),
    Store(RedbStore),
}

impl Source {
    /// Opens a hub's data folder, its store, or an export.
    ///
    /// # Errors
    /// When it is none of these, or in use, or cannot be read.
    pub(crate) fn open(path: &Path) -> Result<Self, CliError> {
        let path = folder::file_in(path)?;
        let kept = if archive::is_one(&path)? {
            Kept::Export(Archive::open(&path)?)
        } else if folder::is_store(&path)? {
            let opened = RedbStore::open_existing(&path);
            Kept::Store(opened.map_err(|source| folder::refused(&path, source))?)
        } else {
            return Err(CliError::Foreign { path });
        };
        Ok(Self { kept, path })
    }

    /// The file that is read.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What kind of file it is.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.kept {
            Kept::Export(_) => "export",
            Kept::Store(_) => "store",
        }
    }

    /// What is wrong with the file itself.
    pub(crate) fn faults(&self) -> &[Fault] {
        match &self.kept {
            Kept::Export(archive) => archive.faults(),
            Kept::Store(_) => &[],
        }
    }

    /// One record of a shelf.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read(&self, shelf: Shelf, key: &[u8]) -> Result<Option<Vec<u8>>, CliError> {
        let value = match &self.kept {
            Kept::Export(archive) => archive.read(shelf, key)?,
            Kept::Store(store) => {
                let key = Key::new(shelf.table(), [shelf.prefix(), key].concat());
                now(store.read(key)).map_err(|source| self.failed(source))?
            }
        };
        Ok(value.map(|value| censored(shelf, value)))
    }

    /// All records of a shelf in the order of their keys, without what all of these begin with.
    pub(crate) fn rows(&self, shelf: Shelf) -> Rows<'_> {
        Rows { source: self, shelf, page: Vec::new().into_iter(), after: None, ended: false }
    }

    fn page(&self, shelf: Shelf, after: Option<&[u8]>) -> Result<Vec<Row>, CliError> {
        let mut rows = match &self.kept {
            Kept::Export(archive) => archive.page(shelf, after, shelf.page())?,
            Kept::Store(store) => {
                let mut range = Range::prefix(shelf.table(), shelf.prefix()).limited(shelf.page());
                if let Some(after) = after {
                    range.start = Bound::Excluded([shelf.prefix(), after].concat());
                }
                let found = now(store.scan(range)).map_err(|source| self.failed(source))?;
                let bare = |(mut key, value): Row| (key.split_off(shelf.prefix().len()), value);
                found.into_iter().map(bare).collect()
            }
        };
        for (_, value) in &mut rows {
            *value = censored(shelf, std::mem::take(value));
        }
        Ok(rows)
    }

    fn failed(&self, source: StoreError) -> CliError {
        CliError::Store { path: self.path.clone(), source }
    }
}

/// The records of a shelf.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    source: &'a Source,
    shelf: Shelf,
    page: std::vec::IntoIter<Row>,
    after: Option<Vec<u8>>,
    ended: bool,
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, CliError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.page.next() {
            return Some(Ok(row));
        }
        if self.ended {
            return None;
        }
        match self.source.page(self.shelf, self.after.as_deref()) {
            Ok(page) => {
                self.ended = page.len() < self.shelf.page();
                self.after = page.last().map(|(key, _)| key.clone());
                self.page = page.into_iter();
                self.page.next().map(Ok)
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }
}

/// The value without what nobody has to see.
fn censored(shelf: Shelf, value: Vec<u8>) -> Vec<u8> {
    if shelf == Shelf::Greetings { Vec::new() } else { value }
}

/// Waits for a store that answers at once, as one does that blocks its caller.
fn now<T>(answer: impl Future<Output = T>) -> T {
    let mut answer = pin!(answer);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(answer) = answer.as_mut().poll(&mut context) {
            return answer;
        }
        std::thread::yield_now();
    }
}
