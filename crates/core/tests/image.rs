//! Pictures that tell something are refused and can be cleaned; broken ones are named, never met
//! with a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod support;

use effigy_core::image::{ImageError, ImageFacts, ImageFlaw, ImageKind, MetadataKind};
use effigy_core::image::{MAX_SIDE, inspect, strip};
use support::pictures::{self, PLACE, Parts, Private};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

fn clean_pictures() -> Vec<(&'static str, Parts, ImageFacts)> {
    let facts = |kind, width, height| ImageFacts { kind, width, height };
    let pixel = facts(ImageKind::WebP, 1, 1);
    vec![
        ("jpeg", pictures::jpeg(21, 13), facts(ImageKind::Jpeg, 21, 13)),
        ("progressive", pictures::progressive_jpeg(8, 9), facts(ImageKind::Jpeg, 8, 9)),
        ("png", pictures::png(5, 3), facts(ImageKind::Png, 5, 3)),
        ("lossy webp", pictures::lossy_webp(), pixel),
        ("lossless webp", pictures::lossless_webp(), pixel),
        ("extended webp", pictures::extended_webp(), pixel),
    ]
}

fn privates(kind: ImageKind) -> Vec<Private> {
    match kind {
        ImageKind::Jpeg => pictures::jpeg_privates(),
        ImageKind::Png => pictures::png_privates(),
        ImageKind::WebP => pictures::webp_privates(),
    }
}

/// The picture with a part put in before the part at `index`; a WebP's size follows.
fn with_part(parts: &Parts, index: usize, part: &[u8]) -> Vec<u8> {
    let mut parts = parts.clone();
    parts.insert(index, part.to_vec());
    if parts[0].starts_with(b"RIFF") {
        parts = pictures::webp(&parts[1..]);
    }
    parts.concat()
}

#[test]
fn a_clean_picture_is_accepted_and_stays_as_it_is() {
    for (name, parts, facts) in clean_pictures() {
        let bytes = parts.concat();
        assert_eq!(inspect(&bytes), Ok(facts), "{name}");
        assert_eq!(strip(&bytes), Ok(bytes), "{name}");
    }
}

#[test]
fn a_place_is_found_and_removed_at_every_boundary() {
    let mut n_cases = 0;
    for (name, parts, facts) in clean_pictures() {
        let clean = parts.concat();
        for private in privates(facts.kind) {
            for index in 1..parts.len() {
                let case = format!("{} before part {index} of {name}", private.name);
                let bytes = with_part(&parts, index, &private.bytes);
                let found = inspect(&bytes);
                // An extended WebP has its header first, or it is not one.
                if facts.kind == ImageKind::WebP && index == 1 {
                    assert!(found.is_err(), "{case}");
                    continue;
                }
                // A PNG's pixels may not be parted, nor may anything come before its header.
                if facts.kind == ImageKind::Png && [1, 6].contains(&index) {
                    assert!(
                        matches!(found, Err(ImageError::Malformed { .. })),
                        "{case}: {found:?}"
                    );
                    continue;
                }
                assert!(matches!(found, Err(ImageError::Metadata(_))), "{case}: {found:?}");
                assert_eq!(strip(&bytes), Ok(clean.clone()), "{case}");
                n_cases += 1;
            }
        }
    }
    assert!(n_cases > 300, "{n_cases}");
}

#[test]
fn each_private_part_has_its_name() {
    use MetadataKind::{Comment, Exif, Iptc, Text, Thumbnail, Time, Unknown, Xmp};
    let expected: &[(&str, MetadataKind)] = &[
        ("exif", Exif),
        ("old exif", Exif),
        ("xmp", Xmp),
        ("extended xmp", Xmp),
        ("iptc", Iptc),
        ("comment", Comment),
        ("empty comment", Comment),
        ("thumbnail", Thumbnail),
        ("jfif with thumbnail", Thumbnail),
        ("international text", Text),
        ("text", Text),
        ("raw profile", Text),
        ("time", Time),
    ];
    for (name, parts, facts) in clean_pictures() {
        for private in privates(facts.kind) {
            let bytes = with_part(&parts, 2, &private.bytes);
            let known = expected.iter().find(|(name, _)| *name == private.name);
            let found = known.map_or(Unknown, |(_, found)| *found);
            assert_eq!(
                inspect(&bytes),
                Err(ImageError::Metadata(found)),
                "{} in {name}",
                private.name
            );
        }
    }
}

#[test]
fn nothing_may_follow_the_end() {
    let second = pictures::jpeg(8, 8).concat();
    for (name, parts, facts) in clean_pictures() {
        for tail in [&[0][..], PLACE, &second] {
            let bytes = [&parts.concat(), tail].concat();
            let trailing = Err(ImageError::Metadata(MetadataKind::Trailing));
            assert_eq!(inspect(&bytes), trailing, "{name}");
            assert_eq!(inspect(&strip(&bytes).unwrap()), Ok(facts), "{name}");
        }
    }
}

