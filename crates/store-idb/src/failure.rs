//! What the browser's errors mean in the words of the contract.

use std::error::Error as StdError;
use std::fmt;

use effigy_store::StoreError;
use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// Why something with an open connection did not work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The connection is closed; another one may work.
    Closed,
    /// The database refused.
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// An exception of the browser, as far as it can leave its task.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exception {
    /// The name by which exceptions are told apart, such as `QuotaExceededError`.
    pub name: String,
    /// What the browser says about it.
    pub message: String,
}

impl Exception {
    /// Reads an exception.
    pub(crate) fn new(value: &JsValue) -> Self {
        let field = |name: &str| {
            let field = Reflect::get(value, &JsValue::from_str(name)).ok();
            field.and_then(|field| field.as_string()).unwrap_or_default()
        };
        Self { name: field("name"), message: field("message") }
    }

    /// What an exception means while a database is opened.
    pub(crate) fn while_opening(self) -> StoreError {
        match self.name.as_str() {
            "QuotaExceededError" => StoreError::Full,
            // The backing files cannot be read, or another version of the schema is in them.
            "UnknownError" | "DataError" | "NotFoundError" => StoreError::Damaged(Box::new(self)),
            _ => StoreError::Backend(Box::new(self)),
        }
    }

    /// What an exception means while something is read: Chromium answers with these when a file
    /// of the database is damaged or gone.
    pub(crate) fn while_reading(self) -> StoreError {
        match self.name.as_str() {
            "AbortError" | "DataError" | "EncodingError" | "InvalidStateError"
            | "NotFoundError" | "NotReadableError" | "UnknownError" => {
                StoreError::Damaged(Box::new(self))
            }
            _ => StoreError::Backend(Box::new(self)),
        }
    }

    /// What an exception means while something is written.
    pub(crate) fn while_writing(self) -> StoreError {
        match self.name.as_str() {
            "QuotaExceededError" => StoreError::Full,
            "NotFoundError" => StoreError::Damaged(Box::new(self)),
            _ => StoreError::Backend(Box::new(self)),
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl StdError for Exception {}

/// What opening a transaction threw: a connection that is closed says so here.
pub(crate) fn transaction_refused(value: &JsValue) -> Failure {
    let exception = Exception::new(value);
    match exception.name.as_str() {
        "InvalidStateError" => Failure::Closed,
        _ => Failure::Store(exception.while_writing()),
    }
}

/// What reading through rexie came to.
pub(crate) fn reading(error: rexie::Error) -> Failure {
    let rexie::Error::IdbError(error) = error else { return unforeseen() };
    match error {
        idb::Error::TransactionOpenFailed(value) => transaction_refused(&value),
        idb::Error::DomException(value) => {
            Failure::Store(Exception::new(&value.into()).while_reading())
        }
        idb::Error::CountFailed(value)
        | idb::Error::CursorAdvanceFailed(value)
        | idb::Error::CursorContinueFailed(value)
        | idb::Error::CursorKeyNotFound(value)
        | idb::Error::CursorValueNotFound(value)
        | idb::Error::GetAllFailed(value)
        | idb::Error::GetAllKeysFailed(value)
        | idb::Error::GetFailed(value)
        | idb::Error::KeyRangeCreateFailed(value)
        | idb::Error::ObjectStoreNotFound(value)
        | idb::Error::OpenCursorFailed(value)
        | idb::Error::RequestErrorNotFound(value)
        | idb::Error::RequestResultNotFound(value) => {
            Failure::Store(Exception::new(&value).while_reading())
        }
        error => {
            let exception = Exception { name: "Error".to_owned(), message: error.to_string() };
            Failure::Store(StoreError::Backend(Box::new(exception)))
        }
    }
}

/// What opening through rexie came to.
pub(crate) fn opening(error: rexie::Error) -> StoreError {
    match error {
        rexie::Error::IdbError(
            idb::Error::IndexedDbNotFound(value) | idb::Error::IndexedDbOpenFailed(value),
        ) => Exception::new(&value).while_opening(),
        rexie::Error::IdbError(idb::Error::DomException(value)) => {
            Exception::new(&value.into()).while_opening()
        }
        error => {
            let exception = Exception { name: "Error".to_owned(), message: error.to_string() };
            StoreError::Backend(Box::new(exception))
        }
    }
}

/// Something that was read has a type nobody wrote.
pub(crate) fn foreign(what: &str) -> StoreError {
    StoreError::Damaged(Box::new(Exception {
        name: "TypeError".to_owned(),
        message: what.to_owned(),
    }))
}

fn unforeseen() -> Failure {
    let message = "the transaction ended before it was asked to".to_owned();
    Failure::Store(StoreError::Backend(Box::new(Exception { name: "Error".to_owned(), message })))
}
