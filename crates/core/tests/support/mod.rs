//! What several test binaries share.
#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

pub(crate) mod entries;
pub(crate) mod pictures;

use data_encoding::HEXLOWER;
use serde_json::Value;

/// The cases of a file of vectors.
pub(crate) fn cases(file: &str) -> Vec<Value> {
    let mut value: Value = serde_json::from_str(file).expect("a file of vectors is JSON");
    serde_json::from_value(value["cases"].take()).expect("vectors are a list")
}

/// A member that has to be text.
pub(crate) fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap_or_else(|| panic!("{member} is missing in {case}"))
}

/// A member that has to be bytes in lower-case hexadecimal.
pub(crate) fn bytes(case: &Value, member: &str) -> Vec<u8> {
    HEXLOWER.decode(text(case, member).as_bytes()).expect("vectors are hexadecimal")
}

/// A member that has to be that many bytes.
pub(crate) fn array<const LENGTH: usize>(case: &Value, member: &str) -> [u8; LENGTH] {
    bytes(case, member).try_into().expect("the length of the vector")
}
