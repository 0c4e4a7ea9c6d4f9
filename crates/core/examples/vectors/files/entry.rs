//! Entries: what counts, and every way of not counting.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use effigy_core::canon::write;
use effigy_core::{Cid, Entry, Purpose};
use serde_json::{Value, json};

use super::signature::{NO_KEY, SMALL_ORDER, key, malleable};
use super::{File, accepted, device, input, refused, root};

pub(crate) fn entry() -> File {
    let mut cases = Vec::new();
    for (name, header) in valid() {
        let secret = if name.contains("root") { root() } else { device() };
        let header = write(&header).unwrap();
        let bytes = with(&header, secret.sign(Purpose::Entry, &header).to_string().as_bytes());
        let entry = Entry::parse(&bytes).unwrap();
        let mut case = input(&bytes);
        case["id"] = json!(entry.id());
        case["digest"] = json!(entry.digest());
        case["signer"] = json!(entry.signer());
        cases.push(accepted(name, case));
    }
    let broken = structured().into_iter().chain(spelled()).chain(assembled());
    for (name, expected, bytes) in broken.chain(keys()) {
        cases.push(refused(&name, expected, input(&bytes), Entry::parse(&bytes)));
    }
    File {
        name: "entry.json",
        about: "text (or hex, where it is not UTF-8): the bytes of an entry. The checks run from the cheapest to \
                the dearest; where several rules are broken any of their reasons is right.",
        cases,
    }
}

