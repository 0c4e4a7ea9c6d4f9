//! Why a configuration was refused: always which key, in which place.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A configuration that cannot be used. Each sentence names the place to look at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// Two settings belong together and only one was given.
    #[error("`{given}` needs `{missing}` beside it")]
    Half {
        /// The setting that was given.
        given: &'static str,
        /// The one it needs.
        missing: &'static str,
    },
    /// The file named by `--config` could not be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{}, line {line}: {why}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The parser's words.
        why: String,
    },
    /// A key that no setting has: a misspelling must not silently mean the default.
    #[error("`{key}` {place} is not a setting{}", hint(*.nearest))]
    Unknown {
        /// As it was written.
        key: String,
        /// Where it was written.
        place: Place,
        /// The setting that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A value that the setting cannot take.
    #[error("`{key}` {place}: {source}")]
    Value {
        /// The setting.
        key: &'static str,
        /// Where its value came from.
        place: Place,
        /// What is wrong with it.
        source: ValueError,
    },
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The setting's own default.
    Default,
    /// An environment variable of this name.
    Environment(String),
    /// A line of the configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The command line.
    Flag,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("in the defaults"),
            Self::Environment(name) => write!(f, "in the environment variable {name}"),
            Self::File { path, line } => write!(f, "in {}, line {line}", path.display()),
            Self::Flag => f.write_str("on the command line"),
        }
    }
}

/// What is wrong with one value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    /// Not of the kind that is wanted.
    #[error("`{value}` is not {wanted}")]
    Kind {
        /// As it was written.
        value: String,
        /// For example "a whole number".
        wanted: &'static str,
    },
    /// Given several times where once is meant.
    #[error("is given more than once")]
    Many,
    /// A number outside the sensible range.
    #[error("{value} is outside {least} to {most}")]
    Range {
        /// As it was understood.
        value: u64,
        /// Smallest value taken.
        least: u64,
        /// Largest value taken.
        most: u64,
    },
}

fn hint(nearest: Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |key| format!("; did you mean `{key}`?"))
}
