//! The host of each node: executes outputs in order, delivers messages, crashes in between.

use jackdaw_base::{NodeId, Offset};

use super::node::{self, Message, SNAPSHOT_BYTES, Snapshot};
use super::oracle::Entry;
use super::{Checked, Event, Origin, Simulation, broken};
use crate::leader::Acknowledge;
use crate::message::{FetchAnswer, Fetched, FetchedReply, Request, Response, SnapshotReply, VoteKind};
use crate::output::{Answer, Outbound, Output, Peer, Token};
use crate::quorum::Quorum;
use crate::quorum_state_file;
use crate::snapshot_id::SnapshotId;

impl Simulation {
    pub(super) fn start(&mut self, id: NodeId) -> Checked {
        let seed = self.chance.next_u64();
        let (now, fault, settings) = (self.now, self.weather.fault, self.settings());
        let node = self.nodes.get_mut(&id).expect("a node");
        node.start(settings, &self.first_voters, fault, seed, now);
        self.drain(id)
    }

    pub(super) fn handle(&mut self, event: Event) -> Checked {
        match event {
            Event::Deliver { from, to, message } => self.deliver(from, to, message),
            Event::RequestFailed { node, life, id } => {
                self.with_quorum(node, life, |quorum, now| quorum.on_request_failed(id, now))
            }
            Event::Wake { node, life } => self.with_quorum(node, life, |quorum, now| quorum.on_tick(now)),
            Event::Synced { node, life, cut, end } => {
                let state = self.nodes.get_mut(&node).expect("a node");
                if state.life != life || state.cuts != cut || state.quorum.is_none() {
                    return Ok(());
                }
                state.disk.synced_end = state.disk.synced_end.max(end);
                self.with_quorum(node, life, |quorum, now| quorum.on_log_synced(Offset(end), now))
            }
            Event::Restart { node } => match self.nodes[&node].quorum {
                Some(_) => Ok(()),
                None => self.start(node),
            },
            Event::Heal => {
                self.cut_links.clear();
                Ok(())
            }
            Event::Propose => self.propose(),
            recurring => {
                if !self.is_stormy {
                    return Ok(());
                }
                self.plan_next(recurring.clone());
                match recurring {
                    Event::Crash => {
                        let id = self.any_node();
                        self.crash(id);
                    }
                    Event::Partition => self.partition(),
                    Event::Snapshot => return self.take_snapshot(),
                    Event::ChangeVoters => return self.change_voters(),
                    _ => {}
                }
                Ok(())
            }
        }
    }

    pub(super) fn any_node(&mut self) -> NodeId {
        let index = self.chance.below(self.nodes.len() as u64) as usize;
        *self.nodes.keys().nth(index).expect("a node")
    }

    pub(super) fn crash(&mut self, id: NodeId) {
        let keep = self.chance.below(8).saturating_sub(4) as i64;
        self.nodes.get_mut(&id).expect("a node").crash(keep);
        let down_ms = 1 + self.chance.below(self.weather.down_ms_max);
        self.after_ms(down_ms, Event::Restart { node: id });
    }

    /// Cuts one node off, or one direction of one link.
    fn partition(&mut self) {
        let (a, b) = (self.any_node(), self.any_node());
        if self.roll(500) {
            let others: Vec<NodeId> = self.nodes.keys().copied().collect();
            self.cut_links.extend(others.iter().flat_map(|other| [(a, *other), (*other, a)]));
        } else {
            self.cut_links.insert((a, b));
        }
        let ms = 500 + self.chance.below(5_000);
        self.after_ms(ms, Event::Heal);
    }

    /// A client's record, at whoever believes that it leads.
    pub(super) fn propose(&mut self) -> Checked {
        self.plan_next(Event::Propose);
        let leaders: Vec<NodeId> =
            self.nodes.values().filter(|node| node.is_leader()).map(|node| node.id()).collect();
        let index = self.chance.below(leaders.len() as u64) as usize;
        let Some(id) = leaders.get(index).copied() else { return Ok(()) };
        let node = self.nodes.get_mut(&id).expect("a node");
        let quorum = node.quorum.as_mut().expect("it leads");
        let epoch = quorum.epoch();
        let Ok(base) = quorum.check_append(epoch) else { return Ok(()) };
        assert_eq!(base.0, node.disk.end(), "the member and the disk agree on the end");
        let entry = Entry::new(node.disk.fold(base.0), epoch.0, self.next_value, None);
        self.next_value += 1;
        self.write(id, vec![entry])?;
        let life = self.nodes[&id].life;
        self.with_quorum(id, life, |quorum, now| quorum.on_appended(base.next(), now))
    }

