//! Flags before environment before file before default: the highest that speaks decides alone.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::de::{DeTable, DeValue};

use super::Config;
use super::error::{ConfigError, Place, ValueError};
use super::settings::{Arity, SETTINGS, Section, Setting};

const ENVIRONMENT: &str = "EFFIGY_HUB_";
/// A configuration is a page of text; whatever is larger is the wrong file.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// What one layer says about some of the settings.
type Layer = BTreeMap<&'static str, (Place, Vec<String>)>;

/// The configuration, and what the operator should be told about it once logging works.
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// Environment variables that look like settings and are none.
    pub(crate) strangers: Vec<String>,
}

/// Reads all layers.
///
/// # Errors
/// The first value that cannot be used, with its key and its place.
pub(crate) fn load(
    matches: &ArgMatches,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Loaded, ConfigError> {
    let flags = from_flags(matches);
    let (environment, config_file, strangers) = from_environment(environment);
    let path = matches.get_one::<String>("config").map(PathBuf::from).or(config_file);
    let file = path.as_deref().map(from_file).transpose()?.unwrap_or_default();
    let config = resolve(&[flags, environment, file])?;
    Ok(Loaded { config, strangers })
}

/// The command line, made from the table.
pub(crate) fn command() -> Command {
    let config = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .help("A TOML file with the same settings [env: EFFIGY_HUB_CONFIG]");
    Command::new("effigy-hub")
        .version(env!("CARGO_PKG_VERSION"))
        .about("The Effigy hub: serves the app, passes messages on and keeps what it is given")
        .after_help(
            "Every setting is also an environment variable (EFFIGY_HUB_LISTEN for --listen) and a \
             key of the file; limits stand under [limits] there. A flag beats the environment, the \
             environment beats the file.",
        )
        .arg(config)
        .args(SETTINGS.iter().map(argument))
}

fn argument(setting: &'static Setting) -> Arg {
    let heading = match setting.section {
        Section::Hub => "Settings",
        Section::Limits => "Limits",
    };
    let default = match setting.default {
        "" => String::new(),
        default => format!(" [default: {default}]"),
    };
    let arg = Arg::new(setting.key)
        .long(setting.key)
        .value_name(setting.unit)
        .help(format!("{}{default}", setting.meaning))
        .help_heading(heading)
        .action(ArgAction::Append);
    match setting.arity {
        Arity::Many | Arity::One => arg,
        Arity::Switch => arg.num_args(0..=1).default_missing_value("true").require_equals(true),
    }
}

fn from_flags(matches: &ArgMatches) -> Layer {
    let mut layer = Layer::new();
    for setting in SETTINGS {
        if let Some(values) = matches.get_many::<String>(setting.key) {
            layer.insert(setting.key, (Place::Flag, values.cloned().collect()));
        }
    }
    layer
}

/// The settings, the file named by `EFFIGY_HUB_CONFIG`, and the names of strangers.
///
/// Strangers are reported and not refused: a container platform adds variables of its own, such as
/// `EFFIGY_HUB_SERVICE_HOST` for a service of the name `effigy-hub`.
fn from_environment(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> (Layer, Option<PathBuf>, Vec<String>) {
    let mut layer = Layer::new();
    let mut config_file = None;
    let mut strangers = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(ENVIRONMENT)) else {
            continue;
        };
        let key = name.trim_start_matches(ENVIRONMENT).to_ascii_lowercase().replace('_', "-");
        if key == "config" {
            config_file = Some(PathBuf::from(value));
            continue;
        }
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            strangers.push(name.to_owned());
            continue;
        };
        // Compose files and unit files leave variables empty to say nothing.
        let value = value.to_string_lossy();
        if value.is_empty() {
            continue;
        }
        let values = match setting.arity {
            Arity::Many => value.split(',').map(|part| part.trim().to_owned()).collect(),
            Arity::One | Arity::Switch => vec![value.into_owned()],
        };
        layer.insert(setting.key, (Place::Environment(name.to_owned()), values));
    }
    (layer, config_file, strangers)
}

