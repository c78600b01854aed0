//! What a consumer says to its group and asks of it: commits, committed offsets, who it is; and the offsets that partitions
//! have.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::{CommittedOffset, Consumer, FoundOffset, GroupMetadata, commits};
use crate::admin::{Admin, OffsetSpec, Results};
use crate::error::{Error, ErrorKind};
use crate::producer::ConsumedOffset;
use crate::topic_partition::TopicPartition;

impl Consumer {
    /// Commits all positions and waits until that is done. Dropped before, it may have been done or not; the next commit
    /// says everything again.
    ///
    /// # Errors
    /// The group refuses: it may have gone on without us; or there is no coordinator in time.
    pub async fn commit(&self) -> Result<(), Error> {
        let offsets = commits::positions(&self.shared);
        self.commit_offsets(&offsets).await
    }

    /// Commits these offsets, each that of the next record to be read, and waits until that is done.
    ///
    /// # Errors
    /// As [`Consumer::commit`].
    pub async fn commit_offsets(
        &self,
        offsets: &BTreeMap<TopicPartition, CommittedOffset>,
    ) -> Result<(), Error> {
        commits::commit(&self.shared, offsets, self.shared.cluster.config().api_timeout).await
    }

    /// Starts to commit all positions. The commit goes on whether anybody waits for the result or not.
    ///
    /// ```no_run
    /// # async fn example(consumer: jackdaw_client::consumer::Consumer) -> Result<(), jackdaw_client::Error> {
    /// let commit = consumer.commit_async();
    /// // … other work …
    /// commit.await?;
    /// # Ok(()) }
    /// ```
    pub fn commit_async(&self) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        let offsets = commits::positions(&self.shared);
        let (sender, receiver) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let outcome = commits::commit(&shared, &offsets, shared.cluster.config().api_timeout).await;
            if let Err(Err(error)) = sender.send(outcome) {
                tracing::warn!(%error, "a commit failed, and nobody waited for it");
            }
        });
        async move { receiver.await.unwrap_or_else(|_| Err(ErrorKind::Closed.into())) }
    }

    /// What the group has committed. Partitions without a commit are left out.
    ///
    /// # Errors
    /// There is no group, or no coordinator in time.
    pub async fn committed(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, CommittedOffset>, Error> {
        commits::committed(&self.shared, partitions, self.shared.cluster.config().api_timeout).await
    }

    /// The first offsets at or after the given times (milliseconds since 1970); `None` where nothing is as late.
    ///
    /// ```no_run
    /// # async fn example(consumer: jackdaw_client::consumer::Consumer) -> Result<(), jackdaw_client::Error> {
    /// use jackdaw_client::TopicPartition;
    ///
    /// let noon = 1_767_268_800_000;
    /// for (partition, found) in consumer.offsets_for_times([(TopicPartition::new("orders", 0), noon)]).await {
    ///     if let Some(found) = found? {
    ///         consumer.seek(&partition, found.offset)?;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn offsets_for_times(
        &self,
        times: impl IntoIterator<Item = (TopicPartition, i64)>,
    ) -> Results<TopicPartition, Option<FoundOffset>> {
        let specs = times.into_iter().map(|(partition, time)| (partition, OffsetSpec::Timestamp(time)));
        self.list_offsets(specs).await
    }

    /// The first offsets that are there.
    pub async fn beginning_offsets(
        &self,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Results<TopicPartition, Option<FoundOffset>> {
        self.list_offsets(partitions.into_iter().map(|partition| (partition, OffsetSpec::Earliest))).await
    }

    /// The offsets behind the last records that may be read.
    pub async fn end_offsets(
        &self,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Results<TopicPartition, Option<FoundOffset>> {
        self.list_offsets(partitions.into_iter().map(|partition| (partition, OffsetSpec::Latest))).await
    }

    async fn list_offsets(
        &self,
        specs: impl IntoIterator<Item = (TopicPartition, OffsetSpec)>,
    ) -> Results<TopicPartition, Option<FoundOffset>> {
        let admin = Admin::new(self.shared.cluster.clone());
        let admin = admin.with_timeout(self.shared.cluster.config().api_timeout);
        admin.list_offsets(specs, self.shared.config.isolation_level).await
    }

    /// Who it is in its group now; `None` without a group.
    pub fn group_metadata(&self) -> Option<GroupMetadata> {
        let group_id = self.shared.config.group_id.clone()?;
        let membership = self.shared.membership.lock().clone();
        let is_member = membership.generation.is_some();
        Some(GroupMetadata {
            group_id,
            generation_id: membership.generation.unwrap_or(-1),
            member_id: if is_member { membership.member_id } else { String::new() },
            group_instance_id: self.shared.config.group_instance_id.clone().filter(|_| is_member),
        })
    }

    /// All positions, in the form in which they are committed.
    pub fn positions(&self) -> BTreeMap<TopicPartition, CommittedOffset> {
        commits::positions(&self.shared)
    }

    /// All positions, in the form in which a transaction commits them: see
    /// [`crate::producer::Producer::send_offsets_to_transaction`].
    pub fn consumed_offsets(&self) -> Vec<ConsumedOffset> {
        let consumed = |(partition, offset): (TopicPartition, CommittedOffset)| ConsumedOffset {
            topic: partition.topic.to_string(),
            partition: partition.partition,
            offset: offset.offset,
            leader_epoch: offset.leader_epoch,
            metadata: offset.metadata,
        };
        self.positions().into_iter().map(consumed).collect()
    }
}
