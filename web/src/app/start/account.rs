//! What this browser keeps of an account, and what to make of it.

use effigy_core::lock::Lock;
use effigy_core::mnemonic::Words;
use effigy_net_web::fence::{self, Note, Record};
use effigy_net_web::random;
use effigy_proto::{Fence, Keys};
use effigy_store::{Batch, Key, Store as _, StoreError, Table};
use effigy_store_idb::keys::{VAULT, Vault, VaultError};
use effigy_store_idb::{IdbStore, Opening};
use zeroize::Zeroizing;

use super::Fault;
use super::app_lock::{self, Unread};
use crate::browser::cryptography::{Cryptography, cryptography};
use crate::browser::{accounts, database, marker};

/// The name of the database, where a browser has one account.
pub(super) const DATABASE: &str = "effigy";
/// The name of the record with the device's keys.
pub(super) const KEYS: &[u8] = b"device";

/// What this browser keeps.
pub(super) enum Found {
    /// An account whose keys can be used.
    Account(Box<Account>),
    /// An account whose keys are behind the app lock.
    Locked,
    /// Nothing, and no sign that there ever was something.
    Nothing,
    /// Signs of an account, but no keys of it.
    Remains,
}

/// An account of this device.
pub(super) struct Account {
    /// How far its feeds were when this was last written down beside the store.
    pub(super) fence: Option<Fence>,
    pub(super) keys: Keys,
    pub(super) store: IdbStore,
}

