//! The host's other half: what comes out of a member is done, in order, and checked. Power may fail between any two outputs.

use jackdaw_base::NodeId;

use super::node::{Message, SNAPSHOT_BYTES};
use super::oracle::Entry;
use super::{Checked, Event, Origin, Simulation, broken, driver};
use crate::message::{Request, VoteKind};
use crate::output::{Answer, Outbound, Output, Peer, Token};
use crate::quorum::Quorum;
use crate::quorum_state_file;

impl Simulation {
    /// Executes the outputs in order. Power may fail between any two of them.
    pub(super) fn drain(&mut self, id: NodeId) -> Checked {
        loop {
            let crashes = self.is_stormy && self.weather.crash_every_ms > 0 && self.roll(1);
            let node = self.nodes.get_mut(&id).expect("a node");
            let Some(output) = node.quorum.as_mut().and_then(Quorum::poll_output) else { break };
            if crashes {
                self.crash(id);
                return Ok(());
            }
            self.execute(id, output)?;
        }
        let node = self.nodes.get_mut(&id).expect("a node");
        node.inbox = Default::default();
        let (life, epoch, wake_at) = (node.life, node.epoch(), node.wake_at);
        let deadline = node.quorum.as_ref().and_then(Quorum::next_deadline);
        if let Some(deadline) = deadline.map(|deadline| deadline.max(self.now))
            && wake_at.is_none_or(|known| deadline < known)
        {
            node.wake_at = Some(deadline);
            self.at(deadline, Event::Wake { node: id, life });
        }
        if epoch >= 0 { self.oracle.on_epoch(id, epoch) } else { Ok(()) }
    }

    fn execute(&mut self, id: NodeId, output: Output) -> Checked {
        let node = self.nodes.get_mut(&id).expect("a node");
        match output {
            Output::Persist { state, kraft_version } => {
                node.disk.quorum_state = Some(quorum_state_file::encode(&state, kraft_version));
                Ok(())
            }
            Output::Send(outbound) => self.send(id, outbound),
            Output::Answer(token, answer) => self.send_answer(id, token, answer),
            Output::AppendControl { base, epoch, records } => {
                assert_eq!(base.0, node.disk.end());
                let mut entries: Vec<Entry> = Vec::new();
                for record in records {
                    let before = entries.last().map_or(node.disk.fold(base.0), |entry| entry.fold);
                    entries.push(Entry::new(before, epoch.0, 0, Some(record)));
                }
                self.write(id, entries)
            }
            Output::AppendFetched { end } => {
                let count = (end.0 - node.disk.end()) as usize;
                let entries: Vec<Entry> = node.inbox.0.drain(..count).collect();
                self.write(id, entries)
            }
            Output::Truncate { end } => {
                self.oracle.truncations += 1;
                node.disk.truncate(end.0);
                node.cuts += 1;
                let (life, cut, end) = (node.life, node.cuts, node.disk.end());
                self.after_ms(1, Event::Synced { node: id, life, cut, end });
                Ok(())
            }
            Output::WriteSnapshot { snapshot, position } => {
                let content = node.inbox.1.clone().expect("the bytes came with the response");
                if position == 0 {
                    node.disk.part = Some((snapshot, content));
                    node.disk.part_bytes = 0;
                }
                assert_eq!(node.disk.part_bytes, position);
                node.disk.part_bytes = SNAPSHOT_BYTES.min(position + 3);
                Ok(())
            }
            Output::InstallSnapshot { snapshot, size_bytes } => {
                assert_eq!((node.disk.part_bytes, size_bytes), (SNAPSHOT_BYTES, SNAPSHOT_BYTES));
                let (part, content) = node.disk.part.take().expect("a part file");
                assert_eq!(part, snapshot);
                self.oracle.on_snapshot(id, snapshot, &content)?;
                self.oracle.snapshots_installed += 1;
                node.disk.snapshots = [(snapshot, content.clone())].into();
                node.disk.drop_log_for(snapshot);
                node.cuts += 1;
                let now = self.now;
                let quorum = node.quorum.as_mut().expect("it runs");
                quorum.on_snapshot_installed(snapshot, content.kraft_version, content.voters, now);
                Ok(())
            }
            Output::HighWatermark(end) => {
                let (life, disk) = (node.life, &node.disk);
                self.oracle.on_high_watermark(id, life, end.0, |offset| {
                    disk.read(offset, offset + 1).into_iter().next().filter(|_| offset >= disk.log_start)
                })
            }
            Output::BecameLeader { epoch, epoch_start } => {
                let disk = &node.disk;
                self.oracle.on_leader(id, epoch.0, epoch_start.0, |offset| disk.fold(offset))
            }
            Output::LeaderChanged { .. } => Ok(()),
        }
    }

