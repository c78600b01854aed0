//! Every request of the protocol as something that can be called. The protocol's own trait has the lifetime of what a
//! request borrows as a parameter, which futures that move between threads cannot carry; this one has not.

use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::message::{Message, Request};
use jackdaw_protocol::messages;
use jackdaw_protocol::wire::{EncodeError, Writer};

/// A request that a [`crate::Cluster`] can send: all requests of `jackdaw_protocol` are such.
pub trait Call: Send + Sync {
    /// Its API.
    const KEY: ApiKey;
    /// Its answer, in the same version.
    type Response<'r>: Message<'r, Owned = Self::Response<'static>>;

    /// Appends it to `writer`.
    ///
    /// # Errors
    /// The version cannot carry it.
    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError>;
}

macro_rules! calls {
    ($($module:ident::$request:ident,)*) => {
        $(impl Call for messages::$module::$request<'_> {
            const KEY: ApiKey = <messages::$module::$request<'static> as Request<'static>>::KEY;
            type Response<'r> = <messages::$module::$request<'static> as Request<'static>>::Response<'r>;

            fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
                Message::encode(self, writer, version)
            }
        })*
    };
}

calls! {
    add_offsets_to_txn_request::AddOffsetsToTxnRequest,
    add_partitions_to_txn_request::AddPartitionsToTxnRequest,
    add_raft_voter_request::AddRaftVoterRequest,
    allocate_producer_ids_request::AllocateProducerIdsRequest,
    alter_client_quotas_request::AlterClientQuotasRequest,
    alter_configs_request::AlterConfigsRequest,
    alter_partition_reassignments_request::AlterPartitionReassignmentsRequest,
    alter_partition_request::AlterPartitionRequest,
    alter_replica_log_dirs_request::AlterReplicaLogDirsRequest,
    alter_share_group_offsets_request::AlterShareGroupOffsetsRequest,
    alter_user_scram_credentials_request::AlterUserScramCredentialsRequest,
    api_versions_request::ApiVersionsRequest,
    assign_replicas_to_dirs_request::AssignReplicasToDirsRequest,
    begin_quorum_epoch_request::BeginQuorumEpochRequest,
    broker_heartbeat_request::BrokerHeartbeatRequest,
    broker_registration_request::BrokerRegistrationRequest,
    consumer_group_describe_request::ConsumerGroupDescribeRequest,
    consumer_group_heartbeat_request::ConsumerGroupHeartbeatRequest,
    controller_registration_request::ControllerRegistrationRequest,
    create_acls_request::CreateAclsRequest,
    create_delegation_token_request::CreateDelegationTokenRequest,
    create_partitions_request::CreatePartitionsRequest,
    create_topics_request::CreateTopicsRequest,
    delete_acls_request::DeleteAclsRequest,
    delete_groups_request::DeleteGroupsRequest,
    delete_records_request::DeleteRecordsRequest,
    delete_share_group_offsets_request::DeleteShareGroupOffsetsRequest,
    delete_share_group_state_request::DeleteShareGroupStateRequest,
    delete_topics_request::DeleteTopicsRequest,
    describe_acls_request::DescribeAclsRequest,
    describe_client_quotas_request::DescribeClientQuotasRequest,
    describe_cluster_request::DescribeClusterRequest,
    describe_configs_request::DescribeConfigsRequest,
    describe_delegation_token_request::DescribeDelegationTokenRequest,
    describe_groups_request::DescribeGroupsRequest,
    describe_log_dirs_request::DescribeLogDirsRequest,
    describe_producers_request::DescribeProducersRequest,
    describe_quorum_request::DescribeQuorumRequest,
    describe_share_group_offsets_request::DescribeShareGroupOffsetsRequest,
    describe_topic_partitions_request::DescribeTopicPartitionsRequest,
    describe_transactions_request::DescribeTransactionsRequest,
    describe_user_scram_credentials_request::DescribeUserScramCredentialsRequest,
    elect_leaders_request::ElectLeadersRequest,
    end_quorum_epoch_request::EndQuorumEpochRequest,
    end_txn_request::EndTxnRequest,
    envelope_request::EnvelopeRequest,
    expire_delegation_token_request::ExpireDelegationTokenRequest,
    fetch_request::FetchRequest,
    fetch_snapshot_request::FetchSnapshotRequest,
    find_coordinator_request::FindCoordinatorRequest,
    get_telemetry_subscriptions_request::GetTelemetrySubscriptionsRequest,
    heartbeat_request::HeartbeatRequest,
    incremental_alter_configs_request::IncrementalAlterConfigsRequest,
    init_producer_id_request::InitProducerIdRequest,
    initialize_share_group_state_request::InitializeShareGroupStateRequest,
    join_group_request::JoinGroupRequest,
    leave_group_request::LeaveGroupRequest,
    list_config_resources_request::ListConfigResourcesRequest,
    list_groups_request::ListGroupsRequest,
    list_offsets_request::ListOffsetsRequest,
    list_partition_reassignments_request::ListPartitionReassignmentsRequest,
    list_transactions_request::ListTransactionsRequest,
    metadata_request::MetadataRequest,
    offset_commit_request::OffsetCommitRequest,
    offset_delete_request::OffsetDeleteRequest,
    offset_fetch_request::OffsetFetchRequest,
    offset_for_leader_epoch_request::OffsetForLeaderEpochRequest,
    produce_request::ProduceRequest,
    push_telemetry_request::PushTelemetryRequest,
    read_share_group_state_request::ReadShareGroupStateRequest,
    read_share_group_state_summary_request::ReadShareGroupStateSummaryRequest,
    remove_raft_voter_request::RemoveRaftVoterRequest,
    renew_delegation_token_request::RenewDelegationTokenRequest,
    sasl_authenticate_request::SaslAuthenticateRequest,
    sasl_handshake_request::SaslHandshakeRequest,
    share_acknowledge_request::ShareAcknowledgeRequest,
    share_fetch_request::ShareFetchRequest,
    share_group_describe_request::ShareGroupDescribeRequest,
    share_group_heartbeat_request::ShareGroupHeartbeatRequest,
    streams_group_describe_request::StreamsGroupDescribeRequest,
    streams_group_heartbeat_request::StreamsGroupHeartbeatRequest,
    sync_group_request::SyncGroupRequest,
    txn_offset_commit_request::TxnOffsetCommitRequest,
    unregister_broker_request::UnregisterBrokerRequest,
    update_features_request::UpdateFeaturesRequest,
    update_raft_voter_request::UpdateRaftVoterRequest,
    vote_request::VoteRequest,
    write_share_group_state_request::WriteShareGroupStateRequest,
    write_txn_markers_request::WriteTxnMarkersRequest,
}
