//! For tests: a world of topics and settings, and a host with a log in memory, whose appends fail and whose commits wait
//! when a test says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::{MonotonicNs, Offset, TimestampMs, Uuid};
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::records::{BatchBuilder, BatchOptions};

use crate::group::record::{EncodedRecord, decode, encode};
use crate::group::{
    GroupAnswer, GroupRecord, GroupRequest, GroupSettings, GroupShard, TopicInfo, Topics, World,
};
use crate::runtime::{Refusal, Runtime, RuntimeLimits};
use crate::shard::{Moment, Token};

/// Topics and settings.
#[derive(Clone, Debug)]
pub struct TestWorld {
    topics: BTreeMap<Arc<str>, Arc<TopicInfo>>,
    settings: GroupSettings,
    version: i64,
    parks_answers: bool,
}

impl TestWorld {
    /// No topics, Kafka's defaults but for the initial rebalance delay, which is 0. Answers come when Kafka gives them, but
    /// for heartbeats that bring a deadline.
    pub fn new() -> Self {
        let settings = GroupSettings { initial_rebalance_delay_ms: 0, ..GroupSettings::default() };
        Self { topics: BTreeMap::new(), settings, version: 1, parks_answers: false }
    }

    /// The same, but answers are kept back until there is something to say.
    pub fn parking() -> Self {
        Self { parks_answers: true, ..Self::new() }
    }

    /// Adds a topic, or changes its partitions. Its id is that of its name.
    pub fn set_topic(&mut self, name: &str, partition_count: usize) {
        let mut id = [0; 16];
        for (at, byte) in name.bytes().enumerate() {
            id[at % 16] ^= byte;
        }
        let name: Arc<str> = name.into();
        let partition_racks = vec![Vec::new(); partition_count];
        let info = TopicInfo { id: Uuid(id), name: Arc::clone(&name), partition_racks };
        self.topics.insert(name, Arc::new(info));
        self.version += 1;
    }

    /// Removes a topic.
    pub fn remove_topic(&mut self, name: &str) {
        self.topics.remove(name);
        self.version += 1;
    }

    /// Changes settings.
    pub fn change_settings(&mut self, change: impl FnOnce(&mut GroupSettings)) {
        change(&mut self.settings);
    }

    /// How many partitions a topic has.
    pub fn partition_count(&self, name: &str) -> usize {
        self.topics.get(name).map_or(0, |topic| topic.partition_racks.len())
    }

    /// The names of topics.
    pub fn names_of<'a>(&self, ids: impl Iterator<Item = &'a Uuid>) -> Vec<String> {
        ids.map(|id| self.by_id(*id).map_or_else(String::new, |topic| topic.name.to_string())).collect()
    }

    /// A topic's id.
    pub fn topic_id(&self, name: &str) -> Uuid {
        self.topics[name].id
    }
}

impl Topics for TestWorld {
    fn version(&self) -> i64 {
        self.version
    }

    fn by_name(&self, name: &str) -> Option<Arc<TopicInfo>> {
        self.topics.get(name).cloned()
    }

    fn by_id(&self, id: Uuid) -> Option<Arc<TopicInfo>> {
        self.topics.values().find(|topic| topic.id == id).cloned()
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.topics.keys().cloned().collect()
    }
}

impl World for TestWorld {
    fn topics(&self) -> &dyn Topics {
        self
    }

    fn settings(&self, _group: &str) -> Arc<GroupSettings> {
        Arc::new(self.settings.clone())
    }

    fn has_consumer_protocol(&self) -> bool {
        true
    }

    fn parks_answers(&self) -> bool {
        self.parks_answers
    }
}

/// What the log does with the next appends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Appends {
    /// They are written and committed at once.
    Committed,
    /// They are written; [`Host::commit`] commits them.
    Written,
    /// They fail.
    Failing(ErrorCode),
    /// They fail once the log has so many batches.
    FailingAfter(usize, ErrorCode),
}

/// A runtime with groups, a log in memory, and a clock that tests move.
pub struct Host {
    pub world: TestWorld,
    pub runtime: Runtime<GroupShard>,
    /// The log: one batch of encoded records per append.
    pub log: Vec<Vec<EncodedRecord>>,
    pub appends: Appends,
    pub now_ms: u64,
    answers: BTreeMap<Token, Result<GroupAnswer, Refusal>>,
    next_token: u64,
}

impl Host {
    /// With an empty log, at some time in 2026.
    pub fn new(world: TestWorld) -> Self {
        let mut host = Self {
            world,
            runtime: Runtime::new(GroupShard::default(), RuntimeLimits::default()),
            log: Vec::new(),
            appends: Appends::Committed,
            now_ms: 1_000_000,
            answers: BTreeMap::new(),
            next_token: 1,
        };
        host.runtime.on_loaded(Offset(0), Offset(0));
        host.run();
        host
    }

