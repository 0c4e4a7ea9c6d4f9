//! Origins: where a browser believes it is, and whether that is here.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// Scheme, host and port, spelled as browsers spell them in `Origin` headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    secure: bool,
    /// Host and, unless it is the scheme's own, port; lower case.
    authority: String,
}

/// Not an origin.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an origin: scheme and host, at most a port")]
pub(crate) struct NotAnOrigin;

impl Origin {
    /// The origin of `host` at `port`; an IPv6 `host` wears its brackets.
    pub(crate) fn new(secure: bool, host: &str, port: u16) -> Self {
        let authority = without_default_port(secure, &format!("{host}:{port}"));
        Self { secure, authority }
    }

    /// Whether a request with this `Host` header is meant for this origin.
    pub(crate) fn is_host(&self, header: &str) -> bool {
        without_default_port(self.secure, header) == self.authority
    }

    /// Whether it is reached by HTTPS.
    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether the host is an address or a name of this machine, not a name of the wide world.
    pub(crate) fn is_local(&self) -> bool {
        let host = host_of(&self.authority);
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<IpAddr>().is_ok()
            || host.starts_with('[')
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let (scheme, authority) = text.split_once("://").ok_or(NotAnOrigin)?;
        let secure = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(NotAnOrigin),
        };
        // One trailing slash is how address bars copy an origin.
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let host = host_of(authority);
        let port = authority.strip_prefix(host).ok_or(NotAnOrigin)?;
        let is_port = match port.strip_prefix(':') {
            Some(digits) => digits.parse::<u16>().is_ok_and(|port| port != 0),
            None => port.is_empty(),
        };
        if !is_port || !is_host_name(host) {
            return Err(NotAnOrigin);
        }
        Ok(Self { secure, authority: without_default_port(secure, authority) })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)
    }
}

/// The part before the port; brackets of IPv6 stay.
fn host_of(authority: &str) -> &str {
    let end = match authority.find(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    authority.get(..end).unwrap_or(authority)
}

fn is_host_name(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    !host.is_empty() && host.len() <= 253 && host.bytes().all(is_plain)
}

fn without_default_port(secure: bool, authority: &str) -> String {
    let default = if secure { ":443" } else { ":80" };
    authority.strip_suffix(default).unwrap_or(authority).to_ascii_lowercase()
}
