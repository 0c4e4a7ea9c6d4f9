//! Entries: as they are, and with the signature made good so that the checks behind it are reached.
#![no_main]

use effigy_core::{Cid, Entry, Purpose, Secret, canon};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let signature = Secret::from_seed(&[1; 32]).sign(Purpose::Entry, header).to_string();
    let signed = [header, b"\n", signature.as_bytes()].concat();
    check(&signed);
});

fn check(bytes: &[u8]) {
    // Loading checks all but the signature: it never refuses what parsing accepts.
    let loaded = Entry::reload(bytes);
    if let Ok(entry) = &loaded {
        let header = canon::write(entry.header()).expect("a header is JSON");
        assert!(bytes.starts_with(&header), "a header has one spelling");
        assert_eq!(entry.digest(), Cid::of(&header));
        assert_eq!(entry.id(), Cid::of(bytes));
    }
    if let Ok(entry) = Entry::parse(bytes) {
        assert_eq!(loaded, Ok(entry));
    }
}
