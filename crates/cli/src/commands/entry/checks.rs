//! The checks of an entry, one by one, in the order in which a node makes them.

use effigy_core::canon::CanonError;
use effigy_core::entry::EntryError;
use effigy_core::limits::{ENTRY_BYTES, PAYLOAD_BYTES};
use effigy_core::{Cid, Entry, Payload};
use serde::Serialize;

use crate::fault::{Fault, FaultKind};

/// What a check says.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// A check before it has failed.
    NotReached,
    /// There is nothing to check.
    NotThere,
    Failed,
    Passed,
}

impl Verdict {
    /// The word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Failed => "FAILED",
            Self::NotReached => "not reached",
            Self::NotThere => "not there",
            Self::Passed => "passed",
        }
    }
}

/// One check and its verdict.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Check {
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    pub(super) why: String,
}

/// The checks that need nothing but the bytes, the cheapest first.
const FORM: [&str; 7] =
    ["length", "parts", "canonical", "version", "members", "bounds", "signature"];

/// Checks the entry by itself.
pub(super) fn form(bytes: &[u8]) -> Vec<Check> {
    let (failed, why) = match Entry::parse(bytes) {
        Ok(entry) => {
            return passed_form(bytes, &format!("of {}", entry.signer()));
        }
        Err(error) => (failed_at(&error), error.to_string()),
    };
    let mut checks = passed_form(bytes, "");
    for (index, check) in checks.iter_mut().enumerate() {
        match index.cmp(&failed) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => {
                (check.verdict, check.why) = (Verdict::Failed, why.clone());
            }
            std::cmp::Ordering::Greater => {
                (check.verdict, check.why) = (Verdict::NotReached, String::new());
            }
        }
    }
    checks
}

fn passed_form(bytes: &[u8], signer: &str) -> Vec<Check> {
    let why = [
        format!("{} of {ENTRY_BYTES} bytes", bytes.len()),
        "a header, a newline, a signature".to_owned(),
        "the header is JSON in its only spelling".to_owned(),
        "1".to_owned(),
        "none is missing, none is unknown".to_owned(),
        "clock, parents, kind, size and signer are within theirs".to_owned(),
        signer.to_owned(),
    ];
    let checks = FORM.into_iter().zip(why);
    checks.map(|(check, why)| Check { check, verdict: Verdict::Passed, why }).collect()
}

/// Which of the checks it is that failed.
const fn failed_at(error: &EntryError) -> usize {
    match error {
        EntryError::TooLong { .. } => 0,
        EntryError::Cut => 1,
        EntryError::Json(CanonError::Shape) => 4,
        EntryError::Json(_) => 2,
        EntryError::Version { .. } => 3,
        EntryError::Signature(_) => 6,
        _ => 5,
    }
}

/// Checks the payload against the entry that names it.
pub(super) fn payload(bytes: &[u8], payload: Option<&[u8]>) -> [Check; 2] {
    let check = |check, verdict, why: String| Check { check, verdict, why };
    let both = |verdict, why: &str| {
        [
            check("payload hash", verdict, why.to_owned()),
            check("payload form", verdict, String::new()),
        ]
    };
    let Ok(entry) = Entry::reload(bytes) else { return both(Verdict::NotReached, "") };
    let Some(payload) = payload else {
        return both(Verdict::NotThere, "it was taken back, or not given");
    };
    let named = &entry.header().payload;
    let (size, cid) = (payload.len() as u64, Cid::of(payload));
    if size != named.size || cid != named.cid {
        let why = format!(
            "{size} bytes named …{}, not {} …{}",
            cid.short(),
            named.size,
            named.cid.short()
        );
        return [
            check("payload hash", Verdict::Failed, why),
            check("payload form", Verdict::NotReached, String::new()),
        ];
    }
    let why = format!("{size} of {PAYLOAD_BYTES} bytes, as the entry names it");
    let hash = check("payload hash", Verdict::Passed, why);
    let form = match Payload::parse(&named.kind, payload) {
        Ok(Payload::Unknown) => check(
            "payload form",
            Verdict::Passed,
            "of a kind that this version does not know".into(),
        ),
        Ok(_) => check("payload form", Verdict::Passed, named.kind.clone()),
        Err(error) => check("payload form", Verdict::Failed, error.to_string()),
    };
    [hash, form]
}

/// What the rest of its feed and its account say of an entry, after the checks before.
///
/// `reached` is false where an entry before it is missing or refused.
pub(super) fn place(before: &[Check], faults: &[&Fault], reached: bool) -> [Check; 2] {
    let reached = reached && before.iter().all(|check| check.verdict != Verdict::Failed);
    let judge = |check, kinds: &[FaultKind], good: &str| {
        let fault = faults.iter().find(|fault| kinds.contains(&fault.fault));
        let (verdict, why) = match fault {
            Some(fault) => (Verdict::Failed, fault.why.clone()),
            None if reached => (Verdict::Passed, good.to_owned()),
            None => (Verdict::NotReached, String::new()),
        };
        Check { check, verdict, why }
    };
    [
        judge(
            "chain",
            &[
                FaultKind::Backwards,
                FaultKind::Duplicate,
                FaultKind::MissingParent,
                FaultKind::Misplaced,
                FaultKind::Stranger,
            ],
            "every parent is here, and the clock is past theirs",
        ),
        judge(
            "account",
            &[
                FaultKind::AccountMissing,
                FaultKind::NotPermitted,
                FaultKind::ObsoleteGeneration,
                FaultKind::OtherAccount,
                FaultKind::UnannouncedGeneration,
            ],
            "the account says that its signer may write here",
        ),
    ]
}
