//! A few schedules of each scenario; all that belong to a change are played by `cargo xtask sim`, which
//! is built to be fast.

use crate::{Deed, Regression, Rule, Scenario, Stage, shrink};

/// So many machines make a scenario too slow for what is not optimised.
const MANY: usize = 20;

fn stage(name: &str) -> Stage {
    let scenario = Scenario::all().unwrap().into_iter().find(|scenario| scenario.name == name);
    Stage::new(scenario.unwrap())
}

#[test]
fn schedules_of_every_scenario_hold() {
    for stage in Stage::all().unwrap().iter().filter(|stage| stage.scenario.who.people < MANY) {
        for seed in [0, 4] {
            let fault = stage.play(seed).fault;
            assert_eq!(fault, None, "{}, seed {seed}", stage.scenario.name);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let (stage, again) = (stage("pair"), stage("pair"));
    let mut traces = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let run = |stage: &Stage| {
            let outcome = stage.play(seed);
            (outcome.trace, outcome.frames, outcome.bytes, outcome.deeds)
        };
        let first = run(&stage);
        assert_eq!(first, run(&again), "seed {seed}");
        traces.insert(first.0);
    }
    assert_eq!(traces.len(), 50, "another seed, another trace");
}

#[test]
fn what_failed_once_holds() {
    let stages = Stage::all().unwrap();
    for kept in Regression::all().unwrap() {
        let stage = stages.iter().find(|stage| stage.scenario.name == kept.scenario).unwrap();
        let fault = stage.play_deeds(kept.seed, kept.deeds, false).fault;
        assert_eq!(fault, None, "{}", kept.name);
    }
}

#[test]
fn what_is_broken_is_found_and_made_small() {
    let mut stage = stage("pair");
    // Two posts are more than this budget has room for, and one is not.
    let deeds = |posts: usize| -> Vec<Deed> {
        let pause = "cut 0 1 400".parse().unwrap();
        [vec![pause; 3], vec!["post 0 0 3000".parse().unwrap(); posts]].concat()
    };
    let cost = |stage: &Stage, deeds| stage.play_deeds(1, deeds, false);
    let (none, many) = (cost(&stage, vec![]), cost(&stage, deeds(6)));
    assert_eq!((none.fault, many.fault), (None, None));
    stage.scenario.budget.bytes = none.bytes;
    let fault = cost(&stage, deeds(6)).fault.unwrap();
    assert_eq!(fault.rule, Some(Rule::Frugal));
    let (fewest, fault) = shrink(&stage, 1, deeds(6), fault);
    assert_eq!((fewest.len(), fault.rule), (1, Some(Rule::Frugal)), "{fewest:?}");
    assert_eq!(fewest[0].pause, 0);
    let again = stage.play_deeds(1, fewest, true);
    assert_eq!(again.fault, Some(fault));
    assert!(again.transcript.iter().any(|line| line.contains("== deed 0")), "it can be read");
}
