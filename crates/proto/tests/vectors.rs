//! The vectors of feeds and sessions are what the code says today, byte for byte.

#[path = "../examples/vectors/files/mod.rs"]
mod files;

#[test]
fn nothing_has_changed() {
    let written = [
        ("feed.json", include_str!("../../../tests/vectors/feed.json")),
        ("registers.json", include_str!("../../../tests/vectors/registers.json")),
        ("session.json", include_str!("../../../tests/vectors/session.json")),
    ];
    for ((name, text), (written_name, written)) in files::all().into_iter().zip(written) {
        assert_eq!(name, written_name);
        let same = text == written;
        assert!(
            same,
            "{name}: run `cargo run -p effigy-proto --example vectors` and look at the difference"
        );
    }
}
