//! `effigy`: looks into a hub's data or an export, and checks it. It reads; it never speaks to
//! anybody and never changes a feed.

mod commands;
mod error;
mod escape;
mod fault;
mod fresh;
mod output;
mod people;
mod pick;
mod say;
mod source;
mod verify;
mod walk;
mod when;

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::process::ExitCode;

use clap::Parser;
use effigy_core::Time;

use commands::Command;
use error::{CliError, Outcome};
use output::Output;

/// How the program ends, told by `--help`.
const EXIT_CODES: &str = "\
Exit codes:
  0  fine
  1  what was looked at is invalid or damaged
  2  the command cannot be understood, or a suffix fits several things
  3  what was asked for is not there
  4  the data cannot be read, or the answer not written

DATA is a hub's data folder, the store in it (*.redb), or a file made by `effigy export`.
A hub locks its store while it runs: stop the hub, or copy its folder and look at the copy.
Identities and ids may be shortened to their last letters, as long as only one fits.";

/// Looks into a hub's data or an export, and checks it.
#[derive(Debug, Parser)]
#[command(name = "effigy", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Arguments {
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    /// Count ages up to this moment, in milliseconds since 1970, instead of up to now
    #[arg(long, global = true, value_name = "MILLISECONDS")]
    now: Option<u64>,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output { json: arguments.json };
    let now = arguments.now.map_or_else(when::now, Time);
    let command = arguments.command;
    quiet_panics();
    let done = catch_unwind(AssertUnwindSafe(|| command.run(output, now)));
    let code = match done.unwrap_or(Err(CliError::Internal)) {
        Ok(outcome) => Outcome::code(outcome),
        Err(error) => {
            output.complain(&error);
            error.code()
        }
    };
    ExitCode::from(code)
}

/// The database below panics on some damaged pages, which the store turns into an error: that says
/// all there is to say, unless somebody asks for the trace.
fn quiet_panics() {
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|wish| wish == "0") {
        set_hook(Box::new(|_| ()));
    }
}
