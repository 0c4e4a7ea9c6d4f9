//! Videos: what tells of a person does not leave, and what does not leave is not taken in.
#![cfg(not(target_family = "wasm"))]

mod support {
    pub(crate) mod videos;
}

use effigy_core::video::{Checker, Cleaner, VideoError, VideoType, clean, inspect};
use proptest::collection::vec;
use proptest::prelude::*;
use support::videos::{element, endless, handler, mp4, mp4_box, mp4_of, mp4_with, webm};

fn place() -> Vec<u8> {
    mp4_of(
        b"udta",
        &[mp4_box(b"\xa9xyz", b"\0\x12\x15\xc7+52.5200+013.4050/"), mp4_box(b"loci", &[7; 30])],
    )
}

#[test]
fn what_players_need_is_taken_as_it_is() {
    for (kind, bytes) in [
        (VideoType::Mp4, mp4(&[], 300_000)),
        (VideoType::Mp4, mp4_with(handler(b"vide", &[]), &[0; 112], &[mp4_of(b"mvex", &[])], 9)),
        (VideoType::Webm, webm(&[], &[], 90_000)),
    ] {
        assert_eq!(inspect(kind, &bytes), Ok(()));
        assert_eq!(clean(kind, &bytes).as_ref(), Ok(&bytes));
        assert_eq!(VideoType::of(&bytes), Some(kind));
    }
}

#[test]
fn a_place_a_time_and_a_name_are_refused_and_cleaned() {
    let mut recorded = [0; 100];
    recorded[4..12].copy_from_slice(&[0xE3, 1, 2, 3, 0xE3, 1, 2, 3]);
    let tags = element(&[0x12, 0x54, 0xC3, 0x67], b"LOCATION +52.5200+013.4050/");
    let date = element(&[0x15, 0x49, 0xA9, 0x66], &element(&[0x44, 0x61], &[9; 8]));
    for (name, kind, bytes, private) in [
        ("a place", VideoType::Mp4, mp4(&[place()], 99), b"52.5200".as_slice()),
        ("a place beside the movie", VideoType::Mp4, [mp4(&[], 9), place()].concat(), b"52.5200"),
        ("a box of its own", VideoType::Mp4, mp4(&[mp4_box(b"uuid", b"serial 1234")], 9), b"1234"),
        (
            "free space with words",
            VideoType::Mp4,
            mp4(&[mp4_box(b"free", b"a word")], 9),
            b"a word",
        ),
        (
            "when it was taken",
            VideoType::Mp4,
            mp4_with(handler(b"vide", &[0]), &recorded, &[], 9),
            &[0xE3, 1, 2, 3],
        ),
        (
            "a track's name",
            VideoType::Mp4,
            mp4_with(handler(b"vide", b"Ana's phone\0"), &[0; 100], &[], 9),
            b"Ana",
        ),
        ("tags", VideoType::Webm, webm(&tags, &[], 99), b"52.5200"),
        ("a date", VideoType::Webm, webm(&date, &[], 99), &[9; 8]),
        (
            "a name of a track",
            VideoType::Webm,
            webm(&[], &element(&[0x53, 0x6E], b"Ana's"), 99),
            b"Ana",
        ),
        (
            "void with words",
            VideoType::Webm,
            webm(&element(&[0xEC], b"a word"), &[], 99),
            b"a word",
        ),
        (
            "a file in the file",
            VideoType::Webm,
            webm(&element(&[0x19, 0x41, 0xA4, 0x69], b"a word"), &[], 9),
            b"a word",
        ),
    ] {
        assert_eq!(inspect(kind, &bytes), Err(VideoError::Private), "{name}");
        let found = |bytes: &[u8]| bytes.windows(private.len()).any(|window| window == private);
        let clean = clean(kind, &bytes).unwrap();
        assert!(found(&bytes) && !found(&clean), "{name}");
        assert_eq!((clean.len(), inspect(kind, &clean)), (bytes.len(), Ok(())), "{name}");
    }
}

