//! Adding partitions to a transaction before they are produced to (version 1).

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::messages::add_partitions_to_txn_request::{
    AddPartitionsToTxnRequest, AddPartitionsToTxnTopic,
};
use jackdaw_protocol::messages::add_partitions_to_txn_response::AddPartitionsToTxnResponse;
use tokio::time::Instant;

use super::calls::check;
use crate::cluster::CallOptions;
use crate::error::{Error, Result};
use crate::producer::dispatch::PartitionId;
use crate::producer::shared::Shared;

/// Later versions are for brokers among themselves.
const CLIENT_VERSION_MAX: i16 = 3;

impl Shared {
    /// Adds partitions; they are sent to as soon as that is done.
    pub(in crate::producer) fn enlist(self: &Arc<Self>, ids: Vec<PartitionId>) {
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let result = shared.add_partitions(&ids).await;
            {
                let mut locked = shared.locked.lock();
                match &result {
                    Ok(()) => locked.dispatch.on_enlisted(&ids),
                    Err(error) if error.is_retriable() => locked.dispatch.on_enlisting_failed(&ids),
                    Err(_) => {}
                }
            }
            if let Err(error) = result
                && !error.is_retriable()
            {
                shared.on_batch_failed(&error);
                // What waits for these partitions will never be sent.
                shared.refuse_queued();
            }
            shared.pump();
        });
    }

    async fn add_partitions(&self, ids: &[PartitionId]) -> Result<()> {
        let identity = self.identity()?;
        let mut topics: BTreeMap<Arc<str>, Vec<i32>> = BTreeMap::new();
        {
            let locked = self.locked.lock();
            for id in ids {
                let partition = &locked.partitions[id.0];
                topics.entry(Arc::clone(&partition.topic)).or_default().push(partition.index);
            }
        }
        let topic = |(name, partitions): (&Arc<str>, &Vec<i32>)| AddPartitionsToTxnTopic {
            name: name.to_string().into(),
            partitions: partitions.clone(),
            ..AddPartitionsToTxnTopic::default()
        };
        let request = AddPartitionsToTxnRequest {
            v3_and_below_transactional_id: self.transactional_id().into(),
            v3_and_below_producer_id: identity.id,
            v3_and_below_producer_epoch: identity.epoch,
            v3_and_below_topics: topics.iter().map(topic).collect(),
            ..AddPartitionsToTxnRequest::default()
        };
        let deadline = Instant::now() + self.config.max_block;
        let options = CallOptions::versions(0..=CLIENT_VERSION_MAX);
        self.transactions.touch();
        self.ask_coordinator(&request, &options, deadline, first_error).await?;
        Ok(())
    }
}

/// The error that decides: one that is final before one that passes, and any before "not attempted because of another".
fn first_error(response: &AddPartitionsToTxnResponse<'static>) -> Result<()> {
    let mut found: Option<Error> = None;
    for topic in &response.results_by_topic_v3_and_below {
        for partition in &topic.results_by_partition {
            if partition.partition_error_code == ErrorCode::OperationNotAttempted.code() {
                continue;
            }
            if let Err(error) = check(partition.partition_error_code) {
                let is_worse =
                    found.as_ref().is_none_or(|found| found.is_retriable() && !error.is_retriable());
                if is_worse {
                    found = Some(error.with_partition(&topic.name, partition.partition_index));
                }
            }
        }
    }
    found.map_or(Ok(()), Err)
}
