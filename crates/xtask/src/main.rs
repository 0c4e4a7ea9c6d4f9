//! The commands of the project: `cargo xtask <command>`. One file per command; `start` and `test` are the ones to know.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool of the command line talks to its terminal"
)]

mod bench;
mod browser_tests;
mod dev;
mod docs;
mod e2e;
mod failure;
mod fingerprint;
mod fuzz;
mod hub;
mod install;
mod lint;
mod options;
mod post_build;
mod progress;
mod pwa;
mod shell;
mod sim;
mod size;
mod start;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use failure::{Failure, Outcome};
use options::Options;

const USAGE: &str = "\
cargo xtask <command>

  start [--port N] [--data DIR] [--release | --dev]
                     build the PWA and run a hub that serves it: http://127.0.0.1:8420
  dev [--port N] [--data DIR]
                     the same, built without optimisation, and built again at every change
  test [--quick] [--only STEP] [--list]
                     everything that must hold before a commit; --quick leaves out browsers and the PWA
  tidy               the rules of the architecture, read from the sources
  e2e [JOURNEY ..]   what people do, in real browsers against a real hub
  fuzz [TARGET ..] [--seconds N]
                     inputs that break something, looked for a minute a target
  sim [--scenario NAME] [--seed N] [--seeds N] [--plays N] [--planted] [--list]
                     simulated networks: all that belongs to a change, one schedule again, or millions
  bench [NAME ..]    what is measured, each beside its limit: start, ingest
  screenshots        the pictures of the documents
  size               what the first start loads, compressed
  docs               write the generated tables of docs/protocol.md
  post-build         called by Trunk: names, list of files, version
";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: Vec<String>) -> Outcome {
    if arguments.is_empty() {
        print!("{USAGE}");
        return Ok(());
    }
    let command = arguments.remove(0);
    if command == "sim" {
        return sim::run(&arguments);
    }
    let mut options = Options::new(arguments);
    match command.as_str() {
        "start" => start::run(&mut options),
        "dev" => dev::run(&mut options),
        "test" => test::run(&mut options),
        "bench" => bench::run(&options.rest()?),
        "tidy" => options.finish().and_then(|()| tidy::run()),
        "e2e" => e2e::run(&options.rest()?),
        "fuzz" => fuzz::run(options),
        "screenshots" => options.finish().and_then(|()| e2e::screenshots()),
        "size" => options.finish().and_then(|()| size::run()),
        "docs" => options.finish().and_then(|()| docs::run()),
        "post-build" => options.finish().and_then(|()| post_build::run()),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => {
            Err(Failure::Usage { what: format!("there is no command `{other}`"), usage: USAGE })
        }
    }
}
