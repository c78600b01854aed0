//! What is known about one partition's batches.

use std::collections::VecDeque;

use jackdaw_protocol::records::add_to_sequence;
use tokio::time::Instant;

use super::{Batch, Identity, OUTSTANDING_OF_PARTITION_MAX};
use crate::producer::record_writer::Stamp;

/// Whether the partition belongs to the current transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Enlisting {
    No,
    Asked,
    Done,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Outstanding {
    base_sequence: i32,
    is_acknowledged: bool,
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
    /// The producer id under which a batch was acknowledged: its leader knows the producer.
    pub(super) known_as: Option<i64>,
    /// Batches on the wire and those to be sent again, in the order of their sequences, and among them, behind the first that
    /// is not settled, acknowledged ones: the broker may have forgotten a batch that is older than its last five.
    outstanding: VecDeque<Outstanding>,
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
            known_as: None,
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
        self.outstanding.clear();
        self.needs_epoch = false;
        for batch in &mut self.queue {
            batch.stamp = None;
        }
    }

    /// How many batches lie between the first that is not settled and the last that was sent.
    pub(super) fn outstanding_count(&self) -> usize {
        self.outstanding.len()
    }

    /// How many batches may be outstanding. A leader that does not know the producer takes any sequence for its first one: a
    /// second batch on the way could overtake the first, which would then never be in order.
    pub(super) fn outstanding_max(&self) -> usize {
        let is_known = self.known_as.is_some() && self.known_as == self.identity.map(|identity| identity.id);
        if is_known { OUTSTANDING_OF_PARTITION_MAX } else { 1 }
    }

    /// Whether this batch, which was sent before, is the next that the broker can take.
    pub(super) fn is_first_outstanding(&self, stamp: Stamp) -> bool {
        self.outstanding.front().is_some_and(|first| first.base_sequence == stamp.base_sequence)
    }

    /// Whether a batch with a later sequence is acknowledged: this one is in the log, then.
    pub(super) fn is_followed(&self, stamp: Stamp) -> bool {
        let own = self.outstanding.iter().position(|other| other.base_sequence == stamp.base_sequence);
        own.is_some_and(|own| self.outstanding.range(own..).any(|other| other.is_acknowledged))
    }

    /// Gives the batch its sequence.
    pub(super) fn stamp(&mut self, batch: &mut Batch<P>, identity: Identity) {
        let base_sequence = self.next_sequence;
        self.next_sequence = add_to_sequence(base_sequence, batch.count);
        self.outstanding.push_back(Outstanding { base_sequence, is_acknowledged: false });
        batch.stamp = Some(Stamp { producer_id: identity.id, epoch: identity.epoch, base_sequence });
    }

    /// Puts the parts of a split batch into its place.
    pub(super) fn outstand(&mut self, whole: Stamp, parts: &[Batch<P>]) {
        let Some(at) = self.outstanding.iter().position(|it| it.base_sequence == whole.base_sequence) else {
            return;
        };
        self.outstanding.remove(at);
        for stamp in parts.iter().rev().filter_map(|part| part.stamp) {
            let part = Outstanding { base_sequence: stamp.base_sequence, is_acknowledged: false };
            self.outstanding.insert(at, part);
        }
    }

    /// The batch is in the log.
    pub(super) fn acknowledge(&mut self, batch: &Batch<P>) {
        if let Some(stamp) = batch.stamp {
            self.known_as = Some(stamp.producer_id);
            let own = self.outstanding.iter_mut().find(|it| it.base_sequence == stamp.base_sequence);
            if let Some(own) = own {
                own.is_acknowledged = true;
            }
            self.drop_acknowledged();
        }
        self.failures = 0;
    }

    /// The batch will never be sent again.
    pub(super) fn forget_sequence(&mut self, batch: &Batch<P>) {
        if let Some(stamp) = batch.stamp {
            self.outstanding.retain(|it| it.base_sequence != stamp.base_sequence);
            self.drop_acknowledged();
        }
    }

    fn drop_acknowledged(&mut self) {
        while self.outstanding.pop_front_if(|first| first.is_acknowledged).is_some() {}
    }
}
