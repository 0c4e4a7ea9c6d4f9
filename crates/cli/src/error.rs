//! Why a command could not do what it was asked, and with which number it ends.

use std::io;
use std::path::PathBuf;

use effigy_core::backup::BackupError;
use effigy_store::StoreError;

/// How a command ended that did what it was asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// Nothing is wrong.
    Fine,
    /// What was looked at is invalid or damaged.
    Faulty,
}

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// A suffix fits several things.
    #[error("{suffix:?} fits several: {}; give more of its letters", matches.join(", "))]
    Ambiguous {
        /// What was given.
        suffix: String,
        /// What it fits, at most a few.
        matches: Vec<String>,
    },
    /// A folder holds several stores.
    #[error("{} holds several stores; name one of them: {}", path.display(), names.join(", "))]
    ManyStores {
        /// The folder.
        path: PathBuf,
        /// The files.
        names: Vec<String>,
    },
    /// A backup cannot be opened.
    #[error("cannot open {}: {why}", path.display())]
    Backup {
        /// The file.
        path: PathBuf,
        /// Why.
        why: BackupError,
    },
    /// A running hub holds the store.
    #[error(
        "{} is in use{}: a hub locks its store while it runs. Stop the hub, or copy its data folder and look at the copy",
        path.display(), holder.map_or_else(String::new, |pid| format!(" by process {pid}"))
    )]
    InUse {
        /// The process, where it is known.
        holder: Option<u32>,
        /// The file.
        path: PathBuf,
    },
    /// A mistake in this program.
    #[error("a mistake in this program; RUST_BACKTRACE=1 says where. Please report it")]
    Internal,
    /// The system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Neither a store nor an export.
    #[error("{} is neither a hub's data nor an export", path.display())]
    Foreign {
        /// The file or folder.
        path: PathBuf,
    },
    /// An export of a later version.
    #[error("{} is an export of version {version}, which this program does not know", path.display())]
    NewerExport {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u8,
    },
    /// What was asked for is not there.
    #[error("there is no {what} {name:?} in {}", path.display())]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// What was asked for.
        name: String,
        /// Where.
        path: PathBuf,
    },
    /// The answer could not be written.
    #[error("cannot write the answer: {0}")]
    Print(io::Error),
    /// The store refused.
    #[error("cannot read {}: {source}{}", path.display(), below(source))]
    Store {
        /// The file.
        path: PathBuf,
        /// What the store said.
        source: StoreError,
    },
}

impl CliError {
    /// The number with which the program ends.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Ambiguous { .. } | Self::ManyStores { .. } => 2,
            Self::NotFound { .. } => 3,
            Self::Backup { .. }
            | Self::Foreign { .. }
            | Self::InUse { .. }
            | Self::Internal
            | Self::Io { .. }
            | Self::NewerExport { .. }
            | Self::Print(_)
            | Self::Store { .. } => 4,
        }
    }
}

impl Outcome {
    /// The number with which the program ends.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Faulty => 1,
        }
    }
}

/// An error of the system, with what was tried.
pub(crate) fn io_error(
    action: &'static str,
    path: impl Into<PathBuf>,
) -> impl FnOnce(io::Error) -> CliError {
    let path = path.into();
    move |source| CliError::Io { action, path, source }
}

/// What stands behind an error of the store.
fn below(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(String::new, |source| format!(": {source}"))
}
