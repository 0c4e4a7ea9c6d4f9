//! The two open connections, and how they end.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use effigy_store::StoreError;
use rexie::Rexie;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, IdbDatabase};

use crate::failure::Failure;
use crate::open::{Missing, Opening, factory, open};
use crate::schema;

/// The two connections to one database: ours, and rexie's.
pub(crate) struct Connection {
    database: IdbDatabase,
    rexie: Option<Rexie>,
    is_closed: Rc<Cell<bool>>,
    /// Kept because the browser calls them: one to ask us to make way, one to say that it closed
    /// the connection by itself.
    _on_version_change: Closure<dyn FnMut(Event)>,
    _on_close: Closure<dyn FnMut(Event)>,
}

impl Connection {
    /// Opens a database, making it when it is not there.
    pub(crate) async fn open(name: &str) -> Result<(Self, Opening), StoreError> {
        Self::with(name, Missing::Create).await
    }

    /// Opens a database that was open before. One that has vanished is not made anew: an owner who
    /// believes in what it held must not go on as if nothing were missing.
    pub(crate) async fn reopen(name: &str) -> Result<Self, StoreError> {
        let (connection, _) = Self::with(name, Missing::Refuse).await?;
        Ok(connection)
    }

    async fn with(name: &str, missing: Missing) -> Result<(Self, Opening), StoreError> {
        let steps = schema::upgrade;
        let (database, opening) = open(&factory()?, name, schema::VERSION, steps, missing).await?;
        let mut connection = Self::new(database);
        connection.rexie = Some(schema::open_rexie(name).await?);
        Ok((connection, opening))
    }

    fn new(database: IdbDatabase) -> Self {
        let is_closed = Rc::new(Cell::new(false));
        let on_version_change = {
            let (database, is_closed) = (database.clone(), Rc::clone(&is_closed));
            Closure::new(move |_event: Event| {
                // Another tab deletes or upgrades the database, and waits for us. Transactions
                // that are under way still come to their end.
                is_closed.set(true);
                database.close();
            })
        };
        let on_close = {
            let is_closed = Rc::clone(&is_closed);
            Closure::new(move |_event: Event| is_closed.set(true))
        };
        database.set_onversionchange(Some(on_version_change.as_ref().unchecked_ref()));
        database.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Self {
            database,
            rexie: None,
            is_closed,
            _on_version_change: on_version_change,
            _on_close: on_close,
        }
    }

    /// Whether the connection is known to be closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.get()
    }

    /// The connection for writing.
    pub(crate) fn database(&self) -> &IdbDatabase {
        &self.database
    }

    /// The connection for reading.
    pub(crate) fn rexie(&self) -> Result<&Rexie, Failure> {
        self.rexie.as_ref().ok_or(Failure::Closed)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.database.set_onversionchange(None);
        self.database.set_onclose(None);
        self.database.close();
        if let Some(rexie) = self.rexie.take() {
            rexie.close();
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("is_closed", &self.is_closed).finish_non_exhaustive()
    }
}
