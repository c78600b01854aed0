//! The topics that a producer has written to, with their partitions.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arc_swap::ArcSwap;
use jackdaw_protocol::compression::Compression;
use parking_lot::Mutex;

use super::ProducerRecord;
use super::packing::Packing;
use super::partition::Partition;
use super::partitioner::{Choice, choose};
use super::sticky::{Load, Sticky};
use crate::config::ProducerConfig;
use crate::error::{Error, ErrorKind, Result};
use crate::retry::chance;

/// A topic with its partitions; there is at least one.
pub(super) struct Topic {
    pub(super) name: Arc<str>,
    pub(super) partitions: Vec<Arc<Partition>>,
    pub(super) packing: Arc<Packing>,
    sticky: Mutex<Sticky>,
    /// For choosing in turn.
    next: AtomicU32,
}

/// All topics by name. Looked up, never iterated in an order that shows.
#[derive(Default)]
pub(super) struct Topics {
    by_name: ArcSwap<HashMap<Arc<str>, Arc<Topic>>>,
    /// Held by whoever makes a new topic out of the last one.
    pub(super) changing: Mutex<()>,
}

impl Topics {
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<Arc<Topic>> {
        self.by_name.load().get(name).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<Topic>> {
        let mut all: Vec<_> = self.by_name.load().values().cloned().collect();
        all.sort_by(|left, right| left.name.cmp(&right.name));
        all
    }

    /// Puts a topic into the place of the one with its name. [`Topics::changing`] is held.
    pub(super) fn set(&self, topic: Topic) {
        let mut changed = self.by_name.load().as_ref().clone();
        changed.insert(Arc::clone(&topic.name), Arc::new(topic));
        self.by_name.store(Arc::new(changed));
    }
}

impl Topic {
    pub(super) fn new(name: Arc<str>, partitions: Vec<Arc<Partition>>, packing: Arc<Packing>) -> Self {
        Self { name, partitions, packing, sticky: Mutex::default(), next: AtomicU32::new(0) }
    }

    /// The partition that a record belongs to.
    ///
    /// # Errors
    /// The record names one that does not exist.
    #[inline]
    pub(super) fn choose(
        &self,
        record: &ProducerRecord<'_>,
        config: &ProducerConfig,
    ) -> Result<&Arc<Partition>> {
        let count = self.partitions.len() as u32;
        let index = match record.partition {
            Some(partition) => partition,
            None => match choose(config.partitioner, record.key, config.ignores_keys, count) {
                Choice::Partition(partition) => partition,
                Choice::Sticky => self.stick(record, config),
                Choice::Next => (self.next.fetch_add(1, Ordering::Relaxed) % count).cast_signed(),
                Choice::Random => ((u128::from(chance()) * u128::from(count)) >> 64) as i32,
            },
        };
        let found = usize::try_from(index).ok().and_then(|index| self.partitions.get(index));
        found.ok_or_else(|| Error::new(ErrorKind::UnknownTopicOrPartition).with_partition(&self.name, index))
    }

    #[inline]
    fn stick(&self, record: &ProducerRecord<'_>, config: &ProducerConfig) -> i32 {
        let size = record.value.map_or(0, <[u8]>::len) + record.key.map_or(0, <[u8]>::len) + 1;
        // As long as it takes to fill a batch.
        let stay_bytes = match config.compression {
            Compression::None => config.batch_bytes,
            _ => self.packing.unpacked_max(config.batch_bytes),
        };
        let mut sticky = self.sticky.lock();
        let partition = sticky.current(stay_bytes.max(1)).unwrap_or_else(|| self.turn(&mut sticky, config));
        sticky.produced(partition, size);
        partition
    }

    #[cold]
    fn turn(&self, sticky: &mut Sticky, config: &ProducerConfig) -> i32 {
        let load = |partition: &Arc<Partition>| Load {
            batches: if config.is_adaptive { partition.queued.load(Ordering::Relaxed) } else { 0 },
            is_available: partition.is_available(),
        };
        let loads: smallvec::SmallVec<[Load; 64]> = self.partitions.iter().map(load).collect();
        sticky.turn(&loads, chance())
    }
}
