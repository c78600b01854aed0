//! What is known about one partition's batches.

use std::collections::VecDeque;

use jackdaw_protocol::records::add_to_sequence;
use tokio::time::Instant;

use super::{Batch, Identity};
use crate::producer::record_writer::Stamp;

/// Whether the partition belongs to the current transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Enlisting {
    No,
    Asked,
    Done,
}

pub(super) struct Partition<P> {
    pub(super) leader: Option<i32>,
    /// The number of the batch that is being filled.
    pub(super) open: Option<u64>,
    /// Whether the open batch goes out as soon as there is room.
    pub(super) is_open_due: bool,
    /// Retried ones in front, in the order of their sequences.
    pub(super) queue: VecDeque<Batch<P>>,
    pub(super) in_flight: usize,
    /// Stands in its leader's list.
    pub(super) is_listed: bool,
    pub(super) backs_off_until: Option<Instant>,
    pub(super) failures: u32,
    /// Under which producer id and epoch the sequences below count.
    pub(super) identity: Option<Identity>,
    next_sequence: i32,
    last_acknowledged: Option<i32>,
    /// The base sequences of batches on the wire and of those to be sent again, in order.
    outstanding: VecDeque<i32>,
    /// A batch was lost for good, or the broker has lost its state: the sequences have to start anew under another epoch.
    pub(super) needs_epoch: bool,
    pub(super) enlisting: Enlisting,
}

impl<P> Partition<P> {
    pub(super) fn new(leader: Option<i32>) -> Self {
        Self {
            leader,
            open: None,
            is_open_due: false,
            queue: VecDeque::new(),
            in_flight: 0,
            is_listed: false,
            backs_off_until: None,
            failures: 0,
            identity: None,
            next_sequence: 0,
            last_acknowledged: None,
            outstanding: VecDeque::new(),
            needs_epoch: false,
            enlisting: Enlisting::No,
        }
    }

    /// Whether something could be sent, were the time right.
    pub(super) fn has_work(&self) -> bool {
        !self.queue.is_empty() || self.is_open_due
    }

    /// Puts a batch back among the waiting ones, in order.
    pub(super) fn put_back(&mut self, batch: Batch<P>) {
        let position = self.queue.partition_point(|queued| queued.order < batch.order);
        self.queue.insert(position, batch);
    }

    /// Sequences start at 0 under this identity. Nothing may be on the wire.
    pub(super) fn start_sequences(&mut self, identity: Identity) {
        debug_assert_eq!(self.in_flight, 0);
        self.identity = Some(identity);
        self.next_sequence = 0;
        self.last_acknowledged = None;
        self.outstanding.clear();
        self.needs_epoch = false;
        for batch in &mut self.queue {
            batch.stamp = None;
        }
    }

    pub(super) fn outstanding_count(&self) -> usize {
        self.outstanding.len()
    }

    /// Whether this batch, which was sent before, is the next that the broker can take.
    pub(super) fn is_first_outstanding(&self, stamp: Stamp) -> bool {
        self.outstanding.front() == Some(&stamp.base_sequence)
    }

    /// Whether all batches before this one are acknowledged, so that its sequence cannot be out of order.
    pub(super) fn is_next_expected(&self, stamp: Stamp) -> bool {
        let expected = self.last_acknowledged.map_or(0, |last| add_to_sequence(last, 1));
        expected == stamp.base_sequence
    }

    /// Gives the batch its sequence.
    pub(super) fn stamp(&mut self, batch: &mut Batch<P>, identity: Identity) {
        let base_sequence = self.next_sequence;
        self.next_sequence = add_to_sequence(base_sequence, batch.count);
        self.outstanding.push_back(base_sequence);
        batch.stamp = Some(Stamp { producer_id: identity.id, epoch: identity.epoch, base_sequence });
    }

    /// Counts a part of a split batch among the outstanding ones.
    pub(super) fn outstand(&mut self, batch: &Batch<P>) {
        let Some(stamp) = batch.stamp else { return };
        // Compared by distance: sequences wrap.
        let origin = self.last_acknowledged.map_or(0, |last| add_to_sequence(last, 1));
        let distance = |sequence: i32| sequence.wrapping_sub(origin) & i32::MAX;
        let position =
            self.outstanding.partition_point(|other| distance(*other) < distance(stamp.base_sequence));
        self.outstanding.insert(position, stamp.base_sequence);
    }

    /// The batch is in the log.
    pub(super) fn acknowledge(&mut self, batch: &Batch<P>) {
        if let Some(stamp) = batch.stamp {
            self.forget_sequence(batch);
            self.last_acknowledged = Some(add_to_sequence(stamp.base_sequence, batch.count - 1));
        }
        self.failures = 0;
    }

    /// The batch is settled, one way or the other.
    pub(super) fn forget_sequence(&mut self, batch: &Batch<P>) {
        if let Some(stamp) = batch.stamp {
            self.outstanding.retain(|sequence| *sequence != stamp.base_sequence);
        }
    }
}