    fn take_snapshot(&mut self) -> Checked {
        let id = self.any_node();
        let node = self.nodes.get_mut(&id).expect("a node");
        let Some(quorum) = &mut node.quorum else { return Ok(()) };
        let Some(end) = quorum.high_watermark().filter(|end| end.0 > node.disk.log_start) else {
            return Ok(());
        };
        let last = node.disk.read(end.0 - 1, end.0).remove(0);
        let snapshot_id = SnapshotId::new(end, last.epoch.into());
        let (kraft_version, voters) = quorum.voter_history().before(end);
        let snapshot = Snapshot { fold: last.fold, kraft_version, voters: voters.cloned() };
        self.oracle.on_snapshot(id, snapshot_id, &snapshot)?;
        node.disk.snapshots.insert(snapshot_id, snapshot);
        quorum.on_snapshot_created(snapshot_id, SNAPSHOT_BYTES);
        let drops_log = self.chance.below(2) == 0;
        let node = self.nodes.get_mut(&id).expect("a node");
        if drops_log && node.disk.synced_end >= end.0 {
            let fold = node.disk.fold(end.0);
            node.disk.entries.drain(..(end.0 - node.disk.log_start) as usize);
            node.disk.log_start = end.0;
            node.disk.fold_at_start = fold;
            node.disk.snapshots = node.disk.snapshots.split_off(&snapshot_id);
            node.quorum.as_mut().expect("it runs").on_log_start_advanced(snapshot_id);
        }
        self.drain(id)
    }

    fn change_voters(&mut self) -> Checked {
        let target = self.any_node();
        let newest = self.nodes.values().filter(|node| node.is_leader()).max_by_key(|node| node.epoch());
        let Some(leader) = newest.map(|node| node.id()) else { return Ok(()) };
        let node = &self.nodes[&leader];
        let life = node.life;
        let Some(quorum) = &node.quorum else { return Ok(()) };
        let voter = node::voter(target, self.weather.kraft_version);
        let token = Token(u64::MAX - self.sequence);
        match quorum.voters().contains(&voter.key) {
            true if quorum.voters().len() <= 2 => Ok(()),
            true => {
                self.with_quorum(leader, life, |quorum, now| quorum.on_remove_voter(token, voter.key, now))
            }
            false => self.with_quorum(leader, life, |quorum, now| {
                quorum.on_add_voter(token, voter, Acknowledge::Committed, now);
            }),
        }
    }

    pub(super) fn with_quorum(
        &mut self,
        id: NodeId,
        life: u64,
        input: impl FnOnce(&mut Quorum, jackdaw_base::MonotonicNs),
    ) -> Checked {
        let now = self.now;
        let node = self.nodes.get_mut(&id).expect("a node");
        if let Some(quorum) = node.quorum.as_mut().filter(|_| node.life == life) {
            input(quorum, now);
            return self.drain(id);
        }
        Ok(())
    }

    fn deliver(&mut self, from: NodeId, to: NodeId, message: Message) -> Checked {
        let node = &self.nodes[&to];
        let Some(life) = node.quorum.as_ref().map(|_| node.life) else { return Ok(()) };
        match message {
            Message::Request { life: origin_life, id, request } => {
                self.sequence += 1;
                let token = Token(self.sequence);
                let vote = match &request {
                    Request::Vote(vote) if vote.kind == VoteKind::Vote => {
                        Some((vote.epoch, by_id(vote.candidate)))
                    }
                    _ => None,
                };
                self.origins.insert(token, Origin { node: from, life: origin_life, id, vote });
                self.receive_request(to, life, token, request)
            }
            Message::Versions { life: origin_life, id } => {
                let response = Response::ApiVersions(Ok(Some(crate::voter_set::KRaftVersionRange::OURS)));
                self.receive_response(to, origin_life, id, response)
            }
            Message::Answer { life: origin_life, id, answer, entries, snapshot } => {
                let response = into_response(answer, &entries);
                if life == origin_life {
                    self.nodes.get_mut(&to).expect("a node").inbox = (entries, snapshot);
                }
                self.receive_response(to, origin_life, id, response)
            }
        }
    }

