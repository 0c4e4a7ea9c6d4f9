//! The app's files: headers, compression, caching, and what is not there.

use std::io::Write;

use crate::support::{Answer, Hub, SCRIPT, folder, unused_address};

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob:; media-src 'self' blob:; connect-src 'self' ws: wss:; worker-src 'self'; \
    manifest-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-src 'none'; \
    frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; \
    trusted-types effigy-boot default";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// T67, the part that is the hub's: no answer leaves without its policy.
#[test]
fn every_answer_wears_the_headers() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    let answers = [
        hub.get("/"),
        hub.get(SCRIPT),
        hub.get("/missing"),
        hub.get("/healthz"),
        hub.get("/metrics"),
        hub.ask("POST", "/", &[]),
        hub.ask("POST", "/healthz", &[]),
        hub.ask("GET", "/", &["Host: elsewhere.example"]),
    ];
    for answer in answers {
        assert_eq!(answer.header("content-security-policy"), POLICY);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("permissions-policy"), "camera=(self), microphone=(self)");
        assert_eq!(answer.header("strict-transport-security"), "");
        assert_ne!(answer.header("cache-control"), "");
    }
}

#[test]
fn hashed_names_are_kept_and_others_are_asked_about() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    for (path, kind, caching) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/?src=pwa", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/manifest.json", "application/manifest+json", "no-cache"),
        ("/service-worker.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/icons/icon-192.png", "image/png", "no-cache"),
        (SCRIPT, "text/javascript; charset=utf-8", FOR_EVER),
        ("/app-0123456789abcdef_bg.wasm", "application/wasm", FOR_EVER),
    ] {
        let answer = hub.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), kind, "{path}");
        assert_eq!(answer.header("cache-control"), caching, "{path}");
    }
}

#[test]
fn the_smallest_accepted_form_is_sent() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    let plain = hub.get(SCRIPT);
    assert_eq!((plain.header("content-encoding"), plain.body.len()), ("", 13_000));
    let brotli = hub.ask("GET", SCRIPT, &["Accept-Encoding: gzip, deflate, br, zstd"]);
    assert_eq!(brotli.header("content-encoding"), "br");
    let mut unpacked = Vec::new();
    brotli::BrotliDecompress(&mut &brotli.body[..], &mut unpacked).unwrap();
    assert!(unpacked == plain.body && brotli.body.len() < 1000);
    let gzip = hub.ask("GET", SCRIPT, &["Accept-Encoding: gzip, br;q=0"]);
    assert_eq!(gzip.header("content-encoding"), "gzip");
    let mut unpacked = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(&gzip.body[..]);
    std::io::Read::read_to_end(&mut decoder, &mut unpacked).unwrap();
    assert!(unpacked == plain.body);
    let tags = [plain.header("etag"), brotli.header("etag"), gzip.header("etag")];
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
    for answer in [&plain, &brotli, &gzip] {
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    }
    // A picture is compressed already.
    let picture = hub.ask("GET", "/icons/icon-192.png", &["Accept-Encoding: br"]);
    assert_eq!(picture.header("content-encoding"), "");
}

#[test]
fn what_the_browser_has_is_not_sent_again() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    let brotli = "Accept-Encoding: br";
    let first = hub.ask("GET", SCRIPT, &[brotli]);
    let condition = format!("If-None-Match: \"other\", W/{}", first.header("etag"));
    let again = hub.ask("GET", SCRIPT, &[brotli, &condition]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("cache-control"), FOR_EVER);
    assert_eq!(again.header("vary"), "accept-encoding");
    // The same file in another form is another answer.
    assert_eq!(hub.ask("GET", SCRIPT, &[&condition]).status, 200);
}

#[test]
fn head_is_get_without_the_body_and_nothing_else_is_allowed() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    let head = hub.ask("HEAD", SCRIPT, &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), "13000");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"] {
        let answer = hub.ask(method, "/", &[]);
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"), "{method}");
    }
}

