//! An export: one file with all feeds and blobs, to be kept, moved and looked at anywhere.
//!
//! ```text
//! 89 "EFFIGY" 01 | length frame | length frame | .. | length last frame
//! ```
//!
//! Each length is four bytes, the high byte first. Each frame is a pack (see
//! [`effigy_store::pack`]) of three records: the name of a shelf, a key, a value; so each has its
//! checksums. The last frame is a pack of two: `end` and the number of frames before it, eight
//! bytes, so that an export that was cut is known to be.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Bound;
use std::path::{Path, PathBuf};

use effigy_store::Pack;
use effigy_store::pack;

use super::folder::begins_with;
use super::{Row, Shelf};
use crate::error::{CliError, io_error};
use crate::fault::{Fault, FaultKind, Place};

const MAGIC: &[u8] = b"\x89EFFIGY";
const VERSION: u8 = 1;
const END: &[u8] = b"end";
/// The longest frame (17 MiB): the largest record of a pack, with its key and lengths.
const MAX_FRAME: usize = 17 << 20;

/// Whether a file begins as an export does.
pub(super) fn is_one(path: &Path) -> Result<bool, CliError> {
    begins_with(path, MAGIC)
}

/// An export that is read: where each record stands.
#[derive(Debug)]
pub(super) struct Archive {
    faults: Vec<Fault>,
    index: BTreeMap<(Shelf, Vec<u8>), (u64, usize)>,
    path: PathBuf,
}

impl Archive {
    /// Goes through an export once and notes where what is. Damage is a fault, not an error.
    pub(super) fn open(path: &Path) -> Result<Self, CliError> {
        let file = File::open(path).map_err(io_error("open", path))?;
        let mut archive =
            Self { faults: Vec::new(), index: BTreeMap::new(), path: path.to_owned() };
        let mut reader = BufReader::new(file);
        let mut start = [0; MAGIC.len() + 1];
        reader.read_exact(&mut start).map_err(io_error("read", path))?;
        match start.last() {
            Some(&VERSION) => {}
            Some(&version) => return Err(CliError::NewerExport { path: path.into(), version }),
            None => return Err(CliError::Foreign { path: path.into() }),
        }
        archive.walk(reader).map_err(io_error("read", path))?;
        Ok(archive)
    }

    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    pub(super) fn read(&self, shelf: Shelf, key: &[u8]) -> Result<Option<Vec<u8>>, CliError> {
        let Some((offset, length)) = self.index.get(&(shelf, key.to_vec())) else {
            return Ok(None);
        };
        self.value(*offset, *length).map(Some)
    }

    pub(super) fn page(
        &self,
        shelf: Shelf,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, CliError> {
        let start = after.map_or(Bound::Included((shelf, Vec::new())), |after| {
            Bound::Excluded((shelf, after.to_vec()))
        });
        let following = self.index.range((start, Bound::Unbounded));
        following
            .take_while(|((found, _), _)| *found == shelf)
            .take(limit)
            .map(|((_, key), (offset, length))| Ok((key.clone(), self.value(*offset, *length)?)))
            .collect()
    }

    /// Reads a value again; that it is whole was found out by the walk.
    fn value(&self, offset: u64, length: usize) -> Result<Vec<u8>, CliError> {
        let read = || {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(offset))?;
            let mut frame = vec![0; length];
            file.read_exact(&mut frame)?;
            let records = Pack::decode(&frame).map_err(std::io::Error::other)?;
            Ok(records.into_iter().nth(2).unwrap_or_default())
        };
        read().map_err(io_error("read", &self.path))
    }

    fn walk(&mut self, mut reader: impl Read) -> std::io::Result<()> {
        let mut offset = (MAGIC.len() + 1) as u64;
        for number in 1_u64.. {
            let mut length = [0; 4];
            if let Err(error) = reader.read_exact(&mut length) {
                return self.cut(error, number, "ends without its last frame");
            }
            let length = u32::from_be_bytes(length) as usize;
            offset = offset.saturating_add(4);
            if length > MAX_FRAME {
                self.fault(FaultKind::ExportCut, number, "its length makes no sense");
                return Ok(());
            }
            let mut frame = vec![0; length];
            if let Err(error) = reader.read_exact(&mut frame) {
                return self.cut(error, number, "ends in the middle of a frame");
            }
            if self.take(number, offset, &frame) {
                return Ok(());
            }
            offset = offset.saturating_add(length as u64);
        }
        Ok(())
    }

