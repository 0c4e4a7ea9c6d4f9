//! Origins and configurations: any text, nearly right ones, and the right ones.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::settings::SETTINGS;
use super::*;

fn cases(count: u32) -> ProptestConfig {
    let times = std::env::var("PROPERTY_TIMES").ok().and_then(|times| times.parse().ok());
    let cases = count * times.unwrap_or(1);
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// What has to hold for any text: an origin has one spelling, and that is an origin again.
fn sound(text: &str) -> Option<Origin> {
    let origin = text.parse::<Origin>().ok()?;
    let spelled = origin.to_string();
    assert_eq!(spelled.parse::<Origin>().as_ref(), Ok(&origin), "{text}");
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"?#@\\".contains(&byte);
    assert!(spelled.bytes().all(plain), "{spelled}");
    assert_eq!(spelled.matches('/').count(), 2, "{spelled}");
    let host = spelled.split_once("://").unwrap().1;
    assert!(origin.is_host(host) && origin.is_host(&host.to_ascii_uppercase()), "{text}");
    Some(origin)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        "[a-z0-9.:/@\\[\\]# %-]{0,40}",
        vec(any::<char>(), 0..20).prop_map(String::from_iter)
    ]
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn any_text_is_an_origin_or_none(text in text()) {
        for scheme in ["", "http://", "https://", "ftp://", "HTTP://"] {
            sound(&format!("{scheme}{text}"));
        }
        if let Some(origin) = sound("https://hub.example") {
            let _ = origin.is_host(&text);
        }
    }

    #[test]
    fn what_is_an_origin_reads_back(host in "[a-zA-Z0-9]([a-zA-Z0-9-]{0,20}\\.){0,3}[a-z]{1,9}", port in 1..=u16::MAX, secure: bool) {
        let scheme = if secure { "https" } else { "http" };
        let origin = sound(&format!("{scheme}://{host}:{port}")).unwrap();
        prop_assert_eq!(origin.is_secure(), secure);
        let lower = host.to_ascii_lowercase();
        prop_assert_eq!(&origin, &Origin::new(secure, &lower, port));
        let slashed = format!("{scheme}://{host}:{port}/").parse::<Origin>();
        prop_assert_eq!(slashed, Ok(origin.clone()));
        // Another host, or this one with more in front or behind, is not it.
        for other in [format!("x{lower}:{port}"), format!("{lower}.x:{port}"), format!("{lower}:{port}1")] {
            prop_assert!(!origin.is_host(&other), "{}", other);
        }
        for more in ["/path", "?q", "#f", " ", "\r\nX: y", "@evil.example"] {
            let longer = format!("{scheme}://{host}:{port}{more}").parse::<Origin>();
            prop_assert!(longer.is_err(), "{:?}", longer);
        }
    }
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        select(vec![
            "true",
            "false",
            "127.0.0.1:0",
            "1MiB",
            "18446744073709551615MiB",
            "json",
            "0"
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(cases(300))]

    /// The environment decides nothing that its setting does not allow, and every refusal says
    /// which setting it is about.
    #[test]
    fn any_value_of_any_setting_is_taken_or_refused_by_name(which in 0..SETTINGS.len(), value in value()) {
        let key = SETTINGS[which].key;
        let name = format!("EFFIGY_HUB_{}", key.to_ascii_uppercase().replace('-', "_"));
        let matches = command().try_get_matches_from(["effigy-hub"]).unwrap();
        let loaded = load(&matches, [(name.clone().into(), value.clone().into())]);
        match loaded {
            Ok(loaded) => prop_assert!(loaded.strangers.is_empty()),
            Err(error) => {
                let said = error.to_string();
                prop_assert!(said.contains(key), "{} does not name {}", said, key);
            }
        }
    }

    #[test]
    fn any_file_is_a_configuration_or_none(
        text in "\\PC{0,200}",
        lines in vec(("[a-z-]{1,12}", value()), 0..6),
        which in 0..SETTINGS.len(),
        quote in select(vec!["", "'", "\"", "[", "'''"]),
    ) {
        let _ = layers::parse_file(Path::new("hub.toml"), &text);
        let mut file = String::new();
        for (key, value) in &lines {
            file += &format!("{key} = {quote}{value}{quote}\n");
        }
        file += &format!("[limits]\n{} = {quote}", SETTINGS[which].key);
        let _ = layers::parse_file(Path::new("hub.toml"), &file);
    }
}
