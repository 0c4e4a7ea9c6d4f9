//! Making a failing schedule smaller, as long as the same thing fails.

use crate::{Deed, Fault, Stage};

/// How often a schedule is played at most to make it smaller.
const TRIES: usize = 400;

/// The fewest of these deeds that were found with which the same rule is broken, and how.
pub fn shrink(stage: &Stage, seed: u64, deeds: Vec<Deed>, fault: Fault) -> (Vec<Deed>, Fault) {
    let mut smallest = (deeds, fault);
    let mut tries = TRIES;
    // First large parts, then single deeds; again from the start whenever something could go.
    let mut size = smallest.0.len().div_ceil(2);
    while size > 0 && tries > 0 {
        let mut at = 0;
        let before = smallest.0.len();
        while at < smallest.0.len() && tries > 0 {
            tries -= 1;
            let mut fewer = smallest.0.clone();
            fewer.drain(at..fewer.len().min(at.saturating_add(size)));
            match still(stage, seed, &fewer, &smallest.1) {
                Some(fault) => smallest = (fewer, fault),
                None => at = at.saturating_add(size),
            }
        }
        let shrank = smallest.0.len() < before;
        size = if size == 1 && shrank { 1 } else { size / 2 };
    }
    // Then less time between them.
    for at in 0..smallest.0.len() {
        let mut faster = smallest.0.clone();
        let Some(deed) = faster.get_mut(at).filter(|deed| deed.pause > 0 && tries > 0) else {
            continue;
        };
        deed.pause = 0;
        tries -= 1;
        if let Some(fault) = still(stage, seed, &faster, &smallest.1) {
            smallest = (faster, fault);
        }
    }
    smallest
}

/// How the same rule is broken by these deeds, if it is.
fn still(stage: &Stage, seed: u64, deeds: &[Deed], fault: &Fault) -> Option<Fault> {
    let found = stage.play_deeds(seed, deeds.to_vec(), false).fault;
    found.filter(|found| found.rule == fault.rule)
}
