//! Writes `tests/vectors/*.json`, from which a second implementation can be tested:
//! `cargo run -p effigy-core --example vectors`.

mod files;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    for file in files::all() {
        std::fs::write(folder.join(file.name), file.text())?;
    }
    Ok(())
}
