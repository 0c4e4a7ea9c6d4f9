//! Schedules that failed once, made as small as could be: they are played again by the tests, for ever.

use std::path::PathBuf;

use serde::Deserialize;

use crate::scenario::{folder, text_of, toml_files};
use crate::{Deed, Fault, ScenarioError};

/// A schedule that failed once.
#[derive(Clone, Debug)]
pub struct Regression {
    /// The name of its file.
    pub name: String,
    /// In which scenario.
    pub scenario: String,
    /// By which chance.
    pub seed: u64,
    /// What happens.
    pub deeds: Vec<Deed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    scenario: String,
    seed: u64,
    deeds: Vec<String>,
    /// What was broken, for people.
    #[serde(rename = "found")]
    _found: String,
}

impl Regression {
    /// All that are kept.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn all() -> Result<Vec<Self>, ScenarioError> {
        let read = |path: &PathBuf| {
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            Self::parse(name, &text_of(path)?)
        };
        toml_files(&folder("regressions"))?.iter().map(read).collect()
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let malformed = |source| ScenarioError::Malformed { name: name.to_owned(), source };
        let file: File = toml::from_str(text).map_err(|source| malformed(Box::new(source)))?;
        let read = |deed: &String| {
            deed.parse().map_err(|source| ScenarioError::Deed {
                name: name.to_owned(),
                deed: deed.clone(),
                source,
            })
        };
        let deeds = file.deeds.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { name: name.to_owned(), scenario: file.scenario, seed: file.seed, deeds })
    }

    /// Keeps it beside the others. Gives its file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, fault: &Fault) -> Result<PathBuf, ScenarioError> {
        let path = folder("regressions").join(format!("{}.toml", self.name));
        let unwritable = |source| ScenarioError::Unreadable { path: path.clone(), source };
        std::fs::write(&path, self.text(fault)).map_err(unwritable)?;
        Ok(path)
    }

    fn text(&self, fault: &Fault) -> String {
        let deeds: Vec<String> =
            self.deeds.iter().map(|deed| format!("    \"{deed}\",\n")).collect();
        let found: String =
            fault.what.chars().map(|c| if c == '\'' || c < ' ' { ' ' } else { c }).collect();
        format!(
            "scenario = \"{}\"\nseed = {}\nfound = '{found}'\ndeeds = [\n{}]\n",
            self.scenario,
            self.seed,
            deeds.concat()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back() {
        let deeds: Vec<Deed> = vec!["post 1 2 3".parse().unwrap(), "crash 0 0 0".parse().unwrap()];
        let scenario = "friends".to_owned();
        let kept = Regression { name: "x".to_owned(), scenario, seed: 7, deeds: deeds.clone() };
        let fault = Fault { rule: None, what: "it's \"broken\"\n".to_owned() };
        let text = kept.text(&fault);
        let read = Regression::parse("x", &text).unwrap();
        assert_eq!((read.scenario.as_str(), read.seed, read.deeds), ("friends", 7, deeds));
        assert!(Regression::parse("x", &text.replace("post", "dance")).is_err());
        assert!(Regression::parse("x", &text.replace("seed", "sed")).is_err());
    }
}
