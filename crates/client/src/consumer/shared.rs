//! What the tasks of a consumer share, and how they wake each other.
//!
//! ```text
//! connection's task: an answer ─▶ on_answer ─▶ state.buffer ─▶ readable ─▶ poll
//! poll: drained ─▶ pump ─▶ the next requests            entered ─▶ processed ─▶ membership
//! errands (one task): connect, fresh metadata, places to start from; wake ─▶ it looks what is to be done
//! membership (one task): joins, heartbeats, revokes, commits
//! ```
//!
//! Locks are taken in this order: `fetcher`, `state`; neither is held over a request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::events::RebalanceEvent;
use super::fetch_nodes::Fetcher;
use super::links::Links;
use super::standing::Standing;
use super::state::State;
use super::subscription::Subscription;
use crate::cluster::Cluster;
use crate::config::ConsumerConfig;
use crate::topic_partition::TopicPartition;

/// See the module.
pub(super) struct Shared {
    pub(super) cluster: Cluster,
    pub(super) config: ConsumerConfig,
    pub(super) state: Mutex<State>,
    pub(super) fetcher: Mutex<Fetcher>,
    pub(super) subscription: Mutex<Subscription>,
    pub(super) membership: Mutex<Standing>,
    /// The offsets that the group is known to have, so that automatic commits say only what is new.
    pub(super) committed: Mutex<BTreeMap<TopicPartition, i64>>,
    /// Who wants to hear of rebalances.
    pub(super) listener: Mutex<Option<mpsc::Sender<RebalanceEvent>>>,
    /// Connections on which fetches wait.
    pub(super) fetch_links: Links,
    /// Connections on which membership is kept.
    pub(super) group_links: Links,
    /// The application closes the consumer: the membership ends.
    pub(super) is_leaving: AtomicBool,
    /// There is something to hand out, or to report.
    pub(super) readable: Notify,
    /// There is an errand to run.
    pub(super) wake: Notify,
    /// The application is done with what it had, or the subscription has changed.
    pub(super) processed: Notify,
}

impl Shared {
    pub(super) fn new(cluster: Cluster, config: ConsumerConfig) -> Self {
        Self {
            fetch_links: Links::new(cluster.clone()),
            group_links: Links::new(cluster.clone()),
            cluster,
            config,
            state: Mutex::new(State::new(Instant::now())),
            fetcher: Mutex::default(),
            subscription: Mutex::default(),
            membership: Mutex::default(),
            committed: Mutex::default(),
            listener: Mutex::default(),
            is_leaving: AtomicBool::new(false),
            readable: Notify::new(),
            wake: Notify::new(),
            processed: Notify::new(),
        }
    }

    /// Whether the application has closed the consumer, or dropped it.
    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().is_closed
    }

    /// Tells the application at its next poll.
    pub(super) fn report(&self, error: crate::Error) {
        self.state.lock().report(error);
        self.readable.notify_one();
    }

    /// An answer was handed out: there is room for the next.
    pub(super) fn on_drained(self: &Arc<Self>) {
        self.pump();
    }

    /// Partitions or places have changed: whatever waits looks again.
    pub(super) fn changed(self: &Arc<Self>) {
        self.wake.notify_one();
        self.readable.notify_one();
        self.pump();
    }

    /// Ends all tasks.
    pub(super) fn close(&self) {
        {
            let mut state = self.state.lock();
            state.is_closed = true;
            state.assign(&Default::default(), super::state::Phase::Committed);
        }
        self.wake.notify_one();
        self.processed.notify_one();
        self.readable.notify_one();
        self.fetch_links.close();
        self.group_links.close();
    }
}
