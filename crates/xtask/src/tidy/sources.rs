//! What must not stand in a file, each rule a function.

use super::Breach;

/// The crates that know no platform.
const PLATFORMLESS: [&str; 4] =
    ["crates/core/src/", "crates/feed/src/", "crates/proto/src/", "crates/engine/src/"];
/// Where effects may be made: elsewhere a screen would react to itself.
const EFFECTS: [&str; 3] = ["web/src/app/", "web/src/browser/", "web/src/parts/"];
const TEXT: [&str; 10] =
    [".rs", ".toml", ".md", ".js", ".mjs", ".css", ".html", ".svg", ".sh", ".json"];

type Rule = fn(&str, &str) -> Vec<Breach>;
const RULES: [Rule; 7] = [
    module_comment,
    no_platform,
    no_inner_html,
    no_string_errors,
    no_trailing_space,
    effects_in_place,
    no_planted_bugs,
];

/// Whether a file is one of ours to read. Vectors are bytes of others, and may be as they like.
pub(super) fn is_text(name: &str) -> bool {
    TEXT.iter().any(|ending| name.ends_with(ending)) && !name.starts_with("tests/vectors/")
}

/// All rules on one file.
pub(super) fn check(name: &str, text: &str) -> Vec<Breach> {
    RULES.iter().flat_map(|rule| rule(name, text)).collect()
}

fn is_rust(name: &str) -> bool {
    name.ends_with(".rs")
}

/// Finds the lines of code that break a rule. Comments may name what code must not.
fn lines(name: &str, text: &str, rule: &str, breaks: impl Fn(&str) -> bool) -> Vec<Breach> {
    let numbered = text.lines().enumerate();
    let code = numbered.filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.filter(|(_, line)| breaks(line))
        .map(|(index, _)| Breach { place: format!("{name}:{}", index + 1), rule: rule.to_owned() })
        .collect()
}

/// Inline tests stand at the end of a file. They may run in a browser, and hold samples of anything.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod ").next().unwrap_or(text)
}

fn module_comment(name: &str, text: &str) -> Vec<Breach> {
    if !is_rust(name) || text.starts_with("//!") {
        return Vec::new();
    }
    vec![Breach {
        place: name.to_owned(),
        rule: "begins with `//!` and what this file is for".to_owned(),
    }]
}

fn no_platform(name: &str, text: &str) -> Vec<Breach> {
    if !is_rust(name)
        || !PLATFORMLESS.iter().any(|folder| name.starts_with(folder))
        || name.ends_with("tests.rs")
    {
        return Vec::new();
    }
    lines(
        name,
        without_tests(text),
        "no `cfg(target..)` here: the platform belongs to the crates at the edge",
        |line| line.contains("cfg") && line.contains("target_") && !line.contains("test"),
    )
}

fn no_inner_html(name: &str, text: &str) -> Vec<Breach> {
    if !name.starts_with("web/src/") {
        return Vec::new();
    }
    lines(name, text, "no `inner_html`: views are built, never parsed from text", |line| {
        line.contains("inner_html")
    })
}

fn no_string_errors(name: &str, text: &str) -> Vec<Breach> {
    if !is_rust(name) || !name.contains("src/") {
        return Vec::new();
    }
    lines(name, without_tests(text), "an error is a type, no `String`", |line| {
        line.match_indices("Result<")
            .any(|(at, start)| error_of(&line[at + start.len()..]) == Some("String"))
    })
}

/// What stands last in the angle brackets that were just opened.
fn error_of(generics: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let mut last = None;
    let mut previous = ' ';
    for (at, letter) in generics.char_indices() {
        match letter {
            '<' | '(' | '[' => depth += 1,
            // The arrow of a function is no bracket.
            '>' if previous == '-' => (),
            '>' if depth == 0 => return generics.get(last?..at).map(str::trim),
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => last = Some(at + 1),
            _ => (),
        }
        previous = letter;
    }
    None
}

fn no_trailing_space(name: &str, text: &str) -> Vec<Breach> {
    let numbered = text.lines().enumerate().filter(|(_, line)| line.ends_with([' ', '\t']));
    let rule = "ends in spaces";
    numbered
        .map(|(index, _)| Breach { place: format!("{name}:{}", index + 1), rule: rule.to_owned() })
        .collect()
}

fn effects_in_place(name: &str, text: &str) -> Vec<Breach> {
    if !name.starts_with("web/src/") || EFFECTS.iter().any(|folder| name.starts_with(folder)) {
        return Vec::new();
    }
    lines(
        name,
        text,
        "no `Effect::new` in a screen: derive, or put it into app, browser or parts",
        |line| line.contains("Effect::new"),
    )
}

