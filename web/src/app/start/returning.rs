//! Coming back with friends' help: what they gave so far outlives a reload, since they may take days. It
//! rests sealed, in databases of its own, until an account is here.

use effigy_core::random::Random;
use effigy_core::share::Gathering;
use effigy_net_web::random;
use effigy_store::{Batch, Key, Store as _, Table};
use effigy_store_idb::IdbStore;
use effigy_store_idb::keys::Vault;
use zeroize::Zeroizing;

use crate::browser::{accounts, database};

const DATABASE: &str = "effigy-returning";
const VAULT: &str = "effigy-returning-vault";
/// The name of the record.
const GATHERED: &[u8] = b"gathering";

/// What friends gave so far; a new beginning where there is nothing. `None` when this browser gives no
/// chance.
pub(super) async fn go_on() -> Option<Gathering> {
    if let Some(gathering) = kept().await {
        return Some(gathering);
    }
    let gathering = Gathering::begin(&mut Random::seeded(random().ok()?)).ok()?;
    // Where it cannot be kept it lasts as long as the page; the first share that comes says so.
    keep(&gathering).await;
    Some(gathering)
}

async fn kept() -> Option<Gathering> {
    let (store, _) = IdbStore::open(&accounts::name(DATABASE)).await.ok()?;
    let sealed = store.read(Key::new(Table::Keys, GATHERED)).await.ok()??;
    let vault = Vault::open(&accounts::name(VAULT)).await.ok()?;
    let bytes = Zeroizing::new(vault.open_sealed(&sealed).await.ok()?);
    Gathering::from_bytes(&bytes).ok()
}

/// Keeps what friends gave. Tells whether it is durable.
pub(super) async fn keep(gathering: &Gathering) -> bool {
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
