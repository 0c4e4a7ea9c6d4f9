//! Blobs: each hashed to its name, and each picture that is given to others looked through.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::Cid;
use effigy_core::blob::{Blob, BlobError, Manifest, join};
use effigy_core::image::{self, ImageError};
use effigy_core::limits::BLOB_BYTES;
use effigy_core::payload::Content;
use effigy_proto::Here;
use serde::Serialize;

use crate::error::CliError;
use crate::fault::{Fault, FaultKind, Place};
use crate::source::{Shelf, Source};

/// What was counted.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct BlobCounts {
    /// Blobs that are what their names say.
    pub(crate) blobs: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// Pictures and thumbnails that are here whole and clean.
    pub(crate) pictures: u64,
    /// Pictures and thumbnails that entries point to and that have not come yet, or not whole.
    pub(crate) awaited: u64,
}

/// Checks all blobs and the pictures made of them.
///
/// # Errors
/// When the source cannot be read.
pub(crate) fn check(
    source: &Source,
    contents: &BTreeMap<(Cid, u64), Content>,
    faults: &mut Vec<Fault>,
) -> Result<BlobCounts, CliError> {
    let mut check = Check {
        source,
        faults,
        counts: BlobCounts::default(),
        facts: BTreeMap::new(),
        present: BTreeSet::new(),
        sound: BTreeSet::new(),
        whole: BTreeSet::new(),
        pieces: BTreeMap::new(),
        disputed: disputed(contents),
    };
    check.read_facts()?;
    check.read_pieces()?;
    check.read_blobs()?;
    check.compare();
    for content in contents.values() {
        check.content(content)?;
    }
    Ok(check.counts)
}

struct Check<'a> {
    source: &'a Source,
    faults: &'a mut Vec<Fault>,
    counts: BlobCounts,
    facts: BTreeMap<Cid, Here>,
    /// Blobs of which something is here.
    present: BTreeSet<Cid>,
    /// Blobs that are what their names say.
    sound: BTreeSet<Cid>,
    whole: BTreeSet<Cid>,
    /// Pieces of long content that are here, and how many bytes they have.
    pieces: BTreeMap<Cid, u64>,
    /// Names to which entries give several sizes: of which at most one is right.
    disputed: BTreeSet<Cid>,
}

