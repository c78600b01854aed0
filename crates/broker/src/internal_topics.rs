//! Topics that the brokers keep for themselves: clients read them, but neither write nor trim them.

/// Committed offsets and groups.
pub const GROUP_METADATA: &str = "__consumer_offsets";
/// Transactions.
pub const TRANSACTION_STATE: &str = "__transaction_state";
/// The state of share groups.
pub const SHARE_GROUP_STATE: &str = "__share_group_state";

/// Names of internal topics.
pub const INTERNAL_TOPICS: [&str; 3] = [GROUP_METADATA, TRANSACTION_STATE, SHARE_GROUP_STATE];

/// Whether a topic is internal.
pub fn is_internal(topic: &str) -> bool {
    INTERNAL_TOPICS.contains(&topic)
}