/// Why no account was made.
pub(super) enum Trouble {
    /// Nothing works here.
    Fault(Fault),
    /// The keys could not be kept.
    Write {
        /// Whether for want of room.
        full: bool,
    },
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Where the fence of this page's account is written down.
pub(super) fn note() -> Note {
    Note::named(accounts::name(fence::NAME))
}

/// Looks at what this browser keeps.
///
/// # Errors
/// When it keeps nothing for this page, or lacks what it takes to look.
pub(super) async fn find() -> Result<Found, Fault> {
    check_browser()?;
    let recorded = note().read();
    let was_here = marker::is_set() || matches!(recorded, Record::Present(_) | Record::Garbled);
    let (store, opening) = match IdbStore::open(&accounts::name(DATABASE)).await {
        Ok(opened) => opened,
        Err(StoreError::Newer { .. }) => return Err(Fault::LaterVersion),
        // Firefox says the same of a page in a private window, where nobody has been before.
        Err(StoreError::Damaged(_)) if was_here => return Ok(Found::Remains),
        Err(_) => return Err(Fault::NoStore),
    };
    let sealed = match store.read(Key::new(Table::Keys, KEYS)).await {
        Ok(sealed) => sealed,
        Err(StoreError::Damaged(_)) => return Ok(Found::Remains),
        Err(_) => return Err(Fault::NoStore),
    };
    if marker::is_restoring() {
        if sealed.is_none() {
            drop(store);
            // Half a backup is nobody's store, and is known for one until it is gone.
            if !clear().await {
                return Err(Fault::NoStore);
            }
            marker::end_restoring();
            return Ok(Found::Nothing);
        }
        marker::end_restoring();
    }
    let Some(sealed) = sealed else { return Ok(without_keys(was_here, opening)) };
    let keys = match open_keys(&sealed).await? {
        Ok(keys) => keys,
        Err(Unread::Damaged) => return Ok(Found::Remains),
        Err(Unread::Locked) => return Ok(Found::Locked),
    };
    let fence = match recorded {
        Record::Present(fence) => Some(fence),
        // Somebody has meddled with what this browser keeps, perhaps with more than the note.
        Record::Garbled => Some(Fence::UNREADABLE),
        Record::Absent | Record::Unavailable => None,
    };
    if let Some(account) = &keys.synod {
        // Where there is no place for the mark, the database is all there is to go by.
        marker::set(account);
        accounts::note_opened();
    }
    if !keys.joining {
        marker::set_device(&keys.device.identity());
    }
    Ok(Found::Account(Box::new(Account { fence, keys, store })))
}

/// Makes the keys of a new account, and keeps them before anything is signed with them.
///
/// # Errors
/// When they cannot be kept. Then there is no account.
pub(super) async fn make() -> Result<Box<Account>, Trouble> {
    let unsupported = Trouble::Fault(Fault::Unsupported);
    let Ok(seed) = random() else { return Err(unsupported) };
    let Ok(keys) = Keys::for_account(seed) else { return Err(unsupported) };
    open_with(keys).await
}

/// Makes the keys of a new device of an account that began elsewhere, and keeps them. What is left of an
/// account here goes before.
///
/// # Errors
/// When they cannot be kept. Then there is no account.
pub(super) async fn recover(words: Words) -> Result<Box<Account>, Trouble> {
    let Ok(seed) = random() else { return Err(Trouble::Fault(Fault::Unsupported)) };
    if !clear().await {
        return Err(Trouble::Write { full: false });
    }
    open_with(Keys::for_recovery(seed, words)).await
}

/// Keeps the keys of a device that another device of the account let in, and where that account is met.
/// What is left of an account here goes before.
///
/// # Errors
/// When they cannot be kept. Then this device may be linked again.
pub(super) async fn join(keys: Keys, hubs: &[String]) -> Result<Box<Account>, Trouble> {
    if !clear().await {
        return Err(Trouble::Write { full: false });
    }
    let (store, _) = IdbStore::open(&accounts::name(DATABASE)).await.map_err(|_| Fault::NoStore)?;
    let kept = store.apply(effigy_proto::hubs_to_dial(hubs)).await;
    kept.map_err(|error| Trouble::Write { full: matches!(error, StoreError::Full) })?;
    open_with(keys).await
}

/// The keys that are kept, and the store beside them; `None` where either cannot be read.
pub(super) async fn kept() -> Option<(Keys, IdbStore)> {
    let (store, _) = IdbStore::open(&accounts::name(DATABASE)).await.ok()?;
    let sealed = store.read(Key::new(Table::Keys, KEYS)).await.ok()??;
    Some((open_keys(&sealed).await.ok()?.ok()?, store))
}

/// Begins to write a backup into an empty store. What is left of an account here goes before.
///
/// # Errors
/// When there can be none.
pub(super) async fn begin_restoring() -> Result<IdbStore, Trouble> {
    marker::begin_restoring();
    if !clear().await {
        return Err(Trouble::Write { full: false });
    }
    Ok(IdbStore::open(&accounts::name(DATABASE)).await.map_err(|_| Fault::NoStore)?.0)
}

/// All of a backup is in the store: with its keys it becomes this device's.
///
/// # Errors
/// When they cannot be kept.
pub(super) async fn finish_restoring(keys: Keys) -> Result<Box<Account>, Trouble> {
    let account = open_with(keys).await?;
    marker::end_restoring();
    Ok(account)
}

/// Takes away what was written of a backup.
pub(super) async fn undo_restoring() {
    if clear().await {
        marker::end_restoring();
    }
}

/// Changes something about the keys that are kept. Tells whether the change is durable.
pub(super) async fn change(change: impl FnOnce(&mut Keys)) -> bool {
    let Some((mut keys, store)) = kept().await else { return false };
    change(&mut keys);
    keep(&store, &keys).await.is_ok()
}

async fn open_with(keys: Keys) -> Result<Box<Account>, Trouble> {
    let Some(account) = keys.synod else { return Err(Trouble::Fault(Fault::Unsupported)) };
    let (store, _) = IdbStore::open(&accounts::name(DATABASE)).await.map_err(|_| Fault::NoStore)?;
    keep(&store, &keys).await?;
    marker::set(&account);
    accounts::note_opened();
    Ok(Box::new(Account { fence: None, keys, store }))
}

/// Puts the keys behind another app lock, or behind none, in one write. Tells whether that is durable;
/// otherwise the lock is as it was.
pub(super) async fn relock(next: Option<Lock>) -> bool {
    let Some((keys, store)) = kept().await else { return false };
    let Some(bytes) = app_lock::behind(next.as_ref(), &keys) else { return false };
    let is_kept = put(&store, &bytes).await.is_ok();
    if is_kept {
        app_lock::set(next);
        if !keys.joining {
            // Who forgets the lock comes back into this device's place.
            marker::set_device(&keys.device.identity());
        }
    }
    is_kept
}

/// Seals keys and makes them durable.
async fn keep(store: &IdbStore, keys: &Keys) -> Result<(), Trouble> {
    let bytes = app_lock::wrap(keys).ok_or(Trouble::Write { full: false })?;
    put(store, &bytes).await
}

async fn put(store: &IdbStore, bytes: &[u8]) -> Result<(), Trouble> {
    let vault = Vault::open(&accounts::name(VAULT)).await.map_err(|error| fault_of(&error))?;
    let sealed = vault.seal(bytes).await.map_err(|error| fault_of(&error))?;
    let batch = Batch::new().put(Key::new(Table::Keys, KEYS), sealed).strict();
    let kept = store.apply(batch).await;
    kept.map_err(|error| Trouble::Write { full: matches!(error, StoreError::Full) })
}

/// Removes all that is kept here, for good. Tells whether it is gone.
pub(super) async fn forget() -> bool {
    let gone = clear().await;
    if gone {
        marker::clear_device();
        accounts::note_gone();
    }
    gone
}

/// Removes all but the note which device this was: its place in the account may be taken again.
async fn clear() -> bool {
    let gone = database::delete(&accounts::name(DATABASE)).await
        && database::delete(&accounts::name(VAULT)).await;
    if gone {
        note().clear();
        marker::clear();
        app_lock::forget();
    }
    gone
}

/// Whether this browser has what cannot be done without.
fn check_browser() -> Result<(), Fault> {
    match cryptography() {
        Cryptography::Insecure => Err(Fault::Insecure),
        Cryptography::Missing => Err(Fault::Unsupported),
        Cryptography::There if database::is_there() => Ok(()),
        Cryptography::There => Err(Fault::NoStore),
    }
}

/// A store without keys belongs to a newcomer only if nothing at all speaks against it.
const fn without_keys(was_here: bool, opening: Opening) -> Found {
    if was_here || opening.data_loss { Found::Remains } else { Found::Nothing }
}

/// Opens the keys; those that were sealed by a vault that is gone are damaged, too.
async fn open_keys(sealed: &[u8]) -> Result<Result<Keys, Unread>, Fault> {
    let vault = Vault::open(&accounts::name(VAULT)).await.map_err(|error| fault_of(&error))?;
    if vault.is_new() {
        return Ok(Err(Unread::Damaged));
    }
    match vault.open_sealed(sealed).await {
        Ok(bytes) => Ok(app_lock::read(&Zeroizing::new(bytes))),
        Err(VaultError::Refused) => Ok(Err(Unread::Damaged)),
        Err(error) => Err(fault_of(&error)),
    }
}

const fn fault_of(error: &VaultError) -> Fault {
    match error {
        VaultError::Store(StoreError::Newer { .. }) => Fault::LaterVersion,
        VaultError::Store(_) => Fault::NoStore,
        _ => Fault::Unsupported,
    }
}
