//! Canonical JSON: one value, one spelling.

use effigy_core::canon::{CanonError, check, parse, write};
use proptest::prelude::*;
use serde_json::Value;

use crate::cases;
use crate::json::{GREATEST, gaps, nearly, object, value, words};

/// What has to hold for any bytes.
fn sound(bytes: &[u8]) {
    if let Ok(value) = check(bytes) {
        assert_eq!(write(&value).expect("what was read is written"), bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(value) = parse(text)
    {
        let canonical = write(&value).expect("what was read is written");
        assert_eq!(check(&canonical), Ok(value), "the canonical spelling of {text:?}");
    }
}

proptest! {
    #![proptest_config(cases(8_000))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        sound(&bytes);
    }

    #[test]
    fn nearly_json(text in nearly()) {
        sound(text.as_bytes());
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_value_reads_back_and_has_one_spelling(value in value(6)) {
        let bytes = write(&value).unwrap();
        prop_assert_eq!(check(&bytes), Ok(value.clone()));
        // Other writers of the same value are refused, unless they happen to agree.
        for other in [serde_json::to_vec(&value), serde_json::to_vec_pretty(&value)] {
            let other = other.unwrap();
            let expected = if other == bytes { Ok(value.clone()) } else { Err(CanonError::Spelling) };
            prop_assert_eq!(check(&other), expected);
        }
    }

    #[test]
    fn a_space_anywhere_is_refused(
        value in value(6),
        at in any::<prop::sample::Index>(),
        space in prop::sample::select(vec![" ", "\t", "\n", "\r", "  "]),
    ) {
        let bytes = write(&value).unwrap();
        let at = *at.get(&gaps(&bytes));
        let spaced = [&bytes[..at], space.as_bytes(), &bytes[at..]].concat();
        prop_assert_eq!(check(&spaced), Err(CanonError::Spelling));
    }

    #[test]
    fn another_order_of_keys_is_refused(value in object(), seed in any::<usize>()) {
        let Value::Object(members) = value else { unreachable!() };
        let pairs: Vec<Vec<u8>> = members
            .iter()
            .map(|(key, value)| [&write(key).unwrap(), &b":"[..], &write(value).unwrap()].concat())
            .collect();
        let canonical = write(&members).unwrap();
        let mut turned = pairs;
        let turns = seed % turned.len();
        turned.rotate_left(turns);
        let text = [&b"{"[..], &turned.join(&b","[..]), b"}"].concat();
        let expected =
            if text == canonical { Ok(Value::Object(members)) } else { Err(CanonError::Spelling) };
        prop_assert_eq!(check(&text), expected);
    }

    #[test]
    fn a_key_twice_is_refused(value in object(), which in any::<prop::sample::Index>()) {
        let Value::Object(members) = value else { unreachable!() };
        let keys: Vec<_> = members.keys().collect();
        let again = write(which.get(&keys)).unwrap();
        let text = write(&members).unwrap();
        let twice = [b"{", &again[..], b":1,", &text[1..]].concat();
        prop_assert_eq!(check(&twice), Err(CanonError::Duplicate));
    }

    #[test]
    fn other_numbers_are_refused(
        whole in 0..=GREATEST,
        fraction in 0..1_000_u32,
        above in GREATEST + 1..=u64::MAX,
        below in i64::MIN..0,
    ) {
        for number in [
            format!("{whole}.{fraction}"),
            format!("{whole}e1"),
            format!("{whole}E+1"),
            format!("{above}"),
            format!("{above}00"),
            format!("{below}"),
        ] {
            prop_assert_eq!(check(number.as_bytes()), Err(CanonError::Number), "{}", number);
            let inside = format!("{{\"a\":[{number}]}}");
            prop_assert_eq!(check(inside.as_bytes()), Err(CanonError::Number), "{}", inside);
        }
        let leading = format!("0{whole}");
        prop_assert_eq!(check(leading.as_bytes()), Err(CanonError::Syntax));
    }

    #[test]
    fn a_longer_spelling_of_a_letter_is_refused(word in words(), at in any::<prop::sample::Index>()) {
        let letters: Vec<char> = word.chars().collect();
        prop_assume!(!letters.is_empty());
        let at = at.index(letters.len());
        let mut text = String::from("\"");
        for (index, letter) in letters.iter().enumerate() {
            if index == at {
                for half in letter.encode_utf16(&mut [0; 2]) {
                    text.push_str(&format!("\\u{half:04X}"));
                }
            } else {
                let written = serde_json::to_string(&letter.to_string()).unwrap();
                text.push_str(&written[1..written.len() - 1]);
            }
        }
        text.push('"');
        // Some controls have no shorter spelling, where upper and lower case are the same.
        if write(&word).unwrap() != text.as_bytes() {
            prop_assert_eq!(check(text.as_bytes()), Err(CanonError::Spelling));
        }
    }

    #[test]
    fn half_a_letter_is_refused(word in words(), half in 0xD800..=0xDFFF_u16) {
        let written = serde_json::to_string(&word).unwrap();
        let text = format!("{}\\u{half:04x}\"", &written[..written.len() - 1]);
        prop_assert_eq!(check(text.as_bytes()), Err(CanonError::Syntax));
    }

    #[test]
    fn anything_around_it_is_refused(value in value(6), garbage in "[a-z{}\\[\\]:,0-9\"]{1,4}") {
        let text = String::from_utf8(write(&value).unwrap()).unwrap();
        let marked = format!("\u{feff}{text}");
        prop_assert_eq!(check(marked.as_bytes()), Err(CanonError::Syntax));
        let spaced = format!("{text} {garbage}");
        prop_assert_eq!(check(spaced.as_bytes()), Err(CanonError::Syntax));
        let ended = format!("{text}\0");
        prop_assert_eq!(check(ended.as_bytes()), Err(CanonError::Syntax));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused(value in value(6), at in any::<prop::sample::Index>(), byte in 0xF8..=0xFF_u8) {
        let mut bytes = write(&value).unwrap();
        let at = at.index(bytes.len() + 1);
        bytes.insert(at, byte);
        prop_assert_eq!(check(&bytes), Err(CanonError::Encoding));
    }

    #[test]
    fn nesting_is_bounded(depth in 0..200_usize, objects in any::<bool>()) {
        let (open, close) = if objects { ("{\"a\":", "}") } else { ("[", "]") };
        let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        prop_assert_eq!(check(text.as_bytes()).err(), (depth > 8).then_some(CanonError::Depth));
    }
}

#[test]
fn counts_are_bounded_exactly() {
    let items = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    let members = |count: usize| {
        let members: Vec<_> = (0..count).map(|index| format!("\"k{index:03}\":1")).collect();
        format!("{{{}}}", members.join(","))
    };
    for (text, fault) in [
        (items(256), None),
        (items(257), Some(CanonError::Count)),
        (members(64), None),
        (members(65), Some(CanonError::Count)),
    ] {
        assert_eq!(check(text.as_bytes()).err(), fault);
    }
}
