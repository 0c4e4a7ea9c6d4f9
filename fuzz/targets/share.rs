//! Shares and pleas, as they are scanned, pasted and kept, line by line.
#![no_main]

use effigy_core::Cid;
use effigy_core::share::{Gathering, Plea, Share};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // A check is no secret: whoever forges something writes the right one.
    let checked = [bytes, &Cid::of(bytes).digest()[..4]].concat();
    if let Ok(share) = Share::from_bytes(&checked) {
        assert_eq!(share.to_bytes().as_slice(), checked);
    }
    if let Ok(gathering) = Gathering::from_bytes(&checked) {
        look_through(&gathering);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        read(text);
    }
});

fn read(text: &str) {
    let secret = [&[1][..], &[9; 32]].concat();
    let secret = [&secret[..], &Cid::of(&secret).digest()[..4]].concat();
    let mut gathering = Gathering::from_bytes(&secret).expect("a secret and no share");
    for line in text.lines() {
        if let Ok(plea) = Plea::parse(line) {
            assert_eq!(plea.to_text(), line.trim());
            assert_eq!(plea.check().number().len(), 2);
        }
        let before = gathering.to_bytes();
        if gathering.take(line).is_err() {
            assert_eq!(gathering.to_bytes(), before, "what is refused changes nothing");
        }
    }
    look_through(&gathering);
}

/// What was gathered is kept as it is, in bounds, and the account follows from it or it does not.
fn look_through(gathering: &Gathering) {
    let again = Gathering::from_bytes(&gathering.to_bytes()).expect("it was written");
    assert_eq!(again.shares(), gathering.shares());
    assert!(gathering.count() <= gathering.shares().len() && gathering.shares().len() <= 12);
    let false_ones = gathering.false_ones();
    assert!(false_ones.is_empty() || gathering.words().is_ok());
}
