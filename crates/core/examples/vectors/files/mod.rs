//! The vectors of the protocol: fixed inputs, what follows from them, and what is refused and why.
//!
//! Every expected reason is written down by hand and compared with what the code says, so that the
//! files do not merely repeat it. They change only with the protocol.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the inputs are fixed; a test runs this")]
#![allow(clippy::too_many_lines, reason = "a table of cases is read from top to bottom")]

mod account;
mod backup;
mod canon;
mod entry;
mod image;
mod invite;
mod link;
mod manifest;
mod names;
mod payload;
mod seal;
mod share;
mod signature;

use std::fmt::Debug;

use data_encoding::HEXLOWER;
use effigy_core::{Secret, canon as json};
use serde_json::{Value, json};

/// One file of vectors.
pub(crate) struct File {
    /// Its name in `tests/vectors`.
    pub(crate) name: &'static str,
    about: &'static str,
    cases: Vec<Value>,
}

impl File {
    /// The file's text: one case a line, so that a change is seen as a line.
    pub(crate) fn text(&self) -> String {
        let lines: Vec<String> = self.cases.iter().map(line).collect();
        format!(
            "{{\n\"about\":{},\n\"cases\":[\n{}\n]}}\n",
            line(&json!(self.about)),
            lines.join(",\n")
        )
    }
}

/// Every file.
pub(crate) fn all() -> Vec<File> {
    vec![
        account::words(),
        backup::backup(),
        canon::canon(),
        entry::entry(),
        image::image(),
        invite::invite(),
        link::link(),
        manifest::manifest(),
        names::cid(),
        names::did_key(),
        payload::payload(),
        seal::envelope(),
        seal::letter(),
        share::share(),
        signature::signature(),
    ]
}

fn line(value: &Value) -> String {
    String::from_utf8(json::write(value).unwrap()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// The device that signs.
fn device() -> Secret {
    Secret::from_seed(&[1; 32])
}

/// The root of that device's account.
fn root() -> Secret {
    Secret::from_seed(&[2; 32])
}

/// An error's name: `Json(Duplicate)` is `json-duplicate`.
fn reason<E: Debug>(error: &E) -> String {
    let text = format!("{error:?}");
    let name = text.split(" {").next().unwrap_or_default();
    let mut reason = String::new();
    for letter in name.chars().filter(|letter| *letter != ')') {
        if letter == '(' {
            reason.push('-');
        } else if letter.is_ascii_uppercase() {
            if !reason.is_empty() && !reason.ends_with('-') {
                reason.push('-');
            }
            reason.push(letter.to_ascii_lowercase());
        } else {
            reason.push(letter);
        }
    }
    reason
}

/// A case that is refused, after comparing why.
fn refused<T: Debug, E: Debug>(
    name: &str,
    expected: &str,
    input: Value,
    found: Result<T, E>,
) -> Value {
    match found {
        Ok(value) => panic!("{name} was accepted: {value:?}"),
        Err(error) => assert_eq!(reason(&error), expected, "{name}"),
    }
    let mut case = input;
    case["name"] = name.into();
    case["reason"] = expected.into();
    case["valid"] = false.into();
    case
}

/// A case that is accepted, with what follows from it.
fn accepted(name: &str, mut case: Value) -> Value {
    case["name"] = name.into();
    case["valid"] = true.into();
    case
}

/// Bytes as text where they are text, in hexadecimal where they are not.
fn input(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({ "text": text }),
        Err(_) => json!({ "hex": hex(bytes) }),
    }
}
