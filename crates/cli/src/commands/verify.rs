//! `verify`: everything checked again, and every fault by its name.

use std::path::PathBuf;
use std::sync::LazyLock;

use effigy_proto::Holding;
use serde::Serialize;

use crate::error::{CliError, Outcome};
use crate::fault::{Fault, FaultKind, Place};
use crate::output::{Output, Page, Report, Side, bytes, counted};
use crate::people::People;
use crate::source::{Shelf, Source};
use crate::verify::{BlobCounts, FeedCounts, Fork, Judge, check_blobs};
use crate::walk::walk;

/// How many faults are listed unless all are asked for.
const LISTED: usize = 20;

/// The names of faults, told by `--help`.
static FAULTS: LazyLock<String> = LazyLock::new(|| {
    let lines = FaultKind::ALL.map(|(kind, meaning)| format!("  {:24}{meaning}", kind.name()));
    format!("Faults:\n{}\n\nEnds with 1 when there is any.", lines.join("\n"))
});

/// What to check.
#[derive(Debug, clap::Args)]
#[command(after_help = FAULTS.as_str())]
pub(crate) struct Arguments {
    /// A hub's data folder, its store, or an export
    data: PathBuf,
    /// List every fault instead of the first twenty; JSON always lists all
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Serialize)]
struct Verdict {
    path: String,
    kind: &'static str,
    #[serde(flatten)]
    feeds: FeedCounts,
    #[serde(flatten)]
    blobs: BlobCounts,
    /// Damaged records that a node has already set aside: no faults any more.
    quarantined: u64,
    /// Devices whose feed has two versions: no fault of the data.
    forks: Vec<Fork>,
    faults: Vec<Fault>,
    #[serde(skip)]
    listed: usize,
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Outcome, CliError> {
    let source = Source::open(&arguments.data)?;
    let people = People::read(&source)?;
    let mut judge = Judge::new(&people);
    judge.faults.extend_from_slice(source.faults());
    walk(&source, &mut judge)?;
    judge.tell_apart();
    let Judge { counts, mut faults, forks, contents, .. } = judge;
    let blobs = check_blobs(&source, &contents, &mut faults)?;
    check_peers(&source, &mut faults)?;
    let mut quarantined = 0_u64;
    for row in source.rows(Shelf::Quarantine) {
        row?;
        quarantined = quarantined.saturating_add(1);
    }
    let verdict = Verdict {
        path: source.path().display().to_string(),
        kind: source.kind(),
        feeds: counts,
        blobs,
        quarantined,
        forks,
        listed: if arguments.all { faults.len() } else { LISTED },
        faults,
    };
    output.show(&verdict)?;
    Ok(if verdict.faults.is_empty() { Outcome::Fine } else { Outcome::Faulty })
}

/// Keys of accounts, and receipts.
fn check_peers(source: &Source, faults: &mut Vec<Fault>) -> Result<(), CliError> {
    for shelf in [Shelf::Members, Shelf::Followers, Shelf::Greetings, Shelf::Receipts] {
        for row in source.rows(shelf) {
            let (key, value) = row?;
            let at =
                Place::Record { record: format!("{}, a key of {} bytes", shelf.name(), key.len()) };
            if key.len() != 32 {
                faults.push(Fault::new(FaultKind::Key, at, "an identity has 32 bytes"));
            } else if shelf == Shelf::Receipts && Holding::from_bytes(&value).is_none() {
                let why = format!("{} bytes that are no receipt", value.len());
                faults.push(Fault::new(FaultKind::ReceiptMalformed, at, why));
            }
        }
    }
    Ok(())
}

impl Report for Verdict {
    fn tell(&self, page: &mut Page) {
        page.line(format!("{} ({})", self.path, self.kind));
        page.gap();
        page.pairs(&[
            ("feeds", self.feeds.feeds.to_string()),
            (
                "entries",
                format!("{}, {} out of reach", self.feeds.entries, self.feeds.out_of_reach),
            ),
            (
                "payloads",
                format!(
                    "{}, {} taken back, {} missing",
                    self.feeds.payloads, self.feeds.taken_back, self.feeds.bare
                ),
            ),
            ("blobs", format!("{} ({})", self.blobs.blobs, bytes(self.blobs.bytes))),
            ("pictures", format!("{}, {} still awaited", self.blobs.pictures, self.blobs.awaited)),
            ("quarantine", counted(self.quarantined, "record", "records")),
        ]);
        page.gap();
        for Fork { feed, entries: (one, other) } in &self.forks {
            page.line(format!(
                "…{} has two versions: …{} and …{}",
                feed.short(),
                one.short(),
                other.short()
            ));
        }
        if self.faults.is_empty() {
            page.line("no fault");
            return;
        }
        let cells = |fault: &Fault| {
            [fault.fault.name().to_owned(), fault.at.to_string(), fault.why.clone()]
        };
        let rows: Vec<_> = self.faults.iter().take(self.listed).map(cells).collect();
        page.table([("FAULT", Side::Left), ("WHERE", Side::Left), ("WHY", Side::Left)], &rows);
        page.gap();
        let hidden = self.faults.len().saturating_sub(rows.len());
        let total = counted(self.faults.len() as u64, "fault", "faults");
        page.line(match hidden {
            0 => total,
            hidden => format!("{total}, {hidden} not listed: --all lists them"),
        });
    }
}
