//! Scenarios as data: who is there, which weather, what happens, and what must hold. One file each in
//! `scenarios/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::deed::What;
use crate::{Lie, Weather};

/// What may happen to somebody, and what must hold even so.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The name of its file.
    #[serde(skip)]
    pub name: String,
    /// What it is about, in a sentence.
    pub about: String,
    /// Who is there.
    pub who: Who,
    /// How the wires behave until everything is healed.
    #[serde(default)]
    pub weather: Weather,
    /// What people do.
    pub script: Script,
    /// What goes wrong, and how often beside what people do.
    #[serde(default)]
    pub faults: BTreeMap<What, u32>,
    /// What must hold in the end.
    pub rest: Rest,
    /// What it may cost.
    pub budget: Budget,
    /// How often it is tried.
    pub seeds: Seeds,
}

/// Who is there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// How many people.
    pub people: usize,
    /// How many devices each of them has.
    #[serde(default = "one")]
    pub devices: usize,
    /// How many hubs. Everybody is at all of them.
    pub hubs: usize,
    /// How many others each follows, and is followed by as many; without it everybody follows everybody.
    pub follows: Option<usize>,
    /// Whether people reach one another without a hub: not where every network is closed.
    #[serde(default = "reachable")]
    pub direct: bool,
    /// Who lies: the last of the people, or of the hubs.
    #[serde(default)]
    pub liars: Vec<LiarSpec>,
}

const fn one() -> usize {
    1
}

const fn reachable() -> bool {
    true
}

/// Somebody who lies.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiarSpec {
    /// What kind of lies they tell.
    pub lie: Lie,
    /// Whether it is a hub.
    #[serde(default)]
    pub hub: bool,
}

/// What people do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// How many things happen, faults among them.
    pub deeds: usize,
    /// The shortest and the longest pause between them, in milliseconds.
    pub pause: (u64, u64),
    /// How many bytes the pictures have, one after another.
    #[serde(default)]
    pub pictures: Vec<usize>,
    /// What happens once in every schedule, at any time.
    #[serde(default)]
    pub sure: Vec<What>,
    /// How often each of them happens beside the others.
    pub weights: BTreeMap<What, u32>,
}

/// What must hold once everything is healed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rest {
    /// Within how many minutes.
    pub minutes: u64,
    /// What must hold.
    pub holds: Vec<Rule>,
}

/// What must hold.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// All devices of a person say the same of what they agree on.
    Agrees,
    /// No list, queue or table of an honest node is longer than it may be.
    Bounded,
    /// Everybody has what they want and may have: entries, and pictures.
    Converges,
    /// What was confirmed as durable is there.
    Durable,
    /// No more messages and bytes than the budget says.
    Frugal,
    /// Nothing invalid is stored or passed on.
    Genuine,
    /// What was blocked or taken back is on no honest disk and no honest screen.
    Gone,
    /// No honest node is blamed for anything.
    HonestSpared,
    /// Every liar is named by whoever could find out.
    LiarsNamed,
    /// All agree who belongs to each account, and of a removed device is there what counts, and no more.
    Members,
}

/// What a schedule may cost altogether.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Frames on all wires.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// How often a scenario is tried.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeds {
    /// How many seeds of it belong to what must hold before a change is taken.
    pub commit: u64,
}

/// Most machines of one scenario.
const MACHINES: usize = 256;

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// When it says something that is not understood, or that makes no sense.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let malformed = |source| ScenarioError::Malformed { name: name.to_owned(), source };
        let mut scenario: Self = toml::from_str(text).map_err(|e| malformed(Box::new(e)))?;
        name.clone_into(&mut scenario.name);
        let senseless = |what| ScenarioError::Senseless { name: name.to_owned(), what };
        let Who { people, devices, hubs, follows, liars, .. } = &scenario.who;
        let lying = |hub| liars.iter().filter(|liar| liar.hub == hub).count();
        let (least, most) = scenario.script.pause;
        let (soon, late) = scenario.weather.delay;
        let checks = [
            (
                people.saturating_mul(*devices).saturating_add(*hubs) <= MACHINES,
                "too many machines",
            ),
            (*devices == 1 || (*devices > 1 && liars.is_empty()), "a liar has one device"),
            (*people >= 2, "two people at least"),
            (follows.is_none_or(|count| count < *people), "nobody follows as many as there are"),
            (lying(false) < *people && lying(true) <= *hubs, "somebody must be honest"),
            (least <= most && soon <= late, "the least comes before the most"),
            (scenario.script.deeds > 0, "something must happen"),
            (
                scenario.script.weights.values().chain(scenario.faults.values()).any(|w| *w > 0),
                "something must be able to happen",
            ),
            (!scenario.rest.holds.is_empty(), "something must hold"),
        ];
        match checks.iter().find(|(holds, _)| !holds) {
            Some((_, what)) => Err(senseless(what)),
            None => Ok(scenario),
        }
    }

    /// Reads all scenarios of the project, in the order of their names.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn all() -> Result<Vec<Self>, ScenarioError> {
        toml_files(&folder("scenarios"))?.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Result<Self, ScenarioError> {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        Self::parse(name, &text_of(path)?)
    }
}

