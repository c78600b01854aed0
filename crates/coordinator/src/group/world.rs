//! What surrounds a group shard: configurations and topics, as they are when a request is decided.

use std::sync::Arc;

use jackdaw_base::Uuid;

/// A topic, as far as groups need it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicInfo {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: Arc<str>,
    /// Racks of the replicas of each partition; as long as the topic has partitions. Sorted, without doubles.
    pub partition_racks: Vec<Vec<Arc<str>>>,
}

/// The topics that exist.
pub trait Topics: Send + Sync {
    /// Rises with every change of the metadata (Kafka's metadata image version).
    fn version(&self) -> i64;
    /// By name.
    fn by_name(&self, name: &str) -> Option<Arc<TopicInfo>>;
    /// By id.
    fn by_id(&self, id: Uuid) -> Option<Arc<TopicInfo>>;
    /// All names, sorted; regular expressions are matched against them.
    fn names(&self) -> Vec<Arc<str>>;
}

/// KIP-848: which groups may change their protocol while they have members (`group.consumer.migration.policy`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MigrationPolicy {
    /// Neither way.
    Disabled,
    /// From classic to consumer.
    Upgrade,
    /// From consumer to classic.
    Downgrade,
    /// Both.
    Bidirectional,
}

/// Kafka's configurations of groups, as plain values. Times in milliseconds.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupSettings {
    /// `group.min.session.timeout.ms`.
    pub classic_session_timeout_ms_min: i32,
    /// `group.max.session.timeout.ms`.
    pub classic_session_timeout_ms_max: i32,
    /// `group.max.size`.
    pub classic_size_max: usize,
    /// `group.initial.rebalance.delay.ms`.
    pub initial_rebalance_delay_ms: i32,
    /// How long a member that was given an id has to come again.
    pub new_member_join_timeout_ms: i32,
    /// `group.consumer.session.timeout.ms`, or the group's own `consumer.session.timeout.ms`.
    pub consumer_session_timeout_ms: i32,
    /// `group.consumer.heartbeat.interval.ms`, or the group's own `consumer.heartbeat.interval.ms`.
    pub consumer_heartbeat_interval_ms: i32,
    /// `group.consumer.max.size`.
    pub consumer_size_max: usize,
    /// `group.consumer.assignors`, the first is the default: `uniform`, `range`.
    pub consumer_assignors: Vec<Arc<str>>,
    /// `group.consumer.migration.policy`.
    pub migration_policy: MigrationPolicy,
    /// `group.consumer.assignment.interval.ms`: at least so long between two target assignments; 0: at once.
    pub assignment_interval_ms: i32,
    /// `group.consumer.regex.refresh.interval.ms`.
    pub regex_refresh_interval_ms: i64,
    /// `offset.metadata.max.bytes`.
    pub offset_metadata_bytes_max: usize,
    /// `offsets.retention.minutes`, in milliseconds.
    pub offsets_retention_ms: i64,
    /// `offsets.retention.check.interval.ms`.
    pub offsets_retention_check_interval_ms: i64,
}

impl Default for GroupSettings {
    /// Kafka's defaults, but for the delay between two target assignments: ours is none.
    fn default() -> Self {
        Self {
            classic_session_timeout_ms_min: 6000,
            classic_session_timeout_ms_max: 1_800_000,
            classic_size_max: usize::MAX,
            initial_rebalance_delay_ms: 3000,
            new_member_join_timeout_ms: 300_000,
            consumer_session_timeout_ms: 45_000,
            consumer_heartbeat_interval_ms: 5000,
            consumer_size_max: usize::MAX,
            consumer_assignors: vec!["uniform".into(), "range".into()],
            migration_policy: MigrationPolicy::Bidirectional,
            assignment_interval_ms: 0,
            regex_refresh_interval_ms: 600_000,
            offset_metadata_bytes_max: 4096,
            offsets_retention_ms: 604_800_000,
            offsets_retention_check_interval_ms: 600_000,
        }
    }
}

/// What surrounds a group shard.
pub trait World: Send + Sync {
    /// The topics.
    fn topics(&self) -> &dyn Topics;
    /// The configurations that hold for a group (its own ones win).
    fn settings(&self, group: &str) -> Arc<GroupSettings>;
    /// Whether the cluster's `group.version` allows the consumer protocol.
    fn has_consumer_protocol(&self) -> bool;
    /// Whether answers may be kept back until there is something to say.
    fn parks_answers(&self) -> bool {
        true
    }
}