type Case = (String, &'static str, Vec<u8>);

fn with(header: &[u8], signature: &[u8]) -> Vec<u8> {
    [header, b"\n", signature].concat()
}

fn signed(header: &[u8]) -> Vec<u8> {
    with(header, device().sign(Purpose::Entry, header).to_string().as_bytes())
}

fn name(content: &str) -> String {
    Cid::of(content.as_bytes()).to_string()
}

/// Two names whose order as bytes is not their order as text.
fn crossed() -> [Cid; 2] {
    let mut low = [0; 32];
    let mut high = [0; 32];
    // The letters z and 2 stand for 25 and 26: the digit follows, though ASCII has it first.
    low[0] = 25;
    high[0] = 26;
    let (low, high) = (Cid::from_digest(low), Cid::from_digest(high));
    assert!(low < high && low.to_string() > high.to_string());
    [low, high]
}

/// A device's entry with one parent.
fn header() -> Value {
    json!({
        "comparable": 1_763_632_800_123_u64,
        "generation": 0,
        "identity": device().identity(),
        "parents": [name("parent")],
        "payload": {"cid": name("payload"), "size": 312, "type": "public_note"},
        "synod": [root().identity(), name("synod head")],
        "v": 1,
    })
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut header = header();
    change(&mut header);
    header
}

fn without(member: &str) -> Value {
    changed(|header| drop(header.as_object_mut().and_then(|members| members.remove(member))))
}

fn filled(size: usize) -> Value {
    let fill = |text: String| changed(|header| header["ext"] = json!({ "fill": text }));
    let empty = signed(&write(&fill(String::new())).unwrap()).len();
    fill("x".repeat(size - empty))
}

fn valid() -> Vec<(&'static str, Value)> {
    let [low, high] = crossed();
    vec![
        ("an entry", header()),
        ("the first of a feed", changed(|header| header["parents"] = json!([]))),
        ("a merge", changed(|header| header["parents"] = json!(sorted(2)))),
        ("sixteen parents", changed(|header| header["parents"] = json!(sorted(16)))),
        (
            "parents in the order of their bytes",
            changed(|header| header["parents"] = json!([low, high])),
        ),
        ("a later generation", changed(|header| header["generation"] = json!(3))),
        ("the greatest clock", changed(|header| header["comparable"] = json!((1_u64 << 53) - 1))),
        ("the least clock", changed(|header| header["comparable"] = json!(1))),
        ("an empty payload", changed(|header| header["payload"]["size"] = json!(0))),
        ("the largest payload", changed(|header| header["payload"]["size"] = json!(15_360))),
        ("a sealed payload", changed(|header| header["payload"]["type"] = json!("sealed"))),
        ("a kind of tomorrow", changed(|header| header["payload"]["type"] = json!("hologram"))),
        ("an extension", changed(|header| header["ext"] = json!({"a": [1, "\u{1f602}", null]}))),
        ("an empty extension", changed(|header| header["ext"] = json!({}))),
        ("the longest", filled(15_360)),
        ("signed by a root for its synod", synod(root().identity(), None)),
        ("signed by a device for its synod", synod(root().identity(), Some(device().identity()))),
    ]
}

fn synod(identity: effigy_core::Identity, signer: Option<effigy_core::Identity>) -> Value {
    let mut header = without("synod");
    header["identity"] = json!(identity);
    if let Some(signer) = signer {
        header["signer"] = json!(signer);
    }
    header
}

fn sorted(count: u8) -> Vec<Cid> {
    let mut parents: Vec<_> = (0..count).map(|number| Cid::of(&[number])).collect();
    parents.sort_unstable();
    parents
}

/// Headers that are canonical and say something wrong.
fn structured() -> Vec<Case> {
    let [low, high] = crossed();
    let set = |member: &'static str, value: Value| changed(|header| header[member] = value);
    let payload =
        |member: &'static str, value: Value| changed(|header| header["payload"][member] = value);
    let mut headers: Vec<(String, &'static str, Value)> =
        ["comparable", "generation", "identity", "parents", "payload", "v"]
            .map(|member| (format!("without {member}"), "json-shape", without(member)))
            .into();
    for member in [
        "comparable",
        "ext",
        "generation",
        "identity",
        "parents",
        "payload",
        "signer",
        "synod",
        "v",
    ] {
        headers.push((format!("{member} is null"), "json-shape", set(member, Value::Null)));
        headers.push((format!("{member} is text"), "json-shape", set(member, json!("text"))));
    }
    for (name, reason, header) in [
        ("an unknown member", "json-shape", set("extra", json!(1))),
        ("an unknown member of the payload", "json-shape", payload("extra", json!(1))),
        (
            "the payload without a size",
            "json-shape",
            set("payload", json!({"cid": name("x"), "type": "x"})),
        ),
        (
            "the payload without a name",
            "json-shape",
            set("payload", json!({"size": 1, "type": "x"})),
        ),
        (
            "the payload without a kind",
            "json-shape",
            set("payload", json!({"cid": name("x"), "size": 1})),
        ),
        ("the extension is a list", "json-shape", set("ext", json!([]))),
        ("version 0", "version", set("v", json!(0))),
        ("version 2", "version", set("v", json!(2))),
        ("version 2 of another shape", "version", json!({"v": 2, "what": "ever"})),
        ("clock 0", "clock", set("comparable", json!(0))),
        ("a parent twice", "parents", set("parents", json!([low, low]))),
        ("parents out of order", "parents", set("parents", json!([high, low]))),
        ("seventeen parents", "parents", set("parents", json!(sorted(17)))),
        (
            "a parent of version 0",
            "json-shape",
            set("parents", json!(["QmaozNR7DZHQK1ZcU9p7QdrshMvXqWK6gpu5rmrkPdT3L4"])),
        ),
        (
            "a parent in upper case",
            "json-shape",
            set("parents", json!([name("parent").to_uppercase()])),
        ),
        ("a payload too large", "payload", payload("size", json!(15_361))),
        ("a kind of no letters", "kind", payload("type", json!(""))),
        ("a kind in upper case", "kind", payload("type", json!("Public_note"))),
        ("a kind with a digit", "kind", payload("type", json!("note2"))),
        ("a kind with a stroke", "kind", payload("type", json!("public-note"))),
        ("a kind of 33 letters", "kind", payload("type", json!("x".repeat(33)))),
        ("a kind in other letters", "kind", payload("type", json!("n\u{f6}te"))),
        ("a synod alone", "json-shape", set("synod", json!([root().identity()]))),
        (
            "a synod of three",
            "json-shape",
            set("synod", json!([root().identity(), name("a"), name("b")])),
        ),
        (
            "a synod and a signer",
            "signer",
            changed(|header| {
                header["identity"] = json!(root().identity());
                header["signer"] = json!(device().identity());
            }),
        ),
        (
            "a signer that is the identity",
            "signer",
            synod(device().identity(), Some(device().identity())),
        ),
        (
            "an identity of another kind",
            "json-shape",
            set("identity", json!("did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F")),
        ),
        (
            "an identity of another method",
            "json-shape",
            set("identity", json!("did:web:example.org")),
        ),
        ("a list", "json-shape", json!([1])),
        ("a number", "json-shape", json!(1)),
        ("nothing", "json-shape", Value::Null),
        ("an empty object", "json-shape", json!({})),
        ("one byte too long", "too-long", filled(15_361)),
    ] {
        headers.push((name.to_owned(), reason, header));
    }
    headers
        .into_iter()
        .map(|(name, reason, header)| (name, reason, signed(&write(&header).unwrap())))
        .collect()
}

/// Headers that are signed as they stand, in a spelling that nobody may use.
fn spelled() -> Vec<Case> {
    let good = String::from_utf8(write(&header()).unwrap()).unwrap();
    let ext =
        |json: &str| good.replacen("\"generation\"", &format!("\"ext\":{json},\"generation\""), 1);
    let clock = |json: &str| good.replacen("1763632800123", json, 1);
    let deep = |depth: usize| ext(&format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth)));
    let many = format!("{{\"a\":[{}]}}", vec!["0"; 257].join(","));
    let keys: Vec<_> = (0..65).map(|index| format!("\"{index:02}\":0")).collect();
    let moved = good.replacen(",\"v\":1}", "}", 1).replacen('{', "{\"v\":1,", 1);
    let mut cases: Vec<Case> = [
        ("a space after a colon", "json-spelling", good.replacen(':', ": ", 1)),
        ("a space before", "json-spelling", format!(" {good}")),
        ("a space after", "json-spelling", format!("{good} ")),
        ("a tab between", "json-spelling", good.replacen(',', ",\t", 1)),
        ("a return after", "json-spelling", format!("{good}\r")),
        ("members out of order", "json-spelling", moved),
        ("a letter escaped", "json-spelling", good.replacen("\"v\"", "\"\\u0076\"", 1)),
        ("a slash escaped", "json-spelling", ext("{\"a\":\"\\/\"}")),
        ("an escape in upper case", "json-spelling", ext("{\"a\":\"\\u001F\"}")),
        ("a member twice", "json-duplicate", good.replacen('{', "{\"comparable\":1,", 1)),
        ("a member of the extension twice", "json-duplicate", ext("{\"a\":1,\"a\":2}")),
        ("a fraction", "json-number", clock("1763632800123.0")),
        ("an exponent", "json-number", clock("1e3")),
        ("below zero", "json-number", clock("-1")),
        ("minus zero", "json-number", clock("-0")),
        ("2^53", "json-number", clock("9007199254740992")),
        ("2^63", "json-number", clock("9223372036854775808")),
        ("2^64", "json-number", clock("18446744073709551616")),
        ("a leading zero", "json-syntax", clock("01")),
        ("not a number", "json-syntax", clock("NaN")),
        ("half a letter", "json-syntax", ext("{\"a\":\"\\ud800\"}")),
        ("a comma too many", "json-syntax", good.replacen('}', ",}", 1)),
        ("a comment", "json-syntax", good.replacen('{', "{/**/", 1)),
        ("two headers", "json-syntax", format!("{good}{good}")),
        ("a byte order mark", "json-syntax", format!("\u{feff}{good}")),
        ("not closed", "json-syntax", good[..good.len() - 1].to_owned()),
        ("no header", "json-syntax", String::new()),
        ("nine deep", "json-depth", deep(7)),
        ("a thousand deep", "json-depth", deep(1_000)),
        ("257 items", "json-count", ext(&many)),
        ("65 members", "json-count", ext(&format!("{{{}}}", keys.join(",")))),
    ]
    .into_iter()
    .map(|(name, reason, header)| (name.to_owned(), reason, signed(header.as_bytes())))
    .collect();
    let garbled = good.replacen("public_note", "public\u{1}note", 1);
    cases.push(("a control in a string".to_owned(), "json-syntax", signed(garbled.as_bytes())));
    let mut latin = ext("{\"a\":\"?\"}").into_bytes();
    let at = latin.iter().position(|byte| *byte == b'?').unwrap();
    latin[at] = 0xe9;
    cases.push(("not UTF-8".to_owned(), "json-encoding", signed(&latin)));
    cases
}

