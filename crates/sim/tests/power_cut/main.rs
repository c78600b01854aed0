//! Power cuts under a node's storage: whatever the moment, what was acknowledged or shown is there after the next start,
//! and nothing else (issue "The event log": done when, 3). Thousands of seeds; each prints itself when it fails, and replays.

mod batches;
mod faults;
mod node;
mod oracle;
mod planted;
mod run;

use planted::Bug;
use run::run;

/// Seeds of the first pass; `JACKDAW_SEEDS` sets another number, `JACKDAW_SEED` a single one.
const SEEDS: u64 = 150;

#[test]
fn nothing_promised_is_lost() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seeds = match number("JACKDAW_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("JACKDAW_SEEDS").unwrap_or(SEEDS),
    };
    let mut total = run::Report::default();
    for seed in seeds {
        match run(seed, Bug::None) {
            Ok(report) => total.add(&report),
            Err(failure) => panic!("{failure}"),
        }
    }
    println!("{total:?}");
}

/// The first seed that finds a planted bug.
fn finder(bug: Bug, seeds: u64) -> Option<u64> {
    (0..seeds)
        .find(|seed| std::panic::catch_unwind(|| run(*seed, bug)).map_or(true, |outcome| outcome.is_err()))
}

#[test]
fn planted_bugs_are_found() {
    for bug in [Bug::AckBeforeSync, Bug::DirectoryNotSynced, Bug::TruncationSkipped] {
        let found = finder(bug, 300);
        println!("{bug:?}: seed {found:?}");
        assert!(found.is_some(), "no seed finds {bug:?}");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..10 {
        assert_eq!(run(seed, Bug::None).ok(), run(seed, Bug::None).ok(), "seed {seed}");
    }
}
