//! What the operator decides: one table of settings, read from flags, environment and a file.

mod error;
mod layers;
mod origin;
#[cfg(test)]
mod properties;
mod settings;
#[cfg(test)]
mod tests;
mod value;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use effigy_core::Span;
use tracing::level_filters::LevelFilter;

pub(crate) use error::ConfigError;
pub(crate) use layers::{command, load};
pub(crate) use origin::Origin;

/// Everything a hub is told before it starts; [`load`] is the only way to one.
#[derive(Debug)]
pub(crate) struct Config {
    /// Whose apps may connect, beside our own.
    pub(crate) app_origins: Vec<Origin>,
    /// Serve the PWA from this folder instead of the copy inside the binary.
    pub(crate) assets: Option<PathBuf>,
    /// Where the key and the store live.
    pub(crate) data: PathBuf,
    /// Connections from this machine are not counted per address.
    pub(crate) exempt_loopback: bool,
    /// Every number that bounds what strangers can cost.
    pub(crate) limits: Limits,
    /// The address to accept connections on; port 0 lets the system choose.
    pub(crate) listen: SocketAddr,
    /// How log lines are written.
    pub(crate) log_format: LogFormat,
    /// The least important line that is still written.
    pub(crate) log_level: LevelFilter,
    /// Who may read `/metrics`.
    pub(crate) metrics: MetricsAudience,
    /// Where browsers reach this hub. Empty means: under the names of this machine, see
    /// [`Config::origins_for`].
    pub(crate) origins: Vec<Origin>,
    /// Certificate chain, PEM.
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM.
    pub(crate) tls_key: Option<PathBuf>,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<IpAddr>,
}

/// The bounds of the hub's edge. Values and meanings are rows of the table in `settings.rs`.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) drain_time: Duration,
    pub(crate) entry_bytes: u64,
    pub(crate) header_bytes: usize,
    pub(crate) header_timeout: Duration,
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_address: usize,
    pub(crate) max_members: usize,
    pub(crate) max_strangers: usize,
    pub(crate) member_bytes: u64,
    pub(crate) member_silence: Option<Span>,
    pub(crate) message_burst: u32,
    pub(crate) messages_per_second: u32,
    pub(crate) ping_interval: Duration,
    pub(crate) silence_timeout: Duration,
    pub(crate) tls_handshake_timeout: Duration,
    pub(crate) unsent_bytes: usize,
    pub(crate) write_timeout: Duration,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// One JSON object per line, for collectors.
    Json,
    /// For people.
    Text,
}

/// Who may read `/metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricsAudience {
    /// Only callers on this machine that did not come through a proxy.
    Local,
    /// Nobody.
    Nobody,
    /// Whoever asks.
    Open,
}

impl Config {
    /// A configuration without a single decision. The table fills every field, because its
    /// defaults go through the same door as the operator's own values.
    fn blank() -> Self {
        Self {
            app_origins: Vec::new(),
            assets: None,
            data: PathBuf::new(),
            exempt_loopback: false,
            limits: Limits::default(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            log_format: LogFormat::Text,
            log_level: LevelFilter::OFF,
            metrics: MetricsAudience::Nobody,
            origins: Vec::new(),
            tls_cert: None,
            tls_key: None,
            trusted_proxies: Vec::new(),
        }
    }

    /// Whether this hub ends TLS itself.
    pub(crate) fn is_tls(&self) -> bool {
        self.tls_cert.is_some()
    }

    /// The origins browsers may use, once the port is known: the configured ones, or else the two
    /// names every machine has for itself.
    pub(crate) fn origins_for(&self, bound: SocketAddr) -> Vec<Origin> {
        if !self.origins.is_empty() {
            return self.origins.clone();
        }
        let host = match bound.ip() {
            IpAddr::V6(ip) if !ip.is_unspecified() => format!("[{ip}]"),
            IpAddr::V4(ip) if !ip.is_unspecified() => ip.to_string(),
            IpAddr::V4(_) | IpAddr::V6(_) => Ipv4Addr::LOCALHOST.to_string(),
        };
        let mut origins = vec![Origin::new(self.is_tls(), "localhost", bound.port())];
        let own = Origin::new(self.is_tls(), &host, bound.port());
        if own != origins[0] {
            origins.push(own);
        }
        origins
    }

    /// Rules that concern more than one setting.
    fn check(&self) -> Result<(), ConfigError> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => Err(ConfigError::Half { given: "tls-cert", missing: "tls-key" }),
            (None, Some(_)) => Err(ConfigError::Half { given: "tls-key", missing: "tls-cert" }),
            _ => Ok(()),
        }
    }
}
