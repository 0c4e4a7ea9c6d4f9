//! Fills `corpus/` from the vectors of the protocol, so that a fuzzer begins with what is nearly right.

#[path = "../crates/core/tests/support/videos.rs"]
mod videos;

use std::error::Error;
use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

/// Which vectors start which target.
const SEEDS: [(&str, &[&str]); 8] = [
    ("canon", &["canon", "entry", "payload"]),
    ("entry", &["entry"]),
    ("image", &["image"]),
    ("invite", &["invite", "cid", "did_key", "signature", "words"]),
    ("manifest", &["manifest"]),
    ("payload", &["payload"]),
    ("places", &["invite"]),
    ("seal", &["envelope", "letter"]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (target, files) in SEEDS {
        let corpus = fuzz.join("corpus").join(target);
        fs::create_dir_all(&corpus)?;
        for file in files {
            for (index, case) in vectors(fuzz, file)?.iter().enumerate() {
                fs::write(corpus.join(format!("{file}-{index}")), bytes(case)?)?;
            }
        }
    }
    messages(&fuzz.join("corpus/message"))?;
    texts(fuzz)?;
    videos(fuzz)?;
    backups(fuzz)?;
    shares(fuzz)?;
    chances(fuzz)
}

fn vectors(fuzz: &Path, name: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let vectors = fs::read(fuzz.join(format!("../tests/vectors/{name}.json")))?;
    let vectors: Value = serde_json::from_slice(&vectors)?;
    Ok(vectors["cases"].as_array().ok_or("vectors are a list")?.clone())
}

/// Files, and items behind a byte that says in which steps they come.
fn backups(fuzz: &Path) -> Result<(), Box<dyn Error>> {
    let corpus = fuzz.join("corpus/backup");
    for (index, case) in vectors(fuzz, "backup")?.iter().enumerate() {
        let file = HEXLOWER.decode(case["file"].as_str().unwrap_or_default().as_bytes())?;
        write(&corpus, &format!("file-{index}"), &file)?;
    }
    let items: [(u8, &[u8], &[u8]); 4] = [
        (3, b"register/setting/colours", br#"{"name":"setting/colours","time":5,"value":"dark"}"#),
        (3, b"shares", br#"{"set":null,"voids":[]}"#),
        (4, &[b"share/".as_slice(), &[7; 32]].concat(), br#"{"made":1,"need":2,"of":3,"sealed":null,"set":"AAAAAAAAAAAAAAAAAAAAAA","since":1,"untold":true}"#),
        (5, b"post", b"begun"),
    ];
    for (index, (kind, key, value)) in items.into_iter().enumerate() {
        let (key_length, length) =
            ((key.len() as u16).to_be_bytes(), (value.len() as u32).to_be_bytes());
        let item = [&[9, kind], key_length.as_slice(), &length, key, value].concat();
        write(&corpus, &format!("item-{index}"), &item)?;
    }
    Ok(())
}

/// Pleas and shares as texts, one or several, and as bytes without their check.
fn shares(fuzz: &Path) -> Result<(), Box<dyn Error>> {
    let corpus = fuzz.join("corpus/share");
    for (index, case) in vectors(fuzz, "share")?.iter().enumerate() {
        let texts = case["texts"].as_array().into_iter().flatten();
        let texts: Vec<&str> =
            texts.chain([&case["text"], &case["plea"]]).filter_map(Value::as_str).collect();
        write(&corpus, &format!("text-{index}"), texts.join("\n").as_bytes())?;
        if let Some(bytes) = case["bytes"].as_str() {
            let bytes = HEXLOWER.decode(bytes.as_bytes())?;
            write(&corpus, &format!("bytes-{index}"), &bytes[..bytes.len() - 4])?;
        }
    }
    Ok(())
}

/// Texts and descriptions of connections, of which there are no vectors.
fn texts(fuzz: &Path) -> Result<(), Box<dyn Error>> {
    let markdown = [
        "# A *title*\n\n1. one\n2. **two** `code`\n\n> quoted [link](https://a.example/x)\n\n---\n",
        "![picture](https://a.example/p.png) <b>html</b> ~~gone~~\n```\ncode\n```\n",
    ];
    let hex = ["AB"; 32].join(":");
    let places = [
        format!(
            "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=fingerprint:sha-256 {hex}\r\n"
        ),
        "https://hub.example:8420/".to_owned(),
        "http://[::1]:8420".to_owned(),
        "#/you/network".to_owned(),
    ];
    for (index, text) in markdown.iter().enumerate() {
        write(&fuzz.join("corpus/markdown"), &format!("text-{index}"), text.as_bytes())?;
    }
    for (index, text) in places.iter().enumerate() {
        write(&fuzz.join("corpus/places"), &format!("place-{index}"), text.as_bytes())?;
    }
    Ok(())
}

/// The smallest videos there are, behind a byte that says in which steps they come.
fn videos(fuzz: &Path) -> Result<(), Box<dyn Error>> {
    for (index, bytes) in [videos::mp4(&[], 9), videos::webm(&[], &[], 9)].iter().enumerate() {
        let bytes = [&[7], bytes.as_slice()].concat();
        write(&fuzz.join("corpus/video"), &format!("video-{index}"), &bytes)?;
    }
    Ok(())
}

/// For targets that take bytes as chance: some to begin with.
fn chances(fuzz: &Path) -> Result<(), Box<dyn Error>> {
    for target in ["chain", "interaction", "rest", "session"] {
        for seed in 0..8_u32 {
            let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
            let bytes: Vec<u8> = (0..200)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            write(&fuzz.join("corpus").join(target), &format!("chance-{seed}"), &bytes)?;
        }
    }
    Ok(())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    Ok(fs::write(folder.join(name), bytes)?)
}

/// What the case is about: text in one of several members, or bytes.
fn bytes(case: &Value) -> Result<Vec<u8>, Box<dyn Error>> {
    if let Some(hex) = case["hex"].as_str() {
        return Ok(HEXLOWER.decode(hex.as_bytes())?);
    }
    for member in ["envelope", "letter"] {
        if case[member].is_object() {
            return Ok(case[member].to_string().into_bytes());
        }
    }
    let text = ["text", "words", "signature"].iter().find_map(|member| case[*member].as_str());
    Ok(text.ok_or("a case has text or bytes")?.as_bytes().to_vec())
}

/// One message of each kind that needs no signature, entries from the vectors, and a piece of a blob.
fn messages(corpus: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(corpus)?;
    let vectors = |name: &str| -> Result<Value, Box<dyn Error>> {
        let path = corpus.join(format!("../../../tests/vectors/{name}.json"));
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    };
    let entry = vectors("entry")?["cases"][0].clone();
    let letter = vectors("letter")?["cases"][0]["letter"].clone();
    let (identity, cid) = (entry["signer"].clone(), entry["id"].clone());
    let head =
        json!({"comparable": 1, "count": 1, "generation": 0, "id": cid, "identity": identity});
    let request = json!({"challenge": "A".repeat(43), "head": cid, "identity": identity, "protocols": ["effigy/1"], "synod": null});
    for message in [
        json!({"type": "cancel", "request": 1}),
        json!({"type": "entries", "identity": identity, "more": false, "records": [{"entry": entry["text"]}], "request": 1}),
        json!({"type": "error", "about": 0, "code": "garbage"}),
        json!({"type": "get_blob", "cid": cid, "max_size": 9, "offset": 0, "request": 1}),
        json!({"type": "get_entries", "after": [cid], "generation": 0, "identity": identity, "limit": 9, "request": 1}),
        json!({"type": "get_heads", "identities": [identity]}),
        json!({"type": "ihave", "blobs": [[cid, 9]]}),
        json!({"type": "iwant", "cids": [cid]}),
        json!({"type": "last_known_heads", "heads": [head]}),
        json!({"type": "message_from", "letter": letter}),
        json!({"type": "message_to", "letter": letter}),
        json!({"type": "offline", "identity": identity}),
        json!({"type": "online", "watch": [identity]}),
        json!({"type": "ping"}),
        json!({"type": "presence_list", "identities": [identity]}),
        json!({"type": "provides", "services": ["blobs"]}),
        json!({"type": "session_auth", "signature": "A".repeat(86)}),
        json!({"type": "session_request", "request": request}),
    ] {
        let name = message["type"].as_str().unwrap_or_default().to_owned();
        fs::write(corpus.join(name), message.to_string())?;
    }
    let chunk = [&1_u32.to_be_bytes()[..], &[0; 4], &9_u32.to_be_bytes(), b"123456789"].concat();
    fs::write(corpus.join("chunk"), chunk)?;
    Ok(())
}