/// A good header with something else than its signature.
fn assembled() -> Vec<Case> {
    let header = write(&header()).unwrap();
    let good = device().sign(Purpose::Entry, &header);
    let text = good.to_string();
    let other = |bytes: &[u8]| device().sign(Purpose::Entry, bytes).to_string();
    let mut last = text.clone();
    // 86 letters hold four bits more than 64 bytes; they have to be zero.
    let spare = last.pop().map(|letter| char::from(letter as u8 + 1)).unwrap();
    last.push(spare);
    let mut cases: Vec<Case> = [
        ("no signature and no newline", "cut", header.clone()),
        ("nothing at all", "cut", Vec::new()),
        ("no signature", "signature-spelling", with(&header, b"")),
        ("a signature cut short", "signature-spelling", with(&header, &text.as_bytes()[..85])),
        ("a newline after", "signature-spelling", with(&header, format!("{text}\n").as_bytes())),
        ("padding", "signature-spelling", with(&header, format!("{text}==").as_bytes())),
        (
            "a second signature",
            "signature-spelling",
            with(&header, format!("{text}\n{text}").as_bytes()),
        ),
        ("bits after the end", "signature-spelling", with(&header, last.as_bytes())),
        (
            "the other alphabet",
            "signature-spelling",
            with(&header, BASE64.encode(&[0xff; 64]).as_bytes()),
        ),
        ("a signature that is no text", "signature-spelling", with(&header, &[0xff; 86])),
        ("a signature of zeros", "signature-mismatch", with(&header, "A".repeat(86).as_bytes())),
        (
            "the order added to S",
            "signature-mismatch",
            with(&header, malleable(&good).to_string().as_bytes()),
        ),
        (
            "another's signature",
            "signature-mismatch",
            with(&header, root().sign(Purpose::Entry, &header).to_string().as_bytes()),
        ),
        (
            "signed with the newline",
            "signature-mismatch",
            with(&header, other(&[&header[..], b"\n"].concat()).as_bytes()),
        ),
        (
            "signed by its digest",
            "signature-mismatch",
            with(&header, other(Cid::of(&header).digest()).as_bytes()),
        ),
        (
            "signed without the prefix twice",
            "signature-mismatch",
            with(&header, other(&[b"effigy/entry/v1\0", &header[..]].concat()).as_bytes()),
        ),
    ]
    .map(|(name, reason, bytes)| (name.to_owned(), reason, bytes))
    .into();
    for purpose in Purpose::ALL.into_iter().filter(|purpose| *purpose != Purpose::Entry) {
        let signature = device().sign(purpose, &header).to_string();
        let name = format!("a signature given for {}", purpose.name());
        cases.push((name, "signature-mismatch", with(&header, signature.as_bytes())));
    }
    for (place, index) in [("R", 7), ("S", 39)] {
        let mut bytes = *good.bytes();
        bytes[index] ^= 1;
        let signature = BASE64URL_NOPAD.encode(&bytes);
        cases.push((
            format!("one bit of {place}"),
            "signature-mismatch",
            with(&header, signature.as_bytes()),
        ));
    }
    let later = String::from_utf8(header).unwrap().replacen("1763632800123", "1763632800124", 1);
    cases.push((
        "another clock".to_owned(),
        "signature-mismatch",
        with(later.as_bytes(), text.as_bytes()),
    ));
    cases
}

/// Headers whose key is none, or one that signs everything.
fn keys() -> Vec<Case> {
    let small =
        SMALL_ORDER.map(|text| ("an identity of small order", "signature-small-order", text));
    let none = NO_KEY.map(|(name, text)| (name, "signature-key", text));
    small
        .into_iter()
        .chain(none)
        .map(|(name, reason, text)| {
            let header = changed(|header| header["identity"] = json!(key(text)));
            (name.to_owned(), reason, signed(&write(&header).unwrap()))
        })
        .collect()
}
