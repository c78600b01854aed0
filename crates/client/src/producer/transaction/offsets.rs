//! Offsets of a consumer group as part of a transaction: what was consumed is committed with what was produced from it.

use std::collections::BTreeMap;

use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::add_offsets_to_txn_request::AddOffsetsToTxnRequest;
use jackdaw_protocol::messages::add_offsets_to_txn_response::AddOffsetsToTxnResponse;
use jackdaw_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequest, TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use jackdaw_protocol::messages::txn_offset_commit_response::TxnOffsetCommitResponse;
use tokio::time::Instant;

use super::calls::check;
use super::state::Version;
use crate::cluster::{CallOptions, CoordinatorKind};
use crate::error::{Error, Result};
use crate::producer::Producer;
use crate::producer::shared::Shared;

/// The last version of TxnOffsetCommit that needs AddOffsetsToTxn before it.
const OFFSET_COMMIT_V1_MAX: i16 = 4;
/// From this version on TxnOffsetCommit says which member asks (KIP-447).
const MEMBERS_FROM: i16 = 3;

/// A consumer's membership in its group: offsets are refused once it is no member any more (KIP-447).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupMetadata {
    /// `group.id`.
    pub group_id: String,
    /// The generation, or, with the consumer protocol, the member's epoch; -1 if partitions were assigned by hand.
    pub generation_id: i32,
    /// The member's id; empty if partitions were assigned by hand.
    pub member_id: String,
    /// `group.instance.id`.
    pub group_instance_id: Option<String>,
}

impl GroupMetadata {
    /// A group of which the consumer is no member: partitions were assigned by hand.
    pub fn without_member(group_id: impl Into<String>) -> Self {
        Self {
            group_id: group_id.into(),
            generation_id: -1,
            member_id: String::new(),
            group_instance_id: None,
        }
    }
}

/// How far a partition was consumed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsumedOffset {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset of the next record to consume: one more than that of the last one consumed.
    pub offset: i64,
    /// The leader epoch of the last record consumed, if known.
    pub leader_epoch: Option<i32>,
    /// Whatever the application wants to keep with it.
    pub metadata: String,
}

impl Producer {
    /// Commits offsets of a group with the transaction: they take effect if and when it is committed.
    ///
    /// ```no_run
    /// # async fn example(producer: jackdaw_client::producer::Producer) -> Result<(), jackdaw_client::Error> {
    /// use jackdaw_client::producer::{ConsumedOffset, GroupMetadata, ProducerRecord};
    ///
    /// producer.begin_transaction()?;
    /// producer.send(&ProducerRecord::new("out", "made of the record at offset 41")).await?;
    /// let done = ConsumedOffset {
    ///     topic: "in".into(),
    ///     partition: 0,
    ///     offset: 42,
    ///     leader_epoch: None,
    ///     metadata: String::new(),
    /// };
    /// producer.send_offsets_to_transaction(&[done], &GroupMetadata::without_member("copier")).await?;
    /// producer.commit_transaction().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `TransactionAborted` if the member is none any more: abort then. `Fenced` and `Fatal`: make a new producer.
    pub async fn send_offsets_to_transaction(
        &self,
        offsets: &[ConsumedOffset],
        group: &GroupMetadata,
    ) -> Result<()> {
        let shared = self.shared();
        let _changing = shared.transactions.changing.lock().await;
        let version = shared.transactions.state.lock().may_add_offsets()?;
        if offsets.is_empty() {
            return Ok(());
        }
        let deadline = Instant::now() + shared.config.max_block;
        shared.transactions.touch();
        if version == Version::V1 {
            shared.add_offsets(group, deadline).await.map_err(|error| shared.note_offsets(error))?;
        }
        shared
            .commit_offsets(offsets, group, version, deadline)
            .await
            .map_err(|error| shared.note_offsets(error))
    }
}

impl Shared {
    fn note_offsets(&self, error: Error) -> Error {
        // An offset that is not committed must not be missing in a commit.
        if !error.is_retriable() {
            self.on_batch_failed(&error);
        }
        error
    }

    async fn add_offsets(&self, group: &GroupMetadata, deadline: Instant) -> Result<()> {
        let identity = self.identity()?;
        let request = AddOffsetsToTxnRequest {
            transactional_id: self.transactional_id().into(),
            producer_id: identity.id,
            producer_epoch: identity.epoch,
            group_id: group.group_id.as_str().into(),
            ..AddOffsetsToTxnRequest::default()
        };
        let check = |response: &AddOffsetsToTxnResponse<'_>| check(response.error_code);
        self.ask_coordinator(&request, &CallOptions::default(), deadline, check).await?;
        Ok(())
    }

    async fn commit_offsets(
        &self,
        offsets: &[ConsumedOffset],
        group: &GroupMetadata,
        version: Version,
        deadline: Instant,
    ) -> Result<()> {
        let identity = self.identity()?;
        let mut topics: BTreeMap<&str, Vec<TxnOffsetCommitRequestPartition<'_>>> = BTreeMap::new();
        for offset in offsets {
            topics.entry(&offset.topic).or_default().push(TxnOffsetCommitRequestPartition {
                partition_index: offset.partition,
                committed_offset: offset.offset,
                committed_leader_epoch: offset.leader_epoch.unwrap_or(-1),
                committed_metadata: Some(offset.metadata.as_str().into()),
                ..TxnOffsetCommitRequestPartition::default()
            });
        }
        let topic = |(name, partitions): (&str, Vec<_>)| TxnOffsetCommitRequestTopic {
            name: name.to_owned().into(),
            partitions,
            ..TxnOffsetCommitRequestTopic::default()
        };
        let request = TxnOffsetCommitRequest {
            transactional_id: self.transactional_id().into(),
            group_id: group.group_id.as_str().into(),
            producer_id: identity.id,
            producer_epoch: identity.epoch,
            generation_id: group.generation_id,
            member_id: group.member_id.as_str().into(),
            group_instance_id: group.group_instance_id.as_deref().map(Into::into),
            topics: topics.into_iter().map(topic).collect(),
            ..TxnOffsetCommitRequest::default()
        };
        let is_member = !group.member_id.is_empty() || group.generation_id >= 0;
        let versions = match version {
            Version::V1 if is_member => MEMBERS_FROM..=OFFSET_COMMIT_V1_MAX,
            Version::V1 => 0..=OFFSET_COMMIT_V1_MAX,
            Version::V2 => OFFSET_COMMIT_V1_MAX + 1..=i16::MAX,
        };
        let options = CallOptions::versions(versions);
        let key = Some(group.group_id.as_str());
        self.ask(CoordinatorKind::Group, key, &request, &options, deadline, first_error).await?;
        Ok(())
    }
}

fn first_error(response: &TxnOffsetCommitResponse<'static>) -> Result<()> {
    let mut retriable = Ok(());
    for topic in &response.topics {
        for partition in &topic.partitions {
            if partition.error_code == ErrorCode::None.code() {
                continue;
            }
            let place = |error: Error| error.with_partition(&topic.name, partition.partition_index);
            let error = check(partition.error_code).map_err(place);
            match &error {
                Err(found) if found.is_retriable() => retriable = error,
                _ => return error,
            }
        }
    }
    retriable
}
