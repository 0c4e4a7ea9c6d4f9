//! Names of blobs and of keys.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use effigy_core::{Cid, Identity, Secret};
use serde_json::json;

use super::{File, accepted, hex, refused};

pub(crate) fn cid() -> File {
    let mut cases = Vec::new();
    for (name, content) in
        [("nothing", &b""[..]), ("text", b"hello world"), ("a zero", b"\0"), ("bytes", b"\xff\xfe")]
    {
        let cid = Cid::of(content);
        cases.push(accepted(name, json!({"content": hex(content), "text": cid})));
    }
    let text = Cid::of(b"hello world").to_string();
    let other = |prefix: &[u8]| {
        let bytes = [prefix, Cid::of(b"hello world").digest()].concat();
        format!("b{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    };
    for (name, expected, text) in [
        ("nothing", "length", String::new()),
        ("cut", "length", text[..58].to_owned()),
        ("padded", "length", format!("{text}=")),
        ("a space before", "length", format!(" {text}")),
        ("version 0", "length", "QmaozNR7DZHQK1ZcU9p7QdrshMvXqWK6gpu5rmrkPdT3L4".to_owned()),
        ("base16", "length", format!("f01551220{}", HEXLOWER.encode(Cid::of(b"").digest()))),
        ("upper case", "base", text.to_ascii_uppercase()),
        ("one letter in upper case", "base", text.replacen('k', "K", 1)),
        ("a digit outside base32", "base", text.replacen('k', "1", 1)),
        ("a letter of two bytes", "base", format!("{}é", &text[..57])),
        ("bits after the end", "base", format!("{}{}", &text[..58], next_letter(&text))),
        ("codec dag-pb", "kind", other(&[1, 0x70, 0x12, 0x20])),
        ("codec dag-cbor", "kind", other(&[1, 0x71, 0x12, 0x20])),
        ("hash sha3-256", "kind", other(&[1, 0x55, 0x16, 0x20])),
        ("hash blake3", "kind", other(&[1, 0x55, 0x1e, 0x20])),
        ("version 2", "kind", other(&[2, 0x55, 0x12, 0x20])),
        ("a shorter digest", "kind", other(&[1, 0x55, 0x12, 0x1f])),
    ] {
        cases.push(refused(name, expected, json!({"text": text}), text.parse::<Cid>()));
    }
    File {
        name: "cid.json",
        about: "content in hexadecimal and its name: CIDv1, codec raw (0x55), multihash sha2-256, lower-case \
                base32 without padding after the letter b.",
        cases,
    }
}

/// The last letter with its lowest bit set, which lies behind the last byte.
fn next_letter(text: &str) -> char {
    let alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    let at = text.chars().last().and_then(|last| alphabet.find(last)).unwrap_or_default();
    alphabet.chars().nth(at | 1).filter(|next| !text.ends_with(*next)).unwrap_or('b')
}

pub(crate) fn did_key() -> File {
    let mut cases = Vec::new();
    for seed in [[0; 32], [1; 32], [0xff; 32]] {
        let identity = Secret::from_seed(&seed).identity();
        cases.push(accepted(
            "from a seed",
            json!({"seed": hex(&seed), "key": hex(identity.bytes()), "text": identity}),
        ));
    }
    let text = Secret::from_seed(&[1; 32]).identity().to_string();
    let base58 = |bytes: &[u8]| format!("did:key:z{}", bs58::encode(bytes).into_string());
    let key = [7; 32];
    for (name, expected, text) in [
        ("nothing", "method", String::new()),
        ("another method", "method", "did:web:example.org".to_owned()),
        ("upper case", "method", text.replacen("did", "DID", 1)),
        ("another base", "method", "did:key:f00".to_owned()),
        ("nothing after the z", "kind", "did:key:z".to_owned()),
        ("a zero, which is not in base58", "base", text.replacen("z6", "z0", 1)),
        ("a fragment", "base", format!("{text}#{}", &text[8..])),
        ("a space after", "base", format!("{text} ")),
        ("zeros before", "kind", text.replacen("z6", "z16", 1)),
        ("very long", "base", format!("did:key:z{}", "6".repeat(1_000))),
        ("an X25519 key", "kind", base58(&[&[0xec, 1][..], &key].concat())),
        ("a secp256k1 key", "kind", base58(&[&[0xe7, 1, 2][..], &key].concat())),
        ("a P-256 key", "kind", base58(&[&[0x80, 0x24, 2][..], &key].concat())),
        ("31 bytes", "kind", base58(&[&[0xed, 1][..], &key[1..]].concat())),
        ("33 bytes", "kind", base58(&[&[0xed, 1, 7][..], &key].concat())),
        ("no codec", "kind", base58(&key)),
    ] {
        cases.push(refused(name, expected, json!({"text": text}), text.parse::<Identity>()));
    }
    File {
        name: "did_key.json",
        about: "text: the did:key of an Ed25519 public key, base58btc of 0xed 0x01 and the key's 32 bytes.",
        cases,
    }
}
