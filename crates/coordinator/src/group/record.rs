//! The records of `__consumer_offsets`, as values. A value of `None` is a tombstone. Their bytes are in [`codec`].

pub mod codec;

use std::sync::Arc;

use jackdaw_protocol::messages::consumer_group_current_member_assignment_value::ConsumerGroupCurrentMemberAssignmentValue;
use jackdaw_protocol::messages::consumer_group_member_metadata_value::ConsumerGroupMemberMetadataValue;
use jackdaw_protocol::messages::consumer_group_metadata_value::ConsumerGroupMetadataValue;
use jackdaw_protocol::messages::consumer_group_partition_metadata_value::ConsumerGroupPartitionMetadataValue;
use jackdaw_protocol::messages::consumer_group_regular_expression_value::ConsumerGroupRegularExpressionValue;
use jackdaw_protocol::messages::consumer_group_target_assignment_member_value::ConsumerGroupTargetAssignmentMemberValue;
use jackdaw_protocol::messages::consumer_group_target_assignment_metadata_value::ConsumerGroupTargetAssignmentMetadataValue;
use jackdaw_protocol::messages::group_metadata_value::GroupMetadataValue;
use jackdaw_protocol::messages::offset_commit_value::OffsetCommitValue;

pub use codec::{DecodeRecordError, EncodedRecord, RECORD_OVERHEAD_BYTES, decode, encode, size_bytes};

/// A group's id.
pub type GroupId = Arc<str>;
/// A member's id.
pub type MemberId = Arc<str>;

/// One record of the topic.
#[derive(Clone, PartialEq, Debug)]
pub enum GroupRecord {
    /// A committed offset (key versions 0 and 1).
    Offset {
        /// The group.
        group: GroupId,
        /// The topic's name.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// What is committed.
        value: Option<OffsetCommitValue<'static>>,
    },
    /// A group of the classic protocol with its members (key version 2).
    Classic {
        /// The group.
        group: GroupId,
        /// Generation, protocol, members.
        value: Option<GroupMetadataValue<'static>>,
    },
    /// A group of the consumer protocol (key version 3).
    Consumer {
        /// The group.
        group: GroupId,
        /// Its epoch.
        value: Option<ConsumerGroupMetadataValue<'static>>,
    },
    /// What earlier Kafkas knew of subscribed topics (key version 4). It is only removed, never written.
    ConsumerPartitionMetadata {
        /// The group.
        group: GroupId,
        /// The topics, as they were.
        value: Option<ConsumerGroupPartitionMetadataValue<'static>>,
    },
    /// A member of a consumer group (key version 5).
    ConsumerMember {
        /// The group.
        group: GroupId,
        /// The member.
        member: MemberId,
        /// Its subscription.
        value: Option<ConsumerGroupMemberMetadataValue<'static>>,
    },
    /// The epoch of the target assignment (key version 6).
    TargetMetadata {
        /// The group.
        group: GroupId,
        /// The epoch.
        value: Option<ConsumerGroupTargetAssignmentMetadataValue<'static>>,
    },
    /// A member's target assignment (key version 7).
    TargetMember {
        /// The group.
        group: GroupId,
        /// The member.
        member: MemberId,
        /// Its partitions.
        value: Option<ConsumerGroupTargetAssignmentMemberValue<'static>>,
    },
    /// What a member owns and gives back (key version 8).
    CurrentAssignment {
        /// The group.
        group: GroupId,
        /// The member.
        member: MemberId,
        /// Its epochs, state and partitions.
        value: Option<ConsumerGroupCurrentMemberAssignmentValue<'static>>,
    },
    /// The topics that a regular expression stands for (key version 16).
    RegularExpression {
        /// The group.
        group: GroupId,
        /// The expression.
        regex: Arc<str>,
        /// The topics.
        value: Option<ConsumerGroupRegularExpressionValue<'static>>,
    },
}

impl GroupRecord {
    /// The record that deletes a committed offset.
    pub fn offset_tombstone(group: &GroupId, topic: &Arc<str>, partition: i32) -> Self {
        Self::Offset { group: Arc::clone(group), topic: Arc::clone(topic), partition, value: None }
    }

    /// The group that the record is about.
    pub fn group(&self) -> &GroupId {
        match self {
            Self::Offset { group, .. }
            | Self::Classic { group, .. }
            | Self::Consumer { group, .. }
            | Self::ConsumerPartitionMetadata { group, .. }
            | Self::ConsumerMember { group, .. }
            | Self::TargetMetadata { group, .. }
            | Self::TargetMember { group, .. }
            | Self::CurrentAssignment { group, .. }
            | Self::RegularExpression { group, .. } => group,
        }
    }
}
