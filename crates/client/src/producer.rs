//! The producer: records go into a batch per partition, batches go to the leaders, deliveries tell what became of them.
//!
//! ```text
//! send ─▶ partition's open batch ─▶ dispatch (pure: order, sequences, retries, time) ─▶ connection ─▶ answer ─▶ delivery
//! ```
//!
//! There is no sending thread: whoever brings news carries out what follows from it. One task watches the time.

mod completion;
mod dispatch;
mod hash;
mod learning;
mod memory;
mod packing;
mod partition;
mod partitioner;
mod pump;
mod record;
mod record_writer;
mod request;
mod settle;
mod shared;
mod sticky;
mod task;
mod topics;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use jackdaw_protocol::error_code::ErrorCode;
use tokio::time::{Instant, sleep, timeout};

pub use completion::Delivery;
pub use hash::{crc32, fnv1a, murmur2};
pub use record::{ProducerRecord, RecordMetadata};
use shared::{Added, Shared};
use topics::Topic;
pub use transaction::{ConsumedOffset, GroupMetadata};

use crate::cluster::Cluster;
use crate::config::{ClientConfig, ProducerConfig};
use crate::error::{Error, ErrorKind, Result};
use crate::retry::{Backoff, chance};

/// A producer. Clones share everything; the last one that is dropped lets what was sent go out in the background, within
/// `delivery.timeout.ms` and as long as the runtime lives. [`Producer::close`] waits for it.
///
/// ```no_run
/// # async fn example() -> Result<(), jackdaw_client::Error> {
/// use jackdaw_client::{ClientConfig, producer::{Producer, ProducerRecord}};
///
/// let producer = Producer::new(&ClientConfig::new("localhost:9092")).await?;
/// let delivery = producer.send(&ProducerRecord::new("orders", "a value").key("a key")).await?;
/// let written = delivery.await?;
/// println!("partition {} offset {:?}", written.partition, written.offset);
/// producer.close().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Producer {
    handle: Arc<Handle>,
}

/// What all clones share; dropping it lets the task finish.
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.shut();
    }
}

impl Producer {
    /// A producer with connections of its own.
    ///
    /// # Errors
    /// A setting is wrong, or no broker answers.
    pub async fn new(config: &ClientConfig) -> Result<Self> {
        let config = config.producer()?;
        let cluster = Cluster::connect_with(config.common.clone()).await?;
        Ok(Self::with_cluster(cluster, config))
    }

    /// A producer on connections that others use, too. Has to be called within a tokio runtime.
    pub fn with_cluster(cluster: Cluster, config: ProducerConfig) -> Self {
        let shared = Arc::new(Shared::new(cluster, config));
        tokio::spawn(task::run(Arc::clone(&shared)));
        Self { handle: Arc::new(Handle { shared }) }
    }

    /// Puts a record into the batch of its partition, and returns what will tell its fate. Waits for metadata of a new topic
    /// and for room in `buffer.memory`, together no longer than `max.block.ms`.
    ///
    /// Dropped before it is done, the record is not sent. Records of one task to one partition keep their order.
    ///
    /// # Errors
    /// Nothing was sent: `Timeout`, `RecordTooLarge`, an error of the topic, the producer is closed, or its transaction failed.
    #[inline]
    pub async fn send(&self, record: &ProducerRecord<'_>) -> Result<Delivery> {
        let shared = self.shared();
        let size_bytes = shared.check(record)?;
        if let Some(topic) = shared.topics.get(record.topic)
            && let Added::Yes(delivery) = shared.add(&topic, record, size_bytes, None)?
        {
            return Ok(delivery);
        }
        self.send_slowly(record, size_bytes).await
    }

    /// [`Producer::send`] that never waits.
    ///
    /// ```no_run
    /// # async fn example(producer: jackdaw_client::producer::Producer) -> Result<(), jackdaw_client::Error> {
    /// use jackdaw_client::{error::ErrorKind, producer::ProducerRecord};
    ///
    /// match producer.try_send(&ProducerRecord::new("readings", "21.5")) {
    ///     Ok(delivery) => drop(delivery),
    ///     Err(error) if matches!(error.kind(), ErrorKind::BufferFull) => println!("one reading less"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `BufferFull` instead of waiting for room; `UnknownTopicOrPartition`, which can be retried, while metadata of the topic
    /// are fetched in the background; otherwise as [`Producer::send`].
    pub fn try_send(&self, record: &ProducerRecord<'_>) -> Result<Delivery> {
        let shared = self.shared();
        let size_bytes = shared.check(record)?;
        let Some(topic) = shared.topics.get(record.topic) else {
            let producer = self.clone();
            let name = record.topic.to_owned();
            tokio::spawn(async move {
                if let Err(error) = producer.learn(&name).await {
                    tracing::debug!(%error, "metadata of a topic to send to");
                }
            });
            return Err(Error::new(ErrorKind::UnknownTopicOrPartition).with_topic(record.topic));
        };
        match shared.add(&topic, record, size_bytes, None)? {
            Added::Yes(delivery) => Ok(delivery),
            Added::NeedsRoom(_) => Err(Error::new(ErrorKind::BufferFull).with_topic(record.topic)),
        }
    }

