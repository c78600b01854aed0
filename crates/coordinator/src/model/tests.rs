//! Seeds without bugs, and seeds with each planted bug.

use super::planted::Bug;
use super::run::{Population, run, story};

/// So many seeds of each population.
const SEEDS: u64 = 40;

fn check(population: Population) {
    for seed in 0..SEEDS {
        if let Err(what) = run(seed, population, Bug::None) {
            panic!("{}\n{population:?}, seed {seed}, {what}", story(seed, population, Bug::None));
        }
    }
}

#[test]
fn groups_of_the_consumer_protocol_keep_their_promises() {
    check(Population::Consumer);
}

#[test]
fn eager_groups_keep_their_promises() {
    check(Population::Eager);
}

#[test]
fn cooperative_groups_keep_their_promises() {
    check(Population::Cooperative);
}

#[test]
fn groups_that_change_their_protocol_keep_their_promises() {
    check(Population::Migrating);
}

/// The bug is found within some seeds, by the check that is there for it.
fn catches(bug: Bug, population: Population, check: &str) {
    let found =
        (0..400).find_map(|seed| run(seed, population, bug).err().filter(|what| what.contains(check)));
    assert!(found.is_some(), "{bug:?} is not found by {check}");
}

#[test]
fn every_planted_bug_is_caught() {
    catches(Bug::AnsweredBeforeCommit, Population::Consumer, "C2:");
    catches(Bug::AnsweredBeforeCommit, Population::Eager, "C2:");
    catches(Bug::RollBackForgotten, Population::Consumer, "C1:");
    catches(Bug::RollBackForgotten, Population::Eager, "C1:");
    catches(Bug::RecordForgottenAtReplay, Population::Consumer, "C1:");
    catches(Bug::RecordForgottenAtReplay, Population::Eager, "C1:");
    catches(Bug::CallerForgotten, Population::Cooperative, "C3:");
    catches(Bug::RevocationBelieved, Population::Consumer, "is owned by the members");
    catches(Bug::EpochIgnored, Population::Consumer, "C4:");
    catches(Bug::SessionCutShort, Population::Eager, "is owned by the members");
    catches(Bug::SessionCutShort, Population::Consumer, "is owned by the members");
}

#[test]
fn a_seed_is_one_run() {
    for population in
        [Population::Consumer, Population::Eager, Population::Cooperative, Population::Migrating]
    {
        assert_eq!(story(7, population, Bug::None), story(7, population, Bug::None));
    }
}
