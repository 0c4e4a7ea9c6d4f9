//! Restoring a backup: it is read twice. First all of it is looked through and nothing is written; then
//! it is written, and its keys last: before them it is no account.

use effigy_core::backup::{BackupError, HEADER, Header, Opener, SEALED};
use effigy_core::passphrase::Stretched;
use effigy_net_web::random;
use effigy_proto::Keys;
use effigy_proto::backup::{Account, Item, Items, Judge};
use effigy_store::{Batch, Store as _, StoreError};
use effigy_store_idb::IdbStore;
use leptos::prelude::*;
use web_sys::File;

use super::Model;
use super::account::{self, Trouble};
use super::breath::Breath;
use crate::app::model::Restored;
use crate::app::phase::{BackupFault, Restore, Restoring};
use crate::browser::stretch::stretch;
use crate::browser::{accounts, marker, room, slices};

/// How many bytes are written at a time, and how many records.
const WRITTEN: usize = 1 << 20;
const RECORDS: usize = 256;

/// Restores a backup. `None` when nothing came of it: then all is as it was before, and the person was
/// told.
pub(super) async fn run(model: Model, wish: Restore) -> Option<Box<account::Account>> {
    let file = wish.file.try_get_value()?;
    match restore(model, &wish, &file).await {
        Ok(account) => Some(account),
        Err(why) => {
            wish.state.try_set(Restoring::Failed(why));
            None
        }
    }
}

async fn restore(
    model: Model,
    wish: &Restore,
    file: &File,
) -> Result<Box<account::Account>, BackupFault> {
    wish.tell(Restoring::Opening)?;
    let size = slices::size(file);
    let start = slices::slice(file, 0, size.min(HEADER as u64)).await;
    let header = Header::parse(&start.ok_or(BackupFault::Unreadable)?)?;
    let key = stretch(&wish.passphrase, header.salt(), header.cost()).await?;
    // Looks through all of it.
    let mut reader = Reader::open(file, &header, &key)?;
    let account = reader.account().await?;
    is_mine(&account)?;
    while let Some((_, at)) = reader.next().await? {
        wish.tell(Restoring::Checking { all: size, done: at })?;
    }
    let counts = reader.judge.counts();
    // Entries rest in about as many bytes as they have in the file.
    if room::estimate().await.is_some_and(|room| room.free < size) {
        return Err(BackupFault::NoRoom);
    }
    // And writes it.
    let (made, was) = (account.made, marker::account());
    let done = fill(wish, Reader::open(file, &header, &key)?, size).await;
    let kept = match done {
        Ok(()) => keep(account).await,
        Err(why) => Err(why),
    };
    match kept {
        Ok(account) => {
            model.set_restored(Some(Restored { counts, made: made.0 }));
            Ok(account)
        }
        Err(why) => {
            account::undo_restoring().await;
            // Whose remains were here stays known: nobody else comes in their place by mistake.
            if let Some(was) = was {
                marker::set(&was);
            }
            Err(why)
        }
    }
}

/// Whose remains are here is not replaced by somebody else, and nobody is here twice.
fn is_mine(account: &Account) -> Result<(), BackupFault> {
    if account.keys.synod.is_some_and(|account| accounts::is_elsewhere(&account)) {
        return Err(BackupFault::HereAlready);
    }
    let was = marker::account();
    if was.is_some() && was != account.keys.synod { Err(BackupFault::OtherAccount) } else { Ok(()) }
}

async fn fill(wish: &Restore, mut reader: Reader<'_>, size: u64) -> Result<(), BackupFault> {
    reader.account().await?;
    let store = account::begin_restoring().await.map_err(fault)?;
    let (mut batch, mut length) = (Batch::new(), 0_usize);
    while let Some((item, at)) = reader.next().await? {
        wish.tell(Restoring::Writing { all: size, done: at })?;
        let Some(Item::Record { key, value }) = item else { continue };
        length = length.saturating_add(value.len());
        batch.puts.push((key, value));
        if length >= WRITTEN || batch.puts.len() >= RECORDS {
            apply(&store, std::mem::take(&mut batch)).await?;
            length = 0;
        }
    }
    apply(&store, batch).await
}

async fn apply(store: &IdbStore, batch: Batch) -> Result<(), BackupFault> {
    let applied = store.apply(batch).await;
    applied.map_err(|error| BackupFault::Store { full: matches!(error, StoreError::Full) })
}

/// Makes this device's own keys, let in by those of the one that was backed up.
async fn keep(backed_up: Account) -> Result<Box<account::Account>, BackupFault> {
    let unkept = BackupFault::Store { full: false };
    let seed = random().map_err(|_| unkept)?;
    let keys = Keys::for_restoring(seed, backed_up.keys).map_err(|_| unkept)?;
    account::finish_restoring(keys).await.map_err(fault)
}

const fn fault(trouble: Trouble) -> BackupFault {
    match trouble {
        Trouble::Fault(_) => BackupFault::Store { full: false },
        Trouble::Write { full } => BackupFault::Store { full },
    }
}

/// Reads the items of a backup in their order.
struct Reader<'a> {
    at: u64,
    breath: Breath,
    file: &'a File,
    items: Items,
    judge: Judge,
    opener: Opener,
    size: u64,
}

impl<'a> Reader<'a> {
    fn open(file: &'a File, header: &Header, key: &Stretched) -> Result<Self, BackupFault> {
        Ok(Self {
            at: HEADER as u64,
            breath: Breath::new(),
            file,
            items: Items::default(),
            judge: Judge::default(),
            opener: header.open(key)?,
            size: slices::size(file),
        })
    }

    /// The first item.
    async fn account(&mut self) -> Result<Account, BackupFault> {
        match self.read().await? {
            Some(Item::Account(account)) => {
                self.judge.look(&Item::Account(account.clone()))?;
                Ok(*account)
            }
            _ => Err(BackupFault::Backup(BackupError::Damaged)),
        }
    }

    /// The next item, if it may be kept, and how far in the file it is; `None` behind the last.
    async fn next(&mut self) -> Result<Option<(Option<Item>, u64)>, BackupFault> {
        let Some(item) = self.read().await? else { return Ok(None) };
        let is_kept = self.judge.look(&item)?;
        self.breath.take().await;
        Ok(Some((is_kept.then_some(item), self.at)))
    }

    async fn read(&mut self) -> Result<Option<Item>, BackupFault> {
        loop {
            if let Some(item) = self.items.read()? {
                return Ok(Some(item));
            }
            if self.at >= self.size {
                // An empty rest is no chunk, so nothing would say that the file ends here.
                if self.at == HEADER as u64 {
                    return Err(BackupFault::Backup(BackupError::Truncated));
                }
                std::mem::take(&mut self.items).finish()?;
                return Ok(None);
            }
            let end = self.at.saturating_add(SEALED as u64).min(self.size);
            let sealed = slices::slice(self.file, self.at, end).await;
            let sealed = sealed.ok_or(BackupFault::Unreadable)?;
            let opened = self.opener.open(&sealed, end == self.size)?;
            self.items.push(&opened);
            self.at = end;
        }
    }
}

impl Restore {
    /// Says how far it is.
    ///
    /// # Errors
    /// When the person wants it no longer, or the screen is gone.
    fn tell(&self, state: Restoring) -> Result<(), BackupFault> {
        let goes_on = self.goes_on.try_get_untracked() == Some(true);
        self.state.try_set(state);
        if goes_on { Ok(()) } else { Err(BackupFault::Cancelled) }
    }
}
