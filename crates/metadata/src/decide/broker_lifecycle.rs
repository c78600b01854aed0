//! BrokerHeartbeat and the end of a session (KIP-631, KIP-841): a broker is fenced, unfenced or shut down, and
//! leaders move accordingly (M4).
//!
//! ```text
//!            caught up, wants in                 wants to stop, leads something
//!   FENCED ─────────────────────▶ UNFENCED ───────────────────────────────▶ CONTROLLED SHUTDOWN
//!     ▲                              │ wants to be fenced, or its session ended      │ leads nothing, and the
//!     └──────────────────────────────┴───────────────────────────────────────────────┘ others have seen that
//! ```

use std::collections::BTreeSet;

use jackdaw_base::{DirectoryId, NodeId, Offset};
use jackdaw_protocol::messages::broker_registration_change_record::BrokerRegistrationChangeRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;

use super::election::{BrokerEvent, changes_where, partition_changes};
use super::{Context, Decision, StaleBroker};
use crate::image::{Broker, Image};

/// A sign of life.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    /// The broker.
    pub broker: NodeId,
    /// The epoch of its registration.
    pub epoch: i64,
    /// The last metadata record that it has applied.
    pub metadata_offset: Offset,
    /// Where the record of its registration is.
    pub registration_offset: Offset,
    /// Whether it wants to be, or stay, fenced.
    pub wants_fence: bool,
    /// Whether it wants to stop.
    pub wants_shutdown: bool,
    /// Its directories that went offline.
    pub offline_log_dirs: Vec<DirectoryId>,
    /// Its directories that shall get no replicas; `None` if it does not say.
    pub cordoned_log_dirs: Option<Vec<DirectoryId>>,
    /// Whether all other live brokers have applied what moved its leaderships away.
    pub others_caught_up: CaughtUp,
}

/// How far the other brokers have applied metadata.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CaughtUp {
    /// Far enough.
    Yes,
    /// Not yet.
    NotYet,
}

/// What a broker is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeartbeatAnswer {
    /// Whether it has applied its own registration.
    pub is_caught_up: bool,
    /// Whether it is fenced now.
    pub is_fenced: bool,
    /// Whether it may stop.
    pub should_shut_down: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Fenced,
    Unfenced,
    ControlledShutdown,
    ShutdownNow,
}

/// Decides what a heartbeat changes.
pub fn heartbeat(
    image: &Image,
    request: &Heartbeat,
    context: &Context<'_>,
) -> Result<Decision<HeartbeatAnswer>, StaleBroker> {
    let broker = StaleBroker::check(image, request.broker, request.epoch)?;
    let (current, next) = transition(image, broker, request);
    let mut records = Vec::new();
    if current != next {
        match next {
            State::Fenced | State::ShutdownNow => records = fence_records(image, broker, context),
            State::Unfenced => {
                records.push(change(broker, |record| record.fenced = -1));
                records.extend(partition_changes(image, context.configs, BrokerEvent::Comes(broker.id)));
            }
            State::ControlledShutdown => {
                records.push(change(broker, |record| record.in_controlled_shutdown = 1));
                records.extend(partition_changes(image, context.configs, BrokerEvent::Leaves(broker.id)));
            }
        }
    }
    let version = image.features.metadata_version();
    if version.is_some_and(|version| version.allows_directory_assignment()) {
        records.extend(offline_records(image, broker, &request.offline_log_dirs, context));
    }
    if version.is_some_and(|version| version.allows_cordoned_log_dirs()) {
        records.extend(cordon_record(broker, request.cordoned_log_dirs.as_deref()));
    }
    let answer = HeartbeatAnswer {
        is_caught_up: request.metadata_offset >= request.registration_offset,
        is_fenced: matches!(next, State::Fenced | State::ShutdownNow),
        should_shut_down: next == State::ShutdownNow,
    };
    Ok(Decision { records, answer })
}

/// Fences a broker whose session has ended. No records if it is fenced or gone already.
pub fn fence(image: &Image, broker: NodeId, context: &Context<'_>) -> Decision<()> {
    let live = image.cluster.broker(broker).filter(|broker| !broker.fenced);
    Decision {
        records: live.map_or_else(Vec::new, |broker| fence_records(image, broker, context)),
        answer: (),
    }
}

fn transition(image: &Image, broker: &Broker, request: &Heartbeat) -> (State, State) {
    let current = match (broker.fenced, broker.in_controlled_shutdown) {
        (true, _) => State::Fenced,
        (false, true) => State::ControlledShutdown,
        (false, false) => State::Unfenced,
    };
    let leads = || leads_something(image, broker.id);
    let next = match current {
        State::Fenced if request.wants_shutdown => State::ShutdownNow,
        State::Fenced if !request.wants_fence && request.metadata_offset >= request.registration_offset => {
            State::Unfenced
        }
        State::Unfenced if request.wants_fence && request.wants_shutdown => State::ShutdownNow,
        State::Unfenced if request.wants_fence => State::Fenced,
        State::Unfenced if request.wants_shutdown && leads() => State::ControlledShutdown,
        State::Unfenced if request.wants_shutdown => State::ShutdownNow,
        State::ControlledShutdown if !leads() && request.others_caught_up == CaughtUp::Yes => {
            State::ShutdownNow
        }
        state => state,
    };
    (current, next)
}

fn leads_something(image: &Image, broker: NodeId) -> bool {
    image.topics.iter_by_id().any(|topic| topic.partitions.values().any(|p| p.leader == Some(broker)))
}

fn fence_records(image: &Image, broker: &Broker, context: &Context<'_>) -> Vec<MetadataRecord<'static>> {
    let mut records = partition_changes(image, context.configs, BrokerEvent::Leaves(broker.id));
    records.push(change(broker, |record| record.fenced = 1));
    records
}

/// Replicas in directories that went offline stop leading and leave in-sync sets (KIP-858).
fn offline_records(
    image: &Image,
    broker: &Broker,
    offline: &[DirectoryId],
    context: &Context<'_>,
) -> Vec<MetadataRecord<'static>> {
    let newly: BTreeSet<_> = broker.log_dirs.iter().filter(|dir| offline.contains(dir)).copied().collect();
    if newly.is_empty() {
        return Vec::new();
    }
    let event = BrokerEvent::Leaves(broker.id);
    let mut records = changes_where(image, context.configs, event, &|_, _, partition| {
        partition.directory_of(broker.id).is_some_and(|directory| newly.contains(&directory))
    });
    let online: Vec<_> = broker.log_dirs.iter().filter(|dir| !offline.contains(dir)).copied().collect();
    records.push(change(broker, |record| record.log_dirs = online));
    records
}

fn cordon_record(broker: &Broker, cordoned: Option<&[DirectoryId]>) -> Option<MetadataRecord<'static>> {
    let cordoned = cordoned?;
    let as_set = |dirs: &[DirectoryId]| dirs.iter().copied().collect::<BTreeSet<_>>();
    let is_known = broker.cordoned_log_dirs.as_deref().is_some_and(|known| as_set(known) == as_set(cordoned));
    (!is_known).then(|| change(broker, |record| record.cordoned_log_dirs = Some(cordoned.to_vec())))
}

fn change(
    broker: &Broker,
    set: impl FnOnce(&mut BrokerRegistrationChangeRecord<'static>),
) -> MetadataRecord<'static> {
    let mut record = BrokerRegistrationChangeRecord {
        broker_id: broker.id.0,
        broker_epoch: broker.epoch,
        ..Default::default()
    };
    set(&mut record);
    MetadataRecord::BrokerRegistrationChange(record)
}

#[cfg(test)]
mod tests;
