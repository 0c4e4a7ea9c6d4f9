//! What can be asked, one file each.

mod backup;
mod blob;
mod completions;
mod entry;
mod export;
mod feed;
mod inspect;
mod peers;
mod verify;

use std::path::PathBuf;

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use effigy_core::Time;

use crate::error::{CliError, Outcome};
use crate::output::Output;

/// What can be asked.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tell what is there: feeds, blobs, members, records set aside
    Inspect(Data),
    /// List the entries of a feed in their order
    Feed(feed::Arguments),
    /// Show an entry, and the verdict of every check on it
    Entry(entry::Arguments),
    /// Tell of a blob or a picture, and write its bytes to a file
    Blob(blob::Arguments),
    /// Check everything again: checksums, signatures, hashes, chains, accounts, pictures
    Verify(verify::Arguments),
    /// List members, followers and receipts as they are kept
    Peers(Data),
    /// Check a person's encrypted backup
    #[command(subcommand)]
    Backup(backup::Arguments),
    /// Write all feeds and blobs to one file, which the other commands read too
    Export(export::Arguments),
    /// Print completions for a shell
    Completions(completions::Arguments),
}

/// Where to look.
#[derive(Debug, clap::Args)]
pub(crate) struct Data {
    /// A hub's data folder, its store, or an export
    data: PathBuf,
}

/// Something in the data, by the end of its name.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// A hub's data folder, its store, or an export
    data: PathBuf,
    /// Its id, or as many of its last letters as tell it from others
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    id: String,
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// When it cannot be done.
    pub(crate) fn run(self, output: Output, now: Time) -> Result<Outcome, CliError> {
        match self {
            Self::Inspect(data) => inspect::run(&data.data, output, now),
            Self::Feed(arguments) => feed::run(&arguments, output),
            Self::Entry(arguments) => entry::run(&arguments, output),
            Self::Backup(arguments) => backup::run(&arguments, output),
            Self::Blob(arguments) => blob::run(&arguments, output),
            Self::Verify(arguments) => verify::run(&arguments, output),
            Self::Peers(data) => peers::run(&data.data, output),
            Self::Export(arguments) => export::run(&arguments, output),
            Self::Completions(arguments) => completions::run(&arguments, output),
        }
    }
}
