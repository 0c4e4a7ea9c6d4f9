//! Starting, stopping, crashing, and being told nonsense.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Hub, PATIENCE, command, fails, folder, unused_address};

#[test]
fn told_to_stop_it_lets_requests_finish_and_leaves() {
    let folder = folder();
    std::fs::write(folder.path().join("app/big.bin"), vec![7; 16 * 1024 * 1024]).unwrap();
    for signal in [Signal::TERM, Signal::INT] {
        let mut hub = Hub::start(folder.path(), &[]);
        let mut busy = hub.connect();
        write!(busy, "GET /big.bin HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", hub.port).unwrap();
        let mut start = [0; 1024];
        busy.read_exact(&mut start).unwrap();
        let mut idle = hub.connect();
        write!(idle, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        idle.read_exact(&mut start[..64]).unwrap();
        hub.signal(signal);
        // The idle one is closed at once, the busy one gets all it asked for.
        let mut rest = Vec::new();
        idle.read_to_end(&mut rest).unwrap();
        busy.read_to_end(&mut rest).unwrap();
        assert!(rest.len() > 16 * 1024 * 1024 - 1024);
        assert_eq!(hub.wait(), Some(0));
    }
}

#[test]
fn it_does_not_wait_longer_than_it_may() {
    let folder = folder();
    std::fs::write(folder.path().join("app/big.bin"), vec![7; 32 * 1024 * 1024]).unwrap();
    let mut hub = Hub::start(folder.path(), &["--drain-time", "1"]);
    let mut stuck = hub.connect();
    write!(stuck, "GET /big.bin HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", hub.port).unwrap();
    stuck.read_exact(&mut [0; 16]).unwrap();
    let start = Instant::now();
    hub.signal(Signal::TERM);
    assert_eq!(hub.wait(), Some(0));
    let waited = start.elapsed();
    assert!(waited > Duration::from_millis(900) && waited < Duration::from_secs(5), "{waited:?}");
}

/// R18, the part that is not the store's: nothing to clean up after a crash, same hub, at once.
#[test]
fn killed_and_started_again_it_is_the_same_hub() {
    let folder = folder();
    let mut hub = Hub::start(folder.path(), &[]);
    let key = std::fs::read(folder.path().join("data/hub.key")).unwrap();
    let listen = format!("127.0.0.1:{}", hub.port);
    for _ in 0..5 {
        // Somebody is connected, so the port has lingering connections afterwards.
        let mut guest = hub.connect();
        write!(guest, "GET / HTTP/1.1\r\n").unwrap();
        hub.signal(Signal::KILL);
        assert_eq!(hub.wait(), None);
        let start = Instant::now();
        hub = Hub::start_at(folder.path(), &listen, &[]);
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        assert_eq!(hub.get("/").status, 200);
    }
    assert_eq!(std::fs::read(folder.path().join("data/hub.key")).unwrap(), key);
}

#[test]
fn two_hubs_do_not_share_a_folder() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    let (code, words) = fails(folder.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(words.starts_with("effigy-hub: another hub (process "), "{words}");
    assert!(words.contains("uses the data folder") && words.contains("--data"), "{words}");
    assert_eq!(hub.get("/").status, 200);
}

#[test]
fn a_taken_port_is_said_to_be_taken() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    let other = crate::support::folder();
    let taken = format!("127.0.0.1:{}", hub.port);
    let output = command(other.path(), &taken, &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains(&format!("cannot listen on {taken}: ")), "{words}");
}

#[test]
fn what_cannot_be_used_is_refused_with_its_place() {
    let folder = folder();
    let file = folder.path().join("hub.toml");
    std::fs::write(&file, "[limits]\nmax-conections = 5\n").unwrap();
    let (code, words) = fails(folder.path(), &["--config", file.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(words.contains("hub.toml, line 2 is not a setting; did you mean `max-connections`?"));
    let (code, words) = fails(folder.path(), &["--tls-cert", "/nowhere.pem"]);
    assert_eq!(
        (code, words.as_str()),
        (Some(2), "effigy-hub: `tls-cert` needs `tls-key` beside it\n")
    );
    let (code, words) =
        fails(folder.path(), &["--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.pem"]);
    assert_eq!(code, Some(1));
    assert!(words.contains("no certificate in /nowhere.pem"), "{words}");
    let (code, _) = fails(folder.path(), &["--no-such-flag"]);
    assert_eq!(code, Some(2));
}

#[test]
fn a_hub_without_the_app_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("app")).unwrap();
    let hub = Hub::start(folder.path(), &[]);
    let answer = hub.get("/");
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("cargo xtask start"));
    assert_eq!(hub.get("/healthz").status, 200);
}

#[test]
fn json_lines_are_json_and_tell_nobody_who_came() {
    let folder = folder();
    let listen = unused_address();
    let flags = ["--log-format", "json", "--log-level", "debug"];
    let mut child = command(folder.path(), &listen, &flags).spawn().unwrap();
    let start = Instant::now();
    let mut stream = loop {
        assert!(start.elapsed() < PATIENCE);
        match std::net::TcpStream::connect(&listen) {
            Ok(stream) => break stream,
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let secret = "/x?token=geheim";
    write!(stream, "GET {secret} HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n\r\n").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(out, "", "standard output is for people");
    let mut lines = String::new();
    child.stderr.take().unwrap().read_to_string(&mut lines).unwrap();
    assert!(child.wait().unwrap().success());
    let messages: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let says = |word: &str| messages.iter().any(|line| line["message"] == word);
    assert!(says("started") && says("answered") && says("stopped"), "{lines}");
    let key = std::fs::read_to_string(folder.path().join("data/hub.key")).unwrap();
    let key = key.trim().rsplit(' ').next().unwrap();
    assert!(!lines.contains("geheim") && !lines.contains(key) && !lines.contains("did:key"));
}
