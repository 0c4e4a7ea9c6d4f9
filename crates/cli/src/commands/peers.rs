//! `peers`: who is a member, who follows, who confirmed what. Secrets of invites stay unread.

use std::path::Path;

use effigy_core::{Identity, Time};
use effigy_proto::{Holding, Met};
use serde::Serialize;

use crate::error::{CliError, Outcome};
use crate::fresh;
use crate::output::{Output, Page, Report, Side};
use crate::people::People;
use crate::source::{Shelf, Source};
use crate::verify::Holder;
use crate::when;

/// Whom the owner of the store knows.
#[derive(Debug, Serialize)]
struct Peers {
    /// Accounts that a hub keeps.
    members: Vec<Person>,
    /// Accounts that follow this person.
    followers: Vec<Person>,
    /// Accounts that are to be told that they are followed.
    greetings: Vec<Person>,
    /// Who holds how many of the own entries.
    receipts: Vec<Receipt>,
    /// Who was met, and when last.
    met: Vec<Acquaintance>,
}

#[derive(Debug, Serialize)]
struct Person {
    account: Identity,
    name: String,
}

#[derive(Debug, Serialize)]
struct Acquaintance {
    holder: Identity,
    is: Holder,
    account: Option<Identity>,
    name: String,
    /// In milliseconds since 1970.
    met: u64,
    /// In how many feeds they had just what was here.
    agreed: usize,
}

#[derive(Debug, Serialize)]
struct Receipt {
    holder: Identity,
    is: Holder,
    account: Option<Identity>,
    name: String,
    entries: u64,
}

pub(super) fn run(path: &Path, output: Output) -> Result<Outcome, CliError> {
    let source = Source::open(path)?;
    let people = People::read(&source)?;
    let report = Peers {
        members: persons(&source, &people, Shelf::Members)?,
        followers: persons(&source, &people, Shelf::Followers)?,
        greetings: persons(&source, &people, Shelf::Greetings)?,
        receipts: receipts(&source, &people)?,
        met: acquaintances(&source, &people)?,
    };
    output.show(&report)?;
    Ok(Outcome::Fine)
}

fn persons(source: &Source, people: &People, shelf: Shelf) -> Result<Vec<Person>, CliError> {
    let mut persons = Vec::new();
    for row in source.rows(shelf) {
        // A key of another form is for `verify` to tell.
        if let Ok(bytes) = row?.0.try_into() {
            let account = Identity::from_bytes(bytes);
            persons.push(Person { account, name: people.name(&account) });
        }
    }
    Ok(persons)
}

fn receipts(source: &Source, people: &People) -> Result<Vec<Receipt>, CliError> {
    let mut receipts = Vec::new();
    for row in source.rows(Shelf::Receipts) {
        let (key, value) = row?;
        if let (Ok(bytes), Some(holding)) = (key.try_into(), Holding::from_bytes(&value)) {
            let holder = Identity::from_bytes(bytes);
            receipts.push(Receipt {
                holder,
                is: holding.kind.into(),
                account: holding.synod,
                name: holding.synod.map_or_else(String::new, |synod| people.name(&synod)),
                entries: holding.count,
            });
        }
    }
    Ok(receipts)
}

fn acquaintances(source: &Source, people: &People) -> Result<Vec<Acquaintance>, CliError> {
    let acquaintance = |(holder, met): (Identity, Met)| Acquaintance {
        holder,
        is: met.kind.into(),
        account: met.synod,
        name: met.synod.map_or_else(String::new, |synod| people.name(&synod)),
        met: met.at.0,
        agreed: met.agrees.len(),
    };
    Ok(fresh::met(source)?.into_iter().map(acquaintance).collect())
}

impl Report for Peers {
    fn tell(&self, page: &mut Page) {
        for (title, persons) in [
            ("members", &self.members),
            ("followers", &self.followers),
            ("to be told that they are followed", &self.greetings),
        ] {
            page.line(format!("{title}: {}", persons.len()));
            for person in persons {
                page.line(format!("  {}  {}", person.account, person.name));
            }
        }
        self.tell_receipts(page);
        self.tell_met(page);
    }
}

impl Peers {
    fn tell_met(&self, page: &mut Page) {
        page.line(format!("met: {}", self.met.len()));
        if self.met.is_empty() {
            return;
        }
        let cells = |met: &Acquaintance| {
            [
                format!("  …{}", met.holder.short()),
                met.is.word().to_owned(),
                when::date(Time(met.met)),
                met.agreed.to_string(),
                met.name.clone(),
            ]
        };
        let rows: Vec<_> = self.met.iter().map(cells).collect();
        let columns = [
            ("  WHO", Side::Left),
            ("IS", Side::Left),
            ("LAST MET (UTC)", Side::Left),
            ("FEEDS ALIKE", Side::Right),
            ("NAME", Side::Left),
        ];
        page.table(columns, &rows);
    }

    fn tell_receipts(&self, page: &mut Page) {
        page.line(format!("receipts: {}", self.receipts.len()));
        if self.receipts.is_empty() {
            return;
        }
        let cells = |receipt: &Receipt| {
            [
                format!("…{}", receipt.holder.short()),
                receipt.is.word().to_owned(),
                receipt.entries.to_string(),
                receipt.name.clone(),
            ]
        };
        let rows: Vec<_> = self.receipts.iter().map(cells).collect();
        page.table(
            [
                ("  HOLDER", Side::Left),
                ("IS", Side::Left),
                ("ENTRIES", Side::Right),
                ("NAME", Side::Left),
            ],
            &rows
                .into_iter()
                .map(|[holder, is, n, name]| [format!("  {holder}"), is, n, name])
                .collect::<Vec<_>>(),
        );
    }
}
