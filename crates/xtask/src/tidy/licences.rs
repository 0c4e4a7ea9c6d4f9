//! What others wrote: from the registry, under the licences that `deny.toml` allows. `cargo deny` knows more, and takes long to build;
//! this much is asked each time.

use serde_json::Value;

use super::Breach;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks every crate of the lock file, as `cargo metadata` tells of them.
pub(super) fn check(metadata: &str, deny: &str) -> Vec<Breach> {
    let metadata: Value = serde_json::from_str(metadata).unwrap_or_default();
    let packages = metadata.get("packages").and_then(Value::as_array);
    let Some(packages) = packages.filter(|packages| !packages.is_empty()) else {
        return vec![breach("cargo metadata", "names no crate")];
    };
    let allowed = allowed(deny);
    let text = |package: &Value, key| {
        package.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut breaches = Vec::new();
    for package in packages {
        // Ours have no source.
        if package.get("source").is_none_or(Value::is_null) {
            continue;
        }
        let name = format!("{} {}", text(package, "name"), text(package, "version"));
        let source = text(package, "source");
        if source != REGISTRY {
            breaches.push(breach(&name, &format!("comes from {source}, not from the registry")));
        }
        let licence = text(package, "license");
        if !is_allowed(&licence, &allowed) {
            breaches.push(breach(
                &name,
                &format!("is under `{licence}`, which deny.toml does not allow"),
            ));
        }
    }
    breaches
}

fn breach(place: &str, rule: &str) -> Breach {
    Breach { place: place.to_owned(), rule: rule.to_owned() }
}

/// The list `allow` of `[licenses]`.
fn allowed(deny: &str) -> Vec<&str> {
    let list = deny.split_once("[licenses]").and_then(|(_, rest)| rest.split_once("allow = ["));
    let list = list.and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    list.split('"').skip(1).step_by(2).collect()
}

/// Whether an expression of licences can be met: of those joined by OR one, of those joined by AND all.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let expression = expression.trim();
    // An old spelling of OR.
    let expression = expression.replace('/', " OR ");
    let any = parts(&expression, " OR ");
    if any.len() > 1 {
        return any.iter().any(|part| is_allowed(part, allowed));
    }
    let all = parts(&expression, " AND ");
    if all.len() > 1 {
        return all.iter().all(|part| is_allowed(part, allowed));
    }
    let inner = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    inner.map_or_else(|| allowed.contains(&expression.as_str()), |inner| is_allowed(inner, allowed))
}

/// Splits at a word that stands outside of parentheses.
fn parts<'a>(expression: &'a str, word: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in expression.match_indices(word) {
        let before = expression.get(..at).unwrap_or_default();
        if before.matches('(').count() == before.matches(')').count() {
            found.extend(expression.get(start..at));
            start = at + word.len();
        }
    }
    found.extend(expression.get(start..));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = "[licenses]\n# MPL is not.\nallow = [\n    \"ISC\",\n    \"MIT\",\n]\n";

    fn crate_of(licence: &str, source: &str) -> String {
        format!(
            r#"{{"packages":[{{"name":"a","version":"1.0.0","source":{source},"license":"{licence}"}}]}}"#
        )
    }

    #[test]
    fn expressions_are_met_or_not() {
        let allowed = allowed(DENY);
        assert_eq!(allowed, ["ISC", "MIT"]);
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0/MIT",
            "(MIT OR Apache-2.0) AND ISC",
            "MIT AND (GPL-3.0 OR ISC)",
        ] {
            assert!(is_allowed(good, &allowed), "{good}");
        }
        for bad in ["", "MPL-2.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "MIT-like"] {
            assert!(!is_allowed(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn a_crate_of_another_licence_or_place_is_found() {
        let registry = format!("\"{REGISTRY}\"");
        assert_eq!(check(&crate_of("MIT", &registry), DENY), []);
        assert_eq!(check(&crate_of("GPL-3.0", &registry), DENY).len(), 1);
        assert_eq!(check(&crate_of("MIT", "\"git+https://example.org/a\""), DENY).len(), 1);
        assert_eq!(check(&crate_of("GPL-3.0", "null"), DENY), [], "ours");
        assert_eq!(check("{}", DENY).len(), 1);
    }
}
