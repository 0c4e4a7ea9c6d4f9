//! Format, clippy and documentation, on both targets.

use std::process::Command;

use crate::failure::Outcome;
use crate::shell;
use crate::workspace::{self, BROWSER_CRATES, SHARED_CRATES, WASM};

/// `cargo fmt --check`.
pub(crate) fn format() -> Outcome {
    shell::run(&mut workspace::cargo(&["fmt", "--all", "--check"]))
}

/// Clippy for this machine.
pub(crate) fn native() -> Outcome {
    let mut cargo = workspace::cargo(&["clippy", "--quiet", "--workspace", "--all-targets"]);
    exclude_browser(&mut cargo);
    shell::run(cargo.args(["--", "-D", "warnings"]))
}

/// Clippy for the browser; with the tests of the crates that have some there.
pub(crate) fn wasm() -> Outcome {
    let mut cargo = workspace::cargo(&["clippy", "--quiet", "--target", WASM, "--lib", "--bins"]);
    select(&mut cargo, SHARED_CRATES.iter().chain(&BROWSER_CRATES));
    shell::run(cargo.args(["--", "-D", "warnings"]))?;
    let mut cargo = workspace::cargo(&["clippy", "--quiet", "--target", WASM, "--tests"]);
    let members = workspace::members()?;
    select(
        &mut cargo,
        members.iter().filter(|member| member.has_browser_tests()).map(|member| &member.name),
    );
    shell::run(cargo.args(["--", "-D", "warnings"]))
}

/// The documentation of both targets, without a broken link.
pub(crate) fn documentation() -> Outcome {
    let mut cargo = workspace::cargo(&[
        "doc",
        "--quiet",
        "--no-deps",
        "--document-private-items",
        "--workspace",
    ]);
    exclude_browser(&mut cargo);
    shell::run(cargo.env("RUSTDOCFLAGS", "-D warnings"))?;
    let mut cargo = workspace::cargo(&[
        "doc",
        "--quiet",
        "--no-deps",
        "--document-private-items",
        "--target",
        WASM,
    ]);
    select(&mut cargo, BROWSER_CRATES.iter());
    shell::run(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Leaves out what exists only in the browser.
pub(crate) fn exclude_browser(cargo: &mut Command) {
    for name in BROWSER_CRATES {
        cargo.args(["--exclude", name]);
    }
}

/// Names the crates that are meant.
pub(crate) fn select<'a, S: AsRef<str> + 'a + ?Sized>(
    cargo: &mut Command,
    names: impl IntoIterator<Item = &'a S>,
) {
    for name in names {
        cargo.args(["--package", name.as_ref()]);
    }
}
