//! Where things are, and what cargo knows of the crates.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::shell;

/// Crates that exist only in the browser, and are checked there.
pub(crate) const BROWSER_CRATES: [&str; 4] =
    ["effigy-store-idb", "effigy-net-web", "effigy-web", "effigy-worker"];
/// Crates that are part of the app in the browser, besides those.
pub(crate) const SHARED_CRATES: [&str; 5] =
    ["effigy-core", "effigy-feed", "effigy-store", "effigy-proto", "effigy-engine"];
/// The target triple of the browser.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The folder of the project.
pub(crate) fn root() -> PathBuf {
    // crates/xtask is two folders below it; known when compiled, so that the working directory does not matter.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The folder of everything that is built.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The built PWA.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// What this tool remembers and installs.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// A `cargo` command in the project, of the toolchain that runs this.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    command
}

/// Reads a text file.
pub(crate) fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(Failure::file(path))
}

/// Writes a file, with its folder.
pub(crate) fn write(path: &Path, content: &[u8]) -> Outcome {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Failure::file(folder))?;
    }
    fs::write(path, content).map_err(Failure::file(path))
}

/// Folders that hold nothing written by hand.
const BUILT: [&str; 6] = ["target", "dist", "node_modules", ".git", ".effigy", "output"];

/// All files below a folder, sorted, without what is built.
pub(crate) fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).map_err(Failure::file(&folder))? {
            let path = entry.map_err(Failure::file(&folder))?.path();
            let built =
                path.file_name().is_some_and(|name| BUILT.iter().any(|built| name == *built));
            if path.is_dir() && !path.is_symlink() {
                if !built {
                    open.push(path);
                }
            } else if path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A crate of this workspace.
pub(crate) struct Member {
    /// Its name, `effigy-core`.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// What it depends on.
    pub(crate) dependencies: Vec<Dependency>,
}

/// An arrow from a crate to another.
pub(crate) struct Dependency {
    /// The crate it points to.
    pub(crate) name: String,
    /// Whether it is there for tests only.
    pub(crate) for_tests: bool,
}

impl Member {
    /// Whether some of its tests run in a browser.
    pub(crate) fn has_browser_tests(&self) -> bool {
        self.dependencies.iter().any(|dependency| dependency.name == "wasm-bindgen-test")
    }
}

/// The crates of this workspace, as their `Cargo.toml` files say.
pub(crate) fn members() -> Outcome<Vec<Member>> {
    let text = shell::read(&mut cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    parse_members(&text)
        .ok_or_else(|| Failure::unexpected("cargo metadata", "not in the known form"))
}

fn parse_members(text: &str) -> Option<Vec<Member>> {
    let metadata: Value = serde_json::from_str(text).ok()?;
    metadata.get("packages")?.as_array()?.iter().map(parse_member).collect()
}

fn parse_member(package: &Value) -> Option<Member> {
    let manifest = Path::new(package.get("manifest_path")?.as_str()?);
    let dependencies = package.get("dependencies")?.as_array()?.iter().map(|dependency| {
        Some(Dependency {
            name: dependency.get("name")?.as_str()?.to_owned(),
            for_tests: dependency.get("kind")?.as_str() == Some("dev"),
        })
    });
    Some(Member {
        name: package.get("name")?.as_str()?.to_owned(),
        folder: manifest.parent()?.to_owned(),
        dependencies: dependencies.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_of_the_workspace_are_read() {
        let text = r#"{"packages":[{"name":"a","manifest_path":"/w/a/Cargo.toml","dependencies":[
            {"name":"b","kind":null},{"name":"wasm-bindgen-test","kind":"dev"}]}]}"#;
        let members = parse_members(text).unwrap();
        let member = members.first().unwrap();
        assert_eq!((member.name.as_str(), member.folder.as_path()), ("a", Path::new("/w/a")));
        assert_eq!(
            member.dependencies.iter().map(|d| d.for_tests).collect::<Vec<_>>(),
            [false, true]
        );
        assert!(member.has_browser_tests());
        assert!(parse_members("{}").is_none());
    }

    #[test]
    fn the_project_is_two_folders_up() {
        assert!(root().join("Cargo.toml").is_file() && root().join("web").is_dir());
    }
}
