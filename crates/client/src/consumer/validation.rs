//! Whether the log of a partition's leader still holds what was read (KIP-320): asked by OffsetForLeaderEpoch (version 3 and
//! newer) when the leader has changed since the place was reached, before anything is fetched from the new one. Each leader
//! is asked by itself, so that one that is silent holds up its own partitions alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use tokio::time::Instant;

use super::handle::Position;
use super::shared::Shared;
use super::state::{Partition, Phase, State};
use crate::cluster::CallOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::topic_partition::TopicPartition;

/// Before this version the request was for brokers among themselves.
const FOR_CONSUMERS_FROM: i16 = 3;

/// A place that is in doubt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Doubt {
    place: Position,
    incarnation: u32,
    /// The leadership that is asked.
    leader_epoch: i32,
}

type Doubts = BTreeMap<TopicPartition, Doubt>;

/// Asks about all places that are in doubt and not waiting after an error.
pub(super) fn start(shared: &Arc<Shared>) {
    let (doubts, has_lost) = collect(shared, Instant::now());
    if has_lost {
        shared.fetcher.lock().wants_metadata = true;
    }
    for (node, doubts) in doubts {
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            let answer = ask(&shared, node, &doubts).await;
            settle(&shared, node, &doubts, answer);
            shared.changed();
        });
    }
}

/// The doubts by the node that can remove them, and whether there are some without such a node.
fn collect(shared: &Shared, now: Instant) -> (BTreeMap<i32, Doubts>, bool) {
    let metadata = shared.cluster.metadata();
    let mut state = shared.state.lock();
    let mut by_node: BTreeMap<i32, Doubts> = BTreeMap::new();
    let mut lost = Vec::new();
    for (name, partition) in &mut state.partitions {
        let is_due = partition.retry_at.is_none_or(|at| at <= now);
        if partition.phase != Phase::Doubted || !is_due || partition.is_held {
            continue;
        }
        match metadata.leader(&name.topic, name.partition) {
            Ok((node, leader_epoch)) => {
                partition.phase = Phase::Validating;
                let incarnation = partition.handle.incarnation();
                let doubt = Doubt { place: partition.fetch, incarnation, leader_epoch };
                by_node.entry(node).or_default().insert(name.clone(), doubt);
            }
            Err(_) => lost.push(name.clone()),
        }
    }
    state.lose(&lost, now + shared.cluster.config().retry_backoff);
    (by_node, !lost.is_empty())
}

/// What a leader answers: for each partition an error, or where the epoch of the place ends in its log.
type Ends = BTreeMap<TopicPartition, Result<Option<Position>>>;

async fn ask(shared: &Shared, node: i32, doubts: &Doubts) -> Result<Ends> {
    let mut topics: BTreeMap<&str, Vec<OffsetForLeaderPartition<'static>>> = BTreeMap::new();
    for (name, doubt) in doubts {
        topics.entry(&name.topic).or_default().push(OffsetForLeaderPartition {
            partition: name.partition,
            current_leader_epoch: doubt.leader_epoch,
            leader_epoch: doubt.place.leader_epoch.unwrap_or(-1),
            ..Default::default()
        });
    }
    let topics = topics.into_iter().map(|(name, partitions)| OffsetForLeaderTopic {
        topic: name.to_owned().into(),
        partitions,
        ..Default::default()
    });
    let request =
        OffsetForLeaderEpochRequest { replica_id: -1, topics: topics.collect(), ..Default::default() };
    let options = CallOptions::versions(FOR_CONSUMERS_FROM..=i16::MAX);
    let answer = shared.cluster.call_with(node, &request, &options).await?;
    let mut ends = Ends::new();
    for topic in answer.topics {
        for found in topic.partitions {
            let is_known = found.end_offset >= 0 && found.leader_epoch >= 0;
            let end = Position { offset: found.end_offset, leader_epoch: Some(found.leader_epoch) };
            let end = Error::check(found.error_code, None).map(|()| is_known.then_some(end));
            ends.insert(TopicPartition::new(&*topic.topic, found.partition), end);
        }
    }
    Ok(ends)
}

fn settle(shared: &Shared, node: i32, doubts: &Doubts, answer: Result<Ends>) {
    let now = Instant::now();
    let mut wants_metadata = false;
    {
        let mut state = shared.state.lock();
        for (name, doubt) in doubts {
            let Some(partition) = state.partitions.get_mut(name) else { continue };
            if partition.phase != Phase::Validating || partition.handle.incarnation() != doubt.incarnation {
                continue;
            }
            let end = match &answer {
                // Nobody can be asked: the broker is too old.
                Err(error) if matches!(error.kind(), ErrorKind::UnsupportedVersion { .. }) => {
                    Ok(Some(doubt.place))
                }
                Err(error) => Err(error.clone()),
                Ok(ends) => ends.get(name).cloned().unwrap_or_else(|| {
                    Err(ErrorKind::InvalidAnswer("it does not mention all that was asked for").into())
                }),
            };
            match end {
                Ok(end) => {
                    if !believe(partition, doubt, end) {
                        tracing::warn!(partition = %name, at = doubt.place.offset, ?end, "records were lost");
                        let retry_at = now + shared.cluster.config().retry_backoff_max;
                        state.truncate(name, end, shared.config.auto_offset_reset, retry_at);
                    }
                }
                Err(error) => {
                    let error = error.with_partition(&name.topic, name.partition).with_broker(node);
                    wants_metadata |= postpone(shared, &mut state, name, error, now);
                }
            }
        }
    }
    shared.fetcher.lock().wants_metadata |= wants_metadata;
}

/// Lets a partition go on if its place is within the leader's log; `false` if it is not.
fn believe(partition: &mut Partition, doubt: &Doubt, end: Option<Position>) -> bool {
    // What was under way has brought records of the old leader meanwhile: another question.
    let has_moved = partition.fetch != doubt.place;
    let is_there = end.is_some_and(|end| doubt.place.offset <= end.offset);
    partition.phase = if is_there && !has_moved { Phase::Fetching } else { Phase::Doubted };
    if is_there && !has_moved {
        partition.validated_in = Some(doubt.leader_epoch);
    }
    is_there
}

/// The question has to be asked again; whether metadata are needed first.
fn postpone(shared: &Shared, state: &mut State, name: &TopicPartition, error: Error, now: Instant) -> bool {
    let Some(partition) = state.partitions.get_mut(name) else { return false };
    let config = shared.cluster.config();
    partition.phase = Phase::Doubted;
    let is_stale = error.is_stale_metadata() || error.is(ErrorCode::UnknownLeaderEpoch);
    partition.is_lost |= is_stale;
    tracing::debug!(%error, "a place cannot be compared with the leader's log now");
    if error.is_retriable() {
        partition.retry_at = Some(now + config.retry_backoff);
    } else {
        partition.retry_at = Some(now + config.retry_backoff_max);
        state.report(error);
    }
    is_stale
}
