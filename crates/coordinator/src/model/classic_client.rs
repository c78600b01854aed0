//! A client of the classic protocol, eager or cooperative (KIP-429): joins, syncs, heartbeats, assigns when it leads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_base::MonotonicNs;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::consumer_protocol_assignment::{self, ConsumerProtocolAssignment};
use jackdaw_protocol::messages::consumer_protocol_subscription::{self, ConsumerProtocolSubscription};
use jackdaw_protocol::wire::{Reader, Writer};

use super::chance::Chance;
use super::client::{
    Client, HEARTBEAT_INTERVAL_MS, Partition, REBALANCE_TIMEOUT_MS, RETRY_MS, Reply, SESSION_TIMEOUT_MS,
    client_name, is_retriable,
};
use crate::fixture::TestWorld;
use crate::group::record::{GroupId, MemberId};
use crate::group::request::{
    GroupAnswer, GroupError, GroupRequest, Heartbeat, JoinGroup, Joined, LeaveGroup, Leaving, SyncGroup,
};
use crate::group::world::Topics;

/// What a member does with its partitions in a rebalance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// It gives up all of them first.
    Eager,
    /// It gives up only what others are to have.
    Cooperative,
}

#[derive(Clone, PartialEq, Debug)]
enum Phase {
    /// Joins at that time.
    Outside(u64),
    /// Has joined, and syncs now with these assignments.
    Joined(Vec<(MemberId, Arc<[u8]>)>),
    /// Heartbeats at that time.
    Member(u64),
    Leaving,
    Gone,
}

/// A client of the classic protocol.
pub struct ClassicClient {
    group: GroupId,
    style: Style,
    member: MemberId,
    instance: Option<Arc<str>>,
    generation: i32,
    topics: Vec<Arc<str>>,
    owned: BTreeSet<Partition>,
    phase: Phase,
    is_waiting: bool,
    /// It wishes other topics than those it has joined with.
    is_dissatisfied: bool,
    /// As the leader: the metadata for which it has assigned.
    assigned_version: Option<i64>,
    lease_until_ms: u64,
}

/// The version of subscriptions and assignments: with owned partitions.
const EMBEDDED_VERSION: i16 = 1;

impl ClassicClient {
    pub fn new(
        group: &str,
        style: Style,
        instance: Option<Arc<str>>,
        topics: Vec<Arc<str>>,
        now_ms: u64,
    ) -> Self {
        Self {
            group: group.into(),
            style,
            member: "".into(),
            instance,
            generation: -1,
            topics,
            owned: BTreeSet::new(),
            phase: Phase::Outside(now_ms),
            is_waiting: false,
            is_dissatisfied: false,
            assigned_version: None,
            lease_until_ms: 0,
        }
    }

    fn join(&mut self) -> GroupRequest {
        if self.style == Style::Eager {
            self.owned.clear();
        }
        self.is_dissatisfied = false;
        let name = match self.style {
            Style::Eager => "range",
            Style::Cooperative => "cooperative-sticky",
        };
        GroupRequest::Join(JoinGroup {
            group: Arc::clone(&self.group),
            member: Arc::clone(&self.member),
            instance: self.instance.clone(),
            client: client_name(),
            session_timeout_ms: i32::try_from(SESSION_TIMEOUT_MS).unwrap(),
            rebalance_timeout_ms: REBALANCE_TIMEOUT_MS,
            protocol_type: "consumer".into(),
            protocols: vec![(name.into(), self.subscription())],
            reason: None,
            requires_known_member_id: self.instance.is_none(),
            supports_skipping_assignment: true,
            bears_waiting: true,
        })
    }

    fn subscription(&self) -> Arc<[u8]> {
        let mut owned: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        for (topic, partition) in &self.owned {
            owned.entry(topic).or_default().push(*partition);
        }
        let owned = owned.into_iter().map(|(topic, partitions)| {
            consumer_protocol_subscription::TopicPartition { topic: topic.to_owned().into(), partitions }
        });
        let subscription = ConsumerProtocolSubscription {
            topics: self.topics.iter().map(|topic| topic.to_string().into()).collect(),
            owned_partitions: owned.collect(),
            ..ConsumerProtocolSubscription::default()
        };
        embedded(&subscription)
    }

