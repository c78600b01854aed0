//! One assignment of one partition: what it is, and how far the application has got. Chunks keep a handle, so that a seek
//! or a rebalance makes what was fetched before worthless, whoever holds it.

use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, Ordering};

use crate::topic_partition::TopicPartition;

/// Instead of an offset or an epoch.
const NONE: i32 = -1;

/// The application's place in a partition.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) partition: TopicPartition,
    /// The next offset that the application reads; -1 as long as nobody knows.
    offset: AtomicI64,
    /// The leader epoch of the record before it.
    epoch: AtomicI32,
    /// Rises when what was fetched before must not be shown any more.
    incarnation: AtomicU32,
}

/// A place to go on from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Position {
    pub(super) offset: i64,
    pub(super) leader_epoch: Option<i32>,
}

impl Handle {
    pub(super) fn new(partition: TopicPartition) -> Self {
        Self {
            partition,
            offset: AtomicI64::new(i64::from(NONE)),
            epoch: AtomicI32::new(NONE),
            incarnation: AtomicU32::new(0),
        }
    }

    pub(super) fn position(&self) -> Option<Position> {
        let offset = self.offset.load(Ordering::Acquire);
        let epoch = self.epoch.load(Ordering::Acquire);
        (offset >= 0).then_some(Position { offset, leader_epoch: (epoch >= 0).then_some(epoch) })
    }

    /// What was handed out ends here now.
    pub(super) fn advance(&self, position: Position) {
        // A commit beside this may carry the older epoch, which is a hint only.
        self.epoch.store(position.leader_epoch.unwrap_or(NONE), Ordering::Release);
        self.offset.store(position.offset, Ordering::Release);
    }

    pub(super) fn incarnation(&self) -> u32 {
        self.incarnation.load(Ordering::Acquire)
    }

    /// Makes everything worthless that was fetched before; the place is `position` now.
    pub(super) fn renew(&self, position: Option<Position>) {
        self.incarnation.fetch_add(1, Ordering::AcqRel);
        self.advance(position.unwrap_or(Position { offset: i64::from(NONE), leader_epoch: None }));
    }
}
