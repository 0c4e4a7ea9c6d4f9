//! Getting what is missing: the tools that build the PWA, and the browser that tests it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::progress::{Step, Steps};
use crate::workspace::{self, WASM};
use crate::{fingerprint, shell};

/// The newest Trunk that the stable compiler builds.
pub(crate) const TRUNK: &str = "0.21.14";
/// Must be the version of the crate in Cargo.lock.
pub(crate) const WASM_BINDGEN: &str = "0.2.130";
/// The npm package that carries `wasm-opt`.
pub(crate) const BINARYEN: &str = "132";

/// The oldest Node that drives the journeys.
const NODE: u32 = 20;

/// How many steps [`for_pwa`] takes.
pub(crate) const PWA_STEPS: usize = 4;

/// What builds the PWA.
pub(crate) fn for_pwa(steps: &mut Steps) -> Outcome {
    wasm_target(&steps.next("wasm target"))?;
    // Without `--locked`: its lock file names a version of a crate that the registry does not serve.
    let bindgen = CargoTool {
        program: "wasm-bindgen",
        version: WASM_BINDGEN,
        package: &["wasm-bindgen-cli"],
        only_ours: false,
    };
    cargo_tool(&steps.next("wasm-bindgen"), &bindgen)?;
    // It only calls others and copies files, so that it is built in half the time without optimisation and without TLS.
    let trunk = CargoTool {
        program: "trunk",
        version: TRUNK,
        package: &["trunk", "--locked", "--debug", "--no-default-features"],
        only_ours: true,
    };
    cargo_tool(&steps.next("trunk"), &trunk)?;
    wasm_opt(&steps.next("wasm-opt"))
}

/// The folders of installed tools, to be searched before the `PATH`.
fn tool_folders() -> Vec<PathBuf> {
    let tools = workspace::tools();
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let mut folders = vec![tools.join("node_modules/.bin"), tools.join("bin")];
    folders.extend(home.map(|home| home.join("bin")));
    folders
}

/// A command that finds the installed tools.
pub(crate) fn tool(program: &str) -> Command {
    let mut command = Command::new(found(program));
    command.current_dir(workspace::root());
    add_tools(&mut command);
    command
}

/// Lets a command find the installed tools.
pub(crate) fn add_tools(command: &mut Command) {
    let old = std::env::var_os("PATH").unwrap_or_default();
    if let Ok(path) =
        std::env::join_paths(tool_folders().into_iter().chain(std::env::split_paths(&old)))
    {
        command.env("PATH", path);
    }
}

fn found(program: &str) -> PathBuf {
    let candidates = tool_folders().into_iter().map(|folder| folder.join(program));
    candidates.into_iter().find(|path| path.is_file()).unwrap_or_else(|| program.into())
}

fn version_of(program: &str) -> Option<String> {
    shell::ask(tool(program).arg("--version"))
}

/// Whether a version stands as a word in what a tool says of itself.
fn names_version(said: &str, version: &str) -> bool {
    said.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.')
        .any(|word| word == version)
}

fn wasm_target(step: &Step) -> Outcome {
    let sysroot = shell::ask(
        Command::new("rustc").current_dir(workspace::root()).args(["--print", "sysroot"]),
    );
    let present = || {
        sysroot
            .as_deref()
            .is_some_and(|root| Path::new(root.trim()).join("lib/rustlib").join(WASM).is_dir())
    };
    if present() {
        step.done("present");
        return Ok(());
    }
    if !shell::on_path("rustup") {
        let remedy = format!(
            "Install Rust with rustup (https://rustup.rs), or the target {WASM} of your compiler."
        );
        return Err(Failure::Missing { tool: "the compiler's target for the browser", remedy });
    }
    step.doing("installing with rustup");
    shell::run_long(
        Command::new("rustup").current_dir(workspace::root()).args(["target", "add", WASM]),
    )?;
    step.done("installed");
    Ok(())
}

/// A tool that cargo installs.
struct CargoTool {
    program: &'static str,
    version: &'static str,
    package: &'static [&'static str],
    /// Whether it is built in a way that suits only us, and so stays in our own folder.
    only_ours: bool,
}

fn cargo_tool(step: &Step, tool: &CargoTool) -> Outcome {
    let other = version_of(tool.program);
    if other.as_deref().is_some_and(|said| names_version(said, tool.version)) {
        step.done("present");
        return Ok(());
    }
    step.doing(&format!("installing {}, which is compiled first: some minutes", tool.version));
    let mut command = workspace::cargo(&["install"]);
    command.args(tool.package).args(["--version", tool.version]);
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    if tool.only_ours || other.is_some() {
        // Somebody may use another version for something else; it stays where it is.
        command.arg("--root").arg(workspace::tools());
    }
    shell::run_long(&mut command)?;
    step.done("installed");
    Ok(())
}

