//! `cargo xtask bench`: what is measured, each beside its limit, in a network of its own.

use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::pwa::Profile;
use crate::{e2e, install, shell, workspace};

/// Every benchmark, in the order in which all are run.
const ALL: [&str; 3] = ["start", "ingest", "hub-load"];
/// The one that needs neither a browser nor the app.
const WITHOUT_APP: &str = "hub-load";

/// Runs the benchmarks that are named, or all.
pub(crate) fn run(names: &[String]) -> Outcome {
    let names: Vec<&str> =
        if names.is_empty() { ALL.to_vec() } else { names.iter().map(String::as_str).collect() };
    if let Some(unknown) = names.iter().find(|name| !ALL.contains(name)) {
        let problem = format!("is no benchmark: {}", ALL.join(", "));
        return Err(Failure::unexpected((*unknown).to_owned(), problem));
    }
    if names.iter().any(|name| *name != WITHOUT_APP) {
        e2e::prepare(Profile::Release)?;
    } else {
        let mut build = Command::new("cargo");
        build.current_dir(workspace::root()).args([
            "build",
            "--release",
            "--package",
            "effigy-hub",
        ]);
        shell::run(&mut build)?;
    }
    let mut build = Command::new("cargo");
    build.current_dir(workspace::root()).args(["build", "--release", "--package", "effigy-bench"]);
    shell::run(&mut build)?;
    if names.contains(&WITHOUT_APP) {
        install::bench_peers()?;
    }
    for name in names {
        e2e::script_alone(
            &workspace::root().join("bench").join(format!("{name}.mjs")),
            &[],
            Profile::Release,
        )?;
    }
    Ok(())
}
