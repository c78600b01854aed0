//! The consumer: reads partitions that the application names, or those that a group gives it.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use jackdaw_client::ClientConfig;
//! use jackdaw_client::consumer::Consumer;
//!
//! # async fn example() -> Result<(), jackdaw_client::Error> {
//! let config = ClientConfig::new("localhost:9092").with("group.id", "billing")?;
//! let consumer = Consumer::connect(&config).await?;
//! consumer.subscribe(["orders"])?;
//! loop {
//!     for record in &consumer.poll(Duration::from_secs(1)).await? {
//!         println!("{}-{} {}: {:?}", record.topic, record.partition, record.offset, record.value);
//!     }
//! }
//! # }
//! ```
//!
//! **Polling is the heartbeat of the application.** A poll says that everything from the polls before is done with: automatic
//! commits cover it, and partitions that a rebalance takes away are given up. Who does not poll for `max.poll.interval.ms`
//! leaves the group. Between polls the consumer fetches ahead, up to `queued.max.bytes`, and no further: the application
//! sets the pace.

mod answer;
pub mod assignor;
mod commits;
mod errands;
mod events;
mod fetched;
mod fetcher;
mod handle;
mod links;
mod membership;
mod places;
pub mod protocol;
mod reader;
mod record;
mod session;
mod shared;
mod state;
mod stream;
mod subscription;
mod validation;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

pub use crate::admin::{CommittedOffset, FoundOffset};
pub use crate::producer::GroupMetadata;
pub use events::{RebalanceEvent, RebalanceKind, Rebalances};
pub use record::{Chunk, ChunkIter, OwnedRecord, Record, Records, RecordsIter};
pub use stream::{BatchStream, RecordStream};

use crate::admin::{Admin, OffsetSpec, Results};
use crate::cluster::Cluster;
use crate::config::{AutoOffsetReset, ClientConfig, ConsumerConfig};
use crate::error::{Error, ErrorKind};
use crate::producer::ConsumedOffset;
use crate::topic_partition::TopicPartition;
use handle::Position;
use reader::Reader;
use shared::Shared;
use state::Phase;
use subscription::{Pattern, Wanted};

/// A consumer. Its methods take `&self`, so that several tasks may use it; records go to one of them at a time.
///
/// Dropped without [`Consumer::close`] it commits nothing, and its group notices after `session.timeout.ms`.
pub struct Consumer {
    shared: Arc<Shared>,
    reader: tokio::sync::Mutex<Reader>,
    membership: parking_lot::Mutex<Option<JoinHandle<()>>>,
}

impl Consumer {
    /// Connects as `config` says. The consumer reads nothing until it is told what.
    ///
    /// # Errors
    /// The configuration is refused, or no broker answers.
    pub async fn connect(config: &ClientConfig) -> Result<Self, Error> {
        let consumer = config.consumer()?;
        Ok(Self::new(Cluster::connect(config).await?, consumer))
    }

    /// A consumer that shares the connections of `cluster` where nothing waits on them; fetches and joins have their own.
    /// Must be called within a tokio runtime.
    pub fn new(cluster: Cluster, config: ConsumerConfig) -> Self {
        let shared = Arc::new(Shared::new(cluster, config));
        tokio::spawn(errands::run(Arc::clone(&shared)));
        let membership =
            shared.config.group_id.is_some().then(|| tokio::spawn(membership::run(Arc::clone(&shared))));
        Self {
            shared,
            reader: tokio::sync::Mutex::default(),
            membership: parking_lot::Mutex::new(membership),
        }
    }

    /// Reads exactly these partitions, without a group deciding about it; `group.id` is used for commits alone. Partitions
    /// that were assigned before keep their places.
    ///
    /// # Errors
    /// A subscription holds: unsubscribe first.
    pub fn assign(&self, partitions: impl IntoIterator<Item = TopicPartition>) -> Result<(), Error> {
        let partitions: BTreeSet<TopicPartition> = partitions.into_iter().collect();
        {
            let mut subscription = self.shared.subscription.lock();
            if subscription.needs_group() {
                return Err(ErrorKind::InvalidState("topics are subscribed: unsubscribe first").into());
            }
            subscription.set(if partitions.is_empty() { Wanted::Nothing } else { Wanted::Partitions });
        }
        let phase = match &self.shared.config.group_id {
            Some(_) => Phase::Committed,
            None => self.default_phase(),
        };
        self.shared.state.lock().assign(&partitions, phase);
        self.shared.changed();
        Ok(())
    }