fn wasm_opt(step: &Step) -> Outcome {
    if version_of("wasm-opt").is_some_and(|said| names_version(&said, BINARYEN)) {
        step.done("present");
        return Ok(());
    }
    if !shell::on_path("npm") || !shell::on_path("node") {
        step.doing("installing Node.js and npm from Debian, which bring it");
        from_debian("Node.js with npm", &["nodejs", "npm"])?;
    }
    step.doing("installing with npm");
    let tools = workspace::tools();
    std::fs::create_dir_all(&tools).map_err(Failure::file(&tools))?;
    let package = format!("binaryen@{BINARYEN}");
    let mut npm = Command::new("npm");
    npm.args(["install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--prefix"]);
    shell::run_long(npm.arg(&tools).arg(package))?;
    step.done("installed");
    Ok(())
}

/// Chromium and its driver.
pub(crate) fn browser() -> Outcome<&'static str> {
    if shell::on_path("chromium") && shell::on_path("chromedriver") {
        return Ok("present");
    }
    from_debian("Chromium with its driver", &["chromium", "chromium-driver"])?;
    Ok("installed")
}

/// The packages of the journeys, as their lock file says.
pub(crate) fn journey_packages() -> Outcome<&'static str> {
    if !shell::on_path("npm") || !shell::on_path("node") {
        from_debian("Node.js with npm", &["nodejs", "npm"])?;
    }
    let node = shell::ask(Command::new("node").arg("--version")).unwrap_or_default();
    if major(&node).is_none_or(|version| version < NODE) {
        let remedy =
            format!("The journeys need Node {NODE} or newer, and there is {}.", node.trim());
        return Err(Failure::Missing { tool: "a newer Node", remedy });
    }
    npm_packages("tests", "journeys")
}

/// What Effigy is measured beside. Where it cannot be had, it is measured without it.
pub(crate) fn bench_peers() {
    if !shell::on_path("npm") || npm_packages("bench/peers", "bench-peers").is_err() {
        println!("note: what is in bench/peers could not be installed and is not measured");
    }
}

/// The packages of a folder, as its lock file says.
fn npm_packages(folder: &str, name: &str) -> Outcome<&'static str> {
    let folder = workspace::root().join(folder);
    let lock = folder.join("package-lock.json");
    let current = fingerprint::of_files(std::slice::from_ref(&lock), "npm")?;
    if folder.join("node_modules").is_dir() && fingerprint::is_remembered(name, &current) {
        return Ok("present");
    }
    let mut npm = Command::new("npm");
    npm.current_dir(&folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    shell::run_long(&mut npm)?;
    fingerprint::remember(name, &current)?;
    Ok("installed")
}

/// The first number of `v20.1.0`.
fn major(version: &str) -> Option<u32> {
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

fn from_debian(tool: &'static str, packages: &[&str]) -> Outcome {
    let line = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    let remedy = format!("On Debian: sudo {line}");
    let missing = || Failure::Missing { tool, remedy: remedy.clone() };
    let as_root = as_root().filter(|_| shell::on_path("apt-get")).ok_or_else(missing)?;
    println!("  running {}{line}", if as_root { "" } else { "sudo " });
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new(if as_root { "apt-get" } else { "sudo" });
        if !as_root {
            apt.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        }
        apt.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        apt
    };
    let install = || {
        let mut apt = apt(&["install", "-y", "--no-install-recommends"]);
        apt.args(packages);
        apt
    };
    // The lists of packages may be old or absent; asking for new ones first would cost a minute each time.
    if shell::run_long(&mut install()).is_err() {
        shell::run_long(&mut apt(&["update"]))?;
        shell::run_long(&mut install())?;
    }
    Ok(())
}

/// Whether packages can be installed by this user themselves, or else through sudo that asks for no password. `None` when by neither.
fn as_root() -> Option<bool> {
    if shell::ask(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0") {
        return Some(true);
    }
    let sudo =
        shell::on_path("sudo") && shell::ask(Command::new("sudo").args(["-n", "true"])).is_some();
    sudo.then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major(""), None);
    }

    #[test]
    fn a_version_is_a_whole_word() {
        assert!(names_version("wasm-opt version 132 (version_132)", "132"));
        assert!(names_version("trunk 0.21.14\n", "0.21.14"));
        assert!(!names_version("wasm-opt version 108", "132"));
        assert!(!names_version("trunk 0.21.14-alpha.1 0.21.140", "0.21.1"));
    }
}
