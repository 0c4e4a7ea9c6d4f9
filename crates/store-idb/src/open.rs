//! Opening a database by hand, to see what rexie does not show.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use effigy_store::StoreError;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbTransaction, IdbVersionChangeEvent};

use crate::failure::Exception;

/// What opening a database showed.
///
/// A database that was `created` is the beginning of a first start only where nothing else
/// remembers an earlier one; otherwise it is a loss, and calls for repair.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Opening {
    /// There was no database of that name, and an empty one was made.
    pub created: bool,
    /// The browser found the database damaged, and has replaced it by an empty one. Only Chromium
    /// says so, and not of every damage.
    pub data_loss: bool,
}

/// A database that is being made or brought forward, inside of its transaction.
pub(crate) struct Upgrade<'a> {
    pub(crate) database: &'a IdbDatabase,
    pub(crate) transaction: &'a IdbTransaction,
    /// The version it had; 0 when it was not there.
    pub(crate) old_version: u32,
}

/// How a database is brought to the version that is asked for.
pub(crate) type Steps = fn(&Upgrade<'_>) -> Result<(), JsValue>;

/// What to do when the database is not there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Missing {
    /// Make it.
    Create,
    /// It was there a moment ago: that is damage.
    Refuse,
}

/// The databases of this page or worker.
pub(crate) fn factory() -> Result<IdbFactory, StoreError> {
    let found = Reflect::get(&js_sys::global(), &JsValue::from_str("indexedDB"));
    let found = found.and_then(JsCast::dyn_into::<IdbFactory>);
    found.map_err(|value| Exception::new(&value).while_opening())
}

/// Opens a database in a version.
pub(crate) async fn open(
    factory: &IdbFactory,
    name: &str,
    version: u32,
    steps: Steps,
    missing: Missing,
) -> Result<(IdbDatabase, Opening), StoreError> {
    let request = factory.open_with_u32(name, version);
    let request = request.map_err(|value| Exception::new(&value).while_opening())?;
    let opening = Rc::new(Cell::new(Opening::default()));
    let thrown = Rc::new(RefCell::new(None));
    let on_upgrade = {
        let (request, opening, thrown) = (request.clone(), Rc::clone(&opening), Rc::clone(&thrown));
        Closure::once(move |event: IdbVersionChangeEvent| {
            opening.set(Opening {
                created: event.old_version() == 0.0,
                data_loss: says_data_loss(&event),
            });
            thrown.replace(upgrade(&request, &event, steps, missing).err());
        })
    };
    request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
    let outcome = settled(&request).await;
    request.set_onupgradeneeded(None);
    let opening = opening.get();
    match outcome {
        Ok(database) => Ok((database.unchecked_into(), opening)),
        Err(_) if opening.created && missing == Missing::Refuse => {
            let message = format!("the database {name} has vanished");
            let exception = Exception { name: "NotFoundError".to_owned(), message };
            Err(StoreError::Damaged(Box::new(exception)))
        }
        Err(exception) if exception.name == "VersionError" => {
            let found = newest_version(factory, name).await?;
            Err(StoreError::Newer { found, known: u64::from(version) })
        }
        Err(exception) => {
            let cause = thrown.take().map(|value| Exception::new(&value));
            Err(cause.unwrap_or(exception).while_opening())
        }
    }
}

/// Brings a database forward, or undoes the attempt.
fn upgrade(
    request: &IdbOpenDbRequest,
    event: &IdbVersionChangeEvent,
    steps: Steps,
    missing: Missing,
) -> Result<(), JsValue> {
    let transaction = request.transaction().ok_or(JsValue::UNDEFINED)?;
    let done = (|| {
        if event.old_version() == 0.0 && missing == Missing::Refuse {
            return Err(JsValue::UNDEFINED);
        }
        let database: IdbDatabase = request.result()?.dyn_into()?;
        // Versions are small whole numbers, which f64 holds exactly.
        let old_version = event.old_version() as u32;
        steps(&Upgrade { database: &database, transaction: &transaction, old_version })
    })();
    if done.is_err() {
        transaction.abort()?;
    }
    done
}

/// Whether the browser says that it threw a damaged database away.
pub(crate) fn says_data_loss(event: &IdbVersionChangeEvent) -> bool {
    let loss = Reflect::get(event, &JsValue::from_str("dataLoss")).ok();
    loss.and_then(|loss| loss.as_string()).is_some_and(|loss| loss != "none")
}

/// The version a database has.
async fn newest_version(factory: &IdbFactory, name: &str) -> Result<u64, StoreError> {
    let request = factory.open(name);
    let request = request.map_err(|value| Exception::new(&value).while_opening())?;
    let database = settled(&request).await.map_err(Exception::while_opening)?;
    let database: IdbDatabase = database.unchecked_into();
    database.close();
    Ok(database.version() as u64)
}

/// Waits for a request, which must not be one of many in a transaction.
pub(crate) async fn settled(request: &web_sys::IdbRequest) -> Result<JsValue, Exception> {
    let promise = Promise::new(&mut |resolve: Function, reject: Function| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    let outcome = JsFuture::from(promise).await;
    request.set_onsuccess(None);
    request.set_onerror(None);
    match outcome {
        Ok(_) => request.result().map_err(|value| Exception::new(&value)),
        Err(_) => {
            let error = request.error().ok().flatten().map_or(JsValue::UNDEFINED, Into::into);
            Err(Exception::new(&error))
        }
    }
}
