//! The vectors of the protocol are what the code says today, byte for byte, in both worlds.

#[path = "../examples/vectors/files/mod.rs"]
mod files;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

macro_rules! written {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../tests/vectors/", $name)))),*]
    };
}

const WRITTEN: [(&str, &str); 15] = written![
    "words.json",
    "backup.json",
    "canon.json",
    "entry.json",
    "image.json",
    "invite.json",
    "link.json",
    "manifest.json",
    "cid.json",
    "did_key.json",
    "payload.json",
    "envelope.json",
    "letter.json",
    "share.json",
    "signature.json",
];

#[test]
fn nothing_has_changed() {
    let files = files::all();
    assert_eq!(files.len(), WRITTEN.len());
    for (file, (name, written)) in files.iter().zip(WRITTEN) {
        assert_eq!(file.name, name);
        let same = file.text() == written;
        assert!(
            same,
            "{name}: run `cargo run -p effigy-core --example vectors` and look at the difference"
        );
    }
}
