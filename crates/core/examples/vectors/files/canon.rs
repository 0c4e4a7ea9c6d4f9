//! Canonical JSON.

use effigy_core::canon::check;

use super::{File, accepted, input, refused};

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

fn items(count: usize) -> String {
    format!("[{}]", vec!["0"; count].join(","))
}

fn members(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|index| format!("\"{index:02}\":0")).collect();
    format!("{{{}}}", members.join(","))
}

pub(crate) fn canon() -> File {
    let mut cases = Vec::new();
    for (name, text) in [
        ("null", "null".to_owned()),
        ("booleans", "[true,false]".to_owned()),
        ("zero", "0".to_owned()),
        ("the greatest integer", "9007199254740991".to_owned()),
        ("nothing in it", "[{},[],\"\"]".to_owned()),
        ("keys in order", "{\"\":1,\"1\":2,\"10\":3,\"A\":4,\"a\":5,\"aa\":6}".to_owned()),
        (
            "keys in the order of UTF-16",
            "{\"\u{e9}\":1,\"\u{20ac}\":2,\"\u{1f602}\":3,\"\u{fb33}\":4}".to_owned(),
        ),
        ("short escapes", "\"\\b\\t\\n\\f\\r\\\"\\\\\"".to_owned()),
        ("long escapes", "\"\\u0000\\u001f\"".to_owned()),
        ("letters that need none", "\"/\u{7f}\u{2028}\u{e9}\u{1f602}\u{ffff}\"".to_owned()),
        ("eight deep", nested(8)),
        ("256 items", items(256)),
        ("64 members", members(64)),
    ] {
        assert!(check(text.as_bytes()).is_ok(), "{name}");
        cases.push(accepted(name, input(text.as_bytes())));
    }
    for (name, expected, text) in invalid() {
        cases.push(refused(name, expected, input(&text), check(&text)));
    }
    File {
        name: "canon.json",
        about: "text (or hex, where it is not UTF-8): whether it is canonical JSON in the profile of the \
                protocol. Where several rules are broken any of their reasons is right.",
        cases,
    }
}

fn invalid() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut cases: Vec<(&str, &str, Vec<u8>)> = [
        ("nothing", "syntax", ""),
        ("a word", "syntax", "nul"),
        ("a comma too many", "syntax", "[1,]"),
        ("a comma too few", "syntax", "[1 2]"),
        ("not closed", "syntax", "{\"a\":1"),
        ("single quotes", "syntax", "{'a':1}"),
        ("a comment", "syntax", "{}//"),
        ("two values", "syntax", "{}{}"),
        ("a byte order mark", "syntax", "\u{feff}{}"),
        ("a control in a string", "syntax", "\"\u{1}\""),
        ("an unknown escape", "syntax", "\"\\x41\""),
        ("half a letter", "syntax", "\"\\ud800\""),
        ("the other half of a letter", "syntax", "\"\\udc00\""),
        ("halves in the wrong order", "syntax", "\"\\udc00\\ud800\""),
        ("a leading zero", "syntax", "01"),
        ("a plus", "syntax", "+1"),
        ("not a number", "syntax", "NaN"),
        ("a fraction", "number", "1.5"),
        ("a whole fraction", "number", "1.0"),
        ("an exponent", "number", "1e3"),
        ("below zero", "number", "-1"),
        ("minus zero", "number", "-0"),
        ("2^53", "number", "9007199254740992"),
        ("2^64", "number", "18446744073709551616"),
        ("2^63 below zero", "number", "-9223372036854775808"),
        ("a key twice", "duplicate", "{\"a\":1,\"a\":1}"),
        ("a key twice within", "duplicate", "[{\"a\":{\"b\":1,\"b\":2}}]"),
        ("a key twice in two spellings", "duplicate", "{\"a\":1,\"\\u0061\":2}"),
        ("a space before", "spelling", " 1"),
        ("a newline after", "spelling", "1\n"),
        ("a space within", "spelling", "{\"a\": 1}"),
        ("keys out of order", "spelling", "{\"b\":1,\"a\":2}"),
        ("keys in the order of UTF-8", "spelling", "{\"\u{fb33}\":1,\"\u{1f602}\":2}"),
        ("keys in the order of numbers", "spelling", "{\"2\":1,\"10\":2}"),
        ("a letter escaped", "spelling", "\"\\u0041\""),
        ("a slash escaped", "spelling", "\"\\/\""),
        ("an escape in upper case", "spelling", "\"\\u001F\""),
        ("a long escape for a short one", "spelling", "\"\\u000a\""),
        ("a pair of halves", "spelling", "\"\\ud83d\\ude02\""),
    ]
    .into_iter()
    .map(|(name, expected, text)| (name, expected, text.as_bytes().to_vec()))
    .collect();
    cases.extend([
        ("not UTF-8", "encoding", b"\"\xff\"".to_vec()),
        ("UTF-8 of half a letter", "encoding", b"\"\xed\xa0\x80\"".to_vec()),
        ("UTF-8 in two bytes for one", "encoding", b"\"\xc0\xaf\"".to_vec()),
        ("UTF-16", "encoding", b"\xff\xfe1\0".to_vec()),
        ("nine deep", "depth", nested(9).into_bytes()),
        ("a thousand deep", "depth", nested(1_000).into_bytes()),
        ("257 items", "count", items(257).into_bytes()),
        ("65 members", "count", members(65).into_bytes()),
    ]);
    cases
}
