//! What is secret stays silent, however it is printed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

use std::fmt::Debug;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use effigy_core::invite::Token;
use effigy_core::link::{Half, Side, Token as LinkToken, agree};
use effigy_core::mnemonic::Words;
use effigy_core::random::Random;
use effigy_core::seal::SealingSecret;
use effigy_core::share::{Gathering, divide};
use effigy_core::{Invite, Secret, Time};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Looks that no three bytes of a secret are to be read in what is printed, in any spelling.
fn is_silent(thing: &dyn Debug, secret: &[u8]) {
    for printed in [format!("{thing:?}"), format!("{thing:#?}")] {
        let lower = printed.to_lowercase();
        for bytes in secret.windows(3) {
            let list = format!("{}, {}, {}", bytes[0], bytes[1], bytes[2]);
            let lines = list.replace(", ", ",\n");
            let hex = HEXLOWER.encode(bytes);
            let told = [list, lines, hex].iter().any(|text| lower.contains(text.as_str()));
            assert!(!told, "{printed}");
        }
        for text in [BASE64.encode(secret), BASE64URL_NOPAD.encode(secret)] {
            assert!(!printed.contains(&text[..8]), "{printed}");
        }
    }
}

#[test]
fn secrets_print_nothing() {
    let bytes: [u8; 32] = std::array::from_fn(|n| (n * 37 + 11) as u8);
    let short: [u8; 16] = std::array::from_fn(|n| (n * 53 + 5) as u8);
    let secret = Secret::from_seed(&bytes);
    is_silent(&secret, &bytes);
    is_silent(&Some(SealingSecret::from_bytes(bytes)), &bytes);
    is_silent(&Token(short), &short);
    let synod = secret.identity();
    let invite = Invite { hub: Some("https://hub.example".into()), synod, token: Token(short) };
    is_silent(&vec![invite], &short);
    // The seed of a generator, and what it gives next: keys are drawn from it.
    let mut random = Random::seeded(bytes);
    is_silent(&random, &bytes);
    let mut same = Random::seeded(bytes);
    is_silent(&random, &same.bytes::<32>());
    random.bytes::<32>();
    is_silent(&random, &same.bytes::<32>());
    let words = Words::from_entropy(&short).unwrap();
    is_silent(&words, &short);
    let printed = format!("{words:?}");
    assert!(words.iter().all(|word| !printed.contains(word)), "{printed}");
}

#[test]
fn what_two_devices_agree_on_prints_nothing() {
    let bytes: [u8; 32] = std::array::from_fn(|n| (n * 41 + 3) as u8);
    let half = Half::new(SealingSecret::from_bytes(bytes), [7; 32]).unwrap();
    let other = Half::new(SealingSecret::from_bytes([9; 32]), [8; 32]).unwrap();
    is_silent(&half, &bytes);
    let promise = half.opening().commitment();
    let (shown, taken) = (half.opening(), other.opening());
    let token = LinkToken::from_bytes([1; 5]);
    let agreed = agree(Side::New, &token, &half, &promise, shown, taken).unwrap();
    assert_eq!(format!("{agreed:?}"), "Agreed { channel: Channel(..), check: Check(..) }");
}

#[test]
fn shares_print_nothing() {
    let words = Words::from_entropy(&[21; 16]).unwrap();
    let mut random = Random::seeded([5; 32]);
    let shares = divide(&words, 2, 3, Time(1), &mut random).unwrap();
    let mut gathering = Gathering::begin(&mut random).unwrap();
    for share in &shares {
        let bytes = share.to_bytes();
        // The value stands before the check of four bytes.
        is_silent(share, &bytes[bytes.len() - 20..bytes.len() - 4]);
        gathering.take(&share.give(&gathering.plea(), &mut random).unwrap()).unwrap();
    }
    is_silent(&gathering, &gathering.to_bytes()[1..33]);
}
