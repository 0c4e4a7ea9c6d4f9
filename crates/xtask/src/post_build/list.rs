//! The files of the first start, and the version they are together.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::DIGITS;
use crate::failure::{Failure, Outcome};
use crate::{fingerprint, workspace};

/// What describes the files, and so is not one of them.
const DESCRIPTIONS: [&str; 3] = ["precache.json", "service-worker.js", "version.json"];
/// The pictures that a start loads: that of the page, and that which the browser shows for the app. The others are for the
/// system, when the app is installed.
const PICTURES: [&str; 2] = ["icons/icon-192.png", "icons/mark.svg"];

/// A file of the first start.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Listed {
    /// Its address, `/` for the page.
    pub(crate) path: String,
    /// SHA-256 in hexadecimal.
    pub(crate) sha256: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// Whether its name tells its content, so that it may be kept for ever.
    pub(crate) hashed: bool,
}

impl Listed {
    /// A file of which only the size matters.
    pub(crate) fn new(path: &str, bytes: u64) -> Self {
        Self { path: path.to_owned(), sha256: String::new(), bytes, hashed: false }
    }

    /// Its name below `dist/`.
    pub(crate) fn name(&self) -> &str {
        match self.path.trim_start_matches('/') {
            "" => "index.html",
            name => name,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "path": self.path, "sha256": self.sha256, "bytes": self.bytes, "hashed": self.hashed })
    }

    pub(super) fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            path: value.get("path")?.as_str()?.to_owned(),
            sha256: value.get("sha256")?.as_str()?.to_owned(),
            bytes: value.get("bytes")?.as_u64()?,
            hashed: value.get("hashed")?.as_bool()?,
        })
    }
}

/// The files of the first start, as the build listed them.
pub(crate) fn listed(dist: &Path) -> Outcome<Vec<Listed>> {
    let path = dist.join("precache.json");
    let list: Option<Vec<Listed>> = serde_json::from_str::<Value>(&workspace::read(&path)?)
        .ok()
        .and_then(|value| value.get("files")?.as_array()?.iter().map(Listed::from_json).collect());
    list.ok_or_else(|| Failure::unexpected(path.display().to_string(), "is no list of files"))
}

pub(super) fn list(stage: &Path) -> Outcome<Vec<Listed>> {
    let mut files = Vec::new();
    for path in workspace::files(stage)? {
        let Some(name) = path.strip_prefix(stage).ok().and_then(Path::to_str) else { continue };
        if DESCRIPTIONS.contains(&name) || (name.starts_with("icons/") && !PICTURES.contains(&name))
        {
            continue;
        }
        let content = fs::read(&path).map_err(Failure::file(&path))?;
        files.push(Listed {
            path: if name == "index.html" { "/".to_owned() } else { format!("/{name}") },
            sha256: fingerprint::sha256(&content),
            bytes: u64::try_from(content.len()).unwrap_or(u64::MAX),
            hashed: is_hashed(name),
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Whether the part between the last dash and the ending is a hash: `base-0123456789abcdef.css`.
fn is_hashed(name: &str) -> bool {
    let Some((_, end)) = name.rsplit_once('-') else { return false };
    let digits = end.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).count();
    // Trunk prints a number of 64 bits without leading zeros.
    (12..=DIGITS).contains(&digits)
        && end.get(digits..).is_some_and(|rest| rest.starts_with(['.', '_']))
}

/// The same files have the same version, whenever and wherever they were built.
pub(super) fn version(files: &[Listed]) -> String {
    let lines: String =
        files.iter().map(|file| format!("{} {}\n", file.path, file.sha256)).collect();
    let digest = fingerprint::sha256(lines.as_bytes());
    digest.get(..DIGITS).unwrap_or(&digest).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(path: &str, content: &str) -> Listed {
        let sha256 = fingerprint::sha256(content.as_bytes());
        Listed { path: path.to_owned(), sha256, bytes: 1, hashed: is_hashed(path) }
    }

    #[test]
    fn a_hash_in_a_name_is_recognised() {
        for name in [
            "base-1fdf6c4a92cf9a.css",
            "effigy-web-b21bb57c4cd3c9e2_bg.wasm",
            "effigy-web-b21bb57c4cd3c9e2.js",
        ] {
            assert!(is_hashed(name), "{name}");
        }
        for name in [
            "index.html",
            "icons/icon-192.png",
            "effigy-web.js",
            "base-feed.css",
            "snippets/x-0123456789abcdef/inline0.js",
        ] {
            assert!(!is_hashed(name), "{name}");
        }
    }

    #[test]
    fn the_version_depends_on_names_and_contents_only() {
        let first = version(&[listed("/", "page"), listed("/a.js", "one")]);
        assert_eq!(first, version(&[listed("/", "page"), listed("/a.js", "one")]));
        assert_ne!(first, version(&[listed("/", "page"), listed("/a.js", "two")]));
        assert_ne!(first, version(&[listed("/", "page"), listed("/b.js", "one")]));
    }
}
