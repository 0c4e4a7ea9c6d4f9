//! Telling whether something was built from what is there now.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::failure::{Failure, Outcome};
use crate::workspace;

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A name of the contents of files and of all files in folders, and of how they are used. What does not exist counts as such.
pub(crate) fn of_files(paths: &[PathBuf], use_of_it: &str) -> Outcome<String> {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part);
    };
    add(use_of_it.as_bytes());
    for path in paths {
        let files = match path {
            folder if folder.is_dir() => workspace::files(folder)?,
            file if file.is_file() => vec![file.clone()],
            _ => Vec::new(),
        };
        for file in files {
            add(file.to_string_lossy().as_bytes());
            add(&std::fs::read(&file).map_err(Failure::file(&file))?);
        }
    }
    Ok(hex(&hash.finalize()))
}

/// Whether this was the fingerprint when `name` was last built.
pub(crate) fn is_remembered(name: &str, fingerprint: &str) -> bool {
    std::fs::read_to_string(place(name)).is_ok_and(|old| old == fingerprint)
}

/// Notes that `name` was built from this.
pub(crate) fn remember(name: &str, fingerprint: &str) -> Outcome {
    workspace::write(&place(name), fingerprint.as_bytes())
}

/// Notes that `name` is being built, so that half of it is never taken for all.
pub(crate) fn forget(name: &str) -> Outcome {
    let path: &Path = &place(name);
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::file(path)(source))
        }
        _ => Ok(()),
    }
}

fn place(name: &str) -> PathBuf {
    workspace::tools().join(format!("{name}.fingerprint"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changed_byte_changes_it() {
        let folder = std::env::temp_dir().join(format!("xtask-fingerprint-{}", std::process::id()));
        let file = folder.join("a/b.txt");
        workspace::write(&file, b"one").unwrap();
        let paths = [folder.clone(), folder.join("absent")];
        let first = of_files(&paths, "dev").unwrap();
        assert_eq!(first, of_files(&paths, "dev").unwrap());
        assert_ne!(first, of_files(&paths, "release").unwrap());
        workspace::write(&file, b"two").unwrap();
        assert_ne!(first, of_files(&paths, "dev").unwrap());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn sha256_is_sha256() {
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