    fn default_phase(&self) -> Phase {
        match self.shared.config.auto_offset_reset {
            AutoOffsetReset::None => Phase::Committed,
            reset => Phase::Reset(reset),
        }
    }

    /// Joins the group and reads what it gives us of these topics. Topics that do not exist yet are read when they do.
    ///
    /// # Errors
    /// There is no `group.id`, or partitions were assigned by hand.
    pub fn subscribe(&self, topics: impl IntoIterator<Item = impl Into<String>>) -> Result<(), Error> {
        let topics: BTreeSet<String> = topics.into_iter().map(Into::into).collect();
        self.set_wanted(if topics.is_empty() { Wanted::Nothing } else { Wanted::Topics(topics) })
    }

    /// Joins the group and reads what it gives us of all topics, now and later, whose whole name matches a regular
    /// expression. With `group.protocol=consumer` the coordinator matches it.
    ///
    /// # Errors
    /// As [`Consumer::subscribe`], or the pattern is none.
    pub fn subscribe_pattern(&self, pattern: &str) -> Result<(), Error> {
        self.set_wanted(Wanted::Pattern(Pattern::new(pattern)?))
    }

    /// Gives everything up, leaves the group, and reads nothing.
    pub fn unsubscribe(&self) {
        // Whoever says this is not working on records.
        self.shared.state.lock().application.is_working = false;
        let had_group = {
            let mut subscription = self.shared.subscription.lock();
            let had_group = subscription.needs_group();
            subscription.set(Wanted::Nothing);
            had_group
        };
        if !had_group {
            self.shared.state.lock().assign(&BTreeSet::new(), Phase::Committed);
        }
        self.shared.processed.notify_one();
        self.shared.changed();
    }

    fn set_wanted(&self, wanted: Wanted) -> Result<(), Error> {
        if self.shared.config.group_id.as_deref().is_none_or(str::is_empty) {
            return Err(ErrorKind::InvalidState("a subscription needs group.id").into());
        }
        {
            let mut subscription = self.shared.subscription.lock();
            if matches!(subscription.wanted, Wanted::Partitions) {
                return Err(ErrorKind::InvalidState("partitions are assigned: unsubscribe first").into());
            }
            subscription.set(wanted);
        }
        self.shared.state.lock().application.polled_at = Instant::now();
        self.shared.processed.notify_one();
        Ok(())
    }

    /// What is read now.
    pub fn assignment(&self) -> BTreeSet<TopicPartition> {
        self.shared.state.lock().partitions.keys().cloned().collect()
    }

    /// Rebalances as they happen, from now on. There is one listener; a new one takes the place of the last. Without one
    /// rebalances go on by themselves. Whoever listens has to take the events and drop them, or rebalances wait.
    pub fn rebalances(&self) -> Rebalances {
        let (sender, events) = mpsc::channel(events::EVENTS_WAITING_MAX);
        *self.shared.listener.lock() = Some(sender);
        Rebalances { events }
    }

    /// Waits for records, `timeout` at most; empty then. At most `max.poll.records` come at once. See the module for what a
    /// poll says to the group.
    ///
    /// Cancellation-safe: a poll that is dropped has handed out nothing.
    ///
    /// # Errors
    /// What went wrong since the last poll: a damaged batch, a refusal, the group. The next poll goes on.
    pub async fn poll(&self, timeout: Duration) -> Result<Records, Error> {
        let deadline = Instant::now().checked_add(timeout);
        let mut reader = self.reader.lock().await;
        self.enter_poll()?;
        let _leaves = LeavesPoll(&self.shared);
        loop {
            let records = reader.next(&self.shared, self.shared.config.max_poll_records)?;
            if !records.is_empty() {
                return Ok(records);
            }
            if self.shared.is_closed() {
                return Err(ErrorKind::Closed.into());
            }
            let readable = self.shared.readable.notified();
            match deadline {
                None => readable.await,
                Some(deadline) => {
                    if timeout_at(deadline, readable).await.is_err() {
                        return Ok(Records::default());
                    }
                }
            }
        }
    }

