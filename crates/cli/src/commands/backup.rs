//! `backup`: looks through a person's encrypted backup, as restoring it would, and keeps nothing of it.
//! Keys are in it; none of them is printed.

use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, stdin};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use effigy_core::Identity;
use effigy_core::backup::{BackupError, HEADER, Header, SEALED};
use effigy_core::passphrase::{MOST, prepared, stretch};
use effigy_proto::backup::{Counts, Item, Items, Judge};
use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::error::{CliError, Outcome, io_error};
use crate::output::{Output, Page, Report, bytes, counted};
use crate::when::date;

/// What to do with a backup.
#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    /// Check a backup whole, and count what it holds. Asks for the passphrase, or reads it from the first
    /// line of standard input
    Verify {
        /// The file that the app wrote
        file: PathBuf,
    },
}

#[derive(Debug, Default, Serialize)]
struct Verdict {
    path: String,
    bytes: u64,
    account: Option<Identity>,
    name: String,
    made: Option<u64>,
    entries: u64,
    posts: u64,
    own_posts: u64,
    people: u64,
    pictures: u64,
    files: u64,
    content_bytes: u64,
    drafts: u64,
    /// Shares that are kept for friends.
    shares: u64,
    /// Records that are not what they should be.
    damaged: u64,
    /// Why it cannot be read to its end.
    ends: Option<&'static str>,
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Outcome, CliError> {
    let Arguments::Verify { file } = arguments;
    let verdict = verify(file)?;
    output.show(&verdict)?;
    let is_sound = verdict.damaged == 0 && verdict.ends.is_none();
    Ok(if is_sound { Outcome::Fine } else { Outcome::Faulty })
}

fn verify(path: &Path) -> Result<Verdict, CliError> {
    let refused = |why| CliError::Backup { path: path.to_owned(), why };
    let mut file = File::open(path).map_err(io_error("open", path))?;
    let size = file.metadata().map_err(io_error("read", path))?.len();
    let header = read(&mut file, HEADER, path)?;
    let header = Header::parse(&header).map_err(refused)?;
    let key = stretch(&prepare(passphrase(path)?), header.salt(), header.cost());
    let key = key.map_err(|_| refused(BackupError::Cost))?;
    let mut opener = header.open(&key).map_err(refused)?;
    let mut verdict =
        Verdict { path: path.display().to_string(), bytes: size, ..Verdict::default() };
    let mut left = size.saturating_sub(HEADER as u64);
    let (mut items, mut judge) = (Items::default(), Judge::default());
    loop {
        let sealed = read(&mut file, SEALED, path)?;
        left = left.saturating_sub(sealed.len() as u64);
        match opener.open(&sealed, left == 0) {
            Ok(opened) => items.push(&opened),
            Err(why) => {
                verdict.ends = Some(ending(why));
                break;
            }
        }
        let looked = look(&mut items, &mut judge, &mut verdict);
        if looked.is_err() || left == 0 {
            let is_whole = looked.is_ok() && verdict.account.is_some() && items.finish().is_ok();
            verdict.ends = (!is_whole).then_some("what it holds is not what a backup holds");
            break;
        }
    }
    verdict.count(judge.counts());
    Ok(verdict)
}

fn look(
    items: &mut Items,
    judge: &mut Judge,
    verdict: &mut Verdict,
) -> Result<(), effigy_proto::backup::ItemError> {
    while let Some(item) = items.read()? {
        judge.look(&item)?;
        if let Item::Account(account) = item {
            verdict.account = account.keys.synod;
            verdict.name = account.name;
            verdict.made = Some(account.made.0);
        }
    }
    Ok(())
}

/// As many bytes, or what is left.
fn read(file: &mut File, length: usize, path: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::with_capacity(length);
    file.take(length as u64).read_to_end(&mut bytes).map_err(io_error("read", path))?;
    Ok(bytes)
}

/// Never an argument: other users see those, and shells remember them.
fn passphrase(path: &Path) -> Result<Zeroizing<Vec<u8>>, CliError> {
    if stdin().is_terminal() {
        let asked = rpassword::prompt_password(format!("Passphrase of {}: ", path.display()));
        return asked.map(|text| Zeroizing::new(text.into_bytes())).map_err(io_error("ask", path));
    }
    let mut line = Zeroizing::new(Vec::with_capacity(MOST));
    let mut reader = BufReader::new(stdin().lock().take(MOST as u64));
    reader.read_until(b'\n', &mut line).map_err(io_error("read the passphrase of", path))?;
    while line.last().is_some_and(|last| matches!(last, b'\n' | b'\r')) {
        line.pop();
    }
    Ok(line)
}

/// As the app prepares it. What is no text is taken as it is.
fn prepare(typed: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    match std::str::from_utf8(&typed) {
        Ok(text) => {
            let prepared = prepared(text, |text| text.nfc().collect());
            Zeroizing::new(prepared.as_bytes().to_vec())
        }
        Err(_) => typed,
    }
}

const fn ending(why: BackupError) -> &'static str {
    match why {
        BackupError::Truncated => "it ends early, or its end is damaged",
        _ => "it is damaged",
    }
}

impl Verdict {
    fn count(&mut self, counts: Counts) {
        self.entries = counts.entries;
        self.posts = counts.posts;
        self.own_posts = counts.own_posts;
        self.people = counts.people;
        self.pictures = counts.pictures;
        self.files = counts.files;
        self.content_bytes = counts.bytes;
        self.drafts = counts.drafts;
        self.shares = counts.shares;
        self.damaged = counts.damaged;
    }
}

impl Report for Verdict {
    fn tell(&self, page: &mut Page) {
        page.line(format!("{} (backup, {})", self.path, bytes(self.bytes)));
        page.gap();
        let account = self.account.map_or_else(String::new, |account| account.to_string());
        let made = self.made.map_or_else(String::new, |made| date(effigy_core::Time(made)));
        page.pairs(&[
            ("account", format!("{account}  {}", self.name)),
            ("made", made),
            ("entries", self.entries.to_string()),
            ("posts", format!("{}, {} of the person", self.posts, self.own_posts)),
            ("people", self.people.to_string()),
            ("pictures", self.pictures.to_string()),
            ("files", self.files.to_string()),
            ("blobs", bytes(self.content_bytes)),
            ("drafts", self.drafts.to_string()),
            ("shares", format!("{} of friends", self.shares)),
        ]);
        page.gap();
        if self.damaged > 0 {
            let records = counted(self.damaged, "record is", "records are");
            page.line(format!("{records} damaged: restoring passes over them"));
        }
        match self.ends {
            Some(why) => page.line(format!("it cannot be restored: {why}")),
            None if self.damaged == 0 => page.line("no fault"),
            None => (),
        }
    }
}
