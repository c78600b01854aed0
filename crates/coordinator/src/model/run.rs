//! One run: a seed, a schedule of mishaps, and a time of healing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jackdaw_base::Uuid;

use super::chance::Chance;
use super::classic_client::{ClassicClient, Style};
use super::client::{Client, Partition, Reply};
use super::consumer_client::ConsumerClient;
use super::node::{Faults, Node};
use super::oracle::{self, Oracle};
use super::planted::Bug;
use crate::fixture::TestWorld;
use crate::group::request::{CommitPartition, CommitTopic, GroupAnswer, GroupRequest, OffsetCommit};
use crate::runtime::{Answered, Refusal};
use crate::shard::Token;

const GROUP: &str = "g";
const TOPICS: [&str; 3] = ["a", "b", "c"];
const SLOTS: usize = 5;
/// How long mishaps happen, in the run's own time.
const CHAOS_MS: u64 = 90_000;
/// How long everybody has to settle after that.
const HEALING_MS: u64 = 90_000;

/// How many events a story remembers.
const STORY_LEN_MAX: usize = 400;

/// Which protocols the members speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Population {
    Consumer,
    Eager,
    Cooperative,
    /// Cooperative members that come back with the consumer protocol, and the other way round.
    Migrating,
}

/// A place for a client; clients come and go there.
struct Slot {
    client: Option<Box<dyn Client>>,
    instance: Option<Arc<str>>,
    /// How many clients have been here.
    incarnation: u64,
    paused_until_ms: u64,
    /// Requests and replies of a connection arrive in order.
    last_request_ms: u64,
    last_reply_ms: u64,
    group_token: Option<Token>,
    commit: Option<(Token, Partition, i64)>,
}

enum Packet {
    Request(Token, GroupRequest),
    Reply(Token, Reply),
}

struct Sent {
    slot: usize,
    incarnation: u64,
    at_ms: u64,
    /// Whether another request on the connection ends its parking.
    is_heartbeat: bool,
}

/// A run in progress.
pub struct Run {
    now_ms: u64,
    chance: Chance,
    population: Population,
    world: TestWorld,
    node: Node,
    slots: Vec<Slot>,
    network: BTreeMap<(u64, u64), Packet>,
    sent: BTreeMap<Token, Sent>,
    oracle: Oracle,
    numbers: u64,
    next_offset: i64,
    node_up_at_ms: Option<u64>,
    next_mishap_ms: u64,
    /// The last events, if somebody wants to know.
    story: Option<VecDeque<String>>,
}

/// Runs a seed to its end.
///
/// # Errors
/// What was violated, and when.
pub fn run(seed: u64, population: Population, bug: Bug) -> Result<(), String> {
    let mut run = Run::new(seed, population, bug);
    run.finish()
}

/// What happened last in a run, for whoever looks for a cause.
pub fn story(seed: u64, population: Population, bug: Bug) -> String {
    let mut run = Run::new(seed, population, bug);
    run.story = Some(VecDeque::new());
    let end = run.finish();
    let events: Vec<String> = run.story.take().into_iter().flatten().collect();
    format!("{}\n{end:?}", events.join("\n"))
}

impl Run {
    fn new(seed: u64, population: Population, bug: Bug) -> Self {
        let mut world = TestWorld::parking();
        TOPICS.iter().for_each(|topic| world.set_topic(topic, 3));
        world.change_settings(|settings| {
            settings.consumer_session_timeout_ms = 9000;
            settings.consumer_heartbeat_interval_ms = 2000;
        });
        let mut node = Node::new(bug);
        node.faults = Faults { append_fails_percent: 5, commit_delay_ms_max: 300 };
        node.load();
        let slot = |index: usize| Slot {
            client: None,
            instance: (index % 3 == 2).then(|| format!("instance-{index}").into()),
            incarnation: 0,
            paused_until_ms: 0,
            last_request_ms: 0,
            last_reply_ms: 0,
            group_token: None,
            commit: None,
        };
        Self {
            now_ms: 1000,
            chance: Chance::new(seed),
            population,
            world,
            node,
            slots: (0..SLOTS).map(slot).collect(),
            network: BTreeMap::new(),
            sent: BTreeMap::new(),
            oracle: Oracle::default(),
            numbers: 0,
            next_offset: 1,
            node_up_at_ms: None,
            next_mishap_ms: 1000,
            story: None,
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        let end = self.until(CHAOS_MS, true).and_then(|()| self.heal());
        end.map_err(|what| format!("at {} ms: {what}", self.now_ms))
    }

    fn note(&mut self, event: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            if story.len() == STORY_LEN_MAX {
                story.pop_front();
            }
            story.push_back(format!("{} {}", self.now_ms, event()));
        }
    }

