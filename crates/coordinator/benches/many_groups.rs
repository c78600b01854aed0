//! What 1000 groups of 10 members cost their coordinator, a commit of 100 partitions, and the reload of all that:
//! `cargo bench -p jackdaw-coordinator --bench many_groups`. Without a log: what is measured is deciding and folding.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use jackdaw_base::{MonotonicNs, Offset, TimestampMs, Uuid};
use jackdaw_coordinator::group::record::{EncodedRecord, decode, encode};
use jackdaw_coordinator::group::request::{
    Client, CommitPartition, CommitTopic, ConsumerHeartbeat, ConsumerHeartbeatAnswer, OffsetCommit,
};
use jackdaw_coordinator::group::{
    GroupAnswer, GroupRequest, GroupSettings, GroupShard, TopicInfo, Topics, World,
};
use jackdaw_coordinator::runtime::{Answered, Runtime, RuntimeLimits};
use jackdaw_coordinator::{Moment, Token};

const GROUPS: usize = 1000;
const MEMBERS: usize = 10;
const PARTITIONS: usize = 100;

/// What a member owns.
type Owned = Vec<(Uuid, Vec<i32>)>;

/// One topic.
struct OneTopic(Arc<TopicInfo>, Arc<GroupSettings>);

impl Topics for OneTopic {
    fn version(&self) -> i64 {
        1
    }
    fn by_name(&self, name: &str) -> Option<Arc<TopicInfo>> {
        (*self.0.name == *name).then(|| Arc::clone(&self.0))
    }
    fn by_id(&self, id: Uuid) -> Option<Arc<TopicInfo>> {
        (self.0.id == id).then(|| Arc::clone(&self.0))
    }
    fn names(&self) -> Vec<Arc<str>> {
        vec![Arc::clone(&self.0.name)]
    }
}

impl World for OneTopic {
    fn topics(&self) -> &dyn Topics {
        self
    }
    fn settings(&self, _group: &str) -> Arc<GroupSettings> {
        Arc::clone(&self.1)
    }
    fn has_consumer_protocol(&self) -> bool {
        true
    }
}

struct Host {
    world: OneTopic,
    runtime: Runtime<GroupShard>,
    log: Vec<EncodedRecord>,
    token: u64,
    now_ms: u64,
}

impl Host {
    fn new() -> Self {
        let partition_racks = vec![Vec::new(); PARTITIONS];
        let topic = TopicInfo { id: Uuid::from_u128(7), name: "orders".into(), partition_racks };
        let world = OneTopic(Arc::new(topic), Arc::new(GroupSettings::default()));
        let mut runtime = Runtime::new(GroupShard::default(), RuntimeLimits::default());
        runtime.on_loaded(Offset(0), Offset(0));
        Self { world, runtime, log: Vec::new(), token: 0, now_ms: 1000 }
    }

    fn moment(&mut self) -> Moment {
        self.token += 1;
        Moment {
            monotonic: MonotonicNs(self.now_ms * 1_000_000),
            wall: TimestampMs(1_790_000_000_000),
            random: Uuid::from_u128(u128::from(self.token)),
        }
    }

    fn put(&mut self, request: GroupRequest) {
        let now = self.moment();
        self.runtime.on_request(now, Token(self.token), request);
    }

    /// Turns until nothing is left; how many batches were written.
    fn run(&mut self) -> (usize, Vec<Answered<GroupAnswer>>) {
        let now = self.moment();
        let mut batches = 0;
        while let Some(records) = self.runtime.poll_append(&now, &self.world) {
            self.log.extend(records.iter().map(|record| encode(record).expect("records have bytes")));
            batches += 1;
            let end = Offset(i64::try_from(self.log.len()).expect("a short log"));
            self.runtime.on_appended(Ok(end));
            self.runtime.on_committed(end);
        }
        (batches, self.runtime.poll_answers())
    }

    fn beat(&mut self, request: ConsumerHeartbeat) -> ConsumerHeartbeatAnswer {
        self.put(GroupRequest::ConsumerHeartbeat(request));
        for answered in self.run().1 {
            if let Ok(GroupAnswer::ConsumerHeartbeat(answer)) = answered.answer {
                assert_eq!(answer.error, None);
                return answer;
            }
        }
        panic!("no answer");
    }
}

fn heartbeat(group: usize, member: usize, epoch: i32) -> ConsumerHeartbeat {
    ConsumerHeartbeat {
        group: format!("group-{group:04}").into(),
        member: format!("member-{member:02}").into(),
        member_epoch: epoch,
        instance: None,
        rack: None,
        rebalance_timeout_ms: -1,
        topics: None,
        regex: None,
        assignor: None,
        owned: None,
        client: Client { id: "client".into(), host: "/127.0.0.1".into() },
        api_version: 1,
        park_until: None,
    }
}

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
        member: "member-00".into(),
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

fn main() {
    let mut host = Host::new();
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
            *epoch = host.beat(join).member_epoch;
        }
    }
    let joined = start.elapsed();
    // Everybody acknowledges until nothing changes.
    let mut owned: Vec<Vec<Owned>> = vec![vec![Vec::new(); MEMBERS]; GROUPS];
    for _ in 0..6 {
        for group in 0..GROUPS {
            for member in 0..MEMBERS {
                let owns = Some(owned[group][member].clone());
                let answer = host.beat(ConsumerHeartbeat {
                    owned: owns,
                    ..heartbeat(group, member, epochs[group][member])
                });
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
            host.beat(heartbeat(group, member, *epoch));
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
    host.beat(join);
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