    /// Takes a frame into the index; whether it was the last one.
    fn take(&mut self, number: u64, offset: u64, frame: &[u8]) -> bool {
        let records = match Pack::decode(frame) {
            Ok(records) => records,
            Err(error) => {
                self.fault(FaultKind::ExportRecord, number, error);
                return false;
            }
        };
        // The records are whole; but what stands around them should be so as well.
        let slices: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        if pack::encode(&slices).as_deref() != Ok(frame) {
            self.fault(FaultKind::ExportRecord, number, "its lengths or its count are damaged");
        }
        match records.as_slice() {
            [end, count] if end == END => {
                let counted = count.as_slice().try_into().map(u64::from_be_bytes);
                if counted.ok() != Some(number.saturating_sub(1)) {
                    self.fault(FaultKind::ExportCut, number, "frames before it are missing");
                }
                return true;
            }
            [shelf, key, _] => {
                // What a later version adds is passed over.
                if let Some(shelf) = Shelf::named(shelf) {
                    self.index.insert((shelf, key.clone()), (offset, frame.len()));
                }
            }
            _ => self.fault(FaultKind::ExportRecord, number, "not three records"),
        }
        false
    }

    fn cut(&mut self, error: std::io::Error, number: u64, why: &str) -> std::io::Result<()> {
        if error.kind() != ErrorKind::UnexpectedEof {
            return Err(error);
        }
        self.fault(FaultKind::ExportCut, number, why);
        Ok(())
    }

    fn fault(&mut self, kind: FaultKind, number: u64, why: impl ToString) {
        self.faults.push(Fault::new(
            kind,
            Place::Record { record: format!("frame {number}") },
            why,
        ));
    }
}

/// An export that is written. It is there whole or not at all: the file gets its name last.
#[derive(Debug)]
pub(crate) struct Writer {
    aside: PathBuf,
    count: u64,
    file: BufWriter<File>,
    path: PathBuf,
}

impl Writer {
    /// Begins an export.
    ///
    /// # Errors
    /// When something is there already, or the system refuses.
    pub(crate) fn create(path: &Path) -> Result<Self, CliError> {
        if path.exists() {
            return Err(io_error("make", path)(ErrorKind::AlreadyExists.into()));
        }
        let mut aside = path.as_os_str().to_owned();
        aside.push(".part");
        let aside = PathBuf::from(aside);
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).open(&aside);
        let mut file = BufWriter::new(file.map_err(io_error("make", &aside))?);
        file.write_all(&[MAGIC, &[VERSION]].concat()).map_err(io_error("write", &aside))?;
        Ok(Self { aside, count: 0, file, path: path.to_owned() })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// When it is too large for an export, or the system refuses.
    pub(crate) fn add(&mut self, shelf: Shelf, key: &[u8], value: &[u8]) -> Result<(), CliError> {
        self.count = self.count.saturating_add(1);
        self.frame(&[shelf.name().as_bytes(), key, value])
    }

