//! A client of the consumer protocol (KIP-848): heartbeats, takes what it is given once it has given up what it must.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jackdaw_base::{MonotonicNs, Uuid};
use jackdaw_protocol::error_code::ErrorCode;

use super::chance::Chance;
use super::client::{
    Client, HEARTBEAT_INTERVAL_MS, Partition, REBALANCE_TIMEOUT_MS, RETRY_MS, Reply, SESSION_TIMEOUT_MS,
    client_name, is_retriable,
};
use crate::fixture::TestWorld;
use crate::group::record::{GroupId, MemberId};
use crate::group::request::{ConsumerHeartbeat, GroupAnswer, GroupRequest};
use crate::group::world::Topics;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Member,
    /// The next heartbeat says good-bye.
    Leaving,
    Gone,
}

/// A client of the consumer protocol.
pub struct ConsumerClient {
    group: GroupId,
    member: MemberId,
    instance: Option<Arc<str>>,
    phase: Phase,
    epoch: i32,
    topics: Vec<Arc<str>>,
    owned: BTreeSet<Partition>,
    /// What it is to own, and when it has given up the rest.
    change: Option<(u64, BTreeSet<Partition>)>,
    is_waiting: bool,
    says_everything: bool,
    says_owned: bool,
    next_heartbeat_ms: u64,
    lease_until_ms: u64,
}

impl ConsumerClient {
    pub fn new(
        group: &str,
        member: MemberId,
        instance: Option<Arc<str>>,
        topics: Vec<Arc<str>>,
        now_ms: u64,
    ) -> Self {
        Self {
            group: group.into(),
            member,
            instance,
            phase: Phase::Member,
            epoch: 0,
            topics,
            owned: BTreeSet::new(),
            change: None,
            is_waiting: false,
            says_everything: true,
            says_owned: false,
            next_heartbeat_ms: now_ms,
            lease_until_ms: 0,
        }
    }

    fn heartbeat(&mut self, now_ms: u64, world: &TestWorld, chance: &mut Chance) -> ConsumerHeartbeat {
        let is_join = self.epoch == 0;
        let says_owned = is_join || self.says_everything || self.says_owned;
        let owned = says_owned.then(|| self.owned_by_id(world));
        let says_all = is_join || self.says_everything;
        // If this request fails, everything is said again; what changes from here on is for the next one.
        self.says_everything = false;
        self.says_owned = false;
        let may_park = !is_join && chance.percent(60);
        ConsumerHeartbeat {
            group: Arc::clone(&self.group),
            member: Arc::clone(&self.member),
            member_epoch: self.epoch,
            instance: self.instance.clone(),
            rack: None,
            rebalance_timeout_ms: if says_all { REBALANCE_TIMEOUT_MS } else { -1 },
            topics: says_all.then(|| self.topics.clone()),
            regex: None,
            assignor: None,
            owned,
            client: client_name(),
            api_version: 1,
            park_until: may_park.then(|| MonotonicNs((now_ms + HEARTBEAT_INTERVAL_MS) * 1_000_000)),
        }
    }

    fn owned_by_id(&self, world: &TestWorld) -> Vec<(Uuid, Vec<i32>)> {
        let mut owned: BTreeMap<Uuid, Vec<i32>> = BTreeMap::new();
        for (topic, partition) in &self.owned {
            owned.entry(world.topic_id(topic)).or_default().push(*partition);
        }
        owned.into_iter().collect()
    }

    /// Everything is lost, or it never was.
    fn start_anew(&mut self, now_ms: u64) {
        self.owned.clear();
        self.change = None;
        self.epoch = 0;
        self.says_everything = true;
        self.next_heartbeat_ms = now_ms;
    }
}

impl Client for ConsumerClient {
    fn next_ms(&self) -> Option<u64> {
        let heartbeat = (!self.is_waiting && self.phase != Phase::Gone).then_some(self.next_heartbeat_ms);
        let change = self.change.as_ref().map(|(at_ms, _)| *at_ms);
        [heartbeat, change].into_iter().flatten().min()
    }

