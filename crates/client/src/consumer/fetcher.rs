//! Fetching: which broker is asked for what, and what an answer means. Requests are sent from whichever task made room for
//! them, answers handled on the connection's own task: no task stands between a broker and the application.
//!
//! Fetch versions 4 to 18: names up to 12, topic ids from 13 on (KIP-516); sessions from 7 (KIP-227), closest replicas from
//! 11 (KIP-392), diverging epochs from 12 (KIP-595), newer leaders from 16 (KIP-951).

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::Uuid;
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic, ForgottenTopic};
use tokio::time::Instant;

use super::fetch_nodes::Fetcher;
use super::handle::{Handle, Position};
use super::session::{SessionRequest, Wanted};
use super::shared::Shared;
use super::state::{Log, Partition, Phase, State};
use crate::cluster::Metadata;
use crate::connection::{Connection, RequestFrame};
use crate::topic_partition::TopicPartition;

/// The last version that names topics.
const BELOW_TOPIC_IDS_MAX: i16 = 12;

/// What was asked of one partition.
pub(super) struct Asked {
    pub(super) handle: Arc<Handle>,
    pub(super) incarnation: u32,
    pub(super) offset: i64,
    pub(super) leader_epoch: i32,
}

/// A request under way.
pub(super) struct Request {
    pub(super) node: i32,
    pub(super) reserved_bytes: usize,
    pub(super) asked: BTreeMap<TopicPartition, Asked>,
    pub(super) topics: BTreeMap<Uuid, Arc<str>>,
}

struct Planned {
    request: Request,
    connection: Arc<Connection>,
    frame: RequestFrame,
}

#[derive(Default)]
struct Candidate {
    wanted: BTreeMap<TopicPartition, Wanted>,
    asked: BTreeMap<TopicPartition, Asked>,
    topics: BTreeMap<Uuid, Arc<str>>,
    lacks_ids: bool,
}

impl Shared {
    /// Sends every fetch that can be sent now.
    pub(super) fn pump(self: &Arc<Self>) {
        let planned = self.plan(Instant::now());
        for Planned { request, connection, frame } in planned {
            let shared = Arc::downgrade(self);
            let timeout = self.cluster.config().request_timeout + self.config.fetch_max_wait;
            let on_answer = move |answer| {
                if let Some(shared) = shared.upgrade() {
                    shared.on_answer(&request, answer);
                }
            };
            connection.send(frame, timeout, Box::new(on_answer));
        }
    }

    fn plan(&self, now: Instant) -> Vec<Planned> {
        let mut fetcher = self.fetcher.lock();
        let wanted_metadata = fetcher.wants_metadata;
        let (candidates, buffered_bytes) = self.candidates(&mut fetcher, now);
        let mut planned = Vec::new();
        // Only news wake the errands: they pump, too.
        let has_doubts = std::mem::take(&mut fetcher.has_doubts);
        let mut has_errands = (fetcher.wants_metadata && !wanted_metadata) || has_doubts;
        for (node, candidate) in candidates {
            let queued = buffered_bytes + fetcher.reserved_bytes;
            let room = self.config.queued_max_bytes.saturating_sub(queued);
            if room == 0 {
                break;
            }
            let known = fetcher.nodes.entry(node).or_default();
            if known.is_asked || known.retry_at.is_some_and(|at| at > now) {
                continue;
            }
            let Some(connection) = self.fetch_links.open_connection(node) else {
                // Whatever session there was ended with its connection, or will be ended by the next request.
                known.session.restart();
                if !std::mem::replace(&mut known.is_connecting, true) {
                    fetcher.to_connect.insert(node);
                    has_errands = true;
                }
                continue;
            };
            match self.prepare(&mut fetcher, node, candidate, connection, room) {
                Ok(request) => planned.push(request),
                Err(error) => {
                    self.state.lock().report(error.with_broker(node));
                    self.readable.notify_one();
                    let retry_at = now + self.cluster.config().retry_backoff_max;
                    fetcher.nodes.entry(node).or_default().retry_at = Some(retry_at);
                }
            }
        }
        if has_errands {
            self.wake.notify_one();
        }
        planned
    }

    /// What may be asked, by node.
    fn candidates(&self, fetcher: &mut Fetcher, now: Instant) -> (BTreeMap<i32, Candidate>, usize) {
        let metadata = self.cluster.metadata();
        let mut state = self.state.lock();
        let mut candidates: BTreeMap<i32, Candidate> = BTreeMap::new();
        let partition_bytes_max = usize::try_from(self.config.max_partition_fetch_bytes).unwrap_or_default();
        let (mut lost, mut recreated, mut has_doubts) = (Vec::new(), Vec::new(), false);
        for (name, partition) in state.fetchable(now, partition_bytes_max) {
            let Some((node, leader_epoch)) = self.node_of(&metadata, name, partition, now) else {
                lost.push(name.clone());
                continue;
            };
            let topic_id = metadata.topic(&name.topic).map(|topic| topic.id).unwrap_or_default();
            match partition.compare(topic_id, leader_epoch) {
                Log::Same => {
                    let candidate = candidates.entry(node).or_default();
                    self.add_candidate(candidate, name, partition, topic_id, leader_epoch);
                }
                Log::NewLeader => {
                    partition.phase = Phase::Doubted;
                    has_doubts = true;
                }
                Log::NewTopic => recreated.push(name.clone()),
            }
        }
        fetcher.wants_metadata |= !lost.is_empty();
        fetcher.has_doubts |= has_doubts || !recreated.is_empty();
        state.lose(&lost, now + self.cluster.config().retry_backoff);
        self.start_anew(&mut state, &recreated, now);
        (candidates, state.buffered_bytes)
    }