/// The simulator's nodes may have bugs on purpose; those of everybody else never.
fn no_planted_bugs(name: &str, text: &str) -> Vec<Breach> {
    const MAY: [&str; 3] =
        ["crates/feed/Cargo.toml", "crates/proto/Cargo.toml", "crates/sim/Cargo.toml"];
    if !name.ends_with(".toml") {
        return Vec::new();
    }
    let declares = |line: &str| MAY.contains(&name) && line.starts_with("planted = [");
    let rule = "nothing but the simulator asks for planted bugs, and never by default";
    let comment = |line: &str| line.trim_start().starts_with('#');
    lines(name, text, rule, |line| line.contains("planted") && !declares(line) && !comment(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_it_is_for() {
        assert_eq!(module_comment("a.rs", "use std::fmt;\n").len(), 1);
        assert_eq!(module_comment("a.rs", "//! Names.\nuse std::fmt;\n"), []);
        assert_eq!(module_comment("a.css", "a {}"), []);
    }

    #[test]
    fn the_middle_knows_no_platform() {
        let bad = "//! A.\n#[cfg(target_arch = \"wasm32\")]\nuse x;\n";
        let found = no_platform("crates/core/src/a.rs", bad);
        assert_eq!(
            found.first().map(|breach| breach.place.as_str()),
            Some("crates/core/src/a.rs:2")
        );
        assert_eq!(
            no_platform("crates/proto/src/a.rs", "if cfg!(not(target_arch = \"wasm32\")) {}").len(),
            1
        );
        assert_eq!(no_platform("crates/net-web/src/a.rs", bad), []);
        let in_tests =
            "//! A.\n#[cfg(test)]\nmod tests {\n#[cfg(target_arch = \"wasm32\")]\nuse x;\n}\n";
        assert_eq!(no_platform("crates/core/src/a.rs", in_tests), []);
        assert_eq!(
            no_platform("crates/core/src/a.rs", "#[cfg(all(test, target_arch = \"wasm32\"))]\n"),
            []
        );
    }

    #[test]
    fn html_is_never_parsed() {
        assert_eq!(
            no_inner_html("web/src/screens/post/view.rs", "view! { <p inner_html=x/> }").len(),
            1
        );
        assert_eq!(no_inner_html("web/src/app/mod.rs", "// no inner_html here\n"), []);
    }

    #[test]
    fn errors_are_types() {
        for bad in [
            "fn f() -> Result<(), String> {",
            "fn f() -> Result<Vec<(u8, u8)>, String> {",
            "type F = fn() -> std::result::Result<Box<dyn Fn() -> u8>, String>;",
        ] {
            assert_eq!(no_string_errors("crates/core/src/a.rs", bad).len(), 1, "{bad}");
        }
        for good in [
            "fn f() -> Result<String, Error>",
            "Result<String>",
            "Result<HashMap<u8, String>, Error>",
            "// Result<(), String>",
        ] {
            assert_eq!(no_string_errors("crates/core/src/a.rs", good), [], "{good}");
        }
    }

    #[test]
    fn lines_end_with_their_last_letter() {
        assert_eq!(no_trailing_space("a.md", "one \ntwo\n\tthree\t\n").len(), 2);
        assert_eq!(no_trailing_space("a.md", "one\n\ntwo\n"), []);
    }

    #[test]
    fn effects_stay_out_of_screens() {
        let bad = "Effect::new(move |_| ());";
        assert_eq!(effects_in_place("web/src/screens/home/view.rs", bad).len(), 1);
        assert_eq!(effects_in_place("web/src/parts/dialog/mod.rs", bad), []);
    }

    #[test]
    fn nobody_ships_a_planted_bug() {
        let declared = "[features]\n# planted\nplanted = [\"effigy-feed/planted\"]\n";
        assert_eq!(no_planted_bugs("crates/proto/Cargo.toml", declared), []);
        assert_eq!(no_planted_bugs("crates/hub/Cargo.toml", declared).len(), 1);
        let asked = "effigy-proto = { workspace = true, features = [\"planted\"] }\n";
        for name in ["crates/sim/Cargo.toml", "web/Cargo.toml", "Cargo.toml", ".cargo/config.toml"]
        {
            assert_eq!(no_planted_bugs(name, asked).len(), 1, "{name}");
        }
        assert_eq!(no_planted_bugs("crates/feed/Cargo.toml", "default = [\"planted\"]\n").len(), 1);
    }

    #[test]
    fn every_rule_is_in_the_list() {
        let bad = "fn f() -> Result<(), String> { Effect::new(inner_html); } \n";
        let broken = check("web/src/screens/a.rs", bad);
        assert_eq!(broken.len(), 5, "{broken:?}");
        assert_eq!(check("crates/core/src/a.rs", "#[cfg(target_os = \"x\")] \n").len(), 3);
    }

    #[test]
    fn vectors_are_not_read() {
        assert!(is_text("web/src/a.rs") && is_text("docs/a.md"));
        assert!(!is_text("tests/vectors/entry.json") && !is_text("a.png"));
    }
}
