//! What callers ask of the group coordinator, and what they are answered. Wire structs stop at the broker (A3): these
//! are values that do not borrow from a request.

use std::sync::Arc;

use jackdaw_base::{MonotonicNs, Uuid};
use jackdaw_protocol::error_code::ErrorCode;

use super::record::{GroupId, MemberId};

/// Why a request is refused: Kafka's code, and a message where Kafka has one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: {}", code.name(), message.as_deref().unwrap_or("no message"))]
pub struct GroupError {
    /// The code on the wire.
    pub code: ErrorCode,
    /// What to tell the client.
    pub message: Option<String>,
}

impl From<ErrorCode> for GroupError {
    fn from(code: ErrorCode) -> Self {
        Self { code, message: None }
    }
}

impl GroupError {
    /// There is no such group.
    pub fn not_found(group: &str) -> Self {
        Self::new(ErrorCode::GroupIdNotFound, format!("Group {group} not found."))
    }

    /// There is a group of this name, of another type than `wanted`.
    pub fn wrong_type(group: &str, wanted: &str) -> Self {
        Self::new(ErrorCode::GroupIdNotFound, format!("Group {group} is not a {wanted} group."))
    }

    /// A code with a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()) }
    }
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client {
    /// What the client calls itself.
    pub id: Arc<str>,
    /// Its address as Kafka shows it, for example `/127.0.0.1`.
    pub host: Arc<str>,
}

/// JoinGroup.
#[derive(Clone, PartialEq, Debug)]
pub struct JoinGroup {
    /// The group.
    pub group: GroupId,
    /// Empty for a new member.
    pub member: MemberId,
    /// For static members (KIP-345).
    pub instance: Option<Arc<str>>,
    /// Who asks.
    pub client: Client,
    /// In milliseconds.
    pub session_timeout_ms: i32,
    /// In milliseconds.
    pub rebalance_timeout_ms: i32,
    /// For example `consumer`, `connect`.
    pub protocol_type: Arc<str>,
    /// Names and metadata, the most wanted one first.
    pub protocols: Vec<(Arc<str>, Arc<[u8]>)>,
    /// Why it joins (KIP-800).
    pub reason: Option<String>,
    /// From version 4: a new member is given an id and has to come again (KIP-394).
    pub requires_known_member_id: bool,
    /// From version 9: a leader may be told to skip the assignment (KIP-814).
    pub supports_skipping_assignment: bool,
    /// Whether its client bears an answer that waits for others to come.
    pub bears_waiting: bool,
}

/// The answer to [`JoinGroup`].
#[derive(Clone, PartialEq, Debug)]
pub struct Joined {
    /// What went wrong; the other fields are as Kafka answers them then.
    pub error: Option<GroupError>,
    /// The generation, -1 with an error.
    pub generation: i32,
    /// The type of protocol.
    pub protocol_type: Option<Arc<str>>,
    /// The chosen protocol.
    pub protocol: Option<Arc<str>>,
    /// The leader's member id.
    pub leader: MemberId,
    /// Whether the leader needs to assign nothing.
    pub skip_assignment: bool,
    /// The member's id.
    pub member: MemberId,
    /// For the leader: everybody's id, instance and metadata.
    pub members: Vec<JoinedMember>,
}

/// A member as the leader is told of it.
#[derive(Clone, PartialEq, Debug)]
pub struct JoinedMember {
    /// Its id.
    pub member: MemberId,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// Its metadata for the chosen protocol.
    pub metadata: Arc<[u8]>,
}

/// SyncGroup.
#[derive(Clone, PartialEq, Debug)]
pub struct SyncGroup {
    /// The group.
    pub group: GroupId,
    /// The member.
    pub member: MemberId,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// The generation it belongs to.
    pub generation: i32,
    /// What it believes the type to be (KIP-559).
    pub protocol_type: Option<Arc<str>>,
    /// What it believes the protocol to be.
    pub protocol: Option<Arc<str>>,
    /// From the leader: everybody's assignment.
    pub assignments: Vec<(MemberId, Arc<[u8]>)>,
}

