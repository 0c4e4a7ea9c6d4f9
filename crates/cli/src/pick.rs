//! Names as people give them: whole, or only as many of their last letters as are needed.

use std::fmt::Display;
use std::path::Path;

use crate::error::CliError;

/// The most matches that are told of a suffix that fits several.
const TOLD: usize = 4;

/// The only candidate whose name ends like this.
///
/// # Errors
/// When none does, or several do.
pub(crate) fn pick<T: Copy + Display + Eq>(
    what: &'static str,
    suffix: &str,
    candidates: impl IntoIterator<Item = T>,
    path: &Path,
) -> Result<T, CliError> {
    let mut found: Vec<T> = Vec::new();
    for candidate in candidates {
        if candidate.to_string().ends_with(suffix) && !found.contains(&candidate) {
            found.push(candidate);
            if found.len() > TOLD {
                break;
            }
        }
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(CliError::NotFound { what, name: suffix.to_owned(), path: path.to_owned() }),
        several => Err(CliError::Ambiguous {
            suffix: suffix.to_owned(),
            matches: several.iter().take(TOLD).map(|name| ending(&name.to_string())).collect(),
        }),
    }
}

/// The end of a long name, by which people tell it from others.
pub(crate) fn ending(name: &str) -> String {
    let start = name.len().saturating_sub(12);
    format!("…{}", name.get(start..).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_has_to_fit_exactly_one() {
        let pick = |suffix| pick("feed", suffix, ["one", "none", "two", "two"], Path::new("x"));
        assert_eq!(pick("wo").unwrap(), "two");
        assert!(matches!(pick("one").unwrap_err(), CliError::Ambiguous { .. }));
        assert!(matches!(pick("three").unwrap_err(), CliError::NotFound { .. }));
    }
}
