//! How long a reassignment of a large consumer group takes, and a heartbeat that changes nothing:
//! `cargo bench -p jackdaw-coordinator --bench reassignment`. The time has to grow with members and partitions, not
//! with their product.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use jackdaw_base::{MonotonicNs, Offset, TimestampMs, Uuid};
use jackdaw_coordinator::group::assignor::{Assignor, PartitionCounts, Partitions, Subscriber};
use jackdaw_coordinator::group::request::{Client, ConsumerHeartbeat};
use jackdaw_coordinator::group::world::MigrationPolicy;
use jackdaw_coordinator::group::{
    GroupAnswer, GroupRequest, GroupSettings, GroupShard, TopicInfo, Topics, World,
};
use jackdaw_coordinator::runtime::{Runtime, RuntimeLimits};
use jackdaw_coordinator::{Moment, Token};

const ROUNDS: usize = 21;

fn main() {
    for scale in [1, 2, 4] {
        assignors(500 * scale, 50 * scale);
    }
    for scale in [1, 2] {
        groups(500 * scale, 50 * scale);
    }
}

fn topic(number: usize) -> Uuid {
    Uuid::from_u128(number as u128 + 1000)
}

/// The median of some rounds, in microseconds.
fn median_us(mut round: impl FnMut()) -> u128 {
    let mut times: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            round();
            start.elapsed().as_micros()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

fn assignors(members: usize, topics: usize) {
    let counts: PartitionCounts = (0..topics).map(|number| (topic(number), 100)).collect();
    let read: Vec<Uuid> = counts.keys().copied().collect();
    let names: Vec<String> = (0..members).map(|index| format!("member-{index:05}")).collect();
    let nothing = Partitions::new();
    let subscribers = |owned: &[Partitions], fewer: usize| -> Vec<Partitions> {
        let all: Vec<Subscriber<'_>> = names[..owned.len()]
            .iter()
            .zip(owned)
            .enumerate()
            .map(|(index, (name, owned))| {
                let read = if index < fewer { &read[..read.len() / 2] } else { &read[..] };
                Subscriber { member: name, instance: None, topics: read, owned }
            })
            .collect();
        black_box(Assignor::Uniform.assign(black_box(&all), &counts))
    };
    let first = subscribers(&vec![nothing; members - 1], 0);
    let mut with_newcomer = first.clone();
    with_newcomer.push(Partitions::new());
    let equal = median_us(|| drop(subscribers(&with_newcomer, 0)));
    let different = median_us(|| drop(subscribers(&with_newcomer, members / 2)));
    println!(
        "assign {:>5} members, {:>6} partitions: {equal:>7} us (equal subscriptions), {different:>7} us (different)",
        members,
        topics * 100
    );
}

struct TestTopics(BTreeMap<Arc<str>, Arc<TopicInfo>>, Arc<GroupSettings>);

impl Topics for TestTopics {
    fn version(&self) -> i64 {
        1
    }
    fn by_name(&self, name: &str) -> Option<Arc<TopicInfo>> {
        self.0.get(name).cloned()
    }
    fn by_id(&self, id: Uuid) -> Option<Arc<TopicInfo>> {
        self.0.values().find(|topic| topic.id == id).cloned()
    }
    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().cloned().collect()
    }
}

