//! Storms, their aftermath, and bugs that must be found. A failure names its seed; `JACKDAW_SEEDS=from..to` runs others.

use super::*;

const DYNAMIC_STORM: Weather = Weather {
    nodes: 5,
    kraft_version: KRaftVersion::Dynamic,
    voter_change_every_ms: 400,
    crash_every_ms: 4_000,
    ..Weather::STORM
};

/// Hardly anybody is up and connected for long, and records travel one by one: leaders change while others' records are half replicated.
const HURRICANE: Weather = Weather {
    nodes: 3,
    crash_every_ms: 800,
    down_ms_max: 1_000,
    delay_ms_max: 800,
    partition_every_ms: 800,
    drop_per_mille: 0,
    propose_every_ms: 300,
    fetch_entries_max: 1,
    ..Weather::STORM
};

/// The seeds of a run: those that the environment names, or the first `count`.
fn seeds(count: u64) -> std::ops::Range<u64> {
    let named = std::env::var("JACKDAW_SEEDS").ok().and_then(|text| {
        let (from, to) = text.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    });
    named.unwrap_or(1..count + 1)
}

fn storm(seed: u64, weather: Weather, ms: u64) -> Result<Oracle, Broken> {
    let mut simulation = Simulation::new(seed, weather);
    simulation.start_all()?;
    simulation.run_ms(ms)?;
    simulation.check_liveness()?;
    Ok(simulation.oracle)
}

/// What happened in all runs of a storm, to be sure that it was one.
#[derive(Default)]
struct Seen {
    values: u64,
    elections: u64,
    truncations: u64,
    snapshots: u64,
    voter_changes: u64,
}

fn survive(weather: Weather, count: u64) -> Seen {
    let mut seen = Seen::default();
    for seed in seeds(count) {
        let oracle = storm(seed, weather, 30_000).unwrap_or_else(|broken| {
            panic!("seed {seed}: {} is broken: {}", broken.rule, broken.story);
        });
        seen.values += oracle.values;
        seen.elections += oracle.elections;
        seen.truncations += oracle.truncations;
        seen.snapshots += oracle.snapshots_installed;
        seen.voter_changes += oracle.voter_changes;
    }
    seen
}

#[test]
fn three_voters_elect_and_commit() {
    let mut simulation = Simulation::new(1, Weather { propose_every_ms: 50, ..Weather::CALM });
    simulation.start_all().unwrap();
    simulation.run_ms(10_000).unwrap();
    simulation.check_liveness().unwrap();
    assert!(simulation.oracle.values > 50, "{}", simulation.oracle.values);
    assert_eq!(simulation.oracle.elections, 1);
}

#[test]
fn static_voters_survive_storms() {
    let seen = survive(Weather::STORM, 30);
    assert!(seen.values > 1_000 && seen.elections > 100, "{} {}", seen.values, seen.elections);
    assert!(seen.truncations > 5 && seen.snapshots > 5, "{} {}", seen.truncations, seen.snapshots);
}

#[test]
fn three_voters_survive_hurricanes() {
    let seen = survive(HURRICANE, 30);
    assert!(seen.elections > 50 && seen.truncations > 5, "{} {}", seen.elections, seen.truncations);
}

#[test]
fn five_voters_survive_storms() {
    let seen = survive(Weather { nodes: 6, voters: 5, ..Weather::STORM }, 10);
    assert!(seen.values > 200 && seen.elections > 20, "{} {}", seen.values, seen.elections);
}

#[test]
fn changing_voters_survive_storms() {
    let seen = survive(DYNAMIC_STORM, 30);
    assert!(seen.values > 1_000 && seen.elections > 100, "{} {}", seen.values, seen.elections);
    assert!(seen.voter_changes > 100, "{}", seen.voter_changes);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || {
        let mut simulation = Simulation::new(7, DYNAMIC_STORM);
        simulation.start_all().unwrap();
        simulation.run_ms(5_000).unwrap();
        (simulation.picture(), simulation.sequence, simulation.oracle.committed_end())
    };
    assert_eq!(run(), run());
}

#[test]
fn a_cut_off_voter_disturbs_nobody_when_it_comes_back() {
    let mut simulation = Simulation::new(3, Weather { propose_every_ms: 50, ..Weather::CALM });
    simulation.start_all().unwrap();
    simulation.run_until("a leader", 20_000, |simulation| simulation.settled_leader().is_some()).unwrap();
    let leader = simulation.settled_leader().unwrap();
    let epoch = simulation.nodes[&leader].epoch();
    let cut_off = simulation.nodes.keys().copied().find(|id| *id != leader).unwrap();
    simulation.cut_off(cut_off);
    simulation.run_ms(60_000).unwrap();
    assert_eq!(simulation.nodes[&cut_off].epoch(), epoch, "pre-votes raise no epoch");
    simulation.cut_links.clear();
    simulation.run_ms(10_000).unwrap();
    assert_eq!(simulation.settled_leader(), Some(leader));
    assert_eq!((simulation.nodes[&leader].epoch(), simulation.oracle.elections), (epoch, 1));
}

