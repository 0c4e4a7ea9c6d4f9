//! Videos: what was cleaned is clean, however it comes, and nothing that cleaning changes is accepted.
#![no_main]

use effigy_core::video::{Cleaner, VideoType, clean, inspect};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_first() else { return };
    for kind in [VideoType::Mp4, VideoType::Webm] {
        let verdict = inspect(kind, bytes);
        let Ok(whole) = clean(kind, bytes) else {
            assert!(verdict.is_err());
            continue;
        };
        assert_eq!(whole.len(), bytes.len());
        assert_eq!(inspect(kind, &whole), Ok(()));
        assert_eq!(verdict.is_ok(), whole == bytes);
        let mut cleaner = Cleaner::new(kind);
        let mut parts = Vec::new();
        for part in bytes.chunks(usize::from(*cut).max(1)) {
            parts.extend(cleaner.push(part).unwrap());
        }
        assert_eq!(cleaner.finish(), Ok(()));
        assert_eq!(parts, whole);
    }
});
