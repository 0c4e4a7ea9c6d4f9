//! The stories of `tests/stories`: what a person types, and what the real program answers.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod backup;
mod fixture;
mod picture;
mod run;
mod worse;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::Fixture;
use run::Story;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/stories")
}

fn tell(name: &str) {
    let story = Story::read(&folder().join(name));
    assert!(!story.steps.is_empty(), "{name} tells nothing");
    let fixture = Fixture::build();
    story.run(fixture.path());
}

#[test]
fn inspect() {
    tell("inspect.md");
}

#[test]
fn feeds_and_entries() {
    tell("feeds-and-entries.md");
}

#[test]
fn backups() {
    tell("backups.md");
}

#[test]
fn blobs() {
    tell("blobs.md");
}

#[test]
fn verify() {
    tell("verify.md");
}

#[test]
fn peers() {
    tell("peers.md");
}

#[test]
fn export() {
    tell("export.md");
}

#[test]
fn refusals() {
    tell("refusals.md");
}

#[test]
fn every_story_is_told() {
    let told = [
        "backups",
        "blobs",
        "export",
        "feeds-and-entries",
        "inspect",
        "peers",
        "refusals",
        "verify",
    ];
    let mut found: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort();
    assert_eq!(found, told);
}

#[test]
fn pictures_come_out_as_they_went_in() {
    let fixture = Fixture::build();
    for (cid, bytes) in [&fixture.small, &fixture.large] {
        let file = format!("{cid}.png");
        let arguments = ["blob", "hub-data", cid.as_str(), "--output", file.as_str()];
        let done = effigy(fixture.path()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        assert!(std::fs::read(fixture.path().join(file)).unwrap() == *bytes);
    }
}

#[test]
fn every_fault_that_the_help_lists_is_found_somewhere() {
    let fixture = Fixture::build();
    let run = |arguments: &[&str]| {
        let done = effigy(fixture.path()).args(arguments).output().unwrap();
        String::from_utf8(done.stdout).unwrap()
    };
    let help = run(&["verify", "--help"]);
    let (_, faults) = help.split_once("Faults:\n").unwrap();
    let listed: BTreeSet<&str> = faults
        .lines()
        .map_while(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .collect();
    let found: String = ["damaged.redb", "worse.redb", "cut.effigy", "flipped.effigy"]
        .map(|data| run(&["verify", data, "--json"]))
        .concat();
    let missing: Vec<&&str> =
        listed.iter().filter(|name| !found.contains(&format!("\"{name}\""))).collect();
    assert!(listed.len() > 30 && missing.is_empty(), "{missing:?} of {}", listed.len());
}

#[test]
fn no_command_prints_a_secret() {
    let fixture = Fixture::build();
    for arguments in [
        &["inspect", "laptop.redb"][..],
        &["peers", "laptop.redb"],
        &["verify", "laptop.redb", "--all"],
        &["export", "laptop.redb", "laptop.effigy"],
    ] {
        for json in [&[][..], &["--json"]] {
            let file = fixture.path().join("laptop.effigy");
            let _ = std::fs::remove_file(&file);
            let done = effigy(fixture.path()).args(arguments).args(json).output().unwrap();
            assert!(done.status.success(), "{done:?}");
            let exported = std::fs::read(&file).unwrap_or_default();
            for bytes in [done.stdout, done.stderr, exported] {
                let told = bytes.windows(fixture::SECRET.len()).any(|at| at == fixture::SECRET);
                assert!(!told, "{arguments:?}");
            }
        }
    }
}

#[test]
fn no_answer_steers_a_terminal() {
    let fixture = Fixture::build();
    let ben = fixture.ben.as_str();
    for arguments in [
        &["inspect", "hub-data"][..],
        &["peers", "hub-data"],
        &["feed", "hub-data", ben],
        &["entry", "hub-data", fixture.comment.as_str()],
        &["feed", "hub-data", "\u{1b}[2J"],
        &["inspect", "no\u{9b}where"],
    ] {
        for json in [&[][..], &["--json"]] {
            let done = effigy(fixture.path()).args(arguments).args(json).output().unwrap();
            let text = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
            let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!text.contains(steers), "{arguments:?}: {text:?}");
        }
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let fixture = Fixture::build();
    let mut child = effigy(fixture.path())
        .args(["inspect", "hub-data"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
}

/// The real program, in a folder.
fn effigy(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_effigy"));
    command.current_dir(folder).env_remove("RUST_BACKTRACE");
    command
}
