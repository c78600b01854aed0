//! Where a consumer is in its partitions, and where it is to go on: pause, seek, position, lag.

use std::collections::BTreeSet;

use super::Consumer;
use super::handle::Position;
use super::state::Partition;
use crate::config::{AutoOffsetReset, IsolationLevel};
use crate::consumer::CommittedOffset;
use crate::error::{Error, ErrorKind};
use crate::topic_partition::TopicPartition;

impl Consumer {
    /// Hands out nothing more of these partitions, and fetches no more of them, until [`Consumer::resume`]. What was fetched
    /// stays. Partitions that are not assigned are passed over.
    pub fn pause<'p>(&self, partitions: impl IntoIterator<Item = &'p TopicPartition>) {
        self.set_paused(partitions, true);
    }

    /// Goes on with paused partitions.
    pub fn resume<'p>(&self, partitions: impl IntoIterator<Item = &'p TopicPartition>) {
        self.set_paused(partitions, false);
        self.shared.changed();
    }

    /// The partitions that are paused.
    pub fn paused(&self) -> BTreeSet<TopicPartition> {
        let state = self.shared.state.lock();
        let paused = state.partitions.iter().filter(|(_, partition)| partition.is_paused);
        paused.map(|(name, _)| name.clone()).collect()
    }

    fn set_paused<'p>(&self, partitions: impl IntoIterator<Item = &'p TopicPartition>, is_paused: bool) {
        let mut state = self.shared.state.lock();
        for name in partitions {
            if let Some(partition) = state.partitions.get_mut(name) {
                partition.is_paused = is_paused;
            }
        }
    }

    /// Goes on at `offset`.
    ///
    /// # Errors
    /// The partition is not assigned.
    pub fn seek(&self, partition: &TopicPartition, offset: i64) -> Result<(), Error> {
        let offset = CommittedOffset::new(offset);
        self.seek_to(partition, &offset)
    }

    /// Goes on at an offset whose leader epoch is known, so that lost records before it are noticed (KIP-320).
    ///
    /// ```no_run
    /// # async fn example(consumer: jackdaw_client::consumer::Consumer) -> Result<(), jackdaw_client::Error> {
    /// use std::time::Duration;
    ///
    /// use jackdaw_client::{TopicPartition, consumer::CommittedOffset, error::ErrorKind};
    ///
    /// let partition = TopicPartition::new("orders", 0);
    /// consumer.seek_to(&partition, &CommittedOffset { offset: 42, leader_epoch: Some(3), ..Default::default() })?;
    /// match consumer.poll(Duration::from_secs(1)).await {
    ///     Ok(records) => println!("{} records", records.len()),
    ///     // With `auto.offset.reset=none`: the log was cut below offset 42.
    ///     Err(error) => match error.kind() {
    ///         ErrorKind::LogTruncated { diverges_at: Some(offset), .. } => consumer.seek(&partition, *offset)?,
    ///         _ => return Err(error),
    ///     },
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The partition is not assigned, or the offset is negative.
    pub fn seek_to(&self, partition: &TopicPartition, offset: &CommittedOffset) -> Result<(), Error> {
        if offset.offset < 0 {
            return Err(ErrorKind::InvalidArgument("an offset is never negative".into()).into());
        }
        let position = Position { offset: offset.offset, leader_epoch: offset.leader_epoch };
        self.move_to(partition, |partition| partition.seek(position))
    }

    /// Goes on at the first record that is there.
    ///
    /// # Errors
    /// The partition is not assigned.
    pub fn seek_to_beginning(&self, partition: &TopicPartition) -> Result<(), Error> {
        self.move_to(partition, |partition| partition.reset(AutoOffsetReset::Earliest))
    }

    /// Goes on behind the last record that is there when the broker is asked.
    ///
    /// # Errors
    /// The partition is not assigned.
    pub fn seek_to_end(&self, partition: &TopicPartition) -> Result<(), Error> {
        self.move_to(partition, |partition| partition.reset(AutoOffsetReset::Latest))
    }

    fn move_to(&self, name: &TopicPartition, to: impl FnOnce(&mut Partition)) -> Result<(), Error> {
        {
            let mut state = self.shared.state.lock();
            let partition = state.partitions.get_mut(name).ok_or_else(|| not_assigned(name))?;
            to(partition);
            state.forget_errors(name);
            state.drop_stale();
        }
        self.shared.changed();
        Ok(())
    }

    /// The offset of the next record that a poll would return; `None` while it is being looked up.
    ///
    /// # Errors
    /// The partition is not assigned.
    pub fn position(&self, partition: &TopicPartition) -> Result<Option<i64>, Error> {
        let state = self.shared.state.lock();
        let known = state.partitions.get(partition).ok_or_else(|| not_assigned(partition))?;
        Ok(known.handle.position().map(|position| position.offset))
    }

    /// How many records there are between the position and the end that readers may see, as the last answer had it.
    ///
    /// # Errors
    /// The partition is not assigned.
    pub fn lag(&self, partition: &TopicPartition) -> Result<Option<i64>, Error> {
        let state = self.shared.state.lock();
        let known = state.partitions.get(partition).ok_or_else(|| not_assigned(partition))?;
        let end = match self.shared.config.isolation_level {
            IsolationLevel::ReadCommitted => known.last_stable,
            IsolationLevel::ReadUncommitted => known.high_watermark,
        };
        let position = known.handle.position();
        Ok(end.zip(position).map(|(end, position)| (end - position.offset).max(0)))
    }
}

fn not_assigned(partition: &TopicPartition) -> Error {
    let error = Error::from(ErrorKind::InvalidState("the partition is not assigned to this consumer"));
    error.with_partition(&partition.topic, partition.partition)
}
