//! `inspect`: what is there, without a verdict.

use std::path::Path;

use effigy_core::{Cid, Entry, Identity, Time};
use effigy_feed::{Feed, Verdict};
use effigy_proto::Here;
use serde::Serialize;

use crate::error::{CliError, Outcome};
use crate::fault::Fault;
use crate::output::{Output, Page, Report, Side, bytes, counted};
use crate::people::{ALWAYS, People};
use crate::source::{Shelf, Source};
use crate::walk::{FeedKey, Slot, Visitor, walk};
use crate::when;

/// What is there.
#[derive(Debug, Default, Serialize)]
struct Survey {
    path: String,
    kind: &'static str,
    feeds: Vec<FeedLine>,
    blobs: Blobs,
    members: u64,
    quarantined: u64,
    /// Records that cannot be read or placed; `verify` says which.
    unreadable: u64,
}

#[derive(Debug, Serialize)]
struct FeedLine {
    identity: Identity,
    kind: &'static str,
    name: String,
    entries: u64,
    generation: u64,
    head: Option<Cid>,
    /// The clock of the newest entry, in milliseconds since 1970.
    head_time: Option<u64>,
    /// Milliseconds since then.
    head_age: Option<u64>,
    /// Two entries of which neither came before the other.
    fork: Option<(Cid, Cid)>,
    #[serde(skip)]
    shown_age: String,
}

#[derive(Debug, Default, Serialize)]
struct Blobs {
    count: u64,
    bytes: u64,
    /// Written by the owner of the store.
    own: u64,
    /// Looked through, and given to others.
    proven: u64,
    /// Not yet looked through, and given to nobody.
    unproven: u64,
}

pub(super) fn run(path: &Path, output: Output, now: Time) -> Result<Outcome, CliError> {
    let source = Source::open(path)?;
    let people = People::read(&source)?;
    let mut surveyor =
        Surveyor { people: &people, now, feeds: Vec::new(), unreadable: 0, current: None };
    walk(&source, &mut surveyor)?;
    let mut survey = Survey {
        path: source.path().display().to_string(),
        kind: source.kind(),
        feeds: surveyor.feeds,
        blobs: Blobs::default(),
        members: count(&source, Shelf::Members)?,
        quarantined: count(&source, Shelf::Quarantine)?,
        unreadable: surveyor.unreadable.saturating_add(source.faults().len() as u64),
    };
    for row in source.rows(Shelf::Facts) {
        match Here::from_bytes(&row?.1) {
            Some(facts) => survey.blobs.add(facts),
            None => survey.unreadable = survey.unreadable.saturating_add(1),
        }
    }
    output.show(&survey)?;
    Ok(Outcome::Fine)
}

fn count(source: &Source, shelf: Shelf) -> Result<u64, CliError> {
    source.rows(shelf).try_fold(0_u64, |count, row| row.map(|_| count.saturating_add(1)))
}

impl Blobs {
    fn add(&mut self, facts: Here) {
        self.count = self.count.saturating_add(1);
        self.bytes = self.bytes.saturating_add(u64::from(facts.size));
        self.own = self.own.saturating_add(u64::from(facts.own));
        let side = if facts.proven { &mut self.proven } else { &mut self.unproven };
        *side = side.saturating_add(1);
    }
}

/// Goes through the feeds and notes how they are.
struct Surveyor<'a> {
    people: &'a People,
    now: Time,
    feeds: Vec<FeedLine>,
    unreadable: u64,
    current: Option<(Feed, Option<&'static str>)>,
}

impl Visitor for Surveyor<'_> {
    fn begin(&mut self, key: FeedKey) {
        let mut feed = Feed::new(key.identity);
        feed.begin(key.generation);
        self.current = Some((feed, None));
    }

    fn slot(&mut self, slot: &Slot<'_>) {
        let Some((feed, kind)) = self.current.as_mut() else { return };
        match Entry::reload(slot.entry) {
            Ok(entry) => {
                if let Ok(Verdict::New { .. }) = feed.offer(&entry, ALWAYS) {
                    let named = entry.header().synod.is_some();
                    kind.get_or_insert(if named { "device" } else { "synod" });
                } else {
                    self.unreadable = self.unreadable.saturating_add(1);
                }
            }
            Err(_) => self.unreadable = self.unreadable.saturating_add(1),
        }
    }

    fn end(&mut self) {
        let Some((feed, kind)) = self.current.take() else { return };
        let head = feed.head();
        let time = head.map(|head| Time(head.comparable));
        self.feeds.push(FeedLine {
            identity: feed.identity(),
            kind: kind.unwrap_or("unknown"),
            name: self.people.name(&feed.identity()),
            entries: feed.len() as u64,
            generation: feed.generation(),
            head: head.map(|head| head.id),
            head_time: time.map(|time| time.0),
            head_age: time.map(|time| self.now.since(time).0),
            // On an account's feed several devices write; only a device's own feed has one line.
            fork: feed.fork().filter(|_| kind == Some("device")),
            shown_age: time.map_or_else(String::new, |time| when::age(time, self.now)),
        });
    }

    fn fault(&mut self, _: Fault) {
        self.unreadable = self.unreadable.saturating_add(1);
    }
}

impl Report for Survey {
    fn tell(&self, page: &mut Page) {
        page.line(format!("{} ({})", self.path, self.kind));
        page.gap();
        if !self.feeds.is_empty() {
            let rows: Vec<[String; 7]> = self.feeds.iter().map(FeedLine::cells).collect();
            let columns = [
                ("FEED", Side::Left),
                ("KIND", Side::Left),
                ("ENTRIES", Side::Right),
                ("GENERATION", Side::Right),
                ("HEAD AGE", Side::Right),
                ("VERSIONS", Side::Left),
                ("NAME", Side::Left),
            ];
            page.table(columns, &rows);
            page.gap();
        }
        let blobs = &self.blobs;
        page.pairs(&[
            ("feeds", self.feeds.len().to_string()),
            (
                "blobs",
                format!(
                    "{} ({}), {} own, {} proven, {} unproven",
                    blobs.count,
                    bytes(blobs.bytes),
                    blobs.own,
                    blobs.proven,
                    blobs.unproven
                ),
            ),
            ("members", self.members.to_string()),
            ("quarantine", counted(self.quarantined, "record", "records")),
        ]);
        if self.unreadable > 0 {
            page.gap();
            let records = counted(self.unreadable, "record", "records");
            page.line(format!("{records} cannot be read or placed; `effigy verify` says which"));
        }
    }
}

impl FeedLine {
    fn cells(&self) -> [String; 7] {
        [
            format!("…{}", self.identity.short()),
            self.kind.to_owned(),
            self.entries.to_string(),
            self.generation.to_string(),
            self.shown_age.clone(),
            if self.fork.is_some() { "forked" } else { "one" }.to_owned(),
            self.name.clone(),
        ]
    }
}