impl Check<'_> {
    fn read_facts(&mut self) -> Result<(), CliError> {
        for row in self.source.rows(Shelf::Facts) {
            let (key, value) = row?;
            match (cid(&key), Here::from_bytes(&value)) {
                (Some(cid), Some(facts)) => {
                    self.facts.insert(cid, facts);
                }
                _ => self.misnamed(&key),
            }
        }
        for row in self.source.rows(Shelf::Whole) {
            let (key, _) = row?;
            match cid(&key) {
                Some(cid) => {
                    self.whole.insert(cid);
                }
                None => self.misnamed(&key),
            }
        }
        Ok(())
    }

    /// Reads which pieces of long content are here: of those there is no other record.
    fn read_pieces(&mut self) -> Result<(), CliError> {
        for row in self.source.rows(Shelf::Pieces) {
            let (key, bits) = row?;
            let Some(part) = cid(&key) else {
                self.misnamed(&key);
                continue;
            };
            let bytes = self.source.read(Shelf::Blobs, part.digest())?.unwrap_or_default();
            let size = bytes.len() as u64;
            let pieces: Vec<(Cid, u64)> = match Manifest::parse(&bytes) {
                Ok(list) => {
                    let sized = list.pieces().iter().enumerate();
                    sized.map(|(at, piece)| (*piece, list.piece_size(at))).collect()
                }
                // A part that fits one blob has no list.
                Err(_) => vec![(part, size)],
            };
            let is_here =
                |at: usize| bits.get(at / 8).is_some_and(|byte| byte & (1 << (at % 8)) != 0);
            let here = pieces.into_iter().enumerate().filter(|(at, _)| is_here(*at));
            self.pieces.extend(here.map(|(_, piece)| piece));
        }
        Ok(())
    }

    fn read_blobs(&mut self) -> Result<(), CliError> {
        for row in self.source.rows(Shelf::Blobs) {
            let (key, bytes) = row?;
            let Some(cid) = cid(&key) else {
                self.misnamed(&key);
                continue;
            };
            let size = bytes.len();
            match Blob::checked(bytes, cid) {
                Ok(_) => {
                    self.sound.insert(cid);
                    self.counts.blobs = self.counts.blobs.saturating_add(1);
                    self.counts.bytes = self.counts.bytes.saturating_add(size as u64);
                }
                Err(error @ BlobError::TooLong { .. }) => {
                    self.fault(FaultKind::BlobTooLong, cid, error);
                }
                Err(error) => self.fault(FaultKind::BlobHash, cid, error),
            }
            let piece = || self.pieces.get(&cid).and_then(|size| usize::try_from(*size).ok());
            match self.facts.get(&cid).map(|facts| facts.size as usize).or_else(piece) {
                None => self.fault(FaultKind::BlobUnlisted, cid, "no node would find it"),
                Some(listed) if listed != size => {
                    self.fault(FaultKind::BlobSize, cid, format!("{size} bytes, not {listed}"));
                }
                Some(_) => {}
            }
            self.present.insert(cid);
        }
        Ok(())
    }

    /// Compares the list with what is there.
    fn compare(&mut self) {
        let listed: BTreeSet<Cid> = self.facts.keys().chain(self.pieces.keys()).copied().collect();
        for cid in listed {
            if !self.present.contains(&cid) {
                self.fault(FaultKind::BlobMissing, cid, "a node would offer it to others");
            }
        }
    }

    fn content(&mut self, content: &Content) -> Result<(), CliError> {
        let marked = self.whole.contains(&content.cid);
        let Some(bytes) = self.assemble(content, marked)? else {
            self.counts.awaited = self.counts.awaited.saturating_add(u64::from(!marked));
            return Ok(());
        };
        match image::inspect(&bytes) {
            Ok(_) => self.counts.pictures = self.counts.pictures.saturating_add(1),
            Err(_) if !self.is_given(content.cid) => {
                self.counts.awaited = self.counts.awaited.saturating_add(1);
            }
            Err(error @ ImageError::Metadata(_)) => {
                self.fault(FaultKind::ImageMetadata, content.cid, error);
            }
            Err(error) => self.fault(FaultKind::Image, content.cid, error),
        }
        Ok(())
    }

    /// The bytes of a picture; `None` when some are not here, which is a fault where they should
    /// be.
    fn assemble(&mut self, content: &Content, marked: bool) -> Result<Option<Vec<u8>>, CliError> {
        let Some(first) = self.blob(content.cid)? else {
            if marked {
                self.fault(FaultKind::ContentIncomplete, content.cid, "its first blob is missing");
            }
            return Ok(None);
        };
        let is_disputed = self.disputed.contains(&content.cid);
        if content.size <= BLOB_BYTES as u64 {
            let is_other = is_disputed && first.size() != content.size;
            return Ok((!is_other).then(|| first.into_bytes()));
        }
        let manifest = match Manifest::parse(first.bytes()) {
            Ok(manifest) if manifest.size() == content.size => manifest,
            // Another entry says what it is.
            _ if is_disputed => return Ok(None),
            Ok(manifest) => {
                let why = format!("{} bytes, and the entry says {}", manifest.size(), content.size);
                self.fault(FaultKind::Manifest, content.cid, why);
                return Ok(None);
            }
            Err(error) => {
                self.fault(FaultKind::Manifest, content.cid, error);
                return Ok(None);
            }
        };
        let mut pieces = Vec::new();
        for cid in manifest.pieces() {
            pieces.extend(self.blob(*cid)?);
        }
        if pieces.len() < manifest.pieces().len() {
            if marked {
                let missing = manifest.pieces().len().saturating_sub(pieces.len());
                let why = format!(
                    "{missing} of {} pieces are missing or damaged",
                    manifest.pieces().len()
                );
                self.fault(FaultKind::ContentIncomplete, content.cid, why);
            }
            return Ok(None);
        }
        match join(&manifest, &pieces) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => {
                self.fault(FaultKind::Manifest, content.cid, error);
                Ok(None)
            }
        }
    }

    /// A blob that is what its name says.
    fn blob(&self, cid: Cid) -> Result<Option<Blob>, CliError> {
        if !self.sound.contains(&cid) {
            return Ok(None);
        }
        let bytes = self.source.read(Shelf::Blobs, cid.digest())?;
        Ok(bytes.and_then(|bytes| Blob::checked(bytes, cid).ok()))
    }

    /// Whether a node would give it to others.
    fn is_given(&self, cid: Cid) -> bool {
        self.facts.get(&cid).is_some_and(|facts| facts.proven)
    }

    fn misnamed(&mut self, key: &[u8]) {
        let at = Place::Record { record: format!("a key of {} bytes", key.len()) };
        self.faults.push(Fault::new(FaultKind::Key, at, "what stands under it is no blob's"));
    }

    fn fault(&mut self, kind: FaultKind, cid: Cid, why: impl ToString) {
        self.faults.push(Fault::new(kind, Place::Blob { blob: cid }, why));
    }
}

/// Names to which entries give several sizes.
fn disputed(contents: &BTreeMap<(Cid, u64), Content>) -> BTreeSet<Cid> {
    let names = contents.keys().map(|(cid, _)| *cid);
    let next = contents.keys().skip(1).map(|(cid, _)| *cid);
    names.zip(next).filter(|(one, next)| one == next).map(|(cid, _)| cid).collect()
}

fn cid(key: &[u8]) -> Option<Cid> {
    key.try_into().map(Cid::from_digest).ok()
}
