//! HTTPS with a certificate of our own making.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Answer, Hub, PATIENCE, fails, folder, unused_address};

/// Writes a certificate for `localhost` and gives it with the flags that use it.
fn certificate(folder: &std::path::Path) -> (CertificateDer<'static>, [String; 4]) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let text = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    let flags = ["--tls-cert".to_owned(), text(cert), "--tls-key".to_owned(), text(key)];
    (made.cert.der().clone(), flags)
}

/// A client that trusts this certificate and no other.
fn client(cert: CertificateDer<'static>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(cert).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(client)
}

fn ask(hub: &Hub, client: &Arc<ClientConfig>, host: &str, path: &str) -> Answer {
    let name = ServerName::try_from("localhost").unwrap();
    let secure = ClientConnection::new(Arc::clone(client), name).unwrap();
    let mut stream = StreamOwned::new(secure, hub.connect());
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    Answer::read(stream)
}

#[test]
fn https_is_spoken_and_nothing_else() {
    let folder = folder();
    let (cert, flags) = certificate(folder.path());
    let mut flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    flags.extend(["--tls-handshake-timeout", "1"]);
    let hub = Hub::start(folder.path(), &flags);
    assert_eq!(hub.address, format!("https://localhost:{}", hub.port));

    let client = client(cert);
    let host = format!("localhost:{}", hub.port);
    let answer = ask(&hub, &client, &host, "/");
    assert_eq!(answer.status, 200);
    // Not for a name that other programs of this machine use too.
    assert_eq!(answer.header("strict-transport-security"), "");

    // Plain HTTP gets no answer, silence gets cut off, and neither disturbs the hub.
    let mut plain = hub.connect();
    write!(plain, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut rest = Vec::new();
    let _ = plain.read_to_end(&mut rest);
    assert!(!rest.starts_with(b"HTTP"));
    let start = Instant::now();
    let _ = hub.connect().read_to_end(&mut rest);
    assert!(start.elapsed() < PATIENCE && start.elapsed() > Duration::from_millis(700));
    let metrics = ask(&hub, &client, &host, "/metrics");
    assert!(metrics.text().contains("effigy_hub_tls_failures_total 2"), "{}", metrics.text());
}

#[test]
fn a_named_hub_with_tls_asks_browsers_to_stay_with_https() {
    let folder = folder();
    let (cert, flags) = certificate(folder.path());
    let mut flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    flags.extend(["--origin", "https://hub.example"]);
    let hub = Hub::start_at(folder.path(), &unused_address(), &flags);
    let answer = ask(&hub, &client(cert), "hub.example", "/");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let folder = folder();
    let (_, flags) = certificate(folder.path());
    let other = rcgen::KeyPair::generate().unwrap();
    std::fs::write(folder.path().join("key.pem"), other.serialize_pem()).unwrap();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let (code, words) = fails(folder.path(), &flags);
    assert_eq!(code, Some(1));
    assert!(words.contains("cannot be used together"), "{words}");
}
