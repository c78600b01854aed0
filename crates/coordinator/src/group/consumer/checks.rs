//! What requests are refused for, with Kafka's messages. Pure.

use jackdaw_base::Uuid;
use jackdaw_protocol::error_code::ErrorCode;

use super::group::ConsumerGroup;
use super::member::{AWAY_EPOCH, Current, LEAVING_EPOCH, Member};
use super::reconcile::Owned;
use crate::group::record::MemberId;
use crate::group::request::{ConsumerHeartbeat, GroupError, OffsetCommit, OffsetFetch};
use crate::group::world::GroupSettings;

/// From this version on members make their ids themselves (KIP-1082).
const OWN_ID_VERSION: i16 = 1;
/// From this version on OffsetCommit carries member epochs.
const EPOCH_COMMIT_VERSION: i16 = 9;

fn invalid(message: &str) -> GroupError {
    GroupError::new(ErrorCode::InvalidRequest, message)
}

/// Whether the request makes sense by itself.
///
/// # Errors
/// INVALID_REQUEST, UNSUPPORTED_ASSIGNOR.
pub fn check_request(request: &ConsumerHeartbeat, settings: &GroupSettings) -> Result<(), GroupError> {
    let is_blank = |text: Option<&str>| text.is_some_and(|text| text.trim().is_empty());
    let epoch = request.member_epoch;
    let needs_id = request.api_version >= OWN_ID_VERSION || epoch > 0 || epoch == LEAVING_EPOCH;
    if needs_id && is_blank(Some(&request.member)) {
        return Err(invalid("MemberId can't be empty."));
    }
    if is_blank(Some(&request.group)) {
        return Err(invalid("GroupId can't be empty."));
    }
    if is_blank(request.instance.as_deref()) {
        return Err(invalid("InstanceId can't be empty."));
    }
    if is_blank(request.rack.as_deref()) {
        return Err(invalid("RackId can't be empty."));
    }
    match epoch {
        0 if request.rebalance_timeout_ms == -1 => {
            return Err(invalid("RebalanceTimeoutMs must be provided in first request."));
        }
        0 if request.owned.as_ref().is_none_or(|owned| !owned.is_empty()) => {
            return Err(invalid("TopicPartitions must be empty when (re-)joining."));
        }
        0 if request.topics.is_none() && request.regex.is_none() => {
            return Err(invalid(
                "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.",
            ));
        }
        AWAY_EPOCH if request.instance.is_none() => return Err(invalid("InstanceId can't be null.")),
        ..AWAY_EPOCH => return Err(invalid("MemberEpoch is invalid.")),
        _ => {}
    }
    check_assignor(request, settings)
}

fn check_assignor(request: &ConsumerHeartbeat, settings: &GroupSettings) -> Result<(), GroupError> {
    let Some(assignor) = &request.assignor else { return Ok(()) };
    if settings.consumer_assignors.contains(assignor) {
        return Ok(());
    }
    let offered = settings.consumer_assignors.join(", ");
    let message = format!("ServerAssignor {assignor} is not supported. Supported assignors: {offered}.");
    Err(GroupError::new(ErrorCode::UnsupportedAssignor, message))
}

/// Whether another member fits into a group with `count` members.
///
/// # Errors
/// GROUP_MAX_SIZE_REACHED.
pub fn check_size(count: usize, settings: &GroupSettings) -> Result<(), GroupError> {
    let max = settings.consumer_size_max;
    if count < max {
        return Ok(());
    }
    let message = format!("The consumer group has reached its maximum capacity of {max} members.");
    Err(GroupError::new(ErrorCode::GroupMaxSizeReached, message))
}

/// The member of this id.
///
/// # Errors
/// UNKNOWN_MEMBER_ID.
pub fn known<'a>(group: &'a ConsumerGroup, id: &str) -> Result<&'a Member, GroupError> {
    group.members.get(id).ok_or_else(|| unknown_member(id, &group.id))
}

/// The error of a member that the group does not have.
pub fn unknown_member(id: &str, group: &str) -> GroupError {
    GroupError::new(ErrorCode::UnknownMemberId, format!("Member {id} is not a member of group {group}."))
}

/// The member of this instance id, if it has this member id, too.
///
/// # Errors
/// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID.
pub fn known_static<'a>(
    group: &'a ConsumerGroup,
    id: &str,
    instance: &str,
) -> Result<(&'a MemberId, &'a Member), GroupError> {
    let Some((owner, member)) = group.member_of_instance(instance) else {
        let message = format!("Instance id {instance} is unknown.");
        return Err(GroupError::new(ErrorCode::UnknownMemberId, message));
    };
    if **owner != *id {
        let message = format!("Static member {id} with instance id {instance} was fenced by member {owner}.");
        return Err(GroupError::new(ErrorCode::FencedInstanceId, message));
    }
    Ok((owner, member))
}

