//! Opening a WebSocket to a hub.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{client_async_with_config, tungstenite};

use crate::socket::{self, Dialled, Socket};

/// A connection below the WebSocket, with TLS or without.
trait Pipe: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Pipe for T {}

/// Why no connection came about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    /// Nobody answers there, or not with the certificate of that name.
    #[error("no connection: {0}")]
    Io(#[from] io::Error),
    /// Not an origin.
    #[error("not an origin")]
    Origin,
    /// TLS cannot be had on this machine.
    #[error("no TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// Whoever answers is no hub.
    #[error("no WebSocket: {0}")]
    WebSocket(#[from] Box<tungstenite::Error>),
}

/// Opens a WebSocket to `<origin>/ws`.
pub(crate) async fn dial(origin: String) -> Result<impl Socket, DialError> {
    let (scheme, authority) = origin.split_once("://").ok_or(DialError::Origin)?;
    let is_secure = match scheme {
        "http" => false,
        "https" => true,
        _ => return Err(DialError::Origin),
    };
    let (host, port) = parts(authority, is_secure).ok_or(DialError::Origin)?;
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    let (pipe, scheme): (Box<dyn Pipe>, _) = if is_secure {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| DialError::Origin)?;
        (Box::new(TlsConnector::from(trust()?).connect(name, stream).await?), "wss")
    } else {
        (Box::new(stream), "ws")
    };
    let address = format!("{scheme}://{authority}/ws");
    let opened = client_async_with_config(address, pipe, Some(socket::config())).await;
    let (socket, _) = opened.map_err(Box::new)?;
    Ok(Dialled(socket))
}

/// Host and port, the host without the brackets of IPv6.
fn parts(authority: &str, is_secure: bool) -> Option<(&str, u16)> {
    let bracket = authority.rfind(']').unwrap_or(0);
    let colon = authority.rfind(':').filter(|colon| *colon > bracket);
    let (host, port) = match colon {
        Some(colon) => (authority.get(..colon)?, authority.get(colon + 1..)?.parse().ok()?),
        None => (authority, if is_secure { 443 } else { 80 }),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    (!host.is_empty()).then_some((host, port))
}

/// Whom this machine trusts, read once: an authority of one's own counts here as in browsers.
fn trust() -> Result<Arc<ClientConfig>, rustls::Error> {
    static TRUST: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = TRUST.get() {
        return Ok(Arc::clone(config));
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::clone(TRUST.get_or_init(|| Arc::new(config))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_have_a_host_and_a_port() {
        assert_eq!(parts("hub.example", true), Some(("hub.example", 443)));
        assert_eq!(parts("localhost:8420", false), Some(("localhost", 8420)));
        assert_eq!(parts("[::1]:8420", false), Some(("::1", 8420)));
        assert_eq!(parts("[::1]", false), Some(("::1", 80)));
        assert_eq!(parts("hub.example:http", false), None);
        assert_eq!(parts("", true), None);
    }
}
