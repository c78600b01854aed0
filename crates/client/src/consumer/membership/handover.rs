//! The steps of a rebalance: what goes is finished, committed and announced first; what comes is announced before it is read.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::super::commits;
use super::super::events::{RebalanceEvent, RebalanceKind};
use super::super::shared::Shared;
use super::super::state::Phase;
use crate::topic_partition::TopicPartition;

/// Gives `partitions` up: nothing more of them is handed out, the application finishes what it has (its next poll says
/// so), positions are committed if that is automatic, the application hears of it and may commit, and then they are gone.
/// All of it ends with the time that the group grants.
pub(in super::super) async fn revoke(shared: &Arc<Shared>, partitions: &BTreeSet<TopicPartition>) {
    if partitions.is_empty() {
        return;
    }
    let deadline = Instant::now() + shared.config.max_poll_interval;
    hold(shared, partitions, true);
    until_processed(shared, deadline).await;
    if shared.config.enable_auto_commit {
        commits::commit_before_revocation(shared, partitions, deadline).await;
    }
    tell(shared, RebalanceKind::Revoked, partitions, deadline).await;
    shared.state.lock().remove(partitions);
    shared.changed();
}

/// The group has given `partitions` to others already.
pub(in super::super) async fn lose(shared: &Arc<Shared>, partitions: &BTreeSet<TopicPartition>) {
    if partitions.is_empty() {
        return;
    }
    shared.state.lock().remove(partitions);
    shared.changed();
    let deadline = Instant::now() + shared.config.max_poll_interval;
    tell(shared, RebalanceKind::Lost, partitions, deadline).await;
}

/// The group has given everything to others.
pub(in super::super) async fn lose_all(shared: &Arc<Shared>) {
    let all = owned(shared);
    lose(shared, &all).await;
}

/// Takes `partitions` over; they are read once the application has heard of them.
pub(in super::super) async fn receive(shared: &Arc<Shared>, partitions: &BTreeSet<TopicPartition>) {
    {
        let has_listener = shared.listener.lock().is_some();
        shared.committed.lock().retain(|partition, _| !partitions.contains(partition));
        let mut state = shared.state.lock();
        state.add(partitions, Phase::Committed);
        for partition in partitions {
            if let Some(partition) = state.partitions.get_mut(partition) {
                partition.is_held = has_listener;
            }
        }
    }
    let topics: BTreeSet<&str> = partitions.iter().map(|partition| &*partition.topic).collect();
    let unknown: Vec<&str> = {
        let metadata = shared.cluster.metadata();
        topics.into_iter().filter(|topic| metadata.topic(topic).is_none()).collect()
    };
    if !unknown.is_empty()
        && let Err(error) = shared.cluster.refresh(&unknown).await
    {
        tracing::debug!(%error, "metadata of assigned topics come later");
    }
    let deadline = Instant::now() + shared.config.max_poll_interval;
    tell(shared, RebalanceKind::Assigned, partitions, deadline).await;
    hold(shared, partitions, false);
    shared.changed();
}

/// What the group has given us.
pub(in super::super) fn owned(shared: &Shared) -> BTreeSet<TopicPartition> {
    shared.state.lock().partitions.keys().cloned().collect()
}

fn hold(shared: &Shared, partitions: &BTreeSet<TopicPartition>, is_held: bool) {
    let mut state = shared.state.lock();
    for name in partitions {
        if let Some(partition) = state.partitions.get_mut(name) {
            partition.is_held = is_held;
        }
    }
}

/// Waits until the application has come for more, so that it is done with what it had.
async fn until_processed(shared: &Shared, deadline: Instant) {
    loop {
        {
            let state = shared.state.lock();
            if !state.application.is_working || state.is_closed {
                return;
            }
        }
        tokio::select! {
            () = shared.processed.notified() => {}
            () = sleep_until(deadline) => return,
        }
    }
}

async fn tell(
    shared: &Shared,
    kind: RebalanceKind,
    partitions: &BTreeSet<TopicPartition>,
    deadline: Instant,
) {
    let Some(listener) = shared.listener.lock().clone() else { return };
    let (event, is_done) = RebalanceEvent::new(kind, partitions.iter().cloned().collect());
    match timeout_at(deadline, listener.send(event)).await {
        // It is done when the event is dropped, however that happens; after the deadline nobody waits for it.
        Ok(Ok(())) => {
            let _ = timeout_at(deadline, is_done).await;
        }
        Ok(Err(_)) => *shared.listener.lock() = None,
        Err(_) => tracing::warn!(?kind, "nobody has taken the event of a rebalance in time"),
    }
}
