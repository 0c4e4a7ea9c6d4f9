//! `completions`: what a shell needs to complete our words.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::error::{CliError, Outcome};
use crate::output::Output;

/// For which shell.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, output: Output) -> Result<Outcome, CliError> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut crate::Arguments::command(), "effigy", &mut script);
    output.raw(&script)?;
    Ok(Outcome::Fine)
}
