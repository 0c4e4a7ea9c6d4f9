//! Backups: a file that may be anything, and what whoever has the passphrase may have put into one.
#![no_main]

use std::sync::LazyLock;

use effigy_core::Time;
use effigy_core::backup::{CHUNK, HEADER, Header, SEALED, Sealer};
use effigy_core::passphrase::{Cost, SALT, Stretched};
use effigy_proto::Keys;
use effigy_proto::backup::{Account, Item, Items, Judge, account, is_kept, record};

/// The first item, without which there is no backup.
static FIRST: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let keys = Keys::for_account([1; 32]).expect("keys");
    account(&Account { keys, made: Time(1), name: "Ana".to_owned() }).to_vec()
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = Header::parse(bytes);
    let Some((step, rest)) = bytes.split_first() else { return };
    look_through(rest, usize::from(*step).max(1));
    seal(rest, usize::from(*step));
});

/// Reads items that come in steps. What may be kept is written back as it was.
fn look_through(bytes: &[u8], step: usize) {
    let (mut items, mut judge) = (Items::default(), Judge::default());
    items.push(&FIRST);
    for piece in bytes.chunks(step) {
        items.push(piece);
        loop {
            match items.read() {
                Ok(Some(item)) => {
                    let Ok(may_be_kept) = judge.look(&item) else { return };
                    if let Item::Record { key, value } = &item
                        && may_be_kept
                    {
                        assert!(is_kept(key));
                        let again = record(key, value).expect("it was read");
                        assert!(bytes.windows(again.len()).any(|window| window == again));
                    }
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
    let _ = items.finish();
}

/// What was sealed is opened, and with one byte changed it is not.
fn seal(text: &[u8], at: usize) {
    let key = Stretched::from_bytes([9; 32]);
    let (mut sealer, header) = Sealer::new(&key, Cost::USUAL, &[5; SALT]);
    let mut file = header.to_vec();
    sealer.write(text, &mut file).expect("it is short");
    sealer.finish(&mut file).expect("it is short");
    assert_eq!(open(&key, &file).as_deref(), Some(text));
    let at = at.wrapping_mul(31) % file.len();
    file[at] ^= 1;
    assert_eq!(open(&key, &file), None, "byte {at}");
}

fn open(key: &Stretched, file: &[u8]) -> Option<Vec<u8>> {
    let mut opener = Header::parse(file).ok()?.open(key).ok()?;
    let mut text = Vec::new();
    let last = file.get(HEADER..)?.len().div_ceil(SEALED).checked_sub(1)?;
    for (at, sealed) in file[HEADER..].chunks(SEALED).enumerate() {
        let opened = opener.open(sealed, at == last).ok()?;
        assert!(opened.len() <= CHUNK);
        text.extend_from_slice(&opened);
    }
    Some(text)
}
