//! Structured lines on standard error. Never in them: whole keys, messages, tokens.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use crate::config::{Config, LogFormat};

/// Starts logging. A second call changes nothing.
pub(crate) fn start(config: &Config) {
    let level = config.log_level;
    // Ours as the operator wishes; the libraries below only when something is wrong.
    let filter =
        Targets::new().with_target("effigy", level).with_default(level.min(LevelFilter::WARN));
    let lines = fmt::layer().with_writer(io::stderr).with_target(false);
    let lines = match config.log_format {
        LogFormat::Json => lines.json().flatten_event(true).with_ansi(false).boxed(),
        LogFormat::Text => lines.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).boxed(),
    };
    let _ = registry().with(lines.with_filter(filter)).try_init();
}
