//! The tests of crates, natively and in a real browser.

use crate::failure::{Failure, Outcome};
use crate::workspace::{self, WASM};
use crate::{install, lint, shell};

/// Seconds until a test page that says nothing is given up.
const PAGE_SECONDS: &str = "300";
const DRIVER: &str = "/usr/bin/chromedriver";
/// How the runner starts the browser: it reads this from the folder of the crate that is tested.
const BROWSER_SETTINGS: &str = include_str!("../webdriver.json");

/// Everything that runs on this machine.
pub(crate) fn native() -> Outcome {
    let nextest = shell::on_path("cargo-nextest");
    let mut cargo = workspace::cargo(if nextest {
        &["nextest", "run", "--status-level", "fail", "--hide-progress-bar"]
    } else {
        &["test", "--quiet"]
    });
    cargo.args(["--workspace", "--all-targets"]);
    lint::exclude_browser(&mut cargo);
    shell::run(&mut cargo)?;
    let mut examples = workspace::cargo(&["test", "--quiet", "--workspace", "--doc"]);
    lint::exclude_browser(&mut examples);
    shell::run(&mut examples)
}

/// The tests that are marked for the browser, as WebAssembly in Chromium.
pub(crate) fn chromium() -> Outcome {
    let members = workspace::members()?;
    let tested: Vec<_> = members.iter().filter(|member| member.has_browser_tests()).collect();
    if tested.is_empty() {
        return Err(Failure::unexpected("the workspace", "no crate has tests for the browser"));
    }
    for member in &tested {
        // Without them the runner would start a browser that refuses to run as root, and wait for it.
        let settings = member.folder.join("webdriver.json");
        if std::fs::read_to_string(&settings).is_ok_and(|text| text == BROWSER_SETTINGS) {
            continue;
        }
        let why = "is not a copy of crates/xtask/webdriver.json; links get lost on the way";
        return Err(Failure::unexpected(settings.display().to_string(), why));
    }
    let mut cargo = workspace::cargo(&["test", "--target", WASM, "--lib", "--bins", "--tests"]);
    lint::select(&mut cargo, tested.iter().map(|member| &member.name));
    install::add_tools(&mut cargo);
    cargo.env("WASM_BINDGEN_USE_BROWSER", "1").env("WASM_BINDGEN_TEST_TIMEOUT", PAGE_SECONDS);
    if std::env::var_os("CHROMEDRIVER").is_none() {
        cargo.env("CHROMEDRIVER", DRIVER);
    }
    shell::run(&mut cargo)
}
