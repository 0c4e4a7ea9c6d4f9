//! `cargo xtask fuzz [TARGET ..] [--seconds N]`: looks for inputs that break something, with libFuzzer, on
//! the stable compiler.
//!
//! The flags are those of cargo-fuzz without a sanitizer, so that nothing has to be installed.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::options::Options;
use crate::progress::Steps;
use crate::{shell, workspace};

const USAGE: &str = "cargo xtask fuzz [TARGET ..] [--seconds N]";
/// How long each target runs where nobody says.
const SECONDS: u64 = 60;
/// The longest input: an entry has fifteen kilobytes, most things much less.
const LONGEST: &str = "-max_len=16384";
/// The longest play of `interaction`: each of its bytes costs time.
const LONGEST_PLAY: &str = "-max_len=300";
/// Has the compiler count which edges were taken and show what was compared.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0 -Ccodegen-units=1 --cfg fuzzing";

/// Runs some targets, or all.
pub(crate) fn run(mut options: Options) -> Outcome {
    let seconds = match options.value("--seconds")? {
        None => SECONDS,
        Some(text) => text.parse().map_err(|_| Failure::Usage {
            what: format!("`{text}` is no number of seconds"),
            usage: USAGE,
        })?,
    };
    let all = targets()?;
    let chosen = options.rest()?;
    if let Some(name) = chosen.iter().find(|name| !all.contains(name)) {
        let what = format!("there is no target `{name}`, only {}", all.join(", "));
        return Err(Failure::Usage { what, usage: USAGE });
    }
    let chosen = if chosen.is_empty() { all } else { chosen };
    let mut steps = Steps::of(2);
    let step = steps.next("seeds");
    shell::run_long(cargo("run").args(["--quiet", "--example", "seed"]))?;
    step.done("the corpus begins with what is nearly right");
    let host = host()?;
    let step = steps.next("build");
    let mut build = cargo("build");
    build.args(["--release", "--target", &host]).env("RUSTFLAGS", COVERAGE);
    for name in &chosen {
        build.args(["--bin", name]);
    }
    shell::run_long(&mut build)?;
    step.done(&format!("{} targets", chosen.len()));
    chosen.iter().try_for_each(|name| fuzz(name, seconds, &host))
}

fn fuzz(name: &str, seconds: u64, host: &str) -> Outcome {
    println!("== {name}, {seconds} s");
    let artifacts = folder().join("artifacts").join(name);
    std::fs::create_dir_all(&artifacts).map_err(Failure::file(&artifacts))?;
    let program = built().join(host).join("release").join(name);
    let mut target = Command::new(program);
    let longest = if name == "interaction" { LONGEST_PLAY } else { LONGEST };
    target.arg(folder().join("corpus").join(name)).args([longest, "-print_final_stats=1"]);
    target.arg(format!("-max_total_time={seconds}"));
    target.arg(format!("-artifact_prefix={}/", artifacts.display()));
    shell::run(&mut target)
}

/// Looks that every target still compiles, without building libFuzzer.
pub(crate) fn check() -> Outcome {
    shell::run(cargo("fmt").arg("--check"))?;
    // Its build script compiles nothing where it is told that there is one; nothing is linked here.
    let none = folder().join("libfuzzer.a");
    let mut check = workspace::cargo(&["check", "--quiet", "--locked", "--all-targets"]);
    check.arg("--manifest-path").arg(folder().join("Cargo.toml"));
    check.arg("--target-dir").arg(workspace::target());
    shell::run(check.env("CUSTOM_LIBFUZZER_PATH", none))
}

fn cargo(verb: &str) -> Command {
    let mut cargo = workspace::cargo(&[verb]);
    cargo.arg("--manifest-path").arg(folder().join("Cargo.toml"));
    if verb != "fmt" {
        cargo.arg("--target-dir").arg(built());
    }
    cargo
}

fn folder() -> PathBuf {
    workspace::root().join("fuzz")
}

fn built() -> PathBuf {
    workspace::target().join("fuzz")
}

/// The targets, by their files.
fn targets() -> Outcome<Vec<String>> {
    let files = workspace::files(&folder().join("targets"))?;
    let names = files.iter().filter_map(|file| file.file_stem()?.to_str());
    Ok(names.map(str::to_owned).collect())
}

/// The triple of this machine: with a target of its own the flags spare build scripts.
fn host() -> Outcome<String> {
    let text = shell::read(Command::new("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::unexpected("rustc -vV", "names no host"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_a_program_and_has_its_line() {
        let manifest = workspace::read(&folder().join("Cargo.toml")).unwrap();
        let targets = targets().unwrap();
        assert!(targets.len() >= 14);
        for name in &targets {
            assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name}");
        }
        assert_eq!(manifest.matches("[[bin]]").count(), targets.len());
    }

    #[test]
    fn an_unknown_target_is_named() {
        let options = Options::new(vec!["entries".to_owned()]);
        let said = run(options).unwrap_err().to_string();
        assert!(said.contains("`entries`") && said.contains("interaction"), "{said}");
    }
}
