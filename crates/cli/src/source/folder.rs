//! Which file is meant by a path, and why a store does not open.

use std::error::Error;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use effigy_store::StoreError;

use crate::error::{CliError, io_error};

/// How the name of a store ends.
const ENDING: &str = "redb";
/// With what a store begins.
const MAGIC: &[u8] = b"redb";
/// Where a hub writes its process number.
const LOCK: &str = "hub.lock";

/// The file itself, or the only store in a folder.
pub(super) fn file_in(path: &Path) -> Result<PathBuf, CliError> {
    let facts = fs::metadata(path).map_err(io_error("look at", path))?;
    if !facts.is_dir() {
        return Ok(path.to_owned());
    }
    let mut stores = Vec::new();
    for item in fs::read_dir(path).map_err(io_error("list", path))? {
        let found = item.map_err(io_error("list", path))?.path();
        if found.extension().is_some_and(|ending| ending == ENDING) {
            stores.push(found);
        }
    }
    stores.sort();
    match stores.as_slice() {
        [] => Err(CliError::Foreign { path: path.to_owned() }),
        [store] => Ok(store.clone()),
        several => {
            let name = |store: &PathBuf| store.display().to_string();
            let names = several.iter().map(name).collect();
            Err(CliError::ManyStores { path: path.to_owned(), names })
        }
    }
}

/// Whether a file begins as a store does.
pub(super) fn is_store(path: &Path) -> Result<bool, CliError> {
    begins_with(path, MAGIC)
}

/// Whether a file begins with these bytes.
pub(super) fn begins_with(path: &Path, magic: &[u8]) -> Result<bool, CliError> {
    let file = File::open(path).map_err(io_error("open", path))?;
    let mut start = Vec::new();
    let length = u64::try_from(magic.len()).unwrap_or(u64::MAX);
    file.take(length).read_to_end(&mut start).map_err(io_error("read", path))?;
    Ok(start == magic)
}

/// Why a store did not open: most often because its hub is running.
pub(super) fn refused(path: &Path, source: StoreError) -> CliError {
    if !is_open_elsewhere(&source) {
        return CliError::Store { path: path.to_owned(), source };
    }
    let number = path.parent().and_then(|folder| fs::read_to_string(folder.join(LOCK)).ok());
    let holder = number.and_then(|number| number.trim().parse().ok());
    CliError::InUse { holder, path: path.to_owned() }
}

/// The contract of stores has no word for this, so it is read from the sentence of redb; a test
/// holds it to that.
fn is_open_elsewhere(error: &StoreError) -> bool {
    let mut next: Option<&dyn Error> = Some(error);
    while let Some(error) = next {
        if error.to_string().contains("already open") {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use effigy_store_redb::RedbStore;

    use super::*;

    #[test]
    fn a_store_that_is_open_says_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.redb");
        let _store = RedbStore::open(&path).unwrap();
        fs::write(folder.path().join(LOCK), "4711\n").unwrap();
        let error = refused(&path, RedbStore::open_existing(&path).unwrap_err());
        assert!(matches!(error, CliError::InUse { holder: Some(4711), .. }), "{error}");
        assert_eq!(error.code(), 4);
    }

    #[test]
    fn a_folder_stands_for_its_only_store() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = file_in(folder.path()).unwrap_err();
        assert!(matches!(foreign, CliError::Foreign { .. }));
        let path = folder.path().join("hub.redb");
        fs::write(&path, b"").unwrap();
        assert_eq!(file_in(folder.path()).unwrap(), path);
        fs::write(folder.path().join("old.redb"), b"").unwrap();
        assert!(matches!(file_in(folder.path()).unwrap_err(), CliError::ManyStores { .. }));
    }
}
