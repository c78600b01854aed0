//! A host with members that do what clients do: they report what they own, and give back what they are told to.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::{MonotonicNs, Uuid};
use jackdaw_protocol::error_code::ErrorCode;

use crate::fixture::{Host, TestWorld};
use crate::group::consumer::ConsumerGroup;
use crate::group::record::GroupRecord;
use crate::group::request::{Client, ConsumerHeartbeat, ConsumerHeartbeatAnswer, GroupAnswer, GroupRequest};
use crate::shard::Token;

pub const GROUP: &str = "g";

/// What a client knows of itself.
#[derive(Clone, Default, Debug)]
pub struct Known {
    pub epoch: i32,
    pub owned: BTreeMap<Uuid, Vec<i32>>,
}

pub struct Driver {
    pub host: Host,
    pub known: BTreeMap<String, Known>,
}

pub fn client() -> Client {
    Client { id: "c".into(), host: "/127.0.0.1".into() }
}

/// A heartbeat that says nothing.
pub fn quiet(member: &str, epoch: i32) -> ConsumerHeartbeat {
    ConsumerHeartbeat {
        group: GROUP.into(),
        member: member.into(),
        member_epoch: epoch,
        instance: None,
        rack: None,
        rebalance_timeout_ms: -1,
        topics: None,
        regex: None,
        assignor: None,
        owned: None,
        client: client(),
        api_version: 1,
        park_until: None,
    }
}

/// The first heartbeat of a member that reads these topics.
pub fn joining(member: &str, topics: &[&str]) -> ConsumerHeartbeat {
    ConsumerHeartbeat {
        rebalance_timeout_ms: 60_000,
        topics: Some(topics.iter().map(|topic| Arc::from(*topic)).collect()),
        owned: Some(Vec::new()),
        ..quiet(member, 0)
    }
}

impl Driver {
    /// With these topics.
    pub fn new(topics: &[(&str, usize)]) -> Self {
        let mut world = TestWorld::new();
        for (name, count) in topics {
            world.set_topic(name, *count);
        }
        Self { host: Host::new(world), known: BTreeMap::new() }
    }

    /// The group.
    pub fn group(&self) -> &ConsumerGroup {
        self.host.runtime.shard().state().consumer(GROUP).expect("a consumer group")
    }

    pub fn send(&mut self, request: ConsumerHeartbeat) -> Token {
        self.host.send(GroupRequest::ConsumerHeartbeat(request))
    }

    /// The answer that has arrived.
    pub fn arrived(&mut self, token: Token) -> Option<ConsumerHeartbeatAnswer> {
        match self.host.answer(token)? {
            Ok(GroupAnswer::ConsumerHeartbeat(answer)) => Some(answer),
            other => panic!("{other:?}"),
        }
    }

    /// A heartbeat that is answered at once.
    pub fn ask(&mut self, request: ConsumerHeartbeat) -> ConsumerHeartbeatAnswer {
        let token = self.send(request);
        self.arrived(token).expect("an answer at once")
    }

    /// A heartbeat that is refused.
    pub fn refusal(&mut self, request: ConsumerHeartbeat) -> (ErrorCode, String) {
        let answer = self.ask(request);
        let error = answer.error.clone().unwrap_or_else(|| panic!("{answer:?}"));
        assert_eq!((answer.member, answer.member_epoch, answer.assignment), (None, 0, None));
        (error.code, error.message.unwrap_or_default())
    }

    /// A member joins, and takes what it is given.
    pub fn join(&mut self, member: &str, topics: &[&str]) {
        let answer = self.ask(joining(member, topics));
        self.take(member, &answer);
    }

    /// A client takes an answer: it drops at once what it is not given any more.
    pub fn take(&mut self, member: &str, answer: &ConsumerHeartbeatAnswer) {
        assert_eq!(answer.error, None, "{member}");
        let known = self.known.entry(member.to_string()).or_default();
        known.epoch = answer.member_epoch;
        if let Some(assignment) = &answer.assignment {
            known.owned = assignment.iter().cloned().collect();
        }
    }

    /// A heartbeat of a client that tells what it owns, and takes the answer.
    pub fn beat(&mut self, member: &str) -> ConsumerHeartbeatAnswer {
        let request = self.reporting(member);
        let answer = self.ask(request);
        self.take(member, &answer);
        answer
    }

    /// A heartbeat with what the client owns.
    pub fn reporting(&self, member: &str) -> ConsumerHeartbeat {
        let known = &self.known[member];
        let owned = known.owned.iter().map(|(topic, partitions)| (*topic, partitions.clone())).collect();
        ConsumerHeartbeat { owned: Some(owned), ..quiet(member, known.epoch) }
    }

    /// A quiet heartbeat that may be kept back for a while.
    pub fn park(&mut self, member: &str, ms: u64) -> Token {
        let until = MonotonicNs((self.host.now_ms + ms) * 1_000_000);
        let request =
            ConsumerHeartbeat { park_until: Some(until), ..quiet(member, self.known[member].epoch) };
        self.send(request)
    }

    /// A heartbeat with what the client owns that may be kept back for a while.
    pub fn report_parked(&mut self, member: &str, ms: u64) -> Token {
        let until = MonotonicNs((self.host.now_ms + ms) * 1_000_000);
        let request = ConsumerHeartbeat { park_until: Some(until), ..self.reporting(member) };
        self.send(request)
    }

    /// Everybody beats until nothing changes any more.
    pub fn settle(&mut self) {
        for _ in 0..10 {
            let before = self.host.log.len();
            let members: Vec<String> = self.known.keys().cloned().collect();
            members.iter().for_each(|member| drop(self.beat(member)));
            if self.host.log.len() == before {
                return;
            }
        }
        panic!("the group does not settle");
    }

    /// What a client owns: topic names with partitions.
    pub fn owned(&self, member: &str) -> Vec<(String, Vec<i32>)> {
        let names = self.host.world.names_of(self.known[member].owned.keys());
        names.into_iter().zip(self.known[member].owned.values().cloned()).collect()
    }

    /// How many partitions each client owns.
    pub fn sizes(&self) -> Vec<usize> {
        self.known.values().map(|known| known.owned.values().map(Vec::len).sum()).collect()
    }

    /// The kinds of the records written since the log had `from` batches, as one letter each: G group, M member, T target,
    /// E epoch of the target, C current assignment, R regular expression, P partition metadata, L classic group; small
    /// for tombstones.
    pub fn written(&self, from: usize) -> String {
        let count: usize = self.host.log[..from].iter().map(Vec::len).sum();
        self.host.records()[count..].iter().map(letter).collect()
    }
}

fn letter(record: &GroupRecord) -> char {
    let (letter, is_value) = match record {
        GroupRecord::Offset { value, .. } => ('O', value.is_some()),
        GroupRecord::Classic { value, .. } => ('L', value.is_some()),
        GroupRecord::Consumer { value, .. } => ('G', value.is_some()),
        GroupRecord::ConsumerPartitionMetadata { value, .. } => ('P', value.is_some()),
        GroupRecord::ConsumerMember { value, .. } => ('M', value.is_some()),
        GroupRecord::TargetMetadata { value, .. } => ('E', value.is_some()),
        GroupRecord::TargetMember { value, .. } => ('T', value.is_some()),
        GroupRecord::CurrentAssignment { value, .. } => ('C', value.is_some()),
        GroupRecord::RegularExpression { value, .. } => ('R', value.is_some()),
    };
    if is_value { letter } else { letter.to_ascii_lowercase() }
}
