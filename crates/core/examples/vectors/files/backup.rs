//! Backups as files: what a passphrase makes, and what it opens.

use effigy_core::backup::{BackupError, HEADER, Header, Sealer};
use effigy_core::passphrase::{Cost, Stretched, prepared, stretch};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

use super::{File, accepted, hex, refused};

/// As little as Argon2id asks for with some passes: a vector is not a safe.
const CHEAP: [u8; 12] = [0, 0, 0, 64, 0, 0, 0, 2, 0, 0, 0, 1];
const SALT: [u8; 16] = *b"salt of a vector";

fn key(passphrase: &str, salt: &[u8; 16], cost: Cost) -> Stretched {
    let prepared = prepared(passphrase, |text| text.nfc().collect());
    stretch(prepared.as_bytes(), salt, cost).unwrap()
}

fn sealed(passphrase: &str, text: &[u8]) -> (Value, Vec<u8>) {
    let cost = Cost::from_bytes(&CHEAP).unwrap();
    let key = key(passphrase, &SALT, cost);
    let (mut sealer, header) = Sealer::new(&key, cost, &SALT);
    let mut file = header.to_vec();
    sealer.write(text, &mut file).unwrap();
    sealer.finish(&mut file).unwrap();
    let case = json!({
        "passphrase": passphrase, "stretched": hex(key.bytes()), "file": hex(&file), "holds": hex(text),
    });
    (case, file)
}

fn opened(passphrase: &str, file: &[u8]) -> Result<Vec<u8>, BackupError> {
    let header = Header::parse(file)?;
    let key = key(passphrase, header.salt(), header.cost());
    Ok(header.open(&key)?.open(&file[HEADER..], true)?.to_vec())
}

pub(crate) fn backup() -> File {
    let mut cases = Vec::new();
    for (name, passphrase, text) in [
        ("nothing", "correct horse", b"".as_slice()),
        ("a few bytes", "correct horse", b"hello"),
        ("a passphrase of other letters", "Pferd \u{e4} \u{1f40e} richtig", b"hello"),
        (
            "the same from another keyboard",
            "Pferd\u{a0}a\u{308}\u{3000}\u{1f40e} richtig",
            b"hello",
        ),
    ] {
        let (case, file) = sealed(passphrase, text);
        assert_eq!(opened(passphrase, &file).as_deref(), Ok(text));
        cases.push(accepted(name, case));
    }
    let (_, file) = sealed("correct horse", b"hello");
    let with = |at: usize, byte: u8| {
        let mut changed = file.clone();
        changed[at] = byte;
        changed
    };
    let last = file.len() - 1;
    for (name, passphrase, bytes, reason) in [
        ("another passphrase", "incorrect horse", file.clone(), "passphrase"),
        ("wide letters are other letters", "\u{ff43}orrect horse", file.clone(), "passphrase"),
        ("something else", "correct horse", b"\x89EFFIGY\x01".to_vec(), "foreign"),
        ("a later version", "correct horse", with(7, 2), "newer"),
        ("more memory than a device has", "correct horse", with(8, 0xff), "cost"),
        ("another salt", "correct horse", with(20, 0), "passphrase"),
        ("another check", "correct horse", with(40, file[40] ^ 1), "passphrase"),
        ("a header that is cut", "correct horse", file[..60].to_vec(), "truncated"),
        ("the last byte is missing", "correct horse", file[..last].to_vec(), "truncated"),
        ("a changed byte", "correct horse", with(last, file[last] ^ 1), "truncated"),
    ] {
        let case = json!({ "passphrase": passphrase, "file": hex(&bytes) });
        cases.push(refused(name, reason, case, opened(passphrase, &bytes)));
    }
    File {
        name: "backup.json",
        about: "Backups as files: the key that Argon2id makes of the passphrase, the file, and what it holds.",
        cases,
    }
}
