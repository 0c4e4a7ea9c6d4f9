//! Blobs and manifests: content survives being cut, lists that lie are refused before a fetch.

use effigy_core::blob::{BlobError, ManifestError, join, split};
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
        } else if size > 8 * 1024 * 1024 {
            Err(ManifestError::TooLarge)
        } else if count < 2 || size.div_ceil(BLOB as u64) != count as u64 {
            Err(ManifestError::Count)
        } else {
            Ok((size, pieces))
        };
        prop_assert_eq!(read.map(|list| (list.size(), list.pieces().to_vec())), expected);
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
