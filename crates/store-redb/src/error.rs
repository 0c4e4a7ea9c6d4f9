//! What redb's errors mean in the words of the contract.

use std::io::{Error as IoError, ErrorKind};

use effigy_store::StoreError;

/// Translates an error of redb.
pub(crate) fn redb(error: impl Into<redb::Error>) -> StoreError {
    match error.into() {
        redb::Error::Io(error) => io(error),
        redb::Error::DatabaseClosed | redb::Error::PreviousIo => StoreError::Closed,
        error @ (redb::Error::Corrupted(_)
        | redb::Error::RepairAborted
        | redb::Error::TableDoesNotExist(_)
        | redb::Error::TableIsMultimap(_)
        | redb::Error::TableIsNotMultimap(_)
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TypeDefinitionChanged { .. }) => StoreError::Damaged(Box::new(error)),
        error => StoreError::Backend(Box::new(error)),
    }
}

/// Translates an error of the file below.
pub(crate) fn io(error: IoError) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            StoreError::Full
        }
        // What redb says of a file that is none of its own, and of one that ends too early.
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof => StoreError::Damaged(Box::new(error)),
        _ => StoreError::Backend(Box::new(error)),
    }
}
