//! Many schedules, on as many cores as there are.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::{Fault, Stage};

/// How many schedules a core takes at once.
const HANDFUL: u64 = 8;
/// After so many that failed, no more are played.
const ENOUGH: usize = 3;

/// How many seeds of a stage are to be played, from which one on.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The scenario.
    pub stage: &'a Stage,
    /// The first seed.
    pub from: u64,
    /// How many.
    pub count: u64,
}

/// A schedule that failed.
#[derive(Clone, Debug)]
pub struct Failed<'a> {
    /// In which scenario.
    pub stage: &'a Stage,
    /// With which seed.
    pub seed: u64,
    /// What was broken.
    pub fault: Fault,
}

/// What the schedules of a scenario cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// How many were played.
    pub played: u64,
    /// The most frames that one took.
    pub frames: u64,
    /// The most bytes that one took.
    pub bytes: u64,
    /// The longest that one took to come to rest, in milliseconds.
    pub rest: u64,
}

/// How far it has come: who runs it looks at these while it runs.
#[derive(Debug, Default)]
pub struct Progress {
    /// Schedules that were played.
    pub played: AtomicU64,
    /// Schedules that failed.
    pub failed: AtomicUsize,
    /// Whether all is done.
    pub done: AtomicBool,
}

/// What came of many schedules.
#[derive(Debug, Default)]
pub struct Season<'a> {
    /// Those that failed, the first few.
    pub failed: Vec<Failed<'a>>,
    /// What each scenario cost, by its name.
    pub costs: BTreeMap<&'a str, Cost>,
}

/// Plays all parts on so many threads, each taking a handful at a time. Whatever fails is told at once:
/// it may take hours before all are played, or somebody may stop it.
pub fn play<'a>(
    parts: &[Part<'a>],
    threads: usize,
    progress: &Progress,
    tell: impl Fn(&Failed<'a>) + Sync,
) -> Season<'a> {
    let season = Mutex::new(Season::default());
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while progress.failed.load(Ordering::Relaxed) < ENOUGH {
                    let first = next.fetch_add(HANDFUL, Ordering::Relaxed);
                    let handful = first..first.saturating_add(HANDFUL);
                    let mut played = 0_u64;
                    for (stage, seed) in handful.filter_map(|number| find(parts, number)) {
                        played += 1;
                        one(stage, seed, progress, &season, &tell);
                    }
                    if played == 0 {
                        return;
                    }
                }
            });
        }
    });
    progress.done.store(true, Ordering::Relaxed);
    season.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn one<'a>(
    stage: &'a Stage,
    seed: u64,
    progress: &Progress,
    season: &Mutex<Season<'a>>,
    tell: &impl Fn(&Failed<'a>),
) {
    let outcome = stage.play(seed);
    progress.played.fetch_add(1, Ordering::Relaxed);
    let mut season = season.lock().unwrap_or_else(PoisonError::into_inner);
    let cost = season.costs.entry(&stage.scenario.name).or_default();
    cost.played += 1;
    cost.frames = cost.frames.max(outcome.frames);
    cost.bytes = cost.bytes.max(outcome.bytes);
    cost.rest = cost.rest.max(outcome.rest);
    if let Some(fault) = outcome.fault {
        progress.failed.fetch_add(1, Ordering::Relaxed);
        let failed = Failed { stage, seed, fault };
        tell(&failed);
        season.failed.push(failed);
    }
}

/// Which schedule has this number.
fn find<'a>(parts: &[Part<'a>], mut number: u64) -> Option<(&'a Stage, u64)> {
    for part in parts {
        if number < part.count {
            return Some((part.stage, part.from.saturating_add(number)));
        }
        number -= part.count;
    }
    None
}
