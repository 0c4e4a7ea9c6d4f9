//! A hub that lies: the real one, over a store that says it had looked at what it never saw.

use effigy_store::{Batch, Store};
use effigy_store_redb::RedbStore;
use serde_json::{Value, json};

use crate::{Failure, kept};

/// Puts pictures into the store of a hub that is not running.
pub(crate) async fn doctor(store: &str, blobs: &[String]) -> Result<Value, Failure> {
    let store = RedbStore::open_existing(store)?;
    let blobs = kept::blobs(blobs)?;
    let batch = blobs.iter().fold(Batch::new().strict(), kept::blob_puts);
    store.apply(batch).await?;
    Ok(json!({ "blobs": blobs.len() }))
}
