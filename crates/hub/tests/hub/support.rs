//! A hub process, a tiny app for it to serve, and HTTP spoken by hand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tempfile::TempDir;

/// Longer than anything here may take, shorter than anybody wants to wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Where the system chooses the port.
const FREE: &str = "127.0.0.1:0";
/// The script of the app below; large enough to be worth compressing.
pub(crate) const SCRIPT: &str = "/app-0123456789abcdef.js";

/// A hub that is killed when the test ends.
pub(crate) struct Hub {
    /// None for a hub that another test's thread runs.
    child: Option<Child>,
    pub(crate) port: u16,
    pub(crate) address: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A folder with a data folder and an app in it.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let app = folder.path().join("app");
    std::fs::create_dir_all(app.join("icons")).unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(app.join(name), bytes).unwrap();
    write("index.html", b"<!doctype html><title>Effigy</title>");
    write(&SCRIPT[1..], "export const answer = 42;\n".repeat(500).as_bytes());
    write("app-0123456789abcdef_bg.wasm", &[0; 4096]);
    write("manifest.json", b"{\"name\":\"Effigy\"}");
    write("service-worker.js", b"self.addEventListener('fetch', () => {});");
    write("icons/icon-192.png", &[0x89, b'P', b'N', b'G']);
    folder
}

/// The command that starts a hub in such a folder.
pub(crate) fn command(folder: &Path, listen: &str, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_effigy-hub"));
    command
        .args(["--listen", listen])
        .arg("--data")
        .arg(folder.join("data"))
        .arg("--assets")
        .arg(folder.join("app"))
        .args(flags)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// An address that nobody listens on, for hubs that do not say which port they got.
pub(crate) fn unused_address() -> String {
    std::net::TcpListener::bind(FREE).unwrap().local_addr().unwrap().to_string()
}

/// Runs a hub that is expected to give up by itself.
pub(crate) fn fails(folder: &Path, flags: &[&str]) -> (Option<i32>, String) {
    let output = command(folder, FREE, flags).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

impl Hub {
    /// Starts a hub on a free port.
    pub(crate) fn start(folder: &Path, flags: &[&str]) -> Self {
        Self::spawn(&mut command(folder, FREE, flags))
    }

    /// Starts a hub on this address.
    pub(crate) fn start_at(folder: &Path, listen: &str, flags: &[&str]) -> Self {
        let mut hub = Self::spawn(&mut command(folder, listen, flags));
        hub.port = listen.rsplit(':').next().unwrap().parse().unwrap();
        hub
    }

    /// Runs a command that becomes a hub, and waits until it says where it is.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .find_map(|line| line.unwrap().strip_prefix("Effigy hub is at ").map(str::to_owned))
            .expect("the hub gives its address");
        let port = address.rsplit(':').next().unwrap().parse().unwrap_or_default();
        // Read on, or the hub would have nobody to write its QR code to.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child: Some(child), port, address }
    }

    /// A hub that was started and has said where it is.
    pub(crate) fn adopt(child: Child, out: impl Read + Send + 'static, address: String) -> Self {
        let port = address.rsplit(':').next().unwrap().parse().unwrap_or_default();
        let mut lines = BufReader::new(out).lines();
        std::thread::spawn(move || while let Some(Ok(_)) = lines.next() {});
        Self { child: Some(child), port, address }
    }

    /// What a hub said before it gave up by itself, if it has.
    pub(crate) fn last_words(&mut self) -> Option<String> {
        let child = self.child.as_mut().unwrap();
        let status = child.try_wait().unwrap()?;
        assert_eq!(status.code(), Some(1));
        let mut words = String::new();
        child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
        Some(words)
    }

    /// Bounds how long this hub's files may become from now on.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let pid = Pid::from_child(self.child.as_ref().unwrap());
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(pid), Resource::Fsize, limit).unwrap();
    }

    /// The same hub for another thread.
    pub(crate) fn elsewhere(address: String, port: u16) -> Self {
        Self { child: None, port, address }
    }

    /// Bytes of memory that the process has.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let pid = self.child.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() * 1024
    }

    /// Opens a connection that does not wait for ever.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// One request with these header lines on a connection of its own.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[&str]) -> Answer {
        let host = format!("Host: localhost:{}", self.port);
        let has_host = headers.iter().any(|line| line.to_lowercase().starts_with("host:"));
        let host = (!has_host).then_some(host.as_str());
        let lines: Vec<&str> = host.into_iter().chain(headers.iter().copied()).collect();
        let mut stream = self.connect();
        write!(stream, "{method} {path} HTTP/1.1\r\nConnection: close\r\n").unwrap();
        write!(stream, "{}\r\n\r\n", lines.join("\r\n")).unwrap();
        Answer::read(stream)
    }

    /// A plain read.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    /// Waits until the hub lets somebody in again; leaving takes it a moment to notice.
    pub(crate) fn wait_until_open(&self) {
        let start = Instant::now();
        let ask = || -> std::io::Result<bool> {
            let mut stream = self.connect();
            write!(stream, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            Ok(answer.starts_with(b"HTTP/1.1 200"))
        };
        while !ask().is_ok_and(|is_open| is_open) {
            assert!(start.elapsed() < PATIENCE, "the hub lets nobody in");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// One number from `/metrics`.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = String::from_utf8(self.get("/metrics").body).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in\n{text}")).parse().unwrap()
    }

    /// Waits until a number from `/metrics` is this.
    pub(crate) fn until_metric(&self, name: &str, expected: u64) {
        let start = Instant::now();
        while self.metric(name) != expected {
            let now = self.metric(name);
            assert!(start.elapsed() < PATIENCE, "{name} is {now} and not {expected}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().unwrap()), signal).unwrap();
    }

    /// Waits for the end and gives its exit code; none when a signal was the end.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the hub does not stop");
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Answer {
    /// Reads until the other side closes.
    pub(crate) fn read(mut stream: impl Read) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a header");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let split = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_lowercase(), value.to_owned())
        };
        Self { status, headers: lines.map(split).collect(), body: bytes[end + 4..].to_vec() }
    }

    /// The value of a header, empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(key, _)| key == name);
        let value = values.next().map_or("", |(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} is given twice");
        value
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}
