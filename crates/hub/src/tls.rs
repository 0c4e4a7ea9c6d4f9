//! HTTPS by a certificate and its key from PEM files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::config::Config;

/// Why there can be no HTTPS.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// Certificate and key are read and do not fit.
    #[error("the certificate {} and the key {} cannot be used together: {source}", cert.display(), key.display())]
    Unfit {
        /// The certificate file.
        cert: PathBuf,
        /// The key file.
        key: PathBuf,
        /// What is wrong with them.
        source: rustls::Error,
    },
    /// A file holds no certificate or no key.
    #[error("no {what} in {}: {source}", path.display())]
    Unreadable {
        /// "certificate" or "private key".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
}

/// What accepts TLS connections, when a certificate is configured.
///
/// # Errors
/// When the files cannot be read or do not belong together.
pub(crate) fn acceptor(config: &Config) -> Result<Option<TlsAcceptor>, TlsError> {
    let (Some(cert), Some(key)) = (&config.tls_cert, &config.tls_key) else { return Ok(None) };
    let chain = certificates(cert)?;
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|source| unreadable("private key", key, source))?;
    let unfit = |source| TlsError::Unfit { cert: cert.clone(), key: key.clone(), source };
    let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(unfit)?;
    // WebSockets here are upgrades of HTTP/1.1, so nothing else is offered.
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(server))))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let refuse = |source| unreadable("certificate", path, source);
    let chain = CertificateDer::pem_file_iter(path)
        .map_err(refuse)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(refuse)?;
    if chain.is_empty() {
        return Err(refuse(pem::Error::NoItemsFound));
    }
    Ok(chain)
}

fn unreadable(what: &'static str, path: &Path, source: pem::Error) -> TlsError {
    TlsError::Unreadable { what, path: path.to_owned(), source }
}