    fn until(&mut self, end_ms: u64, has_mishaps: bool) -> Result<(), String> {
        while let Some(next_ms) = self.next_ms(has_mishaps).filter(|next_ms| *next_ms <= end_ms) {
            self.now_ms = self.now_ms.max(next_ms);
            if has_mishaps && self.next_mishap_ms <= self.now_ms {
                self.next_mishap_ms = self.now_ms + 20 + self.chance.below(1800);
                self.mishap()?;
            }
            self.deliver()?;
            if self.node_up_at_ms.take_if(|at_ms| *at_ms <= self.now_ms).is_some() {
                self.node.load();
                self.check_state()?;
            }
            for slot in 0..SLOTS {
                self.act(slot);
            }
            let answers = self.node.run(self.now_ms, &self.world, &mut self.chance)?;
            self.route(answers)?;
            self.check_owners()?;
        }
        self.now_ms = self.now_ms.max(end_ms);
        Ok(())
    }

    /// No more mishaps: everybody who is still there gets their share, and every partition that somebody reads is owned.
    fn heal(&mut self) -> Result<(), String> {
        self.node.faults = Faults::NONE;
        if !self.node.is_up() {
            self.node_up_at_ms = Some(self.now_ms);
        }
        self.slots.iter_mut().for_each(|slot| slot.paused_until_ms = 0);
        self.until(CHAOS_MS + HEALING_MS, false)?;
        self.check_state()?;
        let clients = self.slots.iter().filter_map(|slot| slot.client.as_deref());
        let mut wanted = BTreeSet::new();
        let mut owned = BTreeSet::new();
        for client in clients {
            for topic in client.topics() {
                let count = i32::try_from(self.partition_count(topic)).unwrap();
                wanted.extend((0..count).map(|partition| (Arc::clone(topic), partition)));
            }
            if client.lease_until_ms() <= self.now_ms {
                return Err("a member has not come to rest".to_owned());
            }
            owned.extend(client.owned().iter().cloned());
        }
        match wanted == owned {
            true => Ok(()),
            false => Err(format!("wanted are {wanted:?}, owned are {owned:?}")),
        }
    }

    fn partition_count(&self, topic: &str) -> usize {
        use crate::group::world::Topics;
        self.world.by_name(topic).map_or(0, |topic| topic.partition_racks.len())
    }

    fn next_ms(&self, has_mishaps: bool) -> Option<u64> {
        let packet = self.network.keys().next().map(|(at_ms, _)| *at_ms);
        let client = self.slots.iter().filter_map(|slot| {
            let next_ms = slot.client.as_ref()?.next_ms()?;
            Some(next_ms.max(slot.paused_until_ms))
        });
        let mishap = has_mishaps.then_some(self.next_mishap_ms);
        let others = [packet, mishap, self.node_up_at_ms, self.node.next_ms()];
        others.into_iter().flatten().chain(client).min()
    }

