//! Fills `corpus/` from the vectors of the protocol, so that a fuzzer begins with what is nearly right.

use std::error::Error;
use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

/// Which vectors start which target.
const SEEDS: [(&str, &[&str]); 6] = [
    ("canon", &["canon", "entry", "payload"]),
    ("entry", &["entry"]),
    ("image", &["image"]),
    ("invite", &["invite", "cid", "did_key", "signature", "words"]),
    ("manifest", &["manifest"]),
    ("payload", &["payload"]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (target, files) in SEEDS {
        let corpus = fuzz.join("corpus").join(target);
        fs::create_dir_all(&corpus)?;
        for file in files {
            let vectors = fs::read(fuzz.join(format!("../tests/vectors/{file}.json")))?;
            let vectors: Value = serde_json::from_slice(&vectors)?;
            let cases = vectors["cases"].as_array().ok_or("vectors are a list")?;
            for (index, case) in cases.iter().enumerate() {
                fs::write(corpus.join(format!("{file}-{index}")), bytes(case)?)?;
            }
        }
    }
    messages(&fuzz.join("corpus/message"))
}

/// What the case is about: text in one of several members, or bytes.
fn bytes(case: &Value) -> Result<Vec<u8>, Box<dyn Error>> {
    if let Some(hex) = case["hex"].as_str() {
        return Ok(HEXLOWER.decode(hex.as_bytes())?);
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
