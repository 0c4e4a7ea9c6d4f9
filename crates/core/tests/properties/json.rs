//! Values within the profile, and JSON text that is nearly right.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value;

/// The greatest integer of the profile.
pub(crate) const GREATEST: u64 = (1 << 53) - 1;

/// Letters that canonical writers treat differently: escaped, shortened, sorted by two halves.
fn letter() -> impl Strategy<Value = char> {
    prop_oneof![
        4 => prop::char::range('a', 'e'),
        1 => prop::sample::select(vec!['"', '\\', '/', '\n', '\u{8}', '\0', '\u{1f}', '\u{7f}']),
        1 => prop::sample::select(vec!['é', '€', '\u{2028}', '\u{fb33}', '\u{feff}', '😂', '\u{10ffff}']),
        1 => any::<char>(),
    ]
}

/// Text of those letters.
pub(crate) fn words() -> impl Strategy<Value = String> {
    vec(letter(), 0..6).prop_map(|letters| letters.into_iter().collect())
}

/// An integer of the profile, often at its ends.
pub(crate) fn integer() -> impl Strategy<Value = u64> {
    prop_oneof![0..=GREATEST, 0..=3_u64, GREATEST - 3..=GREATEST]
}

/// Any value of the profile, nested at most `depth` deep.
pub(crate) fn value(depth: u32) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        integer().prop_map(Value::from),
        words().prop_map(Value::from),
    ];
    leaf.prop_recursive(depth, 32, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map(words(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// An object of the profile with at least one member.
pub(crate) fn object() -> impl Strategy<Value = Value> {
    btree_map(words(), value(3), 1..5)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// Text that looks like JSON more often than chance would have it.
pub(crate) fn nearly() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "\\",
            "\\u",
            "d800",
            "null",
            "true",
            "1",
            "-",
            ".",
            "0",
            "e9",
            "\"a\":",
            "\"a\"",
            " ",
            "\n",
            "\u{feff}",
            "18446744073709551616",
        ])
        .prop_map(str::to_owned),
        words(),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Every place in canonical text that is outside a string.
pub(crate) fn gaps(text: &[u8]) -> Vec<usize> {
    let (mut inside, mut escaped) = (false, false);
    let mut gaps = vec![0];
    for (index, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ => (),
        }
        // Between two digits or letters a space would cut a word in two: another fault.
        let next = text.get(index + 1).copied().unwrap_or(b' ');
        let within_word = byte.is_ascii_alphanumeric() && next.is_ascii_alphanumeric();
        if !inside && !within_word {
            gaps.push(index + 1);
        }
    }
    gaps
}
