//! Pictures: what was cleaned is clean, and nothing that cleaning changes is accepted.
#![no_main]

use effigy_core::image::{inspect, strip};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // A fuzzer does not guess checksums: with good ones it gets past them.
    if bytes.starts_with(b"\x89PNG") {
        let mut mended = bytes.to_vec();
        mend(&mut mended);
        check(&mended);
    }
});

fn check(bytes: &[u8]) {
    let facts = inspect(bytes);
    match strip(bytes) {
        Ok(clean) => {
            assert!(inspect(&clean).is_ok());
            assert_eq!(strip(&clean).as_deref(), Ok(&clean[..]));
            assert_eq!(facts.is_ok(), clean == bytes);
        }
        Err(_) => assert!(facts.is_err()),
    }
}

/// Writes the right checksum behind every whole chunk.
fn mend(bytes: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let end = at.saturating_add(8).saturating_add(u32::from_be_bytes(*length) as usize);
        let Some(chunk) = bytes.get(at + 4..end) else { return };
        let checksum = crc32(chunk).to_be_bytes();
        let Some(field) = bytes.get_mut(end..end + 4) else { return };
        field.copy_from_slice(&checksum);
        at = end + 4;
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}
