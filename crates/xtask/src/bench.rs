//! `cargo xtask bench`: what is measured, each beside its limit, in a network of its own.

use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::pwa::Profile;
use crate::{e2e, shell, workspace};

/// Every benchmark, in the order in which all are run.
const ALL: [&str; 2] = ["start", "ingest"];

/// Runs the benchmarks that are named, or all.
pub(crate) fn run(names: &[String]) -> Outcome {
    let names: Vec<&str> =
        if names.is_empty() { ALL.to_vec() } else { names.iter().map(String::as_str).collect() };
    if let Some(unknown) = names.iter().find(|name| !ALL.contains(name)) {
        return Err(Failure::unexpected((*unknown).to_owned(), "is no benchmark: start, ingest"));
    }
    e2e::prepare(Profile::Release)?;
    let mut build = Command::new("cargo");
    build.current_dir(workspace::root()).args(["build", "--release", "--package", "effigy-bench"]);
    shell::run(&mut build)?;
    for name in names {
        e2e::script_alone(
            &workspace::root().join("bench").join(format!("{name}.mjs")),
            &[],
            Profile::Release,
        )?;
    }
    Ok(())
}
