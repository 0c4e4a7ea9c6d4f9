//! Envelopes and letters: anything opens to an error, and what was sealed only unchanged.
#![no_main]

use effigy_core::canon;
use effigy_core::random::Random;
use effigy_core::seal::{Envelope, Letter, SealingSecret, open, open_letter, seal, seal_letter};
use effigy_core::{Secret, Time};

const NOW: Time = Time(1_763_632_800_000);
const PLACE: &[u8] = b"place";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let key = SealingSecret::from_bytes([3; 32]);
    let me = Secret::from_seed(&[2; 32]).identity();
    if let Ok(envelope) = canon::read::<Envelope>(bytes) {
        let _ = open(&envelope, &key, PLACE);
    }
    if let Ok(letter) = serde_json::from_slice::<Letter>(bytes) {
        let _ = open_letter(&letter, me, &key, Time(letter.time));
    }
    // Three bytes change a true one: where, what, and which.
    let [high, low, to, which, ..] = *bytes else { return };
    let at = usize::from(u16::from_be_bytes([high, low]));
    let public = key.key().expect("a key");
    let sealed = seal(b"secret", &[public], PLACE, &mut Random::seeded([4; 32])).expect("sealed");
    let changed = change(&sealed, at, to);
    if let Ok(envelope) = canon::read::<Envelope>(&changed) {
        assert!(open(&envelope, &key, PLACE).is_err() || opens_alike(&envelope, &key));
    }
    let from = Secret::from_seed(&[1; 32]);
    let mut random = Random::seeded([5; 32]);
    let letter = seal_letter(b"hello", &from, me, &public, NOW, &mut random).expect("a letter");
    let text = serde_json::to_vec(&letter).expect("JSON");
    if let Ok(other) = serde_json::from_slice::<Letter>(&change(&text, at, to)) {
        let opened = open_letter(&other, me, &key, NOW);
        assert_eq!(opened.is_ok(), other == letter, "{which}");
    }
});

fn change(bytes: &[u8], at: usize, to: u8) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let at = at % changed.len();
    changed[at] = to;
    changed
}

/// Other readers' slots may change without harm: the text is the same.
fn opens_alike(envelope: &Envelope, key: &SealingSecret) -> bool {
    open(envelope, key, PLACE).as_deref() == Ok(b"secret")
}
