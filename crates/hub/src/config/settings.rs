//! The table: every setting once, with its name, unit, default and a sentence.
//!
//! Flags, environment variables, the file's keys, `--help` and the tables of `docs/operate.md` are
//! all made from these rows, and the defaults are read as if the operator had typed them.

use effigy_core::Span;
use tracing::level_filters::LevelFilter;

use super::error::ValueError;
use super::value::{bytes, choice, count, parsed, seconds, small, switch};
use super::{Config, LogFormat, MetricsAudience};

/// One setting.
pub(super) struct Setting {
    /// `--key` on the command line, `key` in the file, `EFFIGY_HUB_KEY` in the environment.
    pub(super) key: &'static str,
    /// How many values it takes.
    pub(super) arity: Arity,
    /// What `--help` shows in place of the value; for numbers, the unit.
    pub(super) unit: &'static str,
    /// The value when nobody says anything; empty for none.
    pub(super) default: &'static str,
    /// The table of the file it belongs to.
    pub(super) section: Section,
    /// What it means, in one sentence.
    pub(super) meaning: &'static str,
    /// Reads one value into its field.
    pub(super) set: fn(&mut Config, &str) -> Result<(), ValueError>,
}

/// How many values a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arity {
    /// Any number, each repeated on the command line, separated by commas in the environment.
    Many,
    /// Exactly one.
    One,
    /// A yes or no, whose flag needs no value.
    Switch,
}

/// Where a setting stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// At the top.
    Hub,
    /// Under `[limits]`.
    Limits,
}

const A_DAY: u64 = 86_400;

