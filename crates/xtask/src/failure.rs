//! Why a command stopped, in words for the person at the terminal.

use std::fmt;
use std::path::{Path, PathBuf};

/// What every command returns.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line says something that is not understood.
    Usage {
        /// What is not understood.
        what: String,
        /// How it is called.
        usage: &'static str,
    },
    /// A program ended with an error, which it printed itself.
    Program {
        /// The command line, to be repeated by hand.
        command: String,
        /// Its exit code, if it was not killed.
        code: Option<i32>,
    },
    /// A program could not be started.
    Unstartable {
        /// The command line.
        command: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A tool is missing and cannot be installed from here.
    Missing {
        /// Its name.
        tool: &'static str,
        /// What to do.
        remedy: String,
    },
    /// A file could not be read or written.
    File {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file or an answer is not what it must be.
    Unexpected {
        /// Which one.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// Rules are broken; each was printed.
    Rules(usize),
    /// A step of `test` failed.
    Step {
        /// Its name.
        name: &'static str,
        /// Why.
        source: Box<Self>,
    },
}

impl Failure {
    /// For `map_err` of everything that touches a file.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    /// For content that is not as it must be.
    pub(crate) fn unexpected(what: impl Into<String>, why: impl fmt::Display) -> Self {
        Self::Unexpected { what: what.into(), why: why.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage { what, usage } => write!(f, "error: {what}\n\n{usage}"),
            Self::Program { command, code: Some(code) } => {
                write!(f, "error: this ended with code {code}:\n  {command}")
            }
            Self::Program { command, code: None } => {
                write!(f, "error: this was stopped:\n  {command}")
            }
            Self::Unstartable { command, source } => {
                write!(f, "error: this could not be started ({source}):\n  {command}")
            }
            Self::Missing { tool, remedy } => write!(f, "error: {tool} is missing.\n  {remedy}"),
            Self::File { path, source } => write!(f, "error: {}: {source}", path.display()),
            Self::Unexpected { what, why } => write!(f, "error: {what}: {why}"),
            Self::Rules(1) => write!(f, "error: one rule is broken"),
            Self::Rules(count) => write!(f, "error: {count} rules are broken"),
            Self::Step { name, source } => {
                write!(
                    f,
                    "{source}\n\nstopped at step `{name}`; again with: cargo xtask test --only {name}"
                )
            }
        }
    }
}

impl std::error::Error for Failure {}