    /// Another node takes over: callers are refused, the log is read, deadlines begin anew.
    pub fn reload(&mut self) {
        self.runtime.unload();
        self.collect();
        self.runtime = Runtime::new(GroupShard::default(), RuntimeLimits::default());
        for record in self.records() {
            self.runtime.replay(&record);
        }
        self.runtime.on_loaded(self.log_end(), self.log_end());
        self.run();
    }

    /// Batches may have so many bytes from now on.
    pub fn set_batch_bytes_max(&mut self, batch_bytes_max: usize) {
        self.runtime.set_batch_bytes_max(batch_bytes_max);
    }

    /// How many bytes each batch of the log takes.
    pub fn batch_sizes_bytes(&self) -> Vec<usize> {
        let size = |batch: &Vec<EncodedRecord>| {
            let mut builder = BatchBuilder::new(BatchOptions::default());
            for record in batch {
                builder.append(0, Some(&record.key), record.value.as_deref(), &[]).unwrap();
            }
            builder.build().unwrap().len()
        };
        self.log.iter().map(size).collect()
    }

    /// Everything in the log, decoded.
    pub fn records(&self) -> Vec<GroupRecord> {
        let records = self.log.iter().flatten();
        records.map(|record| decode(Some(&record.key), record.value.as_deref()).unwrap()).collect()
    }

    /// The moment now, without chance.
    pub fn now(&self) -> Moment {
        Moment {
            monotonic: MonotonicNs(self.now_ms * 1_000_000),
            wall: TimestampMs(1_790_000_000_000 + i64::try_from(self.now_ms).unwrap()),
            random: Uuid::ZERO,
        }
    }

    /// The moment in which a request arrives: with chance that is never the same if it asks for it.
    fn arrival(&self, request: &GroupRequest) -> Moment {
        let number = 0x1000_0000_0000_4000_8000_0000_0000_0000 | u128::from(self.next_token);
        let random = if request.asks_for_id() { Uuid::from_u128(number) } else { Uuid::ZERO };
        Moment { random, ..self.now() }
    }

    /// Sends a request; the answer may come later.
    pub fn send(&mut self, request: GroupRequest) -> Token {
        let token = Token(self.next_token);
        self.next_token += 1;
        self.runtime.on_request(self.arrival(&request), token, request);
        self.run();
        token
    }

    /// The answer that has arrived for a request, taken out.
    pub fn answer(&mut self, token: Token) -> Option<Result<GroupAnswer, Refusal>> {
        self.answers.remove(&token)
    }

    /// Sends a request that is answered at once.
    pub fn ask(&mut self, request: GroupRequest) -> GroupAnswer {
        let token = self.send(request.clone());
        match self.answer(token) {
            Some(Ok(answer)) => answer,
            other => panic!("{request:?} was answered {other:?}"),
        }
    }

    /// Somebody waits behind this caller.
    pub fn interrupt(&mut self, token: Token) {
        self.runtime.on_interrupt(token);
        self.run();
    }

    /// Lets time pass, from deadline to deadline.
    pub fn advance(&mut self, ms: u64) {
        let end_ms = self.now_ms + ms;
        while let Some(deadline) = self.runtime.next_deadline() {
            let deadline_ms = deadline.0.div_ceil(1_000_000);
            if deadline_ms > end_ms {
                break;
            }
            self.now_ms = self.now_ms.max(deadline_ms);
            self.run();
        }
        self.now_ms = end_ms;
        self.run();
    }

    /// Commits what is written.
    pub fn commit(&mut self) {
        self.runtime.on_committed(self.log_end());
        self.run();
    }

    /// Topics have changed.
    pub fn announce_topics(&mut self) {
        assert_eq!(self.ask(GroupRequest::TopicsChanged), GroupAnswer::Noted);
    }

    fn log_end(&self) -> Offset {
        Offset(i64::try_from(self.log.iter().map(Vec::len).sum::<usize>()).unwrap())
    }

    fn run(&mut self) {
        let now = self.now();
        while let Some(records) = self.runtime.poll_append(&now, &self.world) {
            let failure = match self.appends {
                Appends::Failing(code) => Some(code),
                Appends::FailingAfter(batches, code) => (self.log.len() >= batches).then_some(code),
                Appends::Committed | Appends::Written => None,
            };
            if let Some(code) = failure {
                self.runtime.on_appended(Err(code));
                continue;
            }
            let batch = records.iter().map(|record| encode(record).unwrap()).collect();
            self.log.push(batch);
            self.runtime.on_appended(Ok(self.log_end()));
            if self.appends != Appends::Written {
                self.runtime.on_committed(self.log_end());
            }
        }
        self.collect();
    }

    fn collect(&mut self) {
        for answered in self.runtime.poll_answers() {
            let earlier = self.answers.insert(answered.token, answered.answer);
            assert!(earlier.is_none(), "a caller is answered once");
        }
    }
}
