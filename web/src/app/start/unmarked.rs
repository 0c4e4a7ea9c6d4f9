//! Accounts of which this browser has lost the mark and kept the rest: they are found by their databases.

use effigy_store::{Key, Store as _, Table};
use effigy_store_idb::IdbStore;

use super::account::{DATABASE, KEYS};
use crate::browser::{accounts, database, marker};

/// Marks every account that has keys here and no mark, so that it is listed again.
pub(crate) async fn find() {
    for name in database::names().await {
        let number = accounts::number_in(DATABASE, &name);
        let unlisted = number.filter(|number| !accounts::is_listed(*number));
        if let Some(number) = unlisted
            && has_keys(&name).await
        {
            marker::set_unknown(number);
        }
    }
}

/// Whether a database holds keys: one without is the beginning of an account that came to nothing.
async fn has_keys(name: &str) -> bool {
    let Ok((store, _)) = IdbStore::open(name).await else { return false };
    matches!(store.read(Key::new(Table::Keys, KEYS)).await, Ok(Some(_)))
}
