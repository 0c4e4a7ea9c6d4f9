//! R19: power goes away at every moment at which something was made safe. What had been synced is
//! there; of what had not, the disk may have kept nothing, all, or any part of it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use effigy_store::suite::{Dice, block_on};
use effigy_store::{Batch, Durability, Key, Range, Store, Table};

use super::drive::{Call, Drive};
use crate::RedbStore;

/// At how many moments power is cut; `EFFIGY_TEST_POWER_CUTS` says otherwise for a longer run.
const CUTS: u32 = 200;
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// Something that waits in the disk's memory.
#[derive(Clone)]
enum Unsafe {
    Length(usize),
    Write(usize, Vec<u8>),
}

/// What is left of what waited when power goes away.
#[derive(Clone, Copy, Debug)]
enum Luck {
    /// Nothing.
    Lost,
    /// All, though nobody was told.
    Kept,
    /// Some writes, by these dice.
    Some(u64),
    /// Some sectors of some writes.
    Torn(u64),
}

/// A disk that knows what is safe on it.
struct Platter {
    safe: Vec<u8>,
    waiting: Vec<Unsafe>,
}

impl Platter {
    fn note(&mut self, call: &Call<'_>) {
        match call {
            Call::Length(length) => self.waiting.push(Unsafe::Length(*length as usize)),
            Call::Write { offset, bytes } => {
                self.waiting.push(Unsafe::Write(*offset as usize, bytes.to_vec()));
            }
            Call::Read | Call::Sync => (),
        }
    }

    fn sync(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            apply(&mut self.safe, &waiting, &mut |_| true);
        }
    }

    /// What a restart finds.
    fn after_cut(&self, luck: Luck) -> Vec<u8> {
        let mut found = self.safe.clone();
        let mut dice = Dice::new(match luck {
            Luck::Some(seed) | Luck::Torn(seed) => seed,
            Luck::Kept | Luck::Lost => 0,
        });
        for waiting in &self.waiting {
            match luck {
                Luck::Kept => apply(&mut found, waiting, &mut |_| true),
                Luck::Lost => (),
                Luck::Some(_) => {
                    let is_kept = dice.roll(2) == 0;
                    apply(&mut found, waiting, &mut |_| is_kept);
                }
                Luck::Torn(_) => apply(&mut found, waiting, &mut |_| dice.roll(2) == 0),
            }
        }
        found
    }
}

/// Does a write, sector by sector, as far as each is kept.
fn apply(bytes: &mut Vec<u8>, waiting: &Unsafe, is_kept: &mut impl FnMut(usize) -> bool) {
    match waiting {
        Unsafe::Length(length) => {
            if is_kept(0) {
                bytes.resize(*length, 0);
            }
        }
        Unsafe::Write(offset, written) => {
            for (n, sector) in written.chunks(SECTOR).enumerate() {
                let start = offset + n * SECTOR;
                if is_kept(n) {
                    bytes.resize(bytes.len().max(start + sector.len()), 0);
                    bytes[start..start + sector.len()].copy_from_slice(sector);
                }
            }
        }
    }
}

#[test]
fn whatever_a_cut_leaves_nothing_acknowledged_is_lost() {
    let cuts = std::env::var("EFFIGY_TEST_POWER_CUTS").ok().and_then(|text| text.parse().ok());
    let cuts = cuts.unwrap_or(CUTS);
    // A store is made aside and named when it is whole, so it begins as one that was closed.
    let drive = Drive::holding(Vec::new());
    drop(drive.open());
    let platter = Arc::new(Mutex::new(Platter { safe: drive.bytes(), waiting: Vec::new() }));
    let (acknowledged, n_cuts) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (safe, counted) = (Arc::clone(&acknowledged), Arc::clone(&n_cuts));
    drive.watch(move |call| {
        let mut platter = platter.lock().unwrap();
        platter.note(call);
        if matches!(call, Call::Sync) {
            let n = counted.fetch_add(1, Ordering::Relaxed);
            for luck in [Luck::Lost, Luck::Kept, Luck::Some(n.into()), Luck::Torn(n.into())] {
                restart(platter.after_cut(luck), safe.load(Ordering::Relaxed), n, luck);
            }
            platter.sync();
        }
        Ok(())
    });
    let store = drive.open();
    let mut n_batches = 0;
    while n_cuts.load(Ordering::Relaxed) < cuts {
        let batch = batch(n_batches);
        let is_strict = batch.durability == Durability::Strict;
        block_on(store.apply(batch)).unwrap();
        n_batches += 1;
        if is_strict {
            acknowledged.store(n_batches, Ordering::Relaxed);
        }
    }
    drop(store);
    assert!(n_batches > cuts / 4, "{n_batches} batches at {cuts} cuts");
}

/// The nth batch: a record, the head that counts it, and the end of an older record.
fn batch(n: u32) -> Batch {
    let batch =
        Batch::new().put(key(n), record(n)).put(Key::new(Table::Heads, *b"own"), n.to_be_bytes());
    let batch = if n >= 40 { batch.delete(key(n - 40)) } else { batch };
    // A strict batch makes the relaxed ones before it safe as well.
    if n.is_multiple_of(4) { batch } else { batch.strict() }
}

fn key(n: u32) -> Key {
    Key::new(Table::Packs, n.to_be_bytes())
}

/// Some records are longer than a page of the file, and now and then one is a blob.
fn record(n: u32) -> Vec<u8> {
    let length = if n % 25 == 24 { 250_000 } else { (n as usize * 61) % 9_000 };
    vec![n as u8; length]
}

/// Opens what a cut left, and looks that it is a state which the store was in: no older than what was
/// acknowledged, no batch in part.
fn restart(left: Vec<u8>, acknowledged: u32, n: u32, luck: Luck) {
    let store = match Drive::holding(left).try_open() {
        Ok(store) => store,
        Err(error) => panic!("cut {n}, {luck:?}: {error}"),
    };
    let found = n_batches(&store);
    assert!(found >= acknowledged, "cut {n}, {luck:?}: {found} of {acknowledged} are there");
    let rows = block_on(store.scan(Range::all(Table::Packs))).unwrap();
    let oldest = found.saturating_sub(40);
    let expected: Vec<u32> = (oldest..found).collect();
    let keys: Vec<u32> = rows
        .iter()
        .map(|(key, _)| u32::from_be_bytes(key.as_slice().try_into().unwrap()))
        .collect();
    assert_eq!(keys, expected, "cut {n}, {luck:?}");
    for (n, (_, value)) in expected.iter().zip(&rows) {
        assert!(*value == record(*n), "record {n} is another, {luck:?}");
    }
    // And it goes on from there.
    block_on(store.apply(batch(found).strict())).unwrap();
    assert_eq!(n_batches(&store), found + 1);
}

fn n_batches(store: &RedbStore) -> u32 {
    let head = block_on(store.read(Key::new(Table::Heads, *b"own"))).unwrap();
    head.map_or(0, |head| u32::from_be_bytes(head.as_slice().try_into().unwrap()) + 1)
}
