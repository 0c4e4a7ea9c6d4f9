//! Which layer wins, what each error says, and that the documents tell the truth.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use super::*;

fn environment(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn load_with(flags: &[&str], variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let arguments = ["effigy-hub"].iter().chain(flags);
    let matches = command().try_get_matches_from(arguments).unwrap();
    load(&matches, environment(variables)).map(|loaded| loaded.config)
}

fn refusal(flags: &[&str], variables: &[(&str, &str)]) -> String {
    load_with(flags, variables).unwrap_err().to_string()
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn the_command_line_is_well_formed() {
    command().debug_assert();
}

#[test]
fn nothing_said_means_the_defaults() {
    let config = load_with(&[], &[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8420");
    assert_eq!(config.data, Path::new("./hub-data"));
    assert_eq!(config.limits.header_timeout, Duration::from_secs(10));
    assert_eq!(config.limits.header_bytes, 16 * 1024);
    assert_eq!(config.limits.max_connections_per_address, 128);
    assert_eq!(config.log_format, LogFormat::Text);
    assert_eq!(config.metrics, MetricsAudience::Local);
    assert!(!config.is_tls() && !config.exempt_loopback && config.origins.is_empty());
}

#[test]
fn a_flag_beats_the_environment_and_the_environment_beats_the_file() {
    let file = file("data = 'file'\n[limits]\nmax-connections = 7\nheader-timeout = 3\n");
    let path = file.path().to_str().unwrap();
    let variables = [("EFFIGY_HUB_DATA", "environment"), ("EFFIGY_HUB_MAX_CONNECTIONS", "8")];
    let flags = ["--config", path, "--max-connections", "9"];
    let config = load_with(&flags, &variables).unwrap();
    assert_eq!(config.limits.max_connections, 9);
    assert_eq!(config.data, Path::new("environment"));
    assert_eq!(config.limits.header_timeout, Duration::from_secs(3));
    let named_by_environment = load_with(&[], &[("EFFIGY_HUB_CONFIG", path)]).unwrap();
    assert_eq!(named_by_environment.data, Path::new("file"));
}

#[test]
fn a_list_comes_from_one_layer_only() {
    let file = file("origin = ['https://a.example', 'https://b.example']\n");
    let path = file.path().to_str().unwrap();
    let config = load_with(&["--config", path], &[]).unwrap();
    assert_eq!(config.origins.len(), 2);
    let variables = [("EFFIGY_HUB_ORIGIN", "https://c.example, http://d.example:81")];
    let config = load_with(&["--config", path], &variables).unwrap();
    let origins: Vec<String> = config.origins.iter().map(Origin::to_string).collect();
    assert_eq!(origins, ["https://c.example", "http://d.example:81"]);
}

#[test]
fn switches_sizes_and_empty_variables() {
    assert!(load_with(&["--exempt-loopback"], &[]).unwrap().exempt_loopback);
    let on = [("EFFIGY_HUB_EXEMPT_LOOPBACK", "true")];
    assert!(!load_with(&["--exempt-loopback=false"], &on).unwrap().exempt_loopback);
    let config = load_with(&["--header-bytes", "64KiB"], &[("EFFIGY_HUB_TLS_CERT", "")]).unwrap();
    assert_eq!(config.limits.header_bytes, 65_536);
    assert!(!config.is_tls());
}

#[test]
fn each_error_names_its_key_and_its_place() {
    let cases = [
        (
            refusal(&["--listen", "here"], &[]),
            "`listen` on the command line: `here` is not an address with a port, such as 127.0.0.1:8420",
        ),
        (
            refusal(&[], &[("EFFIGY_HUB_MAX_CONNECTIONS", "many")]),
            "`max-connections` in the environment variable EFFIGY_HUB_MAX_CONNECTIONS: `many` is not a whole number",
        ),
        (
            refusal(&["--header-timeout", "0"], &[]),
            "`header-timeout` on the command line: 0 is outside 1 to 86400",
        ),
        (
            refusal(&["--data", "a", "--data", "b"], &[]),
            "`data` on the command line: is given more than once",
        ),
        (refusal(&["--tls-cert", "a.pem"], &[]), "`tls-cert` needs `tls-key` beside it"),
        (
            refusal(&["--header-bytes", "18446744073709551615KiB"], &[]),
            "`header-bytes` on the command line: `18446744073709551615KiB` is not a size such as 65536, 64KiB or 1MiB",
        ),
    ];
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
}

#[test]
fn errors_of_a_file_name_the_line() {
    let check = |text: &str, expected: &str| {
        let error = layers::parse_file(Path::new("hub.toml"), text).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(
        "data = 'x'\nlisten_ = 'y'\n",
        "`listen_` in hub.toml, line 2 is not a setting; did you mean `listen`?",
    );
    check(
        "[limits]\nmax_connections = 3\n",
        "`max_connections` in hub.toml, line 2 is not a setting; did you mean `max-connections`?",
    );
    check("xylophone = 1\n", "`xylophone` in hub.toml, line 1 is not a setting");
    // A limit outside its table would be a surprise for whoever reads the file later.
    assert!(layers::parse_file(Path::new("hub.toml"), "drain-time = 1\n").is_err());
    check(
        "\n\ndata = 1.5\n",
        "`data` in hub.toml, line 3: `float` is not a text, a decimal number, true, false or a list of them",
    );
    let syntax = layers::parse_file(Path::new("hub.toml"), "data = 'x'\n= 1\n").unwrap_err();
    assert!(syntax.to_string().starts_with("hub.toml, line 2: "), "{syntax}");
    let missing = refusal(&["--config", "/nowhere/hub.toml"], &[]);
    assert!(missing.starts_with("cannot read the configuration file /nowhere/hub.toml"));
}

#[test]
fn unknown_variables_are_reported_and_not_refused() {
    let matches = command().try_get_matches_from(["effigy-hub"]).unwrap();
    let variables = environment(&[("EFFIGY_HUB_PORT", "tcp://10.0.0.1"), ("PATH", "/bin")]);
    assert_eq!(load(&matches, variables).unwrap().strangers, ["EFFIGY_HUB_PORT"]);
}

#[test]
fn origins_are_spelled_as_browsers_spell_them() {
    let check = |text: &str, expected: Option<&str>| {
        let origin = text.parse::<Origin>().ok().map(|origin| origin.to_string());
        assert_eq!(origin.as_deref(), expected, "{text}");
    };
    check("https://Hub.Example", Some("https://hub.example"));
    check("https://hub.example:443/", Some("https://hub.example"));
    check("http://hub.example:443", Some("http://hub.example:443"));
    check("http://[::1]:8420", Some("http://[::1]:8420"));
    for wrong in [
        "hub.example",
        "ftp://hub.example",
        "https://",
        "https://hub.example/path",
        "https://user@hub.example",
        "https://hub.example:0",
        "https://hub.example:99999",
        "https://hub.example:",
        "https://[::1",
        "https://hub example",
        "https://hub.example\r\nX: y",
    ] {
        check(wrong, None);
    }
    let origin: Origin = "https://hub.example".parse().unwrap();
    assert!(origin.is_host("hub.example") && origin.is_host("HUB.example:443"));
    assert!(!origin.is_host("hub.example:80") && !origin.is_host("evil.example"));
    assert!(!origin.is_local() && origin.is_secure());
    assert!("http://[::1]:1".parse::<Origin>().unwrap().is_local());
}

#[test]
fn the_default_origins_are_this_machine() {
    let config = load_with(&[], &[]).unwrap();
    let names = |address: &str| -> Vec<String> {
        let bound = address.parse().unwrap();
        config.origins_for(bound).iter().map(Origin::to_string).collect()
    };
    assert_eq!(names("127.0.0.1:8420"), ["http://localhost:8420", "http://127.0.0.1:8420"]);
    assert_eq!(names("0.0.0.0:80"), ["http://localhost", "http://127.0.0.1"]);
    assert_eq!(names("[::1]:5"), ["http://localhost:5", "http://[::1]:5"]);
    assert_eq!(names("192.168.1.5:5"), ["http://localhost:5", "http://192.168.1.5:5"]);
}

#[test]
fn the_guide_for_operators_has_every_setting() {
    let guide = include_str!("../../../../docs/operate.md");
    for row in layers::documented() {
        assert!(guide.contains(&row), "docs/operate.md lacks the row:\n{row}");
    }
}
