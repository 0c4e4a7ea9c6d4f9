//! Plays schedules: all that belong to a change, one again with its transcript, or as many as one likes.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool of the command line talks to its terminal"
)]

use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use clap::Parser;
use effigy_feed::planted::Bug;
use effigy_sim::hunt::{self, Found};
use effigy_sim::season::{self, Failed, Part, Progress, Season};
use effigy_sim::{Deed, Regression, ScenarioError, Stage, shrink};

/// How often it is said how far it has come.
const SAY: Duration = Duration::from_secs(5);
/// How often it is looked whether all is done.
const LOOK: Duration = Duration::from_millis(50);
/// How many of the last lines are shown of a schedule that failed among many.
const LAST: usize = 40;

/// Simulated networks: scenarios with seeds. Without options, all that must hold before a change is taken.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sim")]
struct Arguments {
    /// Only these scenarios.
    #[arg(long)]
    scenario: Vec<String>,
    /// Plays this seed of one scenario and shows what happens.
    #[arg(long, requires = "scenario")]
    seed: Option<u64>,
    /// Plays a schedule that is kept in `regressions/` and shows what happens.
    #[arg(long)]
    regression: Option<String>,
    /// So many schedules altogether, spread over the scenarios.
    #[arg(long)]
    seeds: Option<u64>,
    /// From this seed on.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// On so many cores; all that there are where nobody says.
    #[arg(long)]
    threads: Option<usize>,
    /// Plants bugs, one at a time, and looks whether each is found; in these scenarios, if any are named.
    #[arg(long)]
    planted: bool,
    /// Says which scenarios there are.
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, ScenarioError> {
    let mut stages = Stage::all()?;
    if let Some(name) = arguments
        .scenario
        .iter()
        .find(|name| !stages.iter().any(|stage| stage.scenario.name == **name))
    {
        return Err(ScenarioError::Unknown { name: name.clone() });
    }
    if !arguments.scenario.is_empty() {
        stages.retain(|stage| arguments.scenario.contains(&stage.scenario.name));
    }
    if arguments.list {
        for stage in &stages {
            println!("{:<16} {}", stage.scenario.name, stage.scenario.about);
        }
        return Ok(true);
    }
    if arguments.planted {
        return Ok(planted(&stages, arguments));
    }
    if let Some(name) = &arguments.regression {
        let unknown = || ScenarioError::Unknown { name: name.clone() };
        let kept = Regression::all()?.into_iter().find(|kept| kept.name == *name);
        let kept = kept.ok_or_else(unknown)?;
        let mut stages = stages.iter();
        let stage = stages.find(|stage| stage.scenario.name == kept.scenario);
        return Ok(again(stage.ok_or_else(unknown)?, kept.seed, kept.deeds));
    }
    match (arguments.seed, stages.as_slice()) {
        (Some(seed), [stage, ..]) => Ok(again(stage, seed, stage.plan(seed))),
        _ => many(&stages, arguments),
    }
}

/// Plays one schedule again and shows what happens.
fn again(stage: &Stage, seed: u64, deeds: Vec<Deed>) -> bool {
    let outcome = stage.play_deeds(seed, deeds, true);
    outcome.transcript.iter().for_each(|line| println!("{line}"));
    println!("{} frames, {} bytes, trace {}", outcome.frames, outcome.bytes, outcome.trace);
    match &outcome.fault {
        Some(fault) => println!("broken: {:?}: {}", fault.rule, fault.what),
        None => println!("all of it holds, {} s after everything was healed", outcome.rest / 1_000),
    }
    outcome.fault.is_none()
}

/// Looks for each planted bug: where it is known to be found, or wherever it is asked for.
fn planted(stages: &[Stage], arguments: &Arguments) -> bool {
    if !cfg!(feature = "planted") {
        eprintln!("error: this was built without bugs; use `cargo xtask sim --planted`");
        return false;
    }
    let named = !arguments.scenario.is_empty();
    let fits = |bug, name: &str| named || hunt::FOUND_BY.contains(&(bug, name));
    let scenarios = || stages.iter().map(|stage| &stage.scenario);
    let pairs: Vec<_> = Bug::ALL
        .into_iter()
        .flat_map(|bug| scenarios().map(move |scenario| (bug, scenario)))
        .filter(|(bug, scenario)| fits(*bug, &scenario.name))
        .collect();
    std::panic::set_hook(Box::new(|_| ()));
    let found = hunt::hunt(&pairs, threads(arguments));
    for Found { bug, scenario, by } in &found {
        let bug = format!("{bug:?}");
        match by {
            Some((seeds, fault)) => {
                let (rule, what) = (fault.rule, &fault.what);
                println!("{bug:<16} {scenario:<10} after {seeds:>4} seeds: {rule:?}: {what}");
            }
            None => println!("{bug:<16} {scenario:<10} is not found"),
        }
    }
    found.iter().all(|found| found.by.is_some())
}

fn threads(arguments: &Arguments) -> usize {
    let cores = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
    arguments.threads.unwrap_or_else(cores)
}

fn many(stages: &[Stage], arguments: &Arguments) -> Result<bool, ScenarioError> {
    let commit: u64 = stages.iter().map(|stage| stage.scenario.seeds.commit).sum();
    let share = |stage: &Stage| match arguments.seeds {
        None => stage.scenario.seeds.commit,
        Some(seeds) => {
            let share = u128::from(stage.scenario.seeds.commit) * u128::from(seeds);
            u64::try_from(share.div_ceil(u128::from(commit.max(1)))).unwrap_or(u64::MAX)
        }
    };
    let parts: Vec<Part<'_>> = stages
        .iter()
        .map(|stage| Part { stage, from: arguments.from, count: share(stage) })
        .collect();
    let season = watched(&parts, threads(arguments));
    for (name, cost) in &season.costs {
        println!(
            "{name:<16} {:>8} played, at most {} frames, {} bytes, {} s to rest",
            cost.played,
            cost.frames,
            cost.bytes,
            cost.rest / 1_000
        );
    }
    for failed in &season.failed {
        tell(failed)?;
    }
    Ok(season.failed.is_empty())
}

/// Plays all of it, and says now and then how far it has come.
fn watched<'a>(parts: &[Part<'a>], threads: usize) -> Season<'a> {
    let all: u64 = parts.iter().map(|part| part.count).sum();
    let progress = Progress::default();
    // A schedule that breaks off is told in its turn, not in between.
    std::panic::set_hook(Box::new(|_| ()));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut waited = Duration::ZERO;
            while !progress.done.load(Ordering::Relaxed) {
                thread::sleep(LOOK);
                waited += LOOK;
                if waited.as_millis().is_multiple_of(SAY.as_millis()) {
                    let played = progress.played.load(Ordering::Relaxed);
                    let failed = progress.failed.load(Ordering::Relaxed);
                    let each = u128::from(played) * 1_000 / waited.as_millis().max(1);
                    println!("{played} of {all} played, {each} a second, {failed} failed");
                }
            }
        });
        season::play(parts, threads, &progress, name)
    })
}