    fn receive_response(
        &mut self,
        to: NodeId,
        life: u64,
        id: crate::output::RequestId,
        response: Response,
    ) -> Checked {
        let mut violation = None;
        self.with_quorum(to, life, |quorum, now| violation = quorum.on_response(id, response, now).err())?;
        match violation {
            Some(violation) => broken("violation", format!("node {to}: {violation}\n{}", self.picture())),
            None => Ok(()),
        }
    }

    fn receive_request(&mut self, to: NodeId, life: u64, token: Token, request: Request) -> Checked {
        let mut violation = None;
        self.with_quorum(to, life, |quorum, now| match request {
            Request::Vote(request) => quorum.on_vote_request(token, request, now),
            Request::BeginEpoch(request) => {
                violation = quorum.on_begin_epoch_request(token, request, now).err()
            }
            Request::EndEpoch(request) => violation = quorum.on_end_epoch_request(token, request, now).err(),
            Request::Fetch(request) => quorum.on_fetch_request(token, request, now),
            Request::FetchSnapshot(request) => quorum.on_fetch_snapshot_request(token, request, now),
            Request::UpdateVoter(request) => quorum.on_update_voter_request(token, request, now),
            Request::ApiVersions => {}
        })?;
        match violation {
            Some(violation) => broken("violation", format!("node {to}: {violation}\n{}", self.picture())),
            None => Ok(()),
        }
    }

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
        let life = node.life;
        let deadline = node.quorum.as_ref().and_then(Quorum::next_deadline);
        let epoch = node.epoch();
        if let Some(deadline) = deadline {
            self.at(deadline.max(self.now), Event::Wake { node: id, life });
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

    fn write(&mut self, id: NodeId, entries: Vec<Entry>) -> Checked {
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
                self.oracle.on_vote(from, vote.epoch.0, by_id(vote.candidate))?;
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

fn by_id(key: crate::replica_key::ReplicaKey) -> crate::replica_key::ReplicaKey {
    crate::replica_key::ReplicaKey { id: key.id, directory: None }
}

fn into_response(answer: Answer, entries: &[Entry]) -> Response {
    match answer {
        Answer::Vote(reply) => Response::Vote(reply),
        Answer::BeginEpoch(reply) => Response::BeginEpoch(reply),
        Answer::EndEpoch(reply) => Response::EndEpoch(reply),
        Answer::UpdateVoter(reply) => Response::UpdateVoter(reply),
        Answer::Fetch(reply) => Response::Fetch(FetchedReply {
            hint: reply.hint,
            result: reply.result.map(|answer| match answer {
                FetchAnswer::Records { from, high_watermark, .. } => {
                    Fetched::Records { batches: node::batches(from, entries), high_watermark }
                }
                FetchAnswer::Diverging(position) => Fetched::Diverging(position),
                FetchAnswer::Snapshot(id) => Fetched::Snapshot(id),
            }),
        }),
        Answer::FetchSnapshot(SnapshotReply { hint, result }) => {
            let result = result.map(|mut chunk| {
                chunk.length_bytes = chunk.length_bytes.min(3);
                chunk
            });
            Response::FetchSnapshot(SnapshotReply { hint, result })
        }
        Answer::AddVoter(_) | Answer::RemoveVoter(_) => unreachable!("asked by no node"),
    }
}

impl Simulation {
    pub(super) fn add_voter(&mut self, leader: NodeId, id: NodeId) -> Checked {
        let voter = node::voter(id, self.weather.kraft_version);
        let life = self.nodes[&leader].life;
        self.with_quorum(leader, life, |quorum, now| {
            quorum.on_add_voter(Token(0), voter, Acknowledge::Committed, now);
        })
    }

    pub(super) fn remove_voter(&mut self, leader: NodeId, id: NodeId) -> Checked {
        let key = node::voter(id, self.weather.kraft_version).key;
        let life = self.nodes[&leader].life;
        self.with_quorum(leader, life, |quorum, now| quorum.on_remove_voter(Token(0), key, now))
    }
}
