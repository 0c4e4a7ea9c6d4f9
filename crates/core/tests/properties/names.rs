//! Names of blobs and keys, signatures, words, invites: what people paste.

use std::str::FromStr;

use effigy_core::invite::{Invite, InviteError, Token};
use effigy_core::mnemonic::{Words, WordsError};
use effigy_core::seal::Letter;
use effigy_core::text::clean_name;
use effigy_core::{Cid, Identity, Purpose, Secret, Signature};
use proptest::prelude::*;

use crate::cases;

/// A text with one character replaced, removed or added.
fn damaged(text: impl Strategy<Value = String>) -> impl Strategy<Value = (String, String)> {
    (text, any::<prop::sample::Index>(), 0..3, "[A-Za-z0-9_:=/ é-]").prop_map(
        |(text, at, how, letter)| {
            let mut letters: Vec<char> = text.chars().collect();
            let at = at.index(letters.len());
            let letter = letter.chars().next().unwrap_or('?');
            match how {
                0 => letters[at] = letter,
                1 => drop(letters.remove(at)),
                _ => letters.insert(at, letter),
            }
            (text, letters.into_iter().collect())
        },
    )
}

/// Whatever is read is written back to the same text: there is no second spelling.
fn one_spelling<T: FromStr + ToString>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string(), text);
    }
}

fn every_name(text: &str) {
    one_spelling::<Cid>(text);
    one_spelling::<Identity>(text);
    one_spelling::<Signature>(text);
}

proptest! {
    #![proptest_config(cases(5_000))]

    #[test]
    fn any_text(text in "\\PC{0,100}", bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
            every_name(&text);
            every_name(&format!("did:key:z{text}"));
            every_name(&format!("b{text}"));
            let _ = Words::parse(&text);
            for text in [text.clone(), format!("effigy:{text}"), format!("https://h/#/invite/{text}")] {
                let _ = Invite::parse(&text);
                let _ = Letter::from_text(&format!("effigy-letter:{text}"));
            }
        }
    }

    #[test]
    fn names_read_back(digest in any::<[u8; 32]>(), signature in any::<[u8; 64]>()) {
        let cid = Cid::from_digest(digest);
        prop_assert_eq!(cid.to_string().parse(), Ok(cid));
        let identity = Identity::from_bytes(digest);
        prop_assert_eq!(identity.to_string().parse(), Ok(identity));
        let signature = Signature::from_bytes(signature);
        prop_assert_eq!(signature.to_string().parse(), Ok(signature));
    }

    #[test]
    fn a_damaged_name_is_another_or_none(
        (cid, other_cid) in damaged(any::<[u8; 32]>().prop_map(|digest| Cid::from_digest(digest).to_string())),
        (did, other_did) in damaged(any::<[u8; 32]>().prop_map(|key| Identity::from_bytes(key).to_string())),
    ) {
        every_name(&other_cid);
        every_name(&other_did);
        if cid != other_cid {
            prop_assert_ne!(other_cid.parse::<Cid>().ok(), cid.parse::<Cid>().ok());
        }
        if did != other_did {
            prop_assert_ne!(other_did.parse::<Identity>().ok(), did.parse::<Identity>().ok());
        }
    }

    #[test]
    fn no_key_and_no_signature_makes_verifying_panic(
        key in any::<[u8; 32]>(),
        signature in any::<[u8; 64]>(),
        message in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let identity = Identity::from_bytes(key);
        if let Ok(verifier) = identity.verifier() {
            let signature = Signature::from_bytes(signature);
            prop_assert!(!verifier.verify_raw(&message, &signature), "a forgery by chance");
        }
    }
}