#[test]
fn what_is_not_there_is_not_there() {
    let folder = folder();
    std::fs::write(folder.path().join("data.txt"), "secret").unwrap();
    let hub = Hub::start(folder.path(), &[]);
    for path in [
        "/missing.js",
        "/home",
        "/people/add",
        "/../data.txt",
        "/%2e%2e/data.txt",
        "/icons/../../data.txt",
        "/icons",
        "/icons/",
        "//index.html",
        "/.hidden",
    ] {
        // Even for somebody who wants a page: the app's screens are behind `#`.
        let answer = hub.ask("GET", path, &["Accept: text/html"]);
        assert_eq!((answer.status, answer.header("cache-control")), (404, "no-store"), "{path}");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    }
}

#[test]
fn a_hub_answers_only_under_its_own_names() {
    let folder = folder();
    let status = |hub: &Hub, host: &str| hub.ask("GET", "/", &[&format!("Host: {host}")]).status;
    let listen = unused_address();
    let named = Hub::start_at(folder.path(), &listen, &["--origin", "https://hub.example"]);
    assert_eq!(named.address, "https://hub.example");
    assert_eq!(status(&named, "hub.example"), 200);
    assert_eq!(status(&named, &listen), 421);
    drop(named);
    let hub = Hub::start(folder.path(), &[]);
    let port = hub.port;
    assert_eq!(status(&hub, &format!("127.0.0.1:{port}")), 200);
    assert_eq!(status(&hub, &format!("LOCALHOST:{port}")), 200);
    for host in ["evil.example", "localhost", &format!("evil.example:{port}"), ""] {
        assert_eq!(status(&hub, host), 421, "{host:?}");
    }
    let refused = hub.ask("GET", "/", &["Host: evil.example"]);
    assert!(refused.text().contains(&format!("http://localhost:{port}/")));
    assert!(refused.text().contains("--origin") && !refused.text().contains("evil"));
    let twice = format!("Host: localhost:{port}");
    assert_ne!(hub.ask("GET", "/", &[&twice, &twice]).status, 200);
    // Monitors ask by whatever address they know.
    assert_eq!(hub.ask("GET", "/healthz", &["Host: 10.0.0.7"]).status, 200);
}

#[test]
fn garbage_gets_an_error_and_the_hub_goes_on() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    let huge = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(64 * 1024));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(1000));
    for (bytes, expected) in [
        (&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..], 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (huge.as_bytes(), 431),
        (many.as_bytes(), 431),
    ] {
        let mut stream = hub.connect();
        // The hub may close before it has read everything.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
        // An answer to somebody who is still talking may be lost; to a short word it is not.
        if bytes.len() < 1000 || !answer.is_empty() {
            assert_eq!(Answer::read(&answer[..]).status, expected);
        }
    }
    assert_eq!(hub.get("/").status, 200);
}

#[test]
fn health_and_metrics_tell_the_truth() {
    let folder = folder();
    let hub = Hub::start(folder.path(), &[]);
    let health: serde_json::Value = serde_json::from_slice(&hub.get("/healthz").body).unwrap();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["store"], "ok");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert!(health["uptime"].is_u64());
    let before = hub.metric("effigy_hub_responses_total{class=\"4xx\"}");
    hub.get("/missing");
    assert_eq!(hub.metric("effigy_hub_responses_total{class=\"4xx\"}"), before + 1);
    assert!(hub.metric("effigy_hub_bytes_in_total") > 100);
    assert!(hub.metric("effigy_hub_connections_open") >= 1);
    // Somebody behind a proxy is not on this machine, whatever the address says.
    let proxied = hub.ask("GET", "/metrics", &["X-Forwarded-For: 127.0.0.1"]);
    assert_eq!(proxied.status, 404);
    std::fs::remove_dir_all(folder.path().join("data")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(5_200));
    let sick = hub.get("/healthz");
    assert_eq!(sick.status, 503);
    assert!(sick.text().contains("\"store\":\"failing\""));
}