    fn mishap(&mut self) -> Result<(), String> {
        let slot = self.chance.index(SLOTS);
        let die = self.chance.below(100);
        self.note(|| format!("mishap {die} at slot {slot}"));
        match die {
            0..20 => self.join(slot),
            20..24 => (0..SLOTS).for_each(|slot| self.join(slot)),
            24..48 => (0..SLOTS).for_each(|slot| self.commit(slot)),
            48..56 => self.end(slot),
            56..62 => {
                let now_ms = self.now_ms;
                if let Some(client) = &mut self.slots[slot].client {
                    client.leave(now_ms);
                }
            }
            62..70 => self.slots[slot].paused_until_ms = self.now_ms + self.chance.below(22_000),
            70..78 => {
                let topics = self.some_topics();
                let now_ms = self.now_ms;
                if let Some(client) = &mut self.slots[slot].client {
                    client.subscribe(topics, now_ms);
                }
            }
            78..84 => self.disconnect(slot)?,
            84..88 => {
                let topic = TOPICS[self.chance.index(TOPICS.len())];
                let count = self.partition_count(topic);
                self.world.set_topic(topic, (count + 1).min(6));
                let token = self.token(usize::MAX, false);
                self.node.request(self.now_ms, token, GroupRequest::TopicsChanged);
            }
            88..92 => self.crash_node()?,
            92..96 => {
                let answers = self.node.resign(&mut self.chance)?;
                self.route(answers)?;
                self.node_up_at_ms = Some(self.now_ms + self.chance.below(3000));
            }
            _ => self.check_state()?,
        }
        Ok(())
    }

    fn check_state(&self) -> Result<(), String> {
        let Some(state) = self.node.state() else { return Ok(()) };
        oracle::check_replay(state, &self.node.records(), &self.world)?;
        self.oracle.check_offsets(&GROUP.into(), state)
    }

    fn check_owners(&self) -> Result<(), String> {
        let clients = self.slots.iter().enumerate();
        oracle::check_owners(
            self.now_ms,
            clients.filter_map(|(at, slot)| Some((at, slot.client.as_deref()?))),
        )
    }

    fn some_topics(&mut self) -> Vec<Arc<str>> {
        let first = self.chance.index(TOPICS.len());
        let count = 1 + self.chance.index(2);
        (0..count).map(|at| Arc::from(TOPICS[(first + at) % TOPICS.len()])).collect()
    }

    /// Somebody comes, if there is room.
    fn join(&mut self, slot: usize) {
        if self.slots[slot].client.as_ref().is_some_and(|client| !client.is_gone()) {
            return;
        }
        self.end(slot);
        let topics = self.some_topics();
        let instance = self.slots[slot].instance.clone();
        let speaks_consumer = match self.population {
            Population::Consumer => true,
            Population::Eager | Population::Cooperative => false,
            Population::Migrating => self.chance.percent(50),
        };
        let style = if self.population == Population::Eager { Style::Eager } else { Style::Cooperative };
        self.slots[slot].client = Some(match speaks_consumer {
            true => {
                self.numbers += 1;
                let member = format!("member-{}", self.numbers).into();
                Box::new(ConsumerClient::new(GROUP, member, instance, topics, self.now_ms))
            }
            false => Box::new(ClassicClient::new(GROUP, style, instance, topics, self.now_ms)),
        });
    }

    /// The process is killed; its connection ends with it.
    fn end(&mut self, slot: usize) {
        self.forget_connection(slot);
        let slot = &mut self.slots[slot];
        slot.client = None;
        slot.incarnation += 1;
        slot.paused_until_ms = 0;
    }

    /// What is under way to the node arrives, or not; the node learns that nobody waits any more.
    fn forget_connection(&mut self, slot: usize) {
        let tokens: Vec<Token> = self.slots[slot]
            .group_token
            .into_iter()
            .chain(self.slots[slot].commit.as_ref().map(|sent| sent.0))
            .collect();
        let arrives = self.chance.percent(50);
        self.network.retain(|_, packet| match packet {
            Packet::Request(token, _) => arrives || !tokens.contains(token),
            Packet::Reply(token, _) => !tokens.contains(token),
        });
        tokens.iter().for_each(|token| self.node.abandon(*token));
        let slot = &mut self.slots[slot];
        slot.group_token = None;
        slot.commit = None;
    }

    fn disconnect(&mut self, slot: usize) -> Result<(), String> {
        let group_token = self.slots[slot].group_token;
        self.forget_connection(slot);
        match group_token {
            Some(token) => self.lose(token),
            None => Ok(()),
        }
    }

    /// The client hears that its connection has ended.
    fn lose(&mut self, token: Token) -> Result<(), String> {
        let Some(sent) = self.sent.remove(&token) else { return Ok(()) };
        let Some(slot) = self.slots.get_mut(sent.slot).filter(|slot| slot.incarnation == sent.incarnation)
        else {
            return Ok(());
        };
        match &mut slot.client {
            Some(client) => {
                client.on_reply(self.now_ms, sent.at_ms, Reply::Lost, &self.world, &mut self.chance)
            }
            None => Ok(()),
        }
    }

