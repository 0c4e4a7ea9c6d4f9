//! Building the PWA into `dist/`, when it is not current.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::progress::Step;
use crate::{fingerprint, install, shell, workspace};

/// How something is built.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Profile {
    /// Quick to build.
    Dev,
    /// Small and fast to use.
    Release,
}

impl Profile {
    /// Its name in folders.
    pub(crate) const fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// What is remembered of the last build.
const NAME: &str = "dist";

/// The crates that are not in the app, so their changes do not concern it.
const NOT_IN_THE_APP: [&str; 6] = ["cli", "hub", "net-native", "sim", "store-redb", "xtask"];

/// Builds it, unless nothing changed. True when it was built.
pub(crate) fn build(profile: Profile, step: &Step) -> Outcome<bool> {
    let current = fingerprint::of_files(&sources()?, &description(profile))?;
    if with_result(&current).is_some_and(|now| fingerprint::is_remembered(NAME, &now)) {
        step.done("current");
        return Ok(false);
    }
    step.doing("building");
    fingerprint::forget(NAME)?;
    let mut trunk = trunk("build");
    if profile == Profile::Release {
        trunk.arg("--release");
    }
    shell::run_long(&mut trunk)?;
    let made = with_result(&current)
        .ok_or_else(|| Failure::unexpected("dist", "is not complete after the build"))?;
    fingerprint::remember(NAME, &made)?;
    step.done("built");
    Ok(true)
}

/// A fingerprint of what went in and of what is in `dist/` now: somebody may have built there in another way.
fn with_result(sources: &str) -> Option<String> {
    let list = std::fs::read(workspace::dist().join("precache.json")).ok()?;
    Some(format!("{sources} {}", fingerprint::sha256(&list)))
}

/// A Trunk that does not look for anything in the network.
pub(crate) fn trunk(command: &str) -> Command {
    let mut trunk = install::tool("trunk");
    // Its reading of NO_COLOR takes `1` for an error.
    trunk.env_remove("NO_COLOR");
    // A backtrace of Trunk says nothing about the error of the compiler above it.
    trunk.env("RUST_BACKTRACE", "0");
    trunk.env("TRUNK_BUILD_OFFLINE", "true").env("TRUNK_SKIP_VERSION_CHECK", "true").arg(command);
    trunk
}

fn description(profile: Profile) -> String {
    format!(
        "{profile:?} trunk {} wasm-bindgen {} binaryen {}",
        install::TRUNK,
        install::WASM_BINDGEN,
        install::BINARYEN
    )
}

fn sources() -> Outcome<Vec<PathBuf>> {
    let root = workspace::root();
    let crates = root.join("crates");
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(&crates).map_err(Failure::file(&crates))? {
        let path = entry.map_err(Failure::file(&crates))?.path();
        if path.file_name().is_some_and(|name| NOT_IN_THE_APP.iter().all(|other| name != *other)) {
            sources.push(path);
        }
    }
    sources.sort();
    let others = [
        "web",
        "static",
        "manifest.json",
        "service-worker.js",
        "Cargo.toml",
        "Cargo.lock",
        "Trunk.toml",
        "rust-toolchain.toml",
        ".cargo/config.toml",
        "crates/xtask/src/post_build",
    ];
    sources.extend(others.map(|name| root.join(name)));
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hub_is_no_source_of_the_app_but_the_core_is() {
        let sources = sources().unwrap();
        let root = workspace::root();
        assert!(sources.contains(&root.join("crates/core")));
        assert!(!sources.contains(&root.join("crates/hub")));
    }
}