fn from_file(path: &Path) -> Result<Layer, ConfigError> {
    let read = |source| ConfigError::Read { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(read)?.len();
    if size > MAX_FILE_BYTES {
        return Err(read(std::io::Error::other("it is larger than 1 MiB")));
    }
    parse_file(path, &std::fs::read_to_string(path).map_err(read)?)
}

pub(super) fn parse_file(path: &Path, text: &str) -> Result<Layer, ConfigError> {
    let line_of = |byte: usize| 1 + text.bytes().take(byte).filter(|byte| *byte == b'\n').count();
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        path: path.to_owned(),
        line: line_of(error.span().map_or(0, |span| span.start)),
        why: error.message().to_owned(),
    })?;
    let mut layer = Layer::new();
    let mut read = |section: Section, table: &DeTable<'_>| {
        for (key, value) in table {
            let place = Place::File { path: path.to_owned(), line: line_of(key.span().start) };
            let key = key.get_ref();
            if section == Section::Hub && key == "limits" && value.get_ref().is_table() {
                continue;
            }
            let here = |setting: &&Setting| setting.section == section && setting.key == key;
            let Some(setting) = SETTINGS.iter().find(here) else {
                let nearest = nearest(key);
                return Err(ConfigError::Unknown { key: key.to_string(), place, nearest });
            };
            let values = texts(value.get_ref()).map_err(|source| ConfigError::Value {
                key: setting.key,
                place: place.clone(),
                source,
            })?;
            layer.insert(setting.key, (place, values));
        }
        Ok(())
    };
    let table = table.get_ref();
    read(Section::Hub, table)?;
    if let Some(limits) = table.get("limits").and_then(|limits| limits.get_ref().as_table()) {
        read(Section::Limits, limits)?;
    }
    Ok(layer)
}

/// The texts a flag would have carried.
fn texts(value: &DeValue<'_>) -> Result<Vec<String>, ValueError> {
    match value {
        DeValue::Array(items) => {
            let mut texts = Vec::new();
            for item in items.iter() {
                texts.push(text(item.get_ref())?);
            }
            Ok(texts)
        }
        single => Ok(vec![text(single)?]),
    }
}

fn text(value: &DeValue<'_>) -> Result<String, ValueError> {
    match value {
        DeValue::Boolean(value) => Ok(value.to_string()),
        DeValue::Integer(value) if value.radix() == 10 => Ok(value.as_str().to_owned()),
        DeValue::String(value) => Ok(value.to_string()),
        other => Err(ValueError::Kind {
            value: other.type_str().to_owned(),
            wanted: "a text, a decimal number, true, false or a list of them",
        }),
    }
}

/// The setting that was probably meant by a name that is none.
fn nearest(key: &str) -> Option<&'static str> {
    let key = key.replace('_', "-");
    SETTINGS
        .iter()
        .map(|setting| (edits(&key, setting.key), setting.key))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, key)| key)
}

/// How many letters must be changed, added or removed to make `b` of `a`.
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.bytes().enumerate() {
            let change = row[j] + usize::from(x != y);
            next.push(change.min(row[j + 1] + 1).min(next[j] + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

fn resolve(layers: &[Layer]) -> Result<Config, ConfigError> {
    let mut config = Config::blank();
    for setting in SETTINGS {
        let default = || match setting.default {
            "" => (Place::Default, Vec::new()),
            default => (Place::Default, vec![default.to_owned()]),
        };
        let said = layers.iter().find_map(|layer| layer.get(setting.key).cloned());
        let (place, values) = said.unwrap_or_else(default);
        let refuse = |source| ConfigError::Value { key: setting.key, place: place.clone(), source };
        if values.len() > 1 && setting.arity != Arity::Many {
            return Err(refuse(ValueError::Many));
        }
        for value in &values {
            (setting.set)(&mut config, value).map_err(refuse)?;
        }
    }
    config.check()?;
    Ok(config)
}

/// Rows of the table in `docs/operate.md`; a test holds the document to them.
#[cfg(test)]
pub(super) fn documented() -> Vec<String> {
    let row = |setting: &Setting| {
        let default = match setting.default {
            "" => "none".to_owned(),
            default => format!("`{default}`"),
        };
        let unit = setting.unit.replace('|', "\\|");
        format!("| `{}` | {unit} | {default} | {}. |", setting.key, setting.meaning)
    };
    SETTINGS.iter().map(row).collect()
}
