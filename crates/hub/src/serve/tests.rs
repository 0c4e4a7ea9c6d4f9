//! Names, kinds, negotiation and the walls of the folder.

use super::encoding::Encoding;
use super::*;

#[test]
fn only_names_that_carry_a_hash_are_kept_for_ever() {
    for name in [
        "/effigy-web-51f0a2b3c4d5e6f7.js",
        "/effigy-web-51f0a2b3c4d5e6f7_bg.wasm",
        "/style/base-0123456789ab.css",
    ] {
        assert!(assets::is_hashed(name), "{name}");
    }
    for name in [
        "/index.html",
        "/service-worker.js",
        "/manifest.json",
        "/version.json",
        "/icons/icon-192.png",
        "/notes-20261120.txt",
        "/effigy-deadbeef.js",
        "/snippets/effigy-web-51f0a2b3c4d5e6f7/inline0.js",
        "/51f0a2b3c4d5e6f7.js",
        "/effigy-51F0A2B3C4D5E6F7.js",
    ] {
        assert!(!assets::is_hashed(name), "{name}");
    }
}

#[test]
fn kinds_that_browsers_insist_on() {
    for (path, expected) in [
        ("/a_bg.wasm", "application/wasm"),
        ("/manifest.json", "application/manifest+json"),
        ("/version.json", "application/json"),
        ("/boot.js", "text/javascript; charset=utf-8"),
        ("/js", "application/octet-stream"),
        ("/a.b/c", "application/octet-stream"),
    ] {
        assert_eq!(assets::content_type(path), expected, "{path}");
    }
}

#[test]
fn encodings_are_accepted_as_the_header_says() {
    let check = |header: &str, brotli: bool, gzip: bool| {
        assert_eq!(Encoding::Brotli.is_accepted(header), brotli, "br in {header:?}");
        assert_eq!(Encoding::Gzip.is_accepted(header), gzip, "gzip in {header:?}");
        assert!(Encoding::Identity.is_accepted(header));
    };
    check("", false, false);
    check("gzip, deflate, br, zstd", true, true);
    check("gzip;q=1.0, br;q=0", false, true);
    check("GZIP", false, true);
    check("*", true, true);
    check("*;q=0", false, false);
    check("*, br;q=0.0", false, true);
    check("br;q=nonsense", false, false);
    check("brotli, xgzip", false, false);
}

#[test]
fn tags_match_in_lists_weakly_and_by_star() {
    for header in ["\"a\"", "\"x\", \"a\"", "W/\"a\"", "*"] {
        assert!(encoding::lists_tag(header, "\"a\""), "{header}");
    }
    for header in ["", "a", "\"b\"", "\"a.br\""] {
        assert!(!encoding::lists_tag(header, "\"a\""), "{header}");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path().join("app");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("index.html"), "<!doctype html>").unwrap();
    std::fs::write(root.join(".secret"), "x").unwrap();
    std::fs::write(outside.path().join("key"), "x").unwrap();
    std::os::unix::fs::symlink(outside.path().join("key"), root.join("link")).unwrap();
    let assets = Assets::folder(&root).unwrap();
    assert!(assets.find("/index.html").await.is_some());
    for path in [
        "/../key",
        "/link",
        "/.secret",
        "//index.html",
        "/./index.html",
        "/index.html/",
        "/%2e%2e/key",
        "/",
        "",
        "/a\0b",
        "/missing",
    ] {
        assert!(assets.find(path).await.is_none(), "{path:?}");
    }
    assert!(Assets::folder(&outside.path().join("key")).is_err());
}

#[tokio::test]
async fn a_changed_file_is_read_again() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("app.js");
    let assets = Assets::folder(root.path()).unwrap();
    std::fs::write(&file, "let a = 1;").unwrap();
    let first = assets.find("/app.js").await.unwrap();
    std::fs::write(&file, "let a = 1 + 1;").unwrap();
    let second = assets.find("/app.js").await.unwrap();
    assert_eq!(first.bytes(Encoding::Identity), "let a = 1;");
    assert_eq!(second.bytes(Encoding::Identity), "let a = 1 + 1;");
    assert_ne!(first.tag(Encoding::Identity), second.tag(Encoding::Identity));
}

#[test]
fn the_table_in_the_binary_is_whole() {
    let Assets::Embedded(files) = Assets::embedded() else { panic!("embedded() gave a folder") };
    // Built with the app or without: either everything or nothing.
    assert!(files.is_empty() || files.contains_key("/index.html"));
    for (path, asset) in &files {
        let plain = asset.bytes(Encoding::Identity);
        assert!(path.starts_with('/') && !asset.tag(Encoding::Brotli).is_empty());
        if asset.best("br") == Encoding::Brotli {
            let mut unpacked = Vec::new();
            let mut packed = &asset.bytes(Encoding::Brotli)[..];
            brotli::BrotliDecompress(&mut packed, &mut unpacked).unwrap();
            assert!(unpacked == plain, "{path}");
        }
    }
}