#[test]
fn a_leader_without_followers_resigns_and_another_is_elected() {
    let mut simulation = Simulation::new(4, Weather { propose_every_ms: 20, ..Weather::CALM });
    simulation.start_all().unwrap();
    simulation.run_until("a leader", 20_000, |simulation| simulation.settled_leader().is_some()).unwrap();
    let old = simulation.settled_leader().unwrap();
    let others: Vec<NodeId> = simulation.nodes.keys().copied().filter(|id| *id != old).collect();
    simulation.cut_off(old);
    simulation.run_ms(15_000).unwrap();
    assert!(!simulation.nodes[&old].is_leader(), "{}", simulation.picture());
    assert!(others.iter().any(|id| simulation.nodes[id].is_leader()), "{}", simulation.picture());
    simulation.check_liveness().unwrap();
    assert!(simulation.oracle.truncations > 0, "what the old leader wrote alone is cut");
}

#[test]
fn a_stopping_leader_hands_over_at_once() {
    let mut simulation = Simulation::new(5, Weather::CALM);
    simulation.start_all().unwrap();
    simulation.run_until("a leader", 20_000, |simulation| simulation.settled_leader().is_some()).unwrap();
    let old = simulation.settled_leader().unwrap();
    let life = simulation.nodes[&old].life;
    simulation.with_quorum(old, life, |quorum, now| quorum.on_stop(now)).unwrap();
    let may_stop = |simulation: &Simulation| simulation.nodes[&old].quorum.as_ref().unwrap().may_stop();
    simulation.run_until("another leader", 500, may_stop).unwrap();
    assert_ne!(simulation.nodes[&old].leader(), Some(old));
}

#[test]
fn a_lone_voter_grows_to_three_and_its_first_leader_leaves() {
    let weather =
        Weather { voters: 1, kraft_version: KRaftVersion::Dynamic, propose_every_ms: 50, ..Weather::CALM };
    let mut simulation = Simulation::new(6, weather);
    simulation.start_all().unwrap();
    assert!(simulation.nodes[&NodeId(1)].is_leader(), "the only voter leads at once");
    let voters = |simulation: &Simulation, id| -> Vec<i32> {
        simulation.nodes[&NodeId(id)].quorum.as_ref().unwrap().voters().ids().map(|id| id.0).collect()
    };
    for id in [2, 3] {
        simulation.run_ms(2_000).unwrap();
        simulation.add_voter(NodeId(1), NodeId(id)).unwrap();
        simulation.run_ms(2_000).unwrap();
    }
    assert_eq!(voters(&simulation, 3), [1, 2, 3]);
    simulation.remove_voter(NodeId(1), NodeId(1)).unwrap();
    simulation.run_ms(10_000).unwrap();
    assert_eq!(voters(&simulation, 2), [2, 3]);
    let leader = simulation.settled_leader().expect("a leader");
    assert_ne!(leader, NodeId(1), "{}", simulation.picture());
    simulation.check_liveness().unwrap();
}

#[test]
fn an_idle_quorum_is_quiet() {
    let mut simulation = Simulation::new(8, Weather::CALM);
    simulation.start_all().unwrap();
    simulation.run_until("a leader", 20_000, |simulation| simulation.settled_leader().is_some()).unwrap();
    let before = simulation.sequence;
    simulation.run_ms(10_000).unwrap();
    let events_per_s = (simulation.sequence - before) / 10;
    assert!(events_per_s < 60, "{events_per_s} events a second");
    // One that finds nobody keeps asking, but not as fast as it can.
    simulation.cut_off(NodeId(1));
    simulation.cut_off(NodeId(2));
    simulation.run_ms(5_000).unwrap();
    let before = simulation.sequence;
    simulation.run_ms(10_000).unwrap();
    let events_per_s = (simulation.sequence - before) / 10;
    assert!(events_per_s < 600, "{events_per_s} events a second");
}

/// A planted bug is caught by one of `rules` within so many seeds.
fn caught(fault: Fault, weather: Weather, rules: &[&str]) {
    let weather = Weather { fault: Some(fault), ..weather };
    let mut runs = 0;
    for seed in 1..=400 {
        runs += 1;
        if let Err(broken) = storm(seed, weather, 30_000) {
            assert!(rules.contains(&broken.rule), "{fault:?} is caught by {}: {}", broken.rule, broken.story);
            return;
        }
    }
    panic!("{fault:?} went unnoticed in {runs} runs");
}

