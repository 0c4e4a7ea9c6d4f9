//! Manifests: the pieces always add up to the size, and both are bounded.
#![no_main]

use effigy_core::Manifest;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(bytes) {
        let n_pieces = manifest.pieces().len();
        let sum: u64 = (0..n_pieces).map(|index| manifest.piece_size(index)).sum();
        assert_eq!(sum, manifest.size());
        assert!((2..=32).contains(&n_pieces));
        assert!((0..n_pieces).all(|index| manifest.piece_size(index) > 0));
    }
});
