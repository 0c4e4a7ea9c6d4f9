//! Envelopes and letters: they open for whom they are, where they are, unchanged; never otherwise.

use effigy_core::canon;
use effigy_core::random::Random;
use effigy_core::seal::{
    Envelope, Letter, SealError, SealingSecret, open, open_letter, seal, seal_letter,
};
use effigy_core::{Secret, Time};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::cases;
use crate::json::{nearly, words};

fn base64() -> impl Strategy<Value = String> {
    prop_oneof![
        words(),
        vec(any::<u8>(), 0..200).prop_map(|bytes| data_encoding::BASE64URL_NOPAD.encode(&bytes)),
    ]
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn no_envelope_makes_opening_panic(
        body in base64(),
        commitment in base64(),
        slots in vec(base64(), 0..6),
        key in any::<[u8; 32]>(),
        text in nearly(),
    ) {
        let envelope = Envelope { body, commitment, slots, kind: "sealed".to_owned() };
        prop_assert_eq!(open(&envelope, &SealingSecret::from_bytes(key), b"place"), Err(SealError));
        prop_assert!(canon::read::<Envelope>(text.as_bytes()).is_err());
        prop_assert!(canon::read::<Letter>(text.as_bytes()).is_err());
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn an_envelope_opens_in_its_place_only(
        text in vec(any::<u8>(), 0..600),
        seed in any::<[u8; 32]>(),
        readers in 1..4_u8,
        place in vec(any::<u8>(), 0..40),
        at in any::<prop::sample::Index>(),
    ) {
        let secrets: Vec<_> = (1..=readers).map(|n| SealingSecret::from_bytes([n; 32])).collect();
        let keys: Vec<_> = secrets.iter().map(|secret| secret.key().unwrap()).collect();
        let bytes = seal(&text, &keys, &place, &mut Random::seeded(seed)).unwrap();
        let envelope: Envelope = canon::read(&bytes).unwrap();
        prop_assert!(envelope.slots.len().is_power_of_two() && envelope.slots.len() >= 4);
        for secret in &secrets {
            prop_assert_eq!(open(&envelope, secret, &place), Ok(text.clone()));
        }
        let stranger = SealingSecret::from_bytes([9; 32]);
        prop_assert_eq!(open(&envelope, &stranger, &place), Err(SealError));
        let elsewhere = [&place[..], b"!"].concat();
        prop_assert_eq!(open(&envelope, &secrets[0], &elsewhere), Err(SealError));

        for member in [&envelope.body, &envelope.commitment] {
            let at = at.index(member.len());
            let mut letters = member.clone().into_bytes();
            letters[at] = if letters[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(letters).unwrap();
            let mut envelope = envelope.clone();
            if *member == envelope.body { envelope.body = changed } else { envelope.commitment = changed }
            prop_assert_eq!(open(&envelope, &secrets[0], &place), Err(SealError));
        }
    }

    #[test]
    fn a_letter_opens_in_its_hour_only(
        text in vec(any::<u8>(), 0..600),
        seed in any::<[u8; 32]>(),
        now in 600_001..1_u64 << 50,
        late in 600_001..1_u64 << 50,
    ) {
        let (from, to) = (Secret::from_seed(&[1; 32]), Secret::from_seed(&[2; 32]).identity());
        let key = SealingSecret::from_bytes(seed);
        let mut random = Random::seeded(seed);
        let letter =
            seal_letter(&text, &from, to, &key.key().unwrap(), Time(now), &mut random).unwrap();
        for near in [now, now - 600_000, now + 600_000] {
            prop_assert_eq!(open_letter(&letter, to, &key, Time(near)), Ok(text.clone()));
        }
        prop_assert_eq!(open_letter(&letter, to, &key, Time(now + late)), Err(SealError));
        prop_assert_eq!(open_letter(&letter, from.identity(), &key, Time(now)), Err(SealError));
        let stranger = SealingSecret::from_bytes([9; 32]);
        prop_assert_eq!(open_letter(&letter, to, &stranger, Time(now)), Err(SealError));
    }
}