#[test]
fn a_vote_before_it_is_durable_is_caught() {
    caught(Fault::VoteBeforePersist, Weather::STORM, &["Q2"]);
}

#[test]
fn a_forgotten_vote_is_caught() {
    caught(Fault::ForgetVote, Weather { crash_every_ms: 300, ..Weather::STORM }, &["Q1", "Q2"]);
}

#[test]
fn a_second_vote_is_caught() {
    caught(Fault::VoteTwice, Weather::STORM, &["Q1", "Q2", "violation"]);
}

#[test]
fn a_vote_without_comparing_logs_is_caught() {
    caught(Fault::IgnoreLogInVote, Weather::STORM, &["Q3", "violation"]);
}

#[test]
fn an_election_on_unsynced_records_is_caught() {
    let weather = Weather {
        nodes: 3,
        crash_every_ms: 700,
        down_ms_max: 300,
        sync_ms_max: 5_000,
        delay_ms_max: 500,
        propose_every_ms: 1_000,
        partition_every_ms: 1_500,
        ..Weather::STORM
    };
    caught(Fault::VoteWithUnsyncedEnd, weather, &["Q3", "violation"]);
}

/// The story of figure 8 in the paper on Raft: a record of an earlier epoch reaches a majority, and still must not be committed by that alone,
/// since a node that never had it may lead later.
fn half_replicated_records(fault: Option<Fault>) -> Checked {
    let weather = Weather { delay_ms_max: 30, fetch_entries_max: 1, fault, ..Weather::CALM };
    let mut simulation = Simulation::new(2, weather);
    simulation.start_all()?;
    simulation.run_until("a leader", 20_000, |simulation| simulation.settled_leader().is_some())?;
    let first = simulation.settled_leader().expect("a leader");
    simulation.run_ms(1_000)?;
    let others: Vec<NodeId> = simulation.nodes.keys().copied().filter(|id| *id != first).collect();

    // Its record reaches nobody, and it goes down.
    simulation.cut_off(first);
    simulation.propose()?;
    simulation.run_ms(100)?;
    let record_end = simulation.nodes[&first].disk.end();
    simulation.nodes.get_mut(&first).expect("a node").crash(0);

    // Neither does that of the second leader.
    simulation.run_until("a second leader", 20_000, |simulation| {
        others.iter().any(|id| simulation.nodes[id].is_leader())
    })?;
    let second = *others.iter().find(|id| simulation.nodes[id].is_leader()).expect("a leader");
    let third = *others.iter().find(|id| **id != second).expect("a third node");
    simulation.cut_off(second);
    simulation.run_ms(100)?;
    assert!(simulation.nodes[&third].disk.end() < record_end);
    simulation.nodes.get_mut(&second).expect("a node").crash(0);

    // The first is back, and its old record gets a majority before its new one does.
    simulation.cut_links.clear();
    simulation.start(first)?;
    let knows = |simulation: &Simulation| simulation.nodes[&first].high_watermark() >= Some(record_end);
    simulation.run_until("the old record is committed", 30_000, knows)?;
    simulation.nodes.get_mut(&first).expect("a node").crash(0);
    simulation.events.retain(|_, event| !matches!(event, Event::Deliver { .. }));
    simulation.start(second)?;
    simulation.run_until("a last leader", 30_000, |simulation| {
        others.iter().any(|id| simulation.nodes[id].is_leader())
    })?;
    simulation.check_liveness()
}

#[test]
fn a_commit_of_an_earlier_epoch_is_caught() {
    assert_eq!(half_replicated_records(None), Ok(()));
    let broken = half_replicated_records(Some(Fault::CommitEarlierEpoch)).unwrap_err();
    assert_eq!(broken.rule, "Q3", "{}", broken.story);
}

#[test]
fn a_commit_by_a_minority_is_caught() {
    caught(Fault::CommitByMinority, Weather::STORM, &["Q3", "violation"]);
}

#[test]
fn an_acknowledgement_before_the_sync_is_caught() {
    let weather = Weather { crash_every_ms: 300, sync_ms_max: 500, ..Weather::STORM };
    caught(Fault::FetchBeforeSync, weather, &["Q3", "violation"]);
}

#[test]
fn a_leader_that_serves_diverged_logs_is_caught() {
    caught(Fault::IgnoreDivergence, Weather::STORM, &["Q3", "violation"]);
}

#[test]
fn two_changes_of_voters_at_once_are_caught() {
    let weather = Weather { voter_change_every_ms: 20, partition_every_ms: 500, ..DYNAMIC_STORM };
    // Voter sets that share no majority may also leave nobody who can be elected.
    caught(Fault::ConcurrentVoterChanges, weather, &["Q1", "Q3", "violation", "liveness"]);
}
