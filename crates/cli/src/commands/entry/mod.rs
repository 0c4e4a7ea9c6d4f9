//! `entry`: one entry, and what each check says of it.

mod checks;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::builder::NonEmptyStringValueParser;
use effigy_core::{Cid, Entry};
use serde::Serialize;
use serde_json::Value;

use crate::error::{CliError, Outcome, io_error};
use crate::fault::{Fault, Place};
use crate::output::{Output, Page, Report, Side};
use crate::people::People;
use crate::pick::pick;
use crate::source::Source;
use crate::verify::Judge;
use crate::walk::{FeedKey, Only, Slot, Visitor, walk};
use crate::when;
use checks::{Check, Verdict};

/// Most bytes that are read of a file: far more than an entry may have.
const FILE_BYTES: u64 = 1 << 20;

/// Which entry.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A hub's data folder, its store, or an export
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    data: Option<PathBuf>,
    /// The entry's id, or as many of its last letters as tell it from others
    #[arg(
        required_unless_present = "file",
        conflicts_with = "file",
        value_parser = NonEmptyStringValueParser::new()
    )]
    id: Option<String>,
    /// Read the entry's bytes from a file instead, or from standard input when it is -
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Check this file as the payload of the entry in --file
    #[arg(long, value_name = "FILE", requires = "file")]
    payload: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Examined {
    id: Cid,
    /// The hash of the header alone; none where there is no header.
    digest: Option<Cid>,
    /// Where it is kept.
    at: Option<Place>,
    header: Option<Value>,
    payload: Option<Value>,
    valid: bool,
    checks: Vec<Check>,
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Outcome, CliError> {
    let examined = match (&arguments.file, &arguments.data, &arguments.id) {
        (Some(file), ..) => from_file(file, arguments.payload.as_deref())?,
        (None, Some(data), Some(id)) => from_data(data, id)?,
        // The parser of arguments has seen to it that there is one or the other.
        (None, ..) => return Ok(Outcome::Fine),
    };
    output.show(&examined)?;
    Ok(if examined.valid { Outcome::Fine } else { Outcome::Faulty })
}

fn from_file(path: &Path, payload: Option<&Path>) -> Result<Examined, CliError> {
    let bytes = read(path)?;
    let payload = payload.map(read).transpose()?;
    let mut checks = checks::form(&bytes);
    checks.extend(checks::payload(&bytes, payload.as_deref()));
    Ok(Examined::of(&bytes, payload.as_deref(), None, checks))
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let failed = |error| io_error("read", path)(error);
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().take(FILE_BYTES).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(FILE_BYTES).read_to_end(&mut bytes))
    };
    read.map_err(failed)?;
    Ok(bytes)
}

fn from_data(path: &Path, id: &str) -> Result<Examined, CliError> {
    let source = Source::open(path)?;
    let mut search = Search { id, feed: None, found: Vec::new() };
    walk(&source, &mut search)?;
    let candidates = search.found.iter().map(|found| found.id);
    let id = pick("entry", id, candidates, source.path())?;
    let missing =
        || CliError::NotFound { what: "entry", name: id.to_string(), path: path.to_owned() };
    let found = search.found.iter().find(|found| found.id == id).ok_or_else(missing)?;
    let people = People::read(&source)?;
    let mut judge = Only::new(found.feed, Judge::new(&people));
    walk(&source, &mut judge)?;
    let here = Place::entry(found.feed, found.position);
    let around = Place::feed(found.feed);
    let faults = judge.visitor.faults.iter();
    let faults: Vec<&Fault> =
        faults.filter(|fault| fault.at == here || fault.at == around).collect();
    let payload = found.payload.as_deref();
    let mut checks = checks::form(&found.entry);
    checks.extend(checks::payload(&found.entry, payload));
    let reached = !judge.visitor.out_of_reach.contains(&found.id);
    checks.extend(checks::place(&checks, &faults, reached));
    Ok(Examined::of(&found.entry, payload, Some(here), checks))
}

/// Looks for entries whose id ends like this.
struct Search<'a> {
    id: &'a str,
    feed: Option<FeedKey>,
    found: Vec<Found>,
}

struct Found {
    id: Cid,
    feed: FeedKey,
    position: u32,
    entry: Vec<u8>,
    payload: Option<Vec<u8>>,
}

impl Visitor for Search<'_> {
    fn begin(&mut self, feed: FeedKey) {
        self.feed = Some(feed);
    }

    fn slot(&mut self, slot: &Slot<'_>) {
        let Some(feed) = self.feed else { return };
        let id = Cid::of(slot.entry);
        if id.to_string().ends_with(self.id) {
            let (entry, payload) = (slot.entry.to_vec(), slot.payload.map(<[u8]>::to_vec));
            self.found.push(Found { id, feed, position: slot.position, entry, payload });
        }
    }

    fn end(&mut self) {
        self.feed = None;
    }

    fn fault(&mut self, _: Fault) {}
}

impl Examined {
    fn of(bytes: &[u8], payload: Option<&[u8]>, at: Option<Place>, checks: Vec<Check>) -> Self {
        // Shown even where the signature does not count: to see what somebody claims.
        let entry = Entry::reload(bytes).ok();
        let header = entry.as_ref().and_then(|entry| serde_json::to_value(entry.header()).ok());
        Self {
            id: Cid::of(bytes),
            digest: entry.as_ref().map(Entry::digest),
            at,
            header,
            payload: payload.and_then(|bytes| serde_json::from_slice(bytes).ok()),
            valid: checks.iter().all(|check| check.verdict != Verdict::Failed),
            checks,
        }
    }
}

impl Report for Examined {
    fn tell(&self, page: &mut Page) {
        let mut facts = vec![("id", self.id.to_string())];
        facts.extend(self.digest.map(|digest| ("digest", digest.to_string())));
        facts.extend(self.at.as_ref().map(|at| ("kept as", at.to_string())));
        let clock = self.header.as_ref().and_then(|header| header.get("comparable")?.as_u64());
        facts.extend(clock.map(|clock| ("time", when::date(effigy_core::Time(clock)))));
        page.pairs(&facts);
        for (title, value) in [("header", &self.header), ("payload", &self.payload)] {
            page.gap();
            page.line(title);
            let text = value.as_ref().and_then(|value| serde_json::to_string_pretty(value).ok());
            page.lines(text.as_deref().unwrap_or("none"));
        }
        page.gap();
        let cells = |check: &Check| {
            [check.check.to_owned(), check.verdict.word().to_owned(), check.why.clone()]
        };
        let rows: Vec<_> = self.checks.iter().map(cells).collect();
        page.table([("CHECK", Side::Left), ("VERDICT", Side::Left), ("WHY", Side::Left)], &rows);
    }
}