/// Whether a static member that joins may take the place of the one that has its instance id.
///
/// # Errors
/// UNRELEASED_INSTANCE_ID.
pub fn check_released(id: &str, instance: &str, owner: &MemberId, member: &Member) -> Result<(), GroupError> {
    if member.is_classic() || member.current.epoch == AWAY_EPOCH {
        return Ok(());
    }
    let message = format!(
        "Static member {id} with instance id {instance} cannot join the group because the instance id is owned by \
         {owner} member."
    );
    Err(GroupError::new(ErrorCode::UnreleasedInstanceId, message))
}

/// Whether a heartbeat comes with the member's epoch. The epoch before is accepted from a member that owns no more
/// than it has now: the answer with the new epoch may have been lost.
///
/// # Errors
/// FENCED_MEMBER_EPOCH.
pub fn check_epoch(current: &Current, received: i32, owned: Owned<'_>) -> Result<(), GroupError> {
    let word = match received {
        0 => return Ok(()),
        _ if received > current.epoch => "greater",
        _ if received < current.epoch
            && !(received == current.previous_epoch && owns_only(current, owned)) =>
        {
            "smaller"
        }
        _ => return Ok(()),
    };
    let message = format!(
        "The consumer group member has a {word} member epoch ({received}) than the one known by the group coordinator \
         ({}). The member must abandon all its partitions and rejoin.",
        current.epoch
    );
    Err(GroupError::new(ErrorCode::FencedMemberEpoch, message))
}

fn owns_only(current: &Current, owned: Owned<'_>) -> bool {
    let is_assigned = |topic: &Uuid, partition: &i32| {
        current.assigned.get(topic).is_some_and(|partitions| partitions.contains_key(partition))
    };
    owned.is_some_and(|owned| {
        owned
            .iter()
            .all(|(topic, partitions)| partitions.iter().all(|partition| is_assigned(topic, partition)))
    })
}

impl ConsumerGroup {
    /// Whether this commit comes from a member in an epoch that may commit these partitions (C4, KIP-1251).
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH or ILLEGAL_GENERATION, UNSUPPORTED_VERSION.
    pub fn check_commit(&self, commit: &OffsetCommit) -> Result<(), GroupError> {
        // An administrator, or a consumer outside the membership.
        if commit.generation_or_epoch < 0 && self.is_empty() {
            return Ok(());
        }
        let member = known(self, &commit.member)?;
        if !member.is_classic() && commit.api_version < EPOCH_COMMIT_VERSION {
            return Err(GroupError::new(
                ErrorCode::UnsupportedVersion,
                "OffsetCommit version 9 or above must be used by members using the consumer group protocol",
            ));
        }
        let received = commit.generation_or_epoch;
        let epoch = member.current.epoch;
        if received == epoch {
            return Ok(());
        }
        if received > epoch {
            let word = if member.is_classic() { "generation id" } else { "member epoch" };
            let message = format!("Received {word} {received} is newer than current member epoch {epoch}.");
            return Err(stale(member, message));
        }
        for topic in &commit.topics {
            for partition in &topic.partitions {
                check_partition(member, received, &topic.topic, topic.id, partition.partition)?;
            }
        }
        Ok(())
    }

    /// Whether a fetch that names a member is one of its current epoch.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH or ILLEGAL_GENERATION.
    pub fn check_fetch(&self, fetch: &OffsetFetch) -> Result<(), GroupError> {
        if fetch.member.is_none() && fetch.member_epoch < 0 {
            return Ok(());
        }
        let member = known(self, fetch.member.as_deref().unwrap_or_default())?;
        let (received, epoch) = (fetch.member_epoch, member.current.epoch);
        if received == epoch {
            return Ok(());
        }
        let word = if member.is_classic() { "generation id" } else { "member epoch" };
        let message =
            format!("The received {word} {received} does not match the expected member epoch {epoch}.");
        Err(stale(member, message))
    }

    /// Whether it may be deleted.
    ///
    /// # Errors
    /// NON_EMPTY_GROUP.
    pub fn check_delete(&self) -> Result<(), GroupError> {
        match self.is_empty() {
            true => Ok(()),
            false => Err(ErrorCode::NonEmptyGroup.into()),
        }
    }
}

/// A commit with an older epoch is taken for partitions that the member had then and still has.
fn check_partition(
    member: &Member,
    received: i32,
    topic: &str,
    id: Uuid,
    partition: i32,
) -> Result<(), GroupError> {
    match member.current.epoch_of(id, partition) {
        None => {
            let message =
                format!("Partition {topic}-{partition} is not assigned or pending revocation for member.");
            Err(stale(member, message))
        }
        Some(epoch) if received < epoch => {
            let word = if member.is_classic() { "generation id" } else { "member epoch" };
            let message = format!(
                "Received {word} {received} is older than assignment epoch {epoch} for partition {topic}-{partition}."
            );
            Err(stale(member, message))
        }
        Some(_) => Ok(()),
    }
}

fn stale(member: &Member, message: String) -> GroupError {
    let code = if member.is_classic() { ErrorCode::IllegalGeneration } else { ErrorCode::StaleMemberEpoch };
    GroupError::new(code, message)
}