/// The answer to [`SyncGroup`].
#[derive(Clone, PartialEq, Debug)]
pub struct Synced {
    /// What went wrong.
    pub error: Option<GroupError>,
    /// The type of protocol.
    pub protocol_type: Option<Arc<str>>,
    /// The protocol.
    pub protocol: Option<Arc<str>>,
    /// This member's assignment.
    pub assignment: Arc<[u8]>,
}

/// Heartbeat.
#[derive(Clone, PartialEq, Debug)]
pub struct Heartbeat {
    /// The group.
    pub group: GroupId,
    /// The member.
    pub member: MemberId,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// Its generation.
    pub generation: i32,
    /// How long the answer may be kept back while there is nothing to say; `None`: not at all.
    pub park_until: Option<MonotonicNs>,
}

/// LeaveGroup.
#[derive(Clone, PartialEq, Debug)]
pub struct LeaveGroup {
    /// The group.
    pub group: GroupId,
    /// Who leaves.
    pub members: Vec<Leaving>,
    /// Whether a single member leaves with the request of versions 0 to 2 (its error is the request's).
    pub is_single: bool,
}

/// One that leaves.
#[derive(Clone, PartialEq, Debug)]
pub struct Leaving {
    /// Its id; may be empty for a static member.
    pub member: MemberId,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// Why.
    pub reason: Option<String>,
}

/// The answer to [`LeaveGroup`], in the order of its members.
#[derive(Clone, PartialEq, Debug)]
pub struct Left {
    /// The request's own error.
    pub error: Option<GroupError>,
    /// Each member's.
    pub members: Vec<(Leaving, Option<ErrorCode>)>,
}

/// ConsumerGroupHeartbeat (KIP-848).
#[derive(Clone, PartialEq, Debug)]
pub struct ConsumerHeartbeat {
    /// The group.
    pub group: GroupId,
    /// The member; empty in version 0 for a new one.
    pub member: MemberId,
    /// 0 to join, -1 to leave, -2 for a static member that will be back.
    pub member_epoch: i32,
    /// For static members.
    pub instance: Option<Arc<str>>,
    /// Where it stands.
    pub rack: Option<Arc<str>>,
    /// In milliseconds; -1 unchanged.
    pub rebalance_timeout_ms: i32,
    /// `None`: unchanged.
    pub topics: Option<Vec<Arc<str>>>,
    /// `None`: unchanged.
    pub regex: Option<Arc<str>>,
    /// The assignor it wishes.
    pub assignor: Option<Arc<str>>,
    /// What it owns; `None`: unchanged.
    pub owned: Option<Vec<(Uuid, Vec<i32>)>>,
    /// Who asks.
    pub client: Client,
    /// Whether the member made its id itself (version 1, KIP-1082).
    pub api_version: i16,
    /// How long the answer may be kept back while there is nothing to say; `None`: not at all.
    pub park_until: Option<MonotonicNs>,
}

/// The answer to [`ConsumerHeartbeat`].
#[derive(Clone, PartialEq, Debug)]
pub struct ConsumerHeartbeatAnswer {
    /// What went wrong.
    pub error: Option<GroupError>,
    /// The member's id.
    pub member: Option<MemberId>,
    /// Its epoch.
    pub member_epoch: i32,
    /// When to come again, in milliseconds.
    pub heartbeat_interval_ms: i32,
    /// What it is to own, if that has changed.
    pub assignment: Option<Vec<(Uuid, Vec<i32>)>>,
}

/// OffsetCommit.
#[derive(Clone, PartialEq, Debug)]
pub struct OffsetCommit {
    /// The group.
    pub group: GroupId,
    /// Empty for a committer outside the group's membership.
    pub member: MemberId,
    /// For static members.
    pub instance: Option<Arc<str>>,
    /// Generation of a classic group, epoch of a consumer group; -1 outside the membership.
    pub generation_or_epoch: i32,
    /// The version of the request; errors of fenced members depend on it.
    pub api_version: i16,
    /// Until version 4: how long the offsets are kept, in milliseconds.
    pub retention_ms: Option<i64>,
    /// What is committed. Topics that do not exist were answered by the caller already.
    pub topics: Vec<CommitTopic>,
}

/// A topic with committed offsets.
#[derive(Clone, PartialEq, Debug)]
pub struct CommitTopic {
    /// Its name.
    pub topic: Arc<str>,
    /// Its id; zero where unknown.
    pub id: Uuid,
    /// Its partitions.
    pub partitions: Vec<CommitPartition>,
}

