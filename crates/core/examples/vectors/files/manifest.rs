//! Content over several blobs.

use effigy_core::blob::{Cutter, Parts, split};
use effigy_core::canon::write;
use effigy_core::{Cid, Manifest};
use serde_json::{Value, json};

use super::{File, accepted, input, refused};

const BLOB: usize = 256 * 1024;
const PART: usize = 64 * 1024 * 1024;

pub(crate) fn manifest() -> File {
    let mut cases = Vec::new();
    for (name, size) in
        [("two pieces", BLOB + 1), ("full pieces", 2 * BLOB), ("three pieces", 3 * BLOB - 1)]
    {
        let content: Vec<u8> = (0..251_u8).cycle().take(size).collect();
        let blobs = split(&content).unwrap();
        let manifest = Manifest::parse(blobs[0].bytes()).unwrap();
        assert_eq!(manifest.pieces().len(), blobs.len() - 1);
        let mut case = input(blobs[0].bytes());
        case["cid"] = json!(blobs[0].cid());
        case["size"] = json!(size);
        cases.push(accepted(name, case));
    }
    for (name, size) in
        [("a part and a blob", PART + 1), ("a part and a part of two pieces", PART + BLOB + 1)]
    {
        let mut cutter = Cutter::default();
        let pattern: Vec<u8> = (0..251_u8).collect();
        cutter.push(&pattern.repeat(size / 251 + 1)[..size]).unwrap();
        let (blobs, cut) = cutter.finish().unwrap();
        let list = blobs.last().unwrap();
        assert_eq!(Parts::parse(list.bytes()).unwrap().parts().len(), 2);
        let mut case = input(list.bytes());
        case["cid"] = json!(cut.cid);
        case["size"] = json!(size);
        cases.push(accepted(name, case));
    }
    let piece = Cid::of(b"piece");
    let parts = |count: usize, size: u64, kind: &str, version: u64| -> Value {
        json!({"parts": vec![piece; count], "size": size, "type": kind, "v": version})
    };
    let more = PART as u64 + 1;
    for (name, expected, value) in [
        ("parts of version 2", "version", parts(2, more, "parts", 2)),
        ("parts of another kind", "kind", parts(2, more, "manifest", 1)),
        ("one part", "count", parts(1, PART as u64, "parts", 1)),
        ("fewer parts than the size", "count", parts(2, 3 * more, "parts", 1)),
        ("more parts than the size", "count", parts(3, more, "parts", 1)),
        (
            "parts that are larger than the protocol carries",
            "too-large",
            parts(3, (1 << 34) + 1, "parts", 1),
        ),
        ("257 parts", "json-count", parts(257, more, "parts", 1)),
        (
            "pieces called parts",
            "kind",
            json!({"pieces": [piece, piece], "size": more, "type": "parts", "v": 1}),
        ),
    ] {
        let bytes = write(&value).unwrap();
        cases.push(refused(name, expected, input(&bytes), Parts::parse(&bytes)));
    }
    let list = |count: usize, size: u64, kind: &str, version: u64| -> Value {
        json!({"pieces": vec![piece; count], "size": size, "type": kind, "v": version})
    };
    let two = (BLOB + 1) as u64;
    for (name, expected, value) in [
        ("version 2", "version", list(2, two, "manifest", 2)),
        ("another kind", "kind", list(2, two, "folder", 1)),
        ("one piece", "count", list(1, 5, "manifest", 1)),
        ("no piece", "count", list(0, 0, "manifest", 1)),
        ("fewer pieces than the size", "count", list(2, two * 2, "manifest", 1)),
        ("more pieces than the size", "count", list(3, two, "manifest", 1)),
        ("larger than the protocol carries", "too-large", list(3, PART as u64 + 1, "manifest", 1)),
        ("the greatest size", "too-large", list(2, (1 << 53) - 1, "manifest", 1)),
        ("257 pieces", "json-count", list(257, two, "manifest", 1)),
        (
            "an unknown member",
            "json-shape",
            json!({"more": 1, "pieces": [], "size": 0, "type": "manifest", "v": 1}),
        ),
        ("a list", "json-shape", json!([piece, piece])),
    ] {
        let bytes = write(&value).unwrap();
        cases.push(refused(name, expected, input(&bytes), Manifest::parse(&bytes)));
    }
    let spaced = b"{\"pieces\": []}";
    cases.push(refused("a space", "json-spelling", input(spaced), Manifest::parse(spaced)));
    File {
        name: "manifest.json",
        about: "text: the manifest, or the list of parts, of `size` bytes, byte i of which is i modulo 251; \
                cid: the content's name. Pieces are 262144 bytes, parts 67108864, the last may be shorter.",
        cases,
    }
}
