//! `effigy-hub`: one program that serves the app and is a node that never sleeps.

mod app;
mod banner;
mod bans;
mod config;
mod data;
mod guesses;
mod keeper;
mod listen;
mod log;
mod metrics;
mod policy;
mod run;
mod serve;
mod shelf;
mod socket;
mod tls;

use std::io::{self, Write};
use std::process::ExitCode;

use tracing::warn;

/// The configuration cannot be used; starting again changes nothing.
const MISCONFIGURED: u8 = 2;

fn main() -> ExitCode {
    let matches = config::command().get_matches();
    let loaded = match config::load(&matches, std::env::vars_os()) {
        Ok(loaded) => loaded,
        Err(error) => return complain(&error, MISCONFIGURED),
    };
    log::start(&loaded.config);
    for variable in loaded.strangers {
        warn!(variable, "this environment variable is not a setting of the hub and is ignored");
    }
    match run::run(loaded.config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error, 1),
    }
}

/// Says why there is no hub, in one line that is there at every log level and in every format.
fn complain(error: &dyn std::error::Error, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "effigy-hub: {error}");
    ExitCode::from(code)
}