    fn crash_node(&mut self) -> Result<(), String> {
        if !self.node.is_up() {
            return Ok(());
        }
        self.node.crash(&mut self.chance);
        self.network.clear();
        self.node_up_at_ms = Some(self.now_ms + self.chance.below(3000));
        for slot in 0..SLOTS {
            self.slots[slot].commit = None;
            if let Some(token) = self.slots[slot].group_token.take() {
                self.lose(token)?;
            }
        }
        Ok(())
    }

    /// A client does what it wants to do now. After a pause it goes on as if there had been none, and commits.
    fn act(&mut self, slot: usize) {
        if (1..=self.now_ms).contains(&self.slots[slot].paused_until_ms) {
            self.slots[slot].paused_until_ms = 0;
            self.commit(slot);
        }
        let place = &mut self.slots[slot];
        if place.paused_until_ms > self.now_ms || place.group_token.is_some() {
            // A change of what it owns needs no connection.
            if place.paused_until_ms <= self.now_ms
                && let Some(client) = &mut place.client
            {
                let request = client.on_time(self.now_ms, &self.world, &mut self.chance);
                assert!(request.is_none(), "one request at a time");
            }
            return;
        }
        let Some(client) = &mut place.client else { return };
        if let Some(request) = client.on_time(self.now_ms, &self.world, &mut self.chance) {
            let is_heartbeat =
                matches!(request, GroupRequest::Heartbeat(_) | GroupRequest::ConsumerHeartbeat(_));
            let token = self.token(slot, is_heartbeat);
            self.slots[slot].group_token = Some(token);
            self.send(slot, token, request);
        } else if client.is_gone() {
            self.end(slot);
        }
    }

    fn commit(&mut self, slot: usize) {
        let place = &self.slots[slot];
        let Some(client) = &place.client else { return };
        let (Some((member, generation_or_epoch)), None) = (client.commits_as(), &place.commit) else {
            return;
        };
        // Also of what it may not own any more by now: it does not know.
        let owned: Vec<&Partition> = client.owned().iter().collect();
        if owned.is_empty() || place.paused_until_ms > self.now_ms {
            return;
        }
        let partition = owned[self.chance.index(owned.len())].clone();
        let offset = self.next_offset;
        self.next_offset += 1;
        let committed =
            CommitPartition { partition: partition.1, offset, leader_epoch: -1, metadata: "".into() };
        let topic =
            CommitTopic { topic: Arc::clone(&partition.0), id: Uuid::ZERO, partitions: vec![committed] };
        let request = GroupRequest::OffsetCommit(OffsetCommit {
            group: GROUP.into(),
            member,
            instance: place.instance.clone(),
            generation_or_epoch,
            api_version: 9,
            retention_ms: None,
            topics: vec![topic],
        });
        self.oracle.on_commit_sent(partition.clone(), offset);
        let token = self.token(slot, false);
        self.slots[slot].commit = Some((token, partition, offset));
        self.send(slot, token, request);
    }

    fn token(&mut self, slot: usize, is_heartbeat: bool) -> Token {
        self.numbers += 1;
        let token = Token(self.numbers);
        let incarnation = self.slots.get(slot).map_or(0, |slot| slot.incarnation);
        self.sent.insert(token, Sent { slot, incarnation, at_ms: self.now_ms, is_heartbeat });
        token
    }

    fn send(&mut self, slot: usize, token: Token, request: GroupRequest) {
        self.note(|| format!("slot {slot} sends {token:?} {request:?}"));
        let delay_ms = self.delay_ms();
        let at_ms = (self.now_ms + delay_ms).max(self.slots[slot].last_request_ms);
        self.slots[slot].last_request_ms = at_ms;
        self.numbers += 1;
        self.network.insert((at_ms, self.numbers), Packet::Request(token, request));
    }

