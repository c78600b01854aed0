//! One file per API, and the table that finds them. A handler maps wire to domain and back, nothing else.

pub mod alter_configs;
pub mod alter_replica_log_dirs;
pub mod api_versions;
pub mod authorized;
pub mod config_changes;
pub mod consumer_group_describe;
pub mod consumer_group_heartbeat;
pub mod create_partitions;
pub mod create_topics;
pub mod delete_groups;
pub mod delete_records;
pub mod delete_topics;
pub mod describe_cluster;
pub mod describe_configs;
pub mod describe_groups;
pub mod describe_log_dirs;
pub mod describe_quorum;
pub mod describe_topic_partitions;
pub mod dispatch;
pub mod elect_leaders;
pub mod fetch;
pub mod find_coordinator;
mod groups;
pub mod heartbeat;
pub mod incremental_alter_configs;
pub mod init_producer_id;
pub mod join_group;
pub mod leave_group;
pub mod list_config_resources;
pub mod list_groups;
pub mod list_offsets;
pub mod metadata;
pub mod offset_commit;
pub mod offset_delete;
pub mod offset_fetch;
pub mod offset_for_leader_epoch;
pub mod produce;
pub mod reassignments;
pub mod refusal;
pub mod sync_group;
pub mod unregister_broker;
pub mod update_features;

use std::sync::Arc;

use crate::node::Node;
use crate::request::RequestContext;
use crate::response::{CloseReason, Later, Reply, Response};

/// Runs `answer` on a thread that may block for the disk.
fn blocking(
    node: &Arc<Node>,
    context: &RequestContext,
    answer: impl FnOnce(&Arc<Node>, &RequestContext) -> Result<Response, CloseReason> + Send + 'static,
) -> Reply {
    let (node, context) = (Arc::clone(node), context.clone());
    let api_key = context.head.api_key.key();
    Reply::Later(Later::new(async move {
        match tokio::task::spawn_blocking(move || answer(&node, &context)).await {
            Ok(result) => result,
            Err(_) => Err(CloseReason::Panicked { api_key }),
        }
    }))
}