    /// The leader's work: each partition to one member; what somebody else still owns is left out (cooperative).
    fn assign(&self, joined: &Joined, world: &TestWorld) -> Vec<(MemberId, Arc<[u8]>)> {
        let mut subscriptions: BTreeMap<MemberId, (BTreeSet<String>, BTreeSet<Partition>)> = BTreeMap::new();
        for member in &joined.members {
            let mut reader = Reader::new(member.metadata.get(2..).unwrap_or_default());
            let read = ConsumerProtocolSubscription::decode(&mut reader, EMBEDDED_VERSION).unwrap();
            let topics = read.topics.iter().map(ToString::to_string).collect();
            let owned = read.owned_partitions.iter().flat_map(|owned| {
                owned.partitions.iter().map(|partition| (Arc::from(owned.topic.as_ref()), *partition))
            });
            subscriptions.insert(Arc::clone(&member.member), (topics, owned.collect()));
        }
        let mut assigned: BTreeMap<&MemberId, BTreeSet<Partition>> =
            subscriptions.keys().map(|member| (member, BTreeSet::new())).collect();
        for name in world.names() {
            let readers: Vec<&MemberId> = subscriptions
                .iter()
                .filter(|(_, (topics, _))| topics.contains(name.as_ref()))
                .map(|(member, _)| member)
                .collect();
            let count = world.by_name(&name).map_or(0, |topic| topic.partition_racks.len());
            for (index, partition) in (0..i32::try_from(count).unwrap()).enumerate() {
                let Some(reader) = readers.get(index % readers.len().max(1)) else { continue };
                let at = (Arc::clone(&name), partition);
                let is_owned_elsewhere =
                    subscriptions.iter().any(|(member, (_, owned))| member != *reader && owned.contains(&at));
                if !is_owned_elsewhere {
                    assigned.entry(reader).or_default().insert(at);
                }
            }
        }
        assigned.into_iter().map(|(member, owned)| (Arc::clone(member), assignment(&owned))).collect()
    }

    /// Whatever it owned is lost; it joins anew, under its id if it keeps one.
    fn lose_everything(&mut self, now_ms: u64) {
        self.owned.clear();
        self.generation = -1;
        self.phase = Phase::Outside(now_ms);
    }

    fn on_error(&mut self, error: &GroupError, now_ms: u64, chance: &mut Chance) -> Result<(), String> {
        match error.code {
            ErrorCode::UnknownMemberId => {
                self.member = "".into();
                self.lose_everything(now_ms);
            }
            ErrorCode::IllegalGeneration => self.lose_everything(now_ms),
            ErrorCode::RebalanceInProgress => self.phase = Phase::Outside(now_ms + chance.below(1500)),
            ErrorCode::FencedInstanceId => {
                self.lose_everything(now_ms);
                self.phase = Phase::Gone;
            }
            code if is_retriable(code) => self.retry(now_ms),
            code => return Err(format!("refused with {}", code.name())),
        }
        Ok(())
    }

    /// The same step again, a little later; whether the last one was taken, nobody knows.
    fn retry(&mut self, now_ms: u64) {
        self.phase = match &self.phase {
            Phase::Member(_) => Phase::Member(now_ms + RETRY_MS),
            _ => Phase::Outside(now_ms + RETRY_MS),
        };
    }

    fn on_joined(&mut self, joined: &Joined, world: &TestWorld) {
        self.member = Arc::clone(&joined.member);
        self.generation = joined.generation;
        let is_leader = joined.leader == joined.member;
        let assigns = is_leader && !joined.skip_assignment;
        let assignments = if assigns { self.assign(joined, world) } else { Vec::new() };
        // For what metadata another leader has assigned, nobody knows.
        self.assigned_version = is_leader.then(|| if assigns { world.version() } else { -1 });
        self.phase = Phase::Joined(assignments);
    }

    fn on_synced(&mut self, bytes: &[u8], now_ms: u64, chance: &mut Chance) {
        let mut target = BTreeSet::new();
        if let Some(body) = bytes.get(2..) {
            let read = ConsumerProtocolAssignment::decode(&mut Reader::new(body), EMBEDDED_VERSION).unwrap();
            for assigned in &read.assigned_partitions {
                let topic: Arc<str> = assigned.topic.as_ref().into();
                target.extend(assigned.partitions.iter().map(|partition| (Arc::clone(&topic), *partition)));
            }
        }
        let gives_up = !self.owned.is_subset(&target);
        self.owned = target;
        // What it has given up can be assigned in the next round.
        self.phase = match gives_up && self.style == Style::Cooperative {
            true => Phase::Outside(now_ms + chance.below(500)),
            false => Phase::Member(now_ms + HEARTBEAT_INTERVAL_MS),
        };
    }
}

fn embedded<'a>(message: &impl Message<'a>) -> Arc<[u8]> {
    let mut writer = Writer::new();
    writer.bytes.extend(EMBEDDED_VERSION.to_be_bytes());
    message.encode(&mut writer, EMBEDDED_VERSION).unwrap();
    writer.bytes.into()
}

fn assignment(owned: &BTreeSet<Partition>) -> Arc<[u8]> {
    let mut by_topic: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for (topic, partition) in owned {
        by_topic.entry(topic).or_default().push(*partition);
    }
    let assigned_partitions = by_topic.into_iter().map(|(topic, partitions)| {
        consumer_protocol_assignment::TopicPartition { topic: topic.to_owned().into(), partitions }
    });
    embedded(&ConsumerProtocolAssignment {
        assigned_partitions: assigned_partitions.collect(),
        user_data: None,
    })
}