#[test]
fn every_cut_is_noticed() {
    for (name, parts, _) in clean_pictures() {
        let bytes = parts.concat();
        for length in 0..bytes.len() {
            let found = inspect(&bytes[..length]);
            let is_refused =
                matches!(found, Err(ImageError::Malformed { .. } | ImageError::UnknownKind));
            assert!(is_refused, "{name} cut to {length}: {found:?}");
            assert!(strip(&bytes[..length]).is_err(), "{name} cut to {length}");
        }
    }
}

#[test]
fn other_containers_are_unknown() {
    let others: [&[u8]; 11] = [
        b"",
        b"\xFF\xD8",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>",
        b"<?xml version=\"1.0\"?><svg/>",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\0\0\0\x1cftypavif\0\0\0\0mif1avif",
        b"II*\0\x08\0\0\0",
        b"BM\x46\0\0\0\0\0\0\0",
        b"\0\0\x01\0\x01\0\x10\x10",
        b"RIFF\x04\0\0\0WAVE",
    ];
    for bytes in others {
        assert_eq!(inspect(bytes), Err(ImageError::UnknownKind), "{bytes:?}");
        assert_eq!(strip(bytes), Err(ImageError::UnknownKind), "{bytes:?}");
    }
}

#[test]
fn huge_pictures_are_refused_before_their_pixels() {
    let png = |width, height| {
        let mut parts = pictures::png(1, 1);
        parts[1] = pictures::png_header(width, height);
        parts.concat()
    };
    for (width, height) in
        [(50_000, 50_000), (8193, 1), (1, 8193), (6400, 6251), (u32::MAX, u32::MAX)]
    {
        let too_large = Err(ImageError::TooLarge { width, height });
        assert_eq!(inspect(&png(width, height)), too_large);
        // The header alone is enough to say so.
        assert_eq!(inspect(&png(width, height)[..33]), too_large);
    }
    assert!(inspect(&png(MAX_SIDE, 4882)).is_ok());
    assert!(inspect(&png(6400, 6250)).is_ok());

    let jpeg = pictures::jpeg(8193, 8).concat();
    assert_eq!(inspect(&jpeg), Err(ImageError::TooLarge { width: 8193, height: 8 }));
    let webp = pictures::webp(&[pictures::extended(0, 1 << 24, 1 << 24)]).concat();
    let side = 1 << 24;
    assert_eq!(inspect(&webp), Err(ImageError::TooLarge { width: side, height: side }));
    let mut lossless = pictures::lossless_webp().concat();
    lossless[21..25].copy_from_slice(&(16_383_u32 | 16_383 << 14).to_le_bytes());
    assert_eq!(inspect(&lossless), Err(ImageError::TooLarge { width: 16_384, height: 16_384 }));
}

#[test]
fn nothing_has_no_size() {
    let mut png = pictures::png(1, 1);
    png[1] = pictures::png_header(0, 1);
    let mut lossy = pictures::lossy_webp().concat();
    lossy[26..28].copy_from_slice(&[0, 0xC0]);
    for bytes in [png.concat(), pictures::jpeg(0, 8).concat(), pictures::jpeg(8, 0).concat(), lossy]
    {
        let found = inspect(&bytes);
        let flaw = ImageFlaw::Dimensions;
        assert!(
            matches!(found, Err(ImageError::Malformed { flaw: f, .. }) if f == flaw),
            "{found:?}"
        );
    }
}

#[test]
fn pictures_that_move_are_refused() {
    let mut png = pictures::png(2, 2);
    let still = png.concat();
    png.insert(2, pictures::chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]));
    png.insert(png.len() - 1, pictures::chunk(b"fcTL", &[0; 26]));
    png.insert(png.len() - 1, pictures::chunk(b"fdAT", &[0; 40]));
    assert_eq!(inspect(&png.concat()), Err(ImageError::Animated));
    assert_eq!(strip(&png.concat()), Ok(still), "the still picture remains");

    let frames = [
        pictures::extended(0x02, 1, 1),
        pictures::riff(b"ANIM", &[0; 6]),
        pictures::riff(b"ANMF", &[0; 16]),
    ];
    for webp in [pictures::webp(&frames), pictures::webp(&frames[1..])] {
        assert_eq!(inspect(&webp.concat()), Err(ImageError::Animated));
        assert_eq!(strip(&webp.concat()), Err(ImageError::Animated));
    }
}

