//! Pictures: which may be kept and passed on.

use effigy_core::image::{ImageKind, inspect, strip};
use serde_json::json;

use super::{File, accepted, hex, refused};

#[path = "../../../tests/support/pictures.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod pictures;

pub(crate) fn image() -> File {
    let mut cases = Vec::new();
    let clean = [
        ("jpeg", pictures::jpeg(21, 13)),
        ("progressive jpeg", pictures::progressive_jpeg(8, 9)),
        ("png", pictures::png(5, 3)),
        ("lossy webp", pictures::lossy_webp()),
        ("lossless webp", pictures::lossless_webp()),
        ("extended webp", pictures::extended_webp()),
    ];
    for (name, parts) in &clean {
        let bytes = parts.concat();
        let facts = inspect(&bytes).unwrap();
        cases.push(accepted(
            name,
            json!({
                "hex": hex(&bytes), "mime": facts.kind.mime(),
                "width": facts.width, "height": facts.height,
            }),
        ));
    }
    for (index, privates) in [
        (0, pictures::jpeg_privates()),
        (2, pictures::png_privates()),
        (5, pictures::webp_privates()),
    ] {
        let (_, parts) = &clean[index];
        for private in privates {
            let mut parts = parts.clone();
            parts.insert(2, private.bytes);
            if ImageKind::of(&parts.concat()) == Some(ImageKind::WebP) {
                parts = pictures::webp(&parts[1..]);
            }
            let bytes = parts.concat();
            let expected = expected(private.name);
            assert_eq!(strip(&bytes), Ok(clean[index].1.concat()));
            cases.push(refused(
                private.name,
                expected,
                json!({"hex": hex(&bytes)}),
                inspect(&bytes),
            ));
        }
    }
    let mut wide = pictures::png(1, 1);
    wide[1] = pictures::png_header(8_193, 1);
    let mut flat = pictures::png(1, 1);
    flat[1] = pictures::png_header(0, 1);
    for (name, expected, bytes) in [
        ("bytes after the end", "metadata-trailing", [&clean[0].1.concat(), &b"more"[..]].concat()),
        ("too wide", "too-large", wide.concat()),
        ("no width", "malformed", flat.concat()),
        ("cut", "malformed", clean[2].1.concat()[..40].to_vec()),
        (
            "a picture that moves",
            "animated",
            pictures::webp(&[pictures::extended(2, 1, 1)]).concat(),
        ),
        ("GIF", "unknown-kind", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec()),
        ("SVG", "unknown-kind", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
        ("HEIC", "unknown-kind", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec()),
        ("nothing", "unknown-kind", Vec::new()),
    ] {
        cases.push(refused(name, expected, json!({"hex": hex(&bytes)}), inspect(&bytes)));
    }
    File {
        name: "image.json",
        about: "hex: a picture, and whether a node may keep it and pass it on where it is public.",
        cases,
    }
}

fn expected(name: &str) -> &'static str {
    match name {
        "comment" | "empty comment" => "metadata-comment",
        "exif" | "old exif" => "metadata-exif",
        "iptc" => "metadata-iptc",
        "text" | "international text" | "raw profile" => "metadata-text",
        "thumbnail" | "jfif with thumbnail" => "metadata-thumbnail",
        "time" => "metadata-time",
        "xmp" | "extended xmp" => "metadata-xmp",
        _ => "metadata-unknown",
    }
}
