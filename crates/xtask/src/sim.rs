//! `cargo xtask sim`: simulated networks, by the programs of `crates/sim`, which know the options.

use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};

/// How many plays of two people and their hub belong to a change; more with `--plays`.
const PLAYS: &str = "2000";
const USAGE: &str = "cargo xtask sim --plays N";

/// Hands everything on. `--planted` needs nodes into which bugs can be planted: a build of its own.
pub(crate) fn run(options: &[String]) -> Outcome {
    if let Some(at) = options.iter().position(|option| option == "--plays") {
        return match options.get(at + 1) {
            Some(count) => plays(count),
            None => Err(Failure::Usage { what: "how many plays?".to_owned(), usage: USAGE }),
        };
    }
    let planted = options.iter().any(|option| option == "--planted");
    program("effigy-sim", if planted { &["--features", "planted"] } else { &[] }, options)
}

/// All schedules and plays that belong to a change.
pub(crate) fn commit() -> Outcome {
    run(&[])?;
    plays(PLAYS)
}

/// Whether each planted bug is found.
pub(crate) fn planted() -> Outcome {
    run(&["--planted".to_owned()])
}

fn plays(count: &str) -> Outcome {
    program("plays", &[], &["--count".to_owned(), count.to_owned()])
}

fn program(name: &str, features: &[&str], options: &[String]) -> Outcome {
    let mut cargo = workspace::cargo(&["run", "--quiet", "--release", "--package", "effigy-sim"]);
    cargo.args(["--bin", name]).args(features);
    shell::run(cargo.arg("--").args(options))
}
