//! Canonical JSON: what is accepted has this spelling and no other.
#![no_main]

use effigy_core::canon;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = canon::check(bytes) {
        assert_eq!(canon::write(&value).as_deref(), Ok(bytes));
    }
    if let Ok(value) =
        std::str::from_utf8(bytes).map_err(drop).and_then(|text| canon::parse(text).map_err(drop))
    {
        let canonical = canon::write(&value).expect("what was read is written");
        assert_eq!(canon::check(&canonical), Ok(value));
    }
});
