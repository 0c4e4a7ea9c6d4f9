//! Which crate may know which: the ladder.

use super::Breach;
use crate::workspace::{self, Member};

const CORE: &str = "effigy-core";
const FEED: &str = "effigy-feed";
const STORE: &str = "effigy-store";
const PROTO: &str = "effigy-proto";
const ENGINE: &str = "effigy-engine";
const STORE_REDB: &str = "effigy-store-redb";
const NET_NATIVE: &str = "effigy-net-native";
const STORE_IDB: &str = "effigy-store-idb";
const NET_WEB: &str = "effigy-net-web";
const WORKER: &str = "effigy-worker";

/// Each crate, and all of ours that it may depend on.
const ALLOWED: [(&str, &[&str]); 18] = [
    ("effigy-bench", &[CORE, ENGINE, NET_NATIVE, PROTO, STORE, STORE_REDB]),
    ("effigy-bench-limit", &[CORE]),
    (CORE, &[]),
    (FEED, &[CORE]),
    (STORE, &[CORE]),
    (PROTO, &[CORE, FEED, STORE]),
    (ENGINE, &[CORE, FEED, PROTO, STORE]),
    (STORE_IDB, &[CORE, STORE]),
    (STORE_REDB, &[CORE, STORE]),
    (WORKER, &[CORE, PROTO]),
    (NET_WEB, &[CORE, ENGINE, PROTO, STORE, WORKER]),
    (NET_NATIVE, &[CORE, ENGINE, PROTO, STORE]),
    ("effigy-sim", &[CORE, FEED, PROTO, STORE, ENGINE]),
    ("effigy-hub", &[CORE, FEED, PROTO, STORE, ENGINE, STORE_REDB, NET_NATIVE]),
    ("effigy-cli", &[CORE, FEED, PROTO, STORE, ENGINE, STORE_REDB, NET_NATIVE]),
    ("effigy-mallory", &[CORE, ENGINE, NET_NATIVE, PROTO, STORE, STORE_REDB]),
    ("effigy-web", &[CORE, FEED, PROTO, STORE, ENGINE, STORE_IDB, NET_WEB, WORKER]),
    ("xtask", &[]),
];

/// Whom nobody may depend on, tests included.
const LEAVES: [&str; 5] = ["effigy-hub", "effigy-cli", "effigy-mallory", "effigy-web", "xtask"];

/// Every arrow must be in the table. A test may look at what stands beside it, only never at a program.
pub(super) fn check(members: &[Member]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for member in members {
        let folder = member.folder.strip_prefix(workspace::root()).unwrap_or(&member.folder);
        let place = format!("{}/Cargo.toml", folder.display());
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == member.name) else {
            let rule = format!(
                "{} is not in the table of crates (crates/xtask/src/tidy/arrows.rs)",
                member.name
            );
            breaches.push(Breach { place, rule });
            continue;
        };
        for dependency in &member.dependencies {
            let ours = ALLOWED.iter().any(|(name, _)| *name == dependency.name);
            let fine = if dependency.for_tests {
                !LEAVES.contains(&dependency.name.as_str())
            } else {
                allowed.contains(&dependency.name.as_str())
            };
            if ours && !fine {
                let rule = format!(
                    "{} must not depend on {}: the arrow is not in the ladder",
                    member.name, dependency.name
                );
                breaches.push(Breach { place: place.clone(), rule });
            }
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn member(name: &str, dependencies: &[(&str, bool)]) -> Member {
        let dependencies = dependencies
            .iter()
            .map(|(name, for_tests)| Dependency { name: (*name).to_owned(), for_tests: *for_tests })
            .collect();
        Member { name: name.to_owned(), folder: "crates/x".into(), dependencies }
    }

    #[test]
    fn arrows_up_the_ladder_are_found() {
        for (from, to) in
            [(CORE, FEED), (FEED, STORE), (STORE, PROTO), (ENGINE, NET_WEB), (STORE_IDB, PROTO)]
        {
            assert_eq!(check(&[member(from, &[(to, false)])]).len(), 1, "{from} -> {to}");
        }
    }

    #[test]
    fn arrows_of_the_table_and_to_others_are_fine() {
        let fine = [
            member(PROTO, &[(CORE, false), (STORE, false), ("serde", false)]),
            member(CORE, &[("sha2", false)]),
        ];
        assert_eq!(check(&fine), []);
    }

    #[test]
    fn tests_may_use_the_simulator_but_no_program() {
        assert_eq!(check(&[member(ENGINE, &[("effigy-sim", true)])]), []);
        assert_eq!(check(&[member(ENGINE, &[("effigy-sim", false)])]).len(), 1);
        assert_eq!(check(&[member(NET_NATIVE, &[("effigy-hub", true)])]).len(), 1);
    }

    #[test]
    fn an_unknown_crate_is_found() {
        assert_eq!(check(&[member("effigy-new", &[])]).len(), 1);
    }
}
