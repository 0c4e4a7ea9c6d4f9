//! `blob`: what is known of a blob, of the picture that begins with it, and its bytes.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use effigy_core::Cid;
use effigy_core::blob::{Blob, Manifest, join};
use effigy_core::image::{self, ImageError, ImageKind};
use effigy_core::limits::BLOB_BYTES;
use effigy_proto::Here;
use serde::Serialize;

use super::Named;
use crate::error::{CliError, Outcome, io_error};
use crate::output::{Output, Page, Report, bytes};
use crate::pick::pick;
use crate::source::{Shelf, Source};

/// Which blob, and what to do with it.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    named: Named,
    /// Write the bytes to this file, the pieces of a manifest joined; nothing is ever replaced
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Described {
    cid: Cid,
    bytes: u64,
    /// Whether the bytes hash to the name.
    sound: bool,
    /// Whether the owner of the store wrote it; none where the list does not name it.
    own: Option<bool>,
    /// Whether it was looked through and is given to others.
    proven: Option<bool>,
    manifest: Option<Pieces>,
    picture: Option<Picture>,
    written: Option<String>,
}

/// The pieces of which a manifest tells.
#[derive(Debug, Serialize)]
struct Pieces {
    bytes: u64,
    count: usize,
    missing: Vec<Cid>,
}

#[derive(Debug, Serialize)]
struct Picture {
    kind: &'static str,
    width: Option<u32>,
    height: Option<u32>,
    /// Whether it tells no more than its pixels; otherwise why a node refuses it.
    clean: bool,
    why: Option<String>,
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Outcome, CliError> {
    let Named { data, id } = &arguments.named;
    let source = Source::open(data)?;
    let cid = find(&source, id)?;
    let missing =
        || CliError::NotFound { what: "blob", name: id.clone(), path: source.path().to_owned() };
    let stored = source.read(Shelf::Blobs, cid.digest())?.ok_or_else(missing)?;
    let facts = source.read(Shelf::Facts, cid.digest())?.and_then(|facts| Here::from_bytes(&facts));
    let sound = Cid::of(&stored) == cid;
    let mut described = Described {
        cid,
        bytes: stored.len() as u64,
        sound,
        own: facts.map(|facts| facts.own),
        proven: facts.map(|facts| facts.proven),
        manifest: None,
        picture: None,
        written: None,
    };
    let whole = match Manifest::parse(&stored) {
        Ok(manifest) => {
            let (pieces, whole) = gather(&source, &manifest)?;
            described.manifest = Some(pieces);
            whole
        }
        Err(_) => Some(stored),
    };
    described.picture = whole.as_deref().and_then(picture);
    if let (Some(whole), Some(file)) = (&whole, &arguments.output) {
        write(file, whole)?;
        described.written = Some(format!("{} ({})", file.display(), bytes(whole.len() as u64)));
    }
    output.show(&described)?;
    Ok(described.outcome())
}

/// The blob with this id, or the only one that is listed with this ending.
fn find(source: &Source, id: &str) -> Result<Cid, CliError> {
    if let Ok(cid) = id.parse() {
        return Ok(cid);
    }
    let mut cids = Vec::new();
    for row in source.rows(Shelf::Facts) {
        cids.extend(row?.0.try_into().map(Cid::from_digest));
    }
    pick("blob", id, cids, source.path())
}

fn gather(source: &Source, manifest: &Manifest) -> Result<(Pieces, Option<Vec<u8>>), CliError> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for cid in manifest.pieces() {
        let bytes = source.read(Shelf::Blobs, cid.digest())?;
        match bytes.and_then(|bytes| Blob::checked(bytes, *cid).ok()) {
            Some(blob) => found.push(blob),
            None => missing.push(*cid),
        }
    }
    let whole = join(manifest, &found).ok();
    Ok((Pieces { bytes: manifest.size(), count: manifest.pieces().len(), missing }, whole))
}

/// What the bytes are as a picture; `None` for what does not begin as one, and for what may well be
/// the beginning of one.
fn picture(bytes: &[u8]) -> Option<Picture> {
    let kind = ImageKind::of(bytes)?.mime();
    match image::inspect(bytes) {
        Ok(facts) => {
            let (width, height) = (Some(facts.width), Some(facts.height));
            Some(Picture { kind, width, height, clean: true, why: None })
        }
        Err(ImageError::Malformed { .. }) if bytes.len() == BLOB_BYTES => None,
        Err(error) => {
            let why = Some(error.to_string());
            Some(Picture { kind, width: None, height: None, clean: false, why })
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(io_error("write", path))
}

impl Described {
    fn outcome(&self) -> Outcome {
        let incomplete = self.manifest.as_ref().is_some_and(|pieces| !pieces.missing.is_empty());
        let dirty = self.picture.as_ref().is_some_and(|picture| !picture.clean);
        if self.sound && !incomplete && !dirty { Outcome::Fine } else { Outcome::Faulty }
    }
}

impl Report for Described {
    fn tell(&self, page: &mut Page) {
        let yes = |is: Option<bool>| match is {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not listed",
        };
        let hash = if self.sound { "as named" } else { "ANOTHER: the bytes are damaged" };
        let mut facts = vec![
            ("blob", self.cid.to_string()),
            ("size", bytes(self.bytes)),
            ("hash", hash.to_owned()),
            ("own", yes(self.own).to_owned()),
            ("proven", yes(self.proven).to_owned()),
        ];
        if let Some(pieces) = &self.manifest {
            let state = match pieces.missing.len() {
                0 => "all here".to_owned(),
                missing => format!("{missing} MISSING or damaged"),
            };
            let whole = bytes(pieces.bytes);
            facts.push(("manifest", format!("{whole} in {} pieces, {state}", pieces.count)));
        }
        if let Some(picture) = &self.picture {
            let size = match (picture.width, picture.height) {
                (Some(width), Some(height)) => format!(", {width} × {height} pixels"),
                _ => String::new(),
            };
            facts.push(("picture", format!("{}{size}", picture.kind)));
            let verdict = picture.why.as_ref().map_or_else(
                || "nothing but the picture".to_owned(),
                |why| format!("REFUSED: {why}"),
            );
            facts.push(("metadata", verdict));
        }
        facts.extend(self.written.clone().map(|file| ("written", file)));
        page.pairs(&facts);
    }
}
