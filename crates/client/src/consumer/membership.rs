//! What a consumer is in its group, whichever protocol keeps it there; and the steps of a rebalance that both have in
//! common: revoking, losing, receiving partitions.

pub(super) mod classic;
pub(super) mod coordinated;
mod handover;
pub(super) mod member;

use std::sync::Arc;

use super::shared::Shared;
use crate::config::GroupProtocol;
use crate::retry::Backoff;

pub(super) use handover::{lose_all, receive, revoke};

/// Why a protocol's loop ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ended {
    /// Nothing is wanted any more, or the consumer was closed.
    Left,
    /// An error that only a new subscription mends; it was reported.
    Failed {
        /// The version of the subscription that it came of.
        version: u64,
    },
}

/// Keeps the consumer in its group for as long as it wants something.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut failed_version = None;
    while !shared.is_closed() && !is_leaving(&shared) {
        let (needs_group, version) = {
            let subscription = shared.subscription.lock();
            (subscription.needs_group(), subscription.version)
        };
        if !needs_group || failed_version == Some(version) {
            shared.processed.notified().await;
            continue;
        }
        let ended = match shared.config.group_protocol {
            GroupProtocol::Classic => classic::run(&shared).await,
            GroupProtocol::Consumer => coordinated::run(&shared).await,
        };
        shared.membership.lock().generation = None;
        if let Ended::Failed { version } = ended {
            failed_version = Some(version);
            shared.membership.lock().has_failed = true;
            lose_all(&shared).await;
        }
    }
}

/// The waits after errors of the group.
fn backoff(shared: &Shared) -> Backoff {
    let config = shared.cluster.config();
    Backoff::new(config.retry_backoff, config.retry_backoff_max)
}

fn is_leaving(shared: &Shared) -> bool {
    shared.is_leaving.load(std::sync::atomic::Ordering::Acquire)
}

/// Whether the application has not come for records for so long that the group must not wait for it.
pub(super) fn is_overdue(shared: &Shared) -> bool {
    let application = shared.state.lock().application;
    !application.is_polling && application.polled_at.elapsed() > shared.config.max_poll_interval
}
