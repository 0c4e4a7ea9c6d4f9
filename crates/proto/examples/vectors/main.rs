//! Writes `tests/vectors/feed.json`, `registers.json` and `session.json`, from which a second implementation can be
//! tested: `cargo run -p effigy-proto --example vectors`.

mod files;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    for (name, text) in files::all() {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}