    /// These are partitions of another topic now, with the same name: what was read is gone.
    fn start_anew(&self, state: &mut State, recreated: &[TopicPartition], now: Instant) {
        for name in recreated {
            tracing::warn!(partition = %name, "the topic was deleted and created again");
            let start = Position { offset: 0, leader_epoch: None };
            let retry_at = now + self.cluster.config().retry_backoff_max;
            state.truncate(name, Some(start), self.config.auto_offset_reset, retry_at);
            self.committed.lock().remove(name);
            self.readable.notify_one();
        }
    }

    /// The preferred replica while it holds, else the leader.
    fn node_of(
        &self,
        metadata: &Metadata,
        name: &TopicPartition,
        partition: &Partition,
        now: Instant,
    ) -> Option<(i32, i32)> {
        let (leader, epoch) = metadata.leader(&name.topic, name.partition).ok()?;
        let preferred =
            partition.preferred.filter(|(node, until)| *until > now && metadata.brokers.contains_key(node));
        Some((preferred.map_or(leader, |(node, _)| node), epoch))
    }

    fn add_candidate(
        &self,
        candidate: &mut Candidate,
        name: &TopicPartition,
        partition: &Partition,
        topic_id: Uuid,
        leader_epoch: i32,
    ) {
        candidate.lacks_ids |= topic_id.is_zero();
        candidate.topics.entry(topic_id).or_insert_with(|| Arc::clone(&name.topic));
        let wanted = Wanted {
            topic_id,
            offset: partition.fetch.offset,
            leader_epoch,
            last_epoch: partition.fetch.leader_epoch.unwrap_or(-1),
            bytes_max: self.config.max_partition_fetch_bytes,
        };
        let handle = Arc::clone(&partition.handle);
        let incarnation = handle.incarnation();
        let asked = Asked { handle, incarnation, offset: partition.fetch.offset, leader_epoch };
        candidate.wanted.insert(name.clone(), wanted);
        candidate.asked.insert(name.clone(), asked);
    }

    fn prepare(
        &self,
        fetcher: &mut Fetcher,
        node: i32,
        candidate: Candidate,
        connection: Arc<Connection>,
        room: usize,
    ) -> crate::error::Result<Planned> {
        let version_max = if candidate.lacks_ids { BELOW_TOPIC_IDS_MAX } else { i16::MAX };
        let version = connection.versions().negotiate(ApiKey::Fetch, 0..=version_max)?;
        let bytes_max = usize::try_from(self.config.fetch_max_bytes).unwrap_or_default().min(room);
        let known = fetcher.nodes.entry(node).or_default();
        let session = known.session.request(candidate.wanted);
        let request = self.fetch_request(session, version, i32::try_from(bytes_max).unwrap_or(i32::MAX));
        let frame = RequestFrame::encode(&request, version, connection.client_id())?;
        known.is_asked = true;
        known.retry_at = None;
        fetcher.reserved_bytes += bytes_max;
        let request =
            Request { node, reserved_bytes: bytes_max, asked: candidate.asked, topics: candidate.topics };
        Ok(Planned { request, connection, frame })
    }

    fn fetch_request(&self, session: SessionRequest, version: i16, max_bytes: i32) -> FetchRequest<'static> {
        let by_name = version <= BELOW_TOPIC_IDS_MAX;
        let mut topics: BTreeMap<Arc<str>, FetchTopic<'static>> = BTreeMap::new();
        for (name, wanted) in session.send {
            let topic = topics.entry(Arc::clone(&name.topic)).or_insert_with(|| FetchTopic {
                topic: if by_name { name.topic.to_string().into() } else { "".into() },
                topic_id: wanted.topic_id,
                ..Default::default()
            });
            topic.partitions.push(FetchPartition {
                partition: name.partition,
                current_leader_epoch: wanted.leader_epoch,
                fetch_offset: wanted.offset,
                last_fetched_epoch: if version >= BELOW_TOPIC_IDS_MAX { wanted.last_epoch } else { -1 },
                log_start_offset: -1,
                partition_max_bytes: wanted.bytes_max,
                ..Default::default()
            });
        }
        let mut forgotten: BTreeMap<Arc<str>, ForgottenTopic<'static>> = BTreeMap::new();
        for (name, topic_id) in session.forget {
            let topic = forgotten.entry(Arc::clone(&name.topic)).or_insert_with(|| ForgottenTopic {
                topic: if by_name { name.topic.to_string().into() } else { "".into() },
                topic_id,
                ..Default::default()
            });
            topic.partitions.push(name.partition);
        }
        FetchRequest {
            replica_id: -1,
            max_wait_ms: i32::try_from(self.config.fetch_max_wait.as_millis()).unwrap_or(i32::MAX),
            min_bytes: self.config.fetch_min_bytes,
            max_bytes,
            isolation_level: self.config.isolation_level.code(),
            session_id: session.session_id,
            session_epoch: session.epoch,
            topics: topics.into_values().collect(),
            forgotten_topics_data: forgotten.into_values().collect(),
            rack_id: self.config.client_rack.clone().unwrap_or_default().into(),
            ..Default::default()
        }
    }
}

/// Where an answer's bytes lead to: the place behind the last whole batch; `None` if there is none.
pub(super) fn end_of(bytes: &[u8]) -> Option<Position> {
    let batches = jackdaw_protocol::records::Batches::new(bytes).map_while(Result::ok);
    let last = batches.last()?;
    let leader_epoch = (last.leader_epoch() >= 0).then(|| last.leader_epoch());
    Some(Position { offset: last.last_offset() + 1, leader_epoch })
}
