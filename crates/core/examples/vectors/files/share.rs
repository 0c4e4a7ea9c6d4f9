//! Shares of an account's root, and what is shown by who comes back.

use data_encoding::BASE64URL_NOPAD;
use effigy_core::mnemonic::Words;
use effigy_core::random::Random;
use effigy_core::share::{Gathering, Plea, Share, ShareError, divide};
use effigy_core::{Cid, Time};
use serde_json::json;

use super::{File, accepted, hex, refused};

/// A set of three shares of which two are needed.
fn set(entropy: u8, chance: u8) -> Vec<Share> {
    let words = Words::from_entropy(&[entropy; 16]).unwrap();
    let mut random = Random::seeded([chance; 32]);
    divide(&words, 2, 3, Time(1_763_632_800_000), &mut random).unwrap()
}

/// A text of any content, with the right check at its end.
fn code(scheme: &str, content: &[u8]) -> String {
    let check = Cid::of(content);
    format!("{scheme}{}", BASE64URL_NOPAD.encode(&[content, &check.digest()[..4]].concat()))
}

/// The bytes of a share with another byte at a place, and the right check.
fn with(share: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut content = share[..share.len() - 4].to_vec();
    content[at] = byte;
    [&content[..], &Cid::of(&content).digest()[..4]].concat()
}

/// Who comes back, with the secret that the file says.
fn returning() -> Gathering {
    let content = [&[1][..], &[9; 32]].concat();
    let check = Cid::of(&content);
    Gathering::from_bytes(&[&content, &check.digest()[..4]].concat()).unwrap()
}

pub(crate) fn share() -> File {
    let mut random = Random::seeded([6; 32]);
    let (ana, plea) = (set(3, 4), returning().plea());
    let mut cases = Vec::new();
    let names: Vec<&str> = plea.check().pictures().iter().map(|emoji| emoji.name).collect();
    cases.push(accepted(
        "a plea",
        json!({"secret": hex(&[9; 32]), "key": plea.key(), "text": plea.to_text(), "emoji": names,
            "number": plea.check().number()}),
    ));
    let mut give = |share: &Share| share.give(&plea, &mut random).unwrap();
    let texts: Vec<String> = ana.iter().map(&mut give).collect();
    for (share, text) in ana.iter().zip(&texts) {
        cases.push(accepted(
            "a share",
            json!({"secret": hex(&[9; 32]), "bytes": hex(&share.to_bytes()), "text": text}),
        ));
    }
    let mut gathering = returning();
    for text in &texts[1..] {
        gathering.take(text).unwrap();
    }
    let words = gathering.words().unwrap();
    assert_eq!(words, Words::from_entropy(&[3; 16]).unwrap());
    cases.push(accepted(
        "two of three",
        json!({"secret": hex(&[9; 32]), "texts": &texts[1..], "entropy": hex(&words.entropy()),
            "synod": ana[0].synod}),
    ));
    let forged =
        Share::from_bytes(&with(&ana[0].to_bytes(), 60, ana[0].to_bytes()[60] ^ 1)).unwrap();
    let beside = [give(&forged), texts[0].clone(), texts[1].clone()];
    let mut gathering = returning();
    for text in &beside {
        gathering.take(text).unwrap();
    }
    let words = gathering.words().unwrap();
    cases.push(accepted(
        "a false share beside the true one of its number",
        json!({"secret": hex(&[9; 32]), "texts": beside, "entropy": hex(&words.entropy()),
            "synod": ana[0].synod, "false": gathering.false_ones()}),
    ));
    let others = [&ana[0], &set(5, 4)[1], &set(3, 5)[1]].map(&mut give);
    for (text, name, expected) in [
        (&others[0], "the same share again", "twice"),
        (&others[1], "a share of another account", "other-account"),
        (&others[2], "a share of another set", "other-set"),
    ] {
        let mut gathering = returning();
        gathering.take(&texts[0]).unwrap();
        let input = json!({"secret": hex(&[9; 32]), "texts": [&texts[0], text]});
        cases.push(refused(name, expected, input, gathering.take(text)));
    }
    let mut gathering = returning();
    gathering.take(&texts[0]).unwrap();
    let input = json!({"secret": hex(&[9; 32]), "texts": [&texts[0]]});
    cases.push(refused("one fewer than are needed", "too-few", input, gathering.words()));
    let bytes = ana[0].to_bytes();
    for (name, at, byte, expected) in [
        ("number 4 of 3", 59, 4, "damaged"),
        ("number 0", 59, 0, "damaged"),
        ("one alone is enough", 57, 1, "damaged"),
        ("more are needed than there are", 57, 4, "damaged"),
        ("version 2", 0, 2, "other-version"),
    ] {
        let changed = with(&bytes, at, byte);
        let input = json!({"bytes": hex(&changed)});
        cases.push(refused(name, expected, input, Share::from_bytes(&changed)));
    }
    for (name, expected, text) in [
        ("an invite", "foreign", "effigy:AQEB".to_owned()),
        ("a share", "foreign", texts[0].clone()),
        ("nothing in it", "damaged", "effigy-help:".to_owned()),
        ("no key", "damaged", code("effigy-help:", &[1, 2, 3])),
        ("version 2", "other-version", code("effigy-help:", &[&[2][..], &[9; 32]].concat())),
    ] {
        cases.push(refused(name, expected, json!({"plea": text}), Plea::parse(&text)));
    }
    let stranger = Gathering::begin(&mut Random::seeded([8; 32])).unwrap().plea();
    let elsewhere = ana[0].give(&stranger, &mut Random::seeded([9; 32])).unwrap();
    let input = json!({"secret": hex(&[9; 32]), "texts": [&elsewhere]});
    let found: Result<(), ShareError> = returning().take(&elsewhere);
    cases.push(refused("sealed to another key", "sealed", input, found));
    File {
        name: "share.json",
        about: "A plea: 'effigy-help:' and base64url without padding of version 1, a key, and the first 4 bytes of \
                the SHA-256 of all that. A share: version 1, account, set (16 bytes), when it was made (8), how many \
                are needed, how many there are, its number, the value, and the same kind of check; as a text \
                'effigy-share:' and base64url of version 1, HPKE of those bytes to the key of the plea, and a check. \
                'secret': the secret half of that key. 'texts' are taken one after the other.",
        cases,
    }
}
