//! The vectors that need more than one value: what follows from several entries, and how two nodes
//! begin to talk. Those of single values are in `crates/core/examples/vectors`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the inputs are fixed; a test runs this")]

mod account;
mod feed;
mod registers;
mod session;

use effigy_core::canon;
use serde_json::{Value, json};

/// Every file, by its name in `tests/vectors`.
pub(crate) fn all() -> [(&'static str, String); 3] {
    [
        ("feed.json", feed::file()),
        ("registers.json", registers::file()),
        ("session.json", session::file()),
    ]
}

/// A file's text: one case a line, so that a change is seen as a line.
fn text(about: &str, cases: &[Value]) -> String {
    let lines: Vec<String> = cases.iter().map(line).collect();
    format!("{{\n\"about\":{},\n\"cases\":[\n{}\n]}}\n", line(&json!(about)), lines.join(",\n"))
}

fn line(value: &Value) -> String {
    String::from_utf8(canon::write(value).unwrap()).unwrap()
}