    #[cold]
    async fn send_slowly(&self, record: &ProducerRecord<'_>, size_bytes: usize) -> Result<Delivery> {
        let shared = self.shared();
        let deadline = Instant::now() + shared.config.max_block;
        let topic = self.learn(record.topic).await?;
        let mut reservation = None;
        loop {
            let needed = match shared.add(&topic, record, size_bytes, reservation.as_mut())? {
                Added::Yes(delivery) => return Ok(delivery),
                Added::NeedsRoom(needed) => needed,
            };
            let wait_max = deadline.saturating_duration_since(Instant::now());
            // Given back before more is asked for, or two senders could wait for each other.
            drop(reservation.take());
            let waited = shared.memory.reserve(needed, wait_max).await;
            reservation = Some(waited.map_err(|error| error.with_topic(record.topic))?);
        }
    }

    /// Metadata of a topic, fetched if they are not there.
    async fn learn(&self, name: &str) -> Result<Arc<Topic>> {
        let shared = self.shared();
        let config = &shared.config;
        let deadline = Instant::now() + config.max_block;
        let mut backoff = Backoff::new(config.common.retry_backoff, config.common.retry_backoff_max);
        loop {
            if let Some(topic) = shared.topics.get(name) {
                return Ok(topic);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let refreshed = timeout(left, shared.cluster.refresh_or_create(&[name])).await;
            let metadata = shared.cluster.metadata();
            let error = match (refreshed, metadata.topic(name), metadata.topic_errors.get(name)) {
                (Ok(Err(error)), ..) => error,
                (_, Some(topic), _) if !topic.partitions.is_empty() => {
                    shared.update_topic(topic);
                    continue;
                }
                (_, _, Some(code)) => Error::broker_error(*code),
                _ => Error::broker_error(ErrorCode::UnknownTopicOrPartition),
            };
            let error = error.with_topic(name);
            let wait = backoff.next(chance());
            if !error.is_retriable() || Instant::now() + wait >= deadline {
                return Err(error);
            }
            sleep(wait).await;
        }
    }

    /// The partitions of a topic, with their leaders; fetched if they are not known.
    ///
    /// # Errors
    /// As [`Producer::send`].
    pub async fn partitions_for(&self, topic: &str) -> Result<Vec<crate::cluster::PartitionMetadata>> {
        self.learn(topic).await?;
        let metadata = self.shared().cluster.metadata();
        Ok(metadata.topic(topic).map_or_else(Vec::new, |topic| topic.partitions.clone()))
    }

    /// Sends everything now instead of lingering, and waits until all records sent before the call are delivered or have
    /// failed. Dropping it stops the waiting only.
    pub async fn flush(&self) {
        self.shared().flush().await;
    }

    /// Takes no more records and waits until all sent ones are delivered or have failed. An open transaction is left to the
    /// next producer with its id, which aborts it.
    ///
    /// # Errors
    /// None today; there may be one.
    pub async fn close(&self) -> Result<()> {
        let shared = self.shared();
        shared.shut();
        shared.flush().await;
        Ok(())
    }

    /// [`Producer::close`] that waits no longer than this. Returns whether everything is settled; what is not goes on in the
    /// background.
    pub async fn close_within(&self, wait_max: Duration) -> bool {
        timeout(wait_max, self.close()).await.is_ok()
    }

    /// How many bytes of `buffer.memory` are in use.
    pub fn buffered_bytes(&self) -> usize {
        self.shared().memory.used_bytes()
    }

    /// The cluster it produces to.
    pub fn cluster(&self) -> &Cluster {
        &self.shared().cluster
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("buffered_bytes", &self.buffered_bytes()).finish_non_exhaustive()
    }
}