    pub(super) fn write(&mut self, id: NodeId, entries: Vec<Entry>) -> Checked {
        let delay_ms = 1 + self.chance.below(self.weather.sync_ms_max);
        let node = self.nodes.get_mut(&id).expect("a node");
        for entry in entries {
            self.oracle.on_written(id, node.disk.end(), &entry)?;
            node.disk.entries.push(entry);
        }
        let (life, cut, end) = (node.life, node.cuts, node.disk.end());
        self.after_ms(delay_ms, Event::Synced { node: id, life, cut, end });
        Ok(())
    }

    fn send(&mut self, from: NodeId, outbound: Outbound) -> Checked {
        let Outbound { id, to, request, endpoints } = outbound;
        let to = match to {
            Peer::Node(to) => to,
            Peer::Bootstrap(index) => NodeId(index as i32 + 1),
        };
        assert!(
            !endpoints.is_empty() || self.bootstrap_servers() > 0,
            "a request needs an address: {request:?}"
        );
        let node = &self.nodes[&from];
        let life = node.life;
        let durable = node.durable_election();
        match &request {
            Request::Vote(vote) if vote.kind == VoteKind::Vote => {
                if durable.epoch != vote.epoch || durable.voted.map(|key| key.id) != Some(from) {
                    return broken("Q2", format!("node {from} asks for votes before its own is durable"));
                }
                self.oracle.on_vote(from, vote.epoch.0, driver::by_id(vote.candidate))?;
            }
            Request::Fetch(fetch) if durable.epoch != fetch.epoch => {
                return broken("Q2", format!("node {from} fetches in an epoch that is not durable"));
            }
            _ => {}
        }
        let message = match request {
            Request::ApiVersions => {
                let answer = Message::Versions { life, id };
                self.transmit(to, from, answer);
                return Ok(());
            }
            request => Message::Request { life, id, request },
        };
        if !self.transmit(from, to, message) && self.roll(500) {
            // A broken connection is noticed at once; a lost packet only by the time-out.
            self.after_ms(5, Event::RequestFailed { node: from, life, id });
        }
        Ok(())
    }

    fn send_answer(&mut self, from: NodeId, token: Token, answer: Answer) -> Checked {
        let Some(Origin { node: to, life, id, vote }) = self.origins.remove(&token) else { return Ok(()) };
        let node = &self.nodes[&from];
        let durable = node.durable_election();
        let hint = match &answer {
            Answer::Vote(reply) | Answer::BeginEpoch(reply) | Answer::EndEpoch(reply) => Some(&reply.hint),
            Answer::Fetch(reply) => Some(&reply.hint),
            _ => None,
        };
        if hint.is_some_and(|hint| hint.epoch > durable.epoch) {
            return broken("Q2", format!("node {from} answers in an epoch that is not durable"));
        }
        if let (Answer::Vote(reply), Some((epoch, candidate))) = (&answer, vote)
            && reply.result == Ok(true)
        {
            if durable.epoch != epoch || durable.voted.map(|key| key.id) != Some(candidate.id) {
                return broken("Q2", format!("node {from} gives a vote that is not durable"));
            }
            self.oracle.on_vote(from, epoch.0, candidate)?;
        }
        let count_max = 1 + self.chance.below(self.weather.fetch_entries_max) as i64;
        let (entries, snapshot) = self.nodes[&from].payload(&answer, count_max);
        self.transmit(from, to, Message::Answer { life, id, answer, entries, snapshot });
        Ok(())
    }

    /// `false` if it is lost.
    fn transmit(&mut self, from: NodeId, to: NodeId, message: Message) -> bool {
        if self.cut_links.contains(&(from, to)) || (self.is_stormy && self.roll(self.weather.drop_per_mille))
        {
            return false;
        }
        let copies = 1 + u64::from(self.is_stormy && self.roll(self.weather.duplicate_per_mille));
        for _ in 0..copies {
            let delay_ms = 1 + self.chance.below(self.weather.delay_ms_max);
            self.after_ms(delay_ms, Event::Deliver { from, to, message: message.clone() });
        }
        true
    }
}
