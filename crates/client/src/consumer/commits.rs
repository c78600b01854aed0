//! Committing offsets and reading committed ones, with the member's identity, at the coordinator. Not on the connection
//! where joins wait. OffsetCommit and OffsetFetch say topics by their ids (version 10 of both) where broker and metadata
//! have them, else by name: an offset of a topic that was deleted says nothing about a new one of the same name.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jackdaw_base::Uuid;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use jackdaw_protocol::messages::offset_fetch_request::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use jackdaw_protocol::messages::offset_fetch_response::OffsetFetchResponse;
use tokio::time::{Instant, sleep, timeout_at};

use super::protocol::by_topic;
use super::shared::Shared;
use crate::admin::CommittedOffset;
use crate::cluster::{CallOptions, CoordinatorKind};
use crate::error::{Error, ErrorKind, Result};
use crate::topic_partition::TopicPartition;

/// The last versions that name topics instead of giving their ids.
const BY_NAME_MAX: i16 = 9;
/// From this version on OffsetFetch asks for lists of groups.
const GROUPS_FROM: i16 = 8;
/// How long an automatic commit is tried.
const AUTO_COMMIT_MAX: Duration = Duration::from_secs(30);

/// Topics with the ids that offsets belong to; zero where nobody knows one.
type TopicIds = BTreeMap<Arc<str>, Uuid>;

/// Offsets by partition.
pub(super) type Offsets = BTreeMap<TopicPartition, CommittedOffset>;

/// Commits `offsets`.
///
/// # Errors
/// The first partition's refusal, or no coordinator in time.
pub(super) async fn commit(shared: &Shared, offsets: &Offsets, limit: Duration) -> Result<()> {
    if offsets.is_empty() {
        return Ok(());
    }
    let deadline = Instant::now() + limit;
    let ids = ids_of(shared, offsets.keys());
    until(shared, &ids, deadline, || commit_once(shared, offsets, &ids)).await
}

/// What the group has committed. Partitions without a commit are left out.
///
/// # Errors
/// The first partition's refusal, or no coordinator in time.
pub(super) async fn committed(
    shared: &Shared,
    partitions: &[TopicPartition],
    limit: Duration,
) -> Result<Offsets> {
    let deadline = Instant::now() + limit;
    let ids = ids_of(shared, partitions);
    until(shared, &ids, deadline, || committed_once(shared, partitions)).await
}

/// The topics that were read, as far as that is known, else those that have these names now.
fn ids_of<'p>(shared: &Shared, partitions: impl IntoIterator<Item = &'p TopicPartition>) -> TopicIds {
    let metadata = shared.cluster.metadata();
    let state = shared.state.lock();
    let mut ids = TopicIds::new();
    for name in partitions {
        let read = state.partitions.get(name).map_or(Uuid::ZERO, |partition| partition.topic_id);
        let id = ids.entry(Arc::clone(&name.topic)).or_insert(read);
        if id.is_zero() {
            *id = read;
        }
    }
    for (name, id) in ids.iter_mut().filter(|(_, id)| id.is_zero()) {
        *id = metadata.topic(name).map_or(Uuid::ZERO, |topic| topic.id);
    }
    ids
}

/// Whether another topic than the one with this id has the name now.
fn is_recreated(shared: &Shared, name: &str, id: Uuid) -> bool {
    let now = shared.cluster.metadata().topic(name).map_or(Uuid::ZERO, |topic| topic.id);
    !id.is_zero() && !now.is_zero() && id != now
}

/// The errand of automatic commits.
pub(super) async fn auto_commit(shared: Arc<Shared>) {
    let offsets = to_commit(&shared, |_| true);
    if let Err(error) = commit(&shared, &offsets, AUTO_COMMIT_MAX).await {
        tracing::warn!(%error, "an automatic commit failed; the next one will try again");
    }
}

/// Commits what is about to go to somebody else.
pub(super) async fn commit_before_revocation(
    shared: &Shared,
    partitions: &BTreeSet<TopicPartition>,
    deadline: Instant,
) {
    let offsets = to_commit(shared, |partition| partitions.contains(partition));
    let left = deadline.saturating_duration_since(Instant::now()).min(AUTO_COMMIT_MAX);
    if let Err(error) = commit(shared, &offsets, left).await {
        tracing::warn!(%error, "the commit before a rebalance failed: records may be read twice");
    }
}

/// Positions that the group does not know yet, in the form of commits.
fn to_commit(shared: &Shared, is_meant: impl Fn(&TopicPartition) -> bool) -> Offsets {
    let positions = shared.state.lock().positions();
    let known = shared.committed.lock();
    let news = positions
        .into_iter()
        .filter(|(name, position)| is_meant(name) && known.get(name) != Some(&position.offset));
    news.map(|(name, position)| {
        let offset = CommittedOffset {
            offset: position.offset,
            leader_epoch: position.leader_epoch,
            metadata: String::new(),
        };
        (name, offset)
    })
    .collect()
}

