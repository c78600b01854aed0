//! What a rebalance does to a consumer, told as it happens.

use tokio::sync::{mpsc, oneshot};

use crate::topic_partition::TopicPartition;

/// How many events wait for the application.
pub(super) const EVENTS_WAITING_MAX: usize = 16;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RebalanceKind {
    /// Partitions came. Nothing of them is read until the event is dropped: the time to seek.
    Assigned,
    /// Partitions are about to go to somebody else. They are still ours until the event is dropped: the time to commit.
    Revoked,
    /// Partitions are gone already: the group went on without us. Commits are refused.
    Lost,
}

/// One step of a rebalance. The rebalance goes on when the event is dropped, or when the group waits no longer
/// (`max.poll.interval.ms`).
#[derive(Debug)]
pub struct RebalanceEvent {
    /// What happened.
    pub kind: RebalanceKind,
    /// To which partitions. None may be concerned: then nothing changed for us.
    pub partitions: Vec<TopicPartition>,
    /// Its end tells the group's task to go on.
    _done: oneshot::Sender<()>,
}

impl RebalanceEvent {
    pub(super) fn new(kind: RebalanceKind, partitions: Vec<TopicPartition>) -> (Self, oneshot::Receiver<()>) {
        let (done, is_done) = oneshot::channel();
        (Self { kind, partitions, _done: done }, is_done)
    }
}

/// Rebalances as they happen; see [`super::Consumer::rebalances`].
#[derive(Debug)]
pub struct Rebalances {
    pub(super) events: mpsc::Receiver<RebalanceEvent>,
}

impl Rebalances {
    /// The next event; `None` once the consumer is closed. May be dropped without losing any.
    pub async fn next(&mut self) -> Option<RebalanceEvent> {
        self.events.recv().await
    }
}

impl futures_core::Stream for Rebalances {
    type Item = RebalanceEvent;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<RebalanceEvent>> {
        self.events.poll_recv(context)
    }
}
