//! Building the hub, which serves the PWA.

use std::path::PathBuf;

use crate::failure::Outcome;
use crate::progress::Step;
use crate::pwa::Profile;
use crate::{shell, workspace};

/// Builds it with what is in `dist/`, and says where it is. Cargo knows whether there is anything to do.
pub(crate) fn build(profile: Profile, step: &Step) -> Outcome<PathBuf> {
    let mut cargo = workspace::cargo(&["build", "--package", "effigy-hub"]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    step.doing("building");
    shell::run_long(&mut cargo)?;
    step.done("built");
    Ok(binary(profile))
}

/// Builds it together with Mallory, whom journeys need beside it. In one go: built apart, what both are made of would be
/// built twice.
pub(crate) fn build_for_journeys(profile: Profile, step: &Step) -> Outcome {
    let mut cargo =
        workspace::cargo(&["build", "--package", "effigy-hub", "--package", "effigy-mallory"]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    step.doing("building");
    shell::run_long(&mut cargo)?;
    step.done("built");
    Ok(())
}

/// Where the built hub is.
pub(crate) fn binary(profile: Profile) -> PathBuf {
    workspace::target().join(profile.folder()).join("effigy-hub")
}

/// Where the built Mallory is.
pub(crate) fn mallory(profile: Profile) -> PathBuf {
    workspace::target().join(profile.folder()).join("effigy-mallory")
}
