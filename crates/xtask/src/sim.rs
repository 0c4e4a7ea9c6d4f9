//! `cargo xtask sim`: simulated networks, by the program of `crates/sim`, which knows the options.

use crate::failure::Outcome;
use crate::{shell, workspace};

/// Hands everything on. `--planted` needs nodes into which bugs can be planted: a build of its own.
pub(crate) fn run(options: &[String]) -> Outcome {
    let mut cargo = workspace::cargo(&["run", "--quiet", "--release", "--package", "effigy-sim"]);
    if options.iter().any(|option| option == "--planted") {
        cargo.args(["--features", "planted"]);
    }
    shell::run(cargo.arg("--").args(options))
}

/// All schedules that belong to a change.
pub(crate) fn commit() -> Outcome {
    run(&[])
}
