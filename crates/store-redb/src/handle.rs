//! The open database, and how it comes back after an error of the disk.

use std::cell::{Cell, RefCell};
use std::fmt;

use effigy_store::StoreError;
use redb::{Database, DatabaseError};

use crate::error;
use crate::guard::guarded;

/// Opens the same database again.
type Reopen = Box<dyn Fn() -> Result<Database, DatabaseError>>;

/// The open database.
///
/// After one error of the disk redb refuses everything until it is opened again, which the next
/// verb does. Batches that were acknowledged as relaxed and not yet durable would be gone then,
/// behind the back of an owner who still counts on them; in that case the store stays closed until
/// the owner [begins anew](Handle::begin_anew) with what the disk has. Damage closes the store as well: it is for a
/// person to repair.
pub(crate) struct Handle {
    state: RefCell<State>,
    reopen: Reopen,
    /// Batches acknowledged and not yet durable.
    relaxed: Cell<usize>,
    /// Whether nothing was there before.
    pub(crate) is_new: Cell<bool>,
}

enum State {
    /// Ready.
    Open(Database),
    /// Closed after an error of the disk; the next verb opens it.
    Failed,
    /// The same, and what had been acknowledged is gone: closed until the owner begins anew.
    Lost,
    /// Closed for good.
    Closed,
}

impl Handle {
    pub(crate) fn new(database: Database, reopen: Reopen) -> Self {
        let (state, relaxed) = (RefCell::new(State::Open(database)), Cell::new(0));
        Self { state, reopen, relaxed, is_new: Cell::new(false) }
    }

    /// How many batches are acknowledged and not yet durable.
    pub(crate) fn relaxed(&self) -> usize {
        self.relaxed.get()
    }

    pub(crate) fn wrote_relaxed(&self) {
        self.relaxed.set(self.relaxed.get() + 1);
    }

    pub(crate) fn wrote_durably(&self) {
        self.relaxed.set(0);
    }

    /// The owner counts on nothing but what is on the disk.
    pub(crate) fn begin_anew(&self) {
        let mut state = self.state.borrow_mut();
        if matches!(*state, State::Lost) {
            *state = State::Failed;
            self.relaxed.set(0);
        }
    }

    /// Does something with the database, opening it again when an error had closed it.
    pub(crate) fn run<T>(
        &self,
        action: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let mut state = self.state.borrow_mut();
        let database = match std::mem::replace(&mut *state, State::Closed) {
            State::Open(database) => database,
            State::Failed => open(&self.reopen).inspect_err(|error| {
                // A disk that is still broken may be whole at the next attempt.
                if matches!(error, StoreError::Backend(_) | StoreError::Full) {
                    *state = State::Failed;
                }
            })?,
            State::Lost => {
                *state = State::Lost;
                return Err(StoreError::Closed);
            }
            State::Closed => return Err(StoreError::Closed),
        };
        match guarded(|| action(&database)) {
            Err(damaged) => {
                close(database);
                Err(damaged)
            }
            Ok(Err(error @ (redb::Error::Io(_) | redb::Error::PreviousIo))) => {
                close(database);
                *state = if self.relaxed.get() == 0 { State::Failed } else { State::Lost };
                Err(error::redb(error))
            }
            Ok(outcome) => {
                *state = State::Open(database);
                outcome.map_err(error::redb)
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let State::Open(database) = self.state.replace(State::Closed) {
            close(database);
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_open = matches!(*self.state.borrow(), State::Open(_));
        f.debug_struct("Handle").field("is_open", &is_open).field("relaxed", &self.relaxed).finish()
    }
}

/// Opens a database.
pub(crate) fn open(
    opener: impl FnOnce() -> Result<Database, DatabaseError>,
) -> Result<Database, StoreError> {
    guarded(opener)?.map_err(error::redb)
}

/// Closes a database. A file too damaged to be closed in order is recovered by the next opening,
/// or refused by it.
pub(crate) fn close(database: Database) {
    let _ = guarded(|| drop(database));
}
