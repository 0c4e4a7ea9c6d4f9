//! Every kind of garbage that reaches a parser of this crate, and the one error that it gets.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod support;

use effigy_core::blob::BlobError;
use effigy_core::canon::CanonError;
use effigy_core::entry::EntryError;
use effigy_core::identity::SignatureError;
use effigy_core::image::{ImageError, MetadataKind, inspect};
use effigy_core::invite::{Invite, InviteError, Token};
use effigy_core::payload::PayloadError;
use effigy_core::{Blob, Cid, Entry, Identity, Payload, Purpose, Secret};
use support::entries::{SEED, header_with_ext, malleable, signed};
use support::pictures;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Why an entry with this extension, otherwise good and truly signed, does not count.
fn with_ext(ext: &str) -> Option<EntryError> {
    Entry::parse(&signed(&header_with_ext(ext.as_bytes()))).err()
}

#[test]
fn json_that_means_the_same_in_another_spelling() {
    assert_eq!(with_ext("{}"), None);
    assert_eq!(with_ext("{ }"), Some(EntryError::Json(CanonError::Spelling)));
    assert_eq!(with_ext("{\"b\":1,\"a\":1}"), Some(EntryError::Json(CanonError::Spelling)));
}

#[test]
fn a_key_twice() {
    assert_eq!(with_ext("{\"a\":1,\"a\":1}"), Some(EntryError::Json(CanonError::Duplicate)));
}

#[test]
fn nested_too_deep() {
    let deep = |depth| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(with_ext(&deep(6)), None);
    assert_eq!(with_ext(&deep(7)), Some(EntryError::Json(CanonError::Depth)));
    assert_eq!(with_ext(&deep(5_000)), Some(EntryError::Json(CanonError::Depth)));
}

#[test]
fn a_header_or_a_payload_too_large() {
    let long = with_ext(&format!("{{\"a\":\"{}\"}}", "x".repeat(15_360)));
    assert!(matches!(long, Some(EntryError::TooLong { size: 15_361.. })), "{long:?}");
    let payload = Payload::parse("public_note", &[b' '; 15_361]);
    assert_eq!(payload, Err(PayloadError::TooLong { size: 15_361 }));
}

/// T05: a clock is a whole number from 1 to 2^53 - 1, in its one spelling.
#[test]
fn a_clock_out_of_its_bounds() {
    let good = String::from_utf8(header_with_ext(b"{}")).unwrap();
    let with = |clock: &str| {
        let header = good.replacen("\"comparable\":1,", &format!("\"comparable\":{clock},"), 1);
        Entry::parse(&signed(header.as_bytes()))
    };
    for clock in ["1", "2", "9007199254740990", "9007199254740991"] {
        assert_eq!(with(clock).unwrap().header().comparable.to_string(), clock);
    }
    let json = |fault| EntryError::Json(fault);
    for (clock, fault) in [
        ("0", EntryError::Clock),
        ("9007199254740992", json(CanonError::Number)),
        ("9223372036854775807", json(CanonError::Number)),
        ("18446744073709551615", json(CanonError::Number)),
        ("18446744073709551616", json(CanonError::Number)),
        ("-1", json(CanonError::Number)),
        ("-9223372036854775808", json(CanonError::Number)),
        ("1.0", json(CanonError::Number)),
        ("1e3", json(CanonError::Number)),
        ("01", json(CanonError::Syntax)),
        ("\"1\"", json(CanonError::Shape)),
        ("null", json(CanonError::Shape)),
    ] {
        assert_eq!(with(clock).err(), Some(fault), "{clock}");
    }
}

/// T34: whichever byte of a blob is another one, the blob is another one.
#[test]
fn a_blob_with_any_byte_changed() {
    let bytes: Vec<u8> = (0..4_096_usize).map(|n| (n * 31 % 251) as u8).collect();
    let name = Cid::of(&bytes);
    assert!(Blob::checked(bytes.clone(), name).is_ok());
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        assert_eq!(Blob::checked(changed, name), Err(BlobError::Hash), "byte {at}");
        assert_eq!(Blob::checked(bytes[..at].to_vec(), name), Err(BlobError::Hash), "cut at {at}");
    }
    assert_eq!(Blob::checked([&bytes[..], &[0]].concat(), name), Err(BlobError::Hash));
}

#[test]
fn bytes_under_a_wrong_name_or_more_than_a_blob_holds() {
    assert_eq!(Blob::checked(b"these".to_vec(), Cid::of(b"those")), Err(BlobError::Hash));
    let long = Blob::new(vec![0; 256 * 1024 + 1]);
    assert_eq!(long, Err(BlobError::TooLong { size: 256 * 1024 + 1 }));
}

#[test]
fn a_signature_that_is_bad_malleable_or_for_something_else() {
    let header = header_with_ext(b"{}");
    let with = |signature: [u8; 64]| {
        let signature = effigy_core::Signature::from_bytes(signature).to_string();
        Entry::parse(&[&header, &b"\n"[..], signature.as_bytes()].concat()).err()
    };
    let secret = Secret::from_seed(&SEED);
    let good = *secret.sign(Purpose::Entry, &header).bytes();
    assert_eq!(with(good), None);
    let mismatch = Some(EntryError::Signature(SignatureError::Mismatch));
    let mut bad = good;
    bad[0] ^= 1;
    assert_eq!(with(bad), mismatch);
    assert_eq!(with(malleable(good)), mismatch);
    assert_eq!(with(*secret.sign(Purpose::SessionAuth, &header).bytes()), mismatch);
}

#[test]
fn a_key_that_signs_everything() {
    let mut key = [0; 32];
    key[0] = 1;
    let signature = Secret::from_seed(&SEED).sign(Purpose::Entry, b"x");
    let verdict = Identity::from_bytes(key).verify(Purpose::Entry, b"x", &signature);
    assert_eq!(verdict, Err(SignatureError::SmallOrder));
}

#[test]
fn an_entry_of_a_later_version() {
    let header = String::from_utf8(header_with_ext(b"{}")).unwrap();
    let later = header.replace("\"v\":1}", "\"v\":2}");
    let found = Entry::parse(&signed(later.as_bytes()));
    assert_eq!(found, Err(EntryError::Version { version: 2 }));
}

#[test]
fn a_picture_that_tells_where_it_was_taken() {
    let mut parts = pictures::jpeg(8, 8);
    parts.insert(1, pictures::jpeg_privates().swap_remove(0).bytes);
    assert_eq!(inspect(&parts.concat()), Err(ImageError::Metadata(MetadataKind::Exif)));
}

#[test]
fn a_code_of_something_else_of_another_version_or_cut() {
    let synod = Secret::from_seed(&SEED).identity();
    let text = Invite { hub: None, synod, token: Token([5; 16]) }.to_text();
    assert_eq!(Invite::parse("WIFI:S:home;;"), Err(InviteError::Foreign));
    assert_eq!(Invite::parse("https://hub.example/#/invite/AgEB"), Err(InviteError::OtherVersion));
    assert_eq!(Invite::parse("effigy:AQIB"), Err(InviteError::OtherUse));
    assert_eq!(Invite::parse(&text[..text.len() - 1]), Err(InviteError::Damaged));
}
