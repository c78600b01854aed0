//! The host of each node: what happens to it. What it does then is in [`super::execute`].

use jackdaw_base::{NodeId, Offset};

use super::node::{self, Message, SNAPSHOT_BYTES, Snapshot};
use super::oracle::Entry;
use super::{Checked, Event, Origin, Simulation, broken};
use crate::leader::Acknowledge;
use crate::message::{FetchAnswer, Fetched, FetchedReply, Request, Response, SnapshotReply, VoteKind};
use crate::output::{Answer, Token};
use crate::quorum::Quorum;
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
            Event::Wake { node, life } => {
                let state = self.nodes.get_mut(&node).expect("a node");
                if state.life == life && state.wake_at == Some(self.now) {
                    state.wake_at = None;
                }
                self.with_quorum(node, life, |quorum, now| quorum.on_tick(now))
            }
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
            self.cut_off(a);
        } else {
            self.cut_links.insert((a, b));
        }
        let ms = 500 + self.chance.below(5_000);
        self.after_ms(ms, Event::Heal);
    }

    pub(super) fn cut_off(&mut self, id: NodeId) {
        self.cut_links.extend(self.nodes.keys().flat_map(|other| [(id, *other), (*other, id)]));
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
}

pub(super) fn by_id(key: crate::replica_key::ReplicaKey) -> crate::replica_key::ReplicaKey {
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