/// A committed offset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommitPartition {
    /// The partition.
    pub partition: i32,
    /// The offset of the next record to read.
    pub offset: i64,
    /// Epoch of the last record read; -1 unknown.
    pub leader_epoch: i32,
    /// The committer's own text.
    pub metadata: Arc<str>,
}

/// Answers for partitions of topics, in the order of the request.
pub type PartitionErrors = Vec<TopicErrors>;

/// A topic's name and id, and each of its partitions with its error.
pub type TopicErrors = (Arc<str>, Uuid, Vec<(i32, Option<ErrorCode>)>);

/// A topic of [`OffsetFetch`]: name, id (zero where unknown), partitions.
pub type FetchTopic = (Arc<str>, Uuid, Vec<i32>);

/// OffsetFetch for one group.
#[derive(Clone, PartialEq, Debug)]
pub struct OffsetFetch {
    /// The group.
    pub group: GroupId,
    /// The member, where it says so (version 9).
    pub member: Option<MemberId>,
    /// Its epoch; -1 where unknown.
    pub member_epoch: i32,
    /// Topics with names and partitions; `None`: everything the group has.
    pub topics: Option<Vec<FetchTopic>>,
    /// Offsets with an open transaction are answered UNSTABLE_OFFSET_COMMIT.
    pub requires_stable: bool,
}

/// A fetched offset; offset -1 where none is committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchedPartition {
    /// The partition.
    pub partition: i32,
    /// The offset, -1 without one.
    pub offset: i64,
    /// The epoch, -1 without one.
    pub leader_epoch: i32,
    /// The committer's text.
    pub metadata: Arc<str>,
    /// Its own error.
    pub error: Option<ErrorCode>,
}

/// The answer to [`OffsetFetch`].
pub type FetchedOffsets = Vec<(Arc<str>, Uuid, Vec<FetchedPartition>)>;

/// ListGroups. Empty filters admit everything; names as clients spell them, case ignored.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ListGroups {
    /// Wanted states.
    pub states: Vec<String>,
    /// Wanted types.
    pub types: Vec<String>,
}

/// A group in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedGroup {
    /// Its id.
    pub group: GroupId,
    /// `consumer`, `connect`, empty for none.
    pub protocol_type: Arc<str>,
    /// Kafka's name of its state.
    pub state: &'static str,
    /// `classic` or `consumer`.
    pub kind: &'static str,
}

/// A group as DescribeGroups shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct DescribedGroup {
    /// Kafka's name of its state.
    pub state: &'static str,
    /// Type of protocol.
    pub protocol_type: Arc<str>,
    /// The chosen protocol (its `protocol_data`), empty where there is none.
    pub protocol: Arc<str>,
    /// The members.
    pub members: Vec<DescribedMember>,
}

/// A member of [`DescribedGroup`].
#[derive(Clone, PartialEq, Debug)]
pub struct DescribedMember {
    /// Its id.
    pub member: MemberId,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// Who it is.
    pub client: Client,
    /// Its metadata for the chosen protocol.
    pub metadata: Arc<[u8]>,
    /// Its assignment.
    pub assignment: Arc<[u8]>,
}

/// A group as ConsumerGroupDescribe shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct DescribedConsumerGroup {
    /// Kafka's name of its state.
    pub state: &'static str,
    /// Its epoch.
    pub epoch: i32,
    /// The epoch of its target assignment.
    pub assignment_epoch: i32,
    /// The assignor in use.
    pub assignor: Arc<str>,
    /// The members.
    pub members: Vec<DescribedConsumerMember>,
}

/// A topic with partitions, as describers show it.
pub type NamedPartitions = Vec<(Uuid, Arc<str>, Vec<i32>)>;

/// A member of [`DescribedConsumerGroup`].
#[derive(Clone, PartialEq, Debug)]
pub struct DescribedConsumerMember {
    /// Its id.
    pub member: MemberId,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// Its rack.
    pub rack: Option<Arc<str>>,
    /// Its epoch.
    pub member_epoch: i32,
    /// Who it is.
    pub client: Client,
    /// The topics it names.
    pub topics: Vec<Arc<str>>,
    /// Its regular expression.
    pub regex: Option<Arc<str>>,
    /// What it owns.
    pub assignment: NamedPartitions,
    /// What it is to own.
    pub target: NamedPartitions,
    /// 0 for a member with the classic protocol, 1 with the consumer protocol (KIP-1099).
    pub member_type: i8,
}

