//! What can be wrong with what is kept: each fault has a name that does not change.

use std::fmt;

use effigy_core::{Cid, Identity};
use serde::Serialize;

use crate::pick::ending;
use crate::walk::FeedKey;

/// What is wrong.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FaultKind {
    AccountMissing,
    Backwards,
    BlobHash,
    BlobMissing,
    BlobSize,
    BlobTooLong,
    BlobUnlisted,
    ContentIncomplete,
    Duplicate,
    ExportCut,
    ExportRecord,
    Image,
    ImageMetadata,
    Key,
    Manifest,
    MissingParent,
    NoPack,
    NotPermitted,
    ObsoleteGeneration,
    OtherAccount,
    Misplaced,
    PackDirectory,
    PackRecord,
    PayloadHash,
    PayloadMalformed,
    ReceiptMalformed,
    RecordCut,
    Signature,
    Stranger,
    UnannouncedGeneration,
    EntryMalformed,
}

impl FaultKind {
    /// Every kind and what it means, in a sentence.
    pub(crate) const ALL: [(Self, &'static str); 31] = [
        (Self::AccountMissing, "a device's feed is kept, the account that it names is not"),
        (Self::Backwards, "an entry's clock is not past its parents'"),
        (Self::BlobHash, "a blob's bytes hash to another name"),
        (Self::BlobMissing, "a blob is listed, and not there"),
        (Self::BlobSize, "a blob has another size than the list says"),
        (Self::BlobTooLong, "a blob is longer than the protocol carries"),
        (Self::BlobUnlisted, "a blob is there, and not listed"),
        (Self::ContentIncomplete, "a picture is marked as whole, and pieces are missing"),
        (Self::Duplicate, "the same entry is kept twice"),
        (Self::EntryMalformed, "an entry is not canonical, too long or out of bounds"),
        (Self::ExportCut, "an export ends early, or cannot be followed to its end"),
        (Self::ExportRecord, "a record of an export fails its checksum"),
        (Self::Image, "a picture that is given to others is broken or of another kind"),
        (Self::ImageMetadata, "a picture that is given to others tells more than its pixels"),
        (Self::Key, "a record stands under a key of the wrong form"),
        (Self::Manifest, "a manifest does not fit the picture that names it"),
        (Self::Misplaced, "an entry is not at the place that its pack announces"),
        (Self::MissingParent, "an entry's parent is not there"),
        (Self::NoPack, "a value among the packs is no pack, or of a later version"),
        (Self::NotPermitted, "an entry's signer had no power to write it"),
        (Self::ObsoleteGeneration, "a feed of a generation that was given up is still there"),
        (Self::OtherAccount, "an entry names another account than its feed's first"),
        (Self::PackDirectory, "a pack's directory fails its checksum; its records may be whole"),
        (Self::PackRecord, "a record of a pack fails its checksum"),
        (Self::PayloadHash, "a payload is not the one that its entry names"),
        (Self::PayloadMalformed, "a payload is not canonical, of another kind or out of bounds"),
        (Self::ReceiptMalformed, "a receipt cannot be read"),
        (Self::RecordCut, "an entry and its payload cannot be told apart"),
        (Self::Signature, "an entry's signature does not count"),
        (Self::Stranger, "an entry stands in the feed of somebody else"),
        (Self::UnannouncedGeneration, "a feed was written anew, and its account never said so"),
    ];

    /// Its name, as it stands in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AccountMissing => "account-missing",
            Self::Backwards => "backwards",
            Self::BlobHash => "blob-hash",
            Self::BlobMissing => "blob-missing",
            Self::BlobSize => "blob-size",
            Self::BlobTooLong => "blob-too-long",
            Self::BlobUnlisted => "blob-unlisted",
            Self::ContentIncomplete => "content-incomplete",
            Self::Duplicate => "duplicate",
            Self::EntryMalformed => "entry-malformed",
            Self::ExportCut => "export-cut",
            Self::ExportRecord => "export-record",
            Self::Image => "image",
            Self::ImageMetadata => "image-metadata",
            Self::Key => "key",
            Self::Manifest => "manifest",
            Self::Misplaced => "misplaced",
            Self::MissingParent => "missing-parent",
            Self::NoPack => "no-pack",
            Self::NotPermitted => "not-permitted",
            Self::ObsoleteGeneration => "obsolete-generation",
            Self::OtherAccount => "other-account",
            Self::PackDirectory => "pack-directory",
            Self::PackRecord => "pack-record",
            Self::PayloadHash => "payload-hash",
            Self::PayloadMalformed => "payload-malformed",
            Self::ReceiptMalformed => "receipt-malformed",
            Self::RecordCut => "record-cut",
            Self::Signature => "signature",
            Self::Stranger => "stranger",
            Self::UnannouncedGeneration => "unannounced-generation",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Fault {
    /// What.
    pub(crate) fault: FaultKind,
    /// Where.
    pub(crate) at: Place,
    /// Why it is one.
    pub(crate) why: String,
}

impl Fault {
    /// Something is wrong.
    pub(crate) fn new(fault: FaultKind, at: Place, why: impl ToString) -> Self {
        Self { fault, at, why: why.to_string() }
    }
}

/// Where something is wrong: whole names for programs, their ends for people.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", untagged)]
pub(crate) enum Place {
    /// A blob, or the picture that begins with it.
    Blob { blob: Cid },
    /// One entry of a feed, by its number from 0.
    Entry { feed: Identity, generation: u64, entry: u32 },
    /// A feed as a whole.
    Feed { feed: Identity, generation: u64 },
    /// A record that has no name of its own.
    Record { record: String },
}

impl Place {
    /// An entry.
    pub(crate) const fn entry(key: FeedKey, entry: u32) -> Self {
        Self::Entry { feed: key.identity, generation: key.generation, entry }
    }

    /// A whole feed.
    pub(crate) const fn feed(key: FeedKey) -> Self {
        Self::Feed { feed: key.identity, generation: key.generation }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writing = |generation: &u64| match generation {
            0 => String::new(),
            generation => format!(" generation {generation}"),
        };
        match self {
            Self::Blob { blob } => write!(f, "blob {}", ending(&blob.to_string())),
            Self::Entry { feed, generation, entry } => {
                write!(f, "…{}{} entry {entry}", feed.short(), writing(generation))
            }
            Self::Feed { feed, generation } => {
                write!(f, "…{}{}", feed.short(), writing(generation))
            }
            Self::Record { record } => f.write_str(record),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_listed_once_under_the_name_that_json_has() {
        assert!(FaultKind::ALL.windows(2).all(|pair| pair[0].0.name() < pair[1].0.name()));
        for (kind, _) in FaultKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