/// A folder beside the sources of this crate.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// All TOML files of a folder, in the order of their names.
pub(crate) fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
    let unreadable = |source| ScenarioError::Unreadable { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

pub(crate) fn text_of(path: &Path) -> Result<String, ScenarioError> {
    let unreadable = |source| ScenarioError::Unreadable { path: path.to_owned(), source };
    std::fs::read_to_string(path).map_err(unreadable)
}

/// Why a scenario, or what is kept of a schedule, cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It says something that is not understood.
    #[error("{name}: {source}")]
    Malformed {
        /// Which one.
        name: String,
        /// What is wrong with it.
        source: Box<toml::de::Error>,
    },
    /// It says something that makes no sense.
    #[error("{name}: {what}")]
    Senseless {
        /// Which one.
        name: String,
        /// What makes no sense.
        what: &'static str,
    },
    /// There is none of this name.
    #[error("there is no scenario `{name}`")]
    Unknown {
        /// Which one.
        name: String,
    },
    /// A deed cannot be read.
    #[error("{name}: `{deed}`: {source}")]
    Deed {
        /// In which file.
        name: String,
        /// The deed.
        deed: String,
        /// What is wrong with it.
        source: crate::deed::DeedError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
        about = \"Two people.\"
        [who]
        people = 2
        hubs = 1
        [script]
        deeds = 5
        pause = [0, 100]
        [script.weights]
        post = 1
        [rest]
        minutes = 5
        holds = [\"converges\"]
        [budget]
        frames = 100
        bytes = 10000
        [seeds]
        commit = 1
    ";

    #[test]
    fn scenarios_say_nothing_that_is_not_understood() {
        assert!(Scenario::parse("good", GOOD).is_ok());
        let malformed = [
            ("post = 1", "dance = 1"),
            ("people = 2", "peple = 2"),
            ("[\"converges\"]", "[\"converge\"]"),
            ("deeds = 5", "deeds = -5"),
            ("commit = 1", "commit = 1\n        nightly = 2"),
            ("bytes = 10000", ""),
        ];
        for (good, bad) in malformed {
            let error = Scenario::parse("bad", &GOOD.replace(good, bad));
            assert!(matches!(error, Err(ScenarioError::Malformed { .. })), "{bad}");
        }
    }

    #[test]
    fn scenarios_make_sense() {
        let senseless = [
            ("people = 2", "people = 1"),
            ("people = 2", "people = 300"),
            ("people = 2", "people = 2\n        follows = 2"),
            (
                "hubs = 1",
                "hubs = 1\n        liars = [{ lie = \"garbage\", hub = true }, { lie = \"floods\", hub = true }]",
            ),
            ("[0, 100]", "[100, 0]"),
            ("deeds = 5", "deeds = 0"),
            ("post = 1", "post = 0"),
            ("[\"converges\"]", "[]"),
        ];
        for (good, bad) in senseless {
            let error = Scenario::parse("bad", &GOOD.replace(good, bad));
            assert!(matches!(error, Err(ScenarioError::Senseless { .. })), "{bad}: {error:?}");
        }
    }

    #[test]
    fn every_scenario_of_the_project_is_one() {
        let all = Scenario::all().unwrap();
        assert!(all.len() >= 8);
        let commit: u64 = all.iter().map(|scenario| scenario.seeds.commit).sum();
        assert!(commit >= 20_000, "{commit} schedules");
    }
}
