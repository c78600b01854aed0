//! The metadata quorum: described, and voters added and removed (KIP-595, 836, 853).

use std::collections::BTreeMap;

use jackdaw_base::Uuid;
use jackdaw_protocol::messages::add_raft_voter_request::{AddRaftVoterRequest, Listener};
use jackdaw_protocol::messages::describe_quorum_request::{DescribeQuorumRequest, PartitionData, TopicData};
use jackdaw_protocol::messages::describe_quorum_response as answer;
use jackdaw_protocol::messages::remove_raft_voter_request::RemoveRaftVoterRequest;

use super::Admin;
use super::routing::{Subject, Target, refusal};
use crate::error::{Error, ErrorKind};

/// The topic whose partition 0 is the metadata log.
const METADATA_TOPIC: &str = "__cluster_metadata";

/// A voter or an observer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuorumReplica {
    /// The node.
    pub id: i32,
    /// Its directory (KIP-853); zero if the cluster does not know it.
    pub directory_id: Uuid,
    /// The end of its log; `None` if the leader has not heard of it.
    pub log_end_offset: Option<i64>,
    /// When it fetched last, in milliseconds since 1970, by the leader's clock.
    pub last_fetch_ms: Option<i64>,
    /// When it had everything last.
    pub last_caught_up_ms: Option<i64>,
}

/// Where a voter listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuorumEndpoint {
    /// The listener's name.
    pub listener: String,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// The quorum as its leader sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuorumDescription {
    /// The leader.
    pub leader: i32,
    /// The number of its leadership.
    pub leader_epoch: i32,
    /// What is committed.
    pub high_watermark: i64,
    /// The voters, by id.
    pub voters: Vec<QuorumReplica>,
    /// Who follows without a vote, by id.
    pub observers: Vec<QuorumReplica>,
    /// Where the voters listen (version 2, KIP-853).
    pub endpoints: BTreeMap<i32, Vec<QuorumEndpoint>>,
}

impl Admin {
    /// The metadata quorum.
    ///
    /// # Errors
    /// No broker answers in time, or it has no quorum (ZooKeeper).
    pub async fn describe_quorum(&self) -> Result<QuorumDescription, Error> {
        self.retry(move |_| async move {
            let partition = PartitionData { partition_index: 0, ..Default::default() };
            let topic = TopicData {
                topic_name: METADATA_TOPIC.into(),
                partitions: vec![partition],
                ..Default::default()
            };
            let request = DescribeQuorumRequest { topics: vec![topic], ..Default::default() };
            described(self.send(Target::Any, request).await?)
        })
        .await
    }

    /// Gives a node of the quorum a vote.
    ///
    /// # Errors
    /// The leader cannot be asked in time, or refuses.
    pub async fn add_voter(
        &self,
        id: i32,
        directory_id: Uuid,
        endpoints: &[QuorumEndpoint],
    ) -> Result<(), Error> {
        self.retry(move |timeout_ms| async move {
            let listeners = endpoints.iter().map(|endpoint| Listener {
                name: endpoint.listener.clone().into(),
                host: endpoint.host.clone().into(),
                port: endpoint.port,
                ..Default::default()
            });
            let request = AddRaftVoterRequest {
                timeout_ms,
                voter_id: id,
                voter_directory_id: directory_id,
                listeners: listeners.collect(),
                ..Default::default()
            };
            let answer = self.send(Target::Controller, request).await?;
            refusal(answer.error_code, &answer.error_message, Subject::Named("voter", &id.to_string()))
        })
        .await
    }

    /// Takes a node's vote away.
    ///
    /// # Errors
    /// The leader cannot be asked in time, or refuses.
    pub async fn remove_voter(&self, id: i32, directory_id: Uuid) -> Result<(), Error> {
        self.retry(move |_| async move {
            let request = RemoveRaftVoterRequest {
                cluster_id: None,
                voter_id: id,
                voter_directory_id: directory_id,
                ..Default::default()
            };
            let answer = self.send(Target::Controller, request).await?;
            refusal(answer.error_code, &answer.error_message, Subject::Named("voter", &id.to_string()))
        })
        .await
    }
}

fn described(answer: answer::DescribeQuorumResponse<'_>) -> Result<QuorumDescription, Error> {
    refusal(answer.error_code, &answer.error_message, Subject::Nothing)?;
    let partition = answer.topics.into_iter().flat_map(|topic| topic.partitions).next();
    let partition = partition.ok_or(ErrorKind::InvalidAnswer("it does not mention the quorum"))?;
    refusal(partition.error_code, &partition.error_message, Subject::Topic(METADATA_TOPIC))?;
    let endpoints = answer.nodes.into_iter().map(|node| {
        let listeners = node.listeners.into_iter().map(|listener| QuorumEndpoint {
            listener: listener.name.into_owned(),
            host: listener.host.into_owned(),
            port: listener.port,
        });
        (node.node_id, listeners.collect())
    });
    Ok(QuorumDescription {
        leader: partition.leader_id,
        leader_epoch: partition.leader_epoch,
        high_watermark: partition.high_watermark,
        voters: replicas(partition.current_voters),
        observers: replicas(partition.observers),
        endpoints: endpoints.collect(),
    })
}

fn replicas(replicas: Vec<answer::ReplicaState<'_>>) -> Vec<QuorumReplica> {
    let known = |number: i64| (number >= 0).then_some(number);
    let mut replicas: Vec<QuorumReplica> = replicas
        .into_iter()
        .map(|replica| QuorumReplica {
            id: replica.replica_id,
            directory_id: replica.replica_directory_id,
            log_end_offset: known(replica.log_end_offset),
            last_fetch_ms: known(replica.last_fetch_timestamp),
            last_caught_up_ms: known(replica.last_caught_up_timestamp),
        })
        .collect();
    replicas.sort_by_key(|replica| replica.id);
    replicas
}
