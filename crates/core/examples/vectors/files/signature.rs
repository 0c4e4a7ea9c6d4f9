//! Signatures and their purposes.

use data_encoding::HEXLOWER;
use effigy_core::identity::{Purpose, SignatureError};
use effigy_core::{Identity, Signature};
use serde_json::json;

use super::{File, accepted, device, hex, reason, refused};

/// The order of the base point, from the lowest byte.
const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/// Every point of small order in its canonical encoding.
pub(crate) const SMALL_ORDER: [&str; 8] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

/// Encodings of no point, or second encodings of one.
pub(crate) const NO_KEY: [(&str, &str); 3] = [
    ("y is not on the curve", "0200000000000000000000000000000000000000000000000000000000000000"),
    ("y is p + 3", "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ("y is p + 18", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
];

/// A public key of 32 bytes in hexadecimal.
pub(crate) fn key(text: &str) -> Identity {
    Identity::from_bytes(HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap())
}

/// The signature with the order added to its scalar: the same equation, another spelling.
pub(crate) fn malleable(signature: &Signature) -> Signature {
    let order = HEXLOWER.decode(ORDER.as_bytes()).unwrap();
    let mut bytes = *signature.bytes();
    let mut carry = 0;
    for (byte, order) in bytes[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    Signature::from_bytes(bytes)
}

pub(crate) fn signature() -> File {
    let mut cases = Vec::new();
    let secret = device();
    for purpose in Purpose::ALL {
        for message in [&b""[..], b"effigy", b"\0\xff"] {
            let signed = [b"effigy/", purpose.name().as_bytes(), b"/v1\0", message].concat();
            let signature = secret.sign(purpose, message);
            let verifier = secret.identity().verifier().unwrap();
            assert!(verifier.verify_raw(&signed, &signature), "the signed bytes are these");
            cases.push(accepted(
                purpose.name(),
                json!({
                    "seed": hex(&*secret.seed()), "key": hex(secret.identity().bytes()),
                    "purpose": purpose.name(), "message": hex(message),
                    "signed": hex(&signed), "signature": signature,
                }),
            ));
        }
    }
    let good = secret.sign(Purpose::Entry, b"effigy");
    let mut refuse =
        |name: &str, expected: &str, key: Identity, message: &[u8], signature: &Signature| {
            let found: Result<(), SignatureError> = key.verify(Purpose::Entry, message, signature);
            let case = json!({
                "key": hex(key.bytes()), "purpose": "entry", "message": hex(message),
                "signature": signature,
            });
            cases.push(refused(name, expected, case, found));
        };
    let mine = secret.identity();
    refuse("another message", "mismatch", mine, b"effigz", &good);
    refuse("another key", "mismatch", super::root().identity(), b"effigy", &good);
    refuse("the order added to S", "mismatch", mine, b"effigy", &malleable(&good));
    refuse("zeros", "mismatch", mine, b"effigy", &Signature::from_bytes([0; 64]));
    for purpose in Purpose::ALL.into_iter().filter(|purpose| *purpose != Purpose::Entry) {
        let other = secret.sign(purpose, b"effigy");
        refuse(&format!("given for {}", purpose.name()), "mismatch", mine, b"effigy", &other);
    }
    for text in SMALL_ORDER {
        refuse("a key of small order", "small-order", key(text), b"effigy", &good);
    }
    for (name, text) in NO_KEY {
        refuse(name, "key", key(text), b"effigy", &good);
    }
    for text in ["", "AA", "A=", &format!("{good}="), &good.to_string()[1..], "é"] {
        let found = text.parse::<Signature>();
        assert_eq!(found.as_ref().err().map(reason).as_deref(), Some("spelling"));
        cases.push(refused(
            "not 64 bytes of base64url",
            "spelling",
            json!({"signature": text}),
            found,
        ));
    }
    File {
        name: "signature.json",
        about: "signature: Ed25519 over `signed`, which is 'effigy/', the purpose, '/v1', a zero byte and \
                `message`; base64url without padding. Verification is strict: canonical A, R and S, no A or R \
                of small order, the equation without the cofactor.",
        cases,
    }
}
