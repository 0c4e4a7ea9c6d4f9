//! `cargo xtask bench`: what is measured, each beside its limit, in a network of its own.

use crate::failure::{Failure, Outcome};
use crate::pwa::Profile;
use crate::workspace::{self, WASM};
use crate::{e2e, install, shell};

/// What a benchmark is made of, besides the native programs that all share.
struct Bench {
    name: &'static str,
    /// Whether it opens the app in a browser.
    app: bool,
    /// Whether it runs a hub.
    hub: bool,
}

/// Every benchmark, in the order in which all are run.
const ALL: [Bench; 7] = [
    Bench { name: "start", app: true, hub: true },
    Bench { name: "ingest", app: true, hub: true },
    Bench { name: "transfer", app: true, hub: true },
    Bench { name: "long", app: true, hub: true },
    Bench { name: "growth", app: true, hub: true },
    Bench { name: "reconnect", app: false, hub: false },
    Bench { name: "hub-load", app: false, hub: true },
];

/// Runs the benchmarks that are named, or all.
pub(crate) fn run(names: &[String]) -> Outcome {
    let known = |name: &String| ALL.iter().any(|bench| bench.name == name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let problem = format!("is no benchmark: {}", ALL.map(|bench| bench.name).join(", "));
        return Err(Failure::unexpected(unknown.clone(), problem));
    }
    let chosen = |bench: &&Bench| names.is_empty() || names.iter().any(|name| name == bench.name);
    let benches: Vec<&Bench> = ALL.iter().filter(chosen).collect();
    build(&benches)?;
    for bench in benches {
        let script = workspace::root().join("bench").join(format!("{}.mjs", bench.name));
        e2e::script_alone(&script, &[], Profile::Release)?;
    }
    Ok(())
}

/// Builds what these need, and gets what they are measured beside.
fn build(benches: &[&Bench]) -> Outcome {
    let mut cargo = workspace::cargo(&["build", "--release", "--package", "effigy-bench"]);
    if benches.iter().any(|bench| bench.app) {
        e2e::prepare(Profile::Release)?;
        let limit = ["build", "--release", "--package", "effigy-bench-limit", "--target", WASM];
        shell::run(&mut workspace::cargo(&limit))?;
    } else if benches.iter().any(|bench| bench.hub) {
        cargo.args(["--package", "effigy-hub"]);
    }
    shell::run(&mut cargo)?;
    install::bench_peers();
    Ok(())
}
