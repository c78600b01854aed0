//! The records that consumer groups write.

use std::sync::Arc;

use jackdaw_protocol::messages::consumer_group_metadata_value::ConsumerGroupMetadataValue;
use jackdaw_protocol::messages::consumer_group_regular_expression_value::ConsumerGroupRegularExpressionValue;
use jackdaw_protocol::messages::consumer_group_target_assignment_member_value as target_value;
use jackdaw_protocol::messages::consumer_group_target_assignment_metadata_value::ConsumerGroupTargetAssignmentMetadataValue;

use super::group::{ConsumerGroup, ResolvedRegex};
use super::member::{Current, Subscription};
use crate::group::assignor::Partitions;
use crate::group::record::{GroupId, GroupRecord, MemberId};

/// A group's epoch.
pub fn epoch(group: &GroupId, epoch: i32, metadata_hash: i64) -> GroupRecord {
    let value = ConsumerGroupMetadataValue { epoch, metadata_hash, unknown_tags: Vec::new() };
    GroupRecord::Consumer { group: Arc::clone(group), value: Some(value) }
}

/// What a member wishes.
pub fn subscription(group: &GroupId, member: &MemberId, subscription: &Subscription) -> GroupRecord {
    let value = Some(subscription.to_value());
    GroupRecord::ConsumerMember { group: Arc::clone(group), member: Arc::clone(member), value }
}

/// What a member has.
pub fn current(group: &GroupId, member: &MemberId, current: &Current) -> GroupRecord {
    let value = Some(current.to_value());
    GroupRecord::CurrentAssignment { group: Arc::clone(group), member: Arc::clone(member), value }
}

/// What a member is to have.
pub fn target(group: &GroupId, member: &MemberId, partitions: &Partitions) -> GroupRecord {
    let topics = partitions.iter().map(|(topic, partitions)| target_value::TopicPartition {
        topic_id: *topic,
        partitions: partitions.clone(),
        unknown_tags: Vec::new(),
    });
    let value = target_value::ConsumerGroupTargetAssignmentMemberValue {
        topic_partitions: topics.collect(),
        unknown_tags: Vec::new(),
    };
    GroupRecord::TargetMember { group: Arc::clone(group), member: Arc::clone(member), value: Some(value) }
}

/// The epoch of the target assignment; the time is 0 for one that was taken over from a classic group.
pub fn target_epoch(group: &GroupId, assignment_epoch: i32, assignment_timestamp: i64) -> GroupRecord {
    let value = ConsumerGroupTargetAssignmentMetadataValue {
        assignment_epoch,
        assignment_timestamp,
        unknown_tags: Vec::new(),
    };
    GroupRecord::TargetMetadata { group: Arc::clone(group), value: Some(value) }
}

/// What a regular expression stands for.
pub fn regex(group: &GroupId, regex: &Arc<str>, resolved: &ResolvedRegex) -> GroupRecord {
    let value = ConsumerGroupRegularExpressionValue {
        topics: resolved.topics.iter().map(|topic| topic.to_string().into()).collect(),
        version: resolved.version,
        timestamp: resolved.timestamp_ms,
        unknown_tags: Vec::new(),
    };
    GroupRecord::RegularExpression { group: Arc::clone(group), regex: Arc::clone(regex), value: Some(value) }
}

/// The end of a regular expression.
pub fn regex_tombstone(group: &GroupId, regex: &Arc<str>) -> GroupRecord {
    GroupRecord::RegularExpression { group: Arc::clone(group), regex: Arc::clone(regex), value: None }
}

/// The end of a member, in the order that Kafka needs when it reads them.
pub fn member_tombstones(group: &GroupId, member: &MemberId) -> [GroupRecord; 3] {
    [
        GroupRecord::CurrentAssignment { group: Arc::clone(group), member: Arc::clone(member), value: None },
        GroupRecord::TargetMember { group: Arc::clone(group), member: Arc::clone(member), value: None },
        GroupRecord::ConsumerMember { group: Arc::clone(group), member: Arc::clone(member), value: None },
    ]
}

impl ConsumerGroup {
    /// The records that end it, in the order that Kafka needs when it reads them.
    pub fn tombstones(&self) -> Vec<GroupRecord> {
        let group = &self.id;
        let [current, target, member]: [fn(GroupId, MemberId) -> GroupRecord; 3] = [
            |group, member| GroupRecord::CurrentAssignment { group, member, value: None },
            |group, member| GroupRecord::TargetMember { group, member, value: None },
            |group, member| GroupRecord::ConsumerMember { group, member, value: None },
        ];
        let of_members = |make: fn(GroupId, MemberId) -> GroupRecord| {
            self.members.keys().map(move |member| make(Arc::clone(group), Arc::clone(member)))
        };
        let mut records: Vec<GroupRecord> = of_members(current).chain(of_members(target)).collect();
        records.push(GroupRecord::TargetMetadata { group: Arc::clone(group), value: None });
        records.extend(of_members(member));
        records.extend(self.regexes.keys().map(|regex| regex_tombstone(group, regex)));
        records.push(GroupRecord::ConsumerPartitionMetadata { group: Arc::clone(group), value: None });
        records.push(GroupRecord::Consumer { group: Arc::clone(group), value: None });
        records
    }
}
