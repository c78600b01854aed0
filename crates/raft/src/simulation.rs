//! Whole quorums in one thread: a seed decides which messages are lost, late, doubled or overtaken, who crashes and loses what was not synced,
//! which links are cut. The rules Q1 to Q4 are checked at every step; after the storm everything must work again. Tests only.

mod driver;
mod execute;
mod node;
mod oracle;
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jackdaw_base::{LeaderEpoch, MonotonicNs, NodeId};

use crate::chance::Chance;
use crate::fault::Fault;
use crate::output::{RequestId, Token};
use crate::replica_key::ReplicaKey;
use crate::settings::Settings;
use crate::voter_set::{KRaftVersion, VoterSet};

use node::{Message, SimulatedNode};
use oracle::Oracle;

/// What a run looks like.
#[derive(Clone, Copy, Debug)]
struct Weather {
    nodes: i32,
    voters: i32,
    kraft_version: KRaftVersion,
    /// Of 1000 messages.
    drop_per_mille: u64,
    duplicate_per_mille: u64,
    delay_ms_max: u64,
    sync_ms_max: u64,
    fetch_entries_max: u64,
    down_ms_max: u64,
    /// One event of each kind per so many milliseconds, on average; 0 for none.
    crash_every_ms: u64,
    partition_every_ms: u64,
    propose_every_ms: u64,
    snapshot_every_ms: u64,
    voter_change_every_ms: u64,
    fault: Option<Fault>,
}

impl Weather {
    const CALM: Self = Self {
        nodes: 3,
        voters: 3,
        kraft_version: KRaftVersion::Static,
        drop_per_mille: 0,
        duplicate_per_mille: 0,
        delay_ms_max: 5,
        sync_ms_max: 5,
        fetch_entries_max: 5,
        down_ms_max: 3_000,
        crash_every_ms: 0,
        partition_every_ms: 0,
        propose_every_ms: 0,
        snapshot_every_ms: 0,
        voter_change_every_ms: 0,
        fault: None,
    };

    const STORM: Self = Self {
        nodes: 4,
        drop_per_mille: 50,
        duplicate_per_mille: 50,
        delay_ms_max: 120,
        sync_ms_max: 60,
        crash_every_ms: 2_500,
        partition_every_ms: 3_000,
        propose_every_ms: 60,
        snapshot_every_ms: 2_000,
        ..Self::CALM
    };
}

#[derive(Clone, Debug)]
enum Event {
    Deliver { from: NodeId, to: NodeId, message: Message },
    RequestFailed { node: NodeId, life: u64, id: RequestId },
    Synced { node: NodeId, life: u64, cut: u64, end: i64 },
    Wake { node: NodeId, life: u64 },
    Restart { node: NodeId },
    Crash,
    Partition,
    Heal,
    Propose,
    Snapshot,
    ChangeVoters,
}

/// Whose request a token stands for.
#[derive(Clone, Copy, Debug)]
struct Origin {
    node: NodeId,
    life: u64,
    id: RequestId,
    /// The epoch and the candidate, if it asks for a vote.
    vote: Option<(LeaderEpoch, ReplicaKey)>,
}

struct Simulation {
    weather: Weather,
    chance: Chance,
    now: MonotonicNs,
    events: BTreeMap<(MonotonicNs, u64), Event>,
    sequence: u64,
    nodes: BTreeMap<NodeId, SimulatedNode>,
    first_voters: VoterSet,
    cut_links: BTreeSet<(NodeId, NodeId)>,
    origins: BTreeMap<Token, Origin>,
    oracle: Oracle,
    next_value: u64,
    is_stormy: bool,
}

/// A rule that was broken: its id, and what was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Broken {
    rule: &'static str,
    story: String,
}

type Checked = Result<(), Broken>;

fn broken(rule: &'static str, story: String) -> Checked {
    Err(Broken { rule, story })
}

impl Simulation {
    fn new(seed: u64, weather: Weather) -> Self {
        let ids = (1..=weather.nodes).map(NodeId);
        let voters = (1..=weather.voters).map(|id| node::voter(NodeId(id), weather.kraft_version));
        let mut simulation = Self {
            weather,
            chance: Chance::new(seed),
            now: MonotonicNs(1_000_000_000),
            events: BTreeMap::new(),
            sequence: 0,
            nodes: BTreeMap::new(),
            first_voters: VoterSet::new(voters),
            cut_links: BTreeSet::new(),
            origins: BTreeMap::new(),
            oracle: Oracle::default(),
            next_value: 1,
            is_stormy: true,
        };
        for id in ids {
            simulation.nodes.insert(id, SimulatedNode::new(id, weather.kraft_version));
        }
        for event in [Event::Crash, Event::Partition, Event::Propose, Event::Snapshot, Event::ChangeVoters] {
            simulation.plan_next(event);
        }
        simulation
    }

