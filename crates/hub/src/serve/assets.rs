//! Where the app's files come from: the binary itself, or a folder while developing.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use axum::body::Bytes;
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::encoding::Encoding;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// One row of the table that the build script writes.
pub(super) struct Embedded {
    path: &'static str,
    bytes: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// A folder served while developing holds an app, not an archive.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// Files kept compressed in memory; an app has a few dozen.
const MAX_CACHED: usize = 512;
/// Fewer letters could be a date or a word; the build writes 16 (of SHA-256 or SeaHash).
const MIN_HASH_LETTERS: usize = 12;

/// The files of the app.
pub(crate) enum Assets {
    /// Carried by the binary.
    Embedded(HashMap<&'static str, Arc<Asset>>),
    /// Read from a folder, again whenever a file changes.
    Folder(Folder),
}

/// The folder cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve the app from {}: {source}", path.display())]
pub(crate) struct AssetsError {
    path: PathBuf,
    source: io::Error,
}

/// One file in every form in which it is sent.
#[derive(Debug)]
pub(crate) struct Asset {
    brotli: Option<Bytes>,
    bytes: Bytes,
    content_type: &'static str,
    gzip: Option<Bytes>,
    hash: String,
    is_immutable: bool,
}

/// A folder on disk and what was last read from it.
pub(crate) struct Folder {
    cache: Mutex<HashMap<PathBuf, (Stamp, Arc<Asset>)>>,
    root: PathBuf,
}

/// A file that has the same stamp is taken to be the same file.
type Stamp = (u64, Option<SystemTime>);

impl Assets {
    /// The files inside the binary; none at all when it was built without the app.
    pub(crate) fn embedded() -> Self {
        let asset = |file: &Embedded| {
            let small = |bytes: Option<&'static [u8]>| bytes.map(Bytes::from_static);
            let bytes = Bytes::from_static(file.bytes);
            (
                file.path,
                Arc::new(Asset::new(file.path, bytes, small(file.brotli), small(file.gzip))),
            )
        };
        Self::Embedded(EMBEDDED.iter().map(asset).collect())
    }

    /// The files of a folder.
    ///
    /// # Errors
    /// When there is no such folder.
    pub(crate) fn folder(path: &Path) -> Result<Self, AssetsError> {
        let refuse = |source| AssetsError { path: path.to_owned(), source };
        let root = path.canonicalize().map_err(refuse)?;
        if !root.is_dir() {
            return Err(refuse(io::ErrorKind::NotADirectory.into()));
        }
        Ok(Self::Folder(Folder { cache: Mutex::default(), root }))
    }

    /// How many files there are, where that is known beforehand.
    pub(crate) fn n_embedded(&self) -> Option<usize> {
        match self {
            Self::Embedded(files) => Some(files.len()),
            Self::Folder(_) => None,
        }
    }

    /// The file that is served under this path, which begins with a slash.
    pub(crate) async fn find(&self, path: &str) -> Option<Arc<Asset>> {
        match self {
            Self::Embedded(files) => files.get(path).cloned(),
            Self::Folder(folder) => folder.find(path).await,
        }
    }
}

impl Folder {
    async fn find(&self, path: &str) -> Option<Arc<Asset>> {
        let found = self.locate(path)?;
        let stamp = stamp(&fs::metadata(&found).ok()?)?;
        if let Some(asset) = self.cached(&found, stamp) {
            return Some(asset);
        }
        let name = path.to_owned();
        let file = found.clone();
        // Reading and compressing take long enough to hold up everybody else.
        let load = tokio::task::spawn_blocking(move || load(&name, &file));
        let asset = Arc::new(load.await.ok()?.ok()?);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MAX_CACHED {
            cache.clear();
        }
        cache.insert(found, (stamp, Arc::clone(&asset)));
        Some(asset)
    }

