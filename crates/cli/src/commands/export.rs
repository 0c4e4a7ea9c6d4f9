//! `export`: all feeds and blobs in one file. No keys, drafts or secrets, and nothing of followers.

use std::path::PathBuf;

use serde::Serialize;

use crate::error::{CliError, Outcome};
use crate::output::{Output, Page, Report, bytes, counted};
use crate::source::{Shelf, Source, Writer};

/// From where, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A hub's data folder, its store, or an export
    data: PathBuf,
    /// The file to write; nothing is ever replaced
    file: PathBuf,
}

#[derive(Debug, Serialize)]
struct Exported {
    file: String,
    bytes: u64,
    packs: u64,
    blobs: u64,
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Outcome, CliError> {
    let source = Source::open(&arguments.data)?;
    let mut writer = Writer::create(&arguments.file)?;
    let (mut packs, mut blobs) = (0_u64, 0_u64);
    for shelf in Shelf::EXPORTED {
        for row in source.rows(shelf) {
            let (key, value) = row?;
            writer.add(shelf, &key, &value)?;
            match shelf {
                Shelf::Packs => packs = packs.saturating_add(1),
                Shelf::Blobs => blobs = blobs.saturating_add(1),
                _ => {}
            }
        }
    }
    let size = writer.finish()?;
    let file = arguments.file.display().to_string();
    output.show(&Exported { file, bytes: size, packs, blobs })?;
    // What is damaged was copied as it is: but nobody should take the copy for a sound one.
    Ok(if source.faults().is_empty() { Outcome::Fine } else { Outcome::Faulty })
}

impl Report for Exported {
    fn tell(&self, page: &mut Page) {
        let packs = counted(self.packs, "pack", "packs");
        let blobs = counted(self.blobs, "blob", "blobs");
        page.line(format!("{}: {packs} and {blobs}, {}", self.file, bytes(self.bytes)));
    }
}