    fn on_time(&mut self, now_ms: u64, world: &TestWorld, chance: &mut Chance) -> Option<GroupRequest> {
        if let Some((_, target)) = self.change.take_if(|(at_ms, _)| *at_ms <= now_ms) {
            self.owned = target;
            self.says_owned = true;
            self.next_heartbeat_ms = now_ms;
        }
        if self.is_waiting || self.phase == Phase::Gone || self.next_heartbeat_ms > now_ms {
            return None;
        }
        self.is_waiting = true;
        if self.phase == Phase::Leaving {
            self.owned.clear();
            self.change = None;
            self.epoch = if self.instance.is_some() && chance.percent(50) { -2 } else { -1 };
        }
        Some(GroupRequest::ConsumerHeartbeat(self.heartbeat(now_ms, world, chance)))
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
        if self.phase == Phase::Leaving && self.epoch < 0 {
            self.phase = Phase::Gone;
            return Ok(());
        }
        let answer = match reply {
            Reply::Answer(GroupAnswer::ConsumerHeartbeat(answer)) => answer,
            Reply::Answer(other) => return Err(format!("a heartbeat was answered {other:?}")),
            Reply::Refused(_) | Reply::Lost => {
                self.says_everything = true;
                self.next_heartbeat_ms = now_ms + RETRY_MS;
                return Ok(());
            }
        };
        match answer.error.map(|error| error.code) {
            None => {}
            // The group has gone back to the classic protocol while nobody heard of this member.
            Some(ErrorCode::FencedMemberEpoch | ErrorCode::UnknownMemberId | ErrorCode::GroupIdNotFound) => {
                self.start_anew(now_ms);
                return Ok(());
            }
            Some(code) if is_retriable(code) || code == ErrorCode::UnreleasedInstanceId => {
                self.says_everything = true;
                self.next_heartbeat_ms = now_ms + RETRY_MS;
                return Ok(());
            }
            Some(code) => return Err(format!("a heartbeat was refused with {}", code.name())),
        }
        self.epoch = answer.member_epoch;
        self.lease_until_ms = sent_ms + SESSION_TIMEOUT_MS;
        let has_news = self.says_everything || self.says_owned;
        self.next_heartbeat_ms =
            if has_news { now_ms } else { (sent_ms + HEARTBEAT_INTERVAL_MS).max(now_ms) };
        if let Some(assignment) = answer.assignment {
            let mut target = BTreeSet::new();
            for (id, partitions) in assignment {
                let topic = world.by_id(id).ok_or("a topic that does not exist is assigned")?;
                target.extend(partitions.into_iter().map(|partition| (Arc::clone(&topic.name), partition)));
            }
            let delay_ms = if self.owned.is_subset(&target) { 0 } else { chance.below(3000) };
            self.change = Some((now_ms + delay_ms, target));
        }
        Ok(())
    }

    fn owned(&self) -> &BTreeSet<Partition> {
        &self.owned
    }

    fn lease_until_ms(&self) -> u64 {
        self.lease_until_ms
    }

    fn commits_as(&self) -> Option<(MemberId, i32)> {
        (self.epoch > 0).then(|| (Arc::clone(&self.member), self.epoch))
    }

    fn subscribe(&mut self, topics: Vec<Arc<str>>, now_ms: u64) {
        self.topics = topics;
        self.says_everything = true;
        self.next_heartbeat_ms = now_ms;
    }

    fn leave(&mut self, now_ms: u64) {
        self.phase = Phase::Leaving;
        self.next_heartbeat_ms = now_ms;
    }

    fn is_gone(&self) -> bool {
        self.phase == Phase::Gone
    }

    fn topics(&self) -> &[Arc<str>] {
        &self.topics
    }
}