#[test]
fn flags_of_a_webp_agree_with_its_chunks() {
    let with_flags =
        |flags| pictures::webp(&[pictures::extended(flags, 1, 1), pictures::lossy_frame()]);
    let clean = with_flags(0).concat();
    for (flags, found) in
        [(0x08, MetadataKind::Exif), (0x04, MetadataKind::Xmp), (0x40, MetadataKind::Unknown)]
    {
        let bytes = with_flags(flags).concat();
        assert_eq!(inspect(&bytes), Err(ImageError::Metadata(found)));
        assert_eq!(strip(&bytes), Ok(clean.clone()));
    }
    let malformed = [
        with_flags(0x20),
        pictures::webp(&[pictures::extended(0, 2, 1), pictures::lossy_frame()]),
        pictures::webp(&[pictures::lossy_frame(), pictures::lossy_frame()]),
        pictures::webp(&[pictures::lossy_frame(), pictures::extended(0, 1, 1)]),
        pictures::webp(&[pictures::riff(b"ALPH", &[0]), pictures::lossy_frame()]),
        pictures::webp(&[pictures::extended(0, 1, 1)]),
    ];
    for webp in malformed {
        let found = inspect(&webp.concat());
        assert!(matches!(found, Err(ImageError::Malformed { .. })), "{found:?}");
        assert!(strip(&webp.concat()).is_err());
    }
}

#[test]
fn tables_cannot_carry_more_than_tables() {
    let parts = pictures::jpeg(8, 8);
    let stuffed = [
        pictures::segment(0xDB, &[&[0][..], &[1; 64], PLACE].concat()),
        pictures::segment(0xC4, &[&[0, 1][..], &[0; 15], &[0], PLACE].concat()),
        pictures::segment(0xDD, &[&[0, 0], PLACE].concat()),
        pictures::segment(0xC0, &[&[8, 0, 8, 0, 8, 1, 1, 0x11, 0], PLACE].concat()),
        pictures::segment(0xDC, &[0, 8]),
        pictures::segment(0xF0, PLACE),
        pictures::segment(0x02, PLACE),
        vec![0xFF, 0xD8],
        vec![0xFF, 0x00],
    ];
    for part in stuffed {
        let found = inspect(&with_part(&parts, 4, &part));
        assert!(matches!(found, Err(ImageError::Malformed { .. })), "{part:?}: {found:?}");
    }
}

#[test]
fn a_jpeg_has_a_bounded_number_of_passes() {
    let mut parts = pictures::jpeg(8, 8);
    let scan = parts[parts.len() - 2].clone();
    for _ in 1..100 {
        parts.insert(parts.len() - 1, scan.clone());
    }
    assert!(inspect(&parts.concat()).is_ok());
    parts.insert(parts.len() - 1, scan);
    let found = inspect(&parts.concat());
    assert!(matches!(found, Err(ImageError::Malformed { flaw: ImageFlaw::Unsupported, .. })));
}

#[cfg(not(target_family = "wasm"))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
        bytes.windows(wanted.len()).any(|window| window == wanted)
    }

    /// What has to hold for any bytes whatsoever.
    fn check(bytes: &[u8]) {
        let found = inspect(bytes);
        match strip(bytes) {
            Ok(clean) => {
                let facts = inspect(&clean).expect("what was cleaned is clean");
                assert_eq!(
                    strip(&clean).as_deref(),
                    Ok(&clean[..]),
                    "cleaning twice is cleaning once"
                );
                assert_eq!(found.is_ok(), clean == bytes, "clean is what cleaning leaves alone");
                if let Ok(found) = found {
                    assert_eq!(found, facts);
                }
            }
            Err(error) => assert!(found.is_err(), "{error:?}"),
        }
    }

    fn any_picture() -> impl Strategy<Value = (Parts, ImageFacts)> {
        let pictures: Vec<_> =
            clean_pictures().into_iter().map(|(_, parts, facts)| (parts, facts)).collect();
        prop::sample::select(pictures)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            check(&bytes);
        }

        #[test]
        fn any_bytes_after_a_true_beginning(
            (parts, _) in any_picture(),
            kept in any::<prop::sample::Index>(),
            tail in prop::collection::vec(any::<u8>(), 0..256),
        ) {
            let bytes = parts.concat();
            let kept = kept.index(bytes.len());
            check(&[&bytes[..kept], &tail].concat());
        }

        #[test]
        fn some_bytes_changed(
            (parts, _) in any_picture(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut bytes = parts.concat();
            for (index, byte) in changes {
                let index = index.index(bytes.len());
                bytes[index] = byte;
            }
            check(&bytes);
        }

        #[test]
        fn parts_put_in_removed_and_swapped(
            (mut parts, facts) in any_picture(),
            injected in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..5),
            removed in prop::option::of(any::<prop::sample::Index>()),
            swapped in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let kinds = privates(facts.kind);
            for (kind, index) in injected {
                let index = 1 + index.index(parts.len() - 1);
                parts.insert(index, kind.get(&kinds).bytes.clone());
            }
            if let Some(index) = removed {
                parts.remove(1 + index.index(parts.len() - 1));
            }
            let (one, other) = (swapped.0.index(parts.len() - 1), swapped.1.index(parts.len() - 1));
            parts[1..].swap(one, other);
            if facts.kind == ImageKind::WebP {
                parts = pictures::webp(&parts[1..]);
            }
            let bytes = parts.concat();
            check(&bytes);
            if let Ok(clean) = strip(&bytes) {
                prop_assert!(!contains(&clean, PLACE));
            }
            if contains(&bytes, PLACE) {
                prop_assert!(inspect(&bytes).is_err());
            }
        }
    }
}
