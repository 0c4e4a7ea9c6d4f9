//! `kill -9` at any moment loses nothing that was acknowledged.
//!
//! The test starts itself again as a child that writes and prints what it has been told is safe,
//! and kills it in the middle.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::env;
use std::io::{BufRead, BufReader, Write, stdout};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use effigy_store::suite::{Dice, block_on};
use effigy_store::{Batch, Durability, Key, Range, Store, Table};
use effigy_store_redb::RedbStore;

/// How often the writer is killed; `EFFIGY_TEST_KILLS` says otherwise for a longer run.
const ROUNDS: u32 = 200;
/// Tells the child which file to write; without it the child's part does nothing.
const FILE: &str = "EFFIGY_TEST_KILL_FILE";
/// What an acknowledgement looks like, to tell it from what the test harness prints.
const SAFE: &str = "safe up to ";

#[test]
fn nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.redb");
    let rounds = env::var("EFFIGY_TEST_KILLS").ok().and_then(|text| text.parse().ok());
    let rounds = rounds.unwrap_or(ROUNDS);
    let mut dice = Dice::new(9);
    let mut n_records = 0;
    for round in 0..rounds {
        let pause = Duration::from_micros(dice.roll(40_000));
        let acknowledged = write_until_killed(&file, pause).unwrap_or(n_records);
        let found = check(&file);
        assert!(
            found >= acknowledged,
            "round {round}: {acknowledged} were acknowledged, {found} are there"
        );
        n_records = found;
    }
    assert!(n_records > rounds, "{n_records} records in all: the writer was killed too early");
}

/// Starts the child, lets it write for a while behind its first acknowledgement, and kills it.
/// How many records it said were safe, `None` when it came to none.
fn write_until_killed(file: &Path, pause: Duration) -> Option<u32> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "writer", "--nocapture", "--ignored"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.by_ref().map_while(Result::ok).find(|line| line.contains(SAFE));
    sleep(pause);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(!status.success(), "the writer ended by itself");
    // What it had printed before it died still waits in the pipe. The last line may be cut.
    let rest = lines.map_while(Result::ok);
    let safe = first
        .into_iter()
        .chain(rest)
        .filter_map(|line| line.split_once(SAFE)?.1.strip_suffix('.')?.parse().ok());
    safe.max()
}

/// Opens the file as a restart would. How many records are there; they are the first ones written.
fn check(file: &Path) -> u32 {
    let store = RedbStore::open(file).unwrap();
    let packs = block_on(store.scan(Range::all(Table::Packs))).unwrap();
    let n_records = packs.len() as u32;
    for (n, (key, value)) in (0..).zip(&packs) {
        assert_eq!((key.as_slice(), value), (&u32::to_be_bytes(n)[..], &record(n)));
    }
    // The head is written in the batch of its record: never one without the other.
    let head = block_on(store.read(Key::new(Table::Heads, *b"own"))).unwrap();
    assert_eq!(head, n_records.checked_sub(1).map(|last| last.to_be_bytes().to_vec()));
    n_records
}

/// The value of a record: some are longer than a page of the file.
fn record(n: u32) -> Vec<u8> {
    vec![n as u8; (n as usize * 61) % 9_000]
}

#[test]
#[ignore = "the child of the test above"]
fn writer() {
    let Some(file) = env::var_os(FILE) else { return };
    let store = RedbStore::open(file).unwrap();
    let first = block_on(store.scan(Range::all(Table::Packs))).unwrap().len() as u32;
    for n in first.. {
        let batch = Batch::new()
            .put(Key::new(Table::Packs, n.to_be_bytes()), record(n))
            .put(Key::new(Table::Heads, *b"own"), n.to_be_bytes());
        // A strict batch makes the relaxed ones before it safe as well.
        let batch = if n % 4 == 0 { batch } else { batch.strict() };
        let durability = batch.durability;
        block_on(store.apply(batch)).unwrap();
        if durability == Durability::Strict {
            let mut out = stdout();
            writeln!(out, "{SAFE}{}.", n + 1).unwrap();
            out.flush().unwrap();
        }
    }
}
