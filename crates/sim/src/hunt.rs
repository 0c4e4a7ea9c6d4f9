//! The tests are tested: bugs that are planted one at a time, and the scenario that finds each.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use effigy_feed::planted::Bug;

use crate::{Fault, Scenario, Stage};

/// Within so many seeds each bug has to be found.
pub const SEEDS: u64 = 1_000;

/// Which scenario finds which bug.
pub const FOUND_BY: [(Bug, &str); 13] = [
    (Bug::BlockedKept, "circles"),
    (Bug::ForkUnseen, "fork"),
    (Bug::Hasty, "friends"),
    (Bug::LateBlamed, "phones"),
    (Bug::MarkSkips, "friends"),
    (Bug::NeverShutOut, "garbage"),
    (Bug::PicturesUntold, "relayed"),
    (Bug::RemovedKept, "removals"),
    (Bug::Silent, "friends"),
    (Bug::TakenBackKept, "friends"),
    (Bug::Unfenced, "storage"),
    (Bug::WaitingDropped, "phones"),
    (Bug::WantsUnbounded, "floods"),
];

/// What became of a bug.
#[derive(Clone, Debug)]
pub struct Found {
    /// Which one.
    pub bug: Bug,
    /// In which scenario it was looked for.
    pub scenario: String,
    /// After how many seeds it was found, and by what; `None` when it was not.
    pub by: Option<(u64, Fault)>,
}

/// Looks for bugs in scenarios, each pair by itself, on so many threads.
pub fn hunt(pairs: &[(Bug, &Scenario)], threads: usize) -> Vec<Found> {
    let found = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while let Some((bug, scenario)) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut stage = Stage::new((*scenario).clone());
                    stage.bug = Some(*bug);
                    let mut seeds = 0..SEEDS;
                    let by = seeds.find_map(|seed| Some((seed + 1, stage.play(seed).fault?)));
                    let one = Found { bug: *bug, scenario: scenario.name.clone(), by };
                    found.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by(|a, b| (a.bug, &a.scenario).cmp(&(b.bug, &b.scenario)));
    found
}