    /// Writes the end, makes all durable and gives the file its name. Tells its size in bytes.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn finish(mut self) -> Result<u64, CliError> {
        self.frame(&[END, &self.count.to_be_bytes()])?;
        let mut done = || {
            self.file.flush()?;
            let file = self.file.get_ref();
            file.sync_all()?;
            let size = file.metadata()?.len();
            std::fs::rename(&self.aside, &self.path)?;
            Ok(size)
        };
        done().map_err(io_error("write", &self.path))
    }

    fn frame(&mut self, records: &[&[u8]]) -> Result<(), CliError> {
        let failed = |error| io_error("write", &self.aside)(error);
        let frame = pack::encode(records).map_err(|error| failed(std::io::Error::other(error)))?;
        let length = u32::try_from(frame.len()).ok().filter(|_| frame.len() <= MAX_FRAME);
        let length = length.ok_or_else(|| failed(ErrorKind::FileTooLarge.into()))?;
        let written =
            self.file.write_all(&length.to_be_bytes()).and_then(|()| self.file.write_all(&frame));
        written.map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// So many cases, or as many times as `PROPERTY_TIMES` says.
    fn cases(count: u32) -> ProptestConfig {
        let times = std::env::var("PROPERTY_TIMES").ok().and_then(|times| times.parse().ok());
        let cases = count * times.unwrap_or(1);
        ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
    }

    fn export(folder: &Path) -> (PathBuf, Vec<u8>) {
        let path = folder.join("all.effigy");
        let mut writer = Writer::create(&path).unwrap();
        writer.add(Shelf::Packs, b"a", b"one").unwrap();
        writer.add(Shelf::Packs, b"b", b"").unwrap();
        writer.add(Shelf::Blobs, b"a", &[7; 300]).unwrap();
        let size = writer.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(size, bytes.len() as u64);
        (path, bytes)
    }

    #[test]
    fn an_export_reads_back_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = export(folder.path());
        let archive = Archive::open(&path).unwrap();
        assert_eq!(archive.faults(), []);
        assert_eq!(archive.read(Shelf::Packs, b"a").unwrap().as_deref(), Some(&b"one"[..]));
        assert_eq!(archive.read(Shelf::Facts, b"a").unwrap(), None);
        let rows = archive.page(Shelf::Packs, None, 9).unwrap();
        assert_eq!(rows, [(b"a".to_vec(), b"one".to_vec()), (b"b".to_vec(), Vec::new())]);
        assert_eq!(archive.page(Shelf::Packs, Some(b"a"), 9).unwrap().len(), 1);
        assert!(Writer::create(&path).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn whatever_byte_is_damaged_it_is_noticed_and_never_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, bytes) = export(folder.path());
        for at in MAGIC.len()..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x40;
            std::fs::write(&path, &damaged).unwrap();
            let Ok(archive) = Archive::open(&path) else { continue };
            assert!(!archive.faults().is_empty(), "byte {at}");
            for (shelf, key) in archive.index.keys() {
                let value = archive.read(*shelf, key).unwrap().unwrap();
                assert!(value == b"one" || value.is_empty() || value == [7; 300], "byte {at}");
            }
        }
    }

    #[test]
    fn wherever_an_export_is_cut_it_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, bytes) = export(folder.path());
        for length in MAGIC.len() + 1..bytes.len() {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(!Archive::open(&path).unwrap().faults().is_empty(), "{length} bytes");
        }
    }

    /// Whatever a file holds: it is read without a panic and without memory for what it only
    /// announces, and nothing is believed that has no checksum.
    fn reads(bytes: &[u8], folder: &Path) -> Option<Archive> {
        let path = folder.join("any.effigy");
        std::fs::write(&path, [MAGIC, bytes].concat()).unwrap();
        let archive = Archive::open(&path).ok()?;
        for (shelf, key) in archive.index.keys() {
            archive.read(*shelf, key).unwrap().unwrap();
        }
        Some(archive)
    }

    proptest! {
        #![proptest_config(cases(300))]

        #[test]
        fn any_bytes_are_an_export_or_damaged(
            bytes in vec(any::<u8>(), 0..300),
            lengths in vec((prop::sample::select(vec![0, 1, 9, 300, u32::MAX, 17 << 20, (17 << 20) + 1]), vec(any::<u8>(), 0..40)), 0..6),
        ) {
            let folder = tempfile::tempdir().unwrap();
            reads(&bytes, folder.path());
            let framed: Vec<u8> = lengths
                .into_iter()
                .flat_map(|(length, bytes)| [&length.to_be_bytes()[..], &bytes].concat())
                .collect();
            let archive = reads(&[&[VERSION], &framed[..]].concat(), folder.path()).unwrap();
            prop_assert!(!archive.faults().is_empty(), "it has no end");
            prop_assert!(archive.index.is_empty());
        }

        #[test]
        fn frames_of_anything_are_told_apart(
            frames in vec(vec(vec(any::<u8>(), 0..20), 0..5), 0..8),
            count in any::<u64>(),
            whole in any::<bool>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let frame = |records: &[&[u8]]| {
                let bytes = pack::encode(records).unwrap();
                [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], &bytes].concat()
            };
            let mut file = vec![VERSION];
            for records in &frames {
                let slices: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
                file.extend(frame(&slices));
            }
            let count = if whole { frames.len() as u64 } else { count };
            file.extend(frame(&[END, &count.to_be_bytes()]));
            let archive = reads(&file, folder.path()).unwrap();
            let odd = frames.iter().filter(|records| records.len() != 3).count();
            let counted = count == frames.len() as u64;
            prop_assert_eq!(archive.faults().len(), odd + usize::from(!counted));
        }
    }
}