/// What the operator decides.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "listen",
        arity: Arity::One,
        unit: "ADDRESS:PORT",
        default: "127.0.0.1:8420",
        section: Section::Hub,
        meaning: "Where to accept connections; port 0 lets the system choose one",
        set: |config, text| {
            config.listen = parsed(text, "an address with a port, such as 127.0.0.1:8420")?;
            Ok(())
        },
    },
    Setting {
        key: "data",
        arity: Arity::One,
        unit: "FOLDER",
        default: "./hub-data",
        section: Section::Hub,
        meaning: "Where the hub's key and store live; made when missing",
        set: |config, text| {
            config.data = text.into();
            Ok(())
        },
    },
    Setting {
        key: "origin",
        arity: Arity::Many,
        unit: "URL",
        default: "",
        section: Section::Hub,
        meaning: "An origin under which browsers reach this hub, such as https://hub.example; \
                  without any, localhost and the listening address",
        set: |config, text| {
            config.origins.push(parsed(text, "an origin such as https://hub.example")?);
            Ok(())
        },
    },
    Setting {
        key: "app-origin",
        arity: Arity::Many,
        unit: "URL",
        default: "",
        section: Section::Hub,
        meaning: "An origin whose app may connect to this hub; without any, every app may, with one only those and the hub's own",
        set: |config, text| {
            config.app_origins.push(parsed(text, "an origin such as https://app.example")?);
            Ok(())
        },
    },
    Setting {
        key: "tls-cert",
        arity: Arity::One,
        unit: "FILE",
        default: "",
        section: Section::Hub,
        meaning: "Certificate chain in PEM; with it the hub speaks HTTPS and nothing else",
        set: |config, text| {
            config.tls_cert = Some(text.into());
            Ok(())
        },
    },
    Setting {
        key: "tls-key",
        arity: Arity::One,
        unit: "FILE",
        default: "",
        section: Section::Hub,
        meaning: "Private key of the certificate in PEM",
        set: |config, text| {
            config.tls_key = Some(text.into());
            Ok(())
        },
    },
    Setting {
        key: "trusted-proxy",
        arity: Arity::Many,
        unit: "ADDRESS",
        default: "",
        section: Section::Hub,
        meaning: "Address of a reverse proxy whose X-Forwarded-For header is believed and whose \
                  connections are not counted per address",
        set: |config, text| {
            config.trusted_proxies.push(parsed(text, "an IP address")?);
            Ok(())
        },
    },
    Setting {
        key: "exempt-loopback",
        arity: Arity::Switch,
        unit: "true|false",
        default: "false",
        section: Section::Hub,
        meaning: "Do not count connections from this machine per address",
        set: |config, text| {
            config.exempt_loopback = switch(text)?;
            Ok(())
        },
    },
    Setting {
        key: "assets",
        arity: Arity::One,
        unit: "FOLDER",
        default: "",
        section: Section::Hub,
        meaning: "Serve the app from this folder instead of the copy inside the binary",
        set: |config, text| {
            config.assets = Some(text.into());
            Ok(())
        },
    },
    Setting {
        key: "metrics",
        arity: Arity::One,
        unit: "local|open|nobody",
        default: "local",
        section: Section::Hub,
        meaning: "Who may read /metrics: this machine, everybody or nobody",
        set: |config, text| {
            let words = [
                ("local", MetricsAudience::Local),
                ("nobody", MetricsAudience::Nobody),
                ("open", MetricsAudience::Open),
            ];
            config.metrics = choice(text, &words, "`local`, `open` or `nobody`")?;
            Ok(())
        },
    },
    Setting {
        key: "log-format",
        arity: Arity::One,
        unit: "text|json",
        default: "text",
        section: Section::Hub,
        meaning: "How log lines are written to standard error",
        set: |config, text| {
            let words = [("json", LogFormat::Json), ("text", LogFormat::Text)];
            config.log_format = choice(text, &words, "`text` or `json`")?;
            Ok(())
        },
    },
    Setting {
        key: "log-level",
        arity: Arity::One,
        unit: "off|error|warn|info|debug|trace",
        default: "info",
        section: Section::Hub,
        meaning: "The least important log line that is still written",
        set: |config, text| {
            let words = [
                ("debug", LevelFilter::DEBUG),
                ("error", LevelFilter::ERROR),
                ("info", LevelFilter::INFO),
                ("off", LevelFilter::OFF),
                ("trace", LevelFilter::TRACE),
                ("warn", LevelFilter::WARN),
            ];
            let wanted = "`off`, `error`, `warn`, `info`, `debug` or `trace`";
            config.log_level = choice(text, &words, wanted)?;
            Ok(())
        },
    },
    Setting {
        key: "max-connections",
        arity: Arity::One,
        unit: "connections",
        default: "10000",
        section: Section::Limits,
        meaning: "Connections open at once, of every kind; further ones are told so, or closed unread",
        set: |config, text| {
            config.limits.max_connections = count(text, 1..=1_000_000)?;
            Ok(())
        },
    },
    Setting {
        key: "max-connections-per-address",
        arity: Arity::One,
        unit: "connections",
        default: "128",
        section: Section::Limits,
        meaning: "Connections open at once from one IPv4 address or one IPv6 /64 network",
        set: |config, text| {
            config.limits.max_connections_per_address = count(text, 1..=1_000_000)?;
            Ok(())
        },
    },
    Setting {
        key: "header-timeout",
        arity: Arity::One,
        unit: "seconds",
        default: "10",
        section: Section::Limits,
        meaning: "Time for a whole request header to arrive; also how long an idle connection is \
                  kept for a next request",
        set: |config, text| {
            config.limits.header_timeout = seconds(text, 1..=A_DAY)?;
            Ok(())
        },
    },
    Setting {
        key: "header-bytes",
        arity: Arity::One,
        unit: "bytes",
        default: "16KiB",
        section: Section::Limits,
        meaning: "Size of a whole request header",
        set: |config, text| {
            config.limits.header_bytes = bytes(text, 8192..=1_048_576)?;
            Ok(())
        },
    },
    Setting {
        key: "tls-handshake-timeout",
        arity: Arity::One,
        unit: "seconds",
        default: "10",
        section: Section::Limits,
        meaning: "Time for a TLS handshake",
        set: |config, text| {
            config.limits.tls_handshake_timeout = seconds(text, 1..=A_DAY)?;
            Ok(())
        },
    },
    Setting {
        key: "write-timeout",
        arity: Arity::One,
        unit: "seconds",
        default: "30",
        section: Section::Limits,
        meaning: "How long a reader may take nothing at all before the connection is closed",
        set: |config, text| {
            config.limits.write_timeout = seconds(text, 1..=A_DAY)?;
            Ok(())
        },
    },
    Setting {
        key: "max-strangers",
        arity: Arity::One,
        unit: "connections",
        default: "1000",
        section: Section::Limits,
        meaning: "WebSockets open at once whose callers have not proved yet who they are",
        set: |config, text| {
            config.limits.max_strangers = count(text, 1..=1_000_000)?;
            Ok(())
        },
    },
    Setting {
        key: "messages-per-second",
        arity: Arity::One,
        unit: "messages",
        default: "50",
        section: Section::Limits,
        meaning: "Messages that one connection may send on and on; what comes faster waits",
        set: |config, text| {
            config.limits.messages_per_second = small(text, 1..=1_000_000)?;
            Ok(())
        },
    },
    Setting {
        key: "message-burst",
        arity: Arity::One,
        unit: "messages",
        default: "500",
        section: Section::Limits,
        meaning: "Messages that one connection may send at once",
        set: |config, text| {
            config.limits.message_burst = small(text, 1..=1_000_000)?;
            Ok(())
        },
    },
    Setting {
        key: "unsent-bytes",
        arity: Arity::One,
        unit: "bytes",
        default: "1MiB",
        section: Section::Limits,
        meaning: "Bytes that may wait for a slow reader before the connection is closed",
        set: |config, text| {
            config.limits.unsent_bytes = bytes(text, 524_288..=67_108_864)?;
            Ok(())
        },
    },
    Setting {
        key: "ping-interval",
        arity: Arity::One,
        unit: "seconds",
        default: "20",
        section: Section::Limits,
        meaning: "How often a WebSocket is asked whether somebody is there",
        set: |config, text| {
            config.limits.ping_interval = seconds(text, 1..=A_DAY)?;
            Ok(())
        },
    },
    Setting {
        key: "silence-timeout",
        arity: Arity::One,
        unit: "seconds",
        default: "45",
        section: Section::Limits,
        meaning: "How long a WebSocket may give no sign of life before it is closed",
        set: |config, text| {
            config.limits.silence_timeout = seconds(text, 1..=A_DAY)?;
            Ok(())
        },
    },
    Setting {
        key: "max-members",
        arity: Arity::One,
        unit: "accounts",
        default: "10000",
        section: Section::Limits,
        meaning: "Accounts whose posts the hub keeps; it goes on passing messages for others",
        set: |config, text| {
            config.limits.max_members = count(text, 0..=10_000_000)?;
            Ok(())
        },
    },
    Setting {
        key: "member-bytes",
        arity: Arity::One,
        unit: "bytes",
        default: "256MiB",
        section: Section::Limits,
        meaning: "Bytes of pictures, videos and files that the hub keeps for one account",
        set: |config, text| {
            config.limits.member_bytes = bytes(text, 0..=1_099_511_627_776)? as u64;
            Ok(())
        },
    },
    Setting {
        key: "member-entry-bytes",
        arity: Arity::One,
        unit: "bytes",
        default: "64MiB",
        section: Section::Limits,
        meaning: "Bytes of posts and everything else that is an entry that the hub keeps of one \
                  account; 64MiB are more than a hundred thousand. Of these at most 2 MiB are the \
                  account's own feed (devices, profile, hubs), some three thousand statements",
        set: |config, text| {
            config.limits.entry_bytes = bytes(text, 65_536..=1_099_511_627_776)? as u64;
            Ok(())
        },
    },
    Setting {
        key: "member-silence",
        arity: Arity::One,
        unit: "days",
        default: "180",
        section: Section::Limits,
        meaning: "After how many days without anybody of an account the hub keeps that account no \
                  longer; 0 for never",
        set: |config, text| {
            let days = count(text, 0..=36_500)? as u64;
            config.limits.member_silence = (days > 0).then(|| Span::days(days));
            Ok(())
        },
    },
    Setting {
        key: "drain-time",
        arity: Arity::One,
        unit: "seconds",
        default: "10",
        section: Section::Limits,
        meaning: "Time that open connections get to finish when the hub is told to stop",
        set: |config, text| {
            config.limits.drain_time = seconds(text, 0..=A_DAY)?;
            Ok(())
        },
    },
];