    fn enter_poll(&self) -> Result<(), Error> {
        let is_news = {
            let mut state = self.shared.state.lock();
            if state.is_closed {
                return Err(ErrorKind::Closed.into());
            }
            // A group that was left because nobody polled waits for this one.
            let is_overdue = state.application.polled_at.elapsed() > self.shared.config.max_poll_interval;
            let is_news = state.application.is_working || is_overdue;
            state.enter_poll(Instant::now());
            is_news
        };
        if is_news && self.shared.config.group_id.is_some() {
            self.shared.processed.notify_one();
            if self.shared.config.enable_auto_commit {
                self.shared.wake.notify_one();
            }
        }
        Ok(())
    }

    /// The records as a stream, one by one, each owning its bytes. Taking the next one says that the one before is done
    /// with; commits cover exactly what was taken.
    pub fn records(&self) -> RecordStream<'_> {
        RecordStream::new(self)
    }

    /// What polls return, as a stream.
    pub fn batches(&self) -> BatchStream<'_> {
        BatchStream::new(self)
    }

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

    fn move_to(&self, name: &TopicPartition, to: impl FnOnce(&mut state::Partition)) -> Result<(), Error> {
        {
            let mut state = self.shared.state.lock();
            let partition = state.partitions.get_mut(name).ok_or_else(|| not_assigned(name))?;
            to(partition);
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
            crate::config::IsolationLevel::ReadCommitted => known.last_stable,
            crate::config::IsolationLevel::ReadUncommitted => known.high_watermark,
        };
        let position = known.handle.position();
        Ok(end.zip(position).map(|(end, position)| (end - position.offset).max(0)))
    }

    /// What was fetched and not handed out yet.
    pub fn buffered_bytes(&self) -> usize {
        self.shared.state.lock().buffered_bytes
    }

    /// Commits all positions and waits until that is done.
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

    /// The settings.
    pub fn config(&self) -> &ConsumerConfig {
        &self.shared.config
    }

    /// The cluster that it reads from.
    pub fn cluster(&self) -> &Cluster {
        &self.shared.cluster
    }

    /// Commits positions if that is automatic, gives everything up and leaves the group, within `limit`; then the consumer
    /// is closed, whatever came of it. To say this is to say that all records are done with. A second call does nothing.
    ///
    /// # Errors
    /// The time was up: the group notices by itself, after `session.timeout.ms`.
    pub async fn close(&self, limit: Duration) -> Result<(), Error> {
        let membership = self.membership.lock().take();
        let outcome = timeout(limit, self.leave(membership)).await;
        self.shared.close();
        outcome.unwrap_or_else(|_| {
            Err(ErrorKind::Timeout { waiting_for: "the group to let us go", after: limit }.into())
        })
    }

    async fn leave(&self, membership: Option<JoinHandle<()>>) -> Result<(), Error> {
        if self.shared.is_closed() {
            return Ok(());
        }
        self.shared.state.lock().application.is_working = false;
        let is_assigned = matches!(self.shared.subscription.lock().wanted, Wanted::Partitions);
        let mut outcome = Ok(());
        if is_assigned && self.shared.config.enable_auto_commit && self.shared.config.group_id.is_some() {
            outcome = self.commit().await;
        }
        self.shared.subscription.lock().set(Wanted::Nothing);
        self.shared.is_leaving.store(true, std::sync::atomic::Ordering::Release);
        self.shared.processed.notify_one();
        if let Some(membership) = membership {
            // A panic of the task has been told by the runtime.
            let _ = membership.await;
        }
        outcome
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.shared.close();
        if let Some(membership) = self.membership.lock().take() {
            membership.abort();
        }
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer")
            .field("group", &self.shared.config.group_id)
            .field("assignment", &self.assignment())
            .finish_non_exhaustive()
    }
}

/// Says that the application has left a poll, however it did.
struct LeavesPoll<'s>(&'s Shared);

impl Drop for LeavesPoll<'_> {
    fn drop(&mut self) {
        self.0.state.lock().leave_poll(Instant::now());
    }
}

fn not_assigned(partition: &TopicPartition) -> Error {
    let error = Error::from(ErrorKind::InvalidState("the partition is not assigned to this consumer"));
    error.with_partition(&partition.topic, partition.partition)
}
