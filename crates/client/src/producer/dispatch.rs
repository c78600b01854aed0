//! Which batches are sent where, when and in which order. Pure: time, connections and answers are arguments, batches carry an
//! opaque payload, and what is to be done comes out of [`Dispatch::poll`] as steps.
//!
//! ```text
//! open ──full, due or flushed──▶ queued ──poll──▶ on the wire ──answer──▶ done
//!                                  ▲                   │
//!                                  └──── retriable ────┘   (back in the order of the sequences)
//! ```
//!
//! A partition is listed at its leader while something of it is ready; a listed partition is looked at when the leader has room
//! for a request. Sequences are given when a batch is sent for the first time, and kept until it is settled.

mod answer;
mod assemble;
mod batch;
mod expiry;
mod identity;
mod partition;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub(super) use answer::{Answer, Settled};
pub(super) use batch::{Batch, Order};
pub(super) use identity::Identity;
use partition::{Enlisting, Partition};

use crate::error::Error;
use crate::retry::Backoff;

/// A broker remembers the last five batches of a producer in a partition, so that many may be on their way.
const OUTSTANDING_OF_PARTITION_MAX: usize = 5;

/// A partition, as the dispatch numbers it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct PartitionId(pub(super) usize);

/// The settings that matter here.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) linger: Duration,
    pub(super) delivery_timeout: Duration,
    pub(super) in_flight_max: usize,
    pub(super) request_bytes_max: usize,
    pub(super) retries: u32,
    pub(super) backoff: Backoff,
    pub(super) is_idempotent: bool,
    pub(super) is_transactional: bool,
}

/// What has to be done next.
#[derive(Debug)]
pub(super) enum Step<P> {
    /// Take what these partitions have gathered and hand it to [`Dispatch::on_batch`].
    Close(Vec<PartitionId>),
    /// Send these batches to the node in one request, then call [`Dispatch::on_sent`].
    Send { node: i32, batches: Vec<(PartitionId, Batch<P>)> },
    /// Connect to the node, then call [`Dispatch::on_connected`].
    Connect(i32),
    /// Their time is over.
    Expired(Vec<(PartitionId, Batch<P>)>),
    /// Add these to the transaction, then call [`Dispatch::on_enlisted`].
    Enlist(Vec<PartitionId>),
    /// Get a new producer id, then call [`Dispatch::on_identity`].
    Identify,
}

#[derive(Default)]
struct Node {
    /// Partitions that may have something for it; each stands here once.
    ready: VecDeque<PartitionId>,
    in_flight: usize,
    /// Somebody is writing a request to it: the next one has to stay behind.
    is_sending: bool,
    is_connecting: bool,
}

/// A batch that is not settled.
struct Pending {
    partition: PartitionId,
    expires_at: Instant,
    /// More than one after a split.
    parts: usize,
}

/// The state of all batches of a producer.
pub(super) struct Dispatch<P> {
    limits: Limits,
    partitions: Vec<Partition<P>>,
    nodes: BTreeMap<i32, Node>,
    /// When open batches are due, in the order of their opening: all linger equally long.
    lingering: VecDeque<(Instant, PartitionId, u64)>,
    /// Partitions that wait before the next attempt.
    backing_off: BTreeSet<(Instant, PartitionId)>,
    pending: BTreeMap<u64, Pending>,
    next_batch: u64,
    identity: Option<Identity>,
    is_identifying: bool,
    /// Partitions have to be added to the transaction before they are sent to (before KIP-890).
    must_enlist: bool,
    is_metadata_stale: bool,
    /// A partition was listed at another node than the one asked.
    has_moved: bool,
}