fn any_invite() -> impl Strategy<Value = Invite> {
    let hub = prop_oneof![
        Just(None),
        "https://[a-z]{1,20}\\.example".prop_map(Some),
        "http://127\\.0\\.0\\.1:[1-9][0-9]{3}".prop_map(Some),
        Just(Some("https://[::1]:8443".to_owned())),
    ];
    (hub, any::<[u8; 32]>(), any::<[u8; 16]>()).prop_map(|(hub, seed, token)| Invite {
        hub,
        synod: Secret::from_seed(&seed).identity(),
        token: Token(token),
    })
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn an_invite_reads_back(invite in any_invite(), space in "[ \n\t]{0,3}") {
        for text in [invite.to_text(), invite.to_link()] {
            let pasted = format!("{space}{text}{space}");
            prop_assert_eq!(Invite::parse(&pasted), Ok(invite.clone()));
        }
    }

    #[test]
    fn a_damaged_invite_is_refused((text, other) in damaged(any_invite().prop_map(|invite| invite.to_text()))) {
        let read = Invite::parse(&other);
        if other.trim() == text {
            prop_assert!(read.is_ok());
        } else {
            prop_assert!(read.is_err(), "{} for {}", other, text);
        }
    }

    #[test]
    fn a_cut_invite_is_refused(invite in any_invite(), at in any::<prop::sample::Index>()) {
        let text = invite.to_text();
        let cut = &text[..at.index(text.len())];
        let read = Invite::parse(cut);
        prop_assert!(matches!(read, Err(InviteError::Damaged | InviteError::Foreign)), "{:?}", read);
    }

    #[test]
    fn words_read_back(entropy in any::<[u8; 16]>()) {
        let words = Words::from_entropy(&entropy).unwrap();
        let text = words.iter().collect::<Vec<_>>().join(" ");
        let read = Words::parse(&text).unwrap();
        prop_assert_eq!(&read.entropy()[..], &entropy[..]);
        prop_assert_eq!(read.root_sign().identity(), words.root_sign().identity());
        prop_assert!(words.root_sign().seed()[..] != words.root_seal()[..]);
    }

    #[test]
    fn each_mistake_in_words_has_its_name(
        entropy in any::<[u8; 16]>(),
        at in 0..12_usize,
        stranger in "[a-z]{9,12}",
        count in 0..40_usize,
    ) {
        let words: Vec<_> = Words::from_entropy(&entropy).unwrap().iter().collect();
        let mut unknown = words.clone();
        unknown[at] = &stranger;
        prop_assert_eq!(Words::parse(&unknown.join(" ")).err(), Some(WordsError::Unknown { index: at }));
        if ![12, 24].contains(&count) {
            let many = vec!["abandon"; count].join(" ");
            prop_assert_eq!(Words::parse(&many).err(), Some(WordsError::Count));
        }
        // Two words changed places: one time in sixteen the checksum still fits.
        let mut swapped = words.clone();
        swapped.swap(at, (at + 1) % 12);
        if let Err(error) = Words::parse(&swapped.join(" ")) {
            prop_assert_eq!(error, WordsError::Checksum);
        }
    }
}

proptest! {
    #![proptest_config(cases(300))]

    /// T17: whatever bytes somebody is brought to sign, for one use they are worth nothing for
    /// another: not as they are, and not with a prefix of the other use in front of them.
    #[test]
    fn a_signature_counts_for_its_purpose_only(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        signed in 0..10_usize,
        checked in 0..10_usize,
    ) {
        let (signed, checked) = (Purpose::ALL[signed], Purpose::ALL[checked]);
        let secret = Secret::from_seed(&[7; 32]);
        let identity = secret.identity();
        let prefix = format!("effigy/{}/v1\0", checked.name());
        let prefixed = [prefix.as_bytes(), &bytes].concat();
        for challenge in [&bytes, &prefixed] {
            let signature = secret.sign(signed, challenge);
            for claimed in [&bytes, &prefixed] {
                let counts = identity.verify(checked, claimed, &signature).is_ok();
                prop_assert_eq!(counts, signed == checked && claimed == challenge);
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_clean_name_shows_something_or_is_empty(
        any in "\\PC{0,60}",
        tricky in prop::collection::vec(
            prop::sample::select(
                "aé ا🚀\u{301}\u{489}\u{e47}\u{200b}\u{200c}\u{200d}\u{202e}\u{2066}\u{2800}\u{3164}\u{fe0f}\u{ad}\u{7}\n\u{a0}"
                    .chars()
                    .collect::<Vec<_>>(),
            ),
            0..80,
        ),
    ) {
        for name in [any, tricky.into_iter().collect()] {
            let clean = clean_name(&name);
            prop_assert_eq!(clean_name(&clean), clean.clone(), "{:?}", name);
            prop_assert!(clean.chars().count() <= 40);
            prop_assert_eq!(clean.trim(), &clean);
            prop_assert!(!clean.contains("  "));
            prop_assert!(!clean.contains(char::is_control));
            let hidden = ['\u{200b}', '\u{202e}', '\u{2066}', '\u{2800}', '\u{3164}', '\u{ad}'];
            prop_assert!(!clean.contains(hidden), "{:?}", clean);
            let pile = "\u{301}".repeat(3);
            prop_assert!(!clean.contains(&pile), "{:?}", clean);
            for joiner in ['\u{200c}', '\u{200d}'] {
                prop_assert!(!clean.starts_with(joiner) && !clean.ends_with(joiner));
            }
        }
    }
}