impl World for TestTopics {
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

fn world(topics: usize) -> TestTopics {
    let info = |number: usize| {
        let name: Arc<str> = format!("topic-{number:04}").into();
        let info =
            TopicInfo { id: topic(number), name: Arc::clone(&name), partition_racks: vec![Vec::new(); 100] };
        (name, Arc::new(info))
    };
    let settings = GroupSettings {
        classic_session_timeout_ms_min: 6000,
        classic_session_timeout_ms_max: 1_800_000,
        classic_size_max: usize::MAX,
        initial_rebalance_delay_ms: 0,
        new_member_join_timeout_ms: 300_000,
        consumer_session_timeout_ms: 45_000,
        consumer_heartbeat_interval_ms: 5000,
        consumer_size_max: usize::MAX,
        consumer_assignors: vec!["uniform".into()],
        migration_policy: MigrationPolicy::Bidirectional,
        assignment_interval_ms: 0,
        regex_refresh_interval_ms: 600_000,
        offset_metadata_bytes_max: 4096,
        offsets_retention_ms: 604_800_000,
        offsets_retention_check_interval_ms: 600_000,
    };
    TestTopics((0..topics).map(info).collect(), Arc::new(settings))
}

struct Host {
    world: TestTopics,
    runtime: Runtime<GroupShard>,
    end: i64,
    token: u64,
}

impl Host {
    fn ask(&mut self, request: ConsumerHeartbeat) -> (i32, Option<Owned>) {
        self.token += 1;
        let now = Moment {
            monotonic: MonotonicNs(1_000_000),
            wall: TimestampMs(1_790_000_000_000),
            random: Uuid::from_u128(u128::from(self.token)),
        };
        self.runtime.on_request(now, Token(self.token), GroupRequest::ConsumerHeartbeat(request));
        while let Some(records) = self.runtime.poll_append(&now, &self.world) {
            self.end += i64::try_from(records.len()).expect("few records");
            self.runtime.on_appended(Ok(Offset(self.end)));
            self.runtime.on_committed(Offset(self.end));
        }
        for answered in self.runtime.poll_answers() {
            if let Ok(GroupAnswer::ConsumerHeartbeat(answer)) = answered.answer {
                assert_eq!(answer.error, None);
                return (answer.member_epoch, answer.assignment);
            }
        }
        panic!("no answer");
    }
}

fn heartbeat(member: usize, epoch: i32) -> ConsumerHeartbeat {
    ConsumerHeartbeat {
        group: "group".into(),
        member: format!("member-{member:05}").into(),
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

/// A member with what it owns.
type Owned = Vec<(Uuid, Vec<i32>)>;

fn groups(members: usize, topics: usize) {
    let world = world(topics);
    let names: Vec<Arc<str>> = world.names();
    let mut host = Host {
        world,
        runtime: Runtime::new(GroupShard::default(), RuntimeLimits::default()),
        end: 0,
        token: 0,
    };
    host.runtime.on_loaded(Offset(0), Offset(0));
    let joining = |member: usize| ConsumerHeartbeat {
        rebalance_timeout_ms: 60_000,
        topics: Some(names.clone()),
        owned: Some(Vec::new()),
        ..heartbeat(member, 0)
    };
    let start = Instant::now();
    let mut known: Vec<(i32, Owned)> = Vec::new();
    for member in 0..members {
        let (epoch, assignment) = host.ask(joining(member));
        known.push((epoch, assignment.unwrap_or_default()));
    }
    let joined = start.elapsed();
    let start = Instant::now();
    settle(&mut host, &mut known);
    let settled = start.elapsed();
    let mut epoch = known[0].0;
    let quiet = median_us(|| {
        for _ in 0..100 {
            host.ask(heartbeat(0, epoch));
        }
    });
    let start = Instant::now();
    let (last, _) = host.ask(joining(members));
    let newcomer = start.elapsed();
    epoch = last;
    println!(
        "group {members:>5} members, {:>6} partitions: all join in {joined:?}, settle in {settled:?}; one more joins in \
         {newcomer:?} (epoch {epoch}); a quiet heartbeat {} ns",
        topics * 100,
        quiet * 10
    );
}

fn settle(host: &mut Host, known: &mut [(i32, Owned)]) {
    loop {
        let mut is_changed = false;
        for (member, (epoch, owned)) in known.iter_mut().enumerate() {
            let request = ConsumerHeartbeat { owned: Some(owned.clone()), ..heartbeat(member, *epoch) };
            let (new_epoch, assignment) = host.ask(request);
            is_changed |= new_epoch != *epoch || assignment.is_some();
            *epoch = new_epoch;
            if let Some(assignment) = assignment {
                *owned = assignment;
            }
        }
        if !is_changed {
            return;
        }
    }
}