/// All positions, in the form of commits.
pub(super) fn positions(shared: &Shared) -> Offsets {
    let positions = shared.state.lock().positions();
    let offset = |position: super::handle::Position| CommittedOffset {
        offset: position.offset,
        leader_epoch: position.leader_epoch,
        metadata: String::new(),
    };
    positions.into_iter().map(|(name, position)| (name, offset(position))).collect()
}

/// Tries again for as long as that can help and there is time.
async fn until<T, F>(
    shared: &Shared,
    topics: &TopicIds,
    deadline: Instant,
    attempt: impl Fn() -> F,
) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    loop {
        let outcome = match timeout_at(deadline, attempt()).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let after = shared.cluster.config().api_timeout;
                Err(ErrorKind::Timeout { waiting_for: "the coordinator of the group", after }.into())
            }
        };
        let Err(error) = outcome else { return outcome };
        let has_moved = error.is(ErrorCode::NotCoordinator)
            || error.is(ErrorCode::CoordinatorNotAvailable)
            || error.is_disconnect();
        if has_moved && let Some(group) = &shared.config.group_id {
            shared.cluster.forget_coordinator(CoordinatorKind::Group, group);
        }
        // The coordinator has moved the member on; the next heartbeat tells us to which epoch.
        let is_stale = error.is(ErrorCode::StaleMemberEpoch);
        let next = Instant::now() + shared.cluster.config().retry_backoff;
        if !(error.is_retriable() || is_stale) || next >= deadline {
            return Err(error);
        }
        sleep(shared.cluster.config().retry_backoff).await;
        if error.is_stale_metadata() {
            let topics: Vec<&str> = topics.keys().map(|topic| &**topic).collect();
            if let Ok(Err(error)) = timeout_at(deadline, shared.cluster.refresh(&topics)).await {
                tracing::debug!(%error, "no fresh metadata before the next attempt");
            }
        }
    }
}

fn group(shared: &Shared) -> Result<&str> {
    let group = shared.config.group_id.as_deref().filter(|group| !group.is_empty());
    group.ok_or_else(|| ErrorKind::InvalidState("there is no group: group.id is not set").into())
}

async fn commit_once(shared: &Shared, offsets: &Offsets, ids: &TopicIds) -> Result<()> {
    let group = group(shared)?;
    let place = |error: Error, name: &TopicPartition| {
        error.with_partition(&name.topic, name.partition).with_resource("group", group)
    };
    let is_gone = |name: &TopicPartition| is_recreated(shared, &name.topic, ids[&name.topic]);
    let mut refused =
        offsets.keys().find(|name| is_gone(name)).map(|name| place(ErrorKind::TopicRecreated.into(), name));
    let meant = offsets.iter().filter(|(name, _)| !is_gone(name));
    let request = commit_request(shared, group, meant, ids)?;
    if request.topics.is_empty() {
        return refused.map_or(Ok(()), Err);
    }
    let coordinator = shared.cluster.coordinator(CoordinatorKind::Group, group).await?;
    let answer = shared.cluster.call_with(coordinator, &request, &versions(ids)).await?;
    let mut known = shared.committed.lock();
    for topic in answer.topics {
        let topic_name = name_of(&topic.name, topic.topic_id, ids)?;
        for partition in topic.partitions {
            let name =
                TopicPartition { topic: Arc::clone(&topic_name), partition: partition.partition_index };
            match Error::check(partition.error_code, None) {
                Ok(()) => {
                    if let Some(offset) = offsets.get(&name) {
                        known.insert(name, offset.offset);
                    }
                }
                Err(error) => {
                    refused.get_or_insert(place(error, &name));
                }
            }
        }
    }
    refused.map_or(Ok(()), Err)
}

/// All versions if every topic has an id, else those that say names.
fn versions(ids: &TopicIds) -> CallOptions {
    let has_ids = ids.values().all(|id| !id.is_zero());
    CallOptions::versions(0..=if has_ids { i16::MAX } else { BY_NAME_MAX })
}

/// The topic that an answer means.
fn name_of(name: &str, id: Uuid, ids: &TopicIds) -> Result<Arc<str>> {
    if !name.is_empty() {
        return Ok(name.into());
    }
    let found = ids.iter().find(|(_, known)| **known == id);
    found
        .map(|(name, _)| Arc::clone(name))
        .ok_or_else(|| ErrorKind::InvalidAnswer("offsets of a topic that nobody asked for").into())
}

