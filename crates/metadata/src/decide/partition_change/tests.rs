//! Tests of partition changes as brokers come and go: elections, eligible replicas, last known leaders (KIP-966),
//! and the levels before it.

use crate::fixture::TestCluster;

/// What happens to a cluster, one word at a time: `-1` fences broker 1, `+1` brings it back after a clean stop,
/// `!1` after an unclean one.
fn after(cluster: &mut TestCluster, events: &str) -> String {
    for event in events.split_whitespace() {
        let id: i32 = event[1..].parse().expect("a broker");
        let epoch = cluster.sign_of_life(id).epoch;
        match &event[..1] {
            "-" => cluster.fence_broker(id),
            "+" => {
                cluster.register_broker(id, None, epoch);
                cluster.unfence_broker(id);
            }
            "!" => {
                cluster.register_broker(id, None, -1);
                cluster.unfence_broker(id);
            }
            other => unreachable!("no event {other}"),
        }
    }
    cluster.show("t", 0)
}

fn check(min_isr: &str, unclean: &str, events: &str, expected: &str) {
    let mut cluster = TestCluster::new(3);
    let configs = [("min.insync.replicas", min_isr), ("unclean.leader.election.enable", unclean)];
    cluster.create("t", &[&[1, 2, 3]], &configs);
    assert_eq!(after(&mut cluster, events), expected, "min.insync.replicas {min_isr}, {events}");
}

#[test]
fn with_enough_replicas_in_sync_nobody_is_kept_as_eligible() {
    check("1", "false", "-1", "leader 2 replicas 1,2,3 isr 2,3 epochs 1.1");
    check("1", "false", "-2", "leader 1 replicas 1,2,3 isr 1,3 epochs 0.1");
    check("1", "false", "-1 -2", "leader 3 replicas 1,2,3 isr 3 epochs 2.2");
    check("1", "false", "-1 -2 -3", "leader - replicas 1,2,3 isr  elr 3 last 3 epochs 3.3");
}

#[test]
fn below_the_minimum_replicas_stay_eligible() {
    check("2", "false", "-1", "leader 2 replicas 1,2,3 isr 2,3 epochs 1.1");
    check("2", "false", "-1 -2", "leader 3 replicas 1,2,3 isr 3 elr 2 epochs 2.2");
    check("2", "false", "-1 -2 -3", "leader - replicas 1,2,3 isr  elr 2,3 last 3 epochs 3.3");
}

#[test]
fn an_eligible_replica_that_stopped_cleanly_leads_when_it_comes_back() {
    check("2", "false", "-1 -2 -3 +2", "leader 2 replicas 1,2,3 isr 2 elr 3 epochs 4.4");
    check("2", "false", "-1 -2 -3 +1", "leader - replicas 1,2,3 isr  elr 2,3 last 3 epochs 3.3");
    check("1", "false", "-1 -2 -3 +3", "leader 3 replicas 1,2,3 isr 3 epochs 4.4");
}

#[test]
fn an_eligible_replica_that_lost_its_cache_is_eligible_no_more() {
    check("2", "false", "-1 -2 -3 !2", "leader - replicas 1,2,3 isr  elr 3 last 3 epochs 3.4");
    check("2", "false", "-1 -2 -3 !2 +3", "leader 3 replicas 1,2,3 isr 3 epochs 4.5");
}

#[test]
fn without_anybody_eligible_the_last_leader_leads_and_recovers() {
    check("1", "false", "-1 -2 -3 !3", "leader 3 replicas 1,2,3 isr 3 recovering epochs 4.5");
    check("1", "false", "-1 -2 -3 !1 !3", "leader 3 replicas 1,2,3 isr 3 recovering epochs 4.5");
}

#[test]
fn unclean_elections_take_anybody_but_eligible_replicas_first() {
    check("2", "true", "-1 -2 -3 +1", "leader 1 replicas 1,2,3 isr 1 recovering epochs 4.4");
    check("2", "true", "-1 -2 -3 +2", "leader 2 replicas 1,2,3 isr 2 elr 3 epochs 4.4");
}

#[test]
fn before_eligible_replicas_the_last_in_sync_replica_stays_in_the_set() {
    for (level, expected) in [
        ("3.9", "leader - replicas 1,2,3 isr 3 epochs 3.3"),
        ("3.5", "leader - replicas 1,2,3 isr 3 epochs 3.3"),
    ] {
        let mut cluster = TestCluster::at_level(level, 3);
        cluster.create("t", &[&[1, 2, 3]], &[("min.insync.replicas", "2")]);
        assert_eq!(after(&mut cluster, "-1 -2 -3"), expected, "{level}");
    }
}

#[test]
fn a_shrinking_set_raised_the_leader_epoch_before_3_6() {
    for (level, expected) in [
        ("3.5", "leader 1 replicas 1,2,3 isr 1,2 epochs 1.1"),
        ("3.6", "leader 1 replicas 1,2,3 isr 1,2 epochs 0.1"),
    ] {
        let mut cluster = TestCluster::at_level(level, 3);
        cluster.create("t", &[&[1, 2, 3]], &[]);
        assert_eq!(after(&mut cluster, "-3"), expected, "{level}");
    }
}

#[test]
fn one_broker_alone_stops_and_comes_back_as_in_kafkas_log() {
    for (events, expected) in [
        ("-1", "leader - replicas 1 isr  elr 1 last 1 epochs 1.1"),
        ("-1 +1", "leader 1 replicas 1 isr 1 epochs 2.2"),
        ("-1 !1", "leader 1 replicas 1 isr 1 recovering epochs 2.3"),
        ("-1 !1 -1", "leader - replicas 1 isr  elr 1 last 1 recovering epochs 3.4"),
    ] {
        let mut cluster = TestCluster::new(1);
        cluster.create("t", &[&[1]], &[]);
        assert_eq!(after(&mut cluster, events), expected, "{events}");
    }
}
