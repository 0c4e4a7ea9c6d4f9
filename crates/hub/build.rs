//! Puts the built PWA into the hub: every file of `dist`, and beside it the compressed forms.
//!
//! Without `dist/index.html` (or with `EFFIGY_DIST` set to an empty text) the table stays empty, the
//! hub compiles all the same and says in the browser how to build the app. Compressing is slow and
//! the app changes rarely, so results are kept in `OUT_DIR` under the hash of what went in.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Files of these kinds shrink; pictures and fonts are compressed already.
const COMPRESSIBLE: [&str; 9] =
    ["css", "html", "js", "json", "svg", "txt", "wasm", "webmanifest", "xml"];
/// What the hub includes.
const TABLE: &str = "embedded.rs";
/// Below this, headers cost more than compression saves.
const WORTH_IT: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let beside = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../dist");
    let dist = env::var_os("EFFIGY_DIST").map_or(beside, PathBuf::from);
    println!("cargo::rerun-if-env-changed=EFFIGY_DIST");
    println!("cargo::rerun-if-changed=build.rs");
    // Watched also while it is missing, so that the app is found as soon as it is built.
    println!("cargo::rerun-if-changed={}", dist.display());

    let mut files = BTreeMap::new();
    if dist.join("index.html").is_file() {
        collect(&dist, "", &mut files)?;
    }
    let is_release = env::var("PROFILE")? == "release";
    let mut table = String::from("pub(super) static EMBEDDED: &[Embedded] = &[\n");
    let mut used = vec![out.join(TABLE)];
    for (name, path) in &files {
        let bytes = fs::read(path)?;
        let forms = if is_compressible(name) && bytes.len() >= WORTH_IT {
            [brotli(&out, &bytes, is_release)?, gzip(&out, &bytes, is_release)?]
        } else {
            [None, None]
        };
        used.extend(forms.iter().flatten().cloned());
        let [brotli, gzip] = forms.map(|form| {
            form.map_or("None".to_owned(), |path| format!("Some(include_bytes!({path:?}))"))
        });
        let path = path.canonicalize()?;
        writeln!(
            table,
            "    Embedded {{ path: {name:?}, bytes: include_bytes!({path:?}), brotli: {brotli}, gzip: {gzip} }},"
        )?;
    }
    table.push_str("];\n");
    fs::write(out.join(TABLE), table)?;
    sweep(&out, &used)
}

/// Removes what earlier builds of the app left.
fn sweep(out: &Path, used: &[PathBuf]) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        if !used.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Every file below `folder`, by the path under which it is served.
fn collect(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, PathBuf>,
) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| "a file name is not UTF-8")?;
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}/{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &path, files)?;
        } else {
            files.insert(path, entry.path());
        }
    }
    Ok(())
}

fn is_compressible(name: &str) -> bool {
    Path::new(name)
        .extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| COMPRESSIBLE.contains(&extension))
}

fn brotli(out: &Path, bytes: &[u8], is_release: bool) -> Result<Option<PathBuf>, Box<dyn Error>> {
    let quality = if is_release { 11 } else { 5 };
    kept(out, bytes, &format!("br{quality}"), |small| {
        let mut writer = brotli::CompressorWriter::new(small, 64 * 1024, quality, 22);
        writer.write_all(bytes)?;
        writer.flush()
    })
}

fn gzip(out: &Path, bytes: &[u8], is_release: bool) -> Result<Option<PathBuf>, Box<dyn Error>> {
    let level = if is_release { 9 } else { 6 };
    kept(out, bytes, &format!("gz{level}"), |small| {
        let mut writer = flate2::write::GzEncoder::new(small, flate2::Compression::new(level));
        writer.write_all(bytes)?;
        writer.finish().map(|_| ())
    })
}

/// The file with the compressed bytes, made only when it is not there yet; none when compression
/// saves nothing.
fn kept(
    out: &Path,
    bytes: &[u8],
    form: &str,
    compress: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>,
) -> Result<Option<PathBuf>, Box<dyn Error>> {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let path = out.join(format!("{:016x}-{}.{form}", hasher.finish(), bytes.len()));
    if !path.is_file() {
        let mut small = Vec::new();
        compress(&mut small)?;
        // Renamed into place: an interrupted build must not leave half a file to be believed.
        let aside = path.with_extension("part");
        fs::write(&aside, &small)?;
        fs::rename(&aside, &path)?;
    }
    let is_smaller = fs::metadata(&path)?.len() < bytes.len() as u64;
    Ok(is_smaller.then_some(path))
}