/// Everything that a group shard is asked.
#[derive(Clone, PartialEq, Debug)]
pub enum GroupRequest {
    /// JoinGroup.
    Join(JoinGroup),
    /// SyncGroup.
    Sync(SyncGroup),
    /// Heartbeat.
    Heartbeat(Heartbeat),
    /// LeaveGroup.
    Leave(LeaveGroup),
    /// ConsumerGroupHeartbeat.
    ConsumerHeartbeat(ConsumerHeartbeat),
    /// OffsetCommit.
    OffsetCommit(OffsetCommit),
    /// OffsetFetch for one group.
    OffsetFetch(OffsetFetch),
    /// OffsetDelete: topics with partitions.
    OffsetDelete {
        /// The group.
        group: GroupId,
        /// Names and partitions.
        topics: Vec<(Arc<str>, Vec<i32>)>,
    },
    /// DeleteGroups, one of them.
    DeleteGroup {
        /// The group.
        group: GroupId,
    },
    /// ListGroups, this shard's share.
    List(ListGroups),
    /// DescribeGroups, one of them.
    Describe {
        /// The group.
        group: GroupId,
    },
    /// ConsumerGroupDescribe, one of them.
    DescribeConsumer {
        /// The group.
        group: GroupId,
    },
    /// From the node itself: topics were deleted, their offsets go.
    TopicsDeleted {
        /// Their names and ids.
        topics: Vec<(Arc<str>, Uuid)>,
    },
    /// From the node itself: topics were created or have changed; subscriptions are looked at again.
    TopicsChanged,
    /// From the node itself, for `/metrics`: committed offsets with their owners.
    Lag,
}

impl GroupRequest {
    /// Whether it comes from a member that is to be given an id: then [`crate::Moment::random`] is used.
    pub fn asks_for_id(&self) -> bool {
        match self {
            Self::Join(join) => join.member.is_empty(),
            Self::ConsumerHeartbeat(heartbeat) => heartbeat.member.is_empty(),
            _ => false,
        }
    }
}

/// The answer to an OffsetDelete, in the order of the request: topics, partitions, errors.
pub type DeletedOffsets = Vec<(Arc<str>, Vec<(i32, Option<ErrorCode>)>)>;

/// A committed offset with whoever owns its partition, for lag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommittedPosition {
    /// The group.
    pub group: GroupId,
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// What is committed.
    pub offset: i64,
    /// When, in milliseconds since 1970.
    pub commit_timestamp_ms: i64,
    /// The member to which the partition is assigned, with its client's id.
    pub owner: Option<(MemberId, Arc<str>)>,
}

/// The answers to [`GroupRequest`], variant by variant.
#[derive(Clone, PartialEq, Debug)]
pub enum GroupAnswer {
    /// To Join.
    Joined(Joined),
    /// To Sync.
    Synced(Synced),
    /// To Heartbeat.
    Heartbeat(Result<(), GroupError>),
    /// To Leave.
    Left(Left),
    /// To ConsumerHeartbeat.
    ConsumerHeartbeat(ConsumerHeartbeatAnswer),
    /// To OffsetCommit: all refused, or each with its own error.
    Committed(Result<PartitionErrors, GroupError>),
    /// To OffsetFetch.
    Fetched(Result<FetchedOffsets, GroupError>),
    /// To OffsetDelete.
    OffsetsDeleted(Result<DeletedOffsets, GroupError>),
    /// To DeleteGroup.
    Deleted(Result<(), GroupError>),
    /// To List.
    Listed(Vec<ListedGroup>),
    /// To Describe.
    Described(Result<DescribedGroup, GroupError>),
    /// To DescribeConsumer.
    DescribedConsumer(Result<DescribedConsumerGroup, GroupError>),
    /// To TopicsDeleted and TopicsChanged.
    Noted,
    /// To Lag.
    Lag(Vec<CommittedPosition>),
}