impl<P> Dispatch<P> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            partitions: Vec::new(),
            nodes: BTreeMap::new(),
            lingering: VecDeque::new(),
            backing_off: BTreeSet::new(),
            pending: BTreeMap::new(),
            next_batch: 0,
            identity: None,
            is_identifying: false,
            must_enlist: false,
            is_metadata_stale: false,
            has_moved: false,
        }
    }

    /// A partition that records go to from now on.
    pub(super) fn add_partition(&mut self, leader: Option<i32>) -> PartitionId {
        let id = PartitionId(self.partitions.len());
        self.partitions.push(Partition::new(leader));
        id
    }

    /// A partition has another leader now, or none.
    pub(super) fn set_leader(&mut self, id: PartitionId, leader: Option<i32>) {
        if self.partitions[id.0].leader != leader {
            self.partitions[id.0].leader = leader;
            // It was the old one that had to be left in peace.
            if let Some(until) = self.partitions[id.0].backs_off_until.take_if(|_| leader.is_some()) {
                self.backing_off.remove(&(until, id));
            }
            self.list(id);
        }
    }

    /// A batch was opened; returns its number. Without linger it is due at once.
    pub(super) fn on_opened(&mut self, id: PartitionId, now: Instant) -> u64 {
        let number = self.next_batch;
        self.next_batch += 1;
        let expires_at = now + self.limits.delivery_timeout;
        self.pending.insert(number, Pending { partition: id, expires_at, parts: 1 });
        let partition = &mut self.partitions[id.0];
        partition.open = Some(number);
        partition.is_open_due = self.limits.linger.is_zero();
        if partition.is_open_due {
            self.list(id);
        } else {
            self.lingering.push_back((now + self.limits.linger, id, number));
        }
        number
    }

    /// The open batch was closed: it is this one.
    pub(super) fn on_batch(&mut self, id: PartitionId, batch: Batch<P>) {
        let partition = &mut self.partitions[id.0];
        debug_assert_eq!(partition.open, Some(batch.order.number));
        partition.open = None;
        partition.is_open_due = false;
        partition.queue.push_back(batch);
        self.list(id);
    }

    /// A batch of a partition that was refused for its size, in smaller pieces. Sequences carry over.
    pub(super) fn on_split(&mut self, id: PartitionId, parts: Vec<Batch<P>>) {
        let partition = &mut self.partitions[id.0];
        if let Some(pending) = parts.first().and_then(|part| self.pending.get_mut(&part.order.number)) {
            pending.parts += parts.len() - 1;
        }
        if let Some(whole) = parts.first().and_then(|part| part.stamp) {
            partition.outstand(whole, &parts);
        }
        for part in parts {
            partition.put_back(part);
        }
        self.list(id);
    }

    /// All open batches are due. Returns a number: everything sent so far is settled when [`Dispatch::is_settled`] says so.
    pub(super) fn flush(&mut self) -> u64 {
        for index in 0..self.partitions.len() {
            if self.partitions[index].open.is_some() {
                self.partitions[index].is_open_due = true;
                self.list(PartitionId(index));
            }
        }
        self.next_batch
    }

    /// Whether all batches with numbers below this are settled.
    pub(super) fn is_settled(&self, below: u64) -> bool {
        self.pending.first_key_value().is_none_or(|(first, _)| *first >= below)
    }

    /// How many batches are not settled.
    pub(super) fn pending_count(&self) -> usize {
        self.pending.len()
    }

    /// Whether some leader was not what the metadata said; asking clears it.
    pub(super) fn take_stale_metadata(&mut self) -> bool {
        std::mem::take(&mut self.is_metadata_stale)
    }

    /// The same, without clearing it.
    pub(super) fn is_metadata_stale(&self) -> bool {
        self.is_metadata_stale
    }

    /// A batch that was to be split cannot be.
    pub(super) fn give_up(&mut self, id: PartitionId, batch: &Batch<P>) {
        self.partitions[id.0].forget_sequence(batch);
        self.partitions[id.0].needs_epoch |= batch.stamp.is_some();
        self.settle(batch.order);
    }

    /// The request that [`Step::Send`] asked for is written, or could not be.
    pub(super) fn on_sent(&mut self, node: i32) {
        if let Some(node) = self.nodes.get_mut(&node) {
            node.is_sending = false;
        }
    }

    /// A request is answered, or lost: its batches follow one by one through [`Dispatch::on_answer`].
    pub(super) fn on_answered(&mut self, node: i32) {
        if let Some(node) = self.nodes.get_mut(&node) {
            node.in_flight -= 1;
        }
    }

    /// Metadata were fetched and [`Dispatch::set_leader`] was called for all changes: what still has no leader asks again.
    pub(super) fn on_metadata(&mut self) {
        self.list_all();
    }

    /// The attempt that [`Step::Connect`] asked for has ended.
    pub(super) fn on_connected(&mut self, node: i32, succeeded: bool) {
        self.is_metadata_stale |= !succeeded;
        if let Some(node) = self.nodes.get_mut(&node) {
            node.is_connecting = false;
        }
    }

    /// Lists a partition at its leader if it has something to send.
    fn list(&mut self, id: PartitionId) {
        let partition = &mut self.partitions[id.0];
        if partition.is_listed || partition.backs_off_until.is_some() || !partition.has_work() {
            return;
        }
        match partition.leader {
            Some(leader) => {
                partition.is_listed = true;
                self.nodes.entry(leader).or_default().ready.push_back(id);
            }
            None => self.is_metadata_stale = true,
        }
    }

    fn list_all(&mut self) {
        (0..self.partitions.len()).for_each(|index| self.list(PartitionId(index)));
    }

    /// Removes one part of a batch from those that are not settled.
    fn settle(&mut self, order: Order) {
        if let Some(pending) = self.pending.get_mut(&order.number) {
            pending.parts -= 1;
            if pending.parts == 0 {
                self.pending.remove(&order.number);
            }
        }
    }
}

/// Everything that is queued, for the caller to refuse: what is on the wire comes back by itself.
impl<P> Dispatch<P> {
    /// Takes all queued batches out. Open ones have to be closed before.
    pub(super) fn take_queued(&mut self) -> Vec<(PartitionId, Batch<P>)> {
        let mut taken = Vec::new();
        for index in 0..self.partitions.len() {
            let partition = &mut self.partitions[index];
            let batches: Vec<_> = partition.queue.drain(..).collect();
            for batch in batches {
                self.partitions[index].forget_sequence(&batch);
                self.settle(batch.order);
                taken.push((PartitionId(index), batch));
            }
        }
        taken
    }

    /// The partitions with open batches.
    pub(super) fn open_partitions(&self) -> Vec<PartitionId> {
        let open = self.partitions.iter().enumerate().filter(|(_, partition)| partition.open.is_some());
        open.map(|(index, _)| PartitionId(index)).collect()
    }
}

/// Why a batch failed for good.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// For single records (KIP-467).
    pub(super) records: Arc<[(i32, Error)]>,
    /// Who leads now, if that is somebody else than the broker that was asked (KIP-951): the next attempt goes there at once.
    pub(super) moved_to: Option<i32>,
}

impl Failure {
    /// Of a whole batch, with no other leader in sight.
    pub(super) fn of(error: Error) -> Self {
        Self { error, records: Arc::default(), moved_to: None }
    }
}

#[cfg(test)]
mod tests;