impl Client for ClassicClient {
    fn next_ms(&self) -> Option<u64> {
        match (&self.phase, self.is_waiting) {
            (_, true) | (Phase::Gone, _) => None,
            (Phase::Outside(at_ms) | Phase::Member(at_ms), _) => Some(*at_ms),
            (Phase::Joined(_) | Phase::Leaving, _) => Some(0),
        }
    }

    fn on_time(&mut self, now_ms: u64, world: &TestWorld, chance: &mut Chance) -> Option<GroupRequest> {
        if self.next_ms().is_none_or(|next_ms| next_ms > now_ms) {
            return None;
        }
        let is_outdated = self.assigned_version.is_some_and(|version| version != world.version());
        if matches!(self.phase, Phase::Member(_)) && (self.is_dissatisfied || is_outdated) {
            self.phase = Phase::Outside(now_ms);
        }
        self.is_waiting = true;
        let (group, member, instance) =
            (Arc::clone(&self.group), Arc::clone(&self.member), self.instance.clone());
        match &self.phase {
            Phase::Outside(_) => Some(self.join()),
            Phase::Joined(assignments) => Some(GroupRequest::Sync(SyncGroup {
                group,
                member,
                instance,
                generation: self.generation,
                protocol_type: Some("consumer".into()),
                protocol: None,
                assignments: assignments.clone(),
            })),
            Phase::Member(_) => {
                let park_ns = (now_ms + HEARTBEAT_INTERVAL_MS) * 1_000_000;
                let park_until = chance.percent(60).then_some(MonotonicNs(park_ns));
                let generation = self.generation;
                Some(GroupRequest::Heartbeat(Heartbeat { group, member, instance, generation, park_until }))
            }
            Phase::Leaving => {
                self.owned.clear();
                let members = vec![Leaving { member, instance, reason: None }];
                Some(GroupRequest::Leave(LeaveGroup { group, members, is_single: false }))
            }
            Phase::Gone => None,
        }
    }

    fn on_reply(
        &mut self,
        now_ms: u64,
        sent_ms: u64,
        reply: Reply,
        world: &TestWorld,
        chance: &mut Chance,
    ) -> Result<(), String> {
        self.is_waiting = false;
        let is_leaving = self.phase == Phase::Leaving;
        let error = match reply {
            Reply::Lost | Reply::Refused(_) if !is_leaving => {
                self.retry(now_ms);
                return Ok(());
            }
            Reply::Answer(GroupAnswer::Joined(joined)) => match joined.error {
                Some(error) if error.code == ErrorCode::MemberIdRequired && !is_leaving => {
                    self.member = joined.member;
                    self.phase = Phase::Outside(now_ms);
                    return Ok(());
                }
                None if !is_leaving => {
                    self.on_joined(&joined, world);
                    None
                }
                error => error,
            },
            Reply::Answer(GroupAnswer::Synced(synced)) => {
                if synced.error.is_none() && !is_leaving {
                    self.on_synced(&synced.assignment, now_ms, chance);
                }
                synced.error
            }
            Reply::Answer(GroupAnswer::Heartbeat(outcome)) => {
                if outcome.is_ok() && !is_leaving {
                    self.phase = Phase::Member((sent_ms + HEARTBEAT_INTERVAL_MS).max(now_ms));
                }
                outcome.err()
            }
            Reply::Answer(GroupAnswer::Left(_)) | Reply::Lost | Reply::Refused(_) => {
                // A reply to an earlier request does not end a farewell that was not said yet.
                self.phase = if self.owned.is_empty() { Phase::Gone } else { Phase::Leaving };
                return Ok(());
            }
            Reply::Answer(other) => return Err(format!("answered {other:?}")),
        };
        match error {
            Some(_) if is_leaving => Ok(()),
            Some(error) => self.on_error(&error, now_ms, chance),
            None => {
                self.lease_until_ms = self.lease_until_ms.max(sent_ms + SESSION_TIMEOUT_MS);
                Ok(())
            }
        }
    }

    fn owned(&self) -> &BTreeSet<Partition> {
        &self.owned
    }

    fn lease_until_ms(&self) -> u64 {
        self.lease_until_ms
    }

    fn commits_as(&self) -> Option<(MemberId, i32)> {
        (self.generation >= 0).then(|| (Arc::clone(&self.member), self.generation))
    }

    fn subscribe(&mut self, topics: Vec<Arc<str>>, _now_ms: u64) {
        self.topics = topics;
        self.is_dissatisfied = true;
    }

    fn leave(&mut self, _now_ms: u64) {
        self.phase = Phase::Leaving;
    }

    fn is_gone(&self) -> bool {
        self.phase == Phase::Gone
    }

    fn topics(&self) -> &[Arc<str>] {
        &self.topics
    }
}