    fn settings(&self) -> Settings {
        let bootstrap_servers = self.bootstrap_servers();
        Settings { request_timeout_ms: 500, replicas_max: 100, bootstrap_servers, ..Settings::default() }
    }

    /// Where the voters are not configured, every node is a bootstrap server of the others.
    fn bootstrap_servers(&self) -> usize {
        match self.weather.kraft_version {
            KRaftVersion::Static => 0,
            KRaftVersion::Dynamic => self.weather.nodes as usize,
        }
    }

    fn at(&mut self, time: MonotonicNs, event: Event) {
        self.sequence += 1;
        self.events.insert((time, self.sequence), event);
    }

    fn after_ms(&mut self, ms: u64, event: Event) {
        self.at(self.now.plus_ms(ms), event);
    }

    fn roll(&mut self, per_mille: u64) -> bool {
        self.chance.below(1_000) < per_mille
    }

    /// The next event of a recurring kind.
    fn plan_next(&mut self, event: Event) {
        let every_ms = match event {
            Event::Crash => self.weather.crash_every_ms,
            Event::Partition => self.weather.partition_every_ms,
            Event::Propose => self.weather.propose_every_ms,
            Event::Snapshot => self.weather.snapshot_every_ms,
            Event::ChangeVoters => self.weather.voter_change_every_ms,
            _ => 0,
        };
        if every_ms > 0 && self.is_stormy {
            let ms = 1 + self.chance.below(2 * every_ms);
            self.after_ms(ms, event);
        }
    }

    /// Starts all nodes that are down.
    fn start_all(&mut self) -> Checked {
        let down: Vec<NodeId> =
            self.nodes.values().filter(|node| node.quorum.is_none()).map(|node| node.id()).collect();
        down.into_iter().try_for_each(|id| self.start(id))
    }

    /// Runs for so long, or until a rule is broken.
    fn run_ms(&mut self, ms: u64) -> Checked {
        let end = self.now.plus_ms(ms);
        while let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 <= end) {
            let ((time, _), event) = entry.remove_entry();
            self.now = time;
            self.handle(event)?;
        }
        self.now = end;
        Ok(())
    }

    /// Runs until a condition holds; panics if it does not within `ms_max`.
    fn run_until(&mut self, what: &str, ms_max: u64, is_so: impl Fn(&Self) -> bool) -> Checked {
        let end = self.now.plus_ms(ms_max);
        while !is_so(self) {
            if self.now > end {
                return broken("liveness", format!("not within {ms_max} ms: {what}\n{}", self.picture()));
            }
            self.run_ms(1)?;
        }
        Ok(())
    }

    /// The storm ends: links heal, everybody is up, nothing is lost or later than the time-outs any more.
    fn calm(&mut self) -> Checked {
        self.is_stormy = false;
        self.weather.delay_ms_max = self.weather.delay_ms_max.min(20);
        self.weather.sync_ms_max = self.weather.sync_ms_max.min(20);
        self.cut_links.clear();
        self.start_all()
    }

    /// After the storm one node leads, and everybody has what it commits.
    fn check_liveness(&mut self) -> Checked {
        self.calm()?;
        self.run_until("a leader", 60_000, |simulation| simulation.settled_leader().is_some())?;
        self.propose()?;
        self.run_until("a committed record", 60_000, |simulation| simulation.has_committed_all())?;
        let goal = self.oracle.committed_end();
        self.run_until("everybody is up to date", 60_000, |simulation| {
            simulation.nodes.values().all(|node| node.high_watermark().is_some_and(|known| known >= goal))
        })
    }

    fn settled_leader(&self) -> Option<NodeId> {
        let leaders: Vec<&SimulatedNode> = self.nodes.values().filter(|node| node.is_leader()).collect();
        let newest = leaders.iter().max_by_key(|node| node.epoch())?;
        let follows =
            |node: &SimulatedNode| node.epoch() == newest.epoch() && node.leader() == Some(newest.id());
        self.nodes.values().all(follows).then(|| newest.id())
    }

    fn has_committed_all(&self) -> bool {
        let Some(leader) = self.settled_leader() else { return false };
        let leader = &self.nodes[&leader];
        leader.quorum.as_ref().is_some_and(|quorum| {
            quorum.describe(self.now).is_some_and(|seen| seen.high_watermark == Some(quorum.log().end()))
        })
    }

    /// One line per node, for the story of a failure.
    fn picture(&self) -> String {
        let lines = self.nodes.values().map(|node| match &node.quorum {
            Some(quorum) => format!(
                "{}: {:?} epoch {} leader {:?} end {:?} synced {} watermark {:?} voters {:?}",
                node.id(),
                quorum.role(),
                quorum.epoch(),
                quorum.leader(),
                quorum.log().end_position(),
                quorum.log().synced_end(),
                quorum.high_watermark(),
                quorum.voters().ids().collect::<Vec<_>>()
            ),
            None => format!("{}: down", node.id()),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
