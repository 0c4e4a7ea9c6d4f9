//! Slow sockets, crowds, and proxies.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use effigy_proto::Frame;

use crate::person::{Person, among_people};
use crate::raw::{Raw, silent_session};
use crate::support::{Hub, PATIENCE, folder};

/// Whether the other side has closed, waiting for it up to a moment.
fn is_closed(stream: &mut TcpStream, patience: Duration) -> bool {
    stream.set_read_timeout(Some(patience)).unwrap();
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

/// How many are slow at a time; `EFFIGY_TEST_SLOW=2000` is the full size.
pub(crate) fn how_many_are_slow() -> usize {
    let wanted = std::env::var("EFFIGY_TEST_SLOW").ok().and_then(|text| text.parse().ok());
    wanted.unwrap_or(200)
}

/// R23: headers that never end cost a bounded time, and nobody else notices.
#[test]
fn slow_headers_are_cut_off_and_others_are_served() {
    let folder = folder();
    let flags = ["--header-timeout", "1", "--exempt-loopback"];
    let hub = Hub::start(folder.path(), &flags);
    let start = Instant::now();
    let mut slow: Vec<TcpStream> = (0..how_many_are_slow())
        .map(|n| {
            let mut stream = hub.connect();
            // Some say nothing, some a little, some send a byte now and then.
            stream.write_all(&b"GET / HTTP/1.1\r\nHost: local"[..n % 28]).unwrap();
            stream
        })
        .collect();
    let honest = Instant::now();
    assert_eq!(hub.get("/").status, 200);
    assert!(honest.elapsed() < Duration::from_millis(900), "{:?}", honest.elapsed());
    while start.elapsed() < Duration::from_millis(1_500) {
        std::thread::sleep(Duration::from_millis(100));
        let _ = slow[27].write_all(b"a");
    }
    for (n, stream) in slow.iter_mut().enumerate() {
        assert!(is_closed(stream, Duration::from_secs(2)), "socket {n} is still held");
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    let start = Instant::now();
    while hub.metric("effigy_hub_connections_open") > 1 {
        assert!(start.elapsed() < PATIENCE, "closed sockets are still counted");
    }
}

#[test]
fn an_idle_connection_is_not_kept_for_ever() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &["--header-timeout", "1"]);
    let mut stream = hub.connect();
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let start = Instant::now();
    assert!(is_closed(&mut stream, PATIENCE));
    let waited = start.elapsed();
    assert!(waited > Duration::from_millis(700) && waited < Duration::from_secs(5), "{waited:?}");
}

/// R25 below HTTP: who asks for much and takes nothing is let go.
#[test]
fn a_reader_that_takes_nothing_is_let_go() {
    let folder = folder();
    std::fs::write(folder.path().join("app/big.bin"), vec![7; 32 * 1024 * 1024]).unwrap();
    let hub = Hub::start(folder.path(), &["--write-timeout", "1"]);
    let mut stream = hub.connect();
    write!(stream, "GET /big.bin HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", hub.port).unwrap();
    let start = Instant::now();
    while hub.metric("effigy_hub_stalled_total") == 0 {
        assert!(start.elapsed() < PATIENCE, "still waiting for a reader that does not read");
        std::thread::sleep(Duration::from_millis(100));
    }
    // One that reads gets everything.
    assert_eq!(hub.get("/big.bin").body.len(), 32 * 1024 * 1024);
}

