//! A runtime of groups without a log, and one topic: what is measured is deciding and folding.

use std::sync::Arc;

use jackdaw_base::{MonotonicNs, Offset, TimestampMs, Uuid};
use jackdaw_coordinator::group::record::{EncodedRecord, encode};
use jackdaw_coordinator::group::request::{Client, ConsumerHeartbeat};
use jackdaw_coordinator::group::{
    GroupAnswer, GroupRequest, GroupSettings, GroupShard, TopicInfo, Topics, World,
};
use jackdaw_coordinator::runtime::{Answered, Runtime, RuntimeLimits};
use jackdaw_coordinator::{Moment, Token};

/// What a member owns.
pub type Owned = Vec<(Uuid, Vec<i32>)>;

/// One topic, `orders`.
pub struct OneTopic(Arc<TopicInfo>, Arc<GroupSettings>);

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

/// The runtime, its log as bytes, and a clock that stands still.
pub struct Host {
    pub world: OneTopic,
    pub runtime: Runtime<GroupShard>,
    pub log: Vec<EncodedRecord>,
    pub token: u64,
    pub now_ms: u64,
}

impl Host {
    /// With so many partitions.
    pub fn new(partitions: usize) -> Self {
        let partition_racks = vec![Vec::new(); partitions];
        let topic = TopicInfo { id: Uuid::from_u128(7), name: "orders".into(), partition_racks };
        let world = OneTopic(Arc::new(topic), Arc::new(GroupSettings::default()));
        let mut runtime = Runtime::new(GroupShard::default(), RuntimeLimits::default());
        runtime.on_loaded(Offset(0), Offset(0));
        Self { world, runtime, log: Vec::new(), token: 0, now_ms: 1000 }
    }

    pub fn moment(&mut self) -> Moment {
        self.token += 1;
        Moment {
            monotonic: MonotonicNs(self.now_ms * 1_000_000),
            wall: TimestampMs(1_790_000_000_000),
            random: Uuid::from_u128(u128::from(self.token)),
        }
    }

    /// Puts a question.
    pub fn put(&mut self, request: GroupRequest) -> Token {
        let now = self.moment();
        self.runtime.on_request(now, Token(self.token), request);
        Token(self.token)
    }

    /// Turns until nothing is left; how many batches were written.
    pub fn run(&mut self) -> (usize, Vec<Answered<GroupAnswer>>) {
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
}

/// A quiet heartbeat.
pub fn heartbeat(group: usize, member: usize, epoch: i32) -> ConsumerHeartbeat {
    ConsumerHeartbeat {
        group: format!("group-{group:04}").into(),
        member: format!("member-{member:04}").into(),
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
