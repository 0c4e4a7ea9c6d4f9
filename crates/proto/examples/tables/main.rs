//! Prints the tables of `docs/protocol.md` that follow from the code. `cargo xtask docs` puts them in.
//!
//! What a kind, a message or a code means is matched without a rest: whoever adds one is told by the
//! compiler to describe it here.

#![allow(clippy::print_stdout, reason = "it prints tables")]

mod messages;
mod session;

use std::process::ExitCode;

use effigy_core::identity::Purpose;
use effigy_core::image::{MAX_PIXELS, MAX_SIDE};
use effigy_core::limits::{LIMITS, Limit};
use effigy_core::payload::{Home, KINDS, Kind};
use effigy_proto::reconcile::SYMBOLS;
use effigy_proto::{BATCH, ErrorCode, FIND, LIST, SESSION_BYTES, SKIP};

fn main() -> ExitCode {
    let table = match std::env::args().nth(1).as_deref() {
        Some("errors") => errors(),
        Some("kinds") => kinds(),
        Some("limits") => limits(),
        Some("messages") => messages::all(),
        Some("purposes") => purposes(),
        Some("session") => session::all(),
        _ => {
            println!("one of: errors kinds limits messages purposes session");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", table.trim_end());
    ExitCode::SUCCESS
}

fn rows(head: &str, rows: impl Iterator<Item = String>) -> String {
    let columns = head.matches('|').count().saturating_sub(1);
    let line = format!("|{}", " --- |".repeat(columns));
    [head.to_owned(), line].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

fn kinds() -> String {
    let row = |Kind { name, home, meaning }: &Kind| {
        let home = match home {
            Home::Device => "device",
            Home::Sealed => "device, sealed",
            Home::Synod => "synod",
        };
        format!("| `{name}` | {home} | {meaning} |")
    };
    rows("| type | feed | meaning |", KINDS.iter().map(row))
}

fn limits() -> String {
    let others = [
        ("LIST", LIST as u64, "Most identities, ids, heads or blobs in one list of a message."),
        ("BATCH", BATCH as u64, "Most entries in one message."),
        ("SKIP", SKIP as u64, "Most entries that a request for entries may leave out."),
        ("FIND", FIND as u64, "Most entries that may be looked for by their ids in one message."),
        ("SYMBOLS", SYMBOLS as u64, "Most symbols of one sketch."),
        (
            "SESSION_BYTES",
            SESSION_BYTES as u64,
            "Most bytes of the versions in a session's request.",
        ),
        ("MAX_SIDE", u64::from(MAX_SIDE), "Most pixels of a picture's longer side."),
        ("MAX_PIXELS", MAX_PIXELS, "Most pixels of a picture."),
    ];
    let others =
        others.map(|(name, value, meaning)| Limit { name, value, is_time: false, meaning });
    let row = |limit: &Limit| {
        let value = if limit.is_time { time(limit.value) } else { grouped(limit.value) };
        format!("| `{}` | {value} | {} |", limit.name, limit.meaning.trim())
    };
    rows("| name | value | meaning |", LIMITS.iter().chain(&others).map(row))
}

fn time(milliseconds: u64) -> String {
    const MINUTE: u64 = 60_000;
    const DAY: u64 = 1_440 * MINUTE;
    if milliseconds.is_multiple_of(DAY) {
        format!("{} d", milliseconds / DAY)
    } else {
        format!("{} min", milliseconds / MINUTE)
    }
}

/// A number with a comma between thousands.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

fn purposes() -> String {
    let row = |purpose: Purpose| {
        let (bytes, used) = match purpose {
            Purpose::Call => ("a call's description of its media", false),
            Purpose::Consent => ("`consent` of `add_device` (5.2)", true),
            Purpose::Drop => ("a request left for somebody at a hub", false),
            Purpose::Entry => ("the header of an entry (4)", true),
            Purpose::Lease => ("a promise to keep data", false),
            Purpose::Link => ("a step of linking a device", false),
            Purpose::Message => ("a letter without its signature (7.2)", true),
            Purpose::Receipt => ("a confirmation of what was received", false),
            Purpose::Release => ("a list of a release's files", false),
            Purpose::SessionAuth => ("the transcript of a session's beginning (8.2)", true),
        };
        let used = if used { "yes" } else { "reserved" };
        format!("| `{}` | {bytes} | {used} |", purpose.name())
    };
    rows("| purpose | what is signed | in use |", Purpose::ALL.into_iter().map(row))
}

fn errors() -> String {
    let mut all = vec![ErrorCode::EntryQuota];
    while let Some(next) = all.last().and_then(|code| after(*code)) {
        all.push(next);
    }
    let row = |code: ErrorCode| {
        let name = serde_json::to_value(code).unwrap_or_default();
        format!("| `{}` | {} |", name.as_str().unwrap_or_default(), meaning(code))
    };
    rows("| code | meaning |", all.into_iter().map(row))
}

const fn after(code: ErrorCode) -> Option<ErrorCode> {
    match code {
        ErrorCode::EntryQuota => Some(ErrorCode::Forbidden),
        ErrorCode::Forbidden => Some(ErrorCode::Full),
        ErrorCode::Full => Some(ErrorCode::Malformed),
        ErrorCode::Malformed => Some(ErrorCode::NotFound),
        ErrorCode::NotFound => Some(ErrorCode::Offline),
        ErrorCode::Offline => Some(ErrorCode::TooMuch),
        ErrorCode::TooMuch => Some(ErrorCode::Untrusted),
        ErrorCode::Untrusted => Some(ErrorCode::Version),
        ErrorCode::Version => None,
    }
}

const fn meaning(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::EntryQuota => {
            "A hub keeps as many bytes of entries of the sender's account as it keeps of one, and takes no further ones."
        }
        ErrorCode::Forbidden => {
            "Not allowed here or now: before the session is open, for a node of this role, unasked, or while the peer is shunned or blocked."
        }
        ErrorCode::Full => {
            "A hub's disk is full: it gives what it has and passes letters on, and keeps nothing new until there is room. Then it closes its connections, and takes everything in again."
        }
        ErrorCode::Malformed => {
            "The message, an entry or a payload is none; or an entry breaks a rule of its chain or account."
        }
        ErrorCode::NotFound => "The feed, its generation or the blob is not here, or is not given.",
        ErrorCode::Offline => "The receiver of a letter is not connected.",
        ErrorCode::TooMuch => "Longer, larger, more or more often than is allowed.",
        ErrorCode::Untrusted => {
            "Cryptography failed: a signature, a proof, the hash of a blob. Nothing more is said."
        }
        ErrorCode::Version => "No version of the protocol in common.",
    }
}
