//! Manifests and lists of parts: they always add up to the size, and all is bounded.
#![no_main]

use effigy_core::Manifest;
use effigy_core::blob::{Parts, Shape};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(bytes) {
        let n_pieces = manifest.pieces().len();
        let sum: u64 = (0..n_pieces).map(|index| manifest.piece_size(index)).sum();
        assert_eq!(sum, manifest.size());
        assert!((2..=256).contains(&n_pieces));
        assert!((0..n_pieces).all(|index| manifest.piece_size(index) > 0));
    }
    if let Ok(list) = Parts::parse(bytes) {
        let shape = Shape::of(list.size()).unwrap();
        assert_eq!(shape.parts(), list.parts().len());
        let sum: u64 = (0..shape.parts()).map(|part| shape.part_size(part)).sum();
        assert_eq!(sum, list.size());
        assert!((2..=256).contains(&shape.parts()));
    }
});
