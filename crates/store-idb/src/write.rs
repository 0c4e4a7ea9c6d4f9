//! Writing: one batch, one transaction, one answer.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbTransaction};

use crate::convert::Change;
use crate::failure::{Exception, Failure, transaction_refused};

/// Applies a change as one transaction.
///
/// No request is awaited by itself. When one fails, the browser aborts the whole transaction and
/// says there why; when none does, the one thing to wait for is that it is complete.
pub(crate) async fn apply(database: &IdbDatabase, change: &Change) -> Result<(), Failure> {
    let transaction = begin(database, &change.tables, change.durability)?;
    let ended = end(&transaction);
    let requested = request(&transaction, change);
    // Asking for the end now saves a turn of the event loop for every request. A browser that
    // cannot be asked comes to it by itself.
    let _ = match &requested {
        Ok(()) => commit(&transaction),
        Err(_) => transaction.abort(),
    };
    let outcome = JsFuture::from(ended).await;
    if let Err(thrown) = requested {
        return Err(Exception::new(&thrown).while_writing().into());
    }
    outcome.map(|_| ()).map_err(|_| {
        let error = transaction.error().map_or(JsValue::UNDEFINED, Into::into);
        Exception::new(&error).while_writing().into()
    })
}

/// Asks a transaction to end. web-sys has the method, but calls it deprecated.
fn commit(transaction: &IdbTransaction) -> Result<(), JsValue> {
    let commit: Function = Reflect::get(transaction, &"commit".into())?.dyn_into()?;
    commit.call0(transaction).map(|_| ())
}

/// Begins a transaction that writes. Neither rexie nor web-sys's stable part can say how durable
/// it is to be.
pub(crate) fn begin(
    database: &IdbDatabase,
    tables: &Array,
    durability: &str,
) -> Result<IdbTransaction, Failure> {
    let begun = (|| {
        let options = Object::new();
        Reflect::set(&options, &"durability".into(), &durability.into())?;
        let begin: Function = Reflect::get(database, &"transaction".into())?.dyn_into()?;
        begin.call3(database, tables, &"readwrite".into(), &options)?.dyn_into()
    })();
    begun.map_err(|thrown: JsValue| transaction_refused(&thrown))
}

/// The end of a transaction: fulfilled when it is complete, rejected when it was aborted.
pub(crate) fn end(transaction: &IdbTransaction) -> Promise {
    Promise::new(&mut |resolve: Function, reject: Function| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    })
}

/// Issues every request of a change, deletes first.
fn request(transaction: &IdbTransaction, change: &Change) -> Result<(), JsValue> {
    for (table, key) in &change.deletes {
        transaction.object_store(table.name())?.delete(key)?;
    }
    for (table, key, value) in &change.puts {
        transaction.object_store(table.name())?.put_with_key(value, key)?;
    }
    Ok(())
}
