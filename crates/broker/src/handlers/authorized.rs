//! Which operations a principal may do, as bits of an answer (KIP-430). Without an authorizer that is all of them.

/// The answer to a client that did not ask.
pub const NOT_ASKED: i32 = i32::MIN;

/// Codes of Kafka's ACL operations, as bits.
const fn bits(operations: &[u8]) -> i32 {
    let (mut sum, mut index) = (0, 0);
    while index < operations.len() {
        sum |= 1 << operations[index];
        index += 1;
    }
    sum
}

/// Create, Alter, Describe, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite.
const ON_CLUSTER: i32 = bits(&[5, 7, 8, 9, 10, 11, 12]);
/// Read, Write, Create, Delete, Alter, Describe, DescribeConfigs, AlterConfigs.
const ON_TOPIC: i32 = bits(&[3, 4, 5, 6, 7, 8, 10, 11]);
/// Read, Delete, Describe, DescribeConfigs, AlterConfigs.
const ON_GROUP: i32 = bits(&[3, 6, 8, 10, 11]);

/// What may be done to a group.
pub fn on_group(is_asked: bool) -> i32 {
    if is_asked { ON_GROUP } else { NOT_ASKED }
}

/// What may be done to the cluster.
pub fn on_cluster(is_asked: bool) -> i32 {
    if is_asked { ON_CLUSTER } else { NOT_ASKED }
}

/// What may be done to a topic.
pub fn on_topic(is_asked: bool) -> i32 {
    if is_asked { ON_TOPIC } else { NOT_ASKED }
}
