//! The words after a command.

use crate::failure::{Failure, Outcome};

const USAGE: &str = "cargo xtask help";

/// What is left of the command line; each question takes its answer out.
pub(crate) struct Options(Vec<String>);

impl Options {
    /// The words after the command.
    pub(crate) const fn new(words: Vec<String>) -> Self {
        Self(words)
    }

    /// Whether `--name` is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() < before
    }

    /// What follows `--name`, or stands after `--name=`.
    pub(crate) fn value(&mut self, name: &str) -> Outcome<Option<String>> {
        if let Some(at) = self.0.iter().position(|word| word == name) {
            self.0.remove(at);
            if self.0.get(at).is_none_or(|word| word.starts_with("--")) {
                return Err(usage(format!("`{name}` needs a value")));
            }
            return Ok(Some(self.0.remove(at)));
        }
        let prefix = format!("{name}=");
        let at = self.0.iter().position(|word| word.starts_with(&prefix));
        Ok(at.map(|at| self.0.remove(at).split_off(prefix.len())))
    }

    /// What follows `--name`, as a TCP port.
    pub(crate) fn port(&mut self, name: &str) -> Outcome<Option<u16>> {
        let Some(text) = self.value(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| usage(format!("`{text}` is no port (0 to 65535)")))
    }

    /// Nothing more may be there.
    pub(crate) fn finish(&mut self) -> Outcome {
        self.0.pop().map_or(Ok(()), |word| Err(usage(format!("`{word}` is not understood here"))))
    }

    /// All that is left, which must be names and no options.
    pub(crate) fn rest(self) -> Outcome<Vec<String>> {
        match self.0.iter().find(|word| word.starts_with("--")) {
            Some(word) => Err(usage(format!("`{word}` is not understood here"))),
            None => Ok(self.0),
        }
    }
}

const fn usage(what: String) -> Failure {
    Failure::Usage { what, usage: USAGE }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Options {
        Options::new(text.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn values_stand_after_a_space_or_an_equals_sign() {
        let mut options = options("--port 9000 --data=/tmp/x --dev");
        assert_eq!(options.port("--port").unwrap(), Some(9000));
        assert_eq!(options.value("--data").unwrap().as_deref(), Some("/tmp/x"));
        assert!(options.flag("--dev"));
        assert!(!options.flag("--dev"));
        options.finish().unwrap();
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert!(options("--port").port("--port").is_err());
        assert!(options("--port --dev").port("--port").is_err());
        assert!(options("--port 70000").port("--port").is_err());
        assert!(options("--prot 1").finish().is_err());
        assert!(options("offline --fast").rest().is_err());
    }
}
