//! What can be wrong with a pack.

use std::error::Error as StdError;
use std::fmt;

/// Why a pack could not be written or read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PackError {
    /// A record is damaged.
    Damaged(DamagedRecord),
    /// The bytes are no pack.
    Foreign,
    /// The pack has an encoding that this version does not know.
    Newer {
        /// The version of the encoding.
        found: u8,
    },
    /// A record is larger than a pack takes.
    TooLarge {
        /// Which record, from 0.
        index: usize,
    },
}

/// One record that cannot be read; the others can.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DamagedRecord {
    /// Which record, from 0.
    pub index: usize,
    /// What happened to it.
    pub harm: Harm,
}

/// What happened to a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Harm {
    /// Its bytes are not those that were written.
    Altered,
    /// The pack ends, or its lengths stop making sense, before the record does; no later record
    /// can be found either.
    CutOff,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(record) => record.fmt(f),
            Self::Foreign => f.write_str("these bytes are no pack"),
            Self::Newer { found } => write!(f, "a pack of the unknown version {found}"),
            Self::TooLarge { index } => write!(f, "record {index} is too large for a pack"),
        }
    }
}

impl fmt::Display for DamagedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.harm {
            Harm::Altered => write!(f, "record {} of the pack is damaged", self.index),
            Harm::CutOff => write!(f, "the pack is cut off in record {}", self.index),
        }
    }
}

impl StdError for PackError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Damaged(record) => Some(record),
            Self::Foreign | Self::Newer { .. } | Self::TooLarge { .. } => None,
        }
    }
}

impl StdError for DamagedRecord {}

impl From<DamagedRecord> for PackError {
    fn from(record: DamagedRecord) -> Self {
        Self::Damaged(record)
    }
}
