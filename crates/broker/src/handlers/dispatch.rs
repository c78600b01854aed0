//! Which handler executes which API, and in which versions: exactly what works is advertised.

use std::ops::RangeInclusive;
use std::sync::Arc;

use jackdaw_protocol::api_key::ApiKey;

use super::{
    alter_configs, alter_replica_log_dirs, api_versions, consumer_group_describe, consumer_group_heartbeat,
    create_partitions, create_topics, delete_groups, delete_records, delete_topics, describe_cluster,
    describe_configs, describe_groups, describe_log_dirs, describe_quorum, describe_topic_partitions,
    elect_leaders, fetch, find_coordinator, heartbeat, incremental_alter_configs, init_producer_id,
    join_group, leave_group, list_config_resources, list_groups, list_offsets, metadata, offset_commit,
    offset_delete, offset_fetch, offset_for_leader_epoch, produce, reassignments, sync_group,
    unregister_broker, update_features,
};
use crate::node::Node;
use crate::request::{Frame, Handler, RequestContext};
use crate::response::Reply;

/// A handler's function.
pub type Handle = fn(&Arc<Node>, &RequestContext, &mut Frame<'_>) -> Reply;

/// An API that is served.
#[derive(Clone, Copy)]
pub struct Served {
    /// Which.
    pub api_key: ApiKey,
    /// The lowest version that is advertised.
    pub min: i16,
    /// The highest.
    pub max: i16,
    /// Who executes it.
    pub handle: Handle,
}

const fn served(api_key: ApiKey, min: i16, max: i16, handle: Handle) -> Served {
    Served { api_key, min, max, handle }
}

/// What brokers' listeners serve. Versions are those of Apache Kafka 4.3.1.
pub const BROKER_APIS: &[Served] = &[
    served(ApiKey::Produce, 0, 13, produce::handle),
    served(ApiKey::Fetch, 4, 18, fetch::handle),
    served(ApiKey::ListOffsets, 1, 11, list_offsets::handle),
    served(ApiKey::Metadata, 0, 13, metadata::handle),
    served(ApiKey::OffsetCommit, 2, 10, offset_commit::handle),
    served(ApiKey::OffsetFetch, 1, 10, offset_fetch::handle),
    served(ApiKey::FindCoordinator, 0, 6, find_coordinator::handle),
    served(ApiKey::JoinGroup, 0, 9, join_group::handle),
    served(ApiKey::Heartbeat, 0, 4, heartbeat::handle),
    served(ApiKey::LeaveGroup, 0, 5, leave_group::handle),
    served(ApiKey::SyncGroup, 0, 5, sync_group::handle),
    served(ApiKey::DescribeGroups, 0, 6, describe_groups::handle),
    served(ApiKey::ListGroups, 0, 5, list_groups::handle),
    served(ApiKey::ApiVersions, 0, 4, broker_api_versions),
    served(ApiKey::CreateTopics, 2, 7, create_topics::handle),
    served(ApiKey::DeleteRecords, 0, 2, delete_records::handle),
    served(ApiKey::InitProducerId, 0, 5, init_producer_id::handle),
    served(ApiKey::OffsetForLeaderEpoch, 2, 4, offset_for_leader_epoch::handle),
    served(ApiKey::AlterReplicaLogDirs, 1, 2, alter_replica_log_dirs::handle),
    served(ApiKey::DescribeLogDirs, 1, 5, describe_log_dirs::handle),
    served(ApiKey::ElectLeaders, 0, 2, elect_leaders::handle),
    served(ApiKey::AlterPartitionReassignments, 0, 1, reassignments::handle_alter),
    served(ApiKey::ListPartitionReassignments, 0, 0, reassignments::handle_list),
    served(ApiKey::DescribeQuorum, 0, 2, describe_quorum::handle),
    served(ApiKey::UpdateFeatures, 0, 2, update_features::handle),
    served(ApiKey::UnregisterBroker, 0, 0, unregister_broker::handle),
    served(ApiKey::DeleteTopics, 1, 6, delete_topics::handle),
    served(ApiKey::DescribeConfigs, 1, 4, describe_configs::handle),
    served(ApiKey::AlterConfigs, 0, 2, alter_configs::handle),
    served(ApiKey::CreatePartitions, 0, 3, create_partitions::handle),
    served(ApiKey::DeleteGroups, 0, 2, delete_groups::handle),
    served(ApiKey::IncrementalAlterConfigs, 0, 1, incremental_alter_configs::handle_broker),
    served(ApiKey::OffsetDelete, 0, 0, offset_delete::handle),
    served(ApiKey::DescribeCluster, 0, 2, describe_cluster::handle_broker),
    served(ApiKey::ConsumerGroupHeartbeat, 0, 1, consumer_group_heartbeat::handle),
    served(ApiKey::ConsumerGroupDescribe, 0, 1, consumer_group_describe::handle),
    served(ApiKey::ListConfigResources, 0, 1, list_config_resources::handle),
    served(ApiKey::DescribeTopicPartitions, 0, 0, describe_topic_partitions::handle),
];

/// What controllers' listeners serve (KIP-919).
pub const CONTROLLER_APIS: &[Served] = &[
    served(ApiKey::ApiVersions, 0, 4, controller_api_versions),
    served(ApiKey::AlterPartitionReassignments, 0, 1, reassignments::handle_alter),
    served(ApiKey::ListPartitionReassignments, 0, 0, reassignments::handle_list),
    served(ApiKey::DescribeQuorum, 0, 2, describe_quorum::handle),
    served(ApiKey::UpdateFeatures, 0, 2, update_features::handle),
    served(ApiKey::DescribeConfigs, 1, 4, describe_configs::handle),
    served(ApiKey::IncrementalAlterConfigs, 0, 1, incremental_alter_configs::handle_controller),
    served(ApiKey::DescribeCluster, 0, 2, describe_cluster::handle_controller),
];

fn versions_of(table: &'static [Served]) -> impl Iterator<Item = (ApiKey, i16, i16)> {
    table.iter().map(|served| (served.api_key, served.min, served.max))
}

fn broker_api_versions(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    api_versions::answer(node, context, frame, versions_of(BROKER_APIS)).into()
}

fn controller_api_versions(node: &Arc<Node>, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
    api_versions::answer(node, context, frame, versions_of(CONTROLLER_APIS)).into()
}

fn find(table: &'static [Served], api_key: ApiKey) -> Option<&'static Served> {
    table.iter().find(|served| served.api_key == api_key)
}

/// Serves clients and brokers.
pub struct BrokerHandler {
    node: Arc<Node>,
}

/// Serves controllers and tools that speak to them.
pub struct ControllerHandler {
    node: Arc<Node>,
}

impl BrokerHandler {
    /// Handlers over a node.
    pub fn new(node: Arc<Node>) -> Self {
        Self { node }
    }
}

impl ControllerHandler {
    /// Handlers over a node.
    pub fn new(node: Arc<Node>) -> Self {
        Self { node }
    }
}

impl Handler for BrokerHandler {
    fn versions(&self, api_key: ApiKey) -> Option<RangeInclusive<i16>> {
        find(BROKER_APIS, api_key).map(|served| served.min..=served.max)
    }

    fn handle(&self, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
        let served =
            find(BROKER_APIS, context.head.api_key).expect("the connection asks only for what is served");
        (served.handle)(&self.node, context, frame)
    }
}

impl Handler for ControllerHandler {
    fn versions(&self, api_key: ApiKey) -> Option<RangeInclusive<i16>> {
        find(CONTROLLER_APIS, api_key).map(|served| served.min..=served.max)
    }

    fn handle(&self, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
        let served =
            find(CONTROLLER_APIS, context.head.api_key).expect("the connection asks only for what is served");
        (served.handle)(&self.node, context, frame)
    }
}
