//! Envelopes and letters.

use effigy_core::random::Random;
use effigy_core::seal::{Envelope, Letter, SealingSecret, open, open_letter, seal, seal_letter};
use effigy_core::{Time, canon};
use serde_json::{Value, json};

use super::{File, accepted, device, hex, refused, root};

pub(crate) fn envelope() -> File {
    let mut cases = Vec::new();
    let secrets: Vec<_> = (1..=5).map(|byte| SealingSecret::from_bytes([byte; 32])).collect();
    let keys: Vec<_> = secrets.iter().map(|secret| secret.key().unwrap()).collect();
    let place = b"place";
    let sealed = |text: &[u8], readers: usize, place: &[u8]| -> Envelope {
        let seed = [u8::try_from(readers).unwrap(); 32];
        let bytes = seal(text, &keys[..readers], place, &mut Random::seeded(seed)).unwrap();
        canon::read(&bytes).unwrap()
    };
    let case = |envelope: &Envelope, secret: &SealingSecret, place: &[u8]| -> Value {
        json!({"envelope": envelope, "secret": hex(secret.bytes()), "binding": hex(place)})
    };
    for (name, text, readers) in [
        ("one reader", &b"hello"[..], 1),
        ("four readers", b"", 4),
        ("five readers", &[0xff; 300], 5),
    ] {
        let envelope = sealed(text, readers, place);
        for secret in &secrets[..readers] {
            assert_eq!(open(&envelope, secret, place).as_deref(), Ok(text));
            let mut case = case(&envelope, secret, place);
            case["plaintext"] = hex(text).into();
            case["sealing_key"] = json!(secret.key().unwrap());
            cases.push(accepted(name, case));
        }
    }
    let good = sealed(b"hello", 1, place);
    let other = sealed(b"other", 2, place);
    for (name, envelope, secret, place) in [
        ("not for this device", good.clone(), 1, &b"place"[..]),
        ("moved to another place", good.clone(), 0, b"elsewhere"),
        ("another body", Envelope { body: other.body.clone(), ..good.clone() }, 0, place),
        (
            "another commitment",
            Envelope { commitment: other.commitment.clone(), ..good.clone() },
            0,
            place,
        ),
        ("no slots", Envelope { slots: vec![], ..good.clone() }, 0, place),
        ("65 slots", Envelope { slots: vec![good.slots[0].clone(); 65], ..good.clone() }, 0, place),
        (
            "slots that are no base64",
            Envelope { slots: vec!["=".to_owned(); 4], ..good.clone() },
            0,
            place,
        ),
        ("a body cut short", Envelope { body: good.body[..40].to_owned(), ..good }, 0, place),
    ] {
        let secret = &secrets[secret];
        cases.push(refused(
            name,
            "seal-error",
            case(&envelope, secret, place),
            open(&envelope, secret, place),
        ));
    }
    File {
        name: "envelope.json",
        about: "envelope: a sealed payload. The X25519 secret opens it to `plaintext` where it is bound to \
                `binding`. One reason for every failure.",
        cases,
    }
}

pub(crate) fn letter() -> File {
    let mut cases = Vec::new();
    let (from, to, now) = (device(), root().identity(), 1_763_632_800_123);
    let secret = SealingSecret::from_bytes([3; 32]);
    let key = secret.key().unwrap();
    let case = |letter: &Letter, now: u64| json!({"letter": letter, "text": letter.to_text(), "to": to, "secret": hex(secret.bytes()), "now": now});
    let mut random = Random::seeded([7; 32]);
    let mut good = seal_letter(b"hello", &from, to, &key, Time(now), &mut random).unwrap();
    for (name, now) in [
        ("at once", now),
        ("ten minutes late", now + 600_000),
        ("ten minutes early", now - 600_000),
    ] {
        assert_eq!(open_letter(&good, to, &secret, Time(now)).as_deref(), Ok(&b"hello"[..]));
        let mut case = case(&good, now);
        case["plaintext"] = hex(b"hello").into();
        cases.push(accepted(name, case));
    }
    let forged = Letter { from: to, ..good.clone() };
    let misled = Letter { to: from.identity(), ..good.clone() };
    let later = Letter { time: now + 1, ..good.clone() };
    for (name, letter, now) in [
        ("too late", &good, now + 600_001),
        ("too early", &good, now - 600_001),
        ("from somebody else", &forged, now),
        ("to somebody else", &misled, now),
        ("at another time", &later, now),
    ] {
        cases.push(refused(
            name,
            "seal-error",
            case(letter, now),
            open_letter(letter, to, &secret, Time(now)),
        ));
    }
    good.sealed.truncate(20);
    cases.push(refused(
        "cut short",
        "seal-error",
        case(&good, now),
        open_letter(&good, to, &secret, Time(now)),
    ));
    File {
        name: "letter.json",
        about: "letter: a message that passed through a hub, received at `now` by the device `to` with the X25519 \
                secret. One reason for every failure.",
        cases,
    }
}
