//! Files that something else has written into.

use std::fs;

use effigy_store::suite::{Dice, Place, block_on};
use effigy_store::{Batch, Key, Range, Store, StoreError, Table};

use super::OnDisk;
use crate::RedbStore;

#[test]
fn a_file_of_something_else_is_refused_and_left_alone() {
    let place = block_on(OnDisk::fresh(""));
    for foreign in [&b"a letter to grandmother"[..], &[0xFF; 100_000]] {
        fs::write(place.path(), foreign).unwrap();
        let error = RedbStore::open(place.path()).unwrap_err();
        assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
        assert!(fs::read(place.path()).unwrap() == foreign, "the file was changed");
    }
}

/// Whatever bytes are flipped: an answer or an error, never a panic.
#[test]
fn damage_is_an_error() {
    let place = block_on(OnDisk::fresh(""));
    let store = block_on(place.open());
    for n in 0..50u8 {
        let batch = Batch::new().put(Key::new(Table::Packs, [n]), vec![n; 3_000]);
        block_on(store.apply(batch.put(Key::new(Table::Heads, [n]), [n]).strict())).unwrap();
    }
    drop(store);
    let sound = fs::read(place.path()).unwrap();
    let mut dice = Dice::new(7);
    let (mut n_refused, mut n_opened) = (0, 0);
    for _ in 0..300 {
        fs::write(place.path(), damaged(&sound, &mut dice)).unwrap();
        match use_everything(&place) {
            Ok(()) => n_opened += 1,
            Err(StoreError::Damaged(_)) => n_refused += 1,
            Err(error) => panic!("damage was called {error:?}"),
        }
    }
    assert!(n_refused > 50, "only {n_refused} noticed their damage");
    assert!(n_opened > 50, "only {n_opened} were usable in spite of it");
}

/// A copy of a file with some bytes changed, and sometimes without its end.
fn damaged(sound: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for _ in 0..=dice.roll(8) {
        let place = dice.roll(bytes.len() as u64) as usize;
        bytes[place] ^= dice.roll(255) as u8 + 1;
    }
    if dice.roll(5) == 0 {
        bytes.truncate(dice.roll(sound.len() as u64) as usize);
    }
    bytes
}

/// Opens a store and asks everything that can be asked of it.
fn use_everything(place: &OnDisk) -> Result<(), StoreError> {
    let store = RedbStore::open(place.path())?;
    for table in Table::ALL {
        block_on(store.scan(Range::all(*table)))?;
    }
    block_on(store.usage())?;
    block_on(store.apply(Batch::new().put(Key::new(Table::Packs, [99]), [1]).strict()))
}