    fn reply(&mut self, slot: usize, token: Token, reply: Reply) {
        self.note(|| format!("slot {slot} is answered {token:?} {reply:?}"));
        let delay_ms = self.delay_ms();
        let at_ms = (self.now_ms + delay_ms).max(self.slots[slot].last_reply_ms);
        self.slots[slot].last_reply_ms = at_ms;
        self.numbers += 1;
        self.network.insert((at_ms, self.numbers), Packet::Reply(token, reply));
    }

    /// Packets are late now and then, until the healing.
    fn delay_ms(&mut self) -> u64 {
        let is_late = self.chance.percent(10) && self.now_ms < CHAOS_MS;
        self.chance.below(if is_late { 4000 } else { 20 })
    }

    fn deliver(&mut self) -> Result<(), String> {
        while let Some(entry) = self.network.first_entry().filter(|entry| entry.key().0 <= self.now_ms) {
            match entry.remove() {
                Packet::Request(token, request) => self.arrive(token, request),
                Packet::Reply(token, reply) => self.hear(token, reply)?,
            }
        }
        Ok(())
    }

    /// A request arrives at the node; a heartbeat that waits before it on its connection waits no longer.
    fn arrive(&mut self, token: Token, request: GroupRequest) {
        self.note(|| format!("arrives {token:?}"));
        let Some(sent) = self.sent.get(&token) else { return };
        let (slot, incarnation) = (sent.slot, sent.incarnation);
        if !self.node.is_up() {
            let reply = Reply::Refused(Refusal::NotCoordinator.code());
            return self.reply(slot, token, reply);
        }
        let is_connected = self.slots.get(slot).is_some_and(|slot| slot.incarnation == incarnation);
        let waiting = self.slots.get(slot).and_then(|slot| slot.group_token).filter(|_| is_connected);
        if let Some(waiting) = waiting.filter(|waiting| *waiting != token)
            && self.sent.get(&waiting).is_some_and(|sent| sent.is_heartbeat)
        {
            self.node.interrupt(waiting);
        }
        self.node.request(self.now_ms, token, request);
    }

    /// A reply arrives at its client, when that is not paused.
    fn hear(&mut self, token: Token, reply: Reply) -> Result<(), String> {
        self.note(|| format!("hears {token:?}"));
        let Some(sent) = self.sent.get(&token) else { return Ok(()) };
        let (slot, at_ms, incarnation) = (sent.slot, sent.at_ms, sent.incarnation);
        let place = &mut self.slots[slot];
        if place.paused_until_ms > self.now_ms {
            let at_ms = place.paused_until_ms;
            self.numbers += 1;
            self.network.insert((at_ms, self.numbers), Packet::Reply(token, reply));
            return Ok(());
        }
        self.sent.remove(&token);
        if place.commit.take_if(|(commit, _, _)| *commit == token).is_some() {
            return Ok(());
        }
        if place.incarnation != incarnation
            || place.group_token.take_if(|waiting| *waiting == token).is_none()
        {
            return Ok(());
        }
        match &mut place.client {
            Some(client) => client.on_reply(self.now_ms, at_ms, reply, &self.world, &mut self.chance),
            None => Ok(()),
        }
    }

    /// Answers leave the node.
    fn route(&mut self, answers: Vec<Answered<GroupAnswer>>) -> Result<(), String> {
        for Answered { token, answer } in answers {
            let Some(sent) = self.sent.get(&token).filter(|sent| sent.slot < SLOTS) else { continue };
            let slot = sent.slot;
            let commit = self.slots[slot].commit.as_ref().filter(|(commit, _, _)| *commit == token);
            if let (Ok(GroupAnswer::Committed(Ok(_))), Some((_, partition, offset))) = (&answer, commit) {
                self.oracle.on_commit_taken(slot, partition, *offset)?;
                let owners = self.slots.iter().enumerate().filter(|(at, _)| *at != slot);
                let owners = owners.filter_map(|(at, slot)| Some((at, slot.client.as_deref()?)));
                oracle::check_commit(self.now_ms, slot, partition, owners)?;
            }
            let reply = match answer {
                Ok(answer) => Reply::Answer(answer),
                Err(refusal) => Reply::Refused(refusal.code()),
            };
            self.reply(slot, token, reply);
        }
        Ok(())
    }
}
