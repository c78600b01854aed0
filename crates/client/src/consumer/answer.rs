//! What the answer to a fetch means: records for the buffer, or an error and where to go on after it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::fetch_response::{FetchResponse, FetchableTopicResponse, PartitionData};
use jackdaw_protocol::wire::{Blob, Records};
use tokio::time::Instant;

use super::fetched::{Aborted, Checks, Fetched};
use super::fetcher::{Asked, Request, end_of};
use super::handle::Position;
use super::shared::Shared;
use super::state::State;
use crate::cluster::{LeaderNews, NamedLeader};
use crate::config::AutoOffsetReset;
use crate::connection::ResponseFrame;
use crate::error::{Error, ErrorKind, Result};
use crate::topic_partition::TopicPartition;

/// What an answer changes beside the buffer.
#[derive(Default)]
struct Effects {
    wants_metadata: bool,
    has_reset: bool,
}

impl Shared {
    /// Handles the answer to `request`, and asks for more.
    pub(super) fn on_answer(self: &Arc<Self>, request: &Request, answer: Result<ResponseFrame>) {
        let now = Instant::now();
        let outcome = answer.and_then(|frame| self.on_frame(request, &frame, now));
        let wants_metadata = self.settle(request, outcome, now);
        if wants_metadata {
            self.wake.notify_one();
        }
        self.readable.notify_one();
        self.pump();
    }

    /// Ends the request; whether there are errands to run.
    fn settle(&self, request: &Request, outcome: Result<(i32, Effects)>, now: Instant) -> bool {
        let mut fetcher = self.fetcher.lock();
        fetcher.reserved_bytes = fetcher.reserved_bytes.saturating_sub(request.reserved_bytes);
        let node = fetcher.nodes.entry(request.node).or_default();
        node.is_asked = false;
        match outcome {
            Ok((session_id, effects)) => {
                node.session.on_answer(session_id);
                fetcher.wants_metadata |= effects.wants_metadata;
                effects.wants_metadata || effects.has_reset
            }
            Err(error) => {
                let is_session = error.is(ErrorCode::FetchSessionIdNotFound);
                if is_session || error.is(ErrorCode::FetchSessionTopicIdError) {
                    node.session.on_unknown();
                    return false;
                }
                node.session.restart();
                node.retry_at = Some(now + self.cluster.config().retry_backoff);
                fetcher.wants_metadata |= error.is_stale_metadata() || error.is_disconnect();
                drop(fetcher);
                if self.is_closed() {
                    return false;
                }
                tracing::debug!(%error, node = request.node, "a fetch failed");
                if !error.is_retriable() && !error.is_disconnect() {
                    self.report(error.with_broker(request.node));
                }
                true
            }
        }
    }

    fn on_frame(&self, request: &Request, frame: &ResponseFrame, now: Instant) -> Result<(i32, Effects)> {
        let response: FetchResponse<'_> = frame.decode()?;
        Error::check(response.error_code, None)?;
        let session_id = response.session_id;
        let mut effects = Effects::default();
        self.cluster.learn(&news(request, &response));
        let mut state = self.state.lock();
        for topic in response.responses {
            let name = topic_name(request, &topic);
            for data in topic.partitions {
                let partition = TopicPartition { topic: Arc::clone(&name), partition: data.partition_index };
                let Some(asked) = request.asked.get(&partition) else { continue };
                if asked.handle.incarnation() == asked.incarnation {
                    self.on_partition(&mut state, request.node, asked, data, frame, now, &mut effects);
                }
            }
        }
        Ok((session_id, effects))
    }

    #[allow(clippy::too_many_arguments, reason = "one partition of one answer, in its context")]
    fn on_partition(
        &self,
        state: &mut State,
        node: i32,
        asked: &Asked,
        data: PartitionData<'_>,
        frame: &ResponseFrame,
        now: Instant,
        effects: &mut Effects,
    ) {
        let name = &asked.handle.partition;
        let Some(partition) = state.partitions.get_mut(name) else { return };
        if data.error_code != 0 {
            self.on_partition_error(state, node, asked, data.error_code, now, effects);
            return;
        }
        let known = |offset: i64, before: Option<i64>| if offset >= 0 { Some(offset) } else { before };
        partition.high_watermark = known(data.high_watermark, partition.high_watermark);
        partition.last_stable = known(data.last_stable_offset, partition.last_stable);
        partition.log_start = known(data.log_start_offset, partition.log_start);
        partition.retry_at = None;
        if data.preferred_read_replica >= 0 {
            let until = now + self.cluster.config().metadata_max_age;
            partition.preferred = Some((data.preferred_read_replica, until));
        }
        if data.diverging_epoch.end_offset >= 0 {
            let (offset, epoch) = (data.diverging_epoch.end_offset, data.diverging_epoch.epoch);
            let end = Position { offset, leader_epoch: (epoch >= 0).then_some(epoch) };
            effects.has_reset = true;
            self.on_divergence(state, asked, end, now);
            return;
        }
        partition.validated_in = (asked.leader_epoch >= 0).then_some(asked.leader_epoch);
        let Some(Records::Inline(records)) = data.records else { return };
        if records.is_empty() {
            return;
        }
        let aborted = data.aborted_transactions.unwrap_or_default().into_iter();
        let aborted = Aborted::new(aborted.map(|aborted| (aborted.first_offset, aborted.producer_id)));
        self.on_records(state, asked, shared_bytes(frame, records), aborted);
    }

