//! `feed`: the entries of a feed in their order.

use std::collections::BTreeSet;

use effigy_core::{Cid, Entry, Identity, Payload, Time};
use serde::Serialize;

use super::Named;
use crate::error::{CliError, Outcome};
use crate::fault::Fault;
use crate::fresh::{Witness, witnesses};
use crate::output::{Output, Page, Report, Side, counted};
use crate::people::People;
use crate::pick::pick;
use crate::say::say;
use crate::source::Source;
use crate::walk::{FeedKey, Slot, Visitor, walk};
use crate::when;

/// Which feed.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    named: Named,
    /// Only the last so many entries
    #[arg(long, value_name = "COUNT")]
    last: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Listing {
    identity: Identity,
    name: String,
    entries: Vec<Line>,
    /// Records that cannot be read; `verify` says which.
    unreadable: u64,
    /// How many entries are here, listed or not.
    held: usize,
    /// The clock of the newest, in milliseconds since 1970.
    head_time: Option<u64>,
    /// What others had of it when they were last met.
    witnesses: Vec<Witness>,
}

#[derive(Debug, Serialize)]
struct Line {
    position: u32,
    generation: u64,
    id: Cid,
    kind: String,
    /// The entry's clock, in milliseconds since 1970.
    time: u64,
    signer: Identity,
    says: String,
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Outcome, CliError> {
    let source = Source::open(&arguments.named.data)?;
    let mut identities = Identities::default();
    walk(&source, &mut identities)?;
    let identity = pick("feed", &arguments.named.id, identities.0, source.path())?;
    let people = People::read(&source)?;
    let name = people.name(&identity);
    let mut reader = Reader {
        inside: None,
        listing: Listing {
            identity,
            name,
            entries: Vec::new(),
            unreadable: 0,
            held: 0,
            head_time: None,
            witnesses: witnesses(&source, &identity)?,
        },
    };
    walk(&source, &mut reader)?;
    let mut listing = reader.listing;
    listing.held = listing.entries.len();
    listing.head_time = listing.entries.iter().map(|line| line.time).max();
    if let Some(last) = arguments.last {
        let gone = listing.entries.len().saturating_sub(last);
        listing.entries.drain(..gone);
    }
    output.show(&listing)?;
    Ok(Outcome::Fine)
}

/// Whose feeds there are.
#[derive(Default)]
struct Identities(BTreeSet<Identity>);

impl Visitor for Identities {
    fn begin(&mut self, feed: FeedKey) {
        self.0.insert(feed.identity);
    }

    fn slot(&mut self, _: &Slot<'_>) {}

    fn end(&mut self) {}

    fn fault(&mut self, _: Fault) {}
}

struct Reader {
    /// The generation that is read, while it is one of the feed that was asked for.
    inside: Option<u64>,
    listing: Listing,
}

impl Visitor for Reader {
    fn begin(&mut self, feed: FeedKey) {
        self.inside = (feed.identity == self.listing.identity).then_some(feed.generation);
    }

    fn slot(&mut self, slot: &Slot<'_>) {
        let Some(generation) = self.inside else { return };
        let Ok(entry) = Entry::reload(slot.entry) else {
            self.listing.unreadable = self.listing.unreadable.saturating_add(1);
            return;
        };
        let kind = &entry.header().payload.kind;
        let says = match slot.payload.map(|bytes| Payload::parse(kind, bytes)) {
            None => say(None),
            Some(Ok(payload)) => say(Some(&payload)),
            Some(Err(error)) => format!("({error})"),
        };
        self.listing.entries.push(Line {
            position: slot.position,
            generation,
            id: entry.id(),
            kind: kind.clone(),
            time: entry.header().comparable,
            signer: entry.signer(),
            says,
        });
    }

    fn end(&mut self) {
        self.inside = None;
    }

    fn fault(&mut self, _: Fault) {
        if self.inside.is_some() {
            self.listing.unreadable = self.listing.unreadable.saturating_add(1);
        }
    }
}

impl Report for Listing {
    fn tell(&self, page: &mut Page) {
        page.line(format!("{}  {}", self.identity, self.name));
        if !self.witnesses.is_empty() {
            let agree = self.witnesses.iter().filter(|witness| witness.agrees).count();
            page.line(format!(
                "{}; the same at {agree} of {} who were met",
                counted(self.held as u64, "entry", "entries"),
                self.witnesses.len()
            ));
        }
        for Witness { holder, is, met, agrees, .. } in &self.witnesses {
            let has = if *agrees { "the same" } else { "something else, or less" };
            page.line(format!(
                "  {} …{}, {}: {has}",
                is.word(),
                holder.short(),
                when::date(Time(*met))
            ));
        }
        page.gap();
        let cells = |line: &Line| {
            [
                line.position.to_string(),
                format!("…{}", line.id.short()),
                line.kind.clone(),
                when::date(Time(line.time)),
                format!("…{}", line.signer.short()),
                line.says.clone(),
            ]
        };
        let rows: Vec<_> = self.entries.iter().map(cells).collect();
        let columns = [
            ("#", Side::Right),
            ("ID", Side::Left),
            ("KIND", Side::Left),
            ("TIME (UTC)", Side::Left),
            ("SIGNER", Side::Left),
            ("SAYS", Side::Left),
        ];
        page.table(columns, &rows);
        if self.unreadable > 0 {
            page.gap();
            page.line(format!(
                "{} cannot be read; `effigy verify` says which",
                counted(self.unreadable, "record", "records")
            ));
        }
    }
}