    /// The file on disk, if it is a plain name inside the folder; links that lead out are not
    /// followed.
    fn locate(&self, path: &str) -> Option<PathBuf> {
        let is_plain = |name: &str| {
            let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_letter)
        };
        let mut file = self.root.clone();
        for name in path.strip_prefix('/')?.split('/') {
            if !is_plain(name) {
                return None;
            }
            file.push(name);
        }
        file.canonicalize().ok().filter(|file| file.starts_with(&self.root))
    }

    fn cached(&self, file: &Path, stamp: Stamp) -> Option<Arc<Asset>> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, asset) = cache.get(file)?;
        (*known == stamp).then(|| Arc::clone(asset))
    }
}

impl Asset {
    fn new(path: &str, bytes: Bytes, brotli: Option<Bytes>, gzip: Option<Bytes>) -> Self {
        let digest = Sha256::digest(&bytes);
        let hash = BASE64URL_NOPAD.encode(digest.get(..15).unwrap_or_default());
        let (content_type, is_immutable) = (content_type(path), is_hashed(path));
        Self { brotli, bytes, content_type, gzip, hash, is_immutable }
    }

    /// The smallest form that is accepted.
    pub(super) fn best(&self, accepted: &str) -> Encoding {
        if self.brotli.is_some() && Encoding::Brotli.is_accepted(accepted) {
            Encoding::Brotli
        } else if self.gzip.is_some() && Encoding::Gzip.is_accepted(accepted) {
            Encoding::Gzip
        } else {
            Encoding::Identity
        }
    }

    pub(super) fn bytes(&self, encoding: Encoding) -> Bytes {
        let small = match encoding {
            Encoding::Brotli => self.brotli.as_ref(),
            Encoding::Gzip => self.gzip.as_ref(),
            Encoding::Identity => None,
        };
        small.unwrap_or(&self.bytes).clone()
    }

    /// A name for exactly these bytes in this form, with its quotes.
    pub(super) fn tag(&self, encoding: Encoding) -> String {
        match encoding.name() {
            Some(name) => format!("\"{}.{name}\"", self.hash),
            None => format!("\"{}\"", self.hash),
        }
    }

    pub(super) fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// A file named after its content never changes; every other is asked about each time.
    pub(super) fn cache_control(&self) -> &'static str {
        if self.is_immutable { "public, max-age=31536000, immutable" } else { "no-cache" }
    }
}

fn stamp(metadata: &Metadata) -> Option<Stamp> {
    let is_servable = metadata.is_file() && metadata.len() <= MAX_FILE_BYTES;
    is_servable.then(|| (metadata.len(), metadata.modified().ok()))
}

fn load(name: &str, file: &Path) -> io::Result<Asset> {
    let bytes = fs::read(file)?;
    let is_text = content_type(name).starts_with("text/") || is_compressible(content_type(name));
    if !is_text {
        return Ok(Asset::new(name, bytes.into(), None, None));
    }
    let mut brotli = brotli::CompressorWriter::new(Vec::new(), 64 * 1024, 5, 22);
    brotli.write_all(&bytes)?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&bytes)?;
    let smaller = |small: Vec<u8>| (small.len() < bytes.len()).then(|| Bytes::from(small));
    let (brotli, gzip) = (smaller(brotli.into_inner()), smaller(gzip.finish()?));
    Ok(Asset::new(name, bytes.into(), brotli, gzip))
}

fn is_compressible(content_type: &str) -> bool {
    matches!(
        content_type,
        "application/json" | "application/manifest+json" | "application/wasm" | "image/svg+xml"
    )
}

pub(super) fn content_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or_default();
    if name == "manifest.json" {
        return "application/manifest+json";
    }
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "jpeg" | "jpg" => "image/jpeg",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Whether a file's own name carries a hash of its content: `effigy-web-51f0a2b3c4d5e6f7_bg.wasm`.
/// Folders do not count: the names of generated folders say nothing about what is in them.
pub(super) fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    stem.split(['-', '_'])
        .skip(1)
        .any(|part| part.len() >= MIN_HASH_LETTERS && part.bytes().all(is_hex))
}