    fn on_records(&self, state: &mut State, asked: &Asked, bytes: Bytes, aborted: Aborted) {
        let name = &asked.handle.partition;
        let Some(partition) = state.partitions.get_mut(name) else { return };
        let Some(end) = end_of(&bytes) else {
            let parsed = jackdaw_protocol::records::Batch::parse(&bytes).err();
            let kind = parsed.map_or(ErrorKind::InvalidAnswer("records without a batch"), ErrorKind::Batch);
            state.report(Error::from(kind).with_partition(&name.topic, name.partition));
            return;
        };
        let checks = Checks { isolation: self.config.isolation_level, check_crcs: self.config.check_crcs };
        let fetched =
            Fetched::new(Arc::clone(&asked.handle), bytes.clone(), partition.fetch, aborted, checks);
        if end.offset > partition.fetch.offset {
            partition.fetch = end;
        }
        state.buffer(fetched, bytes.len());
    }

    /// The leader's log and what was read part before the place that was asked for: records were lost there (KIP-320).
    fn on_divergence(&self, state: &mut State, asked: &Asked, end: Position, now: Instant) {
        let name = &asked.handle.partition;
        tracing::warn!(partition = %name, at = asked.offset, diverges_at = end.offset, "records were lost");
        let retry_at = now + self.cluster.config().retry_backoff_max;
        state.truncate(name, Some(end), self.config.auto_offset_reset, retry_at);
    }

    fn on_partition_error(
        &self,
        state: &mut State,
        node: i32,
        asked: &Asked,
        code: i16,
        now: Instant,
        effects: &mut Effects,
    ) {
        let name = &asked.handle.partition;
        let Some(partition) = state.partitions.get_mut(name) else { return };
        let error =
            Error::from_code(code, None).with_partition(&name.topic, name.partition).with_broker(node);
        let was_follower = partition.preferred.take().is_some_and(|(preferred, _)| preferred == node);
        partition.retry_at = Some(now + self.cluster.config().retry_backoff);
        if error.is(ErrorCode::OffsetOutOfRange) {
            // A follower may lag behind; and what was fetched before is handed out first.
            if was_follower || partition.buffered_bytes > 0 || partition.fetch.offset != asked.offset {
                return;
            }
            match self.config.auto_offset_reset {
                AutoOffsetReset::None => {
                    partition.retry_at = Some(now + self.cluster.config().retry_backoff_max);
                    state.report(error);
                }
                reset => {
                    tracing::info!(partition = %name, offset = asked.offset, "the offset is out of range");
                    partition.reset(reset);
                    effects.has_reset = true;
                }
            }
            return;
        }
        if error.is_retriable() {
            let is_stale = error.is_stale_metadata() || error.is(ErrorCode::UnknownLeaderEpoch);
            match self.cluster.metadata().leader(&name.topic, name.partition) {
                // It is known already who leads it now (KIP-951).
                Ok((leader, _)) if is_stale && leader != node => partition.retry_at = None,
                _ => {
                    effects.wants_metadata |= is_stale;
                    partition.is_lost |= is_stale;
                }
            }
            tracing::debug!(%error, "a partition cannot be read now");
            return;
        }
        partition.retry_at = Some(now + RETRY_AFTER_REFUSAL);
        state.report(error);
    }
}

/// How long nothing is asked of a partition that was refused for good: somebody has to change something first.
const RETRY_AFTER_REFUSAL: Duration = Duration::from_secs(1);

fn topic_name(request: &Request, topic: &FetchableTopicResponse<'_>) -> Arc<str> {
    match request.topics.get(&topic.topic_id) {
        Some(name) if topic.topic.is_empty() => Arc::clone(name),
        _ => (&*topic.topic).into(),
    }
}

/// Who leads what now, as far as the answer says so (KIP-951).
fn news(request: &Request, response: &FetchResponse<'_>) -> LeaderNews {
    let mut news = LeaderNews::default();
    for broker in &response.node_endpoints {
        news.add_broker(broker.node_id, &broker.host, broker.port, broker.rack.as_deref());
    }
    for topic in &response.responses {
        for data in topic.partitions.iter().filter(|data| data.current_leader.leader_id >= 0) {
            news.leaders.push(NamedLeader {
                topic: topic_name(request, topic),
                partition: data.partition_index,
                leader: data.current_leader.leader_id,
                leader_epoch: data.current_leader.leader_epoch,
            });
        }
    }
    news
}

/// The bytes of the answer without copying them.
fn shared_bytes(frame: &ResponseFrame, records: Blob<'_>) -> Bytes {
    match records {
        Blob::Borrowed(slice) => frame.bytes().slice_ref(slice),
        Blob::Owned(bytes) => Bytes::from(bytes),
    }
}
