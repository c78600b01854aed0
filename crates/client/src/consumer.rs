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
mod committing;
mod errands;
mod events;
mod fetch_nodes;
mod fetched;
mod fetcher;
mod handle;
mod links;
mod membership;
mod places;
mod positions;
pub mod protocol;
mod reader;
mod record;
mod session;
mod shared;
mod standing;
mod state;
mod stream;
mod subscription;
mod validation;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

pub use crate::admin::{CommittedOffset, FoundOffset};
pub use crate::producer::GroupMetadata;
pub use events::{RebalanceEvent, RebalanceKind, Rebalances};
pub use record::{Chunk, ChunkIter, OwnedRecord, Record, Records, RecordsIter};
pub use stream::{BatchStream, RecordStream};

use crate::cluster::Cluster;
use crate::config::{AutoOffsetReset, ClientConfig, ConsumerConfig};
use crate::error::{Error, ErrorKind};
use crate::topic_partition::TopicPartition;
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
    /// ```no_run
    /// # async fn example(consumer: jackdaw_client::consumer::Consumer) -> Result<(), jackdaw_client::Error> {
    /// use jackdaw_client::TopicPartition;
    ///
    /// let partition = TopicPartition::new("orders", 0);
    /// consumer.assign([partition.clone()])?;
    /// consumer.seek(&partition, 42)?;
    /// # Ok(()) }
    /// ```
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
    ///
    /// ```no_run
    /// # async fn example(consumer: jackdaw_client::consumer::Consumer) -> Result<(), jackdaw_client::Error> {
    /// use jackdaw_client::consumer::RebalanceKind;
    ///
    /// let mut rebalances = consumer.rebalances();
    /// consumer.subscribe(["orders"])?;
    /// while let Some(event) = rebalances.next().await {
    ///     if event.kind == RebalanceKind::Revoked {
    ///         // The partitions are still ours: what was done with their records can be committed.
    ///         consumer.commit().await?;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
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
    ///
    /// ```no_run
    /// # async fn example(consumer: jackdaw_client::consumer::Consumer) -> Result<(), jackdaw_client::Error> {
    /// let mut records = consumer.records();
    /// let first = records.next().await?;
    /// println!("{} {}: {:?}", first.partition, first.offset, first.value);
    /// # Ok(()) }
    /// ```
    pub fn records(&self) -> RecordStream<'_> {
        RecordStream::new(self)
    }

    /// What polls return, as a stream.
    pub fn batches(&self) -> BatchStream<'_> {
        BatchStream::new(self)
    }

    /// What was fetched and not handed out yet.
    pub fn buffered_bytes(&self) -> usize {
        self.shared.state.lock().buffered_bytes
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
