//! `cargo xtask test`: everything that must hold, in the order in which it is cheapest to find out that it does not.

use crate::failure::{Failure, Outcome};
use crate::options::Options;
use crate::progress::{Steps, Watch};
use crate::pwa::Profile;
use crate::{browser_tests, docs, e2e, fuzz, hub, install, lint, pwa, sim, size, tidy};

/// One thing that must hold.
struct Check {
    name: &'static str,
    /// Whether it belongs to what is asked before each commit, in less than two minutes.
    quick: bool,
    run: fn() -> Outcome,
}

const CHECKS: [Check; 15] = [
    Check { name: "tools", quick: false, run: tools },
    Check { name: "format", quick: true, run: lint::format },
    Check { name: "tidy", quick: true, run: tidy::run },
    Check { name: "clippy", quick: true, run: lint::native },
    Check { name: "tests", quick: true, run: browser_tests::native },
    Check { name: "sim", quick: false, run: sim::commit },
    Check { name: "sim-planted", quick: false, run: sim::planted },
    Check { name: "fuzz-targets", quick: false, run: fuzz::check },
    Check { name: "clippy-wasm", quick: false, run: lint::wasm },
    Check { name: "tests-chromium", quick: false, run: browser_tests::chromium },
    Check { name: "docs", quick: false, run: documents },
    Check { name: "app", quick: false, run: app },
    Check { name: "shell", quick: false, run: e2e::shell },
    Check { name: "hub", quick: false, run: hub_binary },
    Check { name: "journeys", quick: false, run: journeys },
];

/// Runs all, the quick ones, or one.
pub(crate) fn run(options: &mut Options) -> Outcome {
    let quick = options.flag("--quick");
    let only = options.value("--only")?;
    let list = options.flag("--list");
    options.finish()?;
    if list {
        for check in &CHECKS {
            println!("{}{}", check.name, if check.quick { " (quick)" } else { "" });
        }
        return Ok(());
    }
    let chosen: Vec<&Check> = match &only {
        Some(name) => CHECKS.iter().filter(|check| check.name == name).collect(),
        None => CHECKS.iter().filter(|check| check.quick || !quick).collect(),
    };
    if chosen.is_empty() {
        let what = format!("there is no step `{}`", only.unwrap_or_default());
        return Err(Failure::Usage { what, usage: "cargo xtask test --list" });
    }
    run_checks(&chosen)?;
    if quick {
        println!("left out by --quick: {}", names(CHECKS.iter().filter(|check| !check.quick)));
    }
    Ok(())
}

fn run_checks(checks: &[&Check]) -> Outcome {
    let whole = Watch::start();
    let mut times = Vec::new();
    for (index, check) in checks.iter().enumerate() {
        println!("== {}/{} {}", index + 1, checks.len(), check.name);
        let watch = Watch::start();
        (check.run)()
            .map_err(|source| Failure::Step { name: check.name, source: Box::new(source) })?;
        println!("== {} holds ({watch})\n", check.name);
        times.push(format!("{} {watch}", check.name));
    }
    println!("all of it holds ({whole}): {}", times.join(", "));
    Ok(())
}

fn names<'a>(checks: impl Iterator<Item = &'a Check>) -> String {
    checks.map(|check| check.name).collect::<Vec<_>>().join(", ")
}

fn tools() -> Outcome {
    let mut steps = Steps::of(install::PWA_STEPS + 2);
    install::for_pwa(&mut steps)?;
    let step = steps.next("browser");
    step.done(install::browser()?);
    let step = steps.next("journeys");
    step.done(install::journey_packages()?);
    Ok(())
}

fn documents() -> Outcome {
    docs::check()?;
    lint::documentation()
}

fn app() -> Outcome {
    pwa::build(Profile::Release, &Steps::of(1).next("app"))?;
    size::run()
}

fn hub_binary() -> Outcome {
    hub::build(e2e::HUB, &Steps::of(1).next("hub")).map(drop)
}

fn journeys() -> Outcome {
    e2e::run(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_step_stops_and_names_itself() {
        let checks = [
            Check { name: "good", quick: true, run: || Ok(()) },
            Check { name: "bad", quick: true, run: || Err(Failure::Rules(2)) },
            Check { name: "never", quick: true, run: || Err(Failure::Rules(99)) },
        ];
        let failure = run_checks(&checks.iter().collect::<Vec<_>>()).unwrap_err();
        let text = failure.to_string();
        assert!(text.contains("2 rules") && text.contains("--only bad"), "{text}");
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CHECKS.len());
    }
}