/// Names a schedule that failed.
fn name(failed: &Failed<'_>) {
    let Failed { stage, seed, fault } = failed;
    let name = &stage.scenario.name;
    println!("{name}, seed {seed}: {:?}: {}", fault.rule, fault.what);
    println!("again with: cargo xtask sim --scenario {name} --seed {seed}");
}

/// Tells of a schedule that failed, and keeps the smallest that fails alike.
fn tell(failed: &Failed<'_>) -> Result<(), ScenarioError> {
    let Failed { stage, seed, fault } = failed;
    println!();
    name(failed);
    let name = &stage.scenario.name;
    let (deeds, fault) = shrink(stage, *seed, stage.plan(*seed), fault.clone());
    let told = stage.play_deeds(*seed, deeds.clone(), true);
    let skipped = told.transcript.len().saturating_sub(LAST);
    told.transcript.iter().skip(skipped).for_each(|line| println!("  {line}"));
    println!("the fewest deeds with which it fails: {:?}: {}", fault.rule, fault.what);
    deeds.iter().for_each(|deed| println!("  {deed}"));
    let file = format!("{name}-{seed}");
    let kept = Regression { name: file, scenario: name.clone(), seed: *seed, deeds };
    println!("kept as {}", kept.keep(&fault)?.display());
    Ok(())
}
