//! Blobs and manifests: content survives being cut, lists that lie are refused before a fetch.

use effigy_core::blob::{BlobError, Cutter, ManifestError, Parts, Shape, join, split};
use effigy_core::canon::{CanonError, write};
use effigy_core::{Blob, Cid, Manifest};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use crate::cases;
use crate::json::{integer, nearly, value};

const BLOB: usize = 256 * 1024;

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..300), text in nearly(), value in value(4)) {
        for bytes in [bytes, text.into_bytes(), write(&value).unwrap()] {
            prop_assert!(Manifest::parse(&bytes).is_err());
        }
    }

}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn a_list_that_lies_about_its_size_is_refused(count in 0..300_usize, size in integer(), version in 0..3_u64) {
        let pieces = vec![Cid::of(b"piece"); count];
        let list = json!({"pieces": pieces, "size": size, "type": "manifest", "v": version});
        let read = Manifest::parse(&write(&list).unwrap());
        let expected = if count > 256 {
            Err(ManifestError::Json(CanonError::Count))
        } else if version != 1 {
            Err(ManifestError::Version)
        } else if size > 64 * 1024 * 1024 {
            Err(ManifestError::TooLarge)
        } else if count < 2 || size.div_ceil(BLOB as u64) != count as u64 {
            Err(ManifestError::Count)
        } else {
            Ok((size, pieces))
        };
        prop_assert_eq!(read.map(|list| (list.size(), list.pieces().to_vec())), expected);
    }

    #[test]
    fn a_list_of_parts_that_lies_is_refused(count in 0..300_usize, size in integer()) {
        let parts = vec![Cid::of(b"part"); count];
        let list = json!({"parts": parts, "size": size, "type": "parts", "v": 1});
        let read = Parts::parse(&write(&list).unwrap());
        let expected = if count > 256 {
            Err(ManifestError::Json(CanonError::Count))
        } else if size > 1 << 34 {
            Err(ManifestError::TooLarge)
        } else if count < 2 || size.div_ceil(1 << 26) != count as u64 {
            Err(ManifestError::Count)
        } else {
            Ok((size, parts))
        };
        prop_assert_eq!(read.map(|list| (list.size(), list.parts().to_vec())), expected);
    }

    #[test]
    fn every_byte_stands_in_one_piece(size in 1..=1_u64 << 34, at in any::<u64>()) {
        let shape = Shape::of(size).unwrap();
        let at = at % size;
        let (part, piece, within) = shape.find(at).unwrap();
        prop_assert!(part < shape.parts() && piece < shape.pieces(part));
        prop_assert!((within as u64) < shape.piece_size(part, piece));
        prop_assert_eq!(shape.offset(part, piece) + within as u64, at);
        let sizes: u64 = (0..shape.parts()).map(|part| shape.part_size(part)).sum();
        prop_assert_eq!(sizes, size);
        let last = shape.parts() - 1;
        let pieces: u64 = (0..shape.pieces(last)).map(|piece| shape.piece_size(last, piece)).sum();
        prop_assert_eq!(pieces, shape.part_size(last));
        prop_assert_eq!((shape.find(size), Shape::of((1 << 34) + 1)), (None, None));
    }

    #[test]
    fn a_blob_keeps_the_name_of_its_bytes(bytes in vec(any::<u8>(), 0..100), other in any::<[u8; 32]>()) {
        let blob = Blob::new(bytes.clone()).unwrap();
        prop_assert_eq!(blob.cid(), Cid::of(&bytes));
        prop_assert_eq!(Blob::checked(bytes.clone(), blob.cid()), Ok(blob));
        prop_assert_eq!(Blob::checked(bytes, Cid::from_digest(other)), Err(BlobError::Hash));
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn content_is_cut_alike_however_it_comes(length in 0..5 * BLOB, cuts in vec(1..2 * BLOB, 1..9)) {
        let content: Vec<u8> = (0..length).map(|at| (at / 7) as u8).collect();
        let mut whole = split(&content).unwrap();
        let (mut cutter, mut blobs) = (Cutter::default(), Vec::new());
        let (mut rest, mut cuts) = (content.as_slice(), cuts.into_iter().cycle());
        while !rest.is_empty() {
            let (part, after) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            blobs.extend(cutter.push(part).unwrap());
            rest = after;
        }
        let (last, cut) = cutter.finish().unwrap();
        blobs.extend(last);
        prop_assert_eq!((cut.cid, cut.size), (whole[0].cid(), length as u64));
        whole.rotate_left(1);
        prop_assert_eq!(blobs, whole);
    }

    #[test]
    fn content_survives_being_cut(length in 0..9 * BLOB / 2, seed in any::<u8>(), which in any::<prop::sample::Index>()) {
        let content: Vec<u8> = (0..length).map(|at| (at / 7) as u8 ^ seed).collect();
        let blobs = split(&content).unwrap();
        let (first, pieces) = blobs.split_first().unwrap();
        if length <= BLOB {
            prop_assert_eq!(first.bytes(), &content);
            return Ok(());
        }
        let list = Manifest::parse(first.bytes()).unwrap();
        prop_assert_eq!(list.size(), length as u64);
        prop_assert_eq!(join(&list, pieces).unwrap(), content);

        let index = which.index(pieces.len());
        let mut wrong = pieces.to_vec();
        wrong[index] = Blob::new(b"another".to_vec()).unwrap();
        prop_assert_eq!(join(&list, &wrong), Err(ManifestError::Piece { index }));
        wrong.remove(index);
        prop_assert_eq!(join(&list, &wrong), Err(ManifestError::Count));
    }
}

#[test]
fn what_is_too_large_is_refused() {
    assert_eq!(Blob::new(vec![0; BLOB + 1]), Err(BlobError::TooLong { size: BLOB + 1 }));
    assert!(split(&vec![0; 32 * BLOB]).is_ok());
    assert_eq!(split(&vec![0; 32 * BLOB + 1]), Err(ManifestError::TooLarge));
    assert_eq!(Manifest::parse(&vec![b' '; BLOB + 1]), Err(ManifestError::TooLarge));
}

/// Content of more than one part names each part as content of its own size is named.
#[test]
fn parts_are_content_by_themselves() {
    const PART: usize = 64 * 1024 * 1024;
    let content: Vec<u8> = [3_u8, 1, 4, 1, 5, 9, 2].repeat(PART / 7 + 100_000);
    let name = |bytes: &[u8]| {
        let mut cutter = Cutter::default();
        let mut blobs = cutter.push(bytes).unwrap();
        let (last, cut) = cutter.finish().unwrap();
        blobs.extend(last);
        (blobs, cut.cid)
    };
    let (of_part, part) = name(&content[..PART]);
    assert_eq!(Manifest::parse(of_part.last().unwrap().bytes()).unwrap().pieces().len(), 256);
    for more in [1, BLOB + 1] {
        let (blobs, cid) = name(&content[..PART + more]);
        let (_, rest) = name(&content[PART..PART + more]);
        let list = Parts::parse(blobs.last().unwrap().bytes()).unwrap();
        assert_eq!((list.parts(), blobs.last().unwrap().cid()), (&[part, rest][..], cid));
        assert_eq!(list.size(), (PART + more) as u64);
    }
}
