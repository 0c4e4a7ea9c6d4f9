//! Coming back with friends' help: what they gave so far outlives a reload, since they may take days. It
//! rests sealed, in databases of its own, until an account is here.

use effigy_core::random::Random;
use effigy_core::share::Gathering;
use effigy_net_web::random;
use effigy_store::{Batch, Key, Store as _, Table};
use effigy_store_idb::IdbStore;
use effigy_store_idb::keys::Vault;
use zeroize::Zeroizing;

use crate::app::phase::Gathered;
use crate::browser::{accounts, database};

const DATABASE: &str = "effigy-returning";
const VAULT: &str = "effigy-returning-vault";
/// The name of the record, and of those that could not be read: the first, and the last of all others.
const GATHERED: &[u8] = b"gathering";
const ASIDE: &[u8] = b"gathering-aside";
const ASIDE_AGAIN: &[u8] = b"gathering-aside-again";

/// What friends gave so far; a new beginning where there is nothing. `None` when this browser gives no
/// chance.
pub(super) async fn go_on() -> Option<Gathered> {
    match kept().await {
        Ok(Some(gathering)) => Some(Gathered::Here(gathering)),
        Ok(None) => begin().await,
        Err(Unread) => Some(Gathered::Unreadable),
    }
}

/// Begins anew, beside what is here and cannot be read.
pub(super) async fn begin() -> Option<Gathered> {
    let gathering = Gathering::begin(&mut Random::seeded(random().ok()?)).ok()?;
    // Where it cannot be kept it lasts as long as the page; the first share that comes says so.
    keep(&gathering).await;
    Some(Gathered::Here(gathering))
}

/// Something is here, or may be, and cannot be read.
struct Unread;

/// What was kept, as it rests.
async fn resting() -> Result<(IdbStore, Option<Vec<u8>>), Unread> {
    let (store, _) = IdbStore::open(&accounts::name(DATABASE)).await.map_err(|_| Unread)?;
    let sealed = store.read(Key::new(Table::Keys, GATHERED)).await.map_err(|_| Unread)?;
    Ok((store, sealed))
}

async fn kept() -> Result<Option<Gathering>, Unread> {
    let (_, sealed) = resting().await?;
    let Some(sealed) = sealed else { return Ok(None) };
    let vault = Vault::open(&accounts::name(VAULT)).await.map_err(|_| Unread)?;
    let bytes = Zeroizing::new(vault.open_sealed(&sealed).await.map_err(|_| Unread)?);
    Gathering::from_bytes(&bytes).map(Some).map_err(|_| Unread)
}

/// Puts what was kept where nothing takes its place. What was put there before stays.
async fn set_aside() -> Result<(), Unread> {
    let (store, sealed) = resting().await?;
    let Some(sealed) = sealed else { return Ok(()) };
    let mut key = Key::new(Table::Keys, ASIDE);
    if store.read(key.clone()).await.map_err(|_| Unread)?.is_some() {
        key = Key::new(Table::Keys, ASIDE_AGAIN);
    }
    let batch = Batch::new().put(key, sealed).strict();
    store.apply(batch).await.map_err(|_| Unread)
}

/// Whether nothing is here but what friends gave for the same code.
async fn is_of(gathering: &Gathering) -> bool {
    let known = kept().await;
    known.is_ok_and(|known| known.is_none_or(|known| known.plea() == gathering.plea()))
}

/// Keeps what friends gave. What is here and cannot be read stays beside it: a later version may read it.
/// Tells whether it is durable.
pub(super) async fn keep(gathering: &Gathering) -> bool {
    if !is_of(gathering).await && set_aside().await.is_err() {
        return false;
    }
    let Ok(vault) = Vault::open(&accounts::name(VAULT)).await else { return false };
    let Ok(sealed) = vault.seal(&gathering.to_bytes()).await else { return false };
    let Ok((store, _)) = IdbStore::open(&accounts::name(DATABASE)).await else { return false };
    let batch = Batch::new().put(Key::new(Table::Keys, GATHERED), sealed).strict();
    store.apply(batch).await.is_ok()
}

/// Forgets it: there is an account again. What cannot be deleted now opens with nothing once its vault is
/// gone.
pub(super) async fn forget() {
    database::delete(&accounts::name(VAULT)).await;
    database::delete(&accounts::name(DATABASE)).await;
}
