//! The store of the browser: IndexedDB, through rexie; and a vault for its secrets.
//!
//! Two connections are open to one database. Reads go through rexie. Writes go through a plain
//! connection, because rexie cannot ask that a transaction be on the disk before it is called
//! complete ([`Durability::Strict`](effigy_store::Durability::Strict)), and because that connection
//! sees what rexie hides: whether the database was just made, and whether the browser made it
//! because it had thrown a damaged one away.
//!
//! **Invariant:** inside a transaction nothing is awaited but its own requests. IndexedDB closes a
//! transaction as soon as a turn of the event loop passes without a request, so all keys and values
//! become JavaScript values before it opens.
//!
//! **What durability means here.** A relaxed batch survives the death of the browser, but not that
//! of the machine in the next seconds.
#![cfg(target_family = "wasm")]

#[cfg(test)]
mod browser_tests;
mod connection;
mod convert;
mod failure;
pub mod keys;
mod open;
mod read;
mod schema;
mod write;

use std::cell::RefCell;
use std::rc::Rc;

use effigy_store::{Batch, Key, Range, Store, StoreError, Usage};

pub use open::Opening;

use connection::Connection;
use failure::Failure;

/// Keeps bytes in IndexedDB.
#[derive(Debug)]
pub struct IdbStore {
    name: String,
    /// The open connection; replaced when it was closed under us.
    connection: RefCell<Rc<Connection>>,
}

impl IdbStore {
    /// Opens the database of that name, making it when it is not there, and migrates it when it is
    /// old. Waits while another tab holds an older version open.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer version wrote the database, [`StoreError::Damaged`] when
    /// the browser can no longer read it, [`StoreError::Full`] when there is no room to make it.
    pub async fn open(name: &str) -> Result<(Self, Opening), StoreError> {
        let (connection, opening) = Connection::open(name).await?;
        let connection = RefCell::new(Rc::new(connection));
        Ok((Self { name: name.to_owned(), connection }, opening))
    }

    /// Does something with the connection. When it turns out to be closed, because another tab
    /// changed the database or the browser closed it, opens it again and retries, once.
    ///
    /// A batch that is applied twice this way ends as if it were applied once.
    async fn attempt<T>(
        &self,
        action: impl AsyncFn(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let connection = self.connection.borrow().clone();
        if !connection.is_closed() {
            match action(&connection).await {
                Err(Failure::Closed) => {}
                Err(Failure::Store(error)) if !connection.is_closed() => return Err(error),
                Err(Failure::Store(_)) => {}
                Ok(done) => return Ok(done),
            }
        }
        drop(connection);
        let connection = Rc::new(Connection::reopen(&self.name).await?);
        self.connection.replace(Rc::clone(&connection));
        action(&connection).await.map_err(|failure| match failure {
            Failure::Closed => StoreError::Closed,
            Failure::Store(error) => error,
        })
    }
}

impl Store for IdbStore {
    async fn apply(&self, batch: Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let change = convert::Change::new(batch);
        self.attempt(async |connection| write::apply(connection.database(), &change).await).await
    }

    async fn read(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        let (table, key) = (key.table, convert::key(&key.bytes));
        self.attempt(async |connection| read::read(connection.rexie()?, table, &key).await).await
    }

    async fn scan(&self, range: Range) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        self.attempt(async |connection| read::scan(connection.rexie()?, &range).await).await
    }

    /// Bytes are measured on up to 16 records of a table, spread over it, and scaled up.
    async fn usage(&self) -> Result<Usage, StoreError> {
        self.attempt(async |connection| read::usage(connection.rexie()?).await).await
    }
}