#[test]
fn what_cannot_be_cleaned_is_refused() {
    let good = mp4(&[], 99);
    let meta = mp4_with(handler(b"meta", &[0]), &[0; 100], &[], 9);
    let subtitles = webm(&[], &element(&[0x83], &[17]), 9);
    let packed = webm(&[], &element(&[0x6D, 0x80], &[1]), 9);
    let mut quicktime = good.clone();
    quicktime[8..12].copy_from_slice(b"qt  ");
    let mut matroska = webm(&[], &[], 9);
    let at = matroska.windows(4).position(|window| window == b"webm").unwrap();
    matroska[at..at + 4].copy_from_slice(b"mkv_");
    let mut long = good.clone();
    long[24..28].copy_from_slice(&[0x7F, 0, 0, 0]);
    for (name, kind, bytes, expected) in [
        ("places among the frames", VideoType::Mp4, meta, VideoError::Private),
        ("another track", VideoType::Webm, subtitles, VideoError::Private),
        ("what is packed", VideoType::Webm, packed, VideoError::Unsupported),
        ("QuickTime", VideoType::Mp4, quicktime, VideoError::Unsupported),
        ("Matroska", VideoType::Webm, matroska, VideoError::Unsupported),
        ("a picture", VideoType::Mp4, b"\x89PNG\r\n\x1a\n".repeat(9), VideoError::Malformed),
        ("nothing", VideoType::Mp4, Vec::new(), VideoError::Missing),
        ("a beginning", VideoType::Mp4, good[..90].to_vec(), VideoError::Truncated),
        ("a box that does not end", VideoType::Mp4, long, VideoError::Private),
        ("no movie", VideoType::Mp4, good[..24].to_vec(), VideoError::Missing),
        ("a page", VideoType::Webm, b"<html>".to_vec(), VideoError::Malformed),
        (
            "a segment in a segment",
            VideoType::Webm,
            [webm(&[], &[], 9), endless(&[0x18, 0x53, 0x80, 0x67], &[])].concat(),
            VideoError::Malformed,
        ),
    ] {
        let found = inspect(kind, &bytes).unwrap_err();
        assert!(found == expected || expected == VideoError::Malformed, "{name}: {found:?}");
        assert!(clean(kind, &bytes).is_err(), "{name}");
    }
}

fn nearly() -> impl Strategy<Value = (VideoType, Vec<u8>)> {
    let videos = prop_oneof![
        (0..300_usize).prop_map(|frames| (VideoType::Mp4, mp4(&[place()], frames))),
        (0..300_usize).prop_map(|frames| {
            (VideoType::Webm, webm(&element(&[0x12, 0x54, 0xC3, 0x67], b"tags"), &[], frames))
        }),
    ];
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (videos, vec(change, 0..4)).prop_map(|((kind, mut bytes), changes)| {
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        (kind, bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn what_was_cleaned_is_clean_however_it_comes((kind, bytes) in nearly(), cuts in vec(1..200_usize, 1..9)) {
        let whole = clean(kind, &bytes);
        let (mut cleaner, mut checker) = (Cleaner::new(kind), Checker::new(kind));
        let (mut parts, mut verdict) = (Ok(Vec::new()), Ok(()));
        let (mut rest, mut cuts) = (bytes.as_slice(), cuts.into_iter().cycle());
        while !rest.is_empty() {
            let (part, after) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            parts = parts.and_then(|mut parts: Vec<u8>| {
                parts.extend(cleaner.push(part)?);
                Ok(parts)
            });
            verdict = verdict.and_then(|()| checker.push(part));
            rest = after;
        }
        let parts = parts.and_then(|parts| cleaner.finish().map(|()| parts));
        let verdict = verdict.and_then(|()| checker.finish());
        prop_assert_eq!(whole.is_ok(), parts.is_ok());
        prop_assert_eq!(verdict.is_ok(), inspect(kind, &bytes).is_ok());
        if let Ok(clean_bytes) = whole {
            prop_assert_eq!(Ok(&clean_bytes), parts.as_ref());
            prop_assert_eq!(clean_bytes.len(), bytes.len());
            prop_assert_eq!(inspect(kind, &clean_bytes), Ok(()));
            prop_assert_eq!(clean(kind, &clean_bytes), Ok(clean_bytes.clone()));
            prop_assert_eq!(verdict.is_ok(), clean_bytes == bytes);
        } else {
            prop_assert!(verdict.is_err());
        }
    }

    #[test]
    fn any_bytes_are_no_video(bytes in vec(any::<u8>(), 0..300)) {
        for kind in [VideoType::Mp4, VideoType::Webm] {
            prop_assert!(inspect(kind, &bytes).is_err());
        }
    }
}

#[test]
fn what_was_looked_through_may_be_passed_on_once_all_tracks_are_known() {
    let passed = |kind, bytes: &[u8]| {
        let mut checker = Checker::new(kind);
        checker.push(bytes).unwrap();
        checker.passed()
    };
    let (first, film) = (mp4(&[], 90_000), webm(&[], &[], 90_000));
    assert_eq!(passed(VideoType::Webm, &film[..50_000]), 50_000);
    assert_eq!(passed(VideoType::Mp4, &first[..50_000]), 50_000);
    // The same with the frames before what tells of them.
    let size = |at: usize| u32::from_be_bytes(first[at..at + 4].try_into().unwrap()) as usize;
    let (brand, movie) = (size(0), size(size(0)));
    let (before, frames) = first.split_at(brand + movie);
    let (brand, movie) = before.split_at(brand);
    let last = [brand, frames, movie].concat();
    assert_eq!(inspect(VideoType::Mp4, &last), Ok(()));
    assert_eq!(passed(VideoType::Mp4, &last[..80_000]), 0);
}