fn commit_request<'o>(
    shared: &Shared,
    group: &str,
    offsets: impl Iterator<Item = (&'o TopicPartition, &'o CommittedOffset)>,
    ids: &TopicIds,
) -> Result<OffsetCommitRequest<'static>> {
    let mut topics: BTreeMap<&str, Vec<OffsetCommitRequestPartition<'static>>> = BTreeMap::new();
    for (name, offset) in offsets {
        topics.entry(&name.topic).or_default().push(OffsetCommitRequestPartition {
            partition_index: name.partition,
            committed_offset: offset.offset,
            committed_leader_epoch: offset.leader_epoch.unwrap_or(-1),
            committed_metadata: Some(offset.metadata.clone().into()),
            ..Default::default()
        });
    }
    let topics = topics.into_iter().map(|(name, partitions)| OffsetCommitRequestTopic {
        name: name.to_owned().into(),
        topic_id: ids.get(name).copied().unwrap_or_default(),
        partitions,
        ..Default::default()
    });
    let membership = shared.membership.lock().clone();
    let is_member = shared.subscription.lock().needs_group() || membership.generation.is_some();
    if is_member && membership.generation.is_none() {
        // Who has lost its partitions must not commit over those who have them now.
        return Err(
            ErrorKind::InvalidState("not a member of the group now: offsets cannot be committed").into()
        );
    }
    Ok(OffsetCommitRequest {
        group_id: group.to_owned().into(),
        generation_id_or_member_epoch: membership.generation.unwrap_or(-1),
        member_id: if is_member { membership.member_id.into() } else { "".into() },
        group_instance_id: match is_member {
            true => shared.config.group_instance_id.clone().map(Into::into),
            false => None,
        },
        topics: topics.collect(),
        ..Default::default()
    })
}

async fn committed_once(shared: &Shared, partitions: &[TopicPartition]) -> Result<Offsets> {
    let group = group(shared)?;
    // Anew for each attempt: what is committed now is what the topics of these names have now.
    let metadata = shared.cluster.metadata();
    let id = |topic: &str| metadata.topic(topic).map_or(Uuid::ZERO, |topic| topic.id);
    let ids: TopicIds = partitions.iter().map(|name| (Arc::clone(&name.topic), id(&name.topic))).collect();
    let coordinator = shared.cluster.coordinator(CoordinatorKind::Group, group).await?;
    let versions = versions(&ids).versions;
    let with_groups = CallOptions::versions(GROUPS_FROM..=*versions.end());
    let request = groups_request(group, partitions, &ids);
    let answer = match shared.cluster.call_with(coordinator, &request, &with_groups).await {
        Err(error) if matches!(error.kind(), ErrorKind::UnsupportedVersion { .. }) => {
            let options = CallOptions::versions(0..=GROUPS_FROM - 1);
            shared.cluster.call_with(coordinator, &one_group_request(group, partitions), &options).await?
        }
        answer => answer?,
    };
    let offsets = read(answer, &ids)?;
    let mut known = shared.committed.lock();
    known.extend(offsets.iter().map(|(name, offset)| (name.clone(), offset.offset)));
    Ok(offsets)
}

fn read(answer: OffsetFetchResponse<'static>, ids: &TopicIds) -> Result<Offsets> {
    Error::check(answer.error_code, None)?;
    let mut offsets = Offsets::new();
    let mut note = |topic: &Arc<str>, partition: i32, code: i16, found: (i64, i32, Option<String>)| {
        Error::check(code, None).map_err(|error| error.with_partition(topic, partition))?;
        if let Some(offset) = CommittedOffset::of_wire(found.0, found.1, found.2) {
            offsets.insert(TopicPartition { topic: Arc::clone(topic), partition }, offset);
        }
        Ok::<(), Error>(())
    };
    for group in answer.groups {
        Error::check(group.error_code, None)?;
        for topic in group.topics {
            let name = name_of(&topic.name, topic.topic_id, ids)?;
            for found in topic.partitions {
                let metadata = found.metadata.map(|text| text.into_owned());
                let offset = (found.committed_offset, found.committed_leader_epoch, metadata);
                note(&name, found.partition_index, found.error_code, offset)?;
            }
        }
    }
    for topic in answer.topics {
        let name = Arc::from(&*topic.name);
        for found in topic.partitions {
            let metadata = found.metadata.map(|text| text.into_owned());
            let offset = (found.committed_offset, found.committed_leader_epoch, metadata);
            note(&name, found.partition_index, found.error_code, offset)?;
        }
    }
    Ok(offsets)
}

fn groups_request(group: &str, partitions: &[TopicPartition], ids: &TopicIds) -> OffsetFetchRequest<'static> {
    let topics = by_topic(partitions).into_iter().map(|(name, partition_indexes)| OffsetFetchRequestTopics {
        name: name.to_owned().into(),
        topic_id: ids.get(name).copied().unwrap_or_default(),
        partition_indexes,
        ..Default::default()
    });
    let group = OffsetFetchRequestGroup {
        group_id: group.to_owned().into(),
        topics: Some(topics.collect()),
        ..Default::default()
    };
    // Offsets of open transactions are waited for (KIP-447).
    OffsetFetchRequest { groups: vec![group], require_stable: true, ..Default::default() }
}

fn one_group_request(group: &str, partitions: &[TopicPartition]) -> OffsetFetchRequest<'static> {
    let topics = by_topic(partitions).into_iter().map(|(name, partition_indexes)| OffsetFetchRequestTopic {
        name: name.to_owned().into(),
        partition_indexes,
        ..Default::default()
    });
    OffsetFetchRequest {
        group_id: group.to_owned().into(),
        topics: Some(topics.collect()),
        ..Default::default()
    }
}
