//! Why a store refused.

use std::error::Error as StdError;
use std::fmt;

/// Why a store refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The platform failed in a way this contract has no word for; the source has.
    Backend(Box<dyn StdError + Send + Sync>),
    /// The store was closed under us and could not be opened again.
    Closed,
    /// What is stored can no longer be read, or is gone. Not a reason to start anew: a reason to
    /// repair, and to sign nothing before.
    Damaged(Box<dyn StdError + Send + Sync>),
    /// The device, or the part of it we may use, has no room left.
    Full,
    /// The data was written by a newer version of the program and is left alone.
    Newer {
        /// The schema version that was found.
        found: u64,
        /// The newest schema version this program knows.
        known: u64,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backend(_) => f.write_str("the store failed"),
            Self::Closed => f.write_str("the store was closed"),
            Self::Damaged(_) => f.write_str("the stored data is damaged"),
            Self::Full => f.write_str("no room left on this device"),
            Self::Newer { found, known } => write!(
                f,
                "the data was written by a newer version (schema {found}; this one knows {known})"
            ),
        }
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Backend(source) | Self::Damaged(source) => Some(source.as_ref()),
            Self::Closed | Self::Full | Self::Newer { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_kept() {
        let error = StoreError::Backend(Box::new(fmt::Error));
        assert!(error.source().is_some_and(<dyn StdError>::is::<fmt::Error>));
        assert!(StoreError::Full.source().is_none());
    }
}
