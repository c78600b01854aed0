//! What 1000 groups of 10 members cost their coordinator, a commit of 100 partitions, and the reload of all that:
//! `cargo bench -p jackdaw-coordinator --bench many_groups`. Without a log: what is measured is deciding and folding.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

mod common;

use std::time::{Duration, Instant};

use jackdaw_base::{Offset, Uuid};
use jackdaw_coordinator::group::record::decode;
use jackdaw_coordinator::group::request::{
    CommitPartition, CommitTopic, ConsumerHeartbeat, ConsumerHeartbeatAnswer, OffsetCommit,
};
use jackdaw_coordinator::group::{GroupAnswer, GroupRequest, GroupShard};
use jackdaw_coordinator::runtime::{Runtime, RuntimeLimits};

use common::{Host, Owned, heartbeat};

const GROUPS: usize = 1000;
const MEMBERS: usize = 10;
const PARTITIONS: usize = 100;

fn commit(group: usize, epoch: i32) -> OffsetCommit {
    let partitions = 0..i32::try_from(PARTITIONS).expect("few partitions");
    let partitions = partitions.map(|partition| CommitPartition {
        partition,
        offset: 42,
        leader_epoch: 0,
        metadata: "".into(),
    });
    OffsetCommit {
        group: format!("group-{group:04}").into(),
        member: "member-0000".into(),
        instance: None,
        generation_or_epoch: epoch,
        api_version: 9,
        retention_ms: None,
        topics: vec![CommitTopic {
            topic: "orders".into(),
            id: Uuid::from_u128(7),
            partitions: partitions.collect(),
        }],
    }
}

/// A heartbeat that is answered at once.
fn beat(host: &mut Host, request: ConsumerHeartbeat) -> ConsumerHeartbeatAnswer {
    host.put(GroupRequest::ConsumerHeartbeat(request));
    for answered in host.run().1 {
        if let Ok(GroupAnswer::ConsumerHeartbeat(answer)) = answered.answer {
            assert_eq!(answer.error, None);
            return answer;
        }
    }
    panic!("no answer");
}

fn main() {
    let mut host = Host::new(PARTITIONS);
    let start = Instant::now();
    let mut epochs = vec![vec![0; MEMBERS]; GROUPS];
    for (group, epochs) in epochs.iter_mut().enumerate() {
        for (member, epoch) in epochs.iter_mut().enumerate() {
            let topics = Some(vec!["orders".into()]);
            let owned = Some(Vec::new());
            let join = ConsumerHeartbeat {
                rebalance_timeout_ms: 60_000,
                topics,
                owned,
                ..heartbeat(group, member, 0)
            };
            *epoch = beat(&mut host, join).member_epoch;
        }
    }
    let joined = start.elapsed();
    // Everybody acknowledges until nothing changes.
    let mut owned: Vec<Vec<Owned>> = vec![vec![Vec::new(); MEMBERS]; GROUPS];
    for _ in 0..6 {
        for group in 0..GROUPS {
            for member in 0..MEMBERS {
                let owns = Some(owned[group][member].clone());
                let answer = beat(
                    &mut host,
                    ConsumerHeartbeat { owned: owns, ..heartbeat(group, member, epochs[group][member]) },
                );
                epochs[group][member] = answer.member_epoch;
                if let Some(assignment) = answer.assignment {
                    owned[group][member] = assignment;
                }
            }
        }
    }
    println!("{} members in {GROUPS} groups joined in {joined:?}", GROUPS * MEMBERS);
    quiet(&mut host, &epochs);
    commits(&mut host, &epochs);
    newcomer(&mut host);
    reload(&mut host);
}

fn quiet(host: &mut Host, epochs: &[Vec<i32>]) {
    let start = Instant::now();
    for (group, epochs) in epochs.iter().enumerate() {
        for (member, epoch) in epochs.iter().enumerate() {
            beat(host, heartbeat(group, member, *epoch));
        }
    }
    println!("a quiet heartbeat: {:?}", per(start.elapsed(), GROUPS * MEMBERS));
    // Nobody's time is up: a look at the deadlines.
    host.now_ms += 1;
    let start = Instant::now();
    (0..1000).for_each(|_| drop(host.run()));
    println!("a turn with nothing to do: {:?}", per(start.elapsed(), 1000));
}

fn commits(host: &mut Host, epochs: &[Vec<i32>]) {
    let start = Instant::now();
    for (group, epochs) in epochs.iter().enumerate() {
        host.put(GroupRequest::OffsetCommit(commit(group, epochs[0])));
        let (batches, answers) = host.run();
        assert!(batches == 1 && answers.len() == 1);
    }
    println!("a commit of {PARTITIONS} partitions, alone: {:?}", per(start.elapsed(), GROUPS));
    let start = Instant::now();
    for (group, epochs) in epochs.iter().enumerate() {
        host.put(GroupRequest::OffsetCommit(commit(group, epochs[0])));
    }
    let (batches, answers) = host.run();
    assert_eq!(answers.len(), GROUPS);
    println!("{GROUPS} such commits at once: {:?} each, {batches} batches", per(start.elapsed(), GROUPS));
}

fn newcomer(host: &mut Host) {
    let start = Instant::now();
    let topics = Some(vec!["orders".into()]);
    let join = ConsumerHeartbeat {
        rebalance_timeout_ms: 60_000,
        topics,
        owned: Some(Vec::new()),
        ..heartbeat(0, MEMBERS, 0)
    };
    beat(host, join);
    println!("one more member among all: {:?}", start.elapsed());
    let start = Instant::now();
    host.put(GroupRequest::Lag);
    let (_, answers) = host.run();
    let Some(Ok(GroupAnswer::Lag(positions))) = answers.into_iter().next().map(|answered| answered.answer)
    else {
        panic!("no answer");
    };
    println!("lag of {} positions: {:?}", positions.len(), start.elapsed());
}

fn reload(host: &mut Host) {
    let start = Instant::now();
    let mut runtime = Runtime::new(GroupShard::default(), RuntimeLimits::default());
    for record in &host.log {
        runtime
            .replay(&decode(Some(&record.key), record.value.as_deref()).expect("what was written is read"));
    }
    let records = host.log.len();
    let replayed = start.elapsed();
    runtime.on_loaded(Offset(0), Offset(0));
    let now = host.moment();
    let start = Instant::now();
    assert!(runtime.poll_append(&now, &host.world).is_none());
    println!(
        "{records} records replayed in {replayed:?} ({:?} each), deadlines set in {:?}",
        per(replayed, records),
        start.elapsed()
    );
}

fn per(time: Duration, count: usize) -> Duration {
    time / u32::try_from(count).expect("few")
}
