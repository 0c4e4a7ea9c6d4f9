//! From words to the account.

use effigy_core::mnemonic::Words;
use effigy_core::seal::SealingSecret;
use serde_json::json;

use super::{File, accepted, hex, refused};

pub(crate) fn words() -> File {
    let mut cases = Vec::new();
    let twelve = [[0; 16], [0x7f; 16], [0xff; 16], [3; 16]]
        .map(|entropy| Words::from_entropy(&entropy).unwrap().iter().collect::<Vec<_>>().join(" "));
    let twenty_four = format!("{} art", ["abandon"; 23].join(" "));
    for text in twelve.iter().chain([&twenty_four]) {
        let words = Words::parse(text).unwrap();
        let (sign, seal) = (words.root_sign(), SealingSecret::from_bytes(*words.root_seal()));
        cases.push(accepted(
            text,
            json!({
                "words": text,
                "entropy": hex(&words.entropy()),
                "root_sign_seed": hex(&*sign.seed()),
                "synod": sign.identity(),
                "root_seal_secret": hex(seal.bytes()),
                "sealing_key": seal.key().unwrap(),
            }),
        ));
    }
    let typed = format!("\n {}\t", twelve[0].replace(' ', "  ").to_uppercase());
    assert_eq!(
        Words::parse(&typed).unwrap().root_sign(),
        Words::parse(&twelve[0]).unwrap().root_sign()
    );
    cases.push(accepted(
        "as a person types them",
        json!({"words": typed, "synod": Words::parse(&typed).unwrap().root_sign().identity()}),
    ));
    let spanish =
        "ábaco abdomen abeja abierto abogado abono aborto abrazo abrir abuelo abuso acabar";
    for (name, expected, text) in [
        ("nothing", "count", String::new()),
        ("eleven words", "count", ["abandon"; 11].join(" ")),
        ("eighteen words", "count", ["abandon"; 18].join(" ")),
        ("twenty-five words", "count", ["abandon"; 25].join(" ")),
        ("checksum", "checksum", ["abandon"; 12].join(" ")),
        ("not in the list", "unknown", twelve[0].replacen("abandon", "effigy", 1)),
        ("not English", "unknown", twelve[0].replacen("abandon", "ábaco", 1)),
        ("words of another language", "language", spanish.to_owned()),
        ("four letters instead of the word", "unknown", twelve[0].replacen("abandon", "aban", 1)),
    ] {
        cases.push(refused(name, expected, json!({"words": text}), Words::parse(&text)));
    }
    File {
        name: "words.json",
        about: "words: BIP-39 English, 12 or 24. Keys follow from the entropy by HKDF-SHA-256 with salt \
                'effigy/words/v1' and info 'root-sign' (Ed25519 seed) or 'root-seal' (X25519 secret); \
                synod is the did:key of the first.",
        cases,
    }
}
