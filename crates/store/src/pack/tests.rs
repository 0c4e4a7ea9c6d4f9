//! What a pack survives.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// The encoding is on people's disks: these bytes never change.
#[test]
fn golden_bytes() {
    let bytes = encode(&[b"hi", b""]).unwrap();
    let written = [
        0xE5, 0x01, 0, 0, 0, 2, // header
        0, 0, 0, 2, b'h', b'i', 0x2B, 0x0C, 0x4D, 0x9E, // the first record
        0, 0, 0, 0, 0x21, 0x44, 0xDF, 0x1C, // the second, empty
        0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0x47, 0xD8, 0xE7, 0x4E, // directory
    ];
    assert_eq!(bytes, written, "{bytes:02X?}");
    assert_eq!(Pack::decode(&written).unwrap(), [b"hi".to_vec(), Vec::new()]);
}

#[test]
fn what_is_no_pack_is_refused() {
    for bytes in [&[][..], &[MAGIC], &[0, VERSION], b"{\"version\":1}"] {
        assert_eq!(Pack::decode(bytes), Err(PackError::Foreign), "{bytes:?}");
    }
    assert_eq!(Pack::decode(&[MAGIC, 2, 0]), Err(PackError::Newer { found: 2 }));
}

#[test]
fn a_record_has_a_largest_size() {
    let large = vec![0; MAX_RECORD + 1];
    assert_eq!(encode(&[b"", &large]), Err(PackError::TooLarge { index: 1 }));
    let bytes = encode(&[&large[1..]]).unwrap();
    assert_eq!(Pack::decode(&bytes).unwrap(), [large[1..].to_vec()]);
}

/// The frame of an empty record is as long as the directory of no records. Were they equal, a pack
/// cut behind its first record would pass for an undamaged one with nothing in it.
#[test]
fn an_empty_record_is_no_directory() {
    let bytes = encode(&[b"", b"lost"]).unwrap();
    let pack = Pack::open(&bytes[..HEADER + FRAME]).unwrap();
    assert!(!pack.is_sound());
    let records: Vec<_> = pack.records().collect();
    assert_eq!(records, [Ok(&b""[..]), Err(DamagedRecord { index: 1, harm: Harm::CutOff })]);
}

/// A count of 2^32 must not become as many errors, or as many bytes set aside.
#[test]
fn a_lying_count_ends_with_the_bytes() {
    let mut bytes = encode(&[b"one", b"two"]).unwrap();
    bytes.truncate(bytes.len() - TRAILER);
    bytes[2..6].copy_from_slice(&u32::MAX.to_be_bytes());
    let pack = Pack::open(&bytes).unwrap();
    assert!(!pack.is_sound());
    let records: Vec<_> = pack.records().collect();
    assert_eq!(records[..2], [Ok(&b"one"[..]), Ok(&b"two"[..])]);
    assert_eq!(records.last(), Some(&Err(DamagedRecord { index: 2, harm: Harm::CutOff })));
    assert_eq!(records.len(), 3);
}