/// R23 for reads: who asks for much and takes nothing is let go in time, and costs little until then.
#[test]
fn many_who_take_nothing_are_let_go_and_others_are_served() {
    let folder = folder();
    std::fs::write(folder.path().join("app/big.bin"), vec![7; 32 * 1024 * 1024]).unwrap();
    let hub = Hub::start(folder.path(), &["--write-timeout", "2", "--exempt-loopback"]);
    assert_eq!(hub.get("/big.bin").body.len(), 32 * 1024 * 1024);
    let before = hub.resident_bytes();
    let n_slow = how_many_are_slow();
    let held: Vec<TcpStream> = (0..n_slow)
        .map(|_| {
            let mut stream = hub.connect();
            write!(stream, "GET /big.bin HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", hub.port)
                .unwrap();
            stream
        })
        .collect();
    // The best of some: other tests are busy as well.
    let honest = (0..5).map(|_| {
        let start = Instant::now();
        assert_eq!(hub.get("/").status, 200);
        start.elapsed()
    });
    let honest = honest.min().unwrap();
    assert!(honest < Duration::from_millis(900), "{honest:?}");
    let grown = hub.resident_bytes().saturating_sub(before);
    println!("{n_slow} who take nothing: {} KiB more", grown / 1024);
    assert!(grown < n_slow as u64 * 512 * 1024, "{grown} bytes more");
    let start = Instant::now();
    while hub.metric("effigy_hub_stalled_total") < n_slow as u64 {
        assert!(start.elapsed() < PATIENCE, "still waiting for readers that do not read");
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(held);
}

#[test]
fn one_address_gets_only_so_many_connections() {
    let folder = folder();
    let flags = ["--max-connections-per-address", "4"];
    let hub = Hub::start(folder.path(), &flags);
    let mut held: Vec<TcpStream> = (0..4).map(|_| hub.connect()).collect();
    let mut fifth = hub.connect();
    assert!(is_closed(&mut fifth, PATIENCE));
    // Who asks hears why, and when to come again.
    let refused = hub.get("/");
    assert_eq!((refused.status, refused.header("retry-after")), (503, "5"), "{refused:?}");
    assert!(refused.text().contains("connections from your network"), "{}", refused.text());
    // Those who are told why are few: the rest is closed unread, at once.
    let crowd: Vec<TcpStream> = (0..64).map(|_| hub.connect()).collect();
    let start = Instant::now();
    assert!(crowd.into_iter().all(|mut stream| is_closed(&mut stream, Duration::from_secs(4))));
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    // Those who were inside stay inside.
    let mut first = held.remove(0);
    write!(first, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    first.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop((first, held));
    hub.wait_until_open();
    assert!(hub.metric("effigy_hub_refusals_total{code=\"crowded\"}") >= 1);
}

#[test]
fn the_hub_gets_only_so_many_connections() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &["--max-connections", "3", "--exempt-loopback"]);
    let held: Vec<TcpStream> = (0..3).map(|_| hub.connect()).collect();
    assert!(is_closed(&mut hub.connect(), PATIENCE));
    drop(held);
    hub.wait_until_open();
    assert!(hub.metric("effigy_hub_refusals_total{code=\"full\"}") >= 1);
}

/// R26: the system gives few file handles. New callers are told so, or closed; those inside stay.
#[test]
fn few_file_handles_mean_few_connections_and_no_failure() {
    let folder = folder();
    let mut command = std::process::Command::new("sh");
    let hub = env!("CARGO_BIN_EXE_effigy-hub");
    let data = folder.path().join("data");
    let script = format!("ulimit -n 80; exec {hub} --listen 127.0.0.1:0 --data {}", data.display());
    command.args(["-c", &script]);
    let hub = Hub::spawn(&mut command);
    let mut first = hub.connect();
    let held: Vec<TcpStream> = (0..40).map(|_| hub.connect()).collect();
    assert!(is_closed(&mut hub.connect(), PATIENCE));
    write!(first, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    first.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(held);
    hub.wait_until_open();
    assert!(hub.metric("effigy_hub_refusals_total{code=\"full\"}") > 20);
}

/// R26: the system gives little memory. However many want much, those inside are served.
#[test]
fn little_memory_is_enough_however_much_is_sent() {
    let folder = folder();
    let mut command = std::process::Command::new("sh");
    let hub = env!("CARGO_BIN_EXE_effigy-hub");
    let data = folder.path().join("data");
    let flags = format!("--exempt-loopback --listen 127.0.0.1:0 --data {}", data.display());
    command.args(["-c", &format!("ulimit -v 1000000; exec {hub} {flags}")]);
    let hub = Hub::spawn(&mut command);
    among_people(async {
        let mut ana = Person::begin("Ana", &[&hub.address]).await;
        let (letters, mut held) = ("[".repeat(250_000), Vec::new());
        for _ in 0..300 {
            let mut raw = Raw::dial(&hub).await;
            // Each of them would be kept until the message is whole.
            raw.send(Frame::Text(letters.clone())).await;
            held.push(raw);
        }
        for _ in 0..200 {
            let mut raw = silent_session(&hub).await;
            raw.send(Frame::Text(letters.clone())).await;
            held.push(raw);
        }
        ana.post("as if nobody else were there").await;
        ana.until_kept().await;
    });
    let resident = hub.resident_bytes();
    println!("{} MB are resident", resident >> 20);
    assert!(resident < 256 << 20, "{resident} bytes");
    assert_eq!(hub.get("/healthz").status, 200);
}

#[test]
fn behind_a_trusted_proxy_the_people_are_counted() {
    let folder = folder();
    let flags = ["--trusted-proxy", "127.0.0.1", "--max-connections-per-address", "1"];
    let hub = Hub::start(folder.path(), &flags);
    // The proxy itself holds as many connections as it likes.
    let pipes: Vec<TcpStream> = (0..8).map(|_| hub.connect()).collect();
    assert_eq!(hub.ask("GET", "/", &["X-Forwarded-For: 192.0.2.1"]).status, 200);
    // What the caller wrote in front of what the proxy wrote is not believed.
    let forged = hub.ask("GET", "/metrics", &["X-Forwarded-For: 127.0.0.1, 192.0.2.1"]);
    assert_eq!(forged.status, 404);
    drop(pipes);
    assert_eq!(hub.metric("effigy_hub_refusals_total{code=\"crowded\"}"), 0);
}
