//! Where partitions start: at what the group has committed, else where `auto.offset.reset` says, or at an end that the
//! application asked for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::commits;
use super::handle::Position;
use super::shared::Shared;
use super::state::Phase;
use crate::admin::{Admin, OffsetSpec};
use crate::clock::wall_ms;
use crate::config::AutoOffsetReset;
use crate::error::{Error, ErrorKind};
use crate::topic_partition::TopicPartition;

/// How long one attempt may take; it is begun anew for as long as somebody waits for it.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);

/// Whether any partition waits for its place, and is not waiting after an error.
pub(super) fn is_any_wanted(shared: &Shared) -> bool {
    let now = Instant::now();
    let state = shared.state.lock();
    state.partitions.values().any(|partition| {
        partition.phase.needs_place() && !partition.is_held && partition.retry_at.is_none_or(|at| at <= now)
    })
}

/// Looks up the places of all partitions that wait for one.
pub(super) async fn look_up(shared: Arc<Shared>) {
    let committed = waiting(&shared, |phase| phase == Phase::Committed);
    if !committed.is_empty() {
        from_commits(&shared, committed).await;
    }
    let reset = waiting(&shared, |phase| matches!(phase, Phase::Reset(_)));
    if !reset.is_empty() {
        from_ends(&shared, reset).await;
    }
    shared.changed();
}

/// Partitions whose phase is such, with it and with the incarnation that the answer must still meet.
type Waiting = BTreeMap<TopicPartition, (Phase, u32)>;

fn waiting(shared: &Shared, is_such: impl Fn(Phase) -> bool) -> Waiting {
    let state = shared.state.lock();
    let waiting =
        state.partitions.iter().filter(|(_, partition)| is_such(partition.phase) && !partition.is_held);
    waiting
        .map(|(name, partition)| (name.clone(), (partition.phase, partition.handle.incarnation())))
        .collect()
}

async fn from_commits(shared: &Shared, waiting: Waiting) {
    let names: Vec<TopicPartition> = waiting.keys().cloned().collect();
    let found = match &shared.config.group_id {
        None => Ok(BTreeMap::new()),
        Some(_) => commits::committed(shared, &names, ATTEMPT_MAX).await,
    };
    match found {
        Ok(found) => {
            for (name, waited) in waiting {
                match found.get(&name) {
                    Some(offset) => {
                        let position = Position { offset: offset.offset, leader_epoch: offset.leader_epoch };
                        settle(shared, &name, waited, Ok(position));
                    }
                    None => without_commit(shared, &name, waited),
                }
            }
        }
        Err(error) => {
            waiting.into_iter().for_each(|(name, waited)| settle(shared, &name, waited, Err(error.clone())))
        }
    }
}

fn without_commit(shared: &Shared, name: &TopicPartition, waited: (Phase, u32)) {
    let reset = shared.config.auto_offset_reset;
    if reset == AutoOffsetReset::None {
        let nowhere = ErrorKind::InvalidState("there is no committed offset, and auto.offset.reset is none");
        settle(shared, name, waited, Err(nowhere.into()));
        return;
    }
    let mut state = shared.state.lock();
    if let Some(partition) = state.partitions.get_mut(name)
        && partition.handle.incarnation() == waited.1
    {
        partition.phase = Phase::Reset(reset);
    }
}

async fn from_ends(shared: &Shared, waiting: Waiting) {
    let admin = Admin::new(shared.cluster.clone()).with_timeout(ATTEMPT_MAX);
    let specs = waiting.iter().map(|(name, (phase, _))| (name.clone(), spec(*phase)));
    let mut found = admin.list_offsets(specs, shared.config.isolation_level).await;
    // Nothing is as late as was asked for: then the end is next.
    let beyond: Vec<_> = found.iter().filter(|(_, found)| matches!(found, Ok(None))).collect();
    let beyond: Vec<_> = beyond.into_iter().map(|(name, _)| (name.clone(), OffsetSpec::Latest)).collect();
    if !beyond.is_empty() {
        found.extend(admin.list_offsets(beyond, shared.config.isolation_level).await);
    }
    for (name, waited) in waiting {
        let place = match found.remove(&name) {
            Some(Ok(Some(found))) => Ok(Position { offset: found.offset, leader_epoch: found.leader_epoch }),
            Some(Err(error)) => Err(error),
            Some(Ok(None)) | None => Err(ErrorKind::InvalidAnswer("no offset of a partition").into()),
        };
        // The epoch of what is at the place says nothing about the record before it.
        let place = place.map(|position| Position { leader_epoch: None, ..position });
        settle(shared, &name, waited, place);
    }
}

fn spec(phase: Phase) -> OffsetSpec {
    match phase {
        Phase::Reset(AutoOffsetReset::Earliest) => OffsetSpec::Earliest,
        Phase::Reset(AutoOffsetReset::ByDuration(duration)) => {
            let ago = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
            OffsetSpec::Timestamp(wall_ms().saturating_sub(ago).max(0))
        }
        _ => OffsetSpec::Latest,
    }
}

/// Takes a place over, unless the application has gone elsewhere meanwhile.
fn settle(
    shared: &Shared,
    name: &TopicPartition,
    (phase, incarnation): (Phase, u32),
    place: Result<Position, Error>,
) {
    let mut state = shared.state.lock();
    let Some(partition) = state.partitions.get_mut(name) else { return };
    if partition.handle.incarnation() != incarnation || partition.phase != phase {
        return;
    }
    match place {
        Ok(position) => partition.seek(position),
        Err(error) => {
            // What does not exist yet may come: a subscription by name waits for it.
            let is_worth_telling = !error.is_retriable();
            let config = shared.cluster.config();
            let pause = if is_worth_telling { config.retry_backoff_max } else { config.retry_backoff };
            partition.retry_at = Some(Instant::now() + pause);
            tracing::debug!(%error, partition = %name, "no place to start from");
            if is_worth_telling {
                state.report(error.with_partition(&name.topic, name.partition));
            }
        }
    }
}
