//! `cargo xtask post-build`, called by Trunk when the app is built and not yet in `dist/`.
//!
//! 1. Makes the scripts smaller, and names them and the WebAssembly by their final content; Trunk names them by what they were before.
//! 2. Lists every file of the first start, with its SHA-256, for the service worker.
//! 3. Writes `version.json`: what is running, and of which commit.

mod list;
mod names;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};
pub(crate) use list::{Listed, listed};
use list::{list, version};
use names::{move_integrity, name_by_content, smaller};

/// How many hexadecimal digits of a hash are part of a name.
const DIGITS: usize = 16;
/// The line of the service worker that is replaced.
const UNFILLED: &str = r#"const RELEASE = { version: "unbuilt", files: [] };"#;

/// Finishes what Trunk has staged.
pub(crate) fn run() -> Outcome {
    let Some(stage) = std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from) else {
        return Err(Failure::Missing {
            tool: "TRUNK_STAGING_DIR",
            remedy: "Trunk calls this command itself.".to_owned(),
        });
    };
    let release = std::env::var("TRUNK_PROFILE").is_ok_and(|profile| profile == "release");
    let page = stage.join("index.html");
    let mut html = move_integrity(&workspace::read(&page)?)?;
    if release {
        html = name_by_content(&stage, html)?;
    } else {
        // While developing, a page that comes out of a cache would be in the way.
        html = html.replace(r#"data-worker="on""#, r#"data-worker="off""#);
    }
    workspace::write(&page, html.as_bytes())?;

    let files = list(&stage)?;
    let version = version(&files);
    let release = json!({ "version": version, "files": files.iter().map(Listed::to_json).collect::<Vec<_>>() });
    workspace::write(&stage.join("precache.json"), release.to_string().as_bytes())?;
    fill_worker(&stage.join("service-worker.js"), &release)?;
    workspace::write(&stage.join("version.json"), about(&version).to_string().as_bytes())
}

fn fill_worker(path: &Path, release: &Value) -> Outcome {
    let worker = workspace::read(path)?;
    if !worker.contains(UNFILLED) {
        return Err(Failure::unexpected(
            "service-worker.js",
            "the line with `const RELEASE` is not as expected",
        ));
    }
    let filled = worker.replace(UNFILLED, &format!("const RELEASE = {release};"));
    workspace::write(path, &smaller(filled.as_bytes()))
}

/// What `version.json` says. The time is that of the commit, so that building twice gives the same bytes.
fn about(version: &str) -> Value {
    let git = |arguments: &[&str]| {
        shell::ask(Command::new("git").current_dir(workspace::root()).args(arguments))
            .map(|text| text.trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"]);
    let time = git(&["show", "--no-patch", "--format=%cI", "HEAD"]);
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no"]).map(|changes| !changes.is_empty());
    json!({ "version": version, "commit": commit, "built": time, "changed": changed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_in_the_tree_can_be_filled() {
        let source = workspace::read(&workspace::root().join("service-worker.js")).unwrap();
        assert!(source.contains(UNFILLED));
        assert!(source.lines().count() < 150, "the service worker is to stay short");
    }
}
